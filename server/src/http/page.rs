//! One page of a long list.

/// Rows of a page when nothing else is asked for, and at most.
pub(super) const ROWS: u32 = 50;
pub(super) const MOST_ROWS: u32 = 500;

/// Cuts what was read to the page, and names the row after which the next one goes on. Read one row
/// more than `limit`: it says whether there is a next page.
pub(super) fn cut<T, K>(rows: &mut Vec<T>, limit: usize, key: impl Fn(&T) -> K) -> Option<K> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    rows.last().filter(|_| more).map(key)
}

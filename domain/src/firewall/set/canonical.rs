//! Sets without what changes by itself: the text that is compared and hashed.

use super::model::{EntryOption, Kind, Set};
use super::render::render;

/// As `ipset save` prints them, sorted by their names, without the time that entries have left and
/// without their counters. The order of a set's entries is arbitrary, so they are sorted, but for
/// those of a list.
pub fn canonical(sets: &[Set]) -> String {
    let mut sets: Vec<Set> = sets.to_vec();
    sets.sort_by(|a, b| a.name.cmp(&b.name));
    sets.iter_mut().for_each(settle);
    render(&sets)
}

pub(super) fn settle(set: &mut Set) {
    for entry in &mut set.entries {
        entry.options.retain(|option| {
            !matches!(
                option,
                EntryOption::Timeout(_) | EntryOption::Packets(_) | EntryOption::Bytes(_)
            )
        });
    }
    if set.kind != Kind::ListSet {
        set.entries.sort_by_cached_key(ToString::to_string);
    }
}

//! Jobs: what each does and how it ended, its journal, its log, and what it holds for itself.

mod admission;
mod journal;
mod log;
mod view;

pub use admission::{Admission, HeldLocks, NewJob, Reopening};
pub use journal::{JournalPhase, JournalRow, Outcome};
pub use log::LogEntry;
pub use view::JobRecord;

use super::StoreError;
use super::word::{from_word, word};

/// A count or a position that this program itself wrote.
fn from_integer<T: TryFrom<i64>>(column: &'static str, number: i64) -> Result<T, StoreError> {
    T::try_from(number).map_err(|_| StoreError::Unreadable { column, found: number.to_string() })
}

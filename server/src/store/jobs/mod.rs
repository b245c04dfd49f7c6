//! Jobs: what each does and how it ended, its journal, its log, and what it holds for itself.

mod admission;
mod journal;
mod log;
mod view;

pub use admission::{Admission, HeldLocks, NewJob, Reopening};
pub use journal::{JournalPhase, JournalRow, Outcome};
pub use log::LogEntry;
pub use view::JobRecord;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::StoreError;

/// An enumeration's value as its word in the API.
fn word(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        Value::String(word) => Ok(word),
        other => Ok(other.to_string()),
    }
}

/// The inverse of [`word`].
fn from_word<T: DeserializeOwned>(column: &'static str, word: String) -> Result<T, StoreError> {
    T::deserialize(Value::String(word.clone()))
        .map_err(|_| StoreError::Unreadable { column, found: word })
}

/// A count or a position that this program itself wrote.
fn from_integer<T: TryFrom<i64>>(column: &'static str, number: i64) -> Result<T, StoreError> {
    T::try_from(number).map_err(|_| StoreError::Unreadable { column, found: number.to_string() })
}

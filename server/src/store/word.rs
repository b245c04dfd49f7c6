//! Values that are stored as the word that they have in the API, too.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::StoreError;

pub(super) fn word(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        Value::String(word) => Ok(word),
        other => Ok(other.to_string()),
    }
}

/// The inverse of [`word`].
pub(super) fn from_word<T: DeserializeOwned>(
    column: &'static str,
    word: String,
) -> Result<T, StoreError> {
    T::deserialize(Value::String(word.clone()))
        .map_err(|_| StoreError::Unreadable { column, found: word })
}

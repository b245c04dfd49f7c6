//! Observed values that carry their source and age.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A value as it was observed: from where, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fact<T> {
    pub value: T,
    /// When the console last had proof of this value; a value that did not change is proved again
    /// by the probe's heartbeat.
    pub observed_at: Timestamp,
    /// What was read: a file, a command, a message of the kernel.
    pub source: String,
}

impl<T> Fact<T> {
    pub fn new(value: T, observed_at: Timestamp, source: impl Into<String>) -> Fact<T> {
        Fact { value, observed_at, source: source.into() }
    }

    pub fn age(&self, now: Timestamp) -> Duration {
        self.observed_at.age(now)
    }

    /// Whether the fact is too old to be shown as current or to rest a decision on.
    pub fn is_stale(&self, now: Timestamp, limit: Duration) -> bool {
        self.age(now) > limit
    }

    pub fn as_ref(&self) -> Fact<&T> {
        Fact { value: &self.value, observed_at: self.observed_at, source: self.source.clone() }
    }
}

/// After this long without news a node's facts are stale (ui.md §5: "After 10 s").
pub const STALE_AFTER: Duration = Duration::from_secs(10);

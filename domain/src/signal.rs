//! What a lamp shows.

use serde::{Deserialize, Serialize};

/// The five aspects of a lamp, ordered worst first as every list in the console is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Signal {
    Danger,
    /// Not known, or known only from too long ago. Never shown as clear.
    Unknown,
    Caution,
    /// A job is changing it.
    Transit,
    Clear,
}

impl Signal {
    /// A group shows its worst member; an empty group says nothing and so is unknown.
    pub fn worst(signals: impl IntoIterator<Item = Signal>) -> Signal {
        signals.into_iter().min().unwrap_or(Signal::Unknown)
    }
}

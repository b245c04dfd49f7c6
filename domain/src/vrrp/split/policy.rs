//! What the console does by itself.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Whether a split brain is ended by the console.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SplitPolicy {
    /// It is told and explained; nothing is offered.
    Off,
    /// A person is offered to demote one.
    #[default]
    Ask,
    /// One is demoted at once where a third node sees the one that is left. Once in a split.
    Automatic,
}

/// `GET /api/v1/vrrp/policy`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicyView {
    pub split_brain: SplitPolicy,
    /// Absent while nobody has set it.
    pub set_by: Option<String>,
    pub set_at: Option<Timestamp>,
}

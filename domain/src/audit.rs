//! Who did what, from where, and how it ended.

use serde::{Deserialize, Serialize};

use crate::ids::JobId;
use crate::time::Timestamp;

/// One row of the audit log. Before an operation an intent row is written, after it an outcome row;
/// each row carries the hash of the one before it, so that a removed or altered row is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    pub seq: i64,
    pub at: Timestamp,
    /// Account or token name; `console` for what it did by itself.
    pub actor: String,
    /// The peer's address.
    pub peer: String,
    /// `vrrp.hand_over`, `nodes.add`, `access.sign_in` …
    pub action: String,
    pub object: String,
    pub phase: AuditPhase,
    pub job: Option<JobId>,
    pub plan_hash: Option<String>,
    /// Commands with exit statuses, or the reason of a refusal.
    pub detail: String,
    /// Hex SHA-256 over the previous row's hash and this row's fields.
    pub hash: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuditPhase {
    Intent,
    Done,
    Failed,
    Refused,
}

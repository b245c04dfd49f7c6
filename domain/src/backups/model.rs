use serde::{Deserialize, Serialize};

use crate::engines::{BinlogPosition, Flavour};
use crate::ids::{BackupId, JobId, NodeId};
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;

/// What kind of copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BackupKind {
    /// A dump of every schema in one transaction, while the server goes on serving.
    HotLogicalFull,
}

/// How a captured stream becomes an entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptureSpec {
    pub kind: BackupKind,
    /// The replication tree, by its primary's name.
    pub engine: String,
    /// The name of the node that is read.
    pub source_name: String,
    pub flavour: Flavour,
    pub version: String,
    /// The last line that a whole dump ends with; without it the backup is not entered.
    pub last_line_prefix: String,
    /// Free bytes that the backup directory must have before the stream begins.
    pub needs_bytes: u64,
    /// Tables that the dump's transaction does not cover; recorded with the backup.
    pub not_transactional: Vec<String>,
}

/// One entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Backup {
    pub id: BackupId,
    pub engine: String,
    pub kind: BackupKind,
    /// The node that was read.
    pub source: NodeId,
    pub source_name: String,
    pub flavour: Flavour,
    pub version: String,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    /// Compressed, on the console's disk.
    pub size_bytes: u64,
    /// As the server sent it.
    pub raw_bytes: u64,
    /// Of the compressed file, hex.
    pub sha256: String,
    /// Name within the backup directory.
    pub file: String,
    /// Where the primary's history stood: from here a point-in-time recovery would replay.
    pub binlog: Option<BinlogPosition>,
    pub gtid: Option<String>,
    pub job: JobId,
    pub state: BackupState,
    /// Tables that the transaction does not cover (MyISAM, Aria …) and that may be inconsistent.
    pub not_transactional: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BackupState {
    /// Whole and its checksum known. Not proven: only a restore proves.
    Complete,
    /// The file is gone or its checksum is another.
    Damaged,
}

/// Live topic `backups`, `GET /api/v1/backups`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BackupsView {
    pub freshness: Vec<Freshness>,
    /// Newest first.
    pub catalogue: Vec<Backup>,
    /// Free and total bytes where backups are kept.
    pub free_bytes: u64,
    pub total_bytes: u64,
}

/// How old the newest backup of an engine is against its target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Freshness {
    /// The replication tree, by its primary's name.
    pub engine: String,
    /// A node of the tree, for the operation.
    pub node: NodeId,
    pub newest_at: Option<Timestamp>,
    pub target_age_s: u64,
    pub signal: Signal,
    pub note: Option<Phrase>,
}

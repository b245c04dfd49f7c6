use serde::{Deserialize, Serialize};

/// One server as it was seen through its own socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EngineState {
    pub flavour: Flavour,
    /// As `SELECT VERSION()` says, e.g. `10.11.9-MariaDB-1`.
    pub version: String,
    pub server_id: u64,
    pub read_only: bool,
    /// What it has logged: MariaDB `gtid_binlog_pos`, MySQL `gtid_executed`.
    pub gtid_position: String,
    pub binlog: Option<BinlogPosition>,
    /// One per replication connection (`SHOW ALL SLAVES STATUS`, `SHOW REPLICA STATUS`).
    pub sources: Vec<ReplicationSource>,
    pub semi_sync_source: bool,
    pub semi_sync_replica: bool,
    /// Replicas that now acknowledge commits.
    pub semi_sync_clients: u32,
    pub queries_per_s: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    MariaDb,
    MySql,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BinlogPosition {
    pub file: String,
    pub position: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplicationSource {
    /// Connection or channel name; empty for the default one.
    pub name: String,
    pub host: String,
    pub port: u16,
    pub io: ThreadState,
    pub sql: ThreadState,
    /// `NULL` in the server's answer when it cannot tell.
    pub seconds_behind: Option<u64>,
    /// MariaDB `Gtid_IO_Pos`, MySQL `Retrieved_Gtid_Set`.
    pub received_gtid: String,
    pub last_error: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ThreadState {
    Running,
    Connecting,
    Stopped,
}

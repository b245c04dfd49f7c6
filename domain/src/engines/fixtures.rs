//! Servers of a replication tree as tests see them: in good order, and up to date.

use super::{EngineState, Flavour, ReplicationSource, ThreadState};

pub(crate) fn engine(id: i64, follows: &[&str], read_only: bool) -> EngineState {
    EngineState {
        flavour: Flavour::MariaDb,
        version: "10.11.18-MariaDB".to_owned(),
        server_id: id.unsigned_abs(),
        read_only,
        gtid_position: "0-111-27".to_owned(),
        binlog: None,
        sources: follows.iter().copied().map(source).collect(),
        semi_sync_source: false,
        semi_sync_replica: false,
        semi_sync_clients: 0,
        queries_per_s: None,
    }
}

pub(crate) fn source(host: &str) -> ReplicationSource {
    ReplicationSource {
        name: String::new(),
        host: host.to_owned(),
        port: 3306,
        io: ThreadState::Running,
        sql: ThreadState::Running,
        seconds_behind: Some(0),
        received_gtid: String::new(),
        last_error: String::new(),
    }
}

//! The database nodes: their configuration, first content and replication.

use std::net::Ipv4Addr;

use crate::topology::{NodeSpec, Topology};

/// Where a node's own settings are, relative to its root.
pub(crate) const CONFIGURATION_PATH: &str = "etc/mysql/mariadb.conf.d/90-node.cnf";
pub(crate) const SCHEMA: &str = include_str!("../nodes/orders.sql");
pub(crate) const SEED: &str = include_str!("../nodes/seed.sh");
const COMMON: &str = include_str!("../nodes/database.cnf");

/// Settings under which the content is made: those of the primary that will own it.
pub(crate) fn seed_configuration(server_id: u8) -> String {
    format!("{COMMON}server_id = {server_id}\n")
}

/// A node's `90-node.cnf`.
pub(crate) fn configuration(topology: &Topology, node: &NodeSpec) -> String {
    let mut text = format!("{COMMON}server_id = {}\n", node.management);
    if let Some(address) = node.links.values().next() {
        text.push_str(&format!("report_host = {address}\n"));
    }
    // Semi-synchronous where the topology says so: the replica acknowledges, and its source waits
    // for it.
    let waits = topology
        .nodes
        .iter()
        .any(|other| other.semi_sync && other.replica_of.as_ref() == Some(&node.name));
    text.push_str(&format!("rpl_semi_sync_master_enabled = {}\n", on(waits)));
    text.push_str(&format!("rpl_semi_sync_slave_enabled = {}\n", on(node.semi_sync)));
    text.push_str(&format!("read_only = {}\n", on(node.replica_of.is_some())));
    text
}

/// The SQL that makes a copy of the first content a replica of `source`. Run once; the server
/// remembers.
pub(crate) fn become_replica(source: Ipv4Addr, seed_gtid: &str) -> String {
    format!(
        "SET SESSION sql_log_bin = 0;\n\
         ALTER EVENT orders.forget_old_carts DISABLE ON SLAVE;\n\
         SET GLOBAL gtid_slave_pos = '{seed_gtid}';\n\
         CHANGE MASTER TO MASTER_HOST = '{source}',\n\
           MASTER_USER = 'repl', MASTER_PASSWORD = 'repl-password',\n\
           MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1, MASTER_HEARTBEAT_PERIOD = 1;\n\
         START SLAVE;\n"
    )
}

fn on(value: bool) -> &'static str {
    if value { "ON" } else { "OFF" }
}

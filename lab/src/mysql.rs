//! MySQL nodes. Debian packages the server without a service around it, so that is here.

use crate::topology::NodeSpec;

/// Settings that all share, as `/etc/mysql/my.cnf`.
pub(crate) const CONFIGURATION: &str = include_str!("../nodes/mysql.cnf");
pub(crate) const UNIT: &str = include_str!("../nodes/mysql.service");
pub(crate) const SCHEMA: &str = include_str!("../nodes/mysql-orders.sql");
pub(crate) const SEED: &str = include_str!("../nodes/mysql-seed.sh");

/// Where a node's own settings are, relative to its root.
pub(crate) const NODE_CONFIGURATION_PATH: &str = "etc/mysql/conf.d/node.cnf";

/// A node's own settings.
pub(crate) fn node_configuration(node: &NodeSpec) -> String {
    let mut text = format!("[mysqld]\nserver_id = {}\n", node.management);
    if let Some(address) = node.links.values().next() {
        text.push_str(&format!("report_host = {address}\n"));
    }
    text
}

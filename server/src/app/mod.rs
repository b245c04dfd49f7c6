//! What the console does when it is asked: authorize, load, plan, audit, run.

pub mod access;
mod asked;
pub mod audit;
pub mod backups;
pub mod drills;
pub mod firewall;
pub mod firewall_history;
pub mod firewall_trace;
pub mod fleet;
pub mod jobs;
pub mod lvs;
pub mod lvs_change;
pub mod lvs_edit;
pub mod lvs_explain;
pub mod lvs_mode;
pub mod lvs_sharing;
pub mod lvs_standing;
pub mod lvs_sync;
pub mod nodes;
pub mod plans;
pub mod vrrp;
pub mod vrrp_conf;
pub mod vrrp_demote;
pub mod vrrp_holders;
pub mod vrrp_out;
pub mod vrrp_split;
pub mod vrrp_wire;

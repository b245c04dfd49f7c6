//! What the console does when it is asked: authorize, load, plan, audit, run.

pub mod access;
pub mod audit;
pub mod backups;
pub mod firewall;
pub mod firewall_history;
pub mod fleet;
pub mod jobs;
pub mod nodes;
pub mod plans;
pub mod vrrp;
pub mod vrrp_holders;

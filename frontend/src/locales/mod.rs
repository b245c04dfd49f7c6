//! The console's texts, a file a feature; wording rules are in docs/FRONTEND.md.

pub mod access;
pub mod audit;
pub mod backups;
pub mod drills;
pub mod firewall;
pub mod jobs;
pub mod lvs;
pub mod nodes;
pub mod overview;
pub mod plan;
pub mod settings;
pub mod shell;
pub mod states;
pub mod vrrp;
pub mod vrrp_conf;
pub mod vrrp_create;
pub mod vrrp_notify;
pub mod vrrp_protect;
pub mod words;

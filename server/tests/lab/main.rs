//! A real console over the lab's real nodes. Runs where `SIGNALBOX_LAB=1` says that the lab `ha` is
//! up, one test at a time.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and no async runtime waits for these"
)]

mod approvals;
mod backups;
mod console;
mod directors;
mod drills;
mod firewall;
mod firewall_group;
mod firewall_measure;
mod firewall_power;
mod firewall_set_edits;
mod firewall_sets;
mod firewall_trace;
mod full_disk;
mod lvs;
mod lvs_change;
mod lvs_edit;
mod lvs_explain;
mod lvs_mode;
mod lvs_sharing;
mod lvs_sync;
mod nodes;
mod restore;
mod split_brain;
mod vrrp;
mod vrrp_create;
mod vrrp_deploy;
mod vrrp_measure;
mod vrrp_notify;
mod vrrp_out;
mod vrrp_protect;

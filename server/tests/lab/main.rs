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
mod firewall;
mod firewall_group;
mod firewall_sets;
mod full_disk;
mod nodes;
mod restore;
mod vrrp;

//! A fleet of real nodes on one Linux machine: each a Debian system with its own network stack,
//! systemd, sshd, keepalived, netfilter, MariaDB or nginx, and with a kernel of its own where this
//! machine's has no IPVS.
//!
//! A lab outlives the process that brought it up: its state is in `/run/signalbox-lab/state.json`,
//! and any process of root can [`Lab::attach`] to it.
#![allow(
    clippy::disallowed_methods,
    reason = "this crate is blocking throughout; no async runtime waits for it"
)]

pub mod cli;
mod command;
mod control_group;
mod database;
mod error;
pub mod faults;
mod furnish;
mod host;
mod image;
mod keepalived;
mod keys;
mod lab;
mod layer;
pub mod load;
mod machine;
mod mysql;
mod process;
mod settle;
mod site;
mod ssh;
mod state;
pub mod topology;
mod up;
mod wire;

pub use error::LabError;
pub use host::{REQUIRED_PACKAGES, missing_packages};
pub use lab::{Lab, NodeState, NodeStatus, down_all, lab_id};
pub use state::{Cut, LabNode, Link, NodeKind, VirtualAddress};
pub use topology::Role;
pub use up::UpOptions;

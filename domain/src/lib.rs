//! The subject of Signalbox as pure code: what the tools on a node print and read, what an
//! operation would do, and whether it is safe. No I/O, no clock, no randomness, no panics:
//! the server and the browser run the same code.

pub mod access;
pub mod amount;
pub mod audit;
pub mod backups;
pub mod drills;
pub mod engines;
pub mod fact;
pub mod firewall;
pub mod fleet;
pub mod ids;
pub mod jobs;
mod keyed;
pub mod live;
pub mod lvs;
pub mod nodes;
pub mod operation;
pub mod phrase;
pub mod plan;
pub mod probe;
pub mod problem;
pub mod remote;
pub mod signal;
pub mod time;
pub mod values;
pub mod vrrp;

//! keepalived and VRRP: who holds a virtual address, who should, and moving it.

pub mod client;
mod course;
pub mod election;
pub mod facts;
mod interlock;
mod model;
pub mod packet_filter;
pub mod plan;
mod prediction;
pub mod scripts;
pub mod timers;

#[cfg(test)]
mod fixtures;

pub use model::*;

//! keepalived and VRRP: who holds a virtual address, who should, and moving it.

pub mod adverts;
pub mod client;
pub mod conf;
mod course;
pub mod election;
pub mod facts;
mod holders;
mod interlock;
mod model;
pub mod packet_filter;
pub mod parse_json;
pub mod plan;
mod prediction;
pub mod scripts;
pub mod timers;
mod tree;
mod view;

#[cfg(test)]
mod fixtures;

pub use adverts::{ADVERTS_KEPT, AdvertSender, AdvertsHeard};
pub use holders::{HolderRecorder, HolderStretch};
pub use model::*;
pub use view::{state_word, view};

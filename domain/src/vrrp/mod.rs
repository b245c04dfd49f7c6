//! keepalived and VRRP: who holds a virtual address, who should, and moving it.

pub mod adverts;
pub mod client;
pub mod conf;
mod course;
pub mod create;
pub mod daemon;
pub mod demote;
pub mod deploy;
pub mod drill;
pub mod election;
pub mod facts;
mod holders;
pub(crate) mod interlock;
pub(crate) mod measuring;
mod model;
pub mod notify;
pub mod out;
pub mod packet_filter;
pub mod parse_json;
pub mod plan;
mod prediction;
pub mod protect;
pub mod scripts;
pub mod split;
pub mod timers;
mod view;
pub mod wire;

#[cfg(test)]
mod fixtures;

pub use adverts::{ADVERTS_KEPT, AdvertSender, AdvertsHeard};
pub use holders::{HolderRecorder, HolderStretch};
pub use model::*;
pub use view::{state_word, view};

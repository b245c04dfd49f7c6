//! keepalived and VRRP: who holds a virtual address, who should, and moving it.

mod model;

pub use model::*;

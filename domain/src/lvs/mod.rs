//! IPVS: virtual services and their real servers.

mod compare;
mod model;

pub use model::*;

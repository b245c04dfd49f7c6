//! IPVS: virtual services and their real servers.

mod model;

pub use model::*;

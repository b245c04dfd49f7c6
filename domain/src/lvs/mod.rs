//! IPVS: virtual services and their real servers.

mod compare;
mod model;
mod parse;

pub use model::*;
pub use parse::{ParseError, parse};

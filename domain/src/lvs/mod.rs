//! IPVS: virtual services and their real servers.

mod compare;
mod model;
mod parse;
mod rates;

pub use model::*;
pub use parse::{ParseError, parse};
pub use rates::{Counters, CountersError, ServiceRate};

//! Managed machines: what they are, how they are reached, what was observed on them.

mod host_key;
mod model;

pub use host_key::*;
pub use model::*;

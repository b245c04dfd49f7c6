//! Managed machines: what they are, how they are reached, what was observed on them.

mod model;

pub use model::*;

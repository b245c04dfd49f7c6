//! Jobs: a plan being run, what it shows of itself, and what its clients saw meanwhile.

mod measurement;
mod model;

pub use measurement::{MalformedSample, Tally};
pub use model::*;

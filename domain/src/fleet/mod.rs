//! The whole fleet as one picture: lines from client to database, faults, what is running.

mod model;

pub use model::*;

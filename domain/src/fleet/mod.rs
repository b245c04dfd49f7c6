//! The whole fleet as one picture: lines from client to database, faults, what is running.

mod derive;
mod faults;
mod lines;
mod model;
mod stations;
mod summary;

pub use derive::{Picture, derive};
pub use model::*;

#[cfg(test)]
mod tests;

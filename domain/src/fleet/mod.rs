//! The whole fleet as one picture: lines from client to database, faults, what is running.

mod book;
mod conditions;
mod derive;
mod engine_stations;
mod lines;
mod model;
mod picture;

pub use book::Book;
pub use derive::Fleet;
pub use model::*;

#[cfg(test)]
mod tests;

//! Backups: taking them, what is in the catalogue, and how fresh it is.

mod model;

pub use model::*;

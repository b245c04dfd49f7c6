//! MySQL and MariaDB servers and how they replicate.

#[cfg(test)]
pub(crate) mod fixtures;
mod model;
pub mod parse;
mod topology;

pub use model::*;
pub use topology::{Member, Tree, trees};

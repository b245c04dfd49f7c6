//! MySQL and MariaDB servers and how they replicate.

mod model;
mod topology;

pub use model::*;
pub use topology::{Member, Tree, trees};

//! MySQL and MariaDB servers and how they replicate.

mod model;

pub use model::*;

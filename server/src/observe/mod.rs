//! Probes on the nodes, and the fleet's latest state that comes of them.
//!
//! Each node has a `watch` (the line's state and the probe's frames) and an `engine` poll (SQL
//! through the node's own socket). Both write into [`Fleet`], which derives the views and publishes
//! them.

mod engine;
mod fleet;
mod watch;

pub use fleet::{Fleet, RefreshError};

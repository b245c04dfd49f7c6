//! Probes on the nodes, and the fleet's latest state that comes of them.

mod fleet;

pub use fleet::{Fleet, RefreshError};

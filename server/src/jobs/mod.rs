//! Runs approved plans: journal first, then the node, then the truth.
pub mod intake;

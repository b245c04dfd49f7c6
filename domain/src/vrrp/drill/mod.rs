//! `drills.run` of an instance: something happens to the holder of the addresses, a client asks all
//! the while, and afterwards everything is as it was.

mod expected;
mod fault;
mod plan;

#[cfg(test)]
mod tests;

pub use plan::{DrillInput, drill};

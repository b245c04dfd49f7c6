//! `firewall.trace`: a real packet, and how the kernel itself tells that it went, beside how the
//! simulation foretold it.

mod compare;
mod interlock;
mod model;
mod parse;
pub mod plan;
mod rule;
pub mod scripts;
mod sender;

pub use compare::{compare, foretell};
pub use model::{
    Carried, Comparison, ForetoldStep, NotSendable, SentPacket, SentProtocol, StepVerdict, TraceId,
    TraceSpec, Traced, TracedRow, TracedStep,
};
pub use parse::{Heard, TraceFacts, logged};
pub(super) use rule::without_trace_rules;
pub use sender::{Sender, sender};

#[cfg(test)]
mod tests;

//! iptables as text, as a model, and as a simulation.
//!
//! [`parse`] reads what `iptables-save` and `ip6tables-save` of both backends print, and what
//! people write for `iptables-restore`; [`render`] prints it back, byte for byte where the kernel
//! printed it. [`trace`] walks a packet through the chains and [`lint`] finds rules that do not do
//! what they look like. Where a rule asks for something that the model does not know, the answer
//! is *unknown*, never a guess.

mod address;
pub mod adverts;
mod canonical;
mod cover;
pub mod diff;
pub mod draft;
mod evaluate;
pub mod families;
pub mod history;
mod interlock;
pub mod kernel_trace;
mod lint;
mod model;
pub mod needs;
mod packet;
mod parse;
pub mod plan;
mod ports;
mod reading;
pub mod rebase;
mod render;
mod rule;
pub mod scripts;
pub mod set;
mod target;
pub mod template;
mod test;
mod token;
mod tool;
mod trace;
mod view;
mod walk;
mod words;

pub use address::{AddressRange, Network};
pub use canonical::{CountersByChain, canonical, counters, digest};
pub use evaluate::{Host, Truth};
pub use interlock::is_anothers;
pub use lint::{Finding, FindingKind, Severity, lint, missing_sets};
pub use model::{Backend, Chain, Counters, Family, Policy, Rule, Ruleset, Table, TableName};
pub use packet::{ConnectionState, Direction, Packet, Transport};
pub use parse::{ParseError, parse};
pub use ports::PortRange;
pub use reading::{ConsoleLine, Reading};
pub use render::render;
pub use target::{NatRange, Target};
pub use test::{Condition, Protocol, SetMatch, Side, Test};
pub use tool::{Tool, UnknownTool};
pub use trace::{AskedSet, Deed, Outcome, Step, Trace, trace};
pub use view::{FirewallView, Other, OwnAddress, RulesetView};

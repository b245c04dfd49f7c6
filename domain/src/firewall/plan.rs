//! Changes of what decides on packets on a node, each of which brings the old state back unless
//! somebody keeps the new: `firewall.apply`, `firewall.apply_group`, `firewall.change_sets`.

mod group;
mod rules;
mod sets;
mod steps;

pub use group::{NodeRules, apply_group};
pub use rules::{ApplyInput, apply};
pub use sets::{SetsInput, TriedSets, change_sets};

pub(super) use rules::RulesChange;
pub(super) use sets::SetsChange;

use super::needs::{Need, Proof};
use super::parse::ParseError;
use super::reading::Reading;
use super::set::EditError;
use super::view::OwnAddress;
use crate::fact::Fact;
use crate::ids::{JobId, NodeId};
use crate::phrase::Phrase;
use crate::remote::RemoteCommand;
use crate::values::InvalidValue;

/// Why no plan can be made. What only makes the change unsafe is an interlock of the plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("the draft: {0}")]
    Draft(#[from] ParseError),
    #[error("the draft: {0}")]
    Sets(#[from] EditError),
    #[error("the rules on {node} cannot be read: {why}")]
    Unreadable { node: String, why: String },
    #[error("the draft is what {node} has already")]
    Nothing { node: String },
    #[error("{node} refuses the draft: {why}")]
    Refused { node: String, why: String },
    #[error("expected {MIN_WITHIN_S} to {MAX_WITHIN_S} s for keeping the draft; found {found}")]
    Within { found: u32 },
    #[error("expected each node once; found {node} twice")]
    Twice { node: String },
    #[error("expected at least one wave, and at least one node in each")]
    EmptyWave,
    #[error(transparent)]
    Value(#[from] InvalidValue),
}

/// How long the new state may stand without being kept.
pub const MIN_WITHIN_S: u32 = 10;
pub const MAX_WITHIN_S: u32 = 3600;
pub const WITHIN_S: u32 = 60;

/// On the node, after the time for keeping: the timer must not fire while a keep is on its way.
const GRACE_S: u32 = 10;

fn within(within_s: u32) -> Result<(), PlanError> {
    if (MIN_WITHIN_S..=MAX_WITHIN_S).contains(&within_s) {
        Ok(())
    } else {
        Err(PlanError::Within { found: within_s })
    }
}

/// What the planner is told of the node, whatever is to be changed there.
#[derive(Debug, Clone)]
pub struct Site {
    pub node: NodeId,
    pub name: String,
    pub reading: Fact<Reading>,
    pub addresses: Vec<OwnAddress>,
    pub needs: Vec<Need>,
    /// Real connections that were made just now, and whether they came about.
    pub proved: Vec<(Proof, bool)>,
    /// Where VRRP instances stand now: what their state script printed on which node.
    pub standing: Vec<Standing>,
    pub running: Vec<RunningJob>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningJob {
    pub id: JobId,
    pub locks: Vec<String>,
}

/// A director's state of one instance, to be found unchanged afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub node: NodeId,
    pub name: String,
    pub instance: String,
    pub command: RemoteCommand,
    /// E.g. `MASTER, holds all`.
    pub line: String,
}

/// A node and what becomes of it.
struct Member<C> {
    site: Site,
    change: C,
}

/// What the steps of a job need of a change, whatever it changes.
trait Change {
    /// What changes: "rules".
    fn noun() -> Phrase;
    /// Makes the change where nobody sees it.
    fn try_out(&self) -> RemoteCommand;
    /// Saves what is there and sets the timer that restores it.
    fn arm(&self, within_s: u32) -> RemoteCommand;
    fn load(&self) -> RemoteCommand;
    /// Prints [`before`](Change::before) or [`after`](Change::after), and `state …`.
    fn state(&self) -> RemoteCommand;
    fn keep(&self) -> RemoteCommand;
    fn undo(&self) -> RemoteCommand;
    /// The line that the node prints while it has what it had.
    fn before(&self) -> String;
    /// The line that the node prints once it has what the draft wants.
    fn after(&self) -> String;
    /// What no other job may change at the same time.
    fn lock(&self, node: NodeId) -> String;
}

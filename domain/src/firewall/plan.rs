//! `firewall.apply`: replaces the rules of one iptables, and brings the old ones back unless
//! somebody keeps the new.

mod group;
mod steps;

pub use group::{NodeRules, apply_group};

use super::interlock;
use super::model::Ruleset;
use super::needs::{Need, Proof};
use super::parse::ParseError;
use super::reading::Reading;
use super::tool::Tool;
use super::view::OwnAddress;
use crate::fact::Fact;
use crate::ids::{JobId, NodeId};
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::Draft;
use crate::remote::RemoteCommand;
use crate::time::Timestamp;
use crate::values::{InvalidValue, Sha256Hex};
use steps::Wave;

/// Why no plan can be made. What only makes the change unsafe is an interlock of the plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("the draft: {0}")]
    Draft(#[from] ParseError),
    #[error("the rules on {node} cannot be read: {why}")]
    Unreadable { node: String, why: String },
    #[error("the draft is what {node} has already")]
    Nothing { node: String },
    #[error("expected {MIN_WITHIN_S} to {MAX_WITHIN_S} s for keeping the rules; found {found}")]
    Within { found: u32 },
    #[error("expected each node once; found {node} twice")]
    Twice { node: String },
    #[error("expected at least one wave, and at least one node in each")]
    EmptyWave,
    #[error(transparent)]
    Value(#[from] InvalidValue),
}

/// How long the new rules may stand without being kept.
pub const MIN_WITHIN_S: u32 = 10;
pub const MAX_WITHIN_S: u32 = 3600;
pub const WITHIN_S: u32 = 60;

/// On the node, after the time for keeping: the timer must not fire while a keep is on its way.
const GRACE_S: u32 = 10;

/// What the planner is told.
#[derive(Debug, Clone)]
pub struct ApplyInput {
    pub node: NodeId,
    pub name: String,
    pub tool: Tool,
    /// As the person wrote it.
    pub rules: String,
    /// Of the rules that the draft was made from; `None`: whatever is there is replaced.
    pub base: Option<Sha256Hex>,
    pub within_s: u32,
    pub reading: Fact<Reading>,
    pub addresses: Vec<OwnAddress>,
    /// What the rules became in a network namespace of their own, or why they were refused there.
    pub tried: Result<Fact<String>, String>,
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

/// The rules before and after.
pub(super) struct Change {
    pub(super) live: Ruleset,
    pub(super) live_digest: Sha256Hex,
    pub(super) wanted: Ruleset,
    /// As the kernel will print it.
    pub(super) wanted_text: String,
}

/// A node and what its rules become.
struct Member {
    input: ApplyInput,
    change: Change,
}

pub fn apply(input: ApplyInput, now: Timestamp) -> Result<Draft, PlanError> {
    within(input.within_s)?;
    let members = [Member::new(input)?];
    let [member] = &members;
    let (input, locks) = (&member.input, vec![member.lock()]);
    let (name, tool, within_s) = (&input.name, input.tool, input.within_s);
    let waves = [Wave { number: 1, of: 1, members: &members, within_s }];
    Ok(Draft {
        operation: Operation::FirewallApply {
            node: input.node,
            tool,
            rules: input.rules.clone(),
            base: input.base.clone(),
            within_s,
        },
        title: Phrase::new(
            format!("Apply a draft of {tool} on {name}"),
            format!("在 {name} 上应用 {tool} 草稿"),
        ),
        run_label: Phrase::new(format!("Apply on {name}"), format!("在 {name} 上应用")),
        interlocks: interlock::all(input, &member.change, &locks, now),
        steps: steps::all(&waves),
        verification: member.verification()?.into(),
        rolled_back: vec![member.rolled_back()],
        prediction: None,
        way_back: Phrase::new(
            format!(
                "Until they are kept the new rules go by themselves: {name} restores the old ones. Once kept, apply the rules from before, which the node's history has"
            ),
            format!(
                "保留之前，{name} 会自行恢复旧规则。保留之后，可从该节点的历史中再次应用旧规则"
            ),
        ),
        locks,
    })
}

fn within(within_s: u32) -> Result<(), PlanError> {
    if (MIN_WITHIN_S..=MAX_WITHIN_S).contains(&within_s) {
        Ok(())
    } else {
        Err(PlanError::Within { found: within_s })
    }
}

impl Member {
    fn new(input: ApplyInput) -> Result<Member, PlanError> {
        Ok(Member { change: Change::of(&input)?, input })
    }

    fn lock(&self) -> String {
        format!("node/{}/firewall/{}", self.input.node, self.input.tool)
    }
}

impl Change {
    fn of(input: &ApplyInput) -> Result<Change, PlanError> {
        let unreadable =
            |why: &str| PlanError::Unreadable { node: input.name.clone(), why: why.to_owned() };
        let live = input.reading.value.rulesets.get(&input.tool);
        let live = live.ok_or_else(|| unreadable("nothing was read"))?;
        if let Some(why) = &live.unreadable {
            return Err(unreadable(why));
        }
        let tool = input.tool;
        let written = tool.parse(&input.rules)?;
        // Where the node refused the draft an interlock blocks; the draft is shown as it was written.
        let wanted_text = match &input.tried {
            Ok(became) => super::canonical(&tool.parse(&became.value)?),
            Err(_) => super::canonical(&written),
        };
        if wanted_text == live.text {
            return Err(PlanError::Nothing { node: input.name.clone() });
        }
        Ok(Change {
            live: tool.parse(&live.text)?,
            live_digest: live.digest.parse()?,
            wanted: tool.parse(&wanted_text)?,
            wanted_text,
        })
    }
}

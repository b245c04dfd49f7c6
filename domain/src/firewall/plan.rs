//! `firewall.apply`: replaces the rules of one iptables, and brings the old ones back unless
//! somebody keeps the new.

use super::interlock;
use super::model::Ruleset;
use super::needs::{Need, Proof};
use super::parse::ParseError;
use super::reading::Reading;
use super::scripts;
use super::tool::Tool;
use super::view::OwnAddress;
use crate::fact::Fact;
use crate::ids::{JobId, NodeId};
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Draft, Expect, Step};
use crate::remote::RemoteCommand;
use crate::time::Timestamp;
use crate::values::{InvalidValue, Sha256Hex};
use crate::vrrp;

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

pub fn apply(input: &ApplyInput, now: Timestamp) -> Result<Draft, PlanError> {
    if !(MIN_WITHIN_S..=MAX_WITHIN_S).contains(&input.within_s) {
        return Err(PlanError::Within { found: input.within_s });
    }
    let change = Change::of(input)?;
    let locks = vec![format!("node/{}/firewall/{}", input.node, input.tool)];
    let (name, tool) = (&input.name, input.tool);
    Ok(Draft {
        operation: Operation::FirewallApply {
            node: input.node,
            tool,
            rules: input.rules.clone(),
            base: input.base.clone(),
            within_s: input.within_s,
        },
        title: Phrase::new(
            format!("Apply a draft of {tool} on {name}"),
            format!("在 {name} 上应用 {tool} 草稿"),
        ),
        run_label: Phrase::new(format!("Apply on {name}"), format!("在 {name} 上应用")),
        interlocks: interlock::all(input, &change, &locks, now),
        steps: steps(input, &change),
        verification: verification(input, &change)?,
        rolled_back: vec![has_rules(
            input,
            &change.live_digest,
            Phrase::new(
                format!("{name} has the rules from before"),
                format!("{name} 的规则与之前一致"),
            ),
        )],
        prediction: None,
        way_back: Phrase::new(
            format!(
                "Until they are kept the new rules go by themselves: {name} restores the old ones. Once kept, apply the rules from before, which the job's plan has"
            ),
            format!("保留之前，{name} 会自行恢复旧规则。保留之后，可再次应用任务计划中的旧规则"),
        ),
        locks,
    })
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

fn steps(input: &ApplyInput, change: &Change) -> Vec<Step> {
    let (node, name, tool) = (input.node, &input.name, input.tool);
    let run = |command| Action::Run { node, command, expect: Expect::Success };
    let on_node_s = input.within_s + GRACE_S;
    let mut steps = vec![
        Step {
            id: "try".to_owned(),
            title: Phrase::new(
                format!("Load the draft in a network namespace of its own on {name}"),
                format!("在 {name} 的独立网络命名空间中试装草稿"),
            ),
            actions: vec![run(scripts::try_out(tool, &change.wanted_text))],
            undo: Vec::new(),
            estimate_ms: 500,
            cancellable: true,
        },
        Step {
            id: "arm".to_owned(),
            title: Phrase::new(
                format!("Set a timer on {name} that restores the old rules in {on_node_s} s"),
                format!("在 {name} 上设置 {on_node_s} 秒后恢复旧规则的定时器"),
            ),
            actions: vec![run(scripts::arm(tool, on_node_s, &change.live_digest))],
            undo: vec![run(scripts::undo(tool))],
            estimate_ms: 500,
            cancellable: true,
        },
        Step {
            id: "load".to_owned(),
            title: Phrase::new(
                format!("Load the draft on {name}"),
                format!("在 {name} 上装入草稿"),
            ),
            actions: vec![run(scripts::load(tool, &change.wanted_text))],
            undo: vec![run(scripts::undo(tool))],
            estimate_ms: 500,
            cancellable: false,
        },
        Step {
            id: "sign_in".to_owned(),
            title: Phrase::new(
                format!("Sign in on {name} by a new connection"),
                format!("用新连接登录 {name}"),
            ),
            actions: vec![Action::RunAnew {
                node,
                command: scripts::state(tool).timeout_ms(10_000),
                expect: Expect::Line { line: "state armed".to_owned() },
            }],
            undo: Vec::new(),
            estimate_ms: 500,
            cancellable: true,
        },
    ];
    let checks = fleet_checks(input);
    if !checks.is_empty() {
        steps.push(Step {
            id: "fleet".to_owned(),
            title: Phrase::new("See that what worked before works now", "确认之前正常的仍然正常"),
            actions: checks,
            undo: Vec::new(),
            estimate_ms: 5_000,
            cancellable: true,
        });
    }
    steps.push(Step {
        id: "confirm".to_owned(),
        title: Phrase::new("Wait for somebody to keep the rules", "等待有人保留新规则"),
        actions: vec![Action::Confirm { within_ms: u64::from(input.within_s) * 1000 }],
        undo: Vec::new(),
        estimate_ms: u64::from(input.within_s) * 1000,
        cancellable: true,
    });
    steps.push(Step {
        id: "keep".to_owned(),
        title: Phrase::new(
            format!("Take the timer on {name} away"),
            format!("取消 {name} 上的定时器"),
        ),
        actions: vec![run(scripts::keep(tool))],
        undo: Vec::new(),
        estimate_ms: 500,
        cancellable: false,
    });
    steps
}

/// Longer than a director waits before it takes a silent peer's addresses.
const VRRP_DWELL_S: &str = "5";

/// What held before the change must hold after it.
fn fleet_checks(input: &ApplyInput) -> Vec<Action> {
    let mut actions = Vec::new();
    let until = |check| Action::Await { check, every_ms: 500, timeout_ms: 10_000 };
    if !input.standing.is_empty() {
        let command = RemoteCommand::new("sleep").words(&[VRRP_DWELL_S]);
        actions.push(Action::Run { node: input.node, command, expect: Expect::Success });
    }
    for standing in &input.standing {
        let (name, instance, line) = (&standing.name, &standing.instance, &standing.line);
        actions.push(until(Check {
            title: Phrase::new(
                format!("{name} stands where it stood in {instance}: {line}"),
                format!("{name} 在 {instance} 中的状态未变：{line}"),
            ),
            node: standing.node,
            command: standing.command.clone(),
            expect: Expect::Line { line: line.clone() },
        }));
    }
    for need in &input.needs {
        let Some(proof) = need.proof.filter(|proof| held(input, proof)) else { continue };
        let (address, port) = proof.to;
        actions.push(until(Check {
            title: need.title.clone(),
            node: proof.from,
            command: vrrp::scripts::reach(&[proof.to]),
            expect: Expect::Line { line: format!("{address} {port} reached") },
        }));
    }
    actions
}

fn held(input: &ApplyInput, proof: &Proof) -> bool {
    input.proved.iter().any(|(proved, reached)| proved == proof && *reached)
}

fn verification(input: &ApplyInput, change: &Change) -> Result<Vec<Check>, PlanError> {
    let name = &input.name;
    let digest = super::digest(&change.wanted_text).parse()?;
    Ok(vec![
        has_rules(
            input,
            &digest,
            Phrase::new(
                format!("{name} has the draft's rules"),
                format!("{name} 的规则与草稿一致"),
            ),
        ),
        Check {
            title: Phrase::new(
                format!("No timer on {name} takes them back"),
                format!("{name} 上没有会撤回规则的定时器"),
            ),
            node: input.node,
            command: scripts::state(input.tool),
            expect: Expect::Line { line: "state kept".to_owned() },
        },
    ])
}

fn has_rules(input: &ApplyInput, digest: &Sha256Hex, title: Phrase) -> Check {
    Check {
        title,
        node: input.node,
        command: scripts::state(input.tool),
        expect: Expect::Line { line: format!("rules {digest}") },
    }
}

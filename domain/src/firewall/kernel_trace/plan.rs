//! `firewall.trace`: has the kernel tell how one real packet goes, and leaves nothing behind.

use super::super::evaluate::Host;
use super::super::model::{Family, Ruleset, TableName};
use super::super::packet::Direction;
use super::super::parse::ParseError;
use super::super::plan::RunningJob;
use super::super::reading::Reading;
use super::super::tool::Tool;
use super::super::trace::trace;
use super::super::view::OwnAddress;
use super::compare::foretell;
use super::model::{SentPacket, TraceId, TraceSpec};
use super::parse::TraceFacts;
use super::scripts::ENDS_AFTER_S;
use super::sender::Sender;
use super::{interlock, scripts};
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Draft, Expect, Step};
use crate::remote::RemoteCommand;
use crate::time::Timestamp;

/// Why no plan can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TracePlanError {
    #[error("the rules on {node} cannot be read: {why}")]
    Unreadable { node: String, why: String },
    #[error("the rules on {node}: {source}")]
    Rules { node: String, source: ParseError },
    #[error("expected two addresses of the family of {tool}; found {found}")]
    Family { tool: Tool, found: String },
    #[error("expected ports from 1; found 0")]
    Port,
}

/// What the planner is told.
#[derive(Debug, Clone)]
pub struct TraceInput {
    pub node: NodeId,
    pub name: String,
    pub tool: Tool,
    pub packet: SentPacket,
    pub reading: Fact<Reading>,
    pub addresses: Vec<OwnAddress>,
    /// What the node has that a trace takes, or why it could not be asked.
    pub facts: Result<Fact<TraceFacts>, String>,
    pub sender: Option<Sender>,
    pub running: Vec<RunningJob>,
}

pub fn trace_for_real(input: &TraceInput, now: Timestamp) -> Result<Draft, TracePlanError> {
    let TraceInput { node, name, tool, packet, .. } = input;
    let is_of_family =
        |address: std::net::IpAddr| address.is_ipv4() == (tool.family() == Family::V4);
    if !is_of_family(packet.source) || !is_of_family(packet.destination) {
        let found = format!("{} and {}", packet.source, packet.destination);
        return Err(TracePlanError::Family { tool: *tool, found });
    }
    if packet.ports().is_some_and(|(from, to)| from == 0 || to == 0) {
        return Err(TracePlanError::Port);
    }
    let (text, rules) = live(input)?;
    let spec = spec(input, &rules, text);
    let checks = checks(input, &rules);
    Ok(Draft {
        operation: Operation::FirewallTrace { node: *node, tool: *tool, packet: packet.clone() },
        title: Phrase::new(
            format!("Trace {packet} through {name}"),
            format!("在 {name} 上追踪 {packet}"),
        ),
        run_label: Phrase::new("Send it for real", "真实发送"),
        locks: vec![format!("node/{node}/firewall/{tool}")],
        interlocks: interlock::all(input, now),
        steps: steps(input, spec),
        verification: checks.clone(),
        rolled_back: checks,
        prediction: None,
        way_back: Phrase::new(
            format!(
                "Nothing stays: the job takes its rule out, and where it cannot, {name} does by itself within {ENDS_AFTER_S} s"
            ),
            format!(
                "不留痕迹：任务会移除其规则；若无法移除，{name} 会在 {ENDS_AFTER_S} 秒内自行移除"
            ),
        ),
    })
}

fn live(input: &TraceInput) -> Result<(&str, Ruleset), TracePlanError> {
    let node = || input.name.clone();
    let unreadable = |why: &str| TracePlanError::Unreadable { node: node(), why: why.to_owned() };
    let live = input.reading.value.rulesets.get(&input.tool);
    let live = live.ok_or_else(|| unreadable("nothing was read"))?;
    if let Some(why) = &live.unreadable {
        return Err(unreadable(why));
    }
    let parsed = input.tool.parse(&live.text);
    let rules = parsed.map_err(|source| TracePlanError::Rules { node: node(), source })?;
    Ok((&live.text, rules))
}

fn spec(input: &TraceInput, rules: &Ruleset, text: &str) -> TraceSpec {
    let facts = input.facts.as_ref().ok().map(|facts| &facts.value);
    let to_source = facts.and_then(|facts| facts.to_source.clone());
    let to_destination = facts.and_then(|facts| facts.to_destination.clone());
    let packet = input.packet.packet(to_source, to_destination);
    let host = Host {
        addresses: Some(input.addresses.iter().map(|own| own.address).collect()),
        sets: input.reading.value.sets.sets(),
    };
    TraceSpec {
        tool: input.tool,
        packet: input.packet.clone(),
        rules: text.to_owned(),
        foretold: foretell(&trace(rules, &packet, &host)),
        interface: packet.in_interface,
    }
}

fn steps(input: &TraceInput, trace: TraceSpec) -> Vec<Step> {
    let TraceInput { node, name, tool, packet, .. } = input;
    let id = TraceId::of(*tool, packet);
    let run = |node: NodeId, command: RemoteCommand| Action::Run {
        node,
        command,
        expect: Expect::Success,
    };
    let end = vec![run(*node, scripts::end(*tool, &id))];
    let first = if packet.direction == Direction::Out { "OUTPUT" } else { "PREROUTING" };
    let begin = Step {
        id: "listen".to_owned(),
        title: Phrase::new(
            format!("Listen on {name}, and insert one rule in raw {first} that traces this packet"),
            format!("在 {name} 上监听，并在 raw {first} 中插入一条追踪此数据包的规则"),
        ),
        actions: vec![run(*node, scripts::begin(*tool, &id, packet))],
        undo: end.clone(),
        estimate_ms: 700,
        cancellable: true,
    };
    // Where there is none an interlock blocks.
    let sender = input.sender.as_ref();
    let from = sender.map_or("–", |sender| &sender.name);
    let send = Step {
        id: "send".to_owned(),
        title: Phrase::new(format!("Send the packet from {from}"), format!("从 {from} 发送数据包")),
        actions: sender
            .map(|sender| run(sender.node, scripts::send(&id, packet)))
            .into_iter()
            .collect(),
        undo: Vec::new(),
        estimate_ms: 500,
        cancellable: true,
    };
    let collect = Step {
        id: "collect".to_owned(),
        title: Phrase::new(
            format!("Read what {name}'s kernel tells, and take the rule out"),
            format!("读取 {name} 内核的追踪并移除规则"),
        ),
        actions: vec![Action::CollectTrace {
            node: *node,
            command: scripts::collect(*tool, &id),
            trace,
        }],
        undo: end,
        estimate_ms: 1_200,
        cancellable: false,
    };
    vec![begin, send, collect]
}

/// The same before and after: nothing of the trace is there. The digest is of the table raw, the one
/// that a trace touches: rules elsewhere may change meanwhile by others' hands.
fn checks(input: &TraceInput, rules: &Ruleset) -> Vec<Check> {
    let TraceInput { node, name, tool, .. } = input;
    let check = |title: Phrase, line: String| Check {
        title,
        node: *node,
        command: scripts::state(*tool),
        expect: Expect::Line { line },
    };
    let mut checks = vec![
        check(
            Phrase::new(format!("No trace is left on {name}"), format!("{name} 上没有遗留的追踪")),
            "trace none".to_owned(),
        ),
        check(
            Phrase::new(
                format!("{name} has the rules of the table raw from before"),
                format!("{name} 的 raw 表规则与之前一致"),
            ),
            format!("raw {}", raw_digest(rules)),
        ),
    ];
    if let Ok(facts) = &input.facts
        && !facts.value.logger.is_empty()
    {
        let logger = &facts.value.logger;
        checks.push(check(
            Phrase::new(
                format!("{name}'s kernel tells of packets whom it told before ({logger})"),
                format!("{name} 内核的数据包日志去向与之前一致（{logger}）"),
            ),
            format!("logger {logger}"),
        ));
    }
    checks
}

/// Of the rules of the table raw, one a line, as the script on the node makes it.
fn raw_digest(rules: &Ruleset) -> String {
    let raw = rules.tables.iter().filter(|table| table.name == TableName::Raw).cloned();
    let raw = Ruleset { tables: raw.collect(), trailer: Vec::new(), ..*rules };
    let printed = super::super::canonical(&raw);
    let lines = printed.lines().filter(|line| line.starts_with("-A "));
    let rules: String = lines.map(|line| format!("{line}\n")).collect();
    super::super::digest(&rules)
}

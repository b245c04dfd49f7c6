//! The steps of a plan with the exact command on each node.

use std::collections::BTreeSet;

use leptos::prelude::*;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::ids::NodeId;
use signalbox_domain::plan::{Action, Check, Draft, Step};
use signalbox_domain::remote::{Elevation, RemoteCommand};

use crate::format;
use crate::locale::{language, say, t, t_with};
use crate::locales::plan as texts;

/// Names of nodes, as the fleet has them.
#[derive(Clone, Copy)]
pub struct NodeNames(Memo<Option<FleetView>>);

impl NodeNames {
    pub fn new(fleet: Memo<Option<FleetView>>) -> NodeNames {
        NodeNames(fleet)
    }

    pub fn get(self, id: NodeId) -> String {
        let known =
            self.0.with_untracked(|fleet| Some(fleet.as_ref()?.nodes.get(&id)?.name.clone()));
        known.unwrap_or_else(|| format!("#{id}"))
    }

    /// The nodes that a plan's steps touch.
    pub(super) fn of_plan(self, draft: &Draft) -> BTreeSet<NodeId> {
        let actions = draft.steps.iter().flat_map(|step| &step.actions).filter_map(Action::node);
        actions.chain(draft.verification.iter().map(|check| check.node)).collect()
    }
}

/// A command of a step: where, and what.
struct CommandLine {
    node: String,
    text: String,
    /// What it is fed: the whole, or how much.
    input: Option<String>,
}

/// Longer inputs are told by their length; the script has them.
const SHOWN_LINES: usize = 12;

fn input(command: &RemoteCommand) -> Option<String> {
    let text = command.stdin.as_ref().filter(|text| !text.is_empty())?;
    let count = text.lines().count();
    Some(if count <= SHOWN_LINES {
        text.trim_end().to_owned()
    } else {
        t_with(texts::INPUT_LINES, &[&count])
    })
}

fn command_lines(actions: &[Action], names: NodeNames) -> Vec<CommandLine> {
    actions.iter().map(|action| line(action, names)).collect()
}

fn line(action: &Action, names: NodeNames) -> CommandLine {
    let node = action.node().map_or(String::new(), |node| names.get(node));
    let text = match action {
        Action::Run { command, .. }
        | Action::Capture { command, .. }
        | Action::CollectTrace { command, .. } => command.readable(),
        Action::ProveSharing { count, ask, .. } => {
            format!("{}; {}; {}", count.readable(), ask.readable(), count.readable())
        }
        Action::RunAnew { command, .. } => t_with(texts::ANEW, &[&command.readable()]),
        Action::Confirm { within_ms } => t_with(texts::CONFIRM, &[&(within_ms / 1000)]),
        Action::Await { check, .. } => t_with(texts::AWAIT, &[&say(&check.title)]),
        Action::AwaitAtMost { check, timeout_ms, .. } => {
            t_with(texts::AWAIT_AT_MOST, &[&say(&check.title), &(timeout_ms / 1000)])
        }
        Action::StartClientProbe { probe } => t_with(texts::PROBE, &[&probe.interval_ms]),
        Action::StopClientProbe => t(texts::PROBE_STOP).to_owned(),
        Action::AwaitSplit { instance, timeout_ms, .. } => {
            t_with(texts::AWAIT_SPLIT, &[&instance.0, &(timeout_ms / 1000)])
        }
        Action::DiscardCapture => t(texts::DISCARD).to_owned(),
    };
    let input = match action {
        Action::Run { command, .. } | Action::RunAnew { command, .. } => input(command),
        _ => None,
    };
    CommandLine { node, text, input }
}

#[component]
pub(super) fn PlanSteps(draft: Draft, names: NodeNames) -> impl IntoView {
    let language = language();
    let count = draft.steps.len();
    let step = |(index, step): (usize, &Step)| {
        let time = format::span(step.estimate_ms, step.estimate_ms, language);
        row(index + 1, say(&step.title), time, command_lines(&step.actions, names))
    };
    let checks = draft
        .verification
        .iter()
        .map(|check: &Check| CommandLine {
            node: names.get(check.node),
            text: say(&check.title),
            input: None,
        })
        .collect();
    view! {
        <ol class="plan-list">
            {draft.steps.iter().enumerate().map(step).collect_view()}
            {row(count + 1, t(texts::VERIFY).to_owned(), String::new(), checks)}
        </ol>
        <p class="t12 i3">{t(texts::ROLLBACK)}</p>
    }
}

fn row(number: usize, title: String, time: String, lines: Vec<CommandLine>) -> impl IntoView {
    let command = |line: CommandLine| {
        view! {
            <div class="command">
                <span class="m11 i3 el">{line.node}</span>
                <code>{line.text}</code>
                {line.input.map(|input| view! { <pre class="input i2">{input}</pre> })}
            </div>
        }
    };
    view! {
        <li>
            <span class="number" aria-hidden="true">{number}</span>
            <div>
                <div class="row">
                    <b>{title}</b>
                    <span class="sp"></span>
                    <span class="t12 i3 tn">{time}</span>
                </div>
                {lines.into_iter().map(command).collect_view()}
            </div>
        </li>
    }
}

/// The line, and what it is fed.
fn fed(command: &RemoteCommand) -> String {
    let line = command.line(Elevation::None);
    match command.stdin.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => format!("{line} <<'END_OF_INPUT'\n{}\nEND_OF_INPUT", text.trim_end()),
        None => line,
    }
}

/// Every command exactly as it is sent, in order; what is no command is a comment. Lines that are
/// sent through sudo have that added by the console, as each node is entered.
pub(super) fn script(draft: &Draft, names: &NodeNames) -> String {
    let mut text = String::new();
    for (index, step) in draft.steps.iter().enumerate() {
        text.push_str(&format!("# {}. {}\n", index + 1, say(&step.title)));
        for action in &step.actions {
            let line = line(action, *names);
            match action {
                Action::Run { command, .. }
                | Action::RunAnew { command, .. }
                | Action::Capture { command, .. }
                | Action::CollectTrace { command, .. } => {
                    text.push_str(&format!(
                        "# {}
{}
",
                        line.node,
                        fed(command)
                    ));
                }
                Action::Await { check, .. } | Action::AwaitAtMost { check, .. } => {
                    let command = check.command.line(Elevation::None);
                    text.push_str(&format!("# {}: {}\n{command}\n", line.node, line.text));
                }
                Action::ProveSharing { count, ask, sharing, .. } => {
                    let client = names.get(sharing.client);
                    let (count, ask) = (fed(count), fed(ask));
                    let node = &line.node;
                    text.push_str(&format!(
                        "# {node}\n{count}\n# {client}\n{ask}\n# {node}\n{count}\n"
                    ));
                }
                Action::Confirm { .. }
                | Action::StartClientProbe { .. }
                | Action::StopClientProbe
                | Action::AwaitSplit { .. }
                | Action::DiscardCapture => {
                    text.push_str(&format!("# {} {}\n", line.node, line.text));
                }
            }
        }
    }
    text.push_str(&format!("# {}\n", t(texts::VERIFY)));
    for check in &draft.verification {
        let command = check.command.line(Elevation::None);
        text.push_str(&format!("# {}: {}\n{command}\n", names.get(check.node), say(&check.title)));
    }
    text
}

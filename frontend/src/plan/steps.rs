//! The steps of a plan with the exact command on each node.

use std::collections::BTreeSet;

use leptos::prelude::*;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::ids::NodeId;
use signalbox_domain::plan::{Action, Check, Draft, Step};
use signalbox_domain::remote::Elevation;

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
}

fn command_lines(actions: &[Action], names: NodeNames) -> Vec<CommandLine> {
    actions.iter().map(|action| line(action, names)).collect()
}

fn line(action: &Action, names: NodeNames) -> CommandLine {
    let node = action.node().map_or(String::new(), |node| names.get(node));
    let text = match action {
        Action::Run { command, .. } | Action::Capture { command, .. } => command.readable(),
        Action::RunAnew { command, .. } => t_with(texts::ANEW, &[&command.readable()]),
        Action::Confirm { within_ms } => t_with(texts::CONFIRM, &[&(within_ms / 1000)]),
        Action::Await { check, .. } => t_with(texts::AWAIT, &[&say(&check.title)]),
        Action::StartClientProbe { probe } => t_with(texts::PROBE, &[&probe.interval_ms]),
        Action::StopClientProbe => t(texts::PROBE_STOP).to_owned(),
        Action::DiscardCapture => t(texts::DISCARD).to_owned(),
    };
    CommandLine { node, text }
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
        .map(|check: &Check| CommandLine { node: names.get(check.node), text: say(&check.title) })
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
                | Action::Capture { command, .. } => {
                    text.push_str(&format!("# {}\n{}\n", line.node, command.line(Elevation::None)));
                }
                Action::Await { check, .. } => {
                    let command = check.command.line(Elevation::None);
                    text.push_str(&format!("# {}: {}\n{command}\n", line.node, line.text));
                }
                Action::Confirm { .. }
                | Action::StartClientProbe { .. }
                | Action::StopClientProbe
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

//! The draft on more nodes: what it becomes on each, and in which order they change.

use std::collections::BTreeMap;

use leptos::prelude::*;
use signalbox_domain::firewall::diff::{Diff, diff};
use signalbox_domain::firewall::plan::{NodeRules, WITHIN_S};
use signalbox_domain::firewall::rebase::carry;
use signalbox_domain::firewall::{FirewallView, Ruleset, Tool, canonical};
use signalbox_domain::fleet::FleetView;
use signalbox_domain::ids::NodeId;
use signalbox_domain::live::Topic;
use signalbox_domain::operation::Operation;
use signalbox_domain::signal::Signal as Aspect;

use super::board::Board;
use super::difference::differences;
use super::edits::Editing;
use super::head::told;
use super::kept::Kept;
use crate::api;
use crate::live::use_live;
use crate::locale::{t, t_with};
use crate::locales::firewall as texts;
use crate::locales::words;
use crate::plan::Desk;
use crate::ui::{Button, Dialog, Kind, Lamp};

/// What the draft becomes on another node.
#[derive(Debug, Clone, PartialEq)]
enum Becomes {
    Rules { of: NodeRules, live: Ruleset, draft: Ruleset, diff: Diff },
    HasIt,
    Cannot(Vec<String>),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Order {
    #[default]
    OneByOne,
    Together,
}

type Asked = RwSignal<BTreeMap<NodeId, Option<Becomes>>>;

#[component]
pub(super) fn Group(board: Board, editing: Editing) -> impl IntoView {
    let fleet = use_live().watch::<FleetView>(Topic::Fleet);
    let asked: Asked = RwSignal::new(BTreeMap::new());
    let order = RwSignal::new(Order::default());
    let others = Memo::new(move |_| {
        fleet.with(|fleet| {
            let nodes = fleet.iter().flat_map(|fleet| &fleet.nodes);
            let others = nodes.filter(|(id, _)| **id != board.node);
            others.map(|(id, node)| (*id, node.name.clone())).collect::<Vec<_>>()
        })
    });
    let name = board.view.with_untracked(|view| view.as_ref().map(|view| view.name.clone()));
    let chosen = Memo::new(move |_| asked.with(rules));
    let closed = Signal::derive(move || {
        chosen.with(Vec::is_empty).then(|| t(texts::CHOOSE_NODES).to_owned())
    });
    let show = move |_| {
        let Some(operation) = operation(board, chosen.get_untracked(), order.get_untracked())
        else {
            return;
        };
        editing.close();
        Desk::get().show(operation);
    };
    let rows = move || {
        let others = others.get();
        if others.is_empty() {
            return view! { <p class="i3">{t(texts::NO_OTHER_NODE)}</p> }.into_any();
        }
        let row = |(node, name)| view! { <OtherNode board node name asked /> };
        others.into_iter().map(row).collect_view().into_any()
    };
    view! {
        <Dialog title=Signal::stored(t(texts::GROUP_TITLE).to_owned()) class="wide" on_close=move |()| editing.close()>
            <div class="body fw-group">
                <p class="i2">{t_with(texts::GROUP_HELP, &[&name.unwrap_or_default()])}</p>
                <fieldset>
                    <legend class="t12 i2">{t(texts::OTHER_NODES)}</legend>
                    {rows}
                </fieldset>
                <label class="row g8">
                    <span class="t12 i2">{t(texts::WAVES)}</span>
                    <select class="inp sm" on:change=move |event| order.set(order_of(&event_target_value(&event)))>
                        <option value="one">{t(texts::ONE_BY_ONE)}</option>
                        <option value="all">{t(texts::ALL_AT_ONCE)}</option>
                    </select>
                </label>
            </div>
            <footer>
                <Button on_click=move |_| editing.close()>{t(words::CANCEL)}</Button>
                <Button kind=Kind::Primary disabled=closed on_click=show>
                    {move || t_with(texts::SHOW_GROUP_PLAN, &[&(chosen.with(Vec::len) + 1)])}
                </Button>
            </footer>
        </Dialog>
    }
}

fn order_of(value: &str) -> Order {
    if value == "all" { Order::Together } else { Order::OneByOne }
}

#[component]
fn OtherNode(board: Board, node: NodeId, name: String, asked: Asked) -> impl IntoView {
    let choose = move |event| {
        if event_target_checked(&event) {
            asked.update(|asked| drop(asked.insert(node, None)));
            ask(board, node, asked);
        } else {
            asked.update(|asked| drop(asked.remove(&node)));
        }
    };
    let becomes = Memo::new(move |_| asked.with(|asked| asked.get(&node).cloned()));
    let shown = name.clone();
    let told = move || {
        becomes.get().map(|becomes| match becomes {
            None => view! { <span class="t12 i3" aria-busy="true">{t_with(words::READING, &[&name])}</span> }.into_any(),
            Some(becomes) => view! { <Told becomes /> }.into_any(),
        })
    };
    view! {
        <div class="fw-other">
            <label class="row g8">
                <input type="checkbox" on:change=choose />
                <b>{shown}</b>
            </label>
            {told}
        </div>
    }
}

#[component]
fn Told(becomes: Becomes) -> impl IntoView {
    match becomes {
        Becomes::HasIt => view! {
            <span class="row g6 t12 i2"><Lamp aspect=Aspect::Clear size=10 />{t(texts::HAS_IT)}</span>
        }
        .into_any(),
        Becomes::Cannot(why) => view! {
            <span class="row g6 t12 danger"><Lamp aspect=Aspect::Danger size=10 />{t(texts::CANNOT)}</span>
            {why.into_iter().map(|why| view! { <p class="m11 danger">{why}</p> }).collect_view()}
        }
        .into_any(),
        Becomes::Rules { of, live, draft, diff } => {
            let tally = diff.tally();
            let told =
                t_with(texts::WOULD, &[&of.tool, &tally.added, &tally.removed, &tally.changed]);
            view! {
                <details class="fw-diff">
                    <summary class="t12 acc">{told}</summary>
                    {differences(&diff, &live, &draft)}
                </details>
            }
            .into_any()
        }
    }
}

fn ask(board: Board, node: NodeId, asked: Asked) {
    leptos::task::spawn_local(async move {
        let answer = api::get::<FirewallView>(&format!("/api/v1/firewall/{node}")).await;
        let becomes = match answer {
            Ok(view) => {
                let kept = board.kept.try_get_untracked().flatten();
                let tool = board.tool.try_get_untracked().flatten();
                kept.zip(tool).map(|(kept, tool)| becomes(&kept, tool, &view))
            }
            Err(problem) => Some(Becomes::Cannot(vec![problem.detail])),
        };
        // It may have been put back meanwhile, and the dialog may be closed.
        let _ = asked.try_update(|asked| {
            if let Some(entry) = asked.get_mut(&node) {
                *entry = becomes;
            }
        });
    });
}

fn becomes(kept: &Kept, tool: Tool, view: &FirewallView) -> Becomes {
    let main = view.main_tool().filter(|main| main.family() == tool.family());
    let tool = main.unwrap_or(tool);
    let Some(ruleset) = view.rulesets.get(&tool) else {
        return Becomes::Cannot(vec![t_with(texts::UNREADABLE, &[&tool, &"-"])]);
    };
    if let Some(why) = &ruleset.unreadable {
        return Becomes::Cannot(vec![t_with(texts::UNREADABLE, &[&tool, why])]);
    }
    let (Ok(base), Ok(draft), Ok(live), Ok(digest)) = (
        tool.parse(&kept.from),
        tool.parse(&kept.text),
        tool.parse(&ruleset.text),
        ruleset.digest.parse(),
    ) else {
        return Becomes::Cannot(vec![t_with(texts::UNREADABLE, &[&tool, &"-"])]);
    };
    match carry(&base, &draft, &live) {
        Err(conflicts) => Becomes::Cannot(conflicts.iter().map(told).collect()),
        Ok(rules) if canonical(&rules) == canonical(&live) => Becomes::HasIt,
        Ok(rules) => Becomes::Rules {
            of: NodeRules { node: view.node, tool, rules: canonical(&rules), base: Some(digest) },
            diff: diff(&live, &rules),
            live,
            draft: rules,
        },
    }
}

fn rules(asked: &BTreeMap<NodeId, Option<Becomes>>) -> Vec<NodeRules> {
    let ready = asked.values().filter_map(|becomes| match becomes {
        Some(Becomes::Rules { of, .. }) => Some(of.clone()),
        _ => None,
    });
    ready.collect()
}

fn operation(board: Board, others: Vec<NodeRules>, order: Order) -> Option<Operation> {
    let kept = board.kept.get_untracked()?;
    let first = NodeRules {
        node: board.node,
        tool: board.tool.get_untracked()?,
        rules: kept.text,
        base: kept.base.parse().ok(),
    };
    let mut waves = vec![vec![first]];
    match order {
        Order::OneByOne => waves.extend(others.into_iter().map(|other| vec![other])),
        Order::Together => waves.push(others),
    }
    Some(Operation::FirewallApplyGroup { waves, within_s: WITHIN_S })
}

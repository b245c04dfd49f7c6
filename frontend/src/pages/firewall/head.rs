//! The page's head: which node and iptables, the draft and what can be done with it.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use signalbox_domain::firewall::families::{Answer, Disagreement, disagreements};
use signalbox_domain::firewall::plan::WITHIN_S;
use signalbox_domain::firewall::rebase::{Conflict, rebase};
use signalbox_domain::firewall::{Family, FirewallView, Severity, Tool, canonical};
use signalbox_domain::fleet::FleetView;
use signalbox_domain::live::Topic;
use signalbox_domain::operation::Operation;
use signalbox_domain::signal::Signal as Aspect;

use super::board::Board;
use super::edits::{Editing, Open};
use super::kept::Kept;
use crate::live::use_live;
use crate::locale::{t, t_with};
use crate::locales::firewall as texts;
use crate::plan::OperationButton;
use crate::ui::{Button, Icon, Kind, Lamp, PageHead, use_toasts};

#[component]
pub(super) fn Head(board: Board, editing: Editing) -> impl IntoView {
    view! {
        <PageHead title=t(texts::FIREWALL) actions=move || view! { <Actions board editing /> }>
            <Choosers board />
            <DraftTold board />
        </PageHead>
    }
}

/// Which node, and which of its iptables.
#[component]
fn Choosers(board: Board) -> impl IntoView {
    let fleet = use_live().watch::<FleetView>(Topic::Fleet);
    let navigate = use_navigate();
    let nodes = Memo::new(move |_| {
        fleet.with(|fleet| {
            let nodes = fleet.iter().flat_map(|fleet| &fleet.nodes);
            nodes.map(|(id, node)| (*id, node.name.clone())).collect::<Vec<_>>()
        })
    });
    let go = move |event| {
        let path = format!("/firewall/{}", event_target_value(&event));
        navigate(&path, leptos_router::NavigateOptions::default());
    };
    let tools = Memo::new(move |_| {
        board.view.with(|view| {
            let rulesets = view.iter().flat_map(|view| &view.rulesets);
            let readable = rulesets.filter(|(_, rules)| rules.unreadable.is_none());
            readable.map(|(tool, _)| *tool).collect::<Vec<Tool>>()
        })
    });
    let node_option = move |(id, name): (signalbox_domain::ids::NodeId, String)| {
        view! { <option value=id.to_string() selected=id == board.node>{name}</option> }
    };
    let tool_option = move |tool: Tool| {
        let is_chosen = move || board.tool.get() == Some(tool);
        view! { <option value=tool.as_str() selected=is_chosen>{tool.as_str()}</option> }
    };
    view! {
        <select class="inp sm fw-choose b" aria-label=t(texts::NODE) on:change=go>
            {move || nodes.get().into_iter().map(node_option).collect_view()}
        </select>
        <select
            class="inp sm fw-choose mono"
            aria-label=t(texts::WHICH)
            on:change=move |event| {
                board.selected.set(None);
                board.chosen_tool.set(event_target_value(&event));
            }
        >
            {move || tools.get().into_iter().map(tool_option).collect_view()}
        </select>
    }
}

#[component]
fn DraftTold(board: Board) -> impl IntoView {
    move || {
        board.draft.get()?;
        let tally = board.diff.with(|diff| diff.tally());
        let rules = t_with(texts::DRAFT_IS, &[&tally.added, &tally.removed, &tally.changed]);
        let others = (tally.others > 0).then(|| t_with(texts::DRAFT_OTHERS, &[&tally.others]));
        Some(view! {
            <span class="row g6 acc" data-draft="">
                <i class="fw-draft-sign" aria-hidden="true"></i>
                {rules}
                {others.map(|others| format!(", {others}"))}
            </span>
        })
    }
}

#[component]
fn Actions(board: Board, editing: Editing) -> impl IntoView {
    let has_draft = Memo::new(move |_| board.draft.with(Option::is_some));
    let no_role = move || (!editing.may).then(|| t(texts::NO_EDIT_ROLE).to_owned());
    let operation = Signal::derive(move || operation(board));
    let errors = Memo::new(move |_| {
        board.findings.with(|findings| {
            findings.iter().filter(|finding| finding.severity == Severity::Error).count()
        })
    });
    let closed = Signal::derive(move || {
        if board.diff.with(|diff| diff.is_empty()) {
            return Some(t(texts::NOTHING_CHANGED).to_owned());
        }
        let errors = errors.get();
        (errors > 0).then(|| t_with(texts::RULE_ERRORS, &[&errors]))
    });
    let discard = move |_| {
        board.selected.set(None);
        board.keep(None);
    };
    view! {
        <span class="row g8 wide-only">
            {move || {
                has_draft.get().then(|| view! {
                    <Button kind=Kind::Quiet on_click=discard>{t(texts::DISCARD)}</Button>
                })
            }}
            <Button icon=Icon::History on_click=move |_| editing.open.set(Some(Open::History))>
                {t(texts::HISTORY)}
            </Button>
            <Button disabled=Signal::derive(no_role) on_click=move |_| editing.open.set(Some(Open::Text))>
                {t(texts::EDIT_TEXT)}
            </Button>
            {move || {
                has_draft.get().then(|| view! {
                    <Button icon=Icon::FileDiff on_click=move |_| editing.open.set(Some(Open::Diff))>
                        {t(texts::SHOW_DIFF)}
                    </Button>
                    <Button disabled=closed on_click=move |_| editing.open.set(Some(Open::Group))>
                        {t(texts::MORE_NODES)}
                    </Button>
                    <OperationButton operation label=t(texts::APPLY).to_owned() kind=Kind::Primary disabled=closed />
                })
            }}
        </span>
    }
}

fn operation(board: Board) -> Operation {
    let kept = board.kept.get();
    Operation::FirewallApply {
        node: board.node,
        tool: board.tool.get().unwrap_or(Tool::IptablesNft),
        base: kept.as_ref().and_then(|kept| kept.base.parse().ok()),
        rules: kept.map(|kept| kept.text).unwrap_or_default(),
        within_s: WITHIN_S,
    }
}

/// What a person must know before trusting the page.
#[component]
pub(super) fn Notices(board: Board) -> impl IntoView {
    let others = Memo::new(move |_| {
        let tool = board.tool.get()?;
        board.view.with(|view| others(view.as_ref()?, tool)).map(|others| (others, tool))
    });
    let notice = move || {
        others.get().map(|(others, tool)| {
            view! {
                <div class="stale-band" role="note">
                    <Lamp aspect=Aspect::Caution />
                    <b>{t(texts::OTHERS)}</b>
                    <span class="i2">{t_with(texts::OTHERS_HELP, &[&others, &tool])}</span>
                </div>
            }
        })
    };
    view! {
        {notice}
        <Families board />
        <Rebase board />
    }
}

/// IPv4 and IPv6 do not agree on who comes in.
#[component]
fn Families(board: Board) -> impl IntoView {
    let told = Memo::new(move |_| {
        let tool = board.tool.get()?;
        let shown = board.shown();
        board.view.with(|view| {
            let view = view.as_ref()?;
            let other = tool.of_other_family();
            let ruleset = view.rulesets.get(&other).filter(|rules| rules.unreadable.is_none())?;
            let other = other.parse(&ruleset.text).ok()?;
            let (v4, v6) =
                if tool.family() == Family::V4 { (&*shown, &other) } else { (&other, &*shown) };
            let found = disagreements(v4, v6, &view.addresses);
            (!found.is_empty()).then(|| found.iter().map(disagrees).collect::<Vec<_>>().join("; "))
        })
    });
    move || {
        told.get().map(|told| {
            view! {
                <div class="stale-band" role="note">
                    <Lamp aspect=Aspect::Caution />
                    <b>{t(texts::FAMILIES)}</b>
                    <span class="i2">{told}</span>
                </div>
            }
        })
    }
}

fn disagrees(found: &Disagreement) -> String {
    let Disagreement { interface, port, v4, v6 } = found;
    let port = port.map_or_else(|| t(texts::OTHER_PORTS).to_owned(), |port| port.to_string());
    let answer = |answer: &Answer| format!("{} ({})", answer.outcome, answer.by);
    t_with(texts::FAMILY_ANSWERS, &[interface, &port, &answer(v4), &answer(v6)])
}

/// What else decides on this node's packets.
fn others(view: &FirewallView, tool: Tool) -> Option<String> {
    let beside = tool.beside();
    let mut others: Vec<String> =
        view.others.iter().map(|other| t_with(texts::NFT_TABLE, &[&other.name])).collect();
    if view.rulesets.get(&beside).is_some_and(|rules| !rules.is_empty()) {
        others.push(beside.to_string());
    }
    (!others.is_empty()).then(|| others.join(", "))
}

/// The rules changed on the node after the draft was begun.
#[component]
fn Rebase(board: Board) -> impl IntoView {
    let toasts = use_toasts();
    let conflicts = RwSignal::new(Vec::<String>::new());
    let is_behind = Memo::new(move |_| {
        let digest = board.digest.get();
        let is_behind = board.kept.with(|kept| kept.as_ref().is_some_and(|k| k.base != digest));
        is_behind && !board.is_applied()
    });
    let carry = move |_| match carried(board) {
        Ok(kept) => {
            conflicts.set(Vec::new());
            board.keep(kept);
            toasts.show(t(texts::REBASED));
        }
        Err(found) => conflicts.set(found.iter().map(told).collect()),
    };
    move || {
        is_behind.get().then(|| {
            view! {
                <div class="stale-band fw-behind" role="alert">
                    <Lamp aspect=Aspect::Caution />
                    <b>{t(texts::CHANGED_UNDER)}</b>
                    <span class="i2">{t(texts::CHANGED_UNDER_HELP)}</span>
                    <span class="sp"></span>
                    <Button on_click=carry>{t(texts::REBASE)}</Button>
                    {move || {
                        let lines = conflicts.get().into_iter();
                        lines.map(|line| view! { <p class="m11 danger">{line}</p> }).collect_view()
                    }}
                </div>
            }
        })
    }
}

/// `None` when the node has already what the draft wanted.
fn carried(board: Board) -> Result<Option<Kept>, Vec<Conflict>> {
    let Some(kept) = board.kept.get_untracked() else { return Ok(None) };
    let live = board.live.get_untracked();
    let Some(tool) = board.tool.get_untracked() else { return Ok(Some(kept)) };
    let (Ok(from), Ok(draft)) = (tool.parse(&kept.from), tool.parse(&kept.text)) else {
        return Ok(Some(kept));
    };
    let text = canonical(&rebase(&from, &draft, &live)?);
    let from = canonical(&live);
    Ok((text != from).then(|| Kept { base: board.digest.get_untracked(), from, text }))
}

pub(super) fn told(conflict: &Conflict) -> String {
    let lines = |rules: &[String]| match rules {
        [] => t(texts::NO_LINES).to_owned(),
        lines => lines.join(" | "),
    };
    let (draft, live) = (lines(&conflict.draft), lines(&conflict.live));
    t_with(texts::CONFLICT, &[&conflict.table, &conflict.chain, &draft, &live])
}

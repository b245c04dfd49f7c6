//! What decides this packet, and is my draft safe?

mod ages;
mod board;
mod chains;
mod columns;
mod confirm;
mod diagram;
mod difference;
mod drops;
mod edits;
mod file;
mod flow;
mod group;
mod head;
mod history;
mod kept;
mod kernel;
mod packet;
mod rates;
mod rule_form;
mod rules;
mod set_draft;
mod sets;
mod templates;
mod texts;
mod tracer;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use signalbox_domain::firewall::FirewallView;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::ids::NodeId;
use signalbox_domain::live::Topic;

use crate::live::use_live;
use crate::locale::{t, t_with};
use crate::locales::{firewall as words, words as shared};
use crate::ui::{Empty, Failed, PageHead, SkeletonRows};
use board::Board;
use edits::{Editing, Open};
use packet::Question;
use tracer::Traces;

/// `/firewall` is that of the fleet's first node.
#[component]
pub fn Firewall() -> impl IntoView {
    let params = use_params_map();
    let fleet = use_live().watch::<FleetView>(Topic::Fleet);
    let node = Memo::new(move |_| {
        let asked = params.with(|params| params.get("id")?.parse::<NodeId>().ok());
        asked.or_else(|| fleet.with(|fleet| fleet.as_ref()?.nodes.keys().next().copied()))
    });
    move || match node.get() {
        Some(node) => view! { <OfNode node /> }.into_any(),
        None => view! {
            <PageHead title=t(words::FIREWALL) />
            <Empty title=t(words::NO_NODE) text=t(words::NO_NODE_HELP) />
        }
        .into_any(),
    }
}

#[component]
fn OfNode(node: NodeId) -> impl IntoView {
    let live = use_live();
    let topic = Topic::Firewall(node);
    let view = live.watch::<FirewallView>(topic);
    let refusal = live.refusal(topic);
    let board = Board::new(node, view);
    let editing = Editing::new();
    let is_here = Memo::new(move |_| view.with(Option::is_some));
    let is_readable = Memo::new(move |_| {
        view.with(|view| {
            view.iter().any(|view| view.rulesets.values().any(|rules| rules.unreadable.is_none()))
        })
    });
    view! {
        <head::Head board editing />
        {move || match (is_here.get(), is_readable.get(), refusal.get()) {
            (true, true, _) => view! { <Regions board editing /> }.into_any(),
            (true, false, _) => view! { <Unreadable view /> }.into_any(),
            (false, _, Some(problem)) => view! { <Failed problem /> }.into_any(),
            (false, _, None) => {
                let what = t_with(shared::READING, &[&crate::live::path_of(topic)]);
                view! { <SkeletonRows what /> }.into_any()
            }
        }}
        <confirm::Confirmation board />
    }
}

#[component]
fn Regions(board: Board, editing: Editing) -> impl IntoView {
    let question = board.view.with_untracked(|view| Question::new(view.as_ref()));
    let traces = Traces::new(board, question);
    view! {
        <head::Notices board />
        <div class="plates firewall">
            <diagram::Flow board question traced=traces.shown />
            <rules::Rules board editing />
            <tracer::Tracer board question traces />
        </div>
        {move || {
            editing.open.get().map(|open| match open {
                Open::Rule { at, text } => {
                    view! { <rule_form::RuleForm board editing at old=text /> }.into_any()
                }
                Open::Template => view! { <templates::Templates board editing /> }.into_any(),
                Open::Rename => view! { <rule_form::RenameForm board editing /> }.into_any(),
                Open::Chain => view! { <rule_form::ChainForm board editing /> }.into_any(),
                Open::Text => view! { <texts::AllText board editing /> }.into_any(),
                Open::Group => view! { <group::Group board editing /> }.into_any(),
                Open::Diff => view! { <texts::Difference board editing /> }.into_any(),
                Open::History => view! { <history::PastRulesets board editing /> }.into_any(),
            })
        }}
    }
}

/// Why each iptables cannot be read.
#[component]
fn Unreadable(view: Memo<Option<FirewallView>>) -> impl IntoView {
    let why = move || {
        view.with(|view| {
            let rulesets = view.iter().flat_map(|view| &view.rulesets);
            let lines = rulesets.filter_map(|(tool, rules)| {
                Some(t_with(words::UNREADABLE, &[tool, rules.unreadable.as_ref()?]))
            });
            lines.collect::<Vec<_>>().join("; ")
        })
    };
    move || view! { <Empty title=t(words::NOTHING_READABLE) text=why() /> }
}

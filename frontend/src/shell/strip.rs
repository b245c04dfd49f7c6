//! The fleet strip: one lamp a node, grouped by what it is.

use leptos::prelude::*;
use signalbox_domain::fleet::{FleetView, NodeRole, NodeSummary};
use signalbox_domain::ids::NodeId;
use signalbox_domain::live::Topic;

use crate::live::use_live;
use crate::locale::{Text, t};
use crate::locales::{overview, shell as texts};
use crate::ui::{Lamp, aspect_word, move_focus};

const GROUPS: [(NodeRole, Text); 4] = [
    (NodeRole::Director, overview::LB),
    (NodeRole::RealServer, overview::WEB),
    (NodeRole::Database, overview::DB),
    (NodeRole::Other, overview::AUX),
];

#[component]
pub(super) fn Strip() -> impl IntoView {
    let live = use_live();
    let fleet = live.watch::<FleetView>(Topic::Fleet);
    // The toolbar is one stop of Tab: where one was last, at first the first lamp.
    let visited = RwSignal::new(None::<NodeId>);
    let stop =
        Memo::new(move |_| visited.get().or_else(|| fleet.with(|fleet| first(fleet.as_ref()))));
    let group = move |(role, name): (NodeRole, Text)| {
        let members = Memo::new(move |_| fleet.with(|fleet| members(fleet.as_ref(), role)));
        move || {
            let members = members.get();
            (!members.is_empty()).then(|| {
                view! {
                    <span class="grp">
                        <b>{t(name)}</b>
                        {members.into_iter().map(|node| view! { <NodeLamp node visited stop /> }).collect_view()}
                    </span>
                }
            })
        }
    };
    view! {
        <div class="strip" role="toolbar" aria-label=t(texts::FLEET) on:keydown=move_focus>
            {GROUPS.into_iter().map(group).collect_view()}
        </div>
    }
}

#[component]
fn NodeLamp(
    node: NodeSummary,
    visited: RwSignal<Option<NodeId>>,
    stop: Memo<Option<NodeId>>,
) -> impl IntoView {
    let (id, name, live) = (node.id, node.name, use_live());
    let aspect = Signal::derive(move || live.shown(node.signal));
    let words = move || format!("{name}, {}", aspect_word(aspect.get()));
    view! {
        <a
            href=format!("/nodes/{id}")
            tabindex=move || if stop.get() == Some(id) { "0" } else { "-1" }
            title=words.clone()
            aria-label=words
            on:focus=move |_| visited.set(Some(id))
        >
            <Lamp aspect=aspect size=9 />
        </a>
    }
}

fn first(fleet: Option<&FleetView>) -> Option<NodeId> {
    GROUPS.iter().find_map(|(role, _)| Some(members(fleet, *role).first()?.id))
}

fn members(fleet: Option<&FleetView>, role: NodeRole) -> Vec<NodeSummary> {
    let nodes = fleet.into_iter().flat_map(|fleet| fleet.nodes.values());
    let mut members: Vec<NodeSummary> = nodes.filter(|node| node.role == role).cloned().collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    members
}

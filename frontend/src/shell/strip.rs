//! The fleet strip: one lamp a node, grouped by what it is.

use leptos::prelude::*;
use signalbox_domain::fleet::{FleetView, NodeRole, NodeSummary};
use signalbox_domain::live::Topic;
use signalbox_domain::signal::Signal as Aspect;

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
    let group = move |(role, name): (NodeRole, Text)| {
        let members = Memo::new(move |_| fleet.with(|fleet| members(fleet.as_ref(), role)));
        move || {
            let members = members.get();
            (!members.is_empty()).then(|| {
                view! {
                    <span class="grp">
                        <b>{t(name)}</b>
                        {members.into_iter().map(|node| lamp(node, live.line().is_stale())).collect_view()}
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

/// When the page itself is stale no lamp may still look like news.
fn lamp(node: NodeSummary, stale: bool) -> impl IntoView {
    let aspect = if stale { Aspect::Unknown } else { node.signal };
    let words = format!("{}, {}", node.name, aspect_word(aspect));
    view! {
        <a href=format!("/nodes/{}", node.id) title=words.clone() aria-label=words>
            <Lamp aspect=aspect size=9 />
        </a>
    }
}

fn members(fleet: Option<&FleetView>, role: NodeRole) -> Vec<NodeSummary> {
    let nodes = fleet.into_iter().flat_map(|fleet| fleet.nodes.values());
    let mut members: Vec<NodeSummary> = nodes.filter(|node| node.role == role).cloned().collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    members
}

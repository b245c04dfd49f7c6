//! What goes on through this node: lines, addresses, replicas.

use leptos::prelude::*;
use signalbox_domain::fleet::{FleetView, Line};
use signalbox_domain::ids::NodeId;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::vrrp::Holder;

use crate::format;
use crate::locale::{say, t, t_with};
use crate::locales::nodes as texts;
use crate::track::{carries, protocol};
use crate::ui::{Lamp, Plate, aspect_word};

#[component]
pub(super) fn Depends(id: NodeId, fleet: Memo<Option<FleetView>>) -> impl IntoView {
    let found = Memo::new(move |_| {
        fleet.with(|fleet| fleet.as_ref().map_or(Vec::new(), |fleet| dependents(fleet, id)))
    });
    let rows = move || {
        let found = found.get();
        if found.is_empty() {
            return view! { <li class="i2 nothing">{t(texts::NOTHING_DEPENDS)}</li> }.into_any();
        }
        found.into_iter().map(row).collect_view().into_any()
    };
    view! {
        <Plate title=t(texts::DEPENDS)>
            <ul class="list">{rows}</ul>
        </Plate>
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Dependent {
    aspect: Aspect,
    what: String,
    how: String,
    href: String,
}

fn row(found: Dependent) -> impl IntoView {
    view! {
        <li class="node-depends">
            <Lamp aspect=found.aspect label=aspect_word(found.aspect).to_owned() />
            <a class="b" href=found.href>{found.what}</a>
            <span class="t12 i2">{found.how}</span>
        </li>
    }
}

fn dependents(fleet: &FleetView, id: NodeId) -> Vec<Dependent> {
    let mut found: Vec<Dependent> =
        fleet.lines.iter().filter_map(|line| of_line(line, id)).collect();
    for line in &fleet.lines {
        let followers = line.engines.iter().filter(|engine| engine.follows == Some(id));
        found.extend(followers.map(|engine| Dependent {
            aspect: engine.signal,
            what: engine.name.clone(),
            how: t(texts::REPLICATES).to_owned(),
            href: format!("/nodes/{}", engine.node),
        }));
    }
    found.dedup();
    found
}

/// What the line would lose with the node.
fn of_line(line: &Line, id: NodeId) -> Option<Dependent> {
    let how = as_director(line, id).or_else(|| as_server(line, id))?;
    Some(Dependent {
        aspect: line.signal,
        what: format!("{} {}:{}", protocol(line.protocol), line.vip, line.port),
        how,
        href: "/".to_owned(),
    })
}

fn as_director(line: &Line, id: NodeId) -> Option<String> {
    let points = line.points.as_ref()?;
    points.directors.iter().find(|director| director.node == id)?;
    let others: Vec<&str> =
        points.directors.iter().filter(|d| d.node != id).map(|d| d.name.as_str()).collect();
    let others = others.join(", ");
    let holds = matches!(points.holder, Holder::One { node } if node == id);
    Some(match (holds, others.is_empty()) {
        (true, true) => t(texts::HOLDS_ALONE).to_owned(),
        (true, false) => t_with(texts::HOLDS_WITH, &[&others]),
        (false, _) => t_with(texts::STANDS_BY_FOR, &[&others]),
    })
}

fn as_server(line: &Line, id: NodeId) -> Option<String> {
    let leg = line.legs.iter().find(|leg| leg.node == Some(id))?;
    let others = line.legs.iter().filter(|leg| leg.node != Some(id) && carries(leg)).count();
    let (own, all) =
        (format::count(leg.active_connections), format::count(line.active_connections));
    if leg.signal == Aspect::Unknown {
        return Some(leg.reason.as_ref().map_or_else(String::new, say));
    }
    Some(match (carries(leg), others) {
        (false, _) => t(texts::CARRIES_NOTHING).to_owned(),
        (true, 0) => t(texts::CARRIES_ALONE).to_owned(),
        (true, others) => t_with(texts::CARRIES, &[&own, &all, &others]),
    })
}

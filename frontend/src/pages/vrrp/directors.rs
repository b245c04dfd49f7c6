//! The directors as a whole: in service or out of it.

use std::collections::BTreeMap;

use leptos::prelude::*;
use signalbox_domain::ids::NodeId;
use signalbox_domain::operation::Operation;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::time::Timestamp;
use signalbox_domain::vrrp::VrrpView;

use crate::locale::{t, t_with};
use crate::locales::vrrp as texts;
use crate::plan::OperationButton;
use crate::ui::{Age, Lamp, Plate, Size, aspect_word};

/// A director with every instance that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Director {
    node: NodeId,
    name: String,
    /// Of how many of its instances it is kept out.
    out: usize,
    instances: usize,
    /// When the last of them went into FAULT.
    since: Option<Timestamp>,
    is_stale: bool,
}

#[component]
pub(super) fn Directors(vrrp: Memo<Option<VrrpView>>) -> impl IntoView {
    let directors = Memo::new(move |_| vrrp.with(|vrrp| directors(vrrp.as_ref())));
    let rows = move || directors.get().into_iter().map(row).collect_view();
    view! {
        <Plate title=t(texts::DIRECTORS) first=true>
            <ul class="vrrp-directors">{rows}</ul>
        </Plate>
    }
}

fn directors(vrrp: Option<&VrrpView>) -> Vec<Director> {
    let members = vrrp.into_iter().flat_map(|vrrp| &vrrp.instances).flat_map(|i| &i.members);
    let mut found: BTreeMap<NodeId, Director> = BTreeMap::new();
    for member in members {
        let (node, name) = (member.node, member.node_name.clone());
        let director = found.entry(node).or_insert(Director {
            node,
            name,
            out: 0,
            instances: 0,
            since: None,
            is_stale: member.stale,
        });
        director.instances += 1;
        if member.is_out {
            director.out += 1;
            director.since = director.since.max(member.since);
        }
    }
    found.into_values().collect()
}

fn row(director: Director) -> impl IntoView {
    let Director { node, name, out, instances, since, is_stale } = director;
    let (aspect, word) = match out {
        _ if is_stale => (Aspect::Unknown, t(texts::NOT_SEEN).to_owned()),
        0 => (Aspect::Clear, t(texts::IN_SERVICE).to_owned()),
        all if all == instances => (Aspect::Caution, t(texts::OUT_OF_SERVICE).to_owned()),
        some => (Aspect::Caution, t_with(texts::OUT_IN_PART, &[&some, &instances])),
    };
    let (operation, label) = match out {
        0 => (Operation::VrrpTakeOut { node }, t_with(texts::TAKE_OUT, &[&name])),
        _ => (Operation::VrrpBringBack { node }, t_with(texts::BRING_BACK, &[&name])),
    };
    let since = (out > 0).then_some(since).flatten().map(|since| view! { <Age of=since /> });
    view! {
        <li>
            <Lamp aspect label=aspect_word(aspect).to_owned() />
            <a class="b" href=format!("/nodes/{node}")>{name}</a>
            <span class="i2">{word}</span>
            <span class="i3">{since}</span>
            <span class="acts"><OperationButton operation=operation label=label size=Size::Small /></span>
        </li>
    }
}

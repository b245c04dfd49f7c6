//! What is wrong on this node, and what the probe could not read.

use leptos::prelude::*;
use signalbox_domain::fleet::{Fault, FleetView};
use signalbox_domain::ids::NodeId;
use signalbox_domain::signal::Signal as Aspect;

use super::detail::Seen;
use crate::live::use_live;
use crate::locale::{say, t, t_with};
use crate::locales::{nodes as texts, overview};
use crate::ui::{Age, Lamp, Plate, aspect_word};

#[component]
pub(super) fn Wrong(id: NodeId, seen: Seen, fleet: Memo<Option<FleetView>>) -> impl IntoView {
    let faults = Memo::new(move |_| {
        fleet.with(|fleet| {
            let faults = fleet.iter().flat_map(|fleet| &fleet.faults);
            faults.filter(|fault| is_of(fault, id)).cloned().collect::<Vec<_>>()
        })
    });
    let unreadable = seen.part(|node| Some(node.observed.unreadable.clone()));
    let count =
        move || faults.with(|faults| (!faults.is_empty()).then(|| faults.len().to_string()));
    let rows = move || {
        let faults = faults.get();
        if faults.is_empty() {
            return view! { <li class="i2 nothing">{t(texts::NOTHING_WRONG)}</li> }.into_any();
        }
        faults.into_iter().map(row).collect_view().into_any()
    };
    let sections = move || {
        let all = unreadable.get().unwrap_or_default();
        all.into_iter()
            .map(|(section, why)| {
                view! {
                    <li class="fault">
                        <Lamp aspect=Aspect::Unknown label=aspect_word(Aspect::Unknown).to_owned() />
                        <div>
                            <div class="b">{t_with(texts::UNREADABLE, &[&section])}</div>
                            <div class="mono i2">{why}</div>
                        </div>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <Plate title=t(texts::WRONG) meta=Signal::derive(count)>
            <ul class="list">{rows} {sections}</ul>
        </Plate>
    }
}

/// Faults of the node itself are named after it; others lead to its page.
fn is_of(fault: &Fault, id: NodeId) -> bool {
    fault.id.starts_with(&format!("node/{id}/")) || fault.href == format!("/nodes/{id}")
}

fn row(fault: Fault) -> impl IntoView {
    let cleared = fault.cleared_at.is_some();
    let aspect = use_live().shown(if cleared { Aspect::Clear } else { fault.signal });
    let elsewhere = !fault.href.starts_with("/nodes/");
    view! {
        <li class="fault">
            <Lamp aspect=aspect label=aspect_word(aspect).to_owned() />
            <div>
                <div class=if cleared { "struck" } else { "b" }>{say(&fault.title)}</div>
                <div class="t12 i2">{say(&fault.detail)}</div>
            </div>
            <div class="when t12 i3">
                <Age of=fault.since />
                {elsewhere.then(|| view! { <a href=fault.href>{t(overview::OPEN)}</a> })}
            </div>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use signalbox_domain::phrase::Phrase;
    use signalbox_domain::time::Timestamp;

    use super::*;

    #[test]
    fn another_nodes_fault_is_not_shown_here() {
        let fault = |id: &str, href: &str| Fault {
            id: id.into(),
            signal: Aspect::Danger,
            title: Phrase::new("", ""),
            detail: Phrase::new("", ""),
            since: Timestamp(0),
            cleared_at: None,
            href: href.into(),
        };
        assert!(is_of(&fault("node/3/link", "/nodes/3"), NodeId(3)));
        assert!(is_of(&fault("engine/x", "/nodes/3"), NodeId(3)));
        assert!(!is_of(&fault("node/31/link", "/nodes/31"), NodeId(3)));
        assert!(!is_of(&fault("vrrp/VI_1", "/vrrp"), NodeId(3)));
    }
}

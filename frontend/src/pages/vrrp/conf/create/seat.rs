//! One director of the new instance: which node, which interface, which priority.

use leptos::prelude::*;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::ids::NodeId;
use signalbox_domain::live::Topic;
use signalbox_domain::nodes::{InterfaceAddress, NodeView};
use signalbox_domain::vrrp::create::SeatForm;

use super::Wrongly;
use crate::api;
use crate::live::use_live;
use crate::locale::{t, t_with};
use crate::locales::vrrp_create as texts;
use crate::pages::vrrp::conf::Others;
use crate::ui::{Field, Select};

#[derive(Clone, Copy)]
pub(super) struct Seat {
    /// The node's number, as the list of choices has it.
    chosen: RwSignal<String>,
    pub(super) name: RwSignal<String>,
    interface: RwSignal<String>,
    priority: RwSignal<String>,
    addresses: RwSignal<Vec<InterfaceAddress>>,
}

impl Seat {
    pub(super) fn new(priority: &str) -> Seat {
        let empty = || RwSignal::new(String::new());
        Seat {
            chosen: empty(),
            name: empty(),
            interface: empty(),
            priority: RwSignal::new(priority.to_owned()),
            addresses: RwSignal::new(Vec::new()),
        }
    }

    pub(super) fn node(self) -> Option<NodeId> {
        self.chosen.with_untracked(|chosen| chosen.parse().ok().map(NodeId))
    }

    pub(super) fn form(self) -> SeatForm {
        let interface = self.interface.get_untracked();
        let own_address = self.addresses.with_untracked(|addresses| {
            let mut on_it = addresses.iter().filter(|own| own.interface.as_str() == interface);
            on_it.next().map(|own| own.address)
        });
        SeatForm {
            router_id: self.name.get_untracked(),
            interface,
            own_address,
            priority: self.priority.get_untracked(),
        }
    }

    /// What was read of the chosen node.
    fn take(self, node: &NodeView) {
        if self.node() != Some(node.record.id) {
            return;
        }
        let seen = node.observed.addresses.as_ref().map_or(&[][..], |fact| &fact.value);
        let usable = |own: &&InterfaceAddress| own.up && !own.address.is_loopback();
        let addresses: Vec<InterfaceAddress> = seen.iter().filter(usable).cloned().collect();
        let first = addresses.first().map(|own| own.interface.to_string());
        self.interface.set(first.unwrap_or_default());
        self.addresses.set(addresses);
    }
}

#[component]
pub(super) fn SeatFields(
    at: usize,
    seat: Seat,
    others: Others,
    error: Signal<Option<String>>,
) -> impl IntoView {
    let fleet = use_live().watch::<FleetView>(Topic::Fleet);
    let nodes = Signal::derive(move || {
        let none = (String::new(), t(texts::CHOOSE).to_owned());
        let known = fleet.with(|fleet| {
            let nodes = fleet.iter().flat_map(|fleet| fleet.nodes.values());
            nodes.map(|node| (node.id.to_string(), node.name.clone())).collect::<Vec<_>>()
        });
        [none].into_iter().chain(known).collect()
    });
    let interfaces = Signal::derive(move || {
        seat.addresses.with(|addresses| {
            let mut shown: Vec<(String, String)> = Vec::new();
            for own in addresses {
                let name = own.interface.to_string();
                match shown.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, label)) => label.push_str(&format!(", {}", own.address)),
                    None => shown.push((name.clone(), format!("{name} {}", own.address))),
                }
            }
            shown
        })
    });
    Effect::new(move |_| {
        let chosen = seat.chosen.get();
        let Ok(node) = chosen.parse().map(NodeId) else { return };
        let name = nodes.with_untracked(|nodes: &Vec<(String, String)>| {
            nodes.iter().find(|(id, _)| *id == chosen).map(|(_, name)| name.clone())
        });
        let name = name.unwrap_or_default();
        others.update(|others| {
            others.insert((node, name.clone()));
        });
        seat.name.set(name);
        leptos::task::spawn_local(async move {
            if let Ok(read) = api::get::<NodeView>(&format!("/api/v1/nodes/{node}")).await {
                seat.take(&read);
            }
        });
    });
    view! {
        <fieldset class="vc-part">
            <legend>{t_with(texts::DIRECTOR, &[&(at + 1)])}</legend>
            <div class="vc-row">
                <Select label=t(texts::NODE) name=format!("vc-node-{at}") options=nodes chosen=seat.chosen />
                <Select
                    label=t(texts::INTERFACE)
                    name=format!("vc-interface-{at}")
                    options=interfaces
                    chosen=seat.interface
                />
                <Field
                    label=t(texts::PRIORITY)
                    name=format!("vc-priority-{at}")
                    value=seat.priority
                    mono=true
                />
            </div>
            <Wrongly error />
        </fieldset>
    }
}

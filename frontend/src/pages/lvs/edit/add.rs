//! A new service.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use signalbox_domain::ids::NodeId;
use signalbox_domain::live::Topic;
use signalbox_domain::lvs::edit::{ServiceChange, WantedServer, target};
use signalbox_domain::lvs::{LvsView, ServiceId};
use signalbox_domain::vrrp::VrrpView;

use super::{Asked, OptionFields, OptionInputs, Submit, change};
use crate::live::use_live;
use crate::locale::{t, t_with};
use crate::locales::lvs as texts;
use crate::ui::{Check, Field, Plate, Select, TextArea};

#[component]
pub(in crate::pages::lvs) fn Add(lvs: Memo<Option<LvsView>>) -> impl IntoView {
    let vrrp = use_live().watch::<VrrpView>(Topic::Vrrp);
    let kind = RwSignal::new("tcp".to_owned());
    let (address, servers) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let one_packet = RwSignal::new(false);
    let left_out = RwSignal::new(BTreeSet::<NodeId>::new());
    let fields = OptionFields::new();
    let directors = Memo::new(move |_| {
        let of_lvs = lvs.with(|lvs| {
            let directors = lvs.iter().flat_map(|lvs| &lvs.directors);
            directors.map(|d| (d.node, d.name.clone())).collect::<Vec<_>>()
        });
        let of_vrrp = vrrp.with(|vrrp| {
            let instances = vrrp.iter().flat_map(|vrrp| &vrrp.instances);
            let members = instances.flat_map(|instance| &instance.members);
            members.map(|m| (m.node, m.node_name.clone())).collect::<Vec<_>>()
        });
        of_lvs.into_iter().chain(of_vrrp).collect::<BTreeMap<NodeId, String>>()
    });
    let is_tcp = Memo::new(move |_| kind.with(|kind| matches!(kind.as_str(), "tcp" | "sctp")));
    let asked = Memo::new(move |_| -> Asked {
        let service = ServiceId(format!("{}/{}", kind.get(), address.get().trim()));
        target(&service).map_err(|_| t(texts::SERVICE_WRONG))?;
        let options = fields.wanted()?;
        let servers = servers.with(|lines| read(lines))?;
        let in_it = |node: &NodeId| left_out.with(|out| !out.contains(node));
        let directors: Vec<NodeId> =
            directors.with(|all| all.keys().copied().filter(in_it).collect());
        if directors.is_empty() {
            return Err(t(texts::DIRECTOR_FIRST).to_owned());
        }
        let one_packet = one_packet.get() && !is_tcp.get();
        Ok(change(&service, ServiceChange::AddService { options, one_packet, servers, directors }))
    });
    let kinds = ["tcp", "udp", "sctp"].map(|kind| (kind.to_owned(), kind.to_uppercase()));
    let marks = [("mark", texts::MARK_V4), ("mark6", texts::MARK_V6)];
    let marks = marks.map(|(kind, text)| (kind.to_owned(), t(text).to_owned()));
    let kinds: Vec<(String, String)> = kinds.into_iter().chain(marks).collect();
    let director = move |(node, name): (NodeId, String)| {
        let chosen = RwSignal::new(left_out.with_untracked(|out| !out.contains(&node)));
        Effect::new(move |_| {
            let chosen = chosen.get();
            left_out.update(|out| {
                if chosen {
                    out.remove(&node)
                } else {
                    out.insert(node)
                };
            });
        });
        view! { <Check label=name value=chosen /> }
    };
    view! {
        <Plate title=t(texts::ADD_SERVICE) class="lvs-edit">
            <div class="lvs-ask">
                <Select label=t(texts::KIND) name="lvs-add-kind" options=kinds chosen=kind />
                <Field label=t(texts::SERVICE_ADDRESS) name="lvs-add-address" value=address help=t(texts::SERVICE_ADDRESS_HELP) mono=true />
                {move || (!is_tcp.get()).then(|| view! { <Check label=t(texts::ONE_PACKET) value=one_packet /> })}
            </div>
            <OptionInputs fields prefix="lvs-add" />
            <TextArea label=t(texts::REAL_SERVERS) name="lvs-add-servers" value=servers help=t(texts::SERVER_LINES_HELP) />
            <fieldset class="lvs-ask lvs-on">
                <legend class="t12 i2">{t(texts::ON_DIRECTORS)}</legend>
                <For
                    each=move || directors.get()
                    key=|(node, _)| *node
                    children=director
                />
            </fieldset>
            <div class="row g6 lvs-acts">
                <Submit asked label=t(texts::ADD_SERVICE).to_owned() />
            </div>
        </Plate>
    }
}

/// One on each line.
fn read(lines: &str) -> Result<Vec<WantedServer>, String> {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.parse().map_err(|_| t_with(texts::SERVER_LINE_WRONG, &[&line]))).collect()
}

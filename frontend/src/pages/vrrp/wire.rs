//! Who sends adverts, heard on a director's interfaces when somebody asks.

use std::collections::BTreeMap;

use leptos::prelude::*;
use signalbox_domain::fact::Fact;
use signalbox_domain::ids::NodeId;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::vrrp::VrrpView;
use signalbox_domain::vrrp::wire::{Wire, WireAuthentication, WireSender};

use crate::api::{self, Problem};
use crate::format;
use crate::locale::{language, say, t, t_with};
use crate::locales::vrrp as texts;
use crate::ui::{Age, Button, Column, Failed, Lamp, Plate, Select, Size, Table, aspect_word};

/// Long enough for two adverts of an instance with the usual interval of a second.
const SECONDS: u32 = 3;

type Read = Option<Result<Fact<Wire>, Problem>>;

#[component]
pub(super) fn OnTheWire(vrrp: Memo<Option<VrrpView>>) -> impl IntoView {
    let directors = Memo::new(move |_| {
        vrrp.with(|vrrp| {
            let instances = vrrp.iter().flat_map(|vrrp| &vrrp.instances);
            let members = instances.flat_map(|instance| &instance.members);
            members.map(|m| (m.node, m.node_name.clone())).collect::<BTreeMap<_, _>>()
        })
    });
    let chosen = RwSignal::new(String::new());
    let (read, busy) = (RwSignal::new(Read::None), RwSignal::new(false));
    // Until one is chosen, the first.
    let director = move || {
        let chosen = chosen.get().parse().ok().map(NodeId);
        chosen.or_else(|| directors.with(|all| all.keys().next().copied()))
    };
    let ask = move |_| {
        let Some(node) = untrack(director) else { return };
        busy.set(true);
        leptos::task::spawn_local(async move {
            let path = format!("/api/v1/vrrp/wire/{node}?seconds={SECONDS}");
            let answer = api::get::<Fact<Wire>>(&path).await;
            let _ = read.try_set(Some(answer));
            let _ = busy.try_set(false);
        });
    };
    let options = Signal::derive(move || {
        let all = directors.get().into_iter();
        all.map(|(id, name)| (id.to_string(), name)).collect::<Vec<_>>()
    });
    let actions = move || {
        view! {
            <Button size=Size::Small busy=busy on_click=ask>{t_with(texts::LISTEN, &[&SECONDS])}</Button>
        }
    };
    view! {
        <Plate title=t(texts::WIRE) first=true flush=true actions=actions class="vrrp-wire">
            <div class="vrrp-ear">
                <Select label=t(texts::LISTEN_ON) name="vrrp-ear" options chosen />
            </div>
            {move || match read.get() {
                None => view! { <p class="t12 i2 vrrp-ear">{t(texts::WIRE_HELP)}</p> }.into_any(),
                Some(Err(problem)) => view! { <Failed problem /> }.into_any(),
                Some(Ok(fact)) => told(fact).into_any(),
            }}
        </Plate>
    }
}

fn told(fact: Fact<Wire>) -> impl IntoView {
    let wire = fact.value;
    let seconds = format::duration(std::time::Duration::from_millis(wire.listened_ms), language());
    let summary = t_with(texts::HEARD_IN, &[&wire.senders.len(), &seconds]);
    let unreadable = (wire.unreadable > 0).then(|| t_with(texts::NO_ADVERTS, &[&wire.unreadable]));
    let columns = vec![
        Column::new(t(texts::SENDER)).width("210px"),
        Column::new("VRID").right().width("56px"),
        Column::new(t(texts::EFFECTIVE)).right().width("80px"),
        Column::new(t(texts::BEATS)).width("170px"),
        Column::new(t(texts::SAYS_ADDRESSES)).width("220px"),
        Column::new(t(texts::VERSION)).width("130px"),
        Column::new(t(texts::NOTICED)),
    ];
    view! {
        <p class="t12 i2 vrrp-ear" role="status" data-senders=wire.senders.len()>
            {summary}
            {unreadable.map(|text| format!(" · {text}"))}
            " · "
            <Age of=fact.observed_at />
        </p>
        <Table label=t(texts::WIRE) columns=columns>
            {wire.senders.iter().map(row).collect_view()}
        </Table>
    }
}

fn row(sender: &WireSender) -> impl IntoView + use<> {
    let language = language();
    let aspect = if sender.faults.is_empty() { Aspect::Clear } else { Aspect::Caution };
    let duration =
        |ms: u32| format::duration(std::time::Duration::from_millis(ms.into()), language);
    let beats = match sender.between_ms {
        Some(between) => t_with(texts::EVERY, &[&duration(between), &duration(sender.interval_ms)]),
        None => t_with(texts::ONCE, &[&duration(sender.interval_ms)]),
    };
    let authentication = t(match sender.authentication {
        WireAuthentication::None => texts::NO_AUTHENTICATION,
        WireAuthentication::Password => texts::PASSWORD,
        WireAuthentication::Header => texts::HEADER,
    });
    let way = t(if sender.outgoing { texts::OUTGOING } else { texts::INCOMING });
    let addresses: Vec<String> = sender.addresses.iter().map(ToString::to_string).collect();
    let faults: Vec<String> = sender.faults.iter().map(say).collect();
    let priority = match sender.priority {
        0 => t(texts::GIVES_UP).to_owned(),
        priority => priority.to_string(),
    };
    view! {
        <tr>
            <td>
                <span class="row">
                    <Lamp aspect label=aspect_word(aspect).to_owned() />
                    <b>{sender.name.clone()}</b>
                </span>
                <span class="mono i2 t12 lvs-at">{sender.from.to_string()}" "{sender.mac.clone()}</span>
            </td>
            <td class="r" data-label="VRID">{sender.vrid}</td>
            <td class="r" data-label=t(texts::EFFECTIVE)>{priority}</td>
            <td class="wrap" data-label=t(texts::BEATS)>{beats}</td>
            <td class="mono wrap" data-label=t(texts::SAYS_ADDRESSES)>{addresses.join(" ")}</td>
            <td class="wrap" data-label=t(texts::VERSION)>{format!("VRRPv{} · {authentication}", sender.version)}</td>
            <td class="wrap i2" data-label=t(texts::NOTICED)>{format!("{} {way}", sender.interface)} {faults.into_iter().map(|f| format!(" · {f}")).collect_view()}</td>
        </tr>
    }
}

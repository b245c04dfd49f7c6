//! What each director says of the chosen service.

use leptos::prelude::*;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::{ServiceOnDirector, ServiceView};
use signalbox_domain::signal::Signal as Aspect;

use super::{Page, services::per_s};
use crate::format;
use crate::live::use_live;
use crate::locale::t;
use crate::locales::lvs as texts;
use crate::ui::{Column, Lamp, Plate, Table, aspect_word};

#[component]
pub(super) fn Directors(page: Page) -> impl IntoView {
    let live = use_live();
    let rows = move || {
        let stale = live.line().is_stale();
        page.service
            .get()
            .map(|service| service.on.iter().map(|on| row(&service, on, stale)).collect_view())
    };
    view! {
        <Plate title=t(texts::DIRECTORS) flush=true>
            <Table label=t(texts::DIRECTORS) columns=columns()>
                {rows}
            </Table>
        </Plate>
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::new(t(texts::DIRECTOR)).width("150px"),
        Column::new(t(texts::SCHEDULER)).width("110px"),
        Column::new(t(texts::WEIGHTS)).width("150px"),
        Column::new(t(texts::ACTIVE)).right().width("64px"),
        Column::new(t(texts::INACTIVE)).right().width("72px"),
        Column::new(t(texts::CONN_S)).right().width("66px"),
        Column::new(t(texts::PACKETS)).right().width("140px"),
        Column::new(t(texts::TRAFFIC)).right().width("170px"),
        Column::new(""),
    ]
}

fn row(service: &ServiceView, on: &ServiceOnDirector, stale: bool) -> impl IntoView + use<> {
    let aspect = match (stale || on.stale, on.options.is_some()) {
        (true, _) => Aspect::Unknown,
        (false, true) => Aspect::Clear,
        (false, false) => Aspect::Danger,
    };
    let scheduler = on
        .options
        .as_ref()
        .map_or_else(|| t(texts::NOT_IN_TABLE).to_owned(), |options| options.scheduler.clone());
    let holds = (service.holder == Some(on.node)).then(|| t(texts::HOLDS));
    let rates = on.rates.unwrap_or_default();
    let bits = |bytes_per_s: f64| format::bit_rate(bytes_per_s as u64);
    view! {
        <tr class:dim=on.stale>
            <td>
                <span class="row">
                    <Lamp aspect label=aspect_word(aspect).to_owned() />
                    <a href=format!("/nodes/{}", on.node)>{on.name.clone()}</a>
                </span>
            </td>
            <td class="mono">{scheduler}</td>
            <td class="mono" data-label=t(texts::WEIGHTS)>{weights(service, on.node)}</td>
            <td class="r" data-label=t(texts::ACTIVE)>{format::count(on.active_connections)}</td>
            <td class="r" data-label=t(texts::INACTIVE)>{format::count(on.inactive_connections)}</td>
            <td class="r" data-label=t(texts::CONN_S)>{per_s(rates.connections_per_s)}</td>
            <td class="r less">{per_s(rates.in_packets_per_s)}" / "{per_s(rates.out_packets_per_s)}</td>
            <td class="r less">{bits(rates.in_bytes_per_s)}" / "{bits(rates.out_bytes_per_s)}</td>
            <td class="i2">{holds}</td>
        </tr>
    }
}

/// In the order of the real servers: `2 1 –`.
fn weights(service: &ServiceView, node: NodeId) -> String {
    let of = |server: &signalbox_domain::lvs::ServerView| {
        let on = server.on.iter().find(|on| on.node == node)?;
        on.weight.map(|weight| weight.to_string())
    };
    let words = service.servers.iter().map(|server| of(server).unwrap_or_else(|| "–".to_owned()));
    words.collect::<Vec<_>>().join(" ")
}

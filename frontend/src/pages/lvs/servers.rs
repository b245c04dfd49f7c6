//! The real servers of the chosen service.

use std::collections::BTreeMap;

use leptos::prelude::*;
use signalbox_domain::access::Permission;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::JobSummary;
use signalbox_domain::live::Topic;
use signalbox_domain::lvs::{ServerView, ServiceView};
use signalbox_domain::signal::Signal as Aspect;

use super::change::{Acts, Ask, Wishes};
use super::{Page, services, standing};
use crate::boot::may;
use crate::format;
use crate::live::use_live;
use crate::locale::{language, say, t, t_with};
use crate::locales::lvs as texts;
use crate::ui::{Column, Lamp, Plate, Sparkline, Table, aspect_word};

/// Of the drawing of a share, px.
const SHARE_WIDTH: f64 = 96.0;

#[component]
pub(super) fn Servers(page: Page) -> impl IntoView {
    let wishes = Wishes::new();
    let jobs = use_live().watch::<BTreeMap<JobId, JobSummary>>(Topic::Jobs);
    let sockets = Memo::new(move |_| {
        page.service.with(|service| {
            let service = service.as_ref()?;
            let servers = service.servers.iter().map(ServerView::socket);
            Some(servers.map(|socket| (service.id.clone(), socket)).collect::<Vec<_>>())
        })
    });
    let meta = Signal::derive(move || {
        page.service.with(|service: &Option<ServiceView>| {
            let service = service.as_ref()?;
            let words = t(texts::expectation(service.expectation));
            Some(format!("{} · {words}", service.servers.len()))
        })
    });
    view! {
        <Plate title=t(texts::REAL_SERVERS) meta=meta flush=true>
            {may(Permission::LvsChange).then(|| view! { <Ask wishes /> })}
            <Table label=t(texts::REAL_SERVERS) columns=columns()>
                <For
                    each=move || sockets.get().unwrap_or_default()
                    key=Clone::clone
                    children=move |(service, socket)| {
                        let server = Memo::new(move |_| page.service.with(|service| {
                            let servers = service.iter().flat_map(|service| &service.servers);
                            servers.into_iter().find(|server| server.socket() == socket).cloned()
                        }));
                        view! { <Row page server><Acts wishes jobs service server /></Row> }
                    }
                />
            </Table>
        </Plate>
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::new(t(texts::SERVER)).width("140px"),
        Column::new(t(texts::FORWARDING)).width("72px"),
        Column::new(t(texts::WEIGHT)).right().width("58px"),
        Column::new(t(texts::ACTIVE)).right().width("58px"),
        Column::new(t(texts::INACTIVE)).right().width("66px"),
        Column::new(t(texts::CONN_S)).right().width("58px"),
        Column::new(t(texts::MINUTES)).width("84px"),
        Column::new(t(texts::SHARE)).width("120px"),
        Column::new(t(texts::CHECK)),
        Column::new(t(texts::CHANGE)).width("190px"),
    ]
}

#[component]
fn Row(page: Page, server: Memo<Option<ServerView>>, children: Children) -> impl IntoView {
    let live = use_live();
    let class = move || {
        let is_danger = server.with(|s| s.as_ref().is_some_and(|s| s.signal == Aspect::Danger));
        if is_danger && !live.line().is_stale() { "danger" } else { "" }
    };
    let cells = move || server.get().map(|server| cells(page, server, live.line().is_stale()));
    view! {
        <tr class=class tabindex="-1">
            {cells} <td data-label=t(texts::CHANGE)>{children()}</td>
        </tr>
    }
}

fn cells(page: Page, server: ServerView, stale: bool) -> impl IntoView {
    let aspect = if stale { Aspect::Unknown } else { server.signal };
    let key = server.socket().to_string();
    let curve = Signal::derive(move || {
        page.curves.answer().with(|answer| match answer {
            Some(Ok(curves)) => services::curve(curves.servers.get(&key)),
            _ => services::curve(None),
        })
    });
    let name = match server.node {
        Some(node) => {
            view! { <a href=format!("/nodes/{node}")>{server.name.clone()}</a> }.into_any()
        }
        None => view! { <span>{server.name.clone()}</span> }.into_any(),
    };
    let limits = (server.upper_threshold > 0)
        .then(|| t_with(texts::LIMITS, &[&server.upper_threshold, &server.lower_threshold]));
    let check = server.fault.as_ref().map_or_else(|| t(texts::IN_SERVICE).to_owned(), say);
    let rate = server.rates.map(|rates| services::per_s(rates.connections_per_s));
    view! {
            <td>
                <span class="row">
                    <Lamp aspect label=aspect_word(aspect).to_owned() />
                    {name}
                </span>
                <span class="mono i2 t12 lvs-at">{server.socket().to_string()}</span>
            </td>
            <td data-label=t(texts::FORWARDING)>{texts::forwarding(server.forwarding)}</td>
            <td class="r" data-label=t(texts::WEIGHT)>{server.weight.to_string()}</td>
            <td class="r" data-label=t(texts::ACTIVE)>{format::count(server.active_connections)}</td>
            <td class="r" data-label=t(texts::INACTIVE)>{format::count(server.inactive_connections)}</td>
            <td class="r" data-label=t(texts::CONN_S)>{rate}</td>
            <td class="less lvs-spark"><Sparkline curve stale=stale /></td>
            <td class="wrap" data-label=t(texts::SHARE) title=t_with(texts::OF_MINUTE, &[&server.connections_in_minute])>
                {share(&server)}
            </td>
            <td class="i2 wrap">{check}{standing::since(page, server.socket())}{limits.map(|limits| format!(" · {limits}"))}</td>
    }
}

fn share(server: &ServerView) -> impl IntoView + use<> {
    let language = language();
    let percent = |share: f64| format::percent((share * 100.0) as f32, language);
    let (expected, observed) = (server.expected_share, server.observed_share);
    let expected_words = expected.map_or_else(|| t(texts::NO_EXPECTATION).to_owned(), percent);
    let observed_words = observed.map_or_else(|| t(texts::NO_TRAFFIC).to_owned(), percent);
    let x = |share: f64| 5.0 + share.clamp(0.0, 1.0) * (SHARE_WIDTH - 10.0);
    view! {
        <span class="lvs-shares">
            <svg class="lvs-share wide-only" width=SHARE_WIDTH height="16" aria-hidden="true">
                <path class="lvs-scale" d=format!("M0 8H{SHARE_WIDTH}") />
                {expected.map(|share| view! { <path class="lvs-expected" d=format!("M{:.1} 1V15", x(share)) /> })}
                {observed.map(|share| view! { <circle class="lvs-observed" cx=x(share) cy="8" r="4" /> })}
            </svg>
            <span class="tn">{expected_words}" | "{observed_words}</span>
        </span>
    }
}

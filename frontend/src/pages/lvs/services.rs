//! The list of services; arrows walk it, Enter chooses.

use leptos::prelude::*;
use signalbox_domain::lvs::history::{SLOT_MS, SPAN_MS, TrafficPoint};
use signalbox_domain::lvs::{ServiceId, ServiceView, Target};

use super::Page;
use crate::live::use_live;
use crate::locale::{t, t_with};
use crate::locales::lvs as texts;
use crate::ui::{Curve, Lamp, Sparkline, aspect_word, move_focus};

#[component]
pub(super) fn Services(page: Page) -> impl IntoView {
    let ids = Memo::new(move |_| {
        page.lvs.with(|lvs| {
            let services = lvs.iter().flat_map(|lvs| &lvs.services);
            services.map(|service| service.id.clone()).collect::<Vec<_>>()
        })
    });
    view! {
        <section class="plate first">
            <div class="plh">
                <h2>{t(texts::SERVICES)}</h2>
                <span class="meta">{move || ids.with(Vec::len)}</span>
            </div>
            <div class="lvs-services" role="radiogroup" aria-label=t(texts::SERVICES) on:keydown=move_focus>
                <For each=move || ids.get() key=Clone::clone children=move |id| view! { <Entry page id /> } />
            </div>
        </section>
    }
}

#[component]
fn Entry(page: Page, id: ServiceId) -> impl IntoView {
    let live = use_live();
    let own = id.clone();
    let service = Memo::new(move |_| {
        page.lvs.with(|lvs| {
            let mut services = lvs.iter().flat_map(|lvs| &lvs.services);
            services.find(|service| service.id == own).cloned()
        })
    });
    let mine = id.clone();
    let on = Memo::new(move |_| page.service.with(|s| s.as_ref().is_some_and(|s| s.id == mine)));
    let of_curve = id.clone();
    let curve = Signal::derive(move || {
        page.curves.answer().with(|answer| match answer {
            Some(Ok(curves)) => curve(curves.services.get(&of_curve)),
            _ => curve(None),
        })
    });
    let stale = Signal::derive(move || live.line().is_stale());
    view! {
        <button
            type="button"
            class="lvs-service"
            role="radio"
            aria-checked=move || on.get().to_string()
            tabindex=move || if on.get() { "0" } else { "-1" }
            on:click=move |_| page.chosen.set(Some(id.clone()))
        >
            {move || {
                service
                    .get()
                    .map(|service| {
                        let aspect = live.shown(service.signal);
                        view! {
                            <Lamp aspect=aspect label=aspect_word(aspect).to_owned() />
                            <span class="b">{name(&service.target)}</span>
                            <span class="r">{rate(&service)}</span>
                            <span class="t12 i3">{kind(&service)}</span>
                        }
                    })
            }}
            <Sparkline curve stale />
        </button>
    }
}

/// `TCP 192.168.1.200:80`, `firewall mark 7`
pub(super) fn name(target: &Target) -> String {
    match target {
        Target::Address { protocol, address } => {
            format!("{} {address}", format!("{protocol:?}").to_uppercase())
        }
        Target::FirewallMark { mark, .. } => t_with(texts::MARK, &[mark]),
    }
}

fn rate(service: &ServiceView) -> Option<String> {
    Some(t_with(texts::PER_S, &[&per_s(service.rates?.connections_per_s)]))
}

/// Below ten with one digit.
pub(super) fn per_s(rate: f64) -> String {
    if rate > 0.0 && rate < 10.0 { format!("{rate:.1}") } else { format!("{rate:.0}") }
}

/// `DR · wrr`
fn kind(service: &ServiceView) -> String {
    let scheduler = service.options.as_ref().map(|options| options.scheduler.clone());
    let mut words: Vec<String> = Vec::new();
    for server in &service.servers {
        let word = texts::forwarding(server.forwarding).to_owned();
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.extend(scheduler);
    words.join(" · ")
}

pub(super) fn curve(points: Option<&Vec<TrafficPoint>>) -> Curve {
    let points = points.into_iter().flatten();
    Curve {
        points: points.map(|point| (point.at, f64::from(point.connections_per_s))).collect(),
        span_ms: SPAN_MS,
        gap_ms: 3 * SLOT_MS,
        max: None,
        limit: None,
    }
}

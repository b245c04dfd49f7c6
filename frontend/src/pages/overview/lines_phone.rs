//! On phones: one fold a line, drawn from top to bottom; only a faulty one is open.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use signalbox_domain::fleet::{FleetView, Line};
use signalbox_domain::signal::Signal as Aspect;

use super::lines::HandOver;
use crate::live::use_live;
use crate::locale::{language, t_with};
use crate::locales::overview as texts;
use crate::track::{Drawing, Reading, Scene, carries, follow_link, lay_out_upright, service_name};
use crate::ui::{Badge, Lamp, move_focus};

/// The narrowest phone that is drawn for; a wider one shows the same drawing.
const WIDTH: f64 = 360.0;

#[component]
pub(super) fn LinesPhone(fleet: Memo<Option<FleetView>>) -> impl IntoView {
    let ids = Memo::new(move |_| {
        fleet.with(|fleet| {
            let lines = fleet.iter().flat_map(|fleet| &fleet.lines);
            lines.map(|line| line.id.clone()).collect::<Vec<_>>()
        })
    });
    view! {
        <div class="phone-only">
            <For each=move || ids.get() key=Clone::clone let:id>
                <LineFold fleet id />
            </For>
        </div>
    }
}

#[component]
fn LineFold(fleet: Memo<Option<FleetView>>, id: String) -> impl IntoView {
    let live = use_live();
    let language = language();
    let key = id.clone();
    let line = Memo::new(move |_| {
        fleet.with(|fleet| fleet.as_ref()?.lines.iter().find(|line| line.id == key).cloned())
    });
    let scene = Signal::derive(move || {
        let reading = Reading { language, stale: live.line().is_stale() };
        fleet.with(|fleet| match (fleet, line.get()) {
            (Some(fleet), Some(line)) => lay_out_upright(fleet, &line, WIDTH, reading),
            _ => Scene::default(),
        })
    });
    let name = move || {
        line.with(|line| {
            line.as_ref().map_or(String::new(), |l| format!("{} {}", service_name(l), l.port))
        })
    };
    let aspect = Signal::derive(move || {
        live.shown(line.with(|line| line.as_ref().map_or(Aspect::Unknown, |l| l.signal)))
    });
    let vip =
        move || line.with(|line| line.as_ref().map_or(String::new(), |line| line.vip.to_string()));
    let faulty = aspect.get_untracked() != Aspect::Clear;
    let label = Signal::derive(move || t_with(texts::LINE_LABEL, &[&name(), &vip()]));
    let navigate = use_navigate();
    view! {
        <details class="line-fold" open=faulty>
            <summary class="row">
                <Lamp aspect />
                <b>{name}</b>
                {move || line.get().map(|line| carrying(&line))}
                <span class="sp"></span>
                <span class="mono i2">{vip}</span>
            </summary>
            <div on:click=follow_link(navigate) on:keydown=move_focus>
                <Drawing scene label />
            </div>
            <div class="line-act">
                <HandOver fleet line=id />
            </div>
        </details>
    }
}

fn carrying(line: &Line) -> impl IntoView + use<> {
    let all = line.legs.len();
    let carrying = line.legs.iter().filter(|leg| carries(leg)).count();
    let aspect = use_live().shown(line.signal);
    (carrying < all).then(|| {
        view! { <Badge aspect=aspect>{t_with(texts::CARRYING, &[&carrying, &all])}</Badge> }
    })
}

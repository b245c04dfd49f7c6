//! The three ways that packets can go, with the ones in use marked.

use leptos::prelude::*;
use signalbox_domain::lvs::{Forwarding, ServiceView};

use super::Page;
use super::modes::{Asks, Modes, Way};
use crate::locale::{Text, t, t_with};
use crate::locales::lvs as texts;
use crate::track::{Anchor, Drawing, Scene};

const WIDTH: f64 = 304.0;
const HEIGHT: f64 = 112.0;
/// The three boxes: left edge and width.
const CLIENT: (f64, f64) = (0.0, 78.0);
const DIRECTOR: (f64, f64) = (112.0, 84.0);
const SERVER: (f64, f64) = (226.0, 78.0);
const WAYS: [(Forwarding, Text); 3] = [
    (Forwarding::Nat, texts::MASQUERADING),
    (Forwarding::Dr, texts::DIRECT_ROUTING),
    (Forwarding::Tun, texts::TUNNELLING),
];

#[component]
pub(super) fn Paths(page: Page) -> impl IntoView {
    let modes = Modes::new(page);
    view! {
        <section class="plate lvs-paths" aria-label=t(texts::PATHS)>
            {WAYS.into_iter().map(|(way, name)| view! { <Path page modes way name /> }).collect_view()}
            <Asks modes />
        </section>
    }
}

#[component]
fn Path(page: Page, modes: Modes, way: Forwarding, name: Text) -> impl IntoView {
    let in_use = Memo::new(move |_| {
        page.service.with(|service| {
            let mut servers = service.iter().flat_map(|service| &service.servers);
            servers.any(|server| server.forwarding == way)
        })
    });
    let director = Memo::new(move |_| {
        page.service.with(|s| s.as_ref().map(|s| page.name_of(s.shown))).unwrap_or_default()
    });
    let server = Memo::new(move |_| {
        page.service.with(|service| service.as_ref().and_then(|s| example(s, way)))
    });
    let reply = move || match way {
        Forwarding::Nat => t_with(texts::BACK_THROUGH, &[&director.get()]),
        _ => t(texts::STRAIGHT).to_owned(),
    };
    let scene = Signal::derive(move || {
        let (server, address) = server.get().unwrap_or_default();
        draw(way, in_use.get(), &director.get(), &server, &address, reply())
    });
    let label = Signal::derive(move || {
        let used = if in_use.get() { format!(", {}", t(texts::IN_USE)) } else { String::new() };
        format!("{}{used}: {}", t(name), reply())
    });
    view! {
        <div class="lvs-path" class:used=move || in_use.get()>
            <div class="row">
                <b>{texts::forwarding(way)}</b>
                <span class="t12 i2">{t(name)}</span>
                <span class="sp"></span>
                {move || in_use.get().then(|| view! { <span class="badge acc">{t(texts::IN_USE)}</span> })}
            </div>
            <Drawing scene label />
            <Way modes way />
        </div>
    }
}

/// A server that is forwarded to so, else any: name and address.
fn example(service: &ServiceView, way: Forwarding) -> Option<(String, String)> {
    let mut servers = service.servers.iter();
    let server = servers.find(|server| server.forwarding == way).or(service.servers.first())?;
    Some((server.name.clone(), server.address.to_string()))
}

fn draw(
    way: Forwarding,
    in_use: bool,
    director: &str,
    server: &str,
    address: &str,
    reply: String,
) -> Scene {
    let mut scene = Scene::new(WIDTH, HEIGHT);
    let core = if in_use { "tk-core" } else { "tk-core thin" };
    let level = if way == Forwarding::Nat { 33.0 } else { 38.0 };
    let ends = |(left, width): (f64, f64)| (left, left + width);
    let ((_, from), (in_left, in_right), (to, _)) = (ends(CLIENT), ends(DIRECTOR), ends(SERVER));
    for (a, b) in [(from, in_left), (in_right, to)] {
        if in_use {
            scene.bed(vec![(a, level), (b, level)]);
        }
        scene.path(core, vec![(a, level), (b, level)]);
        scene.chevron(b - 6.0, level);
        if way == Forwarding::Nat {
            scene.path(core, vec![(b, level + 12.0), (a, level + 12.0)]);
            scene.path("tk-chevron", arrow_left(a + 6.0, level + 12.0));
        }
    }
    if way != Forwarding::Nat {
        let (right, left) = (SERVER.0 + SERVER.1 / 2.0, CLIENT.0 + CLIENT.1 / 2.0);
        let back = vec![
            (right, 55.0),
            (right, 88.0),
            (right - 10.0, 98.0),
            (left + 10.0, 98.0),
            (left, 88.0),
            (left, 55.0),
        ];
        if in_use {
            scene.bed(back.clone());
        }
        scene.path(core, back);
        let tip = vec![(left - 4.0, 62.0), (left, 57.0), (left + 4.0, 62.0)];
        scene.path("tk-chevron", tip);
    }
    if way == Forwarding::Tun {
        for y in [level - 8.0, level + 8.0] {
            scene.path("tk-stale", vec![(in_right, y), (to, y)]);
        }
    }
    for ((left, width), name) in
        [(CLIENT, t(texts::CLIENT)), (DIRECTOR, director), (SERVER, server)]
    {
        scene.frame("tk-box", (left, 21.0), width, 34.0);
        scene.text("tk-value", (left + width / 2.0, 42.0), Anchor::Middle, name);
    }
    let change = match way {
        Forwarding::Nat => format!("dst → {address}"),
        Forwarding::Tun => "IPIP".to_owned(),
        _ => t(texts::MAC_ONLY).to_owned(),
    };
    scene.text("tk-note", (211.0, 14.0), Anchor::Middle, change);
    scene.text("tk-note", (152.0, 84.0), Anchor::Middle, reply);
    scene
}

fn arrow_left(x: f64, y: f64) -> Vec<(f64, f64)> {
    vec![(x + 2.5, y - 4.5), (x - 2.5, y), (x + 2.5, y + 4.5)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nat_answers_by_the_way_they_came() {
        let drawn = |way| draw(way, true, "dir-a", "web-1", "10.0.0.1", String::new());
        let has = |scene: &Scene, text: &str| format!("{scene:?}").contains(text);
        assert!(has(&drawn(Forwarding::Nat), "dst → 10.0.0.1"));
        assert!(has(&drawn(Forwarding::Tun), "IPIP"));
        assert_ne!(drawn(Forwarding::Dr), drawn(Forwarding::Tun));
    }
}

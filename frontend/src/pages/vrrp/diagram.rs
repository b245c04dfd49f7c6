//! An instance drawn as points: the address, and a leg to each director.

use leptos::prelude::*;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::vrrp::{Holder, InstanceView, MemberView, VrrpState, state_word};

use super::addresses;
use crate::live::use_live;
use crate::locale::{t, t_with};
use crate::locales::vrrp as texts;
use crate::track::{Anchor, Drawing, Flow, Scene, Station, Way};
use crate::ui::move_focus;

const WIDTH: f64 = 376.0;
const VIP: (f64, f64) = (128.0, 28.0);
const STATION_X: f64 = 208.0;
const STATION_WIDTH: f64 = 160.0;
/// Between two directors' tracks.
const PITCH: f64 = 52.0;
const MARGIN: f64 = 34.0;
/// By so much an open leg ends before the throat.
const OPENING: f64 = 10.0;

#[component]
pub(super) fn Diagram(instance: Memo<Option<InstanceView>>) -> impl IntoView {
    let live = use_live();
    let scene = Signal::derive(move || {
        let stale = live.line().is_stale();
        instance.with(|instance| instance.as_ref().map_or_else(empty, |i| draw(i, stale)))
    });
    let label = Signal::derive(move || {
        instance.with(|instance| instance.as_ref().map_or_else(String::new, in_words))
    });
    view! {
        <div class="vrrp-diagram" on:keydown=move_focus>
            <Drawing scene label />
        </div>
    }
}

fn empty() -> Scene {
    Scene::new(WIDTH, 2.0 * MARGIN)
}

fn draw(instance: &InstanceView, stale: bool) -> Scene {
    let count = instance.members.len().max(1);
    let height = 2.0 * MARGIN + PITCH * (count - 1) as f64;
    let middle = height / 2.0;
    let mut scene = Scene::new(WIDTH, height);
    let throat = 16.0 + VIP.0 + 24.0;
    scene.bed(vec![(16.0 + VIP.0, middle), (throat, middle)]);
    for (index, member) in instance.members.iter().enumerate() {
        let level = MARGIN + PITCH * index as f64;
        let rise = level - middle;
        let bend = throat + rise.abs();
        match way(instance, member, stale) {
            Some(way) => scene.track(
                way,
                vec![(16.0 + VIP.0, middle), (throat, middle), (bend, level), (STATION_X, level)],
            ),
            // A leg that is not set begins a little off the throat.
            None => scene.bed(vec![
                (throat + OPENING, middle + OPENING * rise.signum()),
                (bend, level),
                (STATION_X, level),
            ]),
        }
        let href = format!("/nodes/{}", member.node);
        scene.link(href, member_in_words(member), |scene| {
            station(instance, member, stale).draw(scene, STATION_X, level, STATION_WIDTH);
        });
    }
    scene.frame("tk-box", (16.0, middle - VIP.1 / 2.0), VIP.0, VIP.1);
    let vip =
        instance.virtual_addresses.first().map_or_else(String::new, |a| a.address.to_string());
    scene.text("tk-address", (16.0 + VIP.0 / 2.0, middle + 4.0), Anchor::Middle, vip);
    scene
}

/// How the leg to this director lies; `None`: it is not set.
fn way(instance: &InstanceView, member: &MemberView, stale: bool) -> Option<Way> {
    if stale || member.stale {
        return Some(Way::Stale);
    }
    match &instance.holder {
        Holder::One { node } if *node == member.node => Some(Way::Flow(Flow::Medium)),
        Holder::Several { nodes } if nodes.contains(&member.node) => Some(Way::Broken),
        _ => None,
    }
}

fn station(instance: &InstanceView, member: &MemberView, stale: bool) -> Station {
    let state = member.state();
    let word = state.map_or_else(|| t(texts::NOT_SEEN), |state| state_word(state.state));
    let priority = state.map_or(member.conf.priority, |state| state.effective_priority);
    let holds = match &instance.holder {
        Holder::One { node } => *node == member.node,
        Holder::Several { nodes } => nodes.contains(&member.node),
        Holder::Nobody | Holder::Unknown => false,
    };
    Station {
        name: member.node_name.clone(),
        role: format!("{word} · {}", t_with(texts::PRIORITY, &[&priority])),
        aspect: aspect(instance, member, stale),
        holds,
    }
}

pub(super) fn aspect(instance: &InstanceView, member: &MemberView, stale: bool) -> Aspect {
    if stale || member.stale {
        return Aspect::Unknown;
    }
    let split =
        matches!(&instance.holder, Holder::Several { nodes } if nodes.contains(&member.node));
    match member.state().map(|state| state.state) {
        _ if split => Aspect::Danger,
        Some(VrrpState::Master | VrrpState::Backup) => Aspect::Clear,
        Some(VrrpState::Init) => Aspect::Caution,
        Some(VrrpState::Fault) if member.is_out => Aspect::Caution,
        Some(VrrpState::Fault) => Aspect::Danger,
        None => Aspect::Unknown,
    }
}

fn in_words(instance: &InstanceView) -> String {
    let name = |node| instance.member(node).map_or_else(String::new, |m| m.node_name.clone());
    let held = match &instance.holder {
        Holder::One { node } => t_with(texts::HELD_BY, &[&name(*node)]),
        Holder::Several { nodes } => {
            let all = nodes.iter().map(|node| name(*node)).collect::<Vec<_>>().join(", ");
            t_with(texts::HELD_BY_SEVERAL, &[&all])
        }
        Holder::Nobody => t(texts::HELD_BY_NOBODY).to_owned(),
        Holder::Unknown => t(texts::HOLDER_UNKNOWN).to_owned(),
    };
    t_with(texts::DIAGRAM, &[&addresses(instance), &held])
}

fn member_in_words(member: &MemberView) -> String {
    let state = member.state().map_or_else(|| t(texts::NOT_SEEN), |state| state_word(state.state));
    t_with(texts::DIAGRAM, &[&member.node_name, &state])
}

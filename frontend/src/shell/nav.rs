//! Where one can go: the navigation at the side, and the bar below on phones.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use signalbox_domain::access::Permission;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::live::Topic;
use signalbox_domain::signal::Signal as Aspect;

use super::palette::PaletteSwitch;
use super::preferences::use_chosen;
use crate::boot::may;
use crate::live::use_live;
use crate::locale::{Text, t};
use crate::locales::shell as texts;
use crate::ui::{Icon, IconView, Lamp};

/// A page of the navigation.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub href: &'static str,
    pub name: Text,
    pub icon: Icon,
    /// The letter that follows `g`.
    pub key: char,
    pub needs: Permission,
    /// A line separates it from the one before.
    pub begins_group: bool,
}

const fn place(
    href: &'static str,
    name: Text,
    icon: Icon,
    key: char,
    needs: Permission,
    begins_group: bool,
) -> Place {
    Place { href, name, icon, key, needs, begins_group }
}

pub const PLACES: [Place; 10] = [
    place("/", texts::OVERVIEW, Icon::TrainTrack, 'o', Permission::FleetRead, false),
    place("/nodes", texts::NODES, Icon::Server, 'n', Permission::NodesRead, true),
    place("/backups", texts::BACKUPS, Icon::Archive, 'b', Permission::BackupsRead, false),
    place("/firewall", texts::FIREWALL, Icon::BrickWall, 'f', Permission::FirewallRead, false),
    place("/lvs", texts::LOAD_BALANCING, Icon::Network, 'l', Permission::LvsRead, false),
    place("/vrrp", texts::VRRP, Icon::Split, 'v', Permission::VrrpRead, false),
    place("/drills", texts::DRILLS, Icon::BadgeCheck, 'd', Permission::DrillsRead, false),
    place("/jobs", texts::JOBS, Icon::ListChecks, 'j', Permission::JobsRead, true),
    place("/audit", texts::AUDIT, Icon::ScrollText, 'a', Permission::AuditRead, false),
    place("/settings", texts::SETTINGS, Icon::SlidersHorizontal, 's', Permission::AccessSelf, true),
];

#[component]
pub(super) fn Nav() -> impl IntoView {
    let chosen = use_chosen();
    let live = use_live();
    let fleet = live.watch::<FleetView>(Topic::Fleet);
    let link = move |place: Place| {
        let counted = Memo::new(move |_| {
            let (aspect, number) = fleet.with(|fleet| count(place.href, fleet.as_ref()?))?;
            Some((live.shown(aspect), number))
        });
        view! {
            {place.begins_group.then(|| view! { <hr /> })}
            <a href=place.href aria-current=current(place.href) title=t(place.name)>
                <IconView icon=place.icon />
                <span>{t(place.name)}</span>
                {move || {
                    counted
                        .get()
                        .map(|(aspect, number)| {
                            view! {
                                <span class="n">
                                    <Lamp aspect=aspect size=8 />
                                    {number}
                                </span>
                            }
                        })
                }}
            </a>
        }
    };
    view! {
        <a class="brand" href="/" aria-label="Signalbox">
            <Mark />
            <span>"Signalbox"</span>
        </a>
        <nav class="nav" data-region="nav" tabindex="-1" aria-label=t(texts::MAIN_NAVIGATION)>
            {PLACES.into_iter().filter(|place| may(place.needs)).map(link).collect_view()}
            <button
                type="button"
                class="foot"
                aria-expanded=move || if chosen.narrow.get() { "false" } else { "true" }
                on:click=move |_| chosen.set_narrow(!chosen.narrow.get_untracked())
            >
                {move || {
                    let (icon, text) = if chosen.narrow.get() {
                        (Icon::PanelLeftOpen, texts::EXPAND)
                    } else {
                        (Icon::PanelLeftClose, texts::COLLAPSE)
                    };
                    view! {
                        <IconView icon=icon small=true />
                        <span>{t(text)}</span>
                    }
                }}
                <span class="version" style:margin-left="auto">{env!("CARGO_PKG_VERSION")}</span>
            </button>
        </nav>
    }
}

/// Below 640 px: the four places one needs first, and the rest behind the palette.
#[component]
pub(super) fn BottomBar() -> impl IntoView {
    const SHOWN: [&str; 4] = ["/", "/nodes", "/vrrp", "/jobs"];
    let palette = PaletteSwitch::get();
    let live = use_live();
    let fleet = live.watch::<FleetView>(Topic::Fleet);
    let link = move |place: Place| {
        let counted = Memo::new(move |_| {
            let (aspect, number) = fleet.with(|fleet| count(place.href, fleet.as_ref()?))?;
            Some((live.shown(aspect), number))
        });
        view! {
            <a href=place.href aria-current=current(place.href)>
                <IconView icon=place.icon />
                {t(place.name)}
                {move || counted.get().map(|(aspect, _)| view! { <Lamp aspect=aspect size=8 /> })}
            </a>
        }
    };
    let places = PLACES.into_iter().filter(|place| SHOWN.contains(&place.href) && may(place.needs));
    view! {
        <nav class="bottom" aria-label=t(texts::MAIN_NAVIGATION)>
            {places.map(link).collect_view()}
            <button type="button" on:click=move |_| palette.open("")>
                <IconView icon=Icon::Menu />
                {t(texts::MORE)}
            </button>
        </nav>
    }
}

/// The mark: points set to the diverging track, and a signal.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg width="20" height="20" viewBox="0 0 20 20" fill="none" aria-hidden="true">
            <path d="M1 14H19" stroke="var(--line3)" stroke-width="3.4" />
            <path d="M1 14H6.5L14.5 6H19" stroke="var(--ink1)" stroke-width="2.6" stroke-linejoin="round" />
            <circle cx="5.2" cy="5" r="2.6" fill="var(--ink1)" />
        </svg>
    }
}

fn current(href: &'static str) -> impl Fn() -> Option<&'static str> + Clone {
    let here = use_location().pathname;
    move || {
        let here = here.get();
        let below = || here.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'));
        (here == href || (href != "/" && below())).then_some("page")
    }
}

/// What a place has to tell: its worst aspect, and of how many things.
fn count(href: &str, fleet: &FleetView) -> Option<(Aspect, usize)> {
    let aspects: Vec<Aspect> = match href {
        "/nodes" => fleet.nodes.values().map(|node| node.signal).collect(),
        "/backups" => fleet.freshness.iter().map(|freshness| freshness.signal).collect(),
        "/jobs" => {
            let running = fleet.running.len();
            return (running > 0).then_some((Aspect::Transit, running));
        }
        _ => return None,
    };
    let wrong = |aspect: &&Aspect| !matches!(**aspect, Aspect::Clear | Aspect::Transit);
    let number = aspects.iter().filter(wrong).count();
    (number > 0).then(|| (Aspect::worst(aspects), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_its_own_letter() {
        let mut letters: Vec<char> = PLACES.iter().map(|place| place.key).collect();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), PLACES.len());
    }
}

//! Where the node stands on its lines: the stations before and after it, from client to data.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use signalbox_domain::fleet::{EngineStation, FleetView, Line};
use signalbox_domain::ids::NodeId;
use signalbox_domain::phrase::Language;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::vrrp::Holder;

use crate::live::use_live;
use crate::locale::{language, t, t_with};
use crate::locales::nodes as texts;
use crate::track::{
    Drawing, Flow, Scene, Station, Way, carries, engine_role, follow_link, forwarding_name,
    protocol, service_name,
};
use crate::ui::{Plate, move_focus};

const STATION_WIDTH: f64 = 168.0;
const BETWEEN: f64 = 56.0;
const LEFT: f64 = 24.0;
const PITCH: f64 = 64.0;
/// A line goes on to the right; more than this would not be read.
const STATIONS_SHOWN: usize = 6;

#[component]
pub(super) fn Place(id: NodeId, fleet: Memo<Option<FleetView>>) -> impl IntoView {
    let live = use_live();
    let language = language();
    let tracks = Memo::new(move |_| {
        fleet.with(|fleet| fleet.as_ref().map_or(Vec::new(), |fleet| tracks(fleet, id, language)))
    });
    let scene = Signal::derive(move || tracks.with(|tracks| draw(tracks, live.line().is_stale())));
    let label = Signal::derive(move || t(texts::PLACE).to_owned());
    let names = move || {
        tracks.with(|tracks| {
            let names: Vec<&str> = tracks.iter().map(|track| track.name.as_str()).collect();
            Some(names.join(", "))
        })
    };
    let body = move || {
        if tracks.with(Vec::is_empty) {
            return view! { <p class="i2 node-nothing">{t(texts::ON_NO_LINE)}</p> }.into_any();
        }
        view! {
            <div class="track" on:click=follow_link(use_navigate()) on:keydown=move_focus>
                <Drawing scene label />
            </div>
        }
        .into_any()
    };
    let open = || view! { <a class="t12" href="/">{t(texts::OPEN_LINE)}</a> };
    view! {
        <Plate
            title=t(texts::PLACE)
            meta=Signal::derive(names)
            first=true
            flush=true
            class="node-place"
            actions=open
        >
            {body}
        </Plate>
    }
}

/// One line as far as it matters for the node.
#[derive(Debug, Clone, PartialEq)]
struct Track {
    name: String,
    stations: Vec<Stop>,
}

#[derive(Debug, Clone, PartialEq)]
struct Stop {
    station: Station,
    here: bool,
    href: String,
    /// How the track that leads to it lies.
    way: Way,
}

fn tracks(fleet: &FleetView, id: NodeId, language: Language) -> Vec<Track> {
    fleet.lines.iter().filter_map(|line| track(line, id, language)).collect()
}

fn track(line: &Line, id: NodeId, language: Language) -> Option<Track> {
    let behind = behind(line, id, language);
    let director = director(line, id);
    if behind.is_empty() && !director.as_ref().is_some_and(|stop| stop.here) {
        return None;
    }
    let name = service_name(line);
    let entry = Stop {
        station: Station {
            name: format!("{name} {}", line.vip),
            role: format!("{} {}", protocol(line.protocol), line.port),
            aspect: line.signal,
            holds: false,
        },
        here: false,
        href: "/".to_owned(),
        way: Way::Open,
    };
    let mut stations: Vec<Stop> = std::iter::once(entry).chain(director).collect();
    match behind.is_empty() {
        true => stations.extend(servers(line)),
        false => stations.extend(behind),
    }
    stations.truncate(STATIONS_SHOWN);
    Some(Track { name, stations })
}

/// The director that holds the address, or the node itself where it stands by.
fn director(line: &Line, id: NodeId) -> Option<Stop> {
    let points = line.points.as_ref()?;
    let holder = match points.holder {
        Holder::One { node } => Some(node),
        _ => None,
    };
    let own = points.directors.iter().find(|director| director.node == id);
    let shown = own.or_else(|| points.directors.iter().find(|d| Some(d.node) == holder))?;
    let holds = match &points.holder {
        Holder::Several { nodes } => nodes.contains(&shown.node),
        _ => holder == Some(shown.node),
    };
    let forwarding = line.forwarding.map(|f| format!(", {}", forwarding_name(f)));
    let role = if holds {
        format!("IPVS :{}{}", line.port, forwarding.unwrap_or_default())
    } else {
        t(texts::STANDS_BY).to_owned()
    };
    Some(Stop {
        station: Station { name: shown.name.clone(), role, aspect: shown.signal, holds },
        here: shown.node == id,
        href: format!("/nodes/{}", shown.node),
        way: match (&points.holder, holds, points.moving.is_some()) {
            (_, _, true) => Way::Transit,
            (Holder::Several { .. }, true, _) => Way::Broken,
            (Holder::Unknown, ..) => Way::Stale,
            (_, true, _) => Way::Flow(Flow::Medium),
            (_, false, _) => Way::Open,
        },
    })
}

/// The way from the director to the node and on to what follows it.
fn behind(line: &Line, id: NodeId, language: Language) -> Vec<Stop> {
    if let Some(at) = line.engines.iter().position(|engine| engine.node == id) {
        return chain(&line.engines, at)
            .map(|engine| engine_stop(line, engine, id, language))
            .collect();
    }
    let leg = line.legs.iter().find(|leg| leg.node == Some(id));
    leg.into_iter()
        .map(|leg| Stop {
            station: Station {
                name: leg.name.clone(),
                role: t_with(texts::WEIGHT, &[&leg.weight]),
                aspect: leg.signal,
                holds: carries(leg),
            },
            here: true,
            href: format!("/nodes/{id}"),
            way: leg_way(carries(leg), leg.signal),
        })
        .collect()
}

fn leg_way(carries: bool, aspect: Aspect) -> Way {
    match (carries, aspect) {
        (_, Aspect::Danger) => Way::Broken,
        (_, Aspect::Unknown) => Way::Stale,
        (true, _) => Way::Flow(Flow::Medium),
        (false, _) => Way::Open,
    }
}

/// From the primary down to an engine, then on along the first that follows each.
fn chain(engines: &[EngineStation], at: usize) -> impl Iterator<Item = &EngineStation> {
    let mut shown = Vec::new();
    let mut upward = engines.get(at);
    while let Some(engine) = upward.filter(|engine| !is_among(&shown, engine)) {
        shown.insert(0, engine);
        upward = engine.follows.and_then(|node| engines.iter().find(|other| other.node == node));
    }
    let mut downward = engines.get(at);
    while let Some(engine) = downward {
        downward = engines
            .iter()
            .find(|other| other.follows == Some(engine.node) && !is_among(&shown, other));
        shown.extend(downward);
    }
    shown.into_iter()
}

fn is_among(shown: &[&EngineStation], engine: &EngineStation) -> bool {
    shown.iter().any(|other| other.node == engine.node)
}

fn engine_stop(line: &Line, engine: &EngineStation, id: NodeId, language: Language) -> Stop {
    let leg = line.legs.iter().find(|leg| leg.node == Some(engine.node));
    let way = match (leg, engine.follows) {
        (Some(leg), None) => leg_way(carries(leg), leg.signal),
        _ => leg_way(true, engine.signal),
    };
    Stop {
        station: Station {
            name: engine.name.clone(),
            role: engine_role(engine, &line.engines, language),
            aspect: engine.signal,
            holds: engine.primary,
        },
        here: engine.node == id,
        href: format!("/nodes/{}", engine.node),
        way,
    }
}

/// Behind a director: all its real servers as one station.
fn servers(line: &Line) -> Option<Stop> {
    let up = line.legs.iter().filter(|leg| carries(leg)).count();
    Some(Stop {
        station: Station {
            name: t_with(texts::SERVERS, &[&line.legs.len()]),
            role: t_with(texts::SERVERS_UP, &[&up]),
            aspect: Aspect::worst(line.legs.iter().map(|leg| leg.signal)),
            holds: false,
        },
        here: false,
        href: "/".to_owned(),
        way: if up == 0 { Way::Broken } else { Way::Flow(Flow::Medium) },
    })
}

fn draw(tracks: &[Track], stale: bool) -> Scene {
    let longest = tracks.iter().map(|track| track.stations.len()).max().unwrap_or(0);
    let width = LEFT * 2.0 + longest as f64 * (STATION_WIDTH + BETWEEN);
    let mut scene = Scene::new(width, PITCH * tracks.len() as f64 + 16.0);
    for (row, track) in tracks.iter().enumerate() {
        let y = 8.0 + PITCH * row as f64 + PITCH / 2.0;
        let mut open = false;
        for (index, stop) in track.stations.iter().enumerate() {
            let x = LEFT + index as f64 * (STATION_WIDTH + BETWEEN);
            if index > 0 {
                // Behind an open leg nothing flows either.
                open |= stop.way == Way::Open;
                let way = if stale {
                    Way::Stale
                } else if open {
                    Way::Open
                } else {
                    stop.way
                };
                lead(&mut scene, way, x, y);
            }
            let mut station = stop.station.clone();
            if stale {
                station.aspect = Aspect::Unknown;
            }
            let label = format!("{}: {}", station.name, station.role);
            scene.link(stop.href.clone(), label, |scene| station.draw(scene, x, y, STATION_WIDTH));
            if stop.here {
                scene.frame("tk-here", (x, y - 22.0), STATION_WIDTH, 44.0);
            }
        }
    }
    scene
}

/// The track to a station whose left edge is at `x`.
fn lead(scene: &mut Scene, way: Way, x: f64, y: f64) {
    let (from, to) = ((x - BETWEEN, y), (x, y));
    match way {
        Way::Broken => scene.broken(from, to, 12.0),
        way => scene.track(way, vec![from, to]),
    }
    if matches!(way, Way::Flow(_)) {
        scene.chevron(x - BETWEEN / 2.0, y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::sample::fleet;

    fn names(id: i64) -> Vec<Vec<(String, bool)>> {
        let told = |stop: &Stop| (stop.station.name.clone(), stop.here);
        tracks(&fleet(), NodeId(id), Language::En)
            .iter()
            .map(|track| track.stations.iter().map(told).collect())
            .collect()
    }

    #[test]
    fn each_node_stands_once_on_each_of_its_lines() {
        let fleet = fleet();
        for line in &fleet.lines {
            let engines = line.engines.iter().map(|engine| engine.node);
            let legs = line.legs.iter().filter_map(|leg| leg.node);
            for node in engines.chain(legs) {
                let rows = names(node.0);
                assert!(!rows.is_empty(), "{node}");
                for row in rows {
                    assert_eq!(row.iter().filter(|(_, here)| *here).count(), 1, "{row:?}");
                }
            }
        }
        assert_eq!(names(999), Vec::<Vec<(String, bool)>>::new());
    }
}

//! All lines of the fleet, from left to right: clients, virtual IP, points, service, real servers.

use signalbox_domain::engines::ThreadState;
use signalbox_domain::fleet::{EngineStation, FleetView, Leg, Line, Points};
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::{Forwarding, Protocol};
use signalbox_domain::operation::Operation;
use signalbox_domain::phrase::Language;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::vrrp::Holder;

use super::geometry::{
    self, Anchor, Chip, Flow, LAG_WARN_S, LEG, POINTS_WIDTH, Scene, Set, Station, Way, box_class,
};
use crate::format;
use crate::locales::overview as texts;

/// How the fleet is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    pub language: Language,
    /// The page has not heard from the console: nothing may look like news.
    pub stale: bool,
}

/// Where the columns of the diagram begin, in px.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Columns {
    pub width: f64,
    pub terminus: f64,
    pub vip: f64,
    pub points: f64,
    pub service: f64,
    pub stations: f64,
    /// Width of an engine.
    pub engine: f64,
}

const MARGIN: f64 = 24.0;
const HEADING: f64 = 40.0;
const VIP_WIDTH: f64 = 108.0;
const SERVICE_WIDTH: f64 = 124.0;
/// Between two engines there is room for the blocks of their lag.
const ENGINE_GAP: f64 = 32.0;
/// Distance between two legs of a fan, and the height of their boxes.
const PITCH: f64 = 36.0;
const LEG_HEIGHT: f64 = 30.0;
/// Distance between two rows of replicas.
const ENGINE_PITCH: f64 = 56.0;
/// From the service to the fan's spine, and the cut of its corners.
const SPINE: f64 = 22.0;
const MITRE: f64 = 8.0;
/// The points reach 33 px both ways; below them there is room for their button.
const LEAST_ABOVE: f64 = 40.0;
const LEAST_BELOW: f64 = 64.0;

impl Columns {
    /// Stations keep their size, or nearly; the tracks between them share what is more than the
    /// least, as much as a window of 1280 px has beside the navigation.
    pub fn fit(width: f64) -> Columns {
        const LEAST: f64 = 1112.0;
        const USUAL: f64 = 1272.0;
        let more = ((width - LEAST) / (USUAL - LEAST)).clamp(0.0, 1.0);
        let between = |least: f64, usual: f64| (least + more * (usual - least)).floor();
        let vip = between(136.0, 172.0);
        let points = vip + VIP_WIDTH + between(16.0, 20.0);
        let service = points + POINTS_WIDTH + between(16.0, 20.0);
        Columns {
            width: width.max(LEAST),
            terminus: vip - 26.0,
            vip,
            points,
            service,
            stations: service + SERVICE_WIDTH + between(36.0, 60.0),
            engine: between(138.0, 144.0),
        }
    }

    /// As wide as the longest chain of engines needs; the page scrolls what it has no room for.
    fn with_room_for(self, fleet: &FleetView) -> Columns {
        let chain = fleet.lines.iter().map(|line| deepest(&line.engines)).max().unwrap_or(0) as f64;
        let engines = self.engine + chain * (ENGINE_GAP + self.engine);
        Columns { width: self.width.max(self.stations + engines + MARGIN), ..self }
    }
}

/// Where a line's parts came to lie: buttons of the page are put over the drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    pub line: String,
    /// Left and top of the room below the points.
    pub below_points: (f64, f64),
}

pub fn lay_out(fleet: &FleetView, columns: Columns, reading: Reading) -> (Scene, Vec<Placed>) {
    let columns = columns.with_room_for(fleet);
    let mut scene = Scene::new(columns.width, 0.0);
    headings(&mut scene, columns, reading.language);
    let mut top = HEADING;
    let mut placed = Vec::new();
    for (index, line) in fleet.lines.iter().enumerate() {
        if index > 0 {
            scene.path("tk-seam", vec![(MARGIN, top), (columns.width - MARGIN, top)]);
        }
        let (above, below) = reach(line);
        let y = top + above;
        Drawn { scene: &mut scene, fleet, line, columns, reading, y }.draw();
        placed.push(Placed {
            line: line.id.clone(),
            below_points: (columns.points + 12.0, y + LEG + 16.0),
        });
        top += above + below;
    }
    scene.height = top;
    (scene, placed)
}

fn headings(scene: &mut Scene, columns: Columns, language: Language) {
    let heads = [
        (MARGIN, texts::CLIENTS),
        (columns.vip, texts::VIRTUAL_IP),
        (columns.points + 38.0, texts::POINTS),
        (columns.service, texts::SERVICE),
        (columns.stations, texts::REAL_SERVERS),
    ];
    for (x, text) in heads {
        scene.text("tk-head", (x, 18.0), Anchor::Start, text.get(language));
    }
}

/// How far a line reaches above and below its track.
fn reach(line: &Line) -> (f64, f64) {
    let half_fan = line.legs.len().saturating_sub(1) as f64 / 2.0 * PITCH + LEG_HEIGHT / 2.0;
    let above = half_fan.max(LEAST_ABOVE) + 8.0;
    let rows = engine_rows(&line.engines).into_iter().max().map_or(0, |last| last + 1);
    let engines = rows as f64 * ENGINE_PITCH;
    // Several legs and replicas besides: the replicas get their own rows below the fan.
    let right = if line.legs.len() > 1 { half_fan + engines } else { half_fan.max(engines) };
    let below = right.max(LEAST_BELOW) + 8.0;
    let on_grid = |length: f64| (length / 4.0).ceil() * 4.0;
    (on_grid(above), on_grid(below))
}

struct Drawn<'a> {
    scene: &'a mut Scene,
    fleet: &'a FleetView,
    line: &'a Line,
    columns: Columns,
    reading: Reading,
    /// The height that the line's track lies at.
    y: f64,
}

impl Drawn<'_> {
    fn draw(mut self) {
        self.name();
        self.approach();
        self.service();
        if self.line.engines.is_empty() || self.line.legs.len() > 1 {
            self.fan();
        }
        if !self.line.engines.is_empty() {
            self.engines();
        }
    }

    fn name(&mut self) {
        let (line, y) = (self.line, self.y);
        let protocol = format!("{} {}", protocol(line.protocol), line.port);
        self.scene.text("tk-name", (MARGIN, y - 9.0), Anchor::Start, service_name(line));
        self.scene.text("tk-role", (MARGIN, y + 7.0), Anchor::Start, protocol);
        let traffic = traffic(line, self.reading.language);
        self.scene.text("tk-note", (MARGIN, y + 23.0), Anchor::Start, traffic);
    }

    /// From the clients over the virtual IP and the points to the service.
    fn approach(&mut self) {
        let (columns, y) = (self.columns, self.y);
        let (before, after) = approach_ways(self.line, self.reading);
        let vip_end = columns.vip + VIP_WIDTH;
        self.scene
            .path("tk-terminus", vec![(columns.terminus, y - 8.0), (columns.terminus, y + 8.0)]);
        self.stretch(before, columns.terminus, columns.vip);
        match &self.line.points {
            None => self.stretch(after, vip_end, columns.service),
            Some(points) => {
                self.stretch(before, vip_end, columns.points);
                let set = set_of(points, self.fleet, self.reading);
                let chips = chips(points, self.reading);
                geometry::points(self.scene, columns.points, y, set, before, chips);
                self.stretch(after, columns.points + POINTS_WIDTH, columns.service);
            }
        }
        let address = self.line.vip.to_string();
        self.scene.frame("tk-box", (columns.vip, y - 14.0), VIP_WIDTH, 28.0);
        let middle = columns.vip + VIP_WIDTH / 2.0;
        self.scene.text("tk-address", (middle, y + 4.0), Anchor::Middle, fit(&address, 15));
    }

    fn stretch(&mut self, way: Way, from: f64, to: f64) {
        let y = self.y;
        if way == Way::Broken {
            self.scene.broken((from, y), (to, y), (to - from) / 2.0);
        } else {
            self.scene.track(way, vec![(from, y), (to, y)]);
        }
    }

    fn service(&mut self) {
        let carrying = self.line.legs.iter().filter(|leg| carries(leg)).count();
        let forwarding = self.line.forwarding.map(forwarding_name);
        let mut role: Vec<String> = forwarding.into_iter().map(str::to_owned).collect();
        role.push(self.line.scheduler.clone());
        if self.line.legs.len() > 1 {
            role.push(
                texts::CARRY.fill(self.reading.language, &[&carrying, &self.line.legs.len()]),
            );
        }
        let station = Station {
            name: format!("IPVS :{}", self.line.port),
            role: fit(&role.join(" · "), 17),
            aspect: self.aspect(self.line.signal),
            holds: false,
        };
        station.draw(self.scene, self.columns.service, self.y, SERVICE_WIDTH);
    }

    fn fan(&mut self) {
        let line = self.line;
        let from = self.columns.service + SERVICE_WIDTH;
        let spine = from + SPINE;
        let to = self.columns.stations;
        let first = self.y - (line.legs.len().saturating_sub(1)) as f64 / 2.0 * PITCH;
        let level = |index: usize| first + index as f64 * PITCH;
        let ways: Vec<Way> = line.legs.iter().map(|leg| self.leg_way(leg)).collect();
        let route = |to_y: f64| fan_route((from, self.y), spine, (to, to_y));
        // All beds come before all cores, or a bed would cut a neighbour's core.
        for (index, way) in ways.iter().enumerate() {
            let mut points = route(level(index));
            if *way == Way::Broken {
                // Its own part has a gap; the spine up to it is there.
                points.pop();
            }
            self.scene.bed(points);
        }
        for (index, way) in ways.iter().enumerate() {
            let y = level(index);
            if *way == Way::Broken {
                let begin = if y == self.y { from } else { spine + MITRE };
                self.scene.broken((begin, y), (to, y), 14.0);
            } else {
                self.scene.core(*way, route(y));
            }
        }
        for (index, leg) in line.legs.iter().enumerate() {
            self.leg(leg, level(index));
        }
    }

    fn leg_way(&self, leg: &Leg) -> Way {
        match self.aspect(leg.signal) {
            Aspect::Unknown => Way::Stale,
            Aspect::Transit => Way::Transit,
            Aspect::Danger => Way::Broken,
            _ if leg.weight == 0 => Way::Open,
            _ => Way::Flow(Flow::of(leg.active_connections, self.busiest_leg())),
        }
    }

    fn busiest_leg(&self) -> u64 {
        self.line.legs.iter().map(|leg| leg.active_connections).max().unwrap_or(0)
    }

    fn leg(&mut self, leg: &Leg, y: f64) {
        let aspect = self.aspect(leg.signal);
        let language = self.reading.language;
        let left = self.columns.stations;
        let width = self.columns.width - MARGIN - left;
        let right = left + width - 14.0;
        let weight = texts::WEIGHT.fill(language, &[&leg.weight]);
        let active = texts::ACTIVE.fill(language, &[&format::count(leg.active_connections)]);
        let reason = leg.reason.as_ref().map(|reason| reason.get(language).to_owned());
        let label =
            [Some(leg.name.clone()), Some(weight.clone()), Some(active.clone()), reason.clone()];
        let label = label.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let address = leg.address.to_string();
        let name = fit(&leg.name, 14);
        let draw = move |scene: &mut Scene| {
            scene.frame(box_class(aspect, false), (left, y - LEG_HEIGHT / 2.0), width, LEG_HEIGHT);
            scene.lamp((left + 15.0, y), aspect, 5.0);
            scene.text("tk-name", (left + 28.0, y + 4.5), Anchor::Start, name);
            scene.text("tk-address sub", (left + 130.0, y + 4.0), Anchor::Start, address);
            scene.text("tk-note", (left + 240.0, y + 4.0), Anchor::Start, weight);
            match reason {
                Some(reason) => {
                    let class = match aspect {
                        Aspect::Danger => "tk-small fill-danger",
                        Aspect::Caution => "tk-small fill-caution",
                        _ => "tk-small fill-unknown",
                    };
                    let room = ((width - 320.0) / 6.5) as usize;
                    scene.text(class, (right, y + 4.0), Anchor::End, fit(&reason, room));
                }
                None => scene.text("tk-value", (right, y + 4.0), Anchor::End, active),
            }
        };
        match leg.node {
            Some(node) => self.scene.link(format!("/nodes/{node}"), label, draw),
            None => draw(self.scene),
        }
    }

    fn engines(&mut self) {
        let engines = &self.line.engines;
        let depth = deepest(engines);
        let room = self.columns.width - MARGIN - self.columns.stations - self.columns.engine;
        let step = (room / depth.max(1) as f64).min(216.0);
        let top = if self.line.legs.len() > 1 {
            self.y + self.line.legs.len() as f64 / 2.0 * PITCH + ENGINE_PITCH / 2.0 + 4.0
        } else {
            self.y
        };
        let left = self.columns.stations;
        let place = |index: usize| {
            let x = left + depth_of(engines, index) as f64 * step;
            (x, top + row_of(engines, index) as f64 * ENGINE_PITCH)
        };
        if self.line.legs.len() <= 1 {
            let way = self.line.legs.first().map_or(Way::Open, |leg| self.leg_way(leg));
            let from = self.columns.service + SERVICE_WIDTH;
            self.stretch(way, from, self.columns.stations);
            if matches!(way, Way::Flow(_)) {
                self.scene.chevron((from + self.columns.stations) / 2.0, self.y);
            }
        }
        for (index, engine) in engines.iter().enumerate() {
            let at = place(index);
            if let Some(source) = source_of(engines, index) {
                let (source_x, source_y) = place(source);
                self.replication(engine, (source_x + self.columns.engine, source_y), at);
            }
            self.engine(engine, at);
        }
    }

    fn engine(&mut self, engine: &EngineStation, (x, y): (f64, f64)) {
        let language = self.reading.language;
        let role = engine_role(engine, &self.line.engines, language);
        let aspect = self.aspect(engine.signal);
        let station = Station {
            name: fit(&engine.name, 14),
            role: fit(&role, 20),
            aspect,
            holds: engine.primary,
        };
        let reason =
            engine.reason.as_ref().map_or(String::new(), |r| format!(", {}", r.get(language)));
        let label = format!("{}, {role}{reason}", engine.name);
        let width = self.columns.engine;
        self.scene.link(format!("/nodes/{}", engine.node), label, |scene| {
            station.draw(scene, x, y, width);
        });
    }

    /// From a source to one replica, as blocks lit by its lag.
    fn replication(&mut self, engine: &EngineStation, from: (f64, f64), to: (f64, f64)) {
        let stopped =
            engine.io == Some(ThreadState::Stopped) || engine.sql == Some(ThreadState::Stopped);
        let stale = self.aspect(engine.signal) == Aspect::Unknown;
        let start = if from.1 == to.1 {
            from.0 + 5.0
        } else {
            // A further replica of the same source branches off below.
            let (bend, drop) = (from.0 + 12.0, to.1 - from.1 - MITRE);
            let route = vec![
                from,
                (bend, from.1),
                (bend, from.1 + drop),
                (bend + MITRE, to.1),
                (bend + 16.0, to.1),
            ];
            self.scene.track(if stale { Way::Stale } else { Way::Flow(Flow::Thin) }, route);
            bend + 18.0
        };
        let end = to.0 - 5.0;
        let (lit, class, words, ink) = match engine.lag_s {
            _ if stale => (8, "tk-block unknown", String::new(), "tk-note"),
            _ if stopped => (
                8,
                "tk-block danger",
                texts::STOPPED.get(self.reading.language).to_owned(),
                "tk-small fill-danger",
            ),
            None => (8, "tk-block unknown", String::new(), "tk-note"),
            Some(lag_s) => {
                let late = lag_s >= LAG_WARN_S;
                let class = if late { "tk-block caution" } else { "tk-block ink" };
                let ink = if late { "tk-small fill-caution" } else { "tk-note" };
                let words = texts::BEHIND.fill(self.reading.language, &[&lag_s]);
                (geometry::lit_blocks(lag_s), class, words, ink)
            }
        };
        geometry::blocks(self.scene, start, end, to.1, lit, class);
        self.scene.text(ink, ((start + end) / 2.0, to.1 - 10.0), Anchor::Middle, words);
    }

    fn aspect(&self, aspect: Aspect) -> Aspect {
        if self.reading.stale { Aspect::Unknown } else { aspect }
    }
}

/// From the service along the spine to a leg.
fn fan_route(from: (f64, f64), spine: f64, to: (f64, f64)) -> Vec<(f64, f64)> {
    let rise = to.1 - from.1;
    if rise == 0.0 {
        return vec![from, to];
    }
    let side = rise.signum();
    let cut = MITRE.min(rise.abs() / 2.0);
    vec![
        from,
        (spine - cut, from.1),
        (spine, from.1 + side * cut),
        (spine, to.1 - side * cut),
        (spine + cut, to.1),
        to,
    ]
}

/// Before and after the points.
pub(super) fn approach_ways(line: &Line, reading: Reading) -> (Way, Way) {
    if reading.stale {
        return (Way::Stale, Way::Stale);
    }
    let flow = if line.active_connections > 0 { Flow::Medium } else { Flow::Thin };
    match line.points.as_ref().map(|points| &points.holder) {
        None | Some(Holder::One { .. } | Holder::Several { .. }) => {
            (Way::Flow(flow), Way::Flow(flow))
        }
        Some(Holder::Nobody) => (Way::Broken, Way::Open),
        Some(Holder::Unknown) => (Way::Stale, Way::Stale),
    }
}

pub(super) fn set_of(points: &Points, fleet: &FleetView, reading: Reading) -> Set {
    let leg =
        |node: NodeId| shown_directors(points).iter().position(|director| director.node == node);
    let moving_to = points.moving.and_then(|job| {
        let job = fleet.running.iter().find(|running| running.id == job)?;
        match &job.operation {
            Operation::VrrpHandOver { to, .. } => leg(*to),
            _ => None,
        }
    });
    match (&points.holder, moving_to) {
        _ if reading.stale => Set::Neither,
        (_, Some(index)) => Set::MovingTo(index),
        (Holder::Several { .. }, _) => Set::Both,
        (Holder::One { node }, _) => leg(*node).map_or(Set::Neither, Set::To),
        (Holder::Nobody | Holder::Unknown, _) => Set::Neither,
    }
}

/// Points have two legs: the two highest priorities, or the holder in the second one's place.
pub(super) fn shown_directors(points: &Points) -> Vec<&signalbox_domain::fleet::Director> {
    let mut shown: Vec<_> = points.directors.iter().take(2).collect();
    if let Holder::One { node } = points.holder
        && !shown.iter().any(|director| director.node == node)
        && let Some(holder) = points.directors.iter().find(|director| director.node == node)
    {
        shown.pop();
        shown.push(holder);
    }
    shown
}

pub(super) fn chips(points: &Points, reading: Reading) -> Vec<Chip> {
    let chip = |director: &signalbox_domain::fleet::Director| Chip {
        name: fit(&director.name, 8),
        priority: director.priority,
        aspect: if reading.stale { Aspect::Unknown } else { director.signal },
        href: format!("/nodes/{}", director.node),
        label: texts::PRIORITY.fill(reading.language, &[&director.name, &director.priority]),
    };
    shown_directors(points).into_iter().map(chip).collect()
}

/// Whether connections go to it.
pub fn carries(leg: &Leg) -> bool {
    leg.weight > 0 && !matches!(leg.signal, Aspect::Danger | Aspect::Unknown)
}

/// What the port is known for, else the port itself.
pub fn service_name(line: &Line) -> String {
    match (line.port, line.engines.is_empty()) {
        (_, false) => "SQL".to_owned(),
        (80, _) => "HTTP".to_owned(),
        (443, _) => "HTTPS".to_owned(),
        (3306, _) => "SQL".to_owned(),
        (53, _) => "DNS".to_owned(),
        (port, _) => format!(":{port}"),
    }
}

pub fn traffic(line: &Line, language: Language) -> String {
    match line.connections_per_s {
        Some(rate) => texts::PER_S.fill(language, &[&format::rate(rate, language)]),
        None => texts::ACTIVE.fill(language, &[&format::rate(line.active_connections, language)]),
    }
}

pub fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
        Protocol::Sctp => "sctp",
    }
}

pub fn forwarding_name(forwarding: Forwarding) -> &'static str {
    match forwarding {
        Forwarding::Nat => "NAT",
        Forwarding::Dr => "DR",
        Forwarding::Tun => "TUN",
        Forwarding::Local => "local",
    }
}

/// `primary`, `replica · semi-sync`, `replica · cascading`.
pub fn engine_role(engine: &EngineStation, all: &[EngineStation], language: Language) -> String {
    if engine.primary {
        return texts::PRIMARY.get(language).to_owned();
    }
    let source = all.iter().find(|other| Some(other.node) == engine.follows);
    let how = match source {
        Some(source) if !source.primary => texts::CASCADING,
        _ if engine.semi_sync => texts::SEMI_SYNC,
        _ => texts::ASYNC,
    };
    format!("{} · {}", texts::REPLICA.get(language), how.get(language))
}

fn source_of(engines: &[EngineStation], index: usize) -> Option<usize> {
    let follows = engines.get(index)?.follows?;
    // Replicas come after the one they follow; anything else would be a ring.
    engines.iter().take(index).position(|engine| engine.node == follows)
}

/// How many replications the longest chain has.
fn deepest(engines: &[EngineStation]) -> usize {
    (0..engines.len()).map(|index| depth_of(engines, index)).max().unwrap_or(0)
}

fn depth_of(engines: &[EngineStation], index: usize) -> usize {
    source_of(engines, index).map_or(0, |source| depth_of(engines, source) + 1)
}

/// The row of each engine: its source's row for the first that follows it, a new one for others.
fn engine_rows(engines: &[EngineStation]) -> Vec<usize> {
    let mut rows: Vec<usize> = Vec::with_capacity(engines.len());
    for index in 0..engines.len() {
        let source = source_of(engines, index);
        let is_first =
            source.is_some() && !(0..index).any(|other| source_of(engines, other) == source);
        let new_row = rows.iter().max().map_or(0, |last| last + 1);
        let row = match source.and_then(|source| rows.get(source)) {
            Some(row) if is_first => *row,
            _ => new_row,
        };
        rows.push(row);
    }
    rows
}

fn row_of(engines: &[EngineStation], index: usize) -> usize {
    engine_rows(engines).get(index).copied().unwrap_or(0)
}

/// The text, cut to `most` characters: names may be long, boxes are not.
pub(super) fn fit(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests;

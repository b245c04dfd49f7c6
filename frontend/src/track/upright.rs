//! One line from top to bottom, for phones.

use signalbox_domain::fleet::{FleetView, Line};
use signalbox_domain::phrase::Language;
use signalbox_domain::signal::Signal as Aspect;

use super::geometry::{Anchor, Flow, Scene, Set, Station, Way, box_class};
use super::line::{
    Reading, approach_ways, carries, chips, engine_role, fit, forwarding_name, set_of, traffic,
};
use crate::format;
use crate::locales::overview as texts;

/// The trunk runs down at the left; what it reaches stands right of it.
const TRUNK: f64 = 40.0;
const BOXES: f64 = 92.0;
const PITCH: f64 = 42.0;
const BOX_HEIGHT: f64 = 34.0;
const MITRE: f64 = 8.0;
const VIP_Y: f64 = 48.0;
const CHIPS_X: f64 = 196.0;

pub fn lay_out_upright(fleet: &FleetView, line: &Line, width: f64, reading: Reading) -> Scene {
    let mut scene = Scene::new(width, 0.0);
    let (before, after) = approach_ways(line, reading);
    let service_y = 136.0;
    scene.track(before, vec![(TRUNK, 10.0), (TRUNK, VIP_Y - 14.0)]);
    scene.path("tk-terminus", vec![(TRUNK - 8.0, 10.0), (TRUNK + 8.0, 10.0)]);
    let clients =
        format!("{}, {}", texts::CLIENTS.get(reading.language), traffic(line, reading.language));
    scene.text("tk-role", (TRUNK + 16.0, 19.0), Anchor::Start, clients);

    points(&mut scene, fleet, line, width, reading, (before, after));
    vip(&mut scene, line);
    let trunk_end = rows(&mut scene, line, width, reading, service_y);
    service(&mut scene, line, reading, service_y);
    scene.height = trunk_end + BOX_HEIGHT / 2.0 + 12.0;
    scene
}

fn vip(scene: &mut Scene, line: &Line) {
    scene.frame("tk-box", (16.0, VIP_Y - 14.0), 112.0, 28.0);
    scene.text("tk-address", (72.0, VIP_Y + 4.0), Anchor::Middle, fit(&line.vip.to_string(), 15));
}

/// From the address through the points, round the right edge and back to the trunk.
fn points(
    scene: &mut Scene,
    fleet: &FleetView,
    line: &Line,
    width: f64,
    reading: Reading,
    (before, after): (Way, Way),
) {
    const LEG: f64 = 16.0;
    let right = width - 32.0;
    let back = vec![
        (right - MITRE, VIP_Y),
        (right, VIP_Y + MITRE),
        (right, 86.0),
        (right - MITRE, 94.0),
        (TRUNK + MITRE, 94.0),
        (TRUNK, 102.0),
        (TRUNK, 114.0),
    ];
    let Some(points) = &line.points else {
        let mut straight = vec![(128.0, VIP_Y)];
        straight.extend(back);
        scene.track(before, straight);
        return;
    };
    let set = set_of(points, fleet, reading);
    let chip_end = CHIPS_X + 92.0;
    let leg = |index: usize| {
        let level = if index == 0 { VIP_Y - LEG } else { VIP_Y + LEG };
        vec![
            (128.0, VIP_Y),
            (CHIPS_X - 46.0, VIP_Y),
            (CHIPS_X - 30.0, level),
            (chip_end + 6.0, level),
            (chip_end + 22.0, VIP_Y),
            (right - MITRE, VIP_Y),
        ]
    };
    // The leg that is set comes last: the other's bed would cut its core where they meet.
    let last = match set {
        Set::To(index) | Set::MovingTo(index) => index,
        Set::Both | Set::Neither => 1,
    };
    for index in if last == 0 { [1, 0] } else { [0, 1] } {
        let way = match set {
            Set::Both => Way::Broken,
            Set::To(on) if on == index => before,
            Set::MovingTo(on) if on == index => Way::Transit,
            _ => Way::Open,
        };
        scene.track(way, leg(index));
    }
    scene.track(after, back);
    for (index, chip) in chips(points, reading).into_iter().enumerate() {
        let holds = set == Set::Both || set == Set::To(index);
        let level = if index == 0 { VIP_Y - LEG } else { VIP_Y + LEG };
        scene.link(chip.href, chip.label, |scene| {
            scene.frame(box_class(chip.aspect, holds), (CHIPS_X, level - 13.0), 92.0, 26.0);
            scene.lamp((CHIPS_X + 13.0, level), chip.aspect, 4.5);
            let class = if holds { "tk-chip holds" } else { "tk-chip" };
            scene.text(class, (CHIPS_X + 23.0, level + 4.0), Anchor::Start, chip.name);
            let priority = (CHIPS_X + 85.0, level + 4.0);
            scene.text("tk-priority", priority, Anchor::End, chip.priority.to_string());
        });
    }
}

fn service(scene: &mut Scene, line: &Line, reading: Reading, y: f64) {
    let carrying = line.legs.iter().filter(|leg| carries(leg)).count();
    let mut role: Vec<String> =
        line.forwarding.map(|f| forwarding_name(f).to_owned()).into_iter().collect();
    role.push(line.scheduler.clone());
    role.push(texts::CARRY.fill(reading.language, &[&carrying, &line.legs.len()]));
    let station = Station {
        name: format!("IPVS :{}", line.port),
        role: role.join(" · "),
        aspect: shown(line.signal, reading),
        holds: false,
    };
    station.draw(scene, 16.0, y, 150.0);
}

/// What stands along the trunk, and where the last of it stands.
fn rows(scene: &mut Scene, line: &Line, width: f64, reading: Reading, service_y: f64) -> f64 {
    let rows = row_texts(line, reading.language);
    let first = service_y + 54.0;
    let level = |index: usize| first + index as f64 * PITCH;
    let route = |y: f64| {
        vec![(TRUNK, service_y + 22.0), (TRUNK, y - MITRE), (TRUNK + MITRE, y), (BOXES, y)]
    };
    let ways: Vec<Way> = rows.iter().map(|row| row_way(row, reading)).collect();
    for (index, way) in ways.iter().enumerate() {
        let mut points = route(level(index));
        if *way == Way::Broken {
            // Its own part has a gap; the trunk down to it is there.
            points.pop();
        }
        scene.bed(points);
    }
    for (index, way) in ways.iter().enumerate() {
        if *way == Way::Broken {
            scene.broken((TRUNK + MITRE, level(index)), (BOXES, level(index)), 18.0);
        } else {
            scene.core(*way, route(level(index)));
        }
    }
    for (index, row) in rows.into_iter().enumerate() {
        let (y, aspect) = (level(index), shown(row.aspect, reading));
        let box_width = width - 16.0 - BOXES;
        let draw = |scene: &mut Scene| {
            scene.frame(
                box_class(aspect, row.holds),
                (BOXES, y - BOX_HEIGHT / 2.0),
                box_width,
                BOX_HEIGHT,
            );
            scene.lamp((BOXES + 15.0, y), aspect, 5.0);
            scene.text("tk-name", (BOXES + 28.0, y + 4.5), Anchor::Start, fit(&row.name, 12));
            let class = if aspect == Aspect::Danger { "tk-small fill-danger" } else { "tk-role" };
            scene.text(class, (width - 30.0, y + 4.0), Anchor::End, fit(&row.value, 22));
        };
        match row.href {
            Some(href) => scene.link(href, format!("{}, {}", row.name, row.value), draw),
            None => draw(scene),
        }
    }
    level(ways.len().saturating_sub(1))
}

struct Row {
    name: String,
    value: String,
    href: Option<String>,
    aspect: Aspect,
    /// No connections are sent there.
    closed: bool,
    holds: bool,
}

/// Engines where there are some, since they say more than the legs that lead to them.
fn row_texts(line: &Line, language: Language) -> Vec<Row> {
    let reason = |reason: &Option<signalbox_domain::phrase::Phrase>| {
        reason.as_ref().map(|reason| reason.get(language).to_owned())
    };
    if line.engines.is_empty() {
        let row = |leg: &signalbox_domain::fleet::Leg| Row {
            name: leg.name.clone(),
            value: reason(&leg.reason).unwrap_or_else(|| {
                texts::ACTIVE.fill(language, &[&format::count(leg.active_connections)])
            }),
            href: leg.node.map(|node| format!("/nodes/{node}")),
            aspect: leg.signal,
            closed: leg.weight == 0,
            holds: false,
        };
        return line.legs.iter().map(row).collect();
    }
    let row = |engine: &signalbox_domain::fleet::EngineStation| {
        let role = engine_role(engine, &line.engines, language);
        let lag = engine.lag_s.map(|lag_s| texts::BEHIND.fill(language, &[&lag_s]));
        Row {
            name: engine.name.clone(),
            value: reason(&engine.reason)
                .or(lag.map(|lag| format!("{role} · {lag}")))
                .unwrap_or(role),
            href: Some(format!("/nodes/{}", engine.node)),
            aspect: engine.signal,
            closed: false,
            holds: engine.primary,
        }
    };
    line.engines.iter().map(row).collect()
}

fn row_way(row: &Row, reading: Reading) -> Way {
    match shown(row.aspect, reading) {
        Aspect::Unknown => Way::Stale,
        Aspect::Transit => Way::Transit,
        Aspect::Danger => Way::Broken,
        _ if row.closed => Way::Open,
        _ => Way::Flow(Flow::Medium),
    }
}

fn shown(aspect: Aspect, reading: Reading) -> Aspect {
    if reading.stale { Aspect::Unknown } else { aspect }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::geometry::Shape;
    use crate::track::sample;

    #[test]
    fn everything_stands_within_a_narrow_screen() {
        let fleet = sample::fleet();
        let reading = Reading { language: Language::Zh, stale: false };
        for line in &fleet.lines {
            let scene = lay_out_upright(&fleet, line, 390.0, reading);
            let rows = if line.engines.is_empty() { line.legs.len() } else { line.engines.len() };
            assert_eq!(scene.height, 136.0 + 54.0 + (rows - 1) as f64 * PITCH + 29.0);
            let beyond = scene.shapes.iter().any(|shape| match shape {
                Shape::Path { points, .. } => points.iter().any(|(x, _)| *x > 390.0 || *x < 0.0),
                _ => false,
            });
            assert!(!beyond);
        }
    }
}

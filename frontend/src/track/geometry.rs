//! The signs of the track grammar (design, §4). Everything lies on a 4 px grid; angles are 0, 45
//! and 90 degrees.

use signalbox_domain::signal::Signal as Aspect;

/// A point in px from the diagram's top left.
pub type At = (f64, f64);

/// What is drawn, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Path {
        class: &'static str,
        points: Vec<At>,
    },
    Box {
        class: &'static str,
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        round: f64,
    },
    Block {
        class: &'static str,
        x: f64,
        y: f64,
        width: f64,
        height: f64,
    },
    Lamp {
        x: f64,
        y: f64,
        aspect: Aspect,
        r: f64,
    },
    Text {
        class: &'static str,
        x: f64,
        y: f64,
        anchor: Anchor,
        text: String,
    },
    /// What a click or Enter opens, with its name for assistive technology.
    Link {
        href: String,
        label: String,
        shapes: Vec<Shape>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scene {
    pub width: f64,
    pub height: f64,
    pub shapes: Vec<Shape>,
}

/// What a stretch of track shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Traffic flows.
    Flow(Flow),
    /// A path exists; nothing goes there.
    Open,
    /// It failed.
    Broken,
    /// A job is changing it.
    Transit,
    /// Not known, or known from too long ago.
    Stale,
}

/// How much flows, against the line's own peak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Under 10 %.
    Thin,
    /// To 50 %.
    Medium,
    /// Above.
    Thick,
}

impl Flow {
    pub fn of(now: u64, peak: u64) -> Flow {
        match now.saturating_mul(100).checked_div(peak) {
            None | Some(0..10) => Flow::Thin,
            Some(10..=50) => Flow::Medium,
            Some(_) => Flow::Thick,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Flow::Thin => "tk-core thin",
            Flow::Medium => "tk-core",
            Flow::Thick => "tk-core thick",
        }
    }
}

/// Width of the gap in a broken track, and half the height of its buffers.
const GAP: f64 = 14.0;
const BUFFER: f64 = 7.0;

impl Scene {
    pub fn new(width: f64, height: f64) -> Scene {
        Scene { width, height, shapes: Vec::new() }
    }

    pub fn path(&mut self, class: &'static str, points: Vec<At>) {
        self.shapes.push(Shape::Path { class, points });
    }

    pub fn bed(&mut self, points: Vec<At>) {
        self.path("tk-bed", points);
    }

    /// The core over a bed that is drawn already: beds of a fan come first, or they would cut the
    /// cores beneath them.
    pub fn core(&mut self, way: Way, points: Vec<At>) {
        match way {
            Way::Flow(flow) => self.path(flow.class(), points),
            Way::Transit => self.path("tk-transit", points),
            Way::Stale => self.path("tk-stale", points),
            Way::Broken => self.path("tk-fail", points),
            Way::Open => {}
        }
    }

    pub fn track(&mut self, way: Way, points: Vec<At>) {
        self.bed(points.clone());
        self.core(way, points);
    }

    /// A level stretch from `from` to `to` that is broken: red to a gap between two buffers, with
    /// a cross inside. The gap lies `before_end` px before the end.
    pub fn broken(&mut self, from: At, to: At, before_end: f64) {
        let y = to.1;
        let gap = to.0 - before_end;
        let (left, right) = (gap - GAP / 2.0, gap + GAP / 2.0);
        self.bed(vec![from, (left, y)]);
        self.bed(vec![(right, y), to]);
        self.path("tk-fail", vec![from, (left, y)]);
        for x in [left, right] {
            self.path("tk-buffer", vec![(x, y - BUFFER), (x, y + BUFFER)]);
        }
        self.path("tk-cross", vec![(gap - 3.0, y - 3.0), (gap + 3.0, y + 3.0)]);
        self.path("tk-cross", vec![(gap + 3.0, y - 3.0), (gap - 3.0, y + 3.0)]);
    }

    /// Tells the direction on a free stretch.
    pub fn chevron(&mut self, x: f64, y: f64) {
        self.path("tk-chevron", vec![(x - 2.5, y - 4.5), (x + 2.5, y), (x - 2.5, y + 4.5)]);
    }

    pub fn text(
        &mut self,
        class: &'static str,
        (x, y): At,
        anchor: Anchor,
        text: impl Into<String>,
    ) {
        self.shapes.push(Shape::Text { class, x, y, anchor, text: text.into() });
    }

    pub fn frame(&mut self, class: &'static str, (x, y): At, width: f64, height: f64) {
        // Half a pixel in, so that the 1 px border is sharp.
        self.shapes.push(Shape::Box {
            class,
            x: x + 0.5,
            y: y + 0.5,
            width: width - 1.0,
            height: height - 1.0,
            round: 4.0,
        });
    }

    pub fn lamp(&mut self, (x, y): At, aspect: Aspect, r: f64) {
        self.shapes.push(Shape::Lamp { x, y, aspect, r });
    }

    /// What `draw` adds can be opened.
    pub fn link(&mut self, href: String, label: String, draw: impl FnOnce(&mut Scene)) {
        let mut inner = Scene::new(self.width, self.height);
        draw(&mut inner);
        self.shapes.push(Shape::Link { href, label, shapes: inner.shapes });
    }
}

/// A service or a node: 44 px high, lamp at 15, name, role below.
#[derive(Debug, Clone, PartialEq)]
pub struct Station {
    pub name: String,
    pub role: String,
    pub aspect: Aspect,
    /// It holds the role: primary, or the address.
    pub holds: bool,
}

pub const STATION_HEIGHT: f64 = 44.0;

impl Station {
    /// `x` is its left edge, `y` the track that it stands on.
    pub fn draw(self, scene: &mut Scene, x: f64, y: f64, width: f64) {
        scene.frame(
            box_class(self.aspect, self.holds),
            (x, y - STATION_HEIGHT / 2.0),
            width,
            STATION_HEIGHT,
        );
        scene.lamp((x + 15.0, y - 8.0), self.aspect, 5.0);
        scene.text("tk-name", (x + 28.0, y - 3.5), Anchor::Start, self.name);
        scene.text("tk-role", (x + 28.0, y + 12.0), Anchor::Start, self.role);
    }
}

pub fn box_class(aspect: Aspect, holds: bool) -> &'static str {
    match (aspect, holds) {
        (Aspect::Danger, _) => "tk-box danger",
        (_, true) => "tk-box holds",
        _ => "tk-box",
    }
}

/// How the points lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// To the leg with this index: 0 above, 1 below.
    To(usize),
    /// Both legs are closed: split brain.
    Both,
    /// A job moves them to this leg.
    MovingTo(usize),
    /// No leg is known to hold the address.
    Neither,
}

/// A director on a leg of the points.
#[derive(Debug, Clone, PartialEq)]
pub struct Chip {
    pub name: String,
    pub priority: u8,
    pub aspect: Aspect,
    pub href: String,
    pub label: String,
}

pub const POINTS_WIDTH: f64 = 168.0;
/// How far a leg lies from the middle.
pub const LEG: f64 = 22.0;
const THROAT: f64 = 14.0;
/// By so much the open leg ends before it meets the throat.
const OPENING: f64 = 9.0;
const CHIP: At = (92.0, 21.0);

/// The pair of directors: 168×66, one leg continuous, the other open at both ends.
pub fn points(scene: &mut Scene, x: f64, y: f64, set: Set, way: Way, chips: Vec<Chip>) {
    let end = x + POINTS_WIDTH;
    let leg = |index: usize| {
        let side = if index == 0 { -1.0 } else { 1.0 };
        let level = y + side * LEG;
        [(x + THROAT, y), (x + THROAT + LEG, level), (end - THROAT - LEG, level), (end - THROAT, y)]
    };
    let whole = |index: usize| {
        let mut points = vec![(x, y)];
        points.extend(leg(index));
        points.push((end, y));
        points
    };
    let opened = |index: usize| {
        let [_, inner, outer, _] = leg(index);
        let side = if index == 0 { -1.0 } else { 1.0 };
        let level = y + side * OPENING;
        vec![(x + THROAT + OPENING, level), inner, outer, (end - THROAT - OPENING, level)]
    };
    scene.bed(vec![(x, y), (x + THROAT, y)]);
    scene.bed(vec![(end - THROAT, y), (end, y)]);
    match set {
        Set::Both => {
            for index in [0, 1] {
                scene.bed(leg(index).to_vec());
                scene.core(Way::Broken, whole(index));
            }
        }
        Set::MovingTo(index) => {
            scene.bed(opened(1 - index.min(1)));
            scene.track(Way::Transit, whole(index));
        }
        Set::To(index) => {
            scene.bed(opened(1 - index.min(1)));
            scene.track(way, whole(index));
        }
        Set::Neither => {
            scene.bed(opened(0));
            scene.bed(opened(1));
        }
    }
    for (index, chip) in chips.into_iter().take(2).enumerate() {
        let holds = matches!(set, Set::Both) || set == Set::To(index);
        let level = if index == 0 { y - LEG } else { y + LEG };
        draw_chip(scene, x + POINTS_WIDTH / 2.0, level, chip, holds);
    }
}

fn draw_chip(scene: &mut Scene, middle: f64, y: f64, chip: Chip, holds: bool) {
    let (width, height) = CHIP;
    let left = middle - width / 2.0;
    scene.link(chip.href, chip.label, |scene| {
        scene.shapes.push(Shape::Box {
            class: box_class(chip.aspect, holds),
            x: left + 0.5,
            y: y - height / 2.0,
            width: width - 1.0,
            height,
            round: 3.0,
        });
        scene.lamp((left + 12.0, y), chip.aspect, 4.0);
        let class = if holds { "tk-chip holds" } else { "tk-chip" };
        scene.text(class, (left + 21.0, y + 4.0), Anchor::Start, chip.name);
        let priority = (left + width - 9.0, y + 4.0);
        scene.text("tk-priority", priority, Anchor::End, chip.priority.to_string());
    });
}

/// Lag limits of the eight blocks, in seconds.
const BLOCK_LIMITS_S: [f64; 8] = [0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0];
/// From here a lit block is amber.
pub const LAG_WARN_S: u64 = 30;

/// How many of the eight blocks are lit.
pub fn lit_blocks(lag_s: u64) -> usize {
    BLOCK_LIMITS_S.iter().filter(|limit| lag_s as f64 >= **limit).count()
}

/// The replication track between two engines: eight blocks, lit from the replica's end.
pub fn blocks(scene: &mut Scene, from: f64, to: f64, y: f64, lit: usize, class: &'static str) {
    const COUNT: usize = 8;
    const SPACE: f64 = 2.0;
    let width = (to - from - SPACE * (COUNT - 1) as f64) / COUNT as f64;
    for index in 0..COUNT {
        let x = from + index as f64 * (width + SPACE);
        let on = index >= COUNT - lit.min(COUNT);
        let block =
            |class, height: f64| Shape::Block { class, x, y: y - height / 2.0, width, height };
        if on {
            scene.shapes.push(block(class, 8.0));
        } else {
            scene.shapes.push(block("tk-block off", 8.0));
            scene.shapes.push(block("tk-block ink", 2.5));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chips() -> Vec<Chip> {
        let chip = |name: &str, priority| Chip {
            name: name.into(),
            priority,
            aspect: Aspect::Clear,
            href: String::new(),
            label: String::new(),
        };
        vec![chip("dir-a", 100), chip("dir-b", 90)]
    }

    fn paths(scene: &Scene, class: &str) -> Vec<Vec<At>> {
        let of_class = |shape: &Shape| match shape {
            Shape::Path { class: found, points } if *found == class => Some(points.clone()),
            _ => None,
        };
        scene.shapes.iter().filter_map(of_class).collect()
    }

    /// Angles are 0, 45 and 90 degrees.
    fn is_on_grid(points: &[At]) -> bool {
        points.windows(2).all(|pair| {
            let (dx, dy) = ((pair[1].0 - pair[0].0).abs(), (pair[1].1 - pair[0].1).abs());
            dx == 0.0 || dy == 0.0 || dx == dy
        })
    }

    #[test]
    fn the_holders_leg_is_continuous_and_the_other_open() {
        let mut scene = Scene::new(400.0, 200.0);
        points(&mut scene, 100.0, 112.0, Set::To(0), Way::Flow(Flow::Medium), chips());
        let cores = paths(&scene, "tk-core");
        let upper = vec![
            (100.0, 112.0),
            (114.0, 112.0),
            (136.0, 90.0),
            (232.0, 90.0),
            (254.0, 112.0),
            (268.0, 112.0),
        ];
        assert_eq!(cores, [upper]);
        let open = vec![(123.0, 121.0), (136.0, 134.0), (232.0, 134.0), (245.0, 121.0)];
        assert!(paths(&scene, "tk-bed").contains(&open));
        assert!(paths(&scene, "tk-bed").iter().chain(&cores).all(|path| is_on_grid(path)));
    }

    #[test]
    fn split_brain_closes_both_legs_in_red() {
        let mut scene = Scene::new(400.0, 200.0);
        points(&mut scene, 100.0, 112.0, Set::Both, Way::Flow(Flow::Medium), chips());
        assert_eq!(paths(&scene, "tk-fail").len(), 2);
        assert_eq!(paths(&scene, "tk-core").len(), 0);
    }

    #[test]
    fn points_without_a_holder_carry_nothing() {
        let mut scene = Scene::new(400.0, 200.0);
        points(&mut scene, 100.0, 112.0, Set::Neither, Way::Flow(Flow::Medium), chips());
        assert_eq!(paths(&scene, "tk-core").len(), 0);
    }

    #[test]
    fn a_broken_track_stops_at_a_gap_of_14_px() {
        let mut scene = Scene::new(400.0, 200.0);
        scene.broken((0.0, 50.0), (100.0, 50.0), 20.0);
        assert_eq!(paths(&scene, "tk-fail"), [vec![(0.0, 50.0), (73.0, 50.0)]]);
        let buffers = paths(&scene, "tk-buffer");
        assert_eq!(buffers, [vec![(73.0, 43.0), (73.0, 57.0)], vec![(87.0, 43.0), (87.0, 57.0)]]);
    }

    #[test]
    fn the_core_widens_with_the_share_of_the_peak() {
        assert_eq!(Flow::of(9, 100), Flow::Thin);
        assert_eq!(Flow::of(10, 100), Flow::Medium);
        assert_eq!(Flow::of(51, 100), Flow::Thick);
        assert_eq!(Flow::of(0, 0), Flow::Thin);
    }

    #[test]
    fn blocks_light_with_the_lag_from_the_replicas_end() {
        assert_eq!([0, 1, 4, 5, 29, 60, 148, 900].map(lit_blocks), [0, 2, 2, 3, 4, 6, 6, 8]);
        let mut scene = Scene::new(400.0, 200.0);
        blocks(&mut scene, 0.0, 94.0, 20.0, 6, "tk-block caution");
        let lit: Vec<f64> = scene
            .shapes
            .iter()
            .filter_map(|shape| match shape {
                Shape::Block { class: "tk-block caution", x, width, .. } => Some(x + width),
                _ => None,
            })
            .collect();
        assert_eq!(lit.len(), 6);
        assert_eq!(lit.last(), Some(&94.0), "the last block touches the replica's end");
    }
}

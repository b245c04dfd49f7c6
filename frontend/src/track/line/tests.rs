use super::*;
use crate::track::geometry::Shape;
use crate::track::sample;

const READING: Reading = Reading { language: Language::En, stale: false };

fn scene(fleet: &FleetView, reading: Reading) -> Scene {
    lay_out(fleet, Columns::fit(1272.0), reading).0
}

/// All shapes, those inside links too.
fn flat(shapes: &[Shape]) -> Vec<&Shape> {
    let mut all = Vec::new();
    for shape in shapes {
        all.push(shape);
        if let Shape::Link { shapes, .. } = shape {
            all.extend(flat(shapes));
        }
    }
    all
}

fn texts_of(scene: &Scene) -> Vec<&str> {
    let mut texts = Vec::new();
    for shape in flat(&scene.shapes) {
        if let Shape::Text { text, .. } = shape {
            texts.push(text.as_str());
        }
    }
    texts
}

fn count(scene: &Scene, class: &str) -> usize {
    let of_class =
        |shape: &&Shape| matches!(shape, Shape::Path { class: found, .. } if *found == class);
    flat(&scene.shapes).into_iter().filter(of_class).count()
}

#[test]
fn a_failed_leg_is_broken_and_says_why() {
    let fleet = sample::fleet();
    let scene = scene(&fleet, READING);
    assert_eq!(count(&scene, "tk-buffer"), 2);
    assert!(texts_of(&scene).contains(&"502 × 3"), "{:?}", texts_of(&scene));
    assert!(texts_of(&scene).contains(&"DR · wrr · 2 of 3"));
}

#[test]
fn nothing_looks_like_news_on_a_stale_page() {
    let scene = scene(&sample::fleet(), Reading { stale: true, ..READING });
    let lit =
        |shape: &&Shape| matches!(shape, Shape::Lamp { aspect, .. } if *aspect != Aspect::Unknown);
    assert_eq!(flat(&scene.shapes).into_iter().filter(lit).count(), 0);
    for class in ["tk-core", "tk-core thin", "tk-core thick", "tk-fail", "tk-transit"] {
        assert_eq!(count(&scene, class), 0, "{class}");
    }
}

#[test]
fn split_brain_and_no_holder() {
    let mut fleet = sample::fleet();
    let points = fleet.lines[0].points.as_mut().unwrap();
    points.holder = Holder::Several { nodes: vec![NodeId(1), NodeId(2)] };
    let both = set_of(fleet.lines[0].points.as_ref().unwrap(), &fleet, READING);
    assert_eq!(both, Set::Both);

    fleet.lines[0].points.as_mut().unwrap().holder = Holder::Nobody;
    assert_eq!(approach_ways(&fleet.lines[0], READING), (Way::Broken, Way::Open));
}

#[test]
fn moving_points_lead_to_where_the_job_goes() {
    let mut fleet = sample::fleet();
    fleet.running = vec![sample::hand_over_job(NodeId(2))];
    fleet.lines[0].points.as_mut().unwrap().moving = Some(fleet.running[0].id);
    assert_eq!(set_of(fleet.lines[0].points.as_ref().unwrap(), &fleet, READING), Set::MovingTo(1));
}

#[test]
fn a_second_replica_of_one_source_gets_its_own_row() {
    let engines = sample::fleet().lines[1].engines.clone();
    assert_eq!(engine_rows(&engines), [0, 0, 0], "a chain is one row");
    let mut star = engines;
    star[2].follows = Some(star[0].node);
    assert_eq!(engine_rows(&star), [0, 0, 1]);
    assert_eq!((0..3).map(|index| depth_of(&star, index)).collect::<Vec<_>>(), [0, 1, 1]);
}

#[test]
fn a_replica_that_follows_a_later_one_is_no_endless_walk() {
    let mut ring = sample::fleet().lines[1].engines.clone();
    ring[0].follows = Some(ring[2].node);
    assert_eq!(depth_of(&ring, 2), 2);
    assert_eq!(scene(&FleetView::default(), READING).height, HEADING);
}

#[test]
fn roles_in_both_languages() {
    let engines = sample::fleet().lines[1].engines.clone();
    let role = |index: usize, language| engine_role(&engines[index], &engines, language);
    assert_eq!(role(0, Language::En), "primary");
    assert_eq!(role(1, Language::En), "replica · semi-sync");
    assert_eq!(role(2, Language::Zh), "从库 · 级联");
}

#[test]
fn stations_keep_their_place_however_wide_the_window() {
    let (narrow, usual, wide) = (Columns::fit(900.0), Columns::fit(1272.0), Columns::fit(2400.0));
    assert_eq!(narrow.width, 1112.0, "below that it scrolls sideways");
    assert!(narrow.stations < usual.stations, "what a window has more goes between the stations");
    assert_eq!(wide.stations, usual.stations, "the rest goes to the tracks at the right");
    assert_eq!(fit("a-very-long-name", 8), "a-very-…");
}

#[test]
fn however_narrow_the_page_no_engine_covers_another() {
    let (scene, _) = lay_out(&sample::fleet(), Columns::fit(640.0), READING);
    let narrow = |shape: &&Shape| matches!(shape, Shape::Block { width, .. } if *width < 1.0);
    assert_eq!(flat(&scene.shapes).into_iter().filter(narrow).count(), 0);
}

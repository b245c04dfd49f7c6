//! Six key figures, each with its last minutes and what it is of.

use leptos::prelude::*;
use signalbox_domain::ids::NodeId;
use signalbox_domain::nodes::{Disk, NodeHistory, VITALS_KEPT, Vitals as Values, VitalsPoint};
use signalbox_domain::phrase::Language;
use signalbox_domain::signal::Signal as Aspect;

use super::detail::Seen;
use super::history_path;
use crate::document::{Answer, use_document};
use crate::format;
use crate::locale::{language, t};
use crate::locales::nodes as texts;
use crate::ui::{Age, Curve, Lamp, Sentence, Sparkline};

/// A disk at least this full is in need of attention, percent.
const DISK_CAUTION_PERCENT: f64 = 90.0;
const DISK_DANGER_PERCENT: f64 = 97.0;

/// Vitals are read every 2 s; after a longer time without one the curve has a gap.
const GAP_MS: i64 = 7_000;

/// One key figure.
#[derive(Debug, Clone, PartialEq)]
struct Figure {
    name: String,
    value: String,
    /// After the value, quieter.
    unit: String,
    below: String,
    aspect: Option<Aspect>,
    /// What its curve is of.
    reading: Reading,
    /// The top of the curve's scale, where the figure has one.
    max: Option<f64>,
}

/// One of the numbers that are read each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Cpu,
    Load,
    Memory,
    Disk,
    Received,
    Sent,
}

impl Reading {
    fn of(self, point: &VitalsPoint) -> Option<f64> {
        match self {
            Reading::Cpu => point.cpu_percent.map(f64::from),
            Reading::Load => Some(f64::from(point.load1)),
            Reading::Memory => Some(point.memory_used_bytes as f64),
            Reading::Disk => point.disk_used_percent.map(f64::from),
            Reading::Received => point.rx_bytes_per_s.map(|bytes| bytes as f64),
            Reading::Sent => point.tx_bytes_per_s.map(|bytes| bytes as f64),
        }
    }

    fn curve(self, points: &[VitalsPoint], max: Option<f64>) -> Curve {
        let value = |point: &VitalsPoint| Some((point.at, self.of(point)?));
        Curve {
            points: points.iter().filter_map(value).collect(),
            span_ms: VITALS_KEPT.as_millis() as i64,
            gap_ms: GAP_MS,
            max,
            limit: (self == Reading::Disk).then_some(DISK_CAUTION_PERCENT),
        }
    }
}

#[component]
pub(super) fn Vitals(id: NodeId, seen: Seen) -> impl IntoView {
    let points = points(id, seen);
    let read_at = seen.part(|node| Some(node.observed.vitals.as_ref()?.observed_at));
    let language = language();
    let figures = seen.part(move |node| {
        let vitals = &node.observed.vitals.as_ref()?.value;
        let cpus = node.observed.platform.as_ref().map(|platform| platform.value.cpus);
        Some(figures(vitals, cpus, language))
    });
    let age = move || {
        let at = read_at.get()?;
        let word = if seen.is_stale() { texts::NOT_CURRENT } else { texts::READ_AGO };
        Some(view! {
            {seen.is_stale().then(|| view! { <Lamp aspect=Aspect::Unknown size=8 /> })}
            <Sentence text=word>
                <Age of=at />
            </Sentence>
        })
    };
    let shown = move || match figures.get() {
        None => view! { <p class="i2 node-nothing">{t(texts::NEVER_READ)}</p> }.into_any(),
        Some(figures) => {
            figures.into_iter().map(|figure| cell(figure, points, seen)).collect_view().into_any()
        }
    };
    view! {
        <section class="plate first">
            <div class="plh">
                <h2>{t(texts::VITALS)}</h2>
                <span class="meta row g4">{age}</span>
            </div>
            <div class="node-vitals">{shown}</div>
        </section>
    }
}

/// The readings that the console has kept, and each that has come since.
fn points(id: NodeId, seen: Seen) -> RwSignal<Vec<VitalsPoint>> {
    let history = use_document::<NodeHistory>(history_path(id));
    let points = RwSignal::new(history.answer().with_untracked(kept));
    // What the page was rendered with is there already; on the way here it comes later.
    Effect::watch(
        move || history.answer().with(kept),
        move |kept, _, _| points.set(kept.clone()),
        false,
    );
    let newest = seen.part(|node| Some(VitalsPoint::of(node.observed.vitals.as_ref()?)));
    Effect::new(move |_| {
        let Some(newest) = newest.get() else { return };
        points.update(|points| {
            points.retain(|point| point.at.age(newest.at) <= VITALS_KEPT);
            if points.last().is_none_or(|last| newest.is_news_after(last)) {
                points.push(newest);
            }
        });
    });
    points
}

fn kept(answer: &Answer<NodeHistory>) -> Vec<VitalsPoint> {
    match answer {
        Some(Ok(history)) => history.vitals.iter().cloned().collect(),
        _ => Vec::new(),
    }
}

fn cell(figure: Figure, points: RwSignal<Vec<VitalsPoint>>, seen: Seen) -> impl IntoView {
    let Figure { reading, max, .. } = figure;
    let curve = Signal::derive(move || points.with(|points| reading.curve(points, max)));
    let stale = Signal::derive(move || seen.is_stale());
    let ink = figure.aspect.map_or("figure tn", |_| "figure tn caution");
    view! {
        <div class="node-vital">
            <div class="row">
                <span class="cap el">{figure.name}</span>
                <span class="sp"></span>
                <span class=ink>{figure.value}</span>
                {(!figure.unit.is_empty()).then(|| view! { <span class="i3 nw">{figure.unit}</span> })}
            </div>
            <Sparkline curve stale />
            <p class="t11 i3">{figure.below}</p>
        </div>
    }
}

fn figures(vitals: &Values, cpus: Option<u32>, language: Language) -> Vec<Figure> {
    let text =
        |text: crate::locale::Text, values: &[&dyn std::fmt::Display]| text.fill(language, values);
    let cores_known =
        |line: crate::locale::Text| cpus.map(|cpus| text(line, &[&cpus])).unwrap_or_default();
    let used = vitals.memory_used_bytes();
    let plain = |reading, name: crate::locale::Text, value: String, below: String| Figure {
        name: name.get(language).to_owned(),
        value,
        unit: String::new(),
        below,
        aspect: None,
        reading,
        max: None,
    };
    let traffic = |bytes: Option<u64>| bytes.map_or_else(unknown, format::bit_rate);
    let cpu = vitals.cpu_percent;
    let everywhere = || text(texts::ALL_INTERFACES, &[]);
    let mut figures = vec![
        Figure {
            max: Some(100.0),
            ..plain(
                Reading::Cpu,
                texts::CPU,
                cpu.map_or_else(unknown, |percent| format::percent(percent, language)),
                if cpus == Some(1) {
                    text(texts::ONE_CORE, &[])
                } else {
                    cores_known(texts::CORES)
                },
            )
        },
        plain(
            Reading::Load,
            texts::LOAD,
            format!("{:.2}", vitals.load1),
            cores_known(texts::LOAD_FULL),
        ),
        Figure {
            unit: text(texts::OF, &[&format::bytes(vitals.memory_total_bytes)]),
            max: Some(vitals.memory_total_bytes as f64),
            ..plain(
                Reading::Memory,
                texts::MEMORY,
                format::bytes(used),
                text(texts::AVAILABLE, &[&format::bytes(vitals.memory_available_bytes)]),
            )
        },
    ];
    figures.extend(vitals.fullest_disk().map(|disk| disk_figure(disk, language)));
    let mut network = |reading, name, bytes| {
        figures.push(plain(reading, name, traffic(bytes), everywhere()));
    };
    network(Reading::Received, texts::RECEIVED, vitals.rx_bytes_per_s);
    network(Reading::Sent, texts::SENT, vitals.tx_bytes_per_s);
    figures
}

fn unknown() -> String {
    "–".to_owned()
}

fn disk_figure(disk: &Disk, language: Language) -> Figure {
    let percent = f64::from(disk.used_percent());
    let aspect = match percent {
        DISK_DANGER_PERCENT.. => Some(Aspect::Danger),
        DISK_CAUTION_PERCENT.. => Some(Aspect::Caution),
        _ => None,
    };
    let (free, total) = (format::bytes(disk.free_bytes), format::bytes(disk.total_bytes));
    Figure {
        name: texts::DISK.fill(language, &[&disk.mount]),
        value: format::percent(percent as f32, language),
        unit: String::new(),
        below: texts::FREE.fill(language, &[&free, &total]),
        aspect,
        reading: Reading::Disk,
        max: Some(100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1024 * 1024 * 1024;

    fn disk(mount: &str, free_gib: u64) -> Disk {
        Disk { mount: mount.into(), total_bytes: 100 * GIB, free_bytes: free_gib * GIB }
    }

    #[test]
    fn a_full_disk_is_told_and_judged() {
        let figure = disk_figure(&disk("/var/lib/mysql", 9), Language::En);
        assert_eq!(figure.name, "Disk /var/lib/mysql");
        assert_eq!((figure.value.as_str(), figure.aspect), ("91 %", Some(Aspect::Caution)));
        assert_eq!(disk_figure(&disk("/", 2), Language::En).aspect, Some(Aspect::Danger));
        assert_eq!(disk_figure(&disk("/", 50), Language::En).aspect, None);
    }

    #[test]
    fn what_was_not_measured_is_not_zero() {
        let vitals = Values {
            uptime_s: 1,
            load1: 6.8,
            cpu_percent: None,
            memory_total_bytes: 64 * GIB,
            memory_available_bytes: 16 * GIB,
            disks: Vec::new(),
            rx_bytes_per_s: None,
            tx_bytes_per_s: Some(125_000),
        };
        let figures = figures(&vitals, None, Language::En);
        let value = |at: usize| figures[at].value.as_str();
        assert_eq!((value(0), value(1), value(2)), ("–", "6.80", "48 GiB"));
        assert_eq!((value(3), value(4)), ("–", "1.0 Mbit/s"));
    }
}

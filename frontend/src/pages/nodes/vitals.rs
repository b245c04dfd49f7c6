//! Six key figures, each with what it is of.

use leptos::prelude::*;
use signalbox_domain::nodes::{Disk, Vitals as Values};
use signalbox_domain::phrase::Language;
use signalbox_domain::signal::Signal as Aspect;

use super::detail::Seen;
use crate::format;
use crate::locale::{language, t};
use crate::locales::nodes as texts;
use crate::ui::{Age, Bar, Lamp};

/// A disk at least this full is in need of attention, percent.
const DISK_CAUTION_PERCENT: f64 = 90.0;
const DISK_DANGER_PERCENT: f64 = 97.0;

/// One key figure.
#[derive(Debug, Clone, PartialEq)]
struct Figure {
    name: String,
    value: String,
    /// After the value, quieter.
    unit: String,
    below: String,
    /// How much of it is used, 0 to 1, where it has an end.
    share: Option<f64>,
    aspect: Option<Aspect>,
}

#[component]
pub(super) fn Vitals(seen: Seen) -> impl IntoView {
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
            {t(word)}
            " "
            <Age of=at />
            " "
            {t(texts::AGO)}
        })
    };
    let shown = move || match figures.get() {
        None => view! { <p class="i2 node-nothing">{t(texts::NEVER_READ)}</p> }.into_any(),
        Some(figures) => figures.into_iter().map(cell).collect_view().into_any(),
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

fn cell(figure: Figure) -> impl IntoView {
    let label = format!("{} {}{}", figure.name, figure.value, figure.unit);
    view! {
        <div class="node-vital">
            <div class="row">
                <span class="cap el">{figure.name}</span>
                <span class="sp"></span>
                <span class="figure tn">{figure.value}</span>
                <span class="i3 nw">{figure.unit}</span>
            </div>
            {figure
                .share
                .map(|share| {
                    view! { <Bar share=Signal::stored(share) label=label aspect=figure.aspect /> }
                })}
            <p class="t11 i3">{figure.below}</p>
        </div>
    }
}

fn figures(vitals: &Values, cpus: Option<u32>, language: Language) -> Vec<Figure> {
    let text =
        |text: crate::locale::Text, values: &[&dyn std::fmt::Display]| text.fill(language, values);
    let cores = cpus.unwrap_or_default();
    let cores_known =
        |line: crate::locale::Text| cpus.map(|cpus| text(line, &[&cpus])).unwrap_or_default();
    let used = vitals.memory_total_bytes.saturating_sub(vitals.memory_available_bytes);
    let plain = |name: crate::locale::Text, value: String, below: String| Figure {
        name: name.get(language).to_owned(),
        value,
        unit: String::new(),
        below,
        share: None,
        aspect: None,
    };
    let traffic = |bytes: Option<u64>| bytes.map_or_else(unknown, format::bit_rate);
    let cpu = vitals.cpu_percent;
    let everywhere = || text(texts::ALL_INTERFACES, &[]);
    let mut figures = vec![
        Figure {
            share: cpu.map(|percent| f64::from(percent) / 100.0),
            ..plain(
                texts::CPU,
                cpu.map_or_else(unknown, |percent| format::percent(percent, language)),
                cores_known(texts::CORES),
            )
        },
        Figure {
            share: (cores > 0).then(|| f64::from(vitals.load1) / f64::from(cores)),
            ..plain(texts::LOAD, format!("{:.2}", vitals.load1), cores_known(texts::LOAD_FULL))
        },
        Figure {
            unit: text(texts::OF, &[&format::bytes(vitals.memory_total_bytes)]),
            share: Some(ratio(used, vitals.memory_total_bytes)),
            ..plain(
                texts::MEMORY,
                format::bytes(used),
                text(texts::AVAILABLE, &[&format::bytes(vitals.memory_available_bytes)]),
            )
        },
    ];
    figures.extend(fullest(&vitals.disks).map(|disk| disk_figure(disk, language)));
    figures.push(plain(texts::RECEIVED, traffic(vitals.rx_bytes_per_s), everywhere()));
    figures.push(plain(texts::SENT, traffic(vitals.tx_bytes_per_s), everywhere()));
    figures
}

fn unknown() -> String {
    "–".to_owned()
}

fn disk_figure(disk: &Disk, language: Language) -> Figure {
    let share = used_share(disk);
    let percent = share * 100.0;
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
        share: Some(share),
        aspect,
    }
}

fn fullest(disks: &[Disk]) -> Option<&Disk> {
    disks.iter().max_by(|a, b| used_share(a).total_cmp(&used_share(b)))
}

fn used_share(disk: &Disk) -> f64 {
    ratio(disk.total_bytes.saturating_sub(disk.free_bytes), disk.total_bytes)
}

fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1024 * 1024 * 1024;

    fn disk(mount: &str, free_gib: u64) -> Disk {
        Disk { mount: mount.into(), total_bytes: 100 * GIB, free_bytes: free_gib * GIB }
    }

    #[test]
    fn the_fullest_disk_is_told_and_judged() {
        let disks = [disk("/", 60), disk("/var/lib/mysql", 9), disk("/home", 30)];
        let figure = disk_figure(fullest(&disks).unwrap(), Language::En);
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
        assert_eq!((figures[0].share, figures[1].share), (None, None));
    }
}

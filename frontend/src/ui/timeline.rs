//! What was so when, over the last day: a track for each row, grouped by what the rows are of.

use leptos::prelude::*;
use signalbox_domain::time::Timestamp;

use crate::format::Local;
use crate::live::use_live;
use crate::shell::use_chosen;

const WIDTH: f64 = 1224.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 26.0;
const PITCH: f64 = 24.0;
const BETWEEN: f64 = 18.0;
const HOUR_MS: i64 = 3_600_000;
const SHOWN_HOURS: i64 = 24;
const MARK_EVERY_HOURS: i64 = 3;

#[derive(Debug, Clone, PartialEq)]
pub struct TimelineGroup {
    pub name: String,
    pub rows: Vec<TimelineRow>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TimelineRow {
    pub name: String,
    /// Each over those before it. What none covers was not seen.
    pub runs: Vec<TimelineRun>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TimelineRun {
    pub class: &'static str,
    pub from: Timestamp,
    pub to: Timestamp,
}

/// The end of the day that is drawn: it moves by a pixel in a minute.
pub fn use_day_end() -> Memo<Timestamp> {
    let live = use_live();
    Memo::new(move |_| Timestamp(live.now().0.div_euclid(30_000) * 30_000 + 30_000))
}

/// The begin of the day that ends at `end`.
pub fn day_begin(end: Timestamp) -> Timestamp {
    Timestamp(end.0 - SHOWN_HOURS * HOUR_MS)
}

#[component]
pub fn Timeline(
    end: Memo<Timestamp>,
    groups: Memo<Vec<TimelineGroup>>,
    /// The same in words.
    label: Memo<String>,
) -> impl IntoView {
    let chosen = use_chosen();
    let height = Memo::new(move |_| groups.with(|groups| height(groups)));
    let marks = move || {
        let offset_min = chosen.utc_offset_min.get();
        let mark = |(x, text): (f64, String)| {
            view! {
                <path class="tk-seam" d=move || format!("M{x:.1} {TOP}V{}", height.get()) />
                <text class="tk-note" x=x y="14" text-anchor="middle">{text}</text>
            }
        };
        marks(end.get(), offset_min).into_iter().map(mark).collect_view()
    };
    view! {
        <div class="timeline">
            <svg viewBox=move || format!("0 0 {WIDTH} {}", height.get()) role="img" aria-label=label>
                {marks}
                {move || groups.with(|groups| draw(groups, end.get()))}
            </svg>
        </div>
    }
}

/// What a kind of run means.
pub fn sign(class: &'static str, text: &'static str) -> impl IntoView {
    view! {
        <span class="row g6">
            <svg width="26" height="8">
                <path class=class d="M0 4H26" />
            </svg>
            {text}
        </span>
    }
}

fn height(groups: &[TimelineGroup]) -> f64 {
    let of_group = |group: &TimelineGroup| PITCH * group.rows.len().max(1) as f64 + BETWEEN;
    groups.iter().fold(TOP, |height, group| height + of_group(group))
}

fn draw(groups: &[TimelineGroup], end: Timestamp) -> impl IntoView + use<> {
    let begin = day_begin(end);
    let mut top = TOP;
    let mut drawn = Vec::new();
    for group in groups {
        let first = top + PITCH / 2.0;
        let middle = first + PITCH * group.rows.len().saturating_sub(1) as f64 / 2.0;
        drawn.push(name(78.0, middle, "tk-value", &group.name));
        for (index, row) in group.rows.iter().enumerate() {
            let y = first + PITCH * index as f64;
            drawn.push(name(LEFT - 12.0, y, "tk-note", &row.name));
            // Over everything that was not seen.
            drawn.push(run("tk-stale", y, x(begin, end), x(end, end)));
            for TimelineRun { class, from, to } in &row.runs {
                drawn.push(run("timeline-seen", y, x(*from, end), x(*to, end)));
                drawn.push(run(class, y, x(*from, end), x(*to, end)));
            }
        }
        top += PITCH * group.rows.len().max(1) as f64 + BETWEEN;
    }
    drawn
}

fn name(x: f64, y: f64, class: &'static str, name: &str) -> AnyView {
    view! { <text class=class x=x y=y + 4.0 text-anchor="end">{name.to_owned()}</text> }.into_any()
}

fn run(class: &'static str, y: f64, from: f64, to: f64) -> AnyView {
    // The shortest time is still seen.
    let to = to.max(from + 1.5);
    view! { <path class=class d=format!("M{from:.1} {y}H{to:.1}") /> }.into_any()
}

fn x(at: Timestamp, end: Timestamp) -> f64 {
    let share = (at.0 - day_begin(end).0) as f64 / (SHOWN_HOURS * HOUR_MS) as f64;
    LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
}

/// Every third hour of the reader's day: place and text.
fn marks(end: Timestamp, utc_offset_min: i32) -> Vec<(f64, String)> {
    let step_ms = MARK_EVERY_HOURS * HOUR_MS;
    let offset_ms = i64::from(utc_offset_min) * 60_000;
    let first = (day_begin(end).0 + offset_ms).div_euclid(step_ms) * step_ms + step_ms - offset_ms;
    (0..SHOWN_HOURS / MARK_EVERY_HOURS)
        .map(|index| Timestamp(first + index * step_ms))
        .filter(|at| *at < end)
        .map(|at| {
            let clock = Local::at(at, utc_offset_min).clock();
            (x(at, end), clock.get(..5).unwrap_or(&clock).to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_whole_hours_of_the_readers_day() {
        let midnight = Timestamp(1_795_305_600_000);
        let texts: Vec<String> = marks(midnight, 480).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["09:00", "12:00", "15:00", "18:00", "21:00", "00:00", "03:00", "06:00"]);
    }

    #[test]
    fn what_lies_before_the_day_is_drawn_at_its_begin() {
        let end = Timestamp(1_795_305_600_000);
        assert_eq!((x(Timestamp(0), end), x(end, end)), (LEFT, WIDTH - RIGHT));
    }
}

//! Rules that are live and not kept yet: what still works, and how long there is to say so.

use std::f64::consts::TAU;

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use signalbox_domain::firewall::plan::WITHIN_S;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::{JobView, StepState};
use signalbox_domain::live::Topic;
use signalbox_domain::operation::Operation;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::time::Timestamp;

use super::board::Board;
use super::drops::Drops;
use crate::live::use_live;
use crate::locale::{say, t, t_with};
use crate::locales::firewall as texts;
use crate::pages::jobs::{KeepButtons, Keeping};
use crate::plan::NodeNames;
use crate::ui::{Lamp, Moment, elements};

/// Watches for the job of this node that waits to be kept.
#[component]
pub(super) fn Confirmation(board: Board) -> impl IntoView {
    let node = board.node;
    let fleet = use_live().watch::<FleetView>(Topic::Fleet);
    let job = Memo::new(move |_| {
        fleet.with(|fleet| {
            let mut running = fleet.iter().flat_map(|fleet| &fleet.running);
            running.find(|job| job.operation.filters().contains(&node)).map(|job| job.id)
        })
    });
    move || job.get().map(|id| view! { <OfJob board id /> })
}

#[component]
fn OfJob(board: Board, id: JobId) -> impl IntoView {
    let job = use_live().watch::<JobView>(Topic::Job(id));
    let until = Memo::new(move |_| job.with(|job| job.as_ref()?.confirm_until));
    move || {
        until.get().map(|until| view! { <Window board id job until keeping=Keeping::new(id) /> })
    }
}

#[component]
fn Window(
    board: Board,
    id: JobId,
    job: Memo<Option<JobView>>,
    until: Timestamp,
    keeping: Keeping,
) -> impl IntoView {
    let live = use_live();
    let names = NodeNames::new(live.watch::<FleetView>(Topic::Fleet));
    let (node, within_s) = job.with_untracked(|job| told(job.as_ref(), names));
    let left = Memo::new(move |_| seconds_until(live.now(), until));
    let dialog = NodeRef::<html::Div>::new();
    trap_focus(dialog);
    let keydown = move |event: KeyboardEvent| match event.key().as_str() {
        "k" | "K" => keeping.keep(),
        "r" | "R" => keeping.roll_back(),
        "Tab" => walk(dialog, &event),
        _ => {}
    };
    let by = job.with_untracked(|job| job.as_ref().map(|job| job.summary.started_by.clone()));
    let title = t_with(texts::IS_LIVE, &[&node]);
    view! {
        <div class="scrim">
            <div
                class="dialog confirm"
                role="dialog"
                aria-modal="true"
                aria-labelledby="confirm-title"
                aria-describedby="confirm-help"
                tabindex="-1"
                node_ref=dialog
                on:keydown=keydown
            >
                <header>
                    <Lamp aspect=Aspect::Transit size=12 />
                    <h2 id="confirm-title">{title}</h2>
                    <span class="sp"></span>
                    <a class="t12" href=format!("/jobs/{id}")>{format!("{id}")}</a>
                    <span class="t12 i3">{by}</span>
                </header>
                <p id="confirm-help" class="confirm-help i2">
                    <Help node until />
                </p>
                <div class="confirm-body">
                    <div class="confirm-ring">
                        <Ring left within_s />
                        <p class="t12 i2">{t(texts::TIMER_RUNS)}</p>
                    </div>
                    <Checks board job names />
                </div>
                <Offline />
                <footer>
                    <span class="t12 i2 wide-only">
                        <kbd>"K"</kbd>" "{t(texts::KEEP_KEY)}" "<kbd>"R"</kbd>" "{t(texts::ROLL_BACK_KEY)}
                    </span>
                    <span class="sp"></span>
                    <KeepButtons keeping job large=true />
                </footer>
                <Announced left />
            </div>
        </div>
    }
}

/// On which nodes the new rules are live, and how long there is to say that they stay.
fn told(job: Option<&JobView>, names: NodeNames) -> (String, u32) {
    let Some(job) = job else { return (String::new(), WITHIN_S) };
    let within_s = match &job.summary.operation {
        Operation::FirewallApply { within_s, .. }
        | Operation::FirewallApplyGroup { within_s, .. }
        | Operation::FirewallChangeSets { within_s, .. } => *within_s,
        _ => WITHIN_S,
    };
    let loaded = job
        .steps
        .iter()
        .filter(|step| step.id.starts_with("load") && step.state == StepState::Done);
    let nodes: Vec<String> = loaded.flat_map(|step| &step.nodes).map(|id| names.get(*id)).collect();
    (nodes.join(", "), within_s)
}

/// The sentence with the moment in its middle, each language its own order.
#[component]
fn Help(node: String, until: Timestamp) -> impl IntoView {
    let sentence = t_with(texts::IS_LIVE_HELP, &[&node, &"\u{0}"]);
    let (before, after) = sentence.split_once('\u{0}').unwrap_or((&sentence, ""));
    view! {
        {before.to_owned()}
        <Moment at=until />
        {after.to_owned()}
    }
}

/// Sixty ticks; those that are over are dark.
#[component]
fn Ring(left: Memo<u64>, within_s: u32) -> impl IntoView {
    const TICKS: u32 = 60;
    let lit = move || {
        let share = left.get() as f64 / f64::from(within_s.max(1));
        (share * f64::from(TICKS)).ceil() as u32
    };
    let ticks = (0..TICKS).map(|tick| {
        let long = tick % 5 == 0;
        let d = tick_path(tick, TICKS, long);
        let class = move || match (tick < lit(), left.get() <= 10) {
            (false, _) => "off",
            (true, true) => "caution",
            (true, false) => "transit",
        };
        view! { <path d=d class=class stroke-width=if long { 5 } else { 3 } /> }
    });
    view! {
        <div class="ring" role="timer" aria-label=move || t_with(texts::SECONDS_LEFT, &[&left.get()])>
            <svg width="200" height="200" viewBox="0 0 200 200" aria-hidden="true">
                {ticks.collect_view()}
            </svg>
            <b aria-hidden="true">{move || left.get()}</b>
            <span class="t12 i3" aria-hidden="true">{t_with(texts::OF_S, &[&within_s])}</span>
        </div>
    }
}

fn tick_path(tick: u32, of: u32, long: bool) -> String {
    let angle = f64::from(tick) / f64::from(of) * TAU;
    let (sin, cos) = angle.sin_cos();
    let inner = if long { 78.0 } else { 82.0 };
    let at = |r: f64| format!("{:.1} {:.1}", 100.0 + r * sin, 100.0 - r * cos);
    format!("M{}L{}", at(inner), at(94.0))
}

/// What was seen to hold since the rules went live: the steps that are done, and checks.
#[component]
fn Checks(board: Board, job: Memo<Option<JobView>>, names: NodeNames) -> impl IntoView {
    let lines = Memo::new(move |_| {
        job.with(|job| {
            let steps = job.iter().flat_map(|job| &job.steps);
            let done = steps.filter(|step| step.state == StepState::Done).map(|step| {
                let nodes: Vec<String> = step.nodes.iter().map(|node| names.get(*node)).collect();
                (Aspect::Clear, say(&step.title), nodes.join(", "))
            });
            let checks =
                job.iter().flat_map(|job| &job.verification).filter(|check| check.held.is_some());
            let checks = checks.map(|check| {
                let aspect = if check.held == Some(true) { Aspect::Clear } else { Aspect::Danger };
                (aspect, say(&check.title), check.detail.clone())
            });
            done.chain(checks).collect::<Vec<_>>()
        })
    });
    let line = |(aspect, title, detail): (Aspect, String, String)| {
        view! {
            <li>
                <Lamp aspect size=10 />
                <span>{title}</span>
                <span class="t12 i2 el">{detail}</span>
            </li>
        }
    };
    view! {
        <div class="confirm-checks">
            <h3>{t(texts::CHECKED)}</h3>
            <ul>{move || lines.get().into_iter().map(line).collect_view()}</ul>
            <Drops board job />
        </div>
    }
}

#[component]
fn Offline() -> impl IntoView {
    let live = use_live();
    move || {
        (!live.is_fresh()).then(|| view! {
            <p class="stale-band" role="alert"><Lamp aspect=Aspect::Unknown />{t(texts::OFFLINE)}</p>
        })
    }
}

/// Said at 60, 30, 10 and 5 s.
#[component]
fn Announced(left: Memo<u64>) -> impl IntoView {
    let said = RwSignal::new(String::new());
    Effect::new(move |_| {
        let left = left.get();
        if [60, 30, 10, 5].contains(&left) {
            said.set(t_with(texts::SECONDS_LEFT, &[&left]));
        }
    });
    view! { <p class="visually-hidden" aria-live="assertive">{move || said.get()}</p> }
}

fn trap_focus(dialog: NodeRef<html::Div>) {
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        let last = elements(&dialog, "footer button").into_iter().next_back();
        if let Some(keep) = last {
            let _ = keep.focus();
        }
    });
}

fn walk(dialog: NodeRef<html::Div>, event: &KeyboardEvent) {
    let Some(dialog) = dialog.get_untracked() else { return };
    let inside = elements(&dialog, "a[href], button");
    let here = document().active_element();
    let at = inside.iter().position(|element| Some(element.as_ref()) == here.as_ref());
    let last = inside.len().saturating_sub(1);
    let next = match (at, event.shift_key()) {
        (None | Some(0), true) => last,
        (Some(at), true) => at - 1,
        (Some(at), false) if at < last => at + 1,
        (_, false) => 0,
    };
    if let Some(element) = inside.get(next) {
        event.prevent_default();
        let _ = element.focus();
    }
}

/// Whole seconds until then, 0 when it is over.
fn seconds_until(now: Timestamp, until: Timestamp) -> u64 {
    u64::try_from(now.age(until).as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tick_stands_at_the_top() {
        assert_eq!(tick_path(0, 60, true), "M100.0 22.0L100.0 6.0");
        assert_eq!(tick_path(15, 60, false), "M182.0 100.0L194.0 100.0");
    }

    #[test]
    fn what_is_over_has_no_time_left() {
        assert_eq!(seconds_until(Timestamp(5_000), Timestamp(4_000)), 0);
        assert_eq!(seconds_until(Timestamp(5_000), Timestamp(6_001)), 2);
    }
}

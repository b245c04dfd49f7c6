//! A job beside the page that it was started from: where it is, what clients notice, what it says.

use leptos::prelude::*;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::{JobView, LogLine};
use signalbox_domain::live::Topic;
use signalbox_domain::signal::Signal as Aspect;

use super::keep::KeepOrNot;
use super::outage::Measured;
use super::run::{CancelButton, share_done, step_lines, took};
use crate::live::use_live;
use crate::locale::{say, t, t_with};
use crate::locales::{jobs as texts, words};
use crate::plan::NodeNames;
use crate::ui::{
    Bar, Button, Drawer, Failed, Icon, IconView, Kind, Lamp, Log, Moment, Size, SkeletonRows,
    Steps, aspect_word,
};

#[component]
pub fn JobInDrawer(id: JobId, on_close: Callback<()>) -> impl IntoView {
    let live = use_live();
    // Before the topic is watched, so that its subscription asks for the log from the start.
    let log = live.log(id, Vec::new());
    let job = live.watch::<JobView>(Topic::Job(id));
    let refusal = live.refusal(Topic::Job(id));
    let here = Memo::new(move |_| job.with(Option::is_some));
    let title = Signal::derive(move || {
        job.with(|job| job.as_ref().map(|job| say(&job.summary.title)).unwrap_or_default())
    });
    let aspect = Memo::new(move |_| {
        job.with(|job| job.as_ref().map_or(Aspect::Unknown, |job| job.summary.state.signal()))
    });
    let lamp = move || {
        move || {
            let aspect = aspect.get();
            view! { <Lamp aspect size=12 label=aspect_word(aspect).to_owned() /> }
        }
    };
    let head = move || {
        view! {
            <span class="i3 tn">{id.to_string()}</span>
            <a class="tbtn" href=format!("/jobs/{id}") aria-label=t(texts::OPEN_PAGE) title=t(texts::OPEN_PAGE)>
                <IconView icon=Icon::Maximize2 />
            </a>
        }
    };
    let shown = move || match (here.get(), refusal.get()) {
        (true, _) => view! { <Running id job aspect log=log.clone() /> }.into_any(),
        (false, Some(problem)) => view! { <Failed problem /> }.into_any(),
        (false, None) => {
            let what = t_with(words::READING, &[&format!("/api/v1/jobs/{id}")]);
            view! { <SkeletonRows what /> }.into_any()
        }
    };
    view! {
        <Drawer title on_close lamp head>
            {shown}
        </Drawer>
    }
}

#[component]
fn Running(
    id: JobId,
    job: Memo<Option<JobView>>,
    aspect: Memo<Aspect>,
    log: ArcRwSignal<Vec<LogLine>>,
) -> impl IntoView {
    let names = NodeNames::new(use_live().watch::<FleetView>(Topic::Fleet));
    let steps = step_lines(job, names);
    let summary = move || {
        job.with(|job| {
            let job = &job.as_ref()?.summary;
            Some(view! {
                <p class="job-drawer-about t12 i2">
                    {t_with(texts::BY_AT, &[&job.started_by])} " " <Moment at=job.created_at />
                </p>
                <div class="job-drawer-share">
                    <b class="figure">{t_with(texts::STEPS_DONE, &[&job.steps_done, &job.steps_total])}</b>
                    <span class="t12 i2">{took(job)}</span>
                    <p class="t12 i2">{say(&job.status)}</p>
                </div>
            })
        })
    };
    let share = Signal::derive(move || share_done(job));
    let bar = move || view! { <Bar share label=t(texts::STEPS) aspect=Some(aspect.get()) /> };
    let measured = Memo::new(move |_| job.with(|job| job.as_ref()?.measurement.clone()));
    let outage = move || {
        measured.get().map(|measurement| {
            view! {
                <section class="job-drawer-outage">
                    <h3>{t(texts::OUTAGE)}</h3>
                    <Measured measurement />
                </section>
            }
        })
    };
    view! {
        {summary}
        <div class="job-drawer-bar">{bar}</div>
        <div class="job-drawer-steps">
            <Steps steps />
            {outage}
        </div>
        <Tail log />
        <footer>
            <KeepOrNot id job />
            <CancelButton id job />
            <span class="sp"></span>
            <span class="t12 i3">{t(texts::ESC_CLOSES)}</span>
        </footer>
    }
}

/// The log, following its end until it is scrolled.
#[component]
fn Tail(log: ArcRwSignal<Vec<LogLine>>) -> impl IntoView {
    let following = RwSignal::new(true);
    let lines = Signal::derive(move || log.get());
    let state = move || {
        if following.get() {
            view! { <span class="t12 i2">{t(texts::FOLLOWING)}</span> }.into_any()
        } else {
            view! {
                <Button kind=Kind::Quiet size=Size::Small on_click=move |_| following.set(true)>
                    {t(texts::FOLLOW)}
                </Button>
            }
            .into_any()
        }
    };
    view! {
        <div class="plh">
            <h3>{t(texts::LOG)}</h3>
            <span class="acts">{state}</span>
        </div>
        <Log lines who=|_| String::new() following />
    }
}

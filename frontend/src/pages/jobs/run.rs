//! One job: where it is, and whether clients noticed.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use serde_json::Value;
use signalbox_domain::access::Permission;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::{JobState, JobSummary, JobView, StepState, StepView};
use signalbox_domain::live::Topic;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::time::Timestamp;

use super::keep::KeepOrNot;
use super::log::JobLog;
use super::measured::Measured;
use super::outage::Outage;
use super::verification::Verification;
use crate::api;
use crate::boot::may;
use crate::format;
use crate::live::use_live;
use crate::locale::{language, say, t, t_with};
use crate::locales::{jobs as texts, words};
use crate::pages::lvs::proved::Proved;
use crate::pages::not_found::NotFound;
use crate::plan::NodeNames;
use crate::ui::{
    Age, AlarmBand, Bar, Button, Failed, Icon, Moment, PageHead, Plate, SkeletonRows, StateBadge,
    StepLine, Steps, use_toasts,
};

#[component]
pub fn JobRun() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse::<JobId>().ok()));
    move || match id.get() {
        Some(id) => view! { <Job id /> }.into_any(),
        None => view! { <NotFound /> }.into_any(),
    }
}

#[component]
fn Job(id: JobId) -> impl IntoView {
    let live = use_live();
    // Before the topic is watched, so that its subscription asks for the log from the start.
    let log = live.log(id, Vec::new());
    let job = live.watch::<JobView>(Topic::Job(id));
    let refusal = live.refusal(Topic::Job(id));
    let here = Memo::new(move |_| job.with(Option::is_some));
    move || match (here.get(), refusal.get()) {
        (true, _) => view! { <Run id job log=log.clone() /> }.into_any(),
        (false, Some(problem)) => view! { <Failed problem /> }.into_any(),
        (false, None) => {
            let what = t_with(words::READING, &[&format!("/api/v1/jobs/{id}")]);
            view! { <SkeletonRows what /> }.into_any()
        }
    }
}

#[component]
fn Run(
    id: JobId,
    job: Memo<Option<JobView>>,
    log: ArcRwSignal<Vec<signalbox_domain::jobs::LogLine>>,
) -> impl IntoView {
    let names = NodeNames::new(use_live().watch::<FleetView>(Topic::Fleet));
    let title =
        move || job.with(|job| job.as_ref().map(|job| say(&job.summary.title)).unwrap_or_default());
    let trouble = move || job.get().filter(|job| job.summary.state == JobState::NeedsOperator);
    let text = log.clone();
    view! {
        <PageHead
            title=format!("{id} {}", untrack(title))
            up=("/jobs", t(texts::JOBS))
            actions=move || view! { <Actions id job log=text.clone() names /> }
        >
            {move || job.with(|job| job.as_ref().map(summary))}
        </PageHead>
        {move || {
            trouble()
                .map(|job| {
                    view! { <AlarmBand title=t(texts::state(JobState::NeedsOperator)) text=say(&job.summary.status) /> }
                })
        }}
        <div class="plates job-run">
            <JobSteps job names />
            <Outage job names />
            <Verification job />
            <Shared job />
            <section class="plate job-log">
                <JobLog log names />
            </section>
        </div>
    }
}

/// What a proof of a service's sharing found.
#[component]
fn Shared(job: Memo<Option<JobView>>) -> impl IntoView {
    let sharing = Memo::new(move |_| job.with(|job| job.as_ref()?.sharing.clone()));
    move || {
        let sharing = sharing.get()?;
        let title = t(crate::locales::lvs::PROOF);
        Some(view! { <Plate title><Proved sharing /></Plate> })
    }
}

fn summary(job: &JobView) -> impl IntoView + use<> {
    view! {
        <StateBadge state=job.summary.state />
        <span>{t_with(texts::BY_AT, &[&job.summary.started_by])}</span>
        <Moment at=job.summary.created_at />
        <span class="el">{say(&job.summary.status)}</span>
    }
}

#[component]
fn Actions(
    id: JobId,
    job: Memo<Option<JobView>>,
    log: ArcRwSignal<Vec<signalbox_domain::jobs::LogLine>>,
    names: NodeNames,
) -> impl IntoView {
    let text = Signal::derive(move || log.with(|lines| super::log::plain(lines, names)));
    view! {
        <crate::ui::CopyButton text label=t(texts::COPY_LOG) />
        <KeepOrNot id job />
        <CancelButton id job />
    }
}

/// There while the job runs; closed past its last safe point.
#[component]
pub(super) fn CancelButton(id: JobId, job: Memo<Option<JobView>>) -> impl IntoView {
    let toasts = use_toasts();
    let cancel = move |_| {
        leptos::task::spawn_local(async move {
            let path = format!("/api/v1/jobs/{id}/cancel");
            match api::post::<Value>(&path, &serde_json::json!({})).await {
                Ok(_) => toasts.show(t(texts::CANCELLING)),
                Err(problem) => toasts.show(problem.detail),
            }
        });
    };
    let offered = Memo::new(move |_| {
        job.with(|job| {
            let job = job.as_ref()?;
            let waits = job.confirm_until.is_some();
            let open = !job.summary.state.is_final() && !waits && may(Permission::JobsControl);
            open.then(|| job.cancel.is_none())
        })
    });
    move || {
        let too_late = offered.get()?;
        let reason = too_late.then(|| t(texts::CANNOT_CANCEL).to_owned());
        Some(view! {
            <Button icon=Icon::CircleStop disabled=Signal::stored(reason) on_click=cancel>
                {t(texts::CANCEL)}
            </Button>
        })
    }
}

#[component]
fn JobSteps(job: Memo<Option<JobView>>, names: NodeNames) -> impl IntoView {
    let steps = step_lines(job, names);
    let done = move || {
        job.with(|job| {
            job.as_ref().map(|job| {
                t_with(texts::STEPS_DONE, &[&job.summary.steps_done, &job.summary.steps_total])
            })
        })
    };
    let elapsed = move || job.with(|job| job.as_ref().map(|job| took(&job.summary)));
    let share = Signal::derive(move || share_done(job));
    let aspect = job
        .with_untracked(|job| job.as_ref().map_or(Aspect::Unknown, |j| j.summary.state.signal()));
    let afterwards = move || {
        job.get().map(|job| match job.cancel {
            Some(cancel) => (texts::CANCEL_DOES, say(&cancel)),
            None => (texts::WAY_BACK, say(&job.way_back)),
        })
    };
    view! {
        <Plate
            title=t(texts::STEPS)
            meta=Signal::derive(done)
            first=true
            flush=true
            class="job-steps"
            actions=move || view! { <span class="figure">{elapsed}</span> }
        >
            <div class="job-bar">
                <Bar share label=t(texts::STEPS) aspect=Some(aspect) />
            </div>
            <Steps steps />
            <span class="sp"></span>
            <Measured job />
            {move || {
                afterwards()
                    .map(|(title, text)| {
                        view! {
                            <div class="job-after">
                                <div class="cap">{t(title)}</div>
                                <p class="t12 i2">{text}</p>
                            </div>
                        }
                    })
            }}
        </Plate>
    }
}

/// How long it took, or has taken until now.
pub(super) fn took(job: &JobSummary) -> AnyView {
    match job.finished_at {
        Some(end) => format::duration(end - job.created_at, language()).into_any(),
        None => view! { <Age of=job.created_at /> }.into_any(),
    }
}

/// 0 to 1.
pub(super) fn share_done(job: Memo<Option<JobView>>) -> f64 {
    job.with(|job| {
        let job = job.as_ref().map(|job| (job.summary.steps_done, job.summary.steps_total));
        job.map_or(0.0, |(done, all)| f64::from(done) / f64::from(all.max(1)))
    })
}

pub(super) fn step_lines(job: Memo<Option<JobView>>, names: NodeNames) -> Memo<Vec<StepLine>> {
    let live = use_live();
    Memo::new(move |_| {
        let now = live.now();
        job.with(|job| {
            let steps = job.iter().flat_map(|job| &job.steps);
            steps.map(|step| step_line(step, now, names)).collect::<Vec<_>>()
        })
    })
}

fn step_line(step: &StepView, now: Timestamp, names: NodeNames) -> StepLine {
    let language = language();
    let nodes: Vec<String> = step.nodes.iter().map(|node| names.get(*node)).collect();
    let told = step.error.clone().or_else(|| step.progress.as_ref().map(say));
    let time = match (step.started_at, step.finished_at) {
        (Some(start), Some(end)) => format::duration(end - start, language),
        (Some(start), None) => format::age(start.age(now), language),
        (None, _) => format::span(step.estimate_ms, step.estimate_ms, language),
    };
    let planned = step.state == StepState::Planned;
    StepLine {
        title: say(&step.title),
        below: [Some(nodes.join(", ")), told]
            .into_iter()
            .flatten()
            .filter(|s| !s.is_empty())
            .collect::<Vec<_>>()
            .join(" · "),
        time: if planned { t_with(texts::ESTIMATE_SPAN, &[&time]) } else { time },
        state: step.state,
    }
}

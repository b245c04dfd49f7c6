//! Jobs that run now.

use leptos::prelude::*;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::jobs::JobSummary;

use crate::locale::{say, t, t_with};
use crate::locales::{jobs, overview as texts};
use crate::ui::{Age, Bar, Lamp};

#[component]
pub(super) fn Running(fleet: Memo<Option<FleetView>>) -> impl IntoView {
    let running = Memo::new(move |_| {
        fleet.with(|fleet| fleet.as_ref().map_or(Vec::new(), |fleet| fleet.running.clone()))
    });
    view! {
        <div class="plh">
            <h2>{t(texts::RUNNING)}</h2>
            <span class="meta">{move || running.with(Vec::len)}</span>
            <span class="acts">
                <a href="/jobs">{t(jobs::JOBS)}</a>
            </span>
        </div>
        <ul class="list plb">
            {move || {
                let running = running.get();
                if running.is_empty() {
                    return view! { <li class="row nothing i2">{t(texts::NOTHING_RUNS)}</li> }.into_any();
                }
                running.iter().map(row).collect_view().into_any()
            }}
        </ul>
    }
}

fn row(job: &JobSummary) -> impl IntoView + use<> {
    let share = f64::from(job.steps_done) / f64::from(job.steps_total.max(1));
    let progress = t_with(jobs::STEPS_DONE, &[&job.steps_done, &job.steps_total]);
    view! {
        <li class="job-row">
            <Lamp aspect=job.state.signal() />
            <div>
                <div class="row">
                    <a class="plain b el" href=format!("/jobs/{}", job.id)>{say(&job.title)}</a>
                    <span class="sp"></span>
                    <span class="i3">{job.id.to_string()}</span>
                </div>
                <Bar share=share label=progress aspect=Some(job.state.signal()) />
                <div class="row t12 i2">
                    <span class="el">{say(&job.status)}</span>
                    <span class="sp"></span>
                    <Age of=job.created_at />
                </div>
            </div>
        </li>
    }
}

//! The job that was started last, beside whatever page one goes to.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use signalbox_domain::ids::JobId;

use super::{Overlay, overlay};

/// Which job the drawer shows.
#[derive(Clone, Copy)]
pub struct JobDrawerSwitch(RwSignal<Option<JobId>>);

impl JobDrawerSwitch {
    pub(super) fn provide() -> JobDrawerSwitch {
        let switch = JobDrawerSwitch(RwSignal::new(None));
        provide_context(switch);
        switch
    }

    pub fn open(self, job: JobId) {
        self.0.set(Some(job));
    }
}

/// Not on the job's own page, which shows the same and more.
#[component]
pub(super) fn JobDrawer() -> impl IntoView {
    let JobDrawerSwitch(chosen) = expect_context();
    let here = use_location().pathname;
    let shown = Memo::new(move |_| {
        let job: JobId = chosen.get()?;
        (here.get() != format!("/jobs/{job}")).then_some(job)
    });
    let close = Callback::new(move |()| chosen.set(None));
    move || shown.get().map(|job| Suspend::new(overlay(Overlay::Job(job, close))))
}

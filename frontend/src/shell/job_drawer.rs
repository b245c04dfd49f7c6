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

/// The job's own page shows the same and more: whoever goes there has no more use for it.
#[component]
pub(super) fn JobDrawer() -> impl IntoView {
    let JobDrawerSwitch(chosen) = expect_context();
    let here = use_location().pathname;
    let close = Callback::new(move |()| chosen.set(None));
    Effect::new(move |_| {
        if chosen.get().is_some_and(|job: JobId| here.get() == format!("/jobs/{job}")) {
            chosen.set(None);
        }
    });
    move || chosen.get().map(|job| Suspend::new(overlay(Overlay::Job(job, close))))
}

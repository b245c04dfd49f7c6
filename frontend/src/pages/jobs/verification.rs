//! The checks after the last step: what decides whether the job is done.

use leptos::prelude::*;
use signalbox_domain::jobs::{CheckView, JobView};
use signalbox_domain::signal::Signal as Aspect;

use crate::locale::{say, t, t_with};
use crate::locales::jobs as texts;
use crate::ui::{Lamp, Plate, aspect_word};

#[component]
pub(super) fn Verification(job: Memo<Option<JobView>>) -> impl IntoView {
    let checks = Memo::new(move |_| {
        job.with(|job| job.as_ref().map_or(Vec::new(), |job| job.verification.clone()))
    });
    let held = move || {
        checks.with(|checks| {
            let held = checks.iter().filter(|check| check.held == Some(true)).count();
            Some(t_with(texts::HELD, &[&held, &checks.len()]))
        })
    };
    view! {
        <Plate title=t(texts::VERIFICATION) meta=Signal::derive(held) class="job-verification">
            <ul class="interlocks">{move || checks.get().into_iter().map(row).collect_view()}</ul>
        </Plate>
    }
}

fn row(check: CheckView) -> impl IntoView {
    let aspect = match check.held {
        Some(true) => Aspect::Clear,
        Some(false) => Aspect::Danger,
        None => Aspect::Unknown,
    };
    let detail = if check.held.is_none() && check.detail.is_empty() {
        t(texts::NEXT).to_owned()
    } else {
        check.detail
    };
    view! {
        <li>
            <Lamp aspect=aspect label=aspect_word(aspect).to_owned() />
            <span>{say(&check.title)}</span>
            <span class="t12 i3">{detail}</span>
        </li>
    }
}

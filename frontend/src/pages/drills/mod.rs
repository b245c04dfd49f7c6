//! Faults made on purpose: which can be, what became of each last, and every report.

mod reports;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use signalbox_domain::drills::{DrillView, DrillsView};
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::{JobState, JobSummary};
use signalbox_domain::live::Topic;
use signalbox_domain::operation::Operation;

use crate::document::{Document, use_document};
use crate::live::use_live;
use crate::locale::t;
use crate::locales::drills as texts;
use crate::ui::{Empty, Field, PageHead, Plate, Plates, Select, Waiting};

use reports::{ReportPage, Reports};
use rows::Rows;

const PATH: &str = "/api/v1/drills";
const REPORTS: &str = "/api/v1/drills/reports";

/// Minutes of a day, from `HH:MM`.
fn minute_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

fn days(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|days| (1..=366).contains(days))
}

/// When a drill that is scheduled on this page shall run.
#[derive(Clone, Copy)]
struct Times {
    every_days: RwSignal<String>,
    at: RwSignal<String>,
}

impl Times {
    fn chosen(self) -> Option<(u16, u16)> {
        Some((days(&self.every_days.get())?, minute_of_day(&self.at.get())?))
    }
}

#[component]
pub fn Drills() -> impl IntoView {
    let drills = use_document::<DrillsView>(PATH);
    let reports = use_document::<ReportPage>(REPORTS);
    let times =
        Times { every_days: RwSignal::new("7".to_owned()), at: RwSignal::new("03:00".to_owned()) };
    let subject = RwSignal::new(String::new());
    follow_jobs(drills, reports);
    view! {
        <PageHead title=t(texts::DRILLS) />
        <Plates>
            <Plate title=t(texts::DRILLS) first=true flush=true>
                <p class="t12 i2 drills-about">{t(texts::ABOUT)}</p>
                <Ask drills times subject />
                <Waiting
                    answer=drills.answer()
                    what=t(texts::READING)
                    children=Callback::new(move |view: DrillsView| {
                        if view.drills.is_empty() {
                            return view! { <Empty title=t(texts::NONE) text=t(texts::NONE_HELP) /> }
                                .into_any();
                        }
                        view! { <Rows view drills times subject /> }.into_any()
                    })
                />
            </Plate>
            <Reports reports />
        </Plates>
    }
}

/// Fetches both again when a drill begins or ends anywhere.
fn follow_jobs(drills: Document<DrillsView>, reports: Document<ReportPage>) {
    let jobs = use_live().watch::<BTreeMap<JobId, JobSummary>>(Topic::Jobs);
    let states = Memo::new(move |_| {
        jobs.with(|jobs| {
            let all = jobs.iter().flat_map(|jobs| jobs.values());
            let drilled = all.filter(|job| matches!(job.operation, Operation::DrillsRun { .. }));
            drilled.map(|job| (job.id, job.state)).collect::<Vec<(JobId, JobState)>>()
        })
    });
    Effect::watch(
        move || states.get(),
        move |_, _, _| {
            drills.reload();
            reports.reload();
        },
        false,
    );
}

/// Which are shown, and when one shall run by itself.
#[component]
fn Ask(drills: Document<DrillsView>, times: Times, subject: RwSignal<String>) -> impl IntoView {
    let subjects = Signal::derive(move || {
        let named = drills.answer().with(|answer| {
            let view = answer.as_ref().and_then(|answer| answer.as_ref().ok());
            let all = view.iter().flat_map(|view| &view.drills).map(group).collect::<BTreeSet<_>>();
            all.into_iter().map(|name| (name.clone(), name)).collect::<Vec<_>>()
        });
        let all = (String::new(), t(texts::EVERYTHING).to_owned());
        std::iter::once(all).chain(named).collect::<Vec<_>>()
    });
    let wrong_days = Callback::new(|text: String| {
        days(&text).is_none().then(|| t(texts::DAYS_WRONG).to_owned())
    });
    let wrong_time = Callback::new(|text: String| {
        minute_of_day(&text).is_none().then(|| t(texts::AT_WRONG).to_owned())
    });
    view! {
        <div class="lvs-ask drills-ask">
            <Select label=t(texts::OF) name="drills-of" options=subjects chosen=subject />
            <Field label=t(texts::EVERY_DAYS) name="drills-days" value=times.every_days help=t(texts::DAYS_HELP) check=wrong_days />
            <Field label=t(texts::AT) name="drills-at" value=times.at help=t(texts::AT_HELP) check=wrong_time />
        </div>
    }
}

/// The instance or the service.
fn group(view: &DrillView) -> String {
    view.subject.split(' ').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_read_as_minutes() {
        assert_eq!(minute_of_day("03:05"), Some(185));
        assert_eq!(minute_of_day(" 23:59 "), Some(1439));
        for wrong in ["", "3", "24:00", "12:60", "-1:00", "aa:bb"] {
            assert_eq!(minute_of_day(wrong), None, "{wrong}");
        }
        assert_eq!((days("7"), days("0"), days("367"), days("x")), (Some(7), None, None, None));
    }
}

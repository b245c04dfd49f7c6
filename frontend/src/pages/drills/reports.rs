//! Expected against measured, of every run.

use leptos::prelude::*;
use serde::Deserialize;
use signalbox_domain::drills::Report;
use signalbox_domain::ids::JobId;

use super::REPORTS;
use crate::document::Document;
use crate::locale::{say, t};
use crate::locales::{drills as texts, words};
use crate::ui::{Badge, Button, Column, Empty, Kind, Moment, Plate, Size, Table, Waiting};

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ReportPage {
    reports: Vec<Report>,
    next_before: Option<JobId>,
}

/// The verdict, with why it is none better.
pub(super) fn verdict(report: &Report) -> impl IntoView + use<> {
    let word = t(texts::ending(report.ending));
    let why = report.why.as_ref().map(say).unwrap_or_default();
    view! {
        <span title=why>
            <Badge aspect=report.ending.signal()>{word}</Badge>
        </span>
    }
}

#[component]
pub(super) fn Reports(reports: Document<ReportPage>) -> impl IntoView {
    let next = move || reports.answer().with(|page| page.as_ref()?.as_ref().ok()?.next_before);
    let paging = move || {
        view! {
            <Button
                kind=Kind::Quiet
                size=Size::Small
                on_click=move |_| reports.turn_to(REPORTS.to_owned())
            >
                {t(texts::NEWEST)}
            </Button>
            {move || {
                next()
                    .map(|before| {
                        let older = format!("{REPORTS}?before={before}");
                        view! {
                            <Button
                                size=Size::Small
                                on_click=move |_| reports.turn_to(older.clone())
                            >
                                {t(texts::OLDER)}
                            </Button>
                        }
                    })
            }}
        }
    };
    view! {
        <Plate title=t(texts::REPORTS) first=true flush=true actions=paging>
            <Waiting answer=reports.answer() what=t(texts::REPORTS) children=Callback::new(table) />
        </Plate>
    }
}

fn table(page: ReportPage) -> AnyView {
    if page.reports.is_empty() {
        return view! { <Empty title=t(texts::NO_REPORT) text=t(texts::NO_REPORT_HELP) /> }
            .into_any();
    }
    let columns = vec![
        Column::new(t(texts::DRILL)),
        Column::new(t(texts::SUBJECT)),
        Column::new(t(texts::VERDICT)).width("150px"),
        Column::new(t(texts::EXPECTED)),
        Column::new(t(texts::MEASURED)),
        Column::new(t(words::WHEN)).width("120px"),
        Column::new(t(texts::BY)).width("130px"),
        Column::new(t(texts::JOB)).width("70px"),
    ];
    view! {
        <Table label=t(texts::REPORTS) columns=columns>
            {page.reports.into_iter().map(row).collect_view()}
        </Table>
    }
    .into_any()
}

fn row(report: Report) -> impl IntoView {
    let badge = verdict(&report);
    let why = report.why.as_ref().map(|why| view! { <p class="t12 i2">{say(why)}</p> });
    view! {
        <tr>
            <td class="b">{say(&report.drill.title())}</td>
            <td class="mono">{report.drill.subject()}</td>
            <td data-label=t(texts::VERDICT)>{badge}</td>
            <td class="wrap i2" data-label=t(texts::EXPECTED)>{say(&report.expected)}</td>
            <td class="wrap" data-label=t(texts::MEASURED)>
                {report.measured.as_ref().map(say)} {why}
            </td>
            <td class="i2" data-label=t(words::WHEN)>
                <Moment at=report.at />
            </td>
            <td data-label=t(texts::BY)>{report.started_by}</td>
            <td data-label=t(texts::JOB)>
                <a href=format!("/jobs/{}", report.job)>{report.job.to_string()}</a>
            </td>
        </tr>
    }
}

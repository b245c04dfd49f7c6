//! The newest jobs.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use leptos::prelude::*;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::{JobState, JobSummary};
use signalbox_domain::live::Topic;

use crate::format;
use crate::live::use_live;
use crate::locale::{language, say, t, t_with};
use crate::locales::{jobs as texts, words};
use crate::ui::{
    Age, Column, Empty, Failed, Filter, LongTable, Moment, PageHead, Plate, Plates, Segmented,
    SkeletonRows, Sort, StateBadge, matches,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Show {
    All,
    Running,
    /// Anything that did not do what was asked.
    NotDone,
}

impl Show {
    fn takes(self, state: JobState) -> bool {
        match self {
            Show::All => true,
            Show::Running => !state.is_final(),
            Show::NotDone => state.is_final() && state != JobState::Done,
        }
    }
}

#[component]
pub fn JobList() -> impl IntoView {
    let live = use_live();
    let jobs = live.watch::<BTreeMap<JobId, JobSummary>>(Topic::Jobs);
    let refusal = live.refusal(Topic::Jobs);
    let show = RwSignal::new(Show::All);
    let typed = RwSignal::new(String::new());
    let options =
        [(Show::All, texts::ALL), (Show::Running, texts::RUNNING), (Show::NotDone, texts::TROUBLE)];
    let options: Vec<_> = options.map(|(show, text)| (show, t(text).to_owned())).into();
    let sort = RwSignal::new(Sort { column: NUMBER, descending: true });
    let shown = Memo::new(move |_| {
        jobs.with(|jobs| {
            let all = jobs.iter().flat_map(|jobs| jobs.values());
            let takes = |job: &&JobSummary| {
                show.get().takes(job.state) && matches(&typed.get(), &text_of(job))
            };
            let mut shown: Vec<JobSummary> = all.filter(takes).cloned().collect();
            let Sort { column, descending } = sort.get();
            shown.sort_by(|a, b| in_order(column, a, b));
            if descending {
                shown.reverse();
            }
            shown
        })
    });
    let body = move || {
        match (jobs.with(|jobs| jobs.as_ref().map(BTreeMap::is_empty)), refusal.get()) {
            (None, Some(problem)) => view! { <Failed problem /> }.into_any(),
            (None, None) => view! { <SkeletonRows what=t(texts::JOBS) /> }.into_any(),
            (Some(true), _) => {
                view! { <Empty title=t(texts::NONE) text=t(texts::NONE_HELP) /> }.into_any()
            }
            (Some(false), _) => view! {
                <LongTable label=t(texts::JOBS) columns=columns() sort=sort rows=shown row=|(index, job)| row(index, job) />
            }
            .into_any(),
        }
    };
    let actions = move || {
        view! {
            <Filter value=typed />
            <Segmented label=t(texts::JOBS) options=options.clone() chosen=show />
        }
    };
    view! {
        <PageHead title=t(texts::JOBS) />
        <Plates>
            <Plate title=t(texts::JOBS) first=true flush=true actions=actions>
                {body}
            </Plate>
        </Plates>
    }
}

/// What the filter looks in.
fn text_of(job: &JobSummary) -> String {
    format!("{} {} {}", job.id, say(&job.title), job.started_by)
}

fn columns() -> Vec<Column> {
    vec![
        Column::new(t(texts::WHAT)).sorts(),
        Column::new(t(texts::NUMBER)).width("80px").sorts(),
        Column::new(t(words::STATE)).width("140px").sorts(),
        Column::new(t(texts::STEPS)).width("120px"),
        Column::new(t(texts::BY)).width("140px").sorts(),
        Column::new(t(texts::STARTED)).width("130px").sorts(),
        Column::new(t(words::TOOK)).right().width("110px"),
    ]
}

/// The column of the jobs' numbers.
const NUMBER: usize = 1;

/// By the column with this index of [`columns`]; the older first where it is equal.
fn in_order(column: usize, a: &JobSummary, b: &JobSummary) -> Ordering {
    let by_column = match column {
        0 => say(&a.title).cmp(&say(&b.title)),
        2 => a.state.signal().cmp(&b.state.signal()),
        4 => a.started_by.cmp(&b.started_by),
        5 => a.created_at.cmp(&b.created_at),
        _ => Ordering::Equal,
    };
    by_column.then(a.id.cmp(&b.id))
}

fn row(index: usize, job: JobSummary) -> AnyView {
    let took = match job.finished_at {
        Some(end) => format::duration(end - job.created_at, language()).into_any(),
        None => view! { <Age of=job.created_at /> }.into_any(),
    };
    let class = match job.state {
        JobState::Failed | JobState::NeedsOperator => "danger",
        _ => "",
    };
    view! {
        <tr class=class aria-rowindex=index>
            <td>
                <a href=format!("/jobs/{}", job.id)>{say(&job.title)}</a>
            </td>
            <td class="i3 tn">{job.id.to_string()}</td>
            <td>
                <StateBadge state=job.state />
            </td>
            <td class="i2">{t_with(texts::STEPS_DONE, &[&job.steps_done, &job.steps_total])}</td>
            <td class="i2 less">{job.started_by}</td>
            <td class="i2">
                <Moment at=job.created_at />
            </td>
            <td class="r">{took}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_do_what_was_asked_is_trouble() {
        use JobState::*;
        for state in [RolledBack, Failed, NeedsOperator] {
            assert!(Show::NotDone.takes(state) && !Show::Running.takes(state));
        }
        assert!(!Show::NotDone.takes(Done) && !Show::NotDone.takes(Running));
        assert!(Show::Running.takes(RollingBack));
    }
}

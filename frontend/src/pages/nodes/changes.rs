//! What was changed here: jobs that did something on the node, and what was changed of its entry.

use leptos::prelude::*;
use serde::Deserialize;
use signalbox_domain::access::Permission;
use signalbox_domain::audit::{AuditEntry, AuditPage, AuditPhase};
use signalbox_domain::ids::{JobId, NodeId};
use signalbox_domain::jobs::JobSummary;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::time::Timestamp;

use crate::api::with_query;
use crate::boot::may;
use crate::document::{Document, use_document};
use crate::locale::{say, t, t_with};
use crate::locales::{audit, nodes as texts};
use crate::ui::{Failed, Lamp, Moment, Plate, SkeletonRows, aspect_word};

const SHOWN: usize = 8;

#[derive(Clone, Deserialize)]
struct Jobs {
    jobs: Vec<JobSummary>,
}

#[component]
pub(super) fn Changes(id: NodeId, name: String) -> impl IntoView {
    let limit = SHOWN.to_string();
    let jobs = may(Permission::JobsRead).then(|| {
        let asked = [("node", id.to_string()), ("limit", limit.clone())];
        use_document::<Jobs>(path("/api/v1/jobs", &asked))
    });
    let audit = may(Permission::AuditRead).then(|| {
        let asked = [("object", name.clone()), ("limit", limit)];
        use_document::<AuditPage>(path("/api/v1/audit", &asked))
    });
    let link = may(Permission::AuditRead).then(|| {
        ViewFn::from(|| view! { <a class="t12" href="/audit">{t(texts::OPEN_AUDIT)}</a> })
    });
    let body = move || match found(jobs, audit) {
        None => view! { <SkeletonRows rows=3 what=t(texts::CHANGES) /> }.into_any(),
        Some(Err(problem)) => view! { <Failed problem /> }.into_any(),
        Some(Ok(changes)) if changes.is_empty() => {
            view! { <p class="i2 nothing">{t(texts::NO_CHANGE)}</p> }.into_any()
        }
        Some(Ok(changes)) => {
            view! { <ul class="list">{changes.into_iter().map(row).collect_view()}</ul> }.into_any()
        }
    };
    view! {
        <Plate title=t(texts::CHANGES) actions=link.unwrap_or_else(|| ViewFn::from(|| ()))>
            {body}
        </Plate>
    }
}

fn path(path: &str, asked: &[(&str, String)]) -> String {
    let pairs: Vec<(&str, &str)> =
        asked.iter().map(|(name, value)| (*name, value.as_str())).collect();
    with_query(path, &pairs)
}

/// One change, whichever list it is from.
#[derive(Debug, Clone, PartialEq)]
struct Change {
    at: Timestamp,
    aspect: Aspect,
    text: String,
    job: Option<JobId>,
}

type Found = Option<Result<Vec<Change>, crate::api::Problem>>;

/// `None` until all that the reader may see has come.
fn found(jobs: Option<Document<Jobs>>, audit: Option<Document<AuditPage>>) -> Found {
    let mut changes = Vec::new();
    if let Some(jobs) = jobs {
        match jobs.answer().get()? {
            Ok(page) => changes.extend(page.jobs.iter().map(of_job)),
            Err(problem) => return Some(Err(problem)),
        }
    }
    if let Some(audit) = audit {
        match audit.answer().get()? {
            Ok(page) => changes.extend(page.entries.iter().filter_map(of_entry)),
            Err(problem) => return Some(Err(problem)),
        }
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.at));
    changes.truncate(SHOWN);
    Some(Ok(changes))
}

fn of_job(job: &JobSummary) -> Change {
    Change {
        at: job.finished_at.unwrap_or(job.created_at),
        aspect: job.state.signal(),
        text: say(&job.title),
        job: Some(job.id),
    }
}

/// Jobs have entries of their own in the other list, and an intent says only what was tried.
fn of_entry(entry: &AuditEntry) -> Option<Change> {
    let aspect = match entry.phase {
        AuditPhase::Intent => return None,
        AuditPhase::Done => Aspect::Clear,
        AuditPhase::Failed => Aspect::Danger,
        AuditPhase::Refused => Aspect::Caution,
    };
    let said = t(audit::phase(entry.phase));
    let text = t_with(texts::CHANGED_BY, &[&entry.actor, &entry.action, &said]);
    entry.job.is_none().then_some(Change { at: entry.at, aspect, text, job: None })
}

fn row(change: Change) -> impl IntoView {
    view! {
        <li class="node-change">
            <span class="i3">
                <Moment at=change.at />
            </span>
            <Lamp aspect=change.aspect label=aspect_word(change.aspect).to_owned() />
            <span>
                {change.text}
                {change
                    .job
                    .map(|job| view! { ", " <a href=format!("/jobs/{job}")>{t_with(texts::JOB, &[&job])}</a> })}
            </span>
        </li>
    }
}

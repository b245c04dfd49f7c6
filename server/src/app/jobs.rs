//! Jobs: submitted, found again after a restart, cancelled.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signalbox_domain::audit::AuditPhase;
use signalbox_domain::ids::{JobId, PlanId};
use signalbox_domain::jobs::JobView;
use signalbox_domain::operation::Operation;
use signalbox_domain::phrase::Phrase;
use signalbox_domain::plan::{Draft, Plan, Verdict};
use tokio::time::{Instant, sleep};

use crate::app::access::Actor;
use crate::app::audit;
use crate::app::plans::{self, PlanError};
use crate::clock;
use crate::jobs::{self, CancelError, ConfirmError, RollBackError};
use crate::state::App;
use crate::store::{Admission, JobRecord, NewJob, StoreError};

/// After a restart the fleet is seen anew; so long may that take before a job that never began
/// is given up.
const SEEN_ANEW_WITHIN: Duration = Duration::from_secs(60);

/// What may be submitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Submission {
    /// A plan that somebody saw and approved.
    Approved { plan: PlanId, hash: String },
    /// Plan and run at once, if no interlock warns or blocks.
    Direct { operation: Operation },
}

#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("job {holder} works on {object}")]
    Locked { object: String, holder: JobId },
    #[error("the key was used for job {0}")]
    KeyReused(JobId),
    #[error("the fleet has changed since the plan was approved")]
    Changed(Box<Plan>),
    #[error("an interlock blocks")]
    Interlocked(Box<Plan>),
    #[error("an interlock warns")]
    NeedsApproval(Box<Plan>),
}

/// Plans again from what is seen now and runs the plan, if it is the one that was approved and
/// nothing stands against it. The same key twice gives the same job.
pub async fn submit(
    app: &App,
    actor: &Actor,
    submission: &Submission,
    idempotency_key: Option<&str>,
) -> Result<JobView, SubmitError> {
    let request_hash = hash_of(submission)?;
    if let Some(key) = idempotency_key
        && let Some(earlier) = app.store.job_of_key(actor.account, key, &request_hash).await?
    {
        return admitted(app, earlier).await;
    }
    let plan = approved_plan(app, actor, submission).await?;
    let admission = app
        .store
        .admit_job(NewJob {
            plan: &plan,
            account: actor.account,
            started_by: &actor.name,
            peer: &actor.peer,
            idempotency_key,
            request_hash: &request_hash,
            at: clock::now(),
            status: jobs::queued(),
        })
        .await?;
    if let Admission::Created(job) = admission {
        begin(app, job).await?;
    }
    admitted(app, admission).await
}

/// The plan to run: made now, and the same as what was approved.
async fn approved_plan(
    app: &App,
    actor: &Actor,
    submission: &Submission,
) -> Result<Plan, SubmitError> {
    let earlier = match submission {
        Submission::Approved { plan, .. } => {
            Some(app.store.plan(*plan).await?.ok_or(PlanError::NoSuchPlan(*plan))?)
        }
        Submission::Direct { .. } => None,
    };
    let operation = match (submission, &earlier) {
        (Submission::Direct { operation }, _) => operation,
        (_, Some(plan)) => &plan.draft.operation,
        (Submission::Approved { plan, .. }, None) => {
            return Err(PlanError::NoSuchPlan(*plan).into());
        }
    };
    if let Err(refusal) = plans::allow(actor, operation) {
        let deed = audit::deed(actor, operation.name(), "");
        audit::record(&app.store, &deed, AuditPhase::Refused, &refusal.to_string()).await?;
        return Err(refusal.into());
    }
    let draft = plans::draft(app, operation).await?;
    // Before the interlocks, one of which may say the same: this names the job in the answer.
    if let Some((object, holder)) = app.store.lock_holder(&draft.locks).await? {
        return Err(SubmitError::Locked { object, holder });
    }
    match (judge(&draft, submission)?, earlier) {
        (Judgement::Run, Some(earlier))
            if earlier.hash == draft.hash().map_err(PlanError::from)? =>
        {
            Ok(earlier)
        }
        (Judgement::Run, _) => Ok(plans::keep(app, actor, draft).await?),
        (Judgement::Changed, _) => Err(SubmitError::Changed(kept(app, actor, draft).await?)),
        (Judgement::Interlocked, _) => {
            Err(SubmitError::Interlocked(kept(app, actor, draft).await?))
        }
        (Judgement::NeedsApproval, _) => {
            Err(SubmitError::NeedsApproval(kept(app, actor, draft).await?))
        }
    }
}

/// A refused submission brings the plan as it would be now, ready to be approved.
async fn kept(app: &App, actor: &Actor, draft: Draft) -> Result<Box<Plan>, SubmitError> {
    Ok(Box::new(plans::keep(app, actor, draft).await?))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judgement {
    Run,
    Changed,
    Interlocked,
    NeedsApproval,
}

/// Whether a plan made now may run. An approval is of one hash: a warning that was shown is
/// approved with it, a new one is another hash. Nothing approves a block.
fn judge(draft: &Draft, submission: &Submission) -> Result<Judgement, PlanError> {
    if let Submission::Approved { hash, .. } = submission
        && *hash != draft.hash()?
    {
        return Ok(Judgement::Changed);
    }
    Ok(match (draft.verdict(), submission) {
        (Verdict::Block, _) => Judgement::Interlocked,
        (Verdict::Warn, Submission::Direct { .. }) => Judgement::NeedsApproval,
        _ => Judgement::Run,
    })
}

/// Writes the intent and starts the job. What cannot be audited does not run.
async fn begin(app: &App, job: JobId) -> Result<(), StoreError> {
    let Some(record) = app.store.job(job).await? else { return Ok(()) };
    let commands = record.draft.steps.iter().map(|step| step.title.en.as_str());
    let detail = commands.collect::<Vec<_>>().join("\n");
    audit::record(&app.store, &jobs::deed(&record), AuditPhase::Intent, &detail).await?;
    app.jobs.take_up(job).await
}

async fn admitted(app: &App, admission: Admission) -> Result<JobView, SubmitError> {
    match admission {
        Admission::Created(job) | Admission::Repeated(job) => {
            let view = app.jobs.view(job).await?;
            view.ok_or_else(|| StoreError::Missing(format!("job {job}")).into())
        }
        Admission::KeyReused(job) => Err(SubmitError::KeyReused(job)),
        Admission::Locked { object, holder } => Err(SubmitError::Locked { object, holder }),
    }
}

/// Hex SHA-256 of a request, to know it again.
fn hash_of(submission: &Submission) -> Result<String, StoreError> {
    let digest = Sha256::digest(serde_json::to_vec(submission)?);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Cancels a job at the point where it is, if that is a safe one.
pub async fn cancel(app: &App, actor: &Actor, job: JobId) -> Result<(), CancelError> {
    let mut deed = audit::deed(actor, "jobs.cancel", format!("job {job}"));
    deed.job = Some(job);
    audit::attempt(&app.store, &deed, app.jobs.cancel(job, &actor.name)).await
}

/// Says that what a job did shall stay, where it waits for that.
pub async fn confirm(app: &App, actor: &Actor, job: JobId) -> Result<(), ConfirmError> {
    let mut deed = audit::deed(actor, "jobs.confirm", format!("job {job}"));
    deed.job = Some(job);
    audit::attempt(&app.store, &deed, app.jobs.confirm(job, &actor.name)).await
}

/// Takes a job back once more that waits for an operator.
pub async fn roll_back(app: &App, actor: &Actor, job: JobId) -> Result<(), RollBackError> {
    let mut deed = audit::deed(actor, "jobs.roll_back", format!("job {job}"));
    deed.job = Some(job);
    audit::attempt(&app.store, &deed, app.jobs.roll_back_again(job, &actor.name)).await
}

/// Finds every job that a restart left unfinished. Call it once, when the nodes can be asked.
pub async fn take_up_unfinished(app: &App) -> Result<(), StoreError> {
    app.jobs.publish_newest().await?;
    for job in app.store.unfinished_jobs().await? {
        let Some(record) = app.store.job(job).await? else { continue };
        if app.store.journal(job).await?.is_empty() && record.cancelled_by.is_none() {
            tokio::spawn(begin_late(app.clone(), record));
        } else {
            tracing::warn!(%job, "taking up a job that was interrupted");
            app.jobs.take_up(job).await?;
        }
    }
    Ok(())
}

/// Runs a job that was accepted and never began, if its plan is still what was approved.
async fn begin_late(app: App, record: JobRecord) {
    let job = record.view.summary.id;
    let begun = Instant::now();
    let reason = loop {
        let reason = match plans::draft(&app, &record.draft.operation).await {
            Ok(draft) if draft.hash().is_ok_and(|hash| hash == record.view.plan_hash) => {
                break None;
            }
            Ok(_) => Phrase::new("the plan made now is another one", "现在制定的计划已不同"),
            Err(error) => Phrase::same(error.to_string()),
        };
        if begun.elapsed() > SEEN_ANEW_WITHIN {
            break Some(reason);
        }
        sleep(Duration::from_secs(2)).await;
    };
    let ended = match reason {
        None => begin(&app, job).await,
        Some(reason) => app.jobs.give_up(job, never_began(&reason)).await,
    };
    if let Err(error) = ended {
        tracing::error!(%job, %error, "the job stays queued until the console starts again");
    }
}

fn never_began(reason: &Phrase) -> Phrase {
    Phrase::new(
        format!(
            "The console was restarted before this job began, and {}. Nothing was done",
            reason.en
        ),
        format!("任务开始前控制台重启，{}。未做任何更改", reason.zh),
    )
}

#[cfg(test)]
#[path = "jobs_tests.rs"]
mod tests;

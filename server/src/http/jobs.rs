//! `/api/v1/jobs`

#![allow(unused_qualifications)] // in what the macro makes of `params`

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use signalbox_domain::ids::{JobId, NodeId};
use signalbox_domain::jobs::{JobSummary, JobView, LogLine};
use signalbox_domain::phrase::Phrase;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::jobs::{self, Submission, SubmitError};
use crate::http::actor::Actor;
use crate::http::error::Problem;
use crate::http::page;
use crate::jobs::{CancelError, ConfirmError, RollBackError};
use crate::state::App;

const LOG_PAGE_LINES: u32 = 500;
const LOG_PAGE_MOST_LINES: u32 = 5_000;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_KEY_BYTES: usize = 255;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, submit))
        .routes(routes!(get))
        .routes(routes!(log))
        .routes(routes!(cancel))
        .routes(routes!(confirm))
        .routes(routes!(roll_back))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only jobs before this one; `next_before` of the page that was read last.
    before: Option<i64>,
    /// Only jobs that did something on this node.
    node: Option<NodeId>,
    /// Jobs on the page, 1 to 500.
    #[param(default = 50)]
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
struct JobPage {
    jobs: Vec<JobSummary>,
    /// For the next page; absent on the last one.
    next_before: Option<JobId>,
}

/// Jobs, newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", params(ListQuery), responses((status = 200, body = JobPage)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<JobPage>, Problem> {
    let limit = query.limit.unwrap_or(page::ROWS).clamp(1, page::MOST_ROWS);
    let mut jobs = app.store.jobs(query.before.map(JobId), query.node, limit + 1).await?;
    let next_before = page::cut(&mut jobs, limit as usize, |job| job.id);
    Ok(Json(JobPage { jobs, next_before }))
}

/// Run an approved plan, or plan an operation and run it at once.
///
/// Problems with status 409: `plan_changed`, `interlocked` and `needs_approval` bring the `plan`
/// as it would be made now; `locked` the `job` that works on the same thing.
#[utoipa::path(
    post, path = "/api/v1/jobs", tag = "jobs", request_body = Submission,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key again gives the same job.")),
    responses((status = 202, body = JobView), (status = 409)),
)]
async fn submit(
    State(app): State<App>,
    actor: Actor,
    headers: HeaderMap,
    Json(submission): Json<Submission>,
) -> Result<impl IntoResponse, Problem> {
    let key = idempotency_key(&headers)?;
    let job = jobs::submit(&app, &actor, &submission, key).await?;
    let location = [(LOCATION, format!("/api/v1/jobs/{}", job.summary.id))];
    Ok((StatusCode::ACCEPTED, location, Json(job)))
}

/// One job.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = i64, Path)), responses((status = 200, body = JobView)))]
async fn get(State(app): State<App>, Path(id): Path<JobId>) -> Result<Json<JobView>, Problem> {
    Ok(Json(app.jobs.view(id).await?.ok_or_else(|| no_such_job(id))?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LogQuery {
    /// Only lines after this number.
    #[param(default = 0)]
    after: Option<u64>,
    /// Lines on the page, 1 to 5,000.
    #[param(default = 500)]
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
struct LogPage {
    lines: Vec<LogLine>,
    /// The number of the newest line that the job has now.
    last: u64,
    /// Whether the job is over: then no line follows `last`.
    finished: bool,
}

/// A page of a job's log, oldest line first.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/log", tag = "jobs", params(("id" = i64, Path), LogQuery), responses((status = 200, body = LogPage)))]
async fn log(
    State(app): State<App>,
    Path(id): Path<JobId>,
    Query(query): Query<LogQuery>,
) -> Result<Json<LogPage>, Problem> {
    let job = app.jobs.view(id).await?.ok_or_else(|| no_such_job(id))?;
    let limit = query.limit.unwrap_or(LOG_PAGE_LINES).clamp(1, LOG_PAGE_MOST_LINES);
    let lines = app.store.job_log(id, query.after.unwrap_or(0), limit).await?;
    let last = lines.last().map_or(0, |line| line.seq).max(job.log_len);
    Ok(Json(LogPage { lines, last, finished: job.summary.state.is_final() }))
}

/// Cancel a running job. What it did is then undone.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/cancel", tag = "jobs", params(("id" = i64, Path)), responses((status = 202, body = JobView), (status = 409)))]
async fn cancel(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<JobId>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    app.jobs.view(id).await?.ok_or_else(|| no_such_job(id))?;
    jobs::cancel(&app, &actor, id).await?;
    let job = app.jobs.view(id).await?.ok_or_else(|| no_such_job(id))?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}

/// Keep what a job did that waits for this until `confirm_until`. Cancelling it rolls it back at
/// once.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/confirm", tag = "jobs", params(("id" = i64, Path)), responses((status = 202, body = JobView), (status = 409)))]
async fn confirm(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<JobId>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    app.jobs.view(id).await?.ok_or_else(|| no_such_job(id))?;
    jobs::confirm(&app, &actor, id).await?;
    let job = app.jobs.view(id).await?.ok_or_else(|| no_such_job(id))?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}

/// Roll back once more a job that waits for an operator.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/rollback", tag = "jobs", params(("id" = i64, Path)), responses((status = 202, body = JobView), (status = 409)))]
async fn roll_back(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<JobId>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    app.jobs.view(id).await?.ok_or_else(|| no_such_job(id))?;
    jobs::roll_back(&app, &actor, id).await?;
    let job = app.jobs.view(id).await?.ok_or_else(|| no_such_job(id))?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= IDEMPOTENCY_KEY_BYTES => Ok(Some(key)),
        _ => Err(Problem::invalid(Phrase::new(
            "Idempotency-Key is expected to be 1 to 255 visible ASCII characters.",
            "Idempotency-Key 应为 1 至 255 个可见 ASCII 字符。",
        ))),
    }
}

fn no_such_job(id: JobId) -> Problem {
    Problem::not_found(&format!("Job {id}"), &format!("任务 {id} "))
}

fn conflict(code: &'static str, detail: Phrase) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, detail)
}

fn locked(object: &str, holder: JobId) -> Problem {
    conflict(
        "locked",
        Phrase::new(
            format!("Job {holder} works on {object}. Wait for its end, or cancel it."),
            format!("任务 {holder} 正在操作 {object}。请等待其结束或取消它。"),
        ),
    )
    .with("job", &holder)
    .with("object", &object)
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Problem {
        match error {
            SubmitError::Plan(error) => error.into(),
            SubmitError::Store(error) => error.into(),
            SubmitError::Locked { object, holder } => locked(&object, holder),
            SubmitError::KeyReused(job) => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                Phrase::new(
                    format!("This Idempotency-Key belongs to another request, job {job}."),
                    format!("该 Idempotency-Key 属于另一个请求（任务 {job}）。"),
                ),
            )
            .with("job", &job),
            SubmitError::Changed(plan) => conflict(
                "plan_changed",
                Phrase::new(
                    "The fleet has changed since this plan was approved. Look at the new one.",
                    "批准之后集群状态已变化。请查看新的计划。",
                ),
            )
            .with("plan", &plan),
            SubmitError::Interlocked(plan) => conflict(
                "interlocked",
                Phrase::new(
                    "An interlock blocks. Its detail says what clears it.",
                    "有联锁阻断。其说明写明了如何解除。",
                ),
            )
            .with("interlocks", &plan.draft.interlocks)
            .with("plan", &plan),
            SubmitError::NeedsApproval(plan) => conflict(
                "needs_approval",
                Phrase::new(
                    "An interlock warns. Look at the plan and submit it with its hash.",
                    "有联锁警告。请查看计划，并附其哈希提交。",
                ),
            )
            .with("plan", &plan),
        }
    }
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Problem {
        match error {
            CancelError::NotRunning => conflict(
                "not_running",
                Phrase::new("The job is over, or has not begun.", "任务已结束或尚未开始。"),
            ),
            CancelError::NotCancellable(_) => conflict(
                "not_cancellable",
                Phrase::new(
                    "The job is at a point where stopping would be worse than going on.",
                    "任务处于不宜中止的阶段，继续更安全。",
                ),
            ),
            CancelError::Store(error) => error.into(),
        }
    }
}

impl From<ConfirmError> for Problem {
    fn from(error: ConfirmError) -> Problem {
        match error {
            ConfirmError::NotRunning => conflict(
                "not_running",
                Phrase::new("The job is over, or has not begun.", "任务已结束或尚未开始。"),
            ),
            ConfirmError::NothingToKeep(_) => conflict(
                "nothing_to_keep",
                Phrase::new(
                    "The job does not wait to be kept: not yet, or no longer.",
                    "任务当前不等待保留：尚未到达或已经结束。",
                ),
            ),
            ConfirmError::Store(error) => error.into(),
        }
    }
}

impl From<RollBackError> for Problem {
    fn from(error: RollBackError) -> Problem {
        match error {
            RollBackError::NotWaiting => conflict(
                "not_waiting",
                Phrase::new(
                    "The job does not wait for an operator; only such a job is rolled back again.",
                    "该任务并未等待人工处理；只有此类任务可以再次回滚。",
                ),
            ),
            RollBackError::Locked { object, holder } => locked(&object, holder),
            RollBackError::Store(error) => error.into(),
        }
    }
}

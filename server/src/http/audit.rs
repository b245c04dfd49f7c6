//! `/api/v1/audit`

#![allow(unused_qualifications)] // in what the macro makes of `params`

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use signalbox_domain::audit::{AuditPage, AuditPhase, AuditVerdict};
use signalbox_domain::ids::JobId;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::error::Problem;
use crate::http::page;
use crate::state::App;
use crate::store::AuditFilter;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(verify))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only rows before this one; `next_before` of the page that was read last.
    before: Option<i64>,
    /// Rows on the page, 1 to 500.
    #[param(default = 50)]
    limit: Option<u32>,
    /// Account or token name.
    actor: Option<String>,
    /// Beginning of the action, e.g. `vrrp.` or `vrrp.hand_over`.
    action: Option<String>,
    object: Option<String>,
    phase: Option<AuditPhase>,
    job: Option<i64>,
}

/// The audit log, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(ListQuery), responses((status = 200, body = AuditPage)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<AuditPage>, Problem> {
    let limit = query.limit.unwrap_or(page::ROWS).clamp(1, page::MOST_ROWS);
    let filter = AuditFilter {
        before: query.before,
        actor: query.actor,
        action: query.action,
        object: query.object,
        phase: query.phase,
        job: query.job.map(JobId),
    };
    let mut entries = app.store.audit(&filter, limit + 1).await?;
    let next_before = page::cut(&mut entries, limit as usize, |entry| entry.seq);
    Ok(Json(AuditPage { entries, next_before }))
}

/// Walks the hash chain and says up to which row it holds.
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "audit", responses((status = 200, body = AuditVerdict)))]
async fn verify(State(app): State<App>) -> Result<Json<AuditVerdict>, Problem> {
    Ok(Json(app.store.verify_audit().await?))
}

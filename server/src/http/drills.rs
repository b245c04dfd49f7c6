//! `/api/v1/drills`

#![allow(unused_qualifications)] // in what the macro makes of `params`

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use signalbox_domain::drills::{Drill, DrillsView, Report, Schedule};
use signalbox_domain::ids::JobId;
use signalbox_domain::phrase::Phrase;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::drills::{self, DrillError};
use crate::http::actor::Actor;
use crate::http::error::Problem;
use crate::http::page;
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(reports)).routes(routes!(schedule))
}

/// Every drill that the fleet allows, with what became of it last. `drills.run` runs one.
#[utoipa::path(get, path = "/api/v1/drills", tag = "drills", responses((status = 200, body = DrillsView)))]
async fn list(State(app): State<App>) -> Result<Json<DrillsView>, Problem> {
    Ok(Json(drills::view(&app).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReportsQuery {
    /// Only reports of jobs before this one; `next_before` of the page that was read last.
    before: Option<i64>,
    /// Reports on the page, 1 to 500.
    #[param(default = 50)]
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ReportPage {
    reports: Vec<Report>,
    /// For the next page; absent on the last one.
    next_before: Option<JobId>,
}

/// Reports of drills, newest first.
#[utoipa::path(get, path = "/api/v1/drills/reports", tag = "drills", params(ReportsQuery), responses((status = 200, body = ReportPage)))]
async fn reports(
    State(app): State<App>,
    Query(query): Query<ReportsQuery>,
) -> Result<Json<ReportPage>, Problem> {
    let limit = query.limit.unwrap_or(page::ROWS).clamp(1, page::MOST_ROWS);
    let before = query.before.map(JobId);
    let mut reports = drills::reports(&app, None, before, limit + 1).await?;
    let next_before = page::cut(&mut reports, limit as usize, |report| report.job);
    Ok(Json(ReportPage { reports, next_before }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScheduleRequest {
    drill: Drill,
    /// Absent: it runs no more by itself.
    schedule: Option<Times>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Times {
    /// 1 to 366.
    every_days: u16,
    /// Minutes after midnight UTC, 0 to 1439.
    at_minute: u16,
}

/// Have a drill run by itself, or no more. It runs unless an interlock blocks.
#[utoipa::path(put, path = "/api/v1/drills/schedule", tag = "drills", request_body = ScheduleRequest, responses((status = 200, body = Option<Schedule>)))]
async fn schedule(
    State(app): State<App>,
    actor: Actor,
    Json(ScheduleRequest { drill, schedule }): Json<ScheduleRequest>,
) -> Result<Json<Option<Schedule>>, Problem> {
    let Some(Times { every_days, at_minute }) = schedule else {
        drills::unschedule(&app, &actor, &drill).await?;
        return Ok(Json(None));
    };
    Ok(Json(Some(drills::schedule(&app, &actor, &drill, every_days, at_minute).await?)))
}

impl From<DrillError> for Problem {
    fn from(error: DrillError) -> Problem {
        match error {
            DrillError::NoSuchDrill(name) => {
                Problem::not_found(&format!("The drill {name}"), &format!("演练 {name} "))
            }
            DrillError::Schedule(error) => Problem::invalid(Phrase::new(
                error.to_string(),
                "计划无效：间隔须为 1 至 366 天，时间须为一天中的 0 至 1439 分钟",
            )),
            DrillError::Vrrp(error) => error.into(),
            DrillError::Lvs(error) => error.into(),
            DrillError::Sharing(error) => error.into(),
            DrillError::Store(error) => error.into(),
        }
    }
}

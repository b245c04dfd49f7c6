//! `/api/v1/plans`

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use signalbox_domain::ids::PlanId;
use signalbox_domain::operation::Operation;
use signalbox_domain::plan::Plan;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::plans::{self, PlanError};
use crate::http::actor::Actor;
use crate::http::error::Problem;
use crate::http::permissions::forbidden;
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(make)).routes(routes!(again))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PlanRequest {
    operation: Operation,
}

/// Plan an operation. Nothing runs.
#[utoipa::path(post, path = "/api/v1/plans", tag = "plans", request_body = PlanRequest, responses((status = 201, body = Plan)))]
async fn make(
    State(app): State<App>,
    actor: Actor,
    Json(request): Json<PlanRequest>,
) -> Result<(StatusCode, Json<Plan>), Problem> {
    Ok((StatusCode::CREATED, Json(plans::make(&app, &actor, &request.operation).await?)))
}

/// The plan as it would be made now; its hash is another when that differs in what would run or
/// in an interlock's verdict.
#[utoipa::path(get, path = "/api/v1/plans/{id}", tag = "plans", params(("id" = i64, Path)), responses((status = 200, body = Plan)))]
async fn again(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<PlanId>,
) -> Result<Json<Plan>, Problem> {
    Ok(Json(plans::again(&app, &actor, id).await?))
}

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Problem {
        match error {
            PlanError::NoSuchPlan(id) => {
                Problem::not_found(&format!("Plan {id}"), &format!("计划 {id} "))
            }
            PlanError::Forbidden(_) => forbidden(),
            PlanError::Backups(error) => error.into(),
            PlanError::Drills(error) => error.into(),
            PlanError::Firewall(error) => error.into(),
            PlanError::Lvs(error) => error.into(),
            PlanError::LvsEdit(error) => error.into(),
            PlanError::LvsMove(error) => error.into(),
            PlanError::LvsSync(error) => error.into(),
            PlanError::Vrrp(error) => error.into(),
            PlanError::Sharing(error) => error.into(),
            PlanError::Store(error) => error.into(),
            PlanError::Json(error) => Problem::internal(&error),
        }
    }
}

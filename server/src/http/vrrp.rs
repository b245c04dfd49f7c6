//! `/api/v1/vrrp`. Handing over is an operation: `POST /api/v1/jobs`.

#![allow(unused_qualifications)] // in what the macro makes of `params`

use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use signalbox_domain::vrrp::{HolderStretch, VrrpView};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::vrrp_holders;
use crate::http::error::Problem;
use crate::state::App;

const HOURS: u64 = 24;
const MOST_HOURS: u64 = 30 * 24;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(vrrp)).routes(routes!(holders))
}

/// Every VRRP instance: who holds it, and what each director says of itself.
#[utoipa::path(get, path = "/api/v1/vrrp", tag = "vrrp", responses((status = 200, body = VrrpView)))]
async fn vrrp(State(app): State<App>) -> Json<VrrpView> {
    Json(app.fleet.vrrp())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HoldersQuery {
    /// How far back, 1 to 720.
    #[param(default = 24)]
    hours: Option<u64>,
}

/// Who was seen to hold each instance, oldest first. Of the time between two stretches nothing is
/// known: the console or a director could not be seen. The end of a stretch that still lasts is
/// written every 30 s.
#[utoipa::path(get, path = "/api/v1/vrrp/holders", tag = "vrrp", params(HoldersQuery), responses((status = 200, body = Vec<HolderStretch>)))]
async fn holders(
    State(app): State<App>,
    Query(query): Query<HoldersQuery>,
) -> Result<Json<Vec<HolderStretch>>, Problem> {
    let hours = query.hours.unwrap_or(HOURS).clamp(1, MOST_HOURS);
    Ok(Json(vrrp_holders::of_last(&app, Duration::from_secs(hours * 3600)).await?))
}

//! `/api/v1/fleet`

use axum::Json;
use axum::extract::State;
use signalbox_domain::fleet::FleetView;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(fleet))
}

/// The whole fleet as the Overview shows it: lines, faults, what is running.
#[utoipa::path(get, path = "/api/v1/fleet", tag = "fleet", responses((status = 200, body = FleetView)))]
async fn fleet(State(app): State<App>) -> Json<FleetView> {
    Json(app.fleet.view())
}

//! `/api/v1/vrrp`. Handing over is an operation: `POST /api/v1/jobs`.

use axum::Json;
use axum::extract::State;
use signalbox_domain::vrrp::VrrpView;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(vrrp))
}

/// Every VRRP instance: who holds it, and what each director says of itself.
#[utoipa::path(get, path = "/api/v1/vrrp", tag = "vrrp", responses((status = 200, body = VrrpView)))]
async fn vrrp(State(app): State<App>) -> Json<VrrpView> {
    Json(app.fleet.vrrp())
}

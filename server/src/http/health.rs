//! Whether the console answers and can read its database.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::error::Problem;
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health))
}

#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `ok`; a console that is not answers 500 or nothing.
    status: &'static str,
}

/// Whether the console works.
#[utoipa::path(get, path = "/api/v1/health", tag = "health", responses((status = 200, body = Health)))]
async fn health(State(app): State<App>) -> Result<Json<Health>, Problem> {
    app.store.check().await?;
    Ok(Json(Health { status: "ok" }))
}

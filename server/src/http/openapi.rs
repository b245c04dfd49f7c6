//! The API's description, generated from the handlers.

use axum::Json;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::App;

#[derive(OpenApi)]
#[openapi(info(
    title = "Signalbox",
    description = "Everything that the console does, for scripts. Times are milliseconds since 1970-01-01T00:00:00Z. Problems are application/problem+json."
))]
struct Api;

/// The description without the routes, which [`super::api`] adds.
pub(super) fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// The whole description.
pub fn complete() -> utoipa::openapi::OpenApi {
    super::api().split_for_parts().1
}

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(openapi_json))
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "openapi", responses((status = 200, body = Object)))]
async fn openapi_json() -> Json<utoipa::openapi::OpenApi> {
    Json(complete())
}

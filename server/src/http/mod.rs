//! Thin handlers: parse, call `app`, answer.

pub mod access;
pub mod actor;
pub mod audit;
pub mod backups;
pub mod error;
pub mod health;
pub mod jobs;
pub mod nodes;
pub mod openapi;
pub mod origin;
pub mod permissions;
pub mod plans;
pub mod request;
pub mod security;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::routing::any;
use signalbox_domain::phrase::Phrase;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::http::error::Problem;
use crate::state::App;

/// The largest body that a request may have, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// Every route of the API. One line a feature.
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::document())
        .merge(health::routes())
        .merge(openapi::routes())
        .merge(access::routes())
        .merge(audit::routes())
        .merge(backups::routes())
        .merge(jobs::routes())
        .merge(nodes::routes())
        .merge(plans::routes())
}

/// Everything that the console answers.
pub fn router(app: App) -> Router {
    let (api, _) = api().split_for_parts();
    let guarded = api.route_layer(from_fn_with_state(app.clone(), permissions::guard));
    Router::new()
        .merge(guarded)
        .route("/api/{*rest}", any(no_such_route))
        .fallback(no_such_route)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(map_response(error::as_problem))
        .layer(CatchPanicLayer::custom(error::from_panic))
        .layer(from_fn(security::headers))
        .layer(from_fn(request::identify))
        .with_state(app)
}

async fn no_such_route(uri: Uri) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        Phrase::new(
            format!("Nothing is at {}. GET /api/v1/openapi.json lists the API.", uri.path()),
            format!("{} 处没有内容。API 列表见 GET /api/v1/openapi.json。", uri.path()),
        ),
    )
}

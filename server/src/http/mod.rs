//! Thin handlers: parse, call `app`, answer.

pub mod access;
pub mod actor;
pub mod audit;
pub mod backups;
pub mod drills;
pub mod engines;
pub mod error;
pub mod firewall;
pub mod fleet;
pub mod health;
pub mod jobs;
pub mod live;
pub mod lvs;
pub mod nodes;
pub mod openapi;
pub mod origin;
mod page;
pub mod pages;
pub mod permissions;
pub mod plans;
pub mod request;
pub mod security;
pub mod vrrp;

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
/// A ruleset of tens of thousands of rules.
const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// Every route of the API. One line a feature.
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::document())
        .merge(health::routes())
        .merge(openapi::routes())
        .merge(access::routes())
        .merge(audit::routes())
        .merge(backups::routes())
        .merge(drills::routes())
        .merge(engines::routes())
        .merge(firewall::routes())
        .merge(fleet::routes())
        .merge(jobs::routes())
        .merge(live::routes())
        .merge(lvs::routes())
        .merge(nodes::routes())
        .merge(plans::routes())
        .merge(vrrp::routes())
}

/// Everything that the console answers.
pub fn router(app: App) -> Router {
    let (api, _) = api().split_for_parts();
    let guarded = api.route_layer(from_fn_with_state(app.clone(), permissions::guard));
    let pages = pages(&app, guarded.clone().with_state(app.clone()));
    let routes = Router::new()
        .merge(guarded)
        .merge(pages)
        .route("/api/{*rest}", any(no_such_route))
        .fallback(no_such_route);
    around(routes).with_state(app)
}

/// What holds for every answer, whoever gives it.
fn around<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(map_response(error::as_problem))
        .layer(CatchPanicLayer::custom(error::from_panic))
        .layer(from_fn(security::headers))
        .layer(from_fn(request::identify))
}

/// The pages, when the console was started with their built files.
fn pages(app: &App, api: Router) -> Router<App> {
    match (&app.site, &app.config.site) {
        (Some(site), Some(directory)) => pages::routes(site.clone(), directory, api),
        _ => Router::new(),
    }
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

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_with_an_id_and_nothing_of_its_message() {
        async fn panics() {
            panic!("the password is hunter2");
        }
        let router: Router = around(Router::new().route("/", get(panics)));
        let answer = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let id = answer.headers()["x-correlation-id"].to_str().unwrap().to_owned();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains(&id) && !text.contains("hunter2"), "{text}");
    }
}

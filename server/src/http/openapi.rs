//! The API's description, generated from the handlers.

use std::sync::LazyLock;

use axum::Json;
use axum::http::Method;
use signalbox_domain::access::Permission;
use signalbox_domain::problem::ProblemDetails;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, PathItem, Ref, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::permissions::{self, Access};
use crate::state::App;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Signalbox",
        description = "Everything that the console does, for scripts. Times are milliseconds since 1970-01-01T00:00:00Z."
    ),
    components(schemas(ProblemDetails))
)]
struct Api;

/// The description without the routes, which [`super::api`] adds.
pub(super) fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

const TOKEN: &str = "token";
const COOKIE: &str = "cookie";

/// The whole description, with what each route asks for and how it refuses.
pub fn complete() -> utoipa::openapi::OpenApi {
    let mut document = super::api().split_for_parts().1;
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let cookie = ApiKey::Cookie(ApiKeyValue::new("signalbox"));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(token));
    components.add_security_scheme(COOKIE, SecurityScheme::ApiKey(cookie));
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            operation.security = Some(security(&method, path));
            let problem = ResponseBuilder::new()
                .description("Why it was not done.")
                .content(
                    "application/problem+json",
                    Content::new(Some(Ref::from_schema_name("ProblemDetails"))),
                )
                .build();
            operation.responses.responses.insert("default".to_owned(), problem.into());
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::DELETE, &mut item.delete),
        (Method::PATCH, &mut item.patch),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// A token or a cookie of somebody with the permission; nothing for a public route.
fn security(method: &Method, path: &str) -> Vec<SecurityRequirement> {
    match permissions::access(method, path) {
        Some(Access::Needs(permission)) => [TOKEN, COOKIE]
            .map(|scheme| SecurityRequirement::new(scheme, [name(permission)]))
            .to_vec(),
        Some(Access::Public) | None => Vec::new(),
    }
}

fn name(permission: Permission) -> String {
    match serde_json::to_value(permission) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(openapi_json))
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "openapi", responses((status = 200, body = Object)))]
async fn openapi_json() -> Json<&'static utoipa::openapi::OpenApi> {
    static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(complete);
    Json(&DOCUMENT)
}

//! The extractor [`Actor`]: the signed-in account, for handlers.

use axum::extract::{FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use signalbox_domain::phrase::Phrase;

pub use crate::app::access::{Actor, Via};
use crate::http::error::Problem;
use crate::http::permissions::Access;
use crate::state::App;

/// Finds who is asking and whether the route is open to them; the handler then finds the [`Actor`]
/// in the request.
pub(super) async fn admit(
    _app: &App,
    access: Access,
    _request: &mut Request,
) -> Result<Renewed, Problem> {
    match access {
        Access::Public => Ok(Renewed),
        Access::Needs(_) => Err(not_signed_in()),
    }
}

/// The session's cookie, when its life was extended.
pub(super) struct Renewed;

impl Renewed {
    pub(super) fn attach(self, response: Response) -> Response {
        response
    }
}

impl FromRequestParts<App> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Actor, Problem> {
        parts.extensions.get::<Actor>().cloned().ok_or_else(not_signed_in)
    }
}

pub fn not_signed_in() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "not_signed_in",
        Phrase::new(
            "Sign in, or send an API token as a bearer token.",
            "登录，或以 bearer 令牌方式发送 API 令牌。",
        ),
    )
}

//! The extractor [`Actor`]: the signed-in account, for handlers.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, COOKIE, SET_COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use signalbox_domain::audit::AuditPhase;
use signalbox_domain::phrase::Phrase;

use crate::app::access::{self, Client, Cookie};
pub use crate::app::access::{Actor, Via};
use crate::app::audit;
use crate::clock;
use crate::http::error::Problem;
use crate::http::origin::Origins;
use crate::http::permissions::{Access, forbidden};
use crate::http::request::peer;
use crate::state::App;

/// Finds who is asking and whether the route is open to them; the handler then finds the [`Actor`]
/// in the request.
pub(super) async fn admit(
    app: &App,
    access: Access,
    request: &mut Parts,
) -> Result<Renewed, Problem> {
    let Access::Needs(permission) = access else { return Ok(Renewed(None)) };
    let (actor, renewed) = identify(app, request).await?;
    if !actor.may(permission) {
        if !request.method.is_safe() {
            let object = format!("{} {}", request.method, request.uri.path());
            let deed = audit::deed(&actor, "access.refuse", object);
            audit::record(&app.store, &deed, AuditPhase::Refused, "the role is not enough").await?;
        }
        return Err(forbidden());
    }
    request.extensions.insert(actor);
    Ok(Renewed(renewed.map(|cookie| set_cookie(&app.origins, &cookie)).transpose()?))
}

/// By bearer token when there is one, else by cookie.
async fn identify(app: &App, request: &Parts) -> Result<(Actor, Option<Cookie>), Problem> {
    let headers = &request.headers;
    let peer = peer(&request.extensions);
    if let Some(authorization) = headers.get(AUTHORIZATION) {
        let token = bearer(authorization).ok_or_else(not_signed_in)?;
        return Ok((access::actor_of_token(app, token, peer).await?, None));
    }
    let jwt = cookie(headers, cookie_name(&app.origins)).ok_or_else(not_signed_in)?;
    Ok(access::actor_of_cookie(app, jwt, peer, clock::now()).await?)
}

fn bearer(authorization: &HeaderValue) -> Option<&str> {
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Browsers take a `__Host-` cookie over TLS only, from this host only.
fn cookie_name(origins: &Origins) -> &'static str {
    if origins.https() { "__Host-signalbox" } else { "signalbox" }
}

pub(super) fn set_cookie(origins: &Origins, cookie: &Cookie) -> Result<HeaderValue, Problem> {
    write_cookie(origins, cookie.jwt.reveal(), cookie.life)
}

/// Takes the cookie away from the browser.
pub(super) fn clear_cookie(origins: &Origins) -> Result<HeaderValue, Problem> {
    write_cookie(origins, "", Duration::ZERO)
}

fn write_cookie(origins: &Origins, value: &str, life: Duration) -> Result<HeaderValue, Problem> {
    let secure = if origins.https() { "; Secure" } else { "" };
    let name = cookie_name(origins);
    let max_age_s = life.as_secs();
    let text =
        format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}");
    let mut header = HeaderValue::try_from(text).map_err(|error| Problem::internal(&error))?;
    header.set_sensitive(true);
    Ok(header)
}

/// The session's cookie, when its life was extended.
pub(super) struct Renewed(Option<HeaderValue>);

impl Renewed {
    pub(super) fn attach(self, mut response: Response) -> Response {
        // A handler that sets the cookie itself, as signing out does, has the last word.
        if let Some(cookie) = self.0 {
            response.headers_mut().entry(SET_COOKIE).or_insert(cookie);
        }
        response
    }
}

impl FromRequestParts<App> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Actor, Problem> {
        parts.extensions.get::<Actor>().cloned().ok_or_else(not_signed_in)
    }
}

impl FromRequestParts<App> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Client, Problem> {
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Client {
            peer: peer(&parts.extensions),
            user_agent: user_agent.unwrap_or_default().to_owned(),
        })
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

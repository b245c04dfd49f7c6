//! The console's pages, rendered from its own API, and the built files that they load.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, SET_COOKIE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{ResponseOptions, render_app_async_with_context};
use serde::de::DeserializeOwned;
use serde_json::Value;
use signalbox_domain::access::SessionView;
use signalbox_frontend::api::{Problem as Refusal, read, unanswered};
use signalbox_frontend::app::{Missing, Site, document};
use signalbox_frontend::boot::Boot;
use signalbox_frontend::locale::Preferences;
use tower::ServiceExt;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeader;

use crate::clock;
use crate::http::error::Problem;
use crate::http::security::page_policy;
use crate::state::App;

/// The largest API document that a page begins with, in bytes.
const DOCUMENT_LIMIT: usize = 8 * 1024 * 1024;

/// Each name holds a hash of the content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    #[error("cannot read {path}; `cargo xtask build` makes it")]
    Read {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} is not the list of files that `cargo xtask build` writes")]
    Format {
        path: String,
        #[source]
        source: serde_json::Error,
    },
}

/// The names of the built files in a directory, as its `site.json` has them.
pub fn site(directory: &Path) -> Result<Site, SiteError> {
    let file = directory.join("site.json");
    let path = file.display().to_string();
    let text =
        std::fs::read(&file).map_err(|source| SiteError::Read { path: path.clone(), source })?;
    serde_json::from_slice(&text).map_err(|source| SiteError::Format { path, source })
}

#[derive(Clone)]
struct Pages {
    site: Arc<Site>,
    /// The API as scripts reach it, permission gate included.
    api: Router,
}

/// Every page, and the files below `/assets`. `api` answers what the pages ask while they are
/// rendered.
pub fn routes(site: Site, directory: &Path, api: Router) -> Router<App> {
    // Tests make several routers; the executor is one for the process.
    let _ = any_spawner::Executor::init_tokio();
    let files = ServeDir::new(directory).precompressed_br().precompressed_gzip();
    let files = SetResponseHeader::overriding(files, CACHE_CONTROL, for_ever);
    let pages = Pages { site: Arc::new(site), api };
    Router::new()
        .route("/", get(page))
        .route("/{*path}", get(page))
        .with_state(pages)
        .nest_service("/assets", files)
}

fn for_ever<B>(response: &axum::http::Response<B>) -> Option<HeaderValue> {
    response.status().is_success().then_some(FOR_EVER)
}

async fn page(State(pages): State<Pages>, request: Request) -> Response {
    match pages.answer(request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

impl Pages {
    async fn answer(&self, request: Request) -> Result<Response, Problem> {
        let reader = Reader::of(&request);
        let path = request.uri().path().to_owned();
        let (session, renewed) = self.session(&reader).await;
        if let Some(elsewhere) = self.door(&path, session.is_some(), &reader).await {
            return Ok(Redirect::to(&elsewhere).into_response());
        }
        let fetch = |path: String| {
            let reader = reader.clone();
            async move { self.get(&path, &reader).await.map(|(value, _)| value) }
        };
        let boot = Boot::load(&path, clock::now(), reader.preferences, session, fetch).await;
        let mut response = self.render(boot, request).await?;
        if let Some(cookie) = renewed {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        // It tells who is signed in and what the fleet is like.
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response)
    }

    async fn render(&self, boot: Boot, request: Request) -> Result<Response, Problem> {
        let missing = Missing::default();
        let site = Arc::clone(&self.site);
        let marked = missing.clone();
        let render = render_app_async_with_context(
            move || provide_context(marked.clone()),
            move || {
                allow_own_scripts();
                document(&site, &boot)
            },
        );
        let mut response = render(request).await;
        if missing.is_marked() {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        Ok(response)
    }

    /// Who is signed in, and the cookie anew when its life was extended.
    async fn session(&self, reader: &Reader) -> (Option<SessionView>, Option<HeaderValue>) {
        match self.get("/api/v1/session", reader).await {
            Ok((session, renewed)) => (Some(session), renewed),
            Err(_) => (None, None),
        }
    }

    /// Where somebody who is not signed in is sent instead.
    async fn door(&self, path: &str, signed_in: bool, reader: &Reader) -> Option<String> {
        if signed_in {
            return None;
        }
        let needs_set_up = match self.get::<Value>("/api/v1/access/setup", reader).await {
            Ok((state, _)) => state.get("needed") == Some(&Value::Bool(true)),
            Err(_) => false,
        };
        match (path, needs_set_up) {
            ("/setup", true) | ("/sign-in", false) => None,
            // A link that the console itself printed may come before any account is there.
            ("/sign-in", true) => None,
            (_, true) => Some("/setup".to_owned()),
            ("/" | "/setup", false) => Some("/sign-in".to_owned()),
            (path, false) => Some(format!("/sign-in?next={path}")),
        }
    }

    /// One GET through the console's own router, as the reader.
    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        reader: &Reader,
    ) -> Result<(T, Option<HeaderValue>), Refusal> {
        let failed = |error: &dyn std::error::Error| unanswered(error.to_string());
        let request = reader.request(path).map_err(|error| failed(&error))?;
        let response = match self.api.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, DOCUMENT_LIMIT).await.map_err(|error| failed(&error))?;
        if !parts.status.is_success() {
            let refusal = serde_json::from_slice(&body);
            return Err(refusal.unwrap_or_else(|_| unanswered(parts.status.to_string())));
        }
        let value: Value = serde_json::from_slice(&body).map_err(|error| failed(&error))?;
        Ok((read(&value)?, parts.headers.get(SET_COOKIE).cloned()))
    }
}

/// Inline scripts run when they carry the page's nonce.
fn allow_own_scripts() {
    let (Some(nonce), Some(options)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    if let Ok(policy) = HeaderValue::try_from(page_policy(&nonce)) {
        options.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

/// Whoever asked for the page: what its requests to the API carry.
#[derive(Clone)]
struct Reader {
    cookie: Option<HeaderValue>,
    peer: Option<ConnectInfo<SocketAddr>>,
    preferences: Preferences,
}

impl Reader {
    fn of(request: &Request) -> Reader {
        let headers = request.headers();
        let preferences =
            Preferences::read(text(headers, &COOKIE), text(headers, &ACCEPT_LANGUAGE));
        Reader {
            cookie: headers.get(COOKIE).cloned(),
            peer: request.extensions().get::<ConnectInfo<SocketAddr>>().copied(),
            preferences,
        }
    }

    fn request(&self, path: &str) -> Result<Request, axum::http::Error> {
        let mut request = Request::get(path).body(Body::empty())?;
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(COOKIE, cookie.clone());
        }
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        Ok(request)
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &axum::http::HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

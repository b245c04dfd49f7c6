//! What is known of the request that is being answered: its correlation id and its language.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::extract::{ConnectInfo, Request};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use rand::RngCore;
use signalbox_domain::phrase::Language;
use tracing::Instrument;

pub const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

#[derive(Debug, Clone)]
struct Context {
    correlation_id: String,
    language: Language,
}

tokio::task_local! {
    static CONTEXT: Context;
}

/// Gives each request an id, which its log lines, its answer and its problem carry.
pub async fn identify(request: Request, next: Next) -> Response {
    let context =
        Context { correlation_id: new_correlation_id(), language: language(request.headers()) };
    let header = HeaderValue::from_str(&context.correlation_id);
    let span = tracing::info_span!(
        "request",
        correlation_id = context.correlation_id,
        method = %request.method(),
        // The path alone: a query may hold what is nobody's business.
        path = request.uri().path(),
    );
    let answer = async move {
        let started = Instant::now();
        let mut response = next.run(request).await;
        let latency_ms = started.elapsed().as_millis();
        tracing::debug!(status = response.status().as_u16(), latency_ms, "answered");
        if let Ok(header) = header {
            response.headers_mut().insert(CORRELATION_ID, header);
        }
        response
    };
    CONTEXT.scope(context, answer.instrument(span)).await
}

/// Runs `answer` as part of the request that is being answered, from a task of its own.
pub async fn in_this_request<F: Future>(answer: F) -> F::Output {
    match CONTEXT.try_with(Context::clone) {
        Ok(context) => CONTEXT.scope(context, answer).await,
        Err(_) => answer.await,
    }
}

/// Of the request that is being answered; empty outside one.
pub fn correlation_id() -> String {
    CONTEXT.try_with(|context| context.correlation_id.clone()).unwrap_or_default()
}

/// The language that the request being answered accepts; English outside one.
pub fn accepted_language() -> Language {
    CONTEXT.try_with(|context| context.language).unwrap_or_default()
}

/// The address at the other end of the connection. Headers that a proxy may have set do not count:
/// anybody can send them.
pub fn peer(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical())
}

fn new_correlation_id() -> String {
    let mut bytes = [0; 8];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn language(headers: &HeaderMap) -> Language {
    let first = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(',').next())
        .unwrap_or_default();
    if first.trim().to_ascii_lowercase().starts_with("zh") { Language::Zh } else { Language::En }
}

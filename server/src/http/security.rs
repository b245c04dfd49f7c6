//! Headers that tell browsers what the console's pages may not do.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// For answers that are no page: nothing may be loaded from them.
const API_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'");

/// The `Content-Security-Policy` of a page whose inline scripts carry `nonce`. The wasm bundle
/// needs `'wasm-unsafe-eval'`, which compiles wasm and evaluates no JavaScript.
pub fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Sets what the handler has not set itself.
pub async fn headers(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if is_api {
        set_absent(headers, CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    set_absent(headers, CONTENT_SECURITY_POLICY, API_POLICY);
    set_absent(headers, X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    set_absent(headers, X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    set_absent(headers, REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    set_absent(
        headers,
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    set_absent(
        headers,
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    set_absent(
        headers,
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    );
    response
}

fn set_absent(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}

//! What holds for every request: origins, problems, headers, limits.

use axum::body::Body;
use axum::http::header::{
    CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ORIGIN, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{Method, StatusCode};
use serde_json::json;
use signalbox_domain::access::Role;

use crate::console::{ADDRESS, Console, Who, request};

const SESSION: &str = "/api/v1/session";

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let console = Console::start().await;
    let browser = console.person("kim", Role::Admin).await;
    for origin in [
        Some("https://evil.example"),
        Some("null"),
        Some("http://127.0.0.1:8481"),
        Some("http://127.0.0.1.evil.example:8480"),
        Some("https://127.0.0.1:8480"),
        // A cookie without an origin comes from no browser of today.
        None,
    ] {
        let mut request = request(Method::DELETE, &browser, SESSION, None);
        request.headers_mut().remove(ORIGIN);
        if let Some(origin) = origin {
            request.headers_mut().insert(ORIGIN, origin.parse().unwrap());
        }
        let answer = console.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "origin_refused"), "{origin:?}");
    }
    assert_eq!(console.get(&browser, SESSION).await.status, StatusCode::OK, "still signed in");
    for origin in [ADDRESS, "http://localhost:8480"] {
        let mut request = request(Method::DELETE, &browser, SESSION, None);
        request.headers_mut().insert(ORIGIN, origin.parse().unwrap());
        assert_ne!(console.send(request).await.code(), "origin_refused", "{origin}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_opens_no_websocket() {
    let console = Console::start().await;
    let browser = console.person("kim", Role::Admin).await;
    let mut request = request(Method::GET, &browser, SESSION, None);
    let headers = request.headers_mut();
    headers.insert(ORIGIN, "https://evil.example".parse().unwrap());
    headers.insert(CONNECTION, "upgrade".parse().unwrap());
    headers.insert(UPGRADE, "websocket".parse().unwrap());
    headers.insert(SEC_WEBSOCKET_VERSION, "13".parse().unwrap());
    assert_eq!(console.send(request).await.code(), "origin_refused");
}

#[tokio::test]
async fn behind_a_proxy_only_the_public_address_counts() {
    let console = Console::at(Some("https://signalbox.example.net")).await;
    let secret = console.sign_in_link("kim", Role::Admin).await;
    for (origin, code) in [(ADDRESS, "origin_refused"), ("https://signalbox.example.net", "")] {
        let body = Some(json!({ "link": secret }));
        let mut request = request(Method::POST, &Who::Nobody, SESSION, body);
        request.headers_mut().insert(ORIGIN, origin.parse().unwrap());
        assert_eq!(console.send(request).await.code(), code, "{origin}");
    }
}

#[tokio::test]
async fn a_problem_says_what_to_do_in_the_language_asked_for() {
    let console = Console::start().await;
    for (language, detail) in [
        ("en", "Sign in, or send an API token as a bearer token."),
        ("zh-CN,zh;q=0.9,en;q=0.8", "登录，或以 bearer 令牌方式发送 API 令牌。"),
    ] {
        let mut request = request(Method::GET, &Who::Nobody, SESSION, None);
        request.headers_mut().insert("accept-language", language.parse().unwrap());
        let answer = console.send(request).await;
        assert_eq!(answer.headers[CONTENT_TYPE], "application/problem+json");
        let correlation_id = answer.headers["x-correlation-id"].to_str().unwrap();
        assert_eq!(
            answer.body,
            json!({
                "type": "about:blank",
                "title": "Unauthorized",
                "status": 401,
                "code": "not_signed_in",
                "detail": detail,
                "correlation_id": correlation_id,
            })
        );
    }
}

#[tokio::test]
async fn what_no_handler_answers_is_a_problem_too() {
    let console = Console::start().await;
    let admin = console.script(Role::Admin).await;
    let accounts = "/api/v1/access/accounts";
    let text = {
        let mut request = request(Method::POST, &admin, accounts, Some(json!({})));
        request.headers_mut().insert(CONTENT_TYPE, "text/plain".parse().unwrap());
        console.send(request).await
    };
    let huge = {
        let mut request = request(Method::POST, &admin, accounts, Some(json!({})));
        *request.body_mut() = Body::from(format!("{{\"name\":\"{}\"}}", "x".repeat(8 << 20)));
        console.send(request).await
    };
    for (answer, status, code) in [
        (console.get(&admin, "/api/v1/nothing").await, 404, "not_found"),
        (
            console.call(Method::PATCH, &admin, "/api/v1/audit", None).await,
            405,
            "method_not_allowed",
        ),
        (console.post(&admin, accounts, json!([])).await, 422, "invalid"),
        (text, 415, "not_json"),
        (huge, 413, "too_large"),
        (
            console.call(Method::DELETE, &admin, &format!("{accounts}/x"), None).await,
            400,
            "invalid",
        ),
    ] {
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{answer:?}");
        assert_eq!(answer.headers[CONTENT_TYPE], "application/problem+json");
        assert!(!answer.body["detail"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn every_answer_forbids_what_no_page_needs() {
    let console = Console::start().await;
    for path in ["/api/v1/health", "/api/v1/nothing", SESSION] {
        let headers = console.get(&Who::Nobody, path).await.headers;
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["referrer-policy"], "no-referrer");
    }
}

#[tokio::test]
async fn a_console_whose_database_is_gone_tells_only_an_id() {
    let console = Console::start().await;
    console.app.store.close().await;
    let answer = console.get(&Who::Nobody, "/api/v1/health").await;
    assert_eq!((answer.status.as_u16(), answer.code()), (500, "internal"));
    let id = answer.headers["x-correlation-id"].to_str().unwrap();
    assert_eq!(
        answer.body["detail"],
        format!("The console failed. Its log has the cause under {id}.")
    );
}

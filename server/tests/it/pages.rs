//! Pages as a browser gets them, and the built files.

use std::fs;

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION};
use signalbox_domain::access::Role;
use tempfile::TempDir;

use crate::console::{Console, Who};

pub(crate) fn site() -> TempDir {
    let site = tempfile::tempdir().unwrap();
    let names = serde_json::json!({
        "style": "/assets/app.1.css", "fonts": [], "icon": "/assets/favicon.1.svg",
        "script": "/assets/app-1/signalbox.js", "wasm": "/assets/app-1/signalbox_bg.wasm",
        "app": "/assets/app-1", "split_script": "split.js", "lazy": {},
    });
    fs::write(site.path().join("site.json"), names.to_string()).unwrap();
    fs::write(site.path().join("app.1.css"), "body {}").unwrap();
    site
}

async fn sent_to(console: &Console, path: &str) -> String {
    let (status, headers, _) = console.page(&Who::Nobody, path).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{path}");
    headers[LOCATION].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn nobody_is_sent_to_the_door() {
    let site = site();
    let console = Console::serving(site.path()).await;
    assert_eq!(sent_to(&console, "/").await, "/setup", "nobody can sign in yet");
    console.person("lin", Role::Admin).await;
    assert_eq!(sent_to(&console, "/jobs/12").await, "/sign-in?next=/jobs/12");
    let (status, _, html) = console.page(&Who::Nobody, "/sign-in").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("name=\"password\"") && !html.contains("class=\"nav\""), "{html}");
}

#[tokio::test]
async fn a_page_comes_in_the_readers_language_and_theme() {
    let site = site();
    let console = Console::serving(site.path()).await;
    let Who::Browser(cookie) = console.person("lin", Role::Viewer).await else { panic!() };
    let chinese = Who::Browser(format!("{cookie}; lang=zh; theme=light"));
    let (status, headers, html) = console.page(&chinese, "/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("lang=\"zh-CN\"") && html.contains("data-theme=\"light\""), "{html}");
    assert!(html.contains("总览") && !html.contains(">Overview<"), "{html}");
    assert_eq!(headers[CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn each_inline_script_carries_the_policys_nonce() {
    let site = site();
    let console = Console::serving(site.path()).await;
    let reader = console.person("lin", Role::Viewer).await;
    let (_, headers, html) = console.page(&reader, "/").await;
    let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    let scripts: Vec<&str> = html.split("<script").skip(1).collect();
    assert!(scripts.len() >= 2);
    for script in scripts {
        let head = script.split('>').next().unwrap();
        assert!(head.contains(&format!("nonce=\"{nonce}\"")), "{head}");
    }
    let (_, other, _) = console.page(&reader, "/").await;
    assert_ne!(other[CONTENT_SECURITY_POLICY], headers[CONTENT_SECURITY_POLICY]);
}

#[tokio::test]
async fn an_address_without_a_page_is_404() {
    let site = site();
    let console = Console::serving(site.path()).await;
    let reader = console.person("lin", Role::Viewer).await;
    for path in ["/nowhere", "/jobs/abc"] {
        assert_eq!(console.page(&reader, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn built_files_are_kept_for_ever_and_nothing_else_is_served() {
    let site = site();
    let console = Console::serving(site.path()).await;
    let (status, headers, body) = console.page(&Who::Nobody, "/assets/app.1.css").await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "body {}"));
    assert!(headers[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    for path in ["/assets/gone.css", "/assets/../Cargo.toml", "/assets/%2e%2e/Cargo.toml"] {
        let (status, headers, _) = console.page(&Who::Nobody, path).await;
        assert_ne!(status, StatusCode::OK, "{path}");
        assert!(!headers.get(CACHE_CONTROL).is_some_and(|v| v.as_bytes().ends_with(b"immutable")));
    }
}

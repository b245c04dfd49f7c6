//! Signing in and out.

use std::time::Duration;

use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{Method, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};
use signalbox_domain::access::Role;
use signalbox_server::app::access::{self, new_set_up_link};
use signalbox_server::clock;

use crate::console::{ADDRESS, Console, PASSWORD, Who, secret_of};

const SESSION: &str = "/api/v1/session";
const SETUP: &str = "/api/v1/access/setup";

#[tokio::test]
async fn the_first_admin_is_made_with_the_set_up_link_once() {
    let console = Console::start().await;
    assert_eq!(console.get(&Who::Nobody, SETUP).await.body, json!({ "needed": true }));
    let link = new_set_up_link(&console.app.store, ADDRESS).await.unwrap();
    let secret = secret_of(link.reveal());

    let wrong = json!({ "link": "0".repeat(64), "name": "eve", "password": PASSWORD });
    assert_eq!(console.post(&Who::Nobody, SETUP, wrong).await.code(), "link_refused");
    let short = json!({ "link": secret, "name": "kim", "password": "too short" });
    let refused = console.post(&Who::Nobody, SETUP, short).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid"));

    let first = json!({ "link": secret, "name": "kim", "password": PASSWORD });
    let made = console.post(&Who::Nobody, SETUP, first).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let who = console.get(&made.browser(), SESSION).await;
    assert_eq!((&who.body["name"], &who.body["role"]), (&json!("kim"), &json!("admin")));
    assert_eq!(console.get(&Who::Nobody, SETUP).await.body, json!({ "needed": false }));

    let second = json!({ "link": secret, "name": "eve", "password": PASSWORD });
    assert_eq!(console.post(&Who::Nobody, SETUP, second).await.code(), "link_refused");
}

#[tokio::test]
async fn two_set_up_links_make_one_admin() {
    let console = Console::start().await;
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let link = new_set_up_link(&console.app.store, ADDRESS).await.unwrap();
        secrets.push(secret_of(link.reveal()));
    }
    let body = |name, secret| json!({ "link": secret, "name": name, "password": PASSWORD });
    let (kim, eve) = tokio::join!(
        console.post(&Who::Nobody, SETUP, body("kim", &secrets[0])),
        console.post(&Who::Nobody, SETUP, body("eve", &secrets[1])),
    );
    let made = [kim, eve].iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    assert_eq!(made, 1);
    assert_eq!(console.app.store.accounts().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_old_link_is_refused() {
    let console = Console::start().await;
    let admin = console.person("kim", Role::Admin).await;
    let account = console.get(&admin, SESSION).await.body["account"].as_i64().unwrap();
    let now = clock::now();
    let hash = Sha256::digest("old").into();
    let account = Some(signalbox_domain::ids::AccountId(account));
    console.app.store.add_link(&hash, account, now, now).await.unwrap();
    let refused = console.post(&Who::Nobody, SESSION, json!({ "link": "old" })).await;
    assert_eq!(refused.code(), "link_refused");
}

#[tokio::test]
async fn a_sign_in_link_signs_in_once() {
    let console = Console::start().await;
    let secret = console.sign_in_link("demo", Role::Operator).await;
    let first = console.post(&Who::Nobody, SESSION, json!({ "link": secret })).await;
    assert_eq!((first.status, &first.body["role"]), (StatusCode::OK, &json!("operator")));
    let again = console.post(&Who::Nobody, SESSION, json!({ "link": secret })).await;
    assert_eq!((again.status, again.code()), (StatusCode::UNAUTHORIZED, "link_refused"));
}

#[tokio::test]
async fn the_cookie_is_for_this_site_and_hidden_from_scripts() {
    let console = Console::start().await;
    console.person("kim", Role::Viewer).await;
    let body = json!({ "name": "kim", "password": PASSWORD });
    let plain = console.post(&Who::Nobody, SESSION, body.clone()).await;
    let cookie = plain.headers[SET_COOKIE].to_str().unwrap();
    let flags: Vec<&str> = cookie.split("; ").skip(1).collect();
    assert_eq!(flags, ["Path=/", "Max-Age=1800", "HttpOnly", "SameSite=Strict"]);
    assert!(cookie.starts_with("signalbox="));

    let console = Console::at(Some("https://signalbox.example.net")).await;
    let secret = console.sign_in_link("kim", Role::Viewer).await;
    let tls = console.post(&Who::Nobody, SESSION, json!({ "link": secret })).await;
    let cookie = tls.headers[SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-signalbox="), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_look_the_same() {
    let console = Console::start().await;
    console.person("kim", Role::Viewer).await;
    for (name, password) in [("kim", "wrong horse battery"), ("nobody-here", PASSWORD), ("", "")] {
        let body = json!({ "name": name, "password": password });
        let refused = console.post(&Who::Nobody, SESSION, body).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.code(), "wrong_credentials");
        assert!(!refused.headers.contains_key(SET_COOKIE));
    }
}

#[tokio::test]
async fn the_sixth_guess_in_a_row_is_not_even_looked_at() {
    let console = Console::start().await;
    console.person("kim", Role::Viewer).await;
    let wrong = json!({ "name": "Kim", "password": "wrong horse battery" });
    for _ in 0..5 {
        assert_eq!(console.post(&Who::Nobody, SESSION, wrong.clone()).await.status, 401);
    }
    let right = json!({ "name": "kim", "password": PASSWORD });
    let refused = console.post(&Who::Nobody, SESSION, right).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (429, "too_many_attempts"));
    let wait_s: u64 = refused.headers[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait_s), "{wait_s}");
    // The lock is on the name, not on the people: a link still lets kim in.
    let secret = console.sign_in_link("kim", Role::Viewer).await;
    assert_eq!(console.post(&Who::Nobody, SESSION, json!({ "link": secret })).await.status, 200);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_not_only_the_cookie() {
    let console = Console::start().await;
    let browser = console.person("kim", Role::Viewer).await;
    let out = console.call(Method::DELETE, &browser, SESSION, None).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.headers[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    // Somebody who copied the cookie before.
    let copied = console.get(&browser, SESSION).await;
    assert_eq!((copied.status, copied.code()), (StatusCode::UNAUTHORIZED, "session_ended"));
}

#[tokio::test]
async fn a_new_password_signs_the_other_browsers_out() {
    let console = Console::start().await;
    let here = console.person("kim", Role::Viewer).await;
    let there = console
        .post(&Who::Nobody, SESSION, json!({ "name": "kim", "password": PASSWORD }))
        .await
        .browser();
    assert_eq!(console.get(&there, SESSION).await.status, StatusCode::OK);
    let change = |current: &str| json!({ "current": current, "new": "another horse battery" });
    let path = "/api/v1/access/password";
    let wrong = console.call(Method::PUT, &here, path, Some(change("guess guess guess"))).await;
    assert_eq!(wrong.code(), "wrong_credentials");
    let changed = console.call(Method::PUT, &here, path, Some(change(PASSWORD))).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT, "{changed:?}");

    assert_eq!(console.get(&here, SESSION).await.status, StatusCode::OK);
    assert_eq!(console.get(&there, SESSION).await.code(), "session_ended");
    let old = json!({ "name": "kim", "password": PASSWORD });
    assert_eq!(console.post(&Who::Nobody, SESSION, old).await.code(), "wrong_credentials");
}

#[tokio::test]
async fn one_sees_ones_browsers_and_signs_the_others_out() {
    let console = Console::start().await;
    let here = console.person("kim", Role::Viewer).await;
    let there = console.person_without_password("kim", Role::Viewer).await;
    let path = "/api/v1/access/browsers";
    let browsers = console.get(&here, path).await.body;
    let current: Vec<&serde_json::Value> =
        browsers.as_array().unwrap().iter().map(|browser| &browser["current"]).collect();
    assert_eq!(current.len(), 2);
    assert_eq!(current.iter().filter(|current| ***current == json!(true)).count(), 1);
    assert_eq!(browsers[0]["peer"], "192.0.2.7");

    console.call(Method::DELETE, &here, path, None).await;
    assert_eq!(console.get(&here, SESSION).await.status, StatusCode::OK);
    assert_eq!(console.get(&there, SESSION).await.code(), "session_ended");
}

#[tokio::test]
async fn a_cookie_of_another_console_is_refused() {
    let (ours, other) = (Console::start().await, Console::start().await);
    let browser = other.person("kim", Role::Admin).await;
    ours.person("kim", Role::Admin).await;
    assert_eq!(ours.get(&browser, SESSION).await.code(), "session_ended");
    for nonsense in ["signalbox=", "signalbox=a.b.c", "other=x", "signalbox"] {
        let who = Who::Browser(nonsense.to_owned());
        assert_eq!(ours.get(&who, SESSION).await.status, StatusCode::UNAUTHORIZED, "{nonsense}");
    }
}

#[tokio::test]
async fn the_cookie_is_renewed_when_it_gets_old() {
    let console = Console::start().await;
    let browser = console.person("kim", Role::Viewer).await;
    let fresh = console.get(&browser, SESSION).await;
    assert!(!fresh.headers.contains_key(SET_COOKIE), "a fresh cookie stays");
    let Who::Browser(cookie) = &browser else { unreachable!() };
    let jwt = cookie.split_once('=').unwrap().1;
    let in_ten_minutes = clock::now().plus(Duration::from_secs(600));
    let (_, renewed) =
        access::actor_of_cookie(&console.app, jwt, None, in_ten_minutes).await.unwrap();
    assert_eq!(renewed.unwrap().life, Duration::from_secs(1800));
    let in_half_an_hour = clock::now().plus(Duration::from_secs(1801));
    let ended = access::actor_of_cookie(&console.app, jwt, None, in_half_an_hour).await;
    assert!(matches!(ended, Err(access::AccessError::SessionEnded)));
}

#[tokio::test]
async fn an_open_websocket_learns_that_its_session_was_revoked() {
    let console = Console::start().await;
    let browser = console.person("kim", Role::Viewer).await;
    let Who::Browser(cookie) = &browser else { unreachable!() };
    let jwt = cookie.split_once('=').unwrap().1;
    let (actor, _) = access::actor_of_cookie(&console.app, jwt, None, clock::now()).await.unwrap();
    assert!(access::still_admitted(&console.app, &actor).await);
    console.call(Method::DELETE, &browser, SESSION, None).await;
    assert!(!access::still_admitted(&console.app, &actor).await);
}

//! API tokens.

use axum::http::{Method, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};
use signalbox_domain::access::Role;
use signalbox_domain::ids::AccountId;
use signalbox_domain::time::Timestamp;
use signalbox_server::clock;
use signalbox_server::store::NewToken;

use crate::console::{Console, Who};

const TOKENS: &str = "/api/v1/access/tokens";
const AUDIT: &str = "/api/v1/audit";

#[tokio::test]
async fn a_token_may_what_its_role_may_until_it_is_revoked() {
    let console = Console::start().await;
    let kim = console.person("kim", Role::Operator).await;
    let new = json!({ "name": "deploy", "role": "operator", "expires_days": 1 });
    let issued = console.post(&kim, TOKENS, new).await;
    assert_eq!(issued.status, StatusCode::CREATED, "{issued:?}");
    let secret = issued.body["token"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("sbx_"));
    let script = Who::Script(secret.clone());

    let who = console.get(&script, "/api/v1/session").await.body;
    assert_eq!((&who["name"], &who["role"]), (&json!("kim/deploy"), &json!("operator")));
    assert_eq!(console.get(&script, AUDIT).await.status, StatusCode::OK);
    assert_eq!(console.get(&script, "/api/v1/access/accounts").await.code(), "forbidden");

    let list = console.get(&kim, TOKENS).await.body;
    assert!(!list.to_string().contains(&secret[4..]), "it is shown once");
    assert!(list[0]["last_used_at"].is_i64());

    let path = format!("{TOKENS}/{}", issued.body["id"]);
    assert_eq!(console.call(Method::DELETE, &kim, &path, None).await.status, 204);
    assert_eq!(console.get(&script, AUDIT).await.code(), "token_refused");
}

#[tokio::test]
async fn a_scope_narrows_a_token() {
    let console = Console::start().await;
    let kim = console.person("kim", Role::Admin).await;
    let new = json!({
        "name": "monitor", "role": "admin", "permissions": ["jobs:read"], "expires_days": 1
    });
    let issued = console.post(&kim, TOKENS, new).await.body;
    let script = Who::Script(issued["token"].as_str().unwrap().to_owned());
    assert_eq!(console.get(&script, AUDIT).await.code(), "forbidden");
    assert_eq!(console.get(&script, TOKENS).await.code(), "forbidden");
}

#[tokio::test]
async fn a_token_never_goes_beyond_its_account() {
    let console = Console::start().await;
    let admin = console.person("kim", Role::Admin).await;
    let lee = console.person_without_password("lee", Role::Operator).await;
    let beyond = json!({ "name": "x", "role": "admin", "expires_days": 1 });
    assert_eq!(console.post(&lee, TOKENS, beyond).await.code(), "beyond_own_role");

    let own = json!({ "name": "x", "role": "operator", "expires_days": 1 });
    let issued = console.post(&lee, TOKENS, own).await.body;
    let script = Who::Script(issued["token"].as_str().unwrap().to_owned());
    let id = console.get(&lee, "/api/v1/session").await.body["account"].clone();
    let account = format!("/api/v1/access/accounts/{id}");
    let viewer = Some(json!({ "role": "viewer" }));
    console.call(Method::PATCH, &admin, &account, viewer).await;
    assert_eq!(console.get(&script, AUDIT).await.code(), "forbidden", "the account was demoted");
    console.call(Method::DELETE, &admin, &account, None).await;
    assert_eq!(console.get(&script, AUDIT).await.code(), "token_refused", "it was removed");
}

#[tokio::test]
async fn a_token_makes_no_tokens_and_changes_no_password() {
    let console = Console::start().await;
    let script = console.script(Role::Admin).await;
    let new = json!({ "name": "x", "role": "viewer", "expires_days": 1 });
    assert_eq!(console.post(&script, TOKENS, new).await.code(), "session_needed");
    let password = Some(json!({ "new": "correct horse battery" }));
    let path = "/api/v1/access/password";
    assert_eq!(console.call(Method::PUT, &script, path, password).await.code(), "session_needed");
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let console = Console::start().await;
    let kim = console.person("kim", Role::Admin).await;
    let account = console.get(&kim, "/api/v1/session").await.body["account"].as_i64().unwrap();
    let now = clock::now();
    for (secret, expires_at, code) in
        [("sbx_live", Timestamp(now.0 + 60_000), ""), ("sbx_old", now, "token_refused")]
    {
        let token = NewToken {
            account: AccountId(account),
            name: "x",
            secret_hash: &Sha256::digest(secret).into(),
            role: Role::Admin,
            permissions: None,
            created_at: Timestamp(now.0 - 60_000),
            expires_at,
        };
        console.app.store.add_token(&token).await.unwrap();
        let answer = console.get(&Who::Script(secret.to_owned()), AUDIT).await;
        assert_eq!(answer.code(), code, "{secret}");
    }
}

#[tokio::test]
async fn one_revokes_only_ones_own_tokens() {
    let console = Console::start().await;
    let kim = console.person("kim", Role::Viewer).await;
    let lee = console.person("lee", Role::Viewer).await;
    let new = json!({ "name": "x", "role": "viewer", "expires_days": 1 });
    let id = console.post(&kim, TOKENS, new).await.body["id"].clone();
    let path = format!("{TOKENS}/{id}");
    assert_eq!(console.call(Method::DELETE, &lee, &path, None).await.code(), "not_found");
    assert_eq!(console.get(&lee, TOKENS).await.body, json!([]));
    let admin = console.script(Role::Admin).await;
    assert_eq!(console.call(Method::DELETE, &admin, &path, None).await.status, 204);
}

#[tokio::test]
async fn a_life_of_nought_or_over_a_year_is_refused() {
    let console = Console::start().await;
    let kim = console.person("kim", Role::Viewer).await;
    for days in [0, 366] {
        let new = json!({ "name": "x", "role": "viewer", "expires_days": days });
        assert_eq!(console.post(&kim, TOKENS, new).await.code(), "invalid", "{days}");
    }
}

#[tokio::test]
async fn a_bad_bearer_token_is_not_made_good_by_a_cookie() {
    let console = Console::start().await;
    let Who::Browser(cookie) = console.person("kim", Role::Admin).await else { unreachable!() };
    for authorization in ["Bearer sbx_wrong", "Basic a2ltOmtpbQ==", "Bearer"] {
        let mut request = crate::console::request(Method::GET, &Who::Nobody, AUDIT, None);
        request.headers_mut().insert("authorization", authorization.parse().unwrap());
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        assert_eq!(console.send(request).await.status, StatusCode::UNAUTHORIZED);
    }
}

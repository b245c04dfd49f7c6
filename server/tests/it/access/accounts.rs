//! Accounts and roles.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use signalbox_domain::access::Role;

use crate::console::{Console, Who, secret_of};

const ACCOUNTS: &str = "/api/v1/access/accounts";
const SESSION: &str = "/api/v1/session";

fn path_of(account: &Value) -> String {
    format!("{ACCOUNTS}/{}", account["id"])
}

#[tokio::test]
async fn an_invited_person_signs_in_by_link() {
    let console = Console::start().await;
    let admin = console.person("kim", Role::Admin).await;
    let new = json!({ "name": "lee", "role": "viewer" });
    let invited = console.post(&admin, ACCOUNTS, new.clone()).await;
    assert_eq!(invited.status, StatusCode::CREATED, "{invited:?}");
    let secret = secret_of(invited.body["link"].as_str().unwrap());
    let lee = console.post(&Who::Nobody, SESSION, json!({ "link": secret })).await;
    assert_eq!((&lee.body["name"], &lee.body["role"]), (&json!("lee"), &json!("viewer")));

    let again = console.post(&admin, ACCOUNTS, json!({ "name": "LEE", "role": "admin" })).await;
    assert_eq!((again.status, again.code()), (StatusCode::CONFLICT, "name_taken"));
    let bad = console.post(&admin, ACCOUNTS, json!({ "name": "-rm", "role": "admin" })).await;
    assert_eq!((bad.status, bad.code()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid"));
}

#[tokio::test]
async fn a_new_role_counts_at_once() {
    let console = Console::start().await;
    let admin = console.person("kim", Role::Admin).await;
    let lee = console.person_without_password("lee", Role::Viewer).await;
    assert_eq!(console.get(&lee, "/api/v1/audit").await.code(), "forbidden");
    let id = console.get(&lee, SESSION).await.body["account"].clone();
    let path = format!("{ACCOUNTS}/{id}");
    let role = json!({ "role": "operator" });
    let changed = console.call(Method::PATCH, &admin, &path, Some(role)).await;
    assert_eq!((changed.status, &changed.body["role"]), (StatusCode::OK, &json!("operator")));
    assert_eq!(console.get(&lee, "/api/v1/audit").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_last_admin_stays_admin() {
    let console = Console::start().await;
    let admin = console.person("kim", Role::Admin).await;
    // A script with the role does not count as somebody who can manage accounts.
    let script = console.script(Role::Admin).await;
    let accounts = console.get(&script, ACCOUNTS).await.body;
    let kim = accounts.as_array().unwrap().iter().find(|a| a["name"] == "kim").unwrap();
    let path = path_of(kim);
    let demoted =
        console.call(Method::PATCH, &script, &path, Some(json!({ "role": "operator" }))).await;
    assert_eq!((demoted.status, demoted.code()), (StatusCode::CONFLICT, "last_admin"));
    let removed = console.call(Method::DELETE, &script, &path, None).await;
    assert_eq!((removed.status, removed.code()), (StatusCode::CONFLICT, "last_admin"));
    assert_eq!(console.get(&admin, SESSION).await.body["role"], "admin");

    console.person_without_password("lee", Role::Admin).await;
    let removed = console.call(Method::DELETE, &script, &path, None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{removed:?}");
    assert_eq!(console.get(&admin, SESSION).await.code(), "session_ended");
}

#[tokio::test]
async fn an_admin_signs_somebody_out_everywhere() {
    let console = Console::start().await;
    let admin = console.person("kim", Role::Admin).await;
    let lee = console.person_without_password("lee", Role::Viewer).await;
    let id = console.get(&lee, SESSION).await.body["account"].clone();
    let path = format!("{ACCOUNTS}/{id}/browsers");
    assert_eq!(console.call(Method::DELETE, &admin, &path, None).await.status, 204);
    assert_eq!(console.get(&lee, SESSION).await.code(), "session_ended");
    assert_eq!(console.get(&admin, SESSION).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let console = Console::start().await;
    let admin = console.person("kim", Role::Admin).await;
    let path = format!("{ACCOUNTS}/999");
    let role = Some(json!({ "role": "viewer" }));
    assert_eq!(console.call(Method::PATCH, &admin, &path, role).await.code(), "not_found");
    assert_eq!(console.call(Method::DELETE, &admin, &path, None).await.code(), "not_found");
    let link = format!("{path}/link");
    assert_eq!(console.call(Method::POST, &admin, &link, None).await.code(), "not_found");
}

//! The audit log: what is written, read and proved.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use signalbox_domain::access::Role;
use signalbox_domain::audit::{AuditPhase, Deed};
use signalbox_server::app::audit;
use signalbox_server::store::StoreError;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::console::{Console, PASSWORD, Who};

const AUDIT: &str = "/api/v1/audit";
const VERIFY: &str = "/api/v1/audit/verify";

/// Each row as "action phase object".
fn rows(page: &Value) -> Vec<String> {
    let row = |entry: &Value| {
        ["action", "phase", "object"].map(|field| entry[field].as_str().unwrap()).join(" ")
    };
    page["entries"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn a_change_leaves_its_intent_and_its_outcome() {
    let console = Console::start().await;
    let admin = console.person("kim", Role::Admin).await;
    console
        .post(&admin, "/api/v1/access/accounts", json!({ "name": "lee", "role": "viewer" }))
        .await;
    console
        .post(&admin, "/api/v1/access/accounts", json!({ "name": "lee", "role": "viewer" }))
        .await;
    let page = console.get(&admin, &format!("{AUDIT}?action=access.add_account")).await.body;
    assert_eq!(
        rows(&page),
        [
            "access.add_account failed lee",
            "access.add_account intent lee",
            "access.add_account done lee",
            "access.add_account intent lee",
        ]
    );
    let failed = &page["entries"][0];
    assert_eq!((&failed["actor"], &failed["peer"]), (&json!("kim"), &json!("192.0.2.7")));
    assert_eq!(failed["detail"], "the name lee is taken");
}

#[tokio::test]
async fn a_refused_sign_in_and_a_refused_change_are_written_down() {
    let console = Console::start().await;
    let viewer = console.person("kim", Role::Viewer).await;
    let admin = console.script(Role::Admin).await;
    let mistyped = json!({ "name": PASSWORD, "password": "oh, wrong field" });
    console.post(&Who::Nobody, "/api/v1/session", mistyped).await;
    console.call(Method::DELETE, &viewer, "/api/v1/access/accounts/1", None).await;
    let page = console.get(&admin, &format!("{AUDIT}?phase=refused")).await.body;
    assert_eq!(
        rows(&page),
        [
            "access.refuse refused DELETE /api/v1/access/accounts/1",
            "access.sign_in refused unknown account",
        ]
    );
    let whole = console.get(&admin, AUDIT).await.body.to_string();
    assert!(!whole.contains(PASSWORD), "what was typed for a name is not kept");
}

#[tokio::test]
async fn the_log_pages_backwards_without_gaps() {
    let console = Console::start().await;
    let script = console.script(Role::Operator).await;
    for n in 0..25 {
        let deed = Deed::by_console("test.note", format!("note {n}"));
        audit::record(&console.app.store, &deed, AuditPhase::Done, "").await.unwrap();
    }
    let (mut seen, mut path) = (Vec::new(), format!("{AUDIT}?limit=10&action=test."));
    loop {
        let page = console.get(&script, &path).await.body;
        seen.extend(rows(&page));
        let Some(before) = page["next_before"].as_i64() else { break };
        path = format!("{AUDIT}?limit=10&action=test.&before={before}");
    }
    let expected: Vec<String> = (0..25).rev().map(|n| format!("test.note done note {n}")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn rows_written_at_the_same_time_make_one_chain() {
    let console = Console::start().await;
    let script = console.script(Role::Operator).await;
    let before = console.get(&script, VERIFY).await.body["sound_rows"].as_i64().unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..40 {
        let store = console.app.store.clone();
        writers.spawn(async move {
            let deed = Deed::by_console("test.note", format!("note {n}"));
            audit::record(&store, &deed, AuditPhase::Done, "").await.map(drop)
        });
    }
    while let Some(written) = writers.join_next().await {
        written.unwrap().unwrap();
    }
    let verdict = console.get(&script, VERIFY).await.body;
    assert_eq!(verdict["sound_rows"], before + 40);
    assert_eq!(verdict.get("broken_at"), None);
}

#[tokio::test]
async fn a_row_that_somebody_altered_in_the_file_is_found() {
    let console = Console::start().await;
    let script = console.script(Role::Operator).await;
    for n in 0..10 {
        let deed = Deed::by_console("test.note", format!("note {n}"));
        audit::record(&console.app.store, &deed, AuditPhase::Done, "").await.unwrap();
    }
    let sound = console.get(&script, VERIFY).await.body;
    assert_eq!(sound.get("broken_at"), None, "{sound}");

    let file = SqliteConnectOptions::new().filename(console.app.data.database());
    let mut intruder = SqliteConnection::connect_with(&file).await.unwrap();
    let naive = sqlx::query("UPDATE audit SET actor = 'eve' WHERE seq = 5").execute(&mut intruder);
    assert!(naive.await.unwrap_err().to_string().contains("audit rows are never changed"));
    let naive = sqlx::query("DELETE FROM audit WHERE seq = 5").execute(&mut intruder).await;
    assert!(naive.unwrap_err().to_string().contains("audit rows are never removed"));

    // Whoever may write the file can drop the triggers too. The chain still tells.
    sqlx::query("DROP TRIGGER audit_rows_do_not_change").execute(&mut intruder).await.unwrap();
    sqlx::query("UPDATE audit SET actor = 'eve' WHERE seq = 5")
        .execute(&mut intruder)
        .await
        .unwrap();
    let verdict = console.get(&script, VERIFY).await.body;
    assert_eq!((&verdict["broken_at"], &verdict["sound_rows"]), (&json!(5), &json!(4)));
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_done() {
    let console = Console::start().await;
    let file = SqliteConnectOptions::new().filename(console.app.data.database());
    let mut intruder = SqliteConnection::connect_with(&file).await.unwrap();
    sqlx::query(
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END",
    )
    .execute(&mut intruder)
    .await
    .unwrap();
    let mut ran = false;
    let deed = Deed::by_console("test.change", "thing");
    let outcome: Result<(), StoreError> = audit::attempt(&console.app.store, &deed, async {
        ran = true;
        Ok(())
    })
    .await;
    assert!(outcome.is_err());
    assert!(!ran);
}

#[tokio::test]
async fn an_unknown_filter_is_refused_and_not_ignored() {
    let console = Console::start().await;
    let script = console.script(Role::Operator).await;
    let answer = console.get(&script, &format!("{AUDIT}?actr=kim")).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "invalid"));
}

//! Plans and jobs over REST: who may, what is refused and how.

use axum::http::StatusCode;
use serde_json::json;
use signalbox_domain::access::Role;
use signalbox_domain::audit::AuditPhase;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::LogKind;
use signalbox_domain::phrase::Phrase;
use signalbox_server::clock;
use signalbox_server::store::{AuditFilter, LogEntry};

use super::console::hand_over;
use crate::console::{Console, Who};

async fn job(console: &Console) -> JobId {
    let draft = hand_over();
    let hash = draft.hash().unwrap();
    let plan = console.app.store.add_plan(draft, hash, clock::now(), "ann").await.unwrap();
    console.admit(&plan).await
}

#[tokio::test]
async fn who_may_not_run_an_operation_may_not_plan_or_submit_it() {
    let console = Console::start().await;
    let viewer = console.script(Role::Viewer).await;
    let request = json!({ "operation": {
        "operation": "vrrp.hand_over", "instance": "VI_WEB", "to": 2,
    }});
    for path in ["/api/v1/plans", "/api/v1/jobs"] {
        let answer = console.post(&viewer, path, request.clone()).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "forbidden"), "{path}");
    }
    let filter = AuditFilter { phase: Some(AuditPhase::Refused), ..AuditFilter::default() };
    let refused = console.app.store.audit(&filter, 10).await.unwrap();
    assert_eq!(refused[0].action, "vrrp.hand_over");
    assert_eq!(console.app.store.jobs(None, None, 10).await.unwrap(), []);
}

/// A token's scope holds for what it submits, not only for the addresses that it asks at.
#[tokio::test]
async fn a_token_runs_the_operations_of_its_scope_and_no_other() {
    let console = Console::start().await;
    let kim = console.person("kim", Role::Admin).await;
    let new = json!({
        "name": "nightly", "role": "operator", "expires_days": 1,
        "permissions": ["jobs:read", "backups:take"],
    });
    let issued = console.post(&kim, "/api/v1/access/tokens", new).await.body;
    let nightly = Who::Script(issued["token"].as_str().unwrap().to_owned());
    let hand_over = json!({ "operation": "vrrp.hand_over", "instance": "VI_WEB", "to": 2 });
    let take = json!({ "operation": "backups.take", "engine": 4, "kind": "hot_logical_full" });
    for path in ["/api/v1/plans", "/api/v1/jobs"] {
        let outside = console.post(&nightly, path, json!({ "operation": hand_over })).await;
        assert_eq!((outside.status, outside.code()), (StatusCode::FORBIDDEN, "forbidden"));
        // Allowed, and refused only because there is no such server.
        let within = console.post(&nightly, path, json!({ "operation": take })).await;
        assert_eq!(within.code(), "invalid", "{within:?}");
    }
    let job = job(&console).await;
    let cancel = console.post(&nightly, &format!("/api/v1/jobs/{job}/cancel"), json!({})).await;
    assert_eq!(cancel.code(), "forbidden");
    assert_eq!(console.get(&nightly, "/api/v1/jobs").await.status, StatusCode::OK);
    assert_eq!(console.get(&nightly, "/api/v1/nodes").await.code(), "forbidden");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let console = Console::start().await;
    let operator = console.script(Role::Operator).await;
    for path in ["/api/v1/jobs/9", "/api/v1/jobs/9/log", "/api/v1/plans/9"] {
        let answer = console.get(&operator, path).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::NOT_FOUND, "not_found"), "{path}");
    }
    for path in ["/api/v1/jobs/9/cancel", "/api/v1/jobs/9/rollback"] {
        let answer = console.post(&operator, path, json!({})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let stale = json!({ "plan": 9, "hash": "ab" });
    assert_eq!(console.post(&operator, "/api/v1/jobs", stale).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_a_running_job_is_cancelled_and_only_a_waiting_one_rolled_back() {
    let console = Console::start().await;
    let operator = console.script(Role::Operator).await;
    let job = job(&console).await;
    let cancelled = console.post(&operator, &format!("/api/v1/jobs/{job}/cancel"), json!({})).await;
    assert_eq!((cancelled.status, cancelled.code()), (StatusCode::CONFLICT, "not_running"));
    let back = console.post(&operator, &format!("/api/v1/jobs/{job}/rollback"), json!({})).await;
    assert_eq!((back.status, back.code()), (StatusCode::CONFLICT, "not_waiting"));
}

#[tokio::test]
async fn jobs_and_their_logs_page() {
    let console = Console::start().await;
    let viewer = console.script(Role::Viewer).await;
    let mut jobs = Vec::new();
    for _ in 0..3 {
        let job = job(&console).await;
        console.app.jobs.give_up(job, Phrase::same("not now")).await.unwrap();
        jobs.push(job.0);
    }
    let newest = console.get(&viewer, "/api/v1/jobs?limit=2").await.body;
    assert_eq!([&newest["jobs"][0]["id"], &newest["jobs"][1]["id"]], [jobs[2], jobs[1]]);
    let before = &newest["next_before"];
    let rest = console.get(&viewer, &format!("/api/v1/jobs?limit=2&before={before}")).await.body;
    assert_eq!(rest["jobs"].as_array().unwrap().len(), 1);
    assert!(rest["next_before"].is_null());

    let line = |text: &str| LogEntry {
        at: clock::now(),
        node: None,
        kind: LogKind::Note,
        text: text.to_owned(),
    };
    let job = JobId(jobs[0]);
    console.app.store.append_job_log(job, vec![line("two"), line("three")]).await.unwrap();
    let page = console.get(&viewer, &format!("/api/v1/jobs/{job}/log?after=1&limit=1")).await.body;
    assert_eq!((&page["lines"][0]["text"], &page["lines"][0]["seq"]), (&json!("two"), &json!(2)));
    assert_eq!((&page["last"], &page["finished"]), (&json!(3), &json!(true)));
}

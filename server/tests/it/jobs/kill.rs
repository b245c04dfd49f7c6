//! The console dies at every point of a job's journal, and a new one finds the truth.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::{JobState, StepState};
use signalbox_domain::plan::Draft;
use signalbox_server::ssh::StreamEvent;
use signalbox_server::store::AuditFilter;
use tokio::runtime::{Builder, Runtime};

use super::console::{Console, backup, hand_over, lingering};
use super::town::{Fault, Town};
use super::{NEW, OLD};

/// Where, relative to a call to a node, the console dies.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The intent is not yet written.
    BeforeIntent,
    /// The intent is written, the node did nothing.
    BeforeEffect,
    /// The node did it, the outcome is not written.
    AfterEffect,
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Runs the plan until its `call`th call to a node and kills the console there. `None` when the
/// job ended before.
fn killed_at(
    data: &Path,
    town: &Arc<Town>,
    plan: Draft,
    call: usize,
    moment: Moment,
) -> Option<JobId> {
    let fault = match moment {
        Moment::AfterEffect => Fault::FreezeAfter,
        Moment::BeforeIntent | Moment::BeforeEffect => Fault::FreezeBefore,
    };
    town.fault_at(call, fault);
    let console = runtime();
    let (job, frozen) = console.block_on(async {
        let console = Console::start(data, town).await;
        let job = console.created(plan).await;
        console.runner.take_up(job).await.unwrap();
        let frozen = tokio::select! {
            () = town.frozen() => true,
            _ = console.ended(job) => false,
        };
        (job, frozen)
    });
    // Every task is dropped where it stands; nothing is written any more.
    console.shutdown_timeout(Duration::from_secs(5));
    if !frozen {
        return None;
    }
    if matches!(moment, Moment::BeforeIntent) {
        runtime().block_on(forget_last_intent(data, job));
    }
    town.heal();
    Some(job)
}

/// Brings the journal back to before its last intent.
async fn forget_last_intent(data: &Path, job: JobId) {
    let url = format!("sqlite://{}", data.join("signalbox.db").display());
    let database = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("DROP TRIGGER job_journal_rows_stay").execute(&database).await.unwrap();
    sqlx::query(
        "DELETE FROM job_journal
         WHERE id = (SELECT MAX(id) FROM job_journal WHERE job = ?) AND outcome IS NULL",
    )
    .bind(job.0)
    .execute(&database)
    .await
    .unwrap();
    database.close().await;
}

/// Starts the console again and returns how the job ended, after checking that nothing is left.
fn found_again(data: &Path, town: &Arc<Town>, job: JobId) -> JobState {
    runtime().block_on(async {
        let console = Console::start(data, town).await;
        assert_eq!(console.store.unfinished_jobs().await.unwrap(), [job]);
        console.runner.take_up(job).await.unwrap();
        let ended = console.ended(job).await;
        let state = ended.summary.state;
        assert_eq!(console.store.held_locks().await.unwrap(), []);
        assert!(ended.summary.finished_at.is_some());
        let lingers = ended.steps.iter().find(|step| step.id == "linger");
        let waited = lingers.is_none_or(|step| step.state == StepState::Done);
        assert!(waited || state != JobState::Done, "done without its wait: {ended:#?}");
        assert!(console.log_has(job, &ended.summary.status.en).await);
        let filter = AuditFilter { job: Some(job), ..AuditFilter::default() };
        assert_eq!(console.store.audit(&filter, 10).await.unwrap().len(), 1, "one outcome");
        state
    })
}

/// Kills at every call of the plan and asserts that what is claimed is so. Yields the claims.
fn claims(plan: fn() -> Draft, scripted: impl Fn(&Town), allowed: &[JobState]) -> Vec<JobState> {
    let mut claims = Vec::new();
    for call in 1.. {
        for moment in [Moment::BeforeIntent, Moment::BeforeEffect, Moment::AfterEffect] {
            let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
            scripted(&town);
            let Some(job) = killed_at(data.path(), &town, plan(), call, moment) else {
                return claims;
            };
            scripted(&town);
            let state = found_again(data.path(), &town, job);
            let nodes = town.state();
            let at = format!(
                "call {call}, {moment:?}: {state:?} with {nodes:?} after {:?}",
                town.calls()
            );
            assert!(allowed.contains(&state), "{at}");
            match state {
                JobState::Done => assert_eq!(nodes, NEW, "{at}"),
                _ => assert_eq!(nodes, OLD, "{at}"),
            }
            claims.push(state);
        }
    }
    claims
}

#[test]
fn a_console_killed_in_a_wait_with_an_end_of_its_own_waits_anew() {
    let claims = claims(lingering, |_| {}, &[JobState::Done, JobState::RolledBack]);
    assert!(claims.len() >= 24, "{}", claims.len());
    assert!(claims.contains(&JobState::Done) && claims.contains(&JobState::RolledBack));
}

#[test]
fn a_console_killed_anywhere_in_a_job_finds_it_and_tells_the_truth() {
    let claims = claims(hand_over, |_| {}, &[JobState::Done, JobState::RolledBack]);
    // 1 probe, 2 changes, 1 wait and 3 checks, each killed at three moments.
    assert!(claims.len() >= 21, "{}", claims.len());
    assert!(claims.contains(&JobState::Done) && claims.contains(&JobState::RolledBack));
}

#[test]
fn a_console_killed_anywhere_in_a_rollback_finishes_it() {
    let claims = claims(hand_over, |town| town.stuck(), &[JobState::RolledBack]);
    assert!(claims.len() >= 30, "{}", claims.len());
}

#[test]
fn a_console_killed_during_a_backup_never_claims_it() {
    for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
        let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
        let job = killed_at(data.path(), &town, backup(), 1, moment).unwrap();
        assert_eq!(found_again(data.path(), &town, job), JobState::Failed);
    }
}

#[test]
fn a_backup_that_was_catalogued_before_the_kill_is_claimed() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    let whole = "-- MariaDB dump\n-- Dump completed on 2026-11-22\n";
    town.dump(vec![StreamEvent::Stdout(Bytes::from(whole)), StreamEvent::Exit(0)]);
    let job = runtime().block_on(async {
        let console = Console::start(data.path(), &town).await;
        console.run(backup()).await.summary.id
    });
    // As if it had died between the catalogue and the journal.
    runtime().block_on(async {
        let url = format!("sqlite://{}", data.path().join("signalbox.db").display());
        let database = sqlx::SqlitePool::connect(&url).await.unwrap();
        for statement in [
            "DROP TRIGGER job_journal_rows_stay",
            "DELETE FROM job_journal WHERE outcome IS NOT NULL OR phase = 'verify'",
            "DROP TRIGGER audit_rows_stay",
            "DELETE FROM audit",
            "UPDATE jobs SET state = 'running', finished_at = NULL, backup = NULL",
        ] {
            sqlx::query(statement).execute(&database).await.unwrap();
        }
        database.close().await;
    });
    assert_eq!(found_again(data.path(), &town, job), JobState::Done);
}

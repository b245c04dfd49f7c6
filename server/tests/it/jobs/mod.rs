//! The runner over a scripted fleet: what it claims in the end is what the nodes are.

mod api;
mod console;
mod kill;
mod town;

use bytes::Bytes;
use signalbox_domain::audit::AuditPhase;
use signalbox_domain::ids::NodeId;
use signalbox_domain::jobs::{JobState, LogKind, StepState};
use signalbox_domain::live::Topic;
use signalbox_domain::phrase::Phrase;
use signalbox_domain::plan::Action;
use signalbox_server::jobs::{CancelError, RollBackError};
use signalbox_server::ssh::StreamEvent;
use signalbox_server::store::{Admission, AuditFilter};

use console::{Console, backup, hand_over, lingering};
use town::{Fault, NEW_HOLDER, OLD_HOLDER, State, Town};

const NEW: State = State { lowered: true, marked: true };
const OLD: State = State { lowered: false, marked: false };

#[tokio::test]
async fn a_plan_runs_in_order_and_is_verified() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    let console = Console::start(data.path(), &town).await;
    let job = console.run(hand_over()).await;

    assert_eq!(job.summary.state, JobState::Done, "{:?}", job.summary.status);
    assert_eq!(town.state(), NEW);
    assert_eq!(town.changes(), ["lower@1", "mark@2"]);
    assert!(job.steps.iter().all(|step| step.state == StepState::Done), "{:#?}", job.steps);
    assert!(job.steps.iter().all(|step| step.finished_at >= step.started_at));
    assert_eq!((job.summary.steps_done, job.summary.steps_total), (5, 5));
    assert!(job.verification.iter().all(|check| check.held == Some(true)));
    assert_eq!(job.steps[1].nodes, [OLD_HOLDER]);
    assert!(console.hub.has(Topic::Job(job.summary.id)) && console.hub.has(Topic::Jobs));
    // What is shown while it runs is what is kept.
    let kept = console.store.job(job.summary.id).await.unwrap().unwrap().view;
    assert_eq!(kept, job);
    for (node, jobs) in [(OLD_HOLDER, vec![job.summary]), (NodeId(99), Vec::new())] {
        assert_eq!(console.store.jobs(None, Some(node), 10).await.unwrap(), jobs, "of {node}");
    }
}

#[tokio::test]
async fn a_wait_with_an_end_of_its_own_tells_what_it_saw_and_the_job_goes_on() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    let console = Console::start(data.path(), &town).await;
    let job = console.run(lingering()).await;
    assert_eq!(job.summary.state, JobState::Done, "{:?}", job.summary.status);
    let progress = job.steps[5].progress.as_ref().unwrap();
    assert_eq!(progress.en, "yes, after 0 of at most 0 s");
}

#[tokio::test]
async fn the_client_is_asked_throughout_and_counted() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    let console = Console::start(data.path(), &town).await;
    let job = console.run(hand_over()).await;
    let seen = job.measurement.expect("measured");
    assert!(seen.asked >= 3, "{seen:?}");
    assert_eq!((seen.lost, seen.outage_ms), (1, 10));
    assert_eq!((seen.target.as_str(), seen.interval_ms), ("192.0.2.10:80", 5));
    assert_eq!(seen.samples.len() as u64, seen.asked);
}

#[tokio::test]
async fn each_command_is_logged_with_node_and_exit_status() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    let console = Console::start(data.path(), &town).await;
    let job = console.run(hand_over()).await.summary.id;
    let log = console.log(job).await;
    let lower = log.iter().position(|line| line.text == "'lower'" || line.text == "lower").unwrap();
    assert_eq!((log[lower].kind, log[lower].node), (LogKind::Command, Some(OLD_HOLDER)));
    assert!(log[lower + 1].text.starts_with("exit status 0"), "{:?}", log[lower + 1]);
}

#[tokio::test]
async fn the_log_pages_and_resumes_without_gaps() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    let console = Console::start(data.path(), &town).await;
    let job = console.created(hand_over()).await;
    console.runner.take_up(job).await.unwrap();
    // Read while it is written, three lines at a time, from where the last page ended.
    let mut read = Vec::new();
    loop {
        let over = console.view(job).await.summary.state.is_final();
        let page = console.store.job_log(job, read.len() as u64, 3).await.unwrap();
        if page.is_empty() && over {
            break;
        }
        read.extend(page);
    }
    assert!(read.iter().map(|line| line.seq).eq(1..=read.len() as u64));
    assert_eq!(read, console.log(job).await);
    assert_eq!(console.view(job).await.log_len, read.len() as u64);
}

#[tokio::test]
async fn a_refused_step_is_rolled_back_last_step_first() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    town.fault("mark", Fault::Refuse(3));
    let console = Console::start(data.path(), &town).await;
    let job = console.run(hand_over()).await;

    assert_eq!(job.summary.state, JobState::RolledBack, "{:?}", job.summary.status);
    assert_eq!(town.state(), OLD);
    assert_eq!(town.changes(), ["lower@1", "mark@2", "unmark@2", "raise@1"]);
    let states: Vec<StepState> = job.steps.iter().map(|step| step.state).collect();
    let [undone, planned] = [StepState::Undone, StepState::Planned];
    assert_eq!(states, [undone, undone, undone, planned, planned]);
    let error = job.steps[2].error.as_deref().unwrap();
    assert!(error.contains("exit status 3") && error.contains("refused by the script"), "{error}");
}

#[tokio::test]
async fn a_check_that_does_not_hold_rolls_back() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    let console = Console::start(data.path(), &town).await;
    let mut plan = hand_over();
    plan.verification.push(console::check(OLD_HOLDER, "holder", "something else"));
    let job = console.run(plan).await;
    assert_eq!(job.summary.state, JobState::RolledBack, "{:?}", job.summary.status);
    assert_eq!(town.state(), OLD);
    assert_eq!(job.verification.last().unwrap().held, Some(false));
}

#[tokio::test]
async fn a_failed_undo_calls_an_operator_and_the_other_steps_are_undone() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    town.stuck();
    town.fault("unmark", Fault::Refuse(1));
    let console = Console::start(data.path(), &town).await;
    let job = console.run(hand_over()).await;

    assert_eq!(job.summary.state, JobState::NeedsOperator);
    assert_eq!(job.steps[2].state, StepState::UndoFailed);
    assert_eq!(job.steps[1].state, StepState::Undone);
    assert_eq!(town.state(), State { lowered: false, marked: true });
    let status = &job.summary.status.en;
    assert!(status.contains("unmark") || status.contains("mark"), "{status}");
    assert!(status.contains("marked of 2 says no: yes"), "the fact that was seen: {status}");
}

#[tokio::test]
async fn a_cut_line_after_the_command_ran_completes() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    town.fault("mark", Fault::CutAfter);
    let console = Console::start(data.path(), &town).await;
    let job = console.run(hand_over()).await;
    assert_eq!(job.summary.state, JobState::Done, "{:?}", job.summary.status);
    assert_eq!(town.state(), NEW);
    assert!(console.log_has(job.summary.id, "outcome is unknown").await);
}

#[tokio::test]
async fn a_cut_line_before_the_command_ran_rolls_back() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    town.fault("mark", Fault::CutBefore);
    let console = Console::start(data.path(), &town).await;
    let job = console.run(hand_over()).await;
    assert_eq!(job.summary.state, JobState::RolledBack, "{:?}", job.summary.status);
    assert_eq!(town.state(), OLD);
}

#[tokio::test]
async fn a_node_that_stays_silent_calls_an_operator() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    town.fault("mark", Fault::CutAfter);
    town.silence(NEW_HOLDER);
    let console = Console::start(data.path(), &town).await;
    let job = console.run(hand_over()).await;
    assert_eq!(job.summary.state, JobState::NeedsOperator);
    assert!(job.summary.status.en.contains("no answer"), "{:?}", job.summary.status);
    assert!(!town.state().lowered, "what could be reached was undone");
    assert_eq!(console.store.held_locks().await.unwrap(), []);
}

#[tokio::test]
async fn an_operator_who_mended_the_node_has_it_rolled_back_again() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    town.stuck();
    town.fault("unmark", Fault::Refuse(1));
    let console = Console::start(data.path(), &town).await;
    let waiting = console.run(hand_over()).await;
    assert_eq!(waiting.summary.state, JobState::NeedsOperator);

    let job = waiting.summary.id;
    let other = console.created(hand_over()).await;
    let locked = console.runner.roll_back_again(job, "bob").await;
    assert!(matches!(locked, Err(RollBackError::Locked { holder, .. }) if holder == other));
    let other = console.runner.give_up(other, Phrase::same("not now")).await;
    assert!(other.is_ok());

    town.heal();
    console.runner.roll_back_again(job, "bob").await.unwrap();
    let ended = console.ended(job).await;
    assert_eq!(ended.summary.state, JobState::RolledBack, "{:?}", ended.summary.status);
    assert_eq!(town.state(), OLD);
    let again = console.runner.roll_back_again(job, "bob").await;
    assert!(matches!(again, Err(RollBackError::NotWaiting)), "{again:?}");
}

#[tokio::test]
async fn a_job_is_cancelled_where_it_is_safe() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    town.stuck();
    let console = Console::start(data.path(), &town).await;
    let mut plan = hand_over();
    if let Action::Await { timeout_ms, .. } = &mut plan.steps[3].actions[0] {
        *timeout_ms = 20_000;
    }
    let job = console.created(plan).await;
    console.runner.take_up(job).await.unwrap();
    let waiting = console.until(job, |view| view.steps[3].state == StepState::Running).await;
    assert_eq!(waiting.cancel.unwrap().en, "Cancel and roll back");
    console.runner.cancel(job, "bob").await.unwrap();
    let job = console.ended(job).await;
    assert_eq!(job.summary.state, JobState::RolledBack, "{:?}", job.summary.status);
    assert!(job.summary.status.en.contains("cancelled by bob"), "{:?}", job.summary.status);
    assert!(job.summary.status.zh.contains("由 bob 取消"), "{:?}", job.summary.status);
    assert_eq!(town.state(), OLD);
}

#[tokio::test]
async fn a_job_is_not_cancelled_elsewhere() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    town.fault("lower", Fault::FreezeBefore);
    let console = Console::start(data.path(), &town).await;
    let job = console.created(hand_over()).await;
    let early = console.runner.cancel(job, "bob").await;
    assert!(matches!(early, Err(CancelError::NotRunning)), "{early:?}");
    console.runner.take_up(job).await.unwrap();
    town.frozen().await;
    let refused = console.runner.cancel(job, "bob").await;
    assert!(matches!(refused, Err(CancelError::NotCancellable(_))), "{refused:?}");
    assert_eq!(console.view(job).await.cancel, None);
}

#[tokio::test]
async fn two_jobs_never_work_on_one_thing() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    let console = Console::start(data.path(), &town).await;
    let first = console.created(hand_over()).await;
    let mut other = hand_over();
    other.locks = vec!["elsewhere".to_owned(), "node/1/keepalived".to_owned()];
    let other = console.keep(other).await;
    let object = "node/1/keepalived".to_owned();
    let refused = console.admit(&other, 2, None, "").await;
    assert_eq!(refused, Admission::Locked { object, holder: first });
    // The refused one left nothing behind, its other lock included.
    assert_eq!(console.store.held_locks().await.unwrap().len(), 1);

    console.runner.take_up(first).await.unwrap();
    console.ended(first).await;
    assert!(matches!(console.admit(&other, 2, None, "").await, Admission::Created(_)));
}

#[tokio::test]
async fn a_key_makes_one_job() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    let console = Console::start(data.path(), &town).await;
    let plan = console.keep(hand_over()).await;
    let Admission::Created(first) = console.admit(&plan, 1, Some("k"), "a").await else { panic!() };
    assert_eq!(console.admit(&plan, 1, Some("k"), "a").await, Admission::Repeated(first));
    assert_eq!(console.admit(&plan, 1, Some("k"), "b").await, Admission::KeyReused(first));
    console.runner.take_up(first).await.unwrap();
    console.ended(first).await;
    assert_eq!(console.admit(&plan, 1, Some("k"), "a").await, Admission::Repeated(first));
    // A key is its account's own.
    assert!(matches!(console.admit(&plan, 2, Some("k"), "a").await, Admission::Created(_)));
}

#[tokio::test]
async fn the_audit_log_has_every_command_and_its_exit_status() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    town.fault("mark", Fault::Refuse(3));
    let console = Console::start(data.path(), &town).await;
    let job = console.run(hand_over()).await;
    let filter = AuditFilter { job: Some(job.summary.id), ..AuditFilter::default() };
    let rows = console.store.audit(&filter, 10).await.unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:#?}") };
    assert_eq!(row.phase, AuditPhase::Failed);
    assert_eq!((row.actor.as_str(), row.action.as_str()), ("ann", "vrrp.hand_over"));
    assert_eq!(row.object, "vrrp/VI_WEB");
    assert_eq!(row.plan_hash.as_deref(), Some(job.plan_hash.as_str()));
    for line in ["exit status 0", "exit status 3: refused by the script"] {
        assert!(row.detail.contains(line), "{}", row.detail);
    }
}

#[tokio::test]
async fn a_console_that_cannot_write_sends_nothing_and_settles_when_it_can() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    let console = Console::start(data.path(), &town).await;
    let job = console.created(hand_over()).await;
    let url = format!("sqlite://{}", data.path().join("signalbox.db").display());
    let database = sqlx::SqlitePool::connect(&url).await.unwrap();
    // Full after the probe's two rows and the intent to lower: its outcome cannot be written.
    let full = "CREATE TRIGGER full BEFORE INSERT ON job_journal
                WHEN (SELECT COUNT(*) FROM job_journal) >= 3
                BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END";
    sqlx::query(full).execute(&database).await.unwrap();
    console.runner.take_up(job).await.unwrap();
    let said = |text: &str| text.contains("database or disk is full");
    console.until(job, |view| said(&view.summary.status.en)).await;
    assert_eq!(town.changes(), ["lower@1"]);

    sqlx::query("DROP TRIGGER full").execute(&database).await.unwrap();
    let ended = console.ended(job).await;
    assert_eq!(ended.summary.state, JobState::RolledBack, "{:?}", ended.summary.status);
    assert_eq!(town.state(), OLD);
}

fn dump_lines(last: &str) -> Vec<StreamEvent> {
    vec![StreamEvent::Stdout(Bytes::from(format!("-- MariaDB dump\nINSERT 1;\n{last}\n")))]
}

#[tokio::test]
async fn a_backup_is_entered_when_all_of_it_arrived() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    let mut events = dump_lines("-- Dump completed on 2026-11-22");
    events.push(StreamEvent::Exit(0));
    town.dump(events);
    let console = Console::start(data.path(), &town).await;
    let job = console.run(backup()).await;
    assert_eq!(job.summary.state, JobState::Done, "{:?}", job.summary.status);
    let entry = console.store.backup_of_job(job.summary.id).await.unwrap().unwrap();
    assert_eq!(job.backup, Some(entry.id));
    assert!(data.path().join("backups").join(entry.file).exists());
}

#[tokio::test]
async fn a_cut_backup_fails_and_leaves_nothing() {
    let (data, town) = (tempfile::tempdir().unwrap(), Town::new());
    town.dump(dump_lines("INSERT 2;"));
    let console = Console::start(data.path(), &town).await;
    let job = console.run(backup()).await;
    assert_eq!(job.summary.state, JobState::Failed, "{:?}", job.summary.status);
    assert_eq!(job.backup, None);
    assert_eq!(console.store.backups(10).await.unwrap(), []);
    assert_eq!(std::fs::read_dir(data.path().join("backups")).unwrap().count(), 0);
}

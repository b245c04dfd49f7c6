//! A console's store and runner over a scripted fleet, and the plan that the tests run.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use signalbox_domain::backups::{BackupKind, CaptureSpec};
use signalbox_domain::engines::Flavour;
use signalbox_domain::ids::{AccountId, JobId, NodeId};
use signalbox_domain::jobs::{JobView, LogLine};
use signalbox_domain::operation::Operation;
use signalbox_domain::phrase::Phrase;
use signalbox_domain::plan::{Action, Check, ClientProbe, Draft, Expect, Plan, Step};
use signalbox_domain::remote::RemoteCommand;
use signalbox_domain::vrrp::InstanceName;
use signalbox_server::clock;
use signalbox_server::jobs::{Limits, Runner, queued};
use signalbox_server::live::Hub;
use signalbox_server::store::backup_files::BackupFiles;
use signalbox_server::store::{Admission, NewJob, Store};

use super::town::{CLIENT, DATABASE, NEW_HOLDER, OLD_HOLDER, Town};

pub(super) const QUICK: Limits = Limits {
    verify_for: Duration::from_millis(60),
    verify_every: Duration::from_millis(10),
    reach_for: Duration::from_millis(150),
    pause_at_most: Duration::from_millis(40),
};

pub(super) struct Console {
    pub(super) store: Store,
    pub(super) hub: Arc<Hub>,
    pub(super) runner: Arc<Runner>,
}

impl Console {
    /// Starts a console on a data directory, as after a kill when it was used before.
    pub(super) async fn start(data: &Path, town: &Arc<Town>) -> Console {
        let store = Store::open(&data.join("signalbox.db")).await.unwrap();
        let files = BackupFiles::open(data.join("backups")).unwrap();
        let hub = Hub::new();
        let runner =
            Runner::new(store.clone(), town.clone(), hub.clone(), files, Arc::new(|_| None), QUICK);
        Console { store, hub, runner }
    }

    pub(super) async fn keep(&self, draft: Draft) -> Plan {
        let hash = draft.hash().unwrap();
        self.store.add_plan(draft, hash, clock::now(), "ann").await.unwrap()
    }

    pub(super) async fn admit(
        &self,
        plan: &Plan,
        account: i64,
        key: Option<&str>,
        hash: &str,
    ) -> Admission {
        let new = NewJob {
            plan,
            account: AccountId(account),
            started_by: "ann",
            peer: "192.0.2.7",
            idempotency_key: key,
            request_hash: hash,
            at: clock::now(),
            status: queued(),
        };
        self.store.admit_job(new).await.unwrap()
    }

    pub(super) async fn created(&self, draft: Draft) -> JobId {
        let plan = self.keep(draft).await;
        match self.admit(&plan, 1, None, "").await {
            Admission::Created(job) => job,
            other => panic!("{other:?}"),
        }
    }

    /// Runs a plan to its end.
    pub(super) async fn run(&self, draft: Draft) -> JobView {
        let job = self.created(draft).await;
        self.runner.take_up(job).await.unwrap();
        self.ended(job).await
    }

    pub(super) async fn view(&self, job: JobId) -> JobView {
        self.runner.view(job).await.unwrap().unwrap()
    }

    pub(super) async fn ended(&self, job: JobId) -> JobView {
        self.until(job, |view| view.summary.state.is_final()).await
    }

    pub(super) async fn until(&self, job: JobId, reached: impl Fn(&JobView) -> bool) -> JobView {
        let looked = async {
            loop {
                let view = self.view(job).await;
                if reached(&view) {
                    return view;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(20), looked).await {
            Ok(view) => view,
            Err(_) => panic!("still {:#?}", self.view(job).await),
        }
    }

    pub(super) async fn log(&self, job: JobId) -> Vec<LogLine> {
        self.store.job_log(job, 0, 10_000).await.unwrap()
    }

    pub(super) async fn log_has(&self, job: JobId, text: &str) -> bool {
        self.log(job).await.iter().any(|line| line.text.contains(text))
    }
}

/// Lower director 1, mark director 2, wait until director 2 holds the address; a client asks
/// meanwhile.
pub(super) fn hand_over() -> Draft {
    Draft {
        operation: Operation::VrrpHandOver {
            instance: InstanceName("VI_WEB".to_owned()),
            to: NEW_HOLDER,
        },
        title: Phrase::same("Hand over"),
        run_label: Phrase::same("Hand over"),
        locks: vec!["vrrp/VI_WEB".to_owned(), "node/1/keepalived".to_owned()],
        interlocks: Vec::new(),
        steps: vec![
            step("measure", vec![start_probe()], vec![Action::StopClientProbe], true),
            step("lower", vec![run(OLD_HOLDER, "lower")], vec![run(OLD_HOLDER, "raise")], false),
            step("mark", vec![run(NEW_HOLDER, "mark")], vec![run(NEW_HOLDER, "unmark")], false),
            step("wait", vec![until(check(NEW_HOLDER, "holder", "holds"))], Vec::new(), true),
            step("count", vec![Action::StopClientProbe], Vec::new(), true),
        ],
        verification: vec![
            check(NEW_HOLDER, "holder", "holds"),
            check(OLD_HOLDER, "holder", "stands by"),
            check(NEW_HOLDER, "marked", "yes"),
        ],
        rolled_back: vec![check(OLD_HOLDER, "holder", "holds"), check(NEW_HOLDER, "marked", "no")],
        prediction: None,
        way_back: Phrase::same("Hand over again"),
    }
}

/// The same, and then a wait for what never comes, which ends by itself.
pub(super) fn lingering() -> Draft {
    let check = check(NEW_HOLDER, "marked", "never");
    let wait = Action::AwaitAtMost { check, every_ms: 20, timeout_ms: 50 };
    let mut draft = hand_over();
    draft.steps.push(step("linger", vec![wait], Vec::new(), true));
    draft
}

/// Dump database 4 into the catalogue.
pub(super) fn backup() -> Draft {
    let capture = CaptureSpec {
        kind: BackupKind::HotLogicalFull,
        engine: "db-1".to_owned(),
        source_name: "db-2".to_owned(),
        flavour: Flavour::MariaDb,
        version: "10.11".to_owned(),
        last_line_prefix: "-- Dump completed".to_owned(),
        needs_bytes: 1,
        not_transactional: Vec::new(),
    };
    let command = RemoteCommand::new("dump");
    let action = Action::Capture { node: DATABASE, command, capture };
    Draft {
        operation: Operation::BackupsTake {
            engine: DATABASE,
            kind: BackupKind::HotLogicalFull,
            source: None,
        },
        locks: vec!["backups/db-1".to_owned()],
        steps: vec![step("dump", vec![action], vec![Action::DiscardCapture], true)],
        verification: Vec::new(),
        rolled_back: Vec::new(),
        ..hand_over()
    }
}

fn step(id: &str, actions: Vec<Action>, undo: Vec<Action>, cancellable: bool) -> Step {
    let title = Phrase::same(id);
    Step { id: id.to_owned(), title, actions, undo, estimate_ms: 10, cancellable }
}

fn run(node: NodeId, program: &'static str) -> Action {
    Action::Run { node, command: RemoteCommand::new(program), expect: Expect::Success }
}

fn until(check: Check) -> Action {
    Action::Await { check, every_ms: 50, timeout_ms: 150 }
}

pub(super) fn check(node: NodeId, program: &'static str, line: &str) -> Check {
    Check {
        title: Phrase::same(format!("{program} of {node} says {line}")),
        node,
        command: RemoteCommand::new(program),
        expect: Expect::Line { line: line.to_owned() },
    }
}

fn start_probe() -> Action {
    let command = RemoteCommand::new("probe");
    let target = "192.0.2.10:80".to_owned();
    Action::StartClientProbe {
        probe: ClientProbe { node: CLIENT, target, command, interval_ms: 5 },
    }
}

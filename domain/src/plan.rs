//! What will happen, shown before anything runs.
//!
//! A plan is the program of its job: the runner interprets [`Action`]s and nothing else, so what
//! was approved is what runs.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::backups::CaptureSpec;
use crate::firewall::kernel_trace::TraceSpec;
use crate::ids::{NodeId, PlanId};
use crate::lvs::sharing::SharingSpec;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::remote::RemoteCommand;
use crate::time::Timestamp;
use crate::vrrp::InstanceName;
use crate::vrrp::split::CauseKind;

/// A plan as pure planning makes it from the observed state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Draft {
    pub operation: Operation,
    pub title: Phrase,
    /// What the button that runs it says, e.g. "Hand over to dir-b".
    pub run_label: Phrase,
    /// What the job takes for itself while it runs, e.g. `vrrp/VI_WEB`, `node/3/keepalived`. Two
    /// jobs that share one of these never run together.
    pub locks: Vec<String>,
    pub interlocks: Vec<Interlock>,
    pub steps: Vec<Step>,
    /// Checks that run after the last step; all must hold for the job to count as done.
    pub verification: Vec<Check>,
    /// Checks that must hold after a rollback: the state before the job.
    pub rolled_back: Vec<Check>,
    pub prediction: Option<Prediction>,
    /// What the way back is once the job is done.
    pub way_back: Phrase,
}

/// A plan that was stored and shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    pub id: PlanId,
    pub made_at: Timestamp,
    /// Hex SHA-256 over all that decides what would run; see [`Draft::hash`].
    pub hash: String,
    #[serde(flatten)]
    pub draft: Draft,
}

/// A condition that must hold for the move to be safe. Its title states the condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Interlock {
    /// Stable name, e.g. `peer_in_backup`.
    pub id: String,
    pub title: Phrase,
    pub verdict: Verdict,
    /// The fact in a few words, e.g. "dir-b, 3 d 14 h". For a block: why, and what clears it.
    pub detail: Phrase,
    /// When the oldest fact that this rests on was observed; `None` when nothing was seen, which
    /// can only block or warn.
    pub observed_at: Option<Timestamp>,
}

/// Ordered worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Block,
    Warn,
    Pass,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// Stable name within the plan, e.g. `lower_priority`.
    pub id: String,
    pub title: Phrase,
    pub actions: Vec<Action>,
    /// Takes this step back. Idempotent: it may run when the step ran, ran in part or not at all.
    pub undo: Vec<Action>,
    pub estimate_ms: u64,
    /// Whether the job may be cancelled while this step runs.
    pub cancellable: bool,
}

/// One thing that a job does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Runs a command; the step fails unless its output meets `expect`.
    Run { node: NodeId, command: RemoteCommand, expect: Expect },
    /// Like `run`, on a connection made for it alone: one that stands already tells nothing of what
    /// becomes of a new one.
    RunAnew { node: NodeId, command: RemoteCommand, expect: Expect },
    /// Waits for a person to say that what was done shall stay; the step fails when nobody does
    /// within `within_ms`.
    Confirm { within_ms: u64 },
    /// Repeats a check until it holds; the step fails when `timeout_ms` passes first.
    Await { check: Check, every_ms: u64, timeout_ms: u64 },
    /// Like `await`, but the job goes on when `timeout_ms` passes first. A job that was cut takes up
    /// again here, so this and what comes after it may run twice.
    AwaitAtMost { check: Check, every_ms: u64, timeout_ms: u64 },
    /// Starts a client that keeps asking through the virtual IP; it goes on through later steps.
    StartClientProbe { probe: ClientProbe },
    /// Ends the client and records what it lost and for how long.
    StopClientProbe,
    /// Streams a command's output into a backup file and enters it in the catalogue when, and only
    /// when, all of it arrived.
    Capture { node: NodeId, command: RemoteCommand, capture: CaptureSpec },
    /// Runs a command that prints how the kernel says that a packet went, and enters that in the job
    /// beside what was foretold.
    CollectTrace { node: NodeId, command: RemoteCommand, trace: TraceSpec },
    /// Reads a director's counters on `node`, lets the client ask, reads them again, and enters in the
    /// job what each real server got.
    ProveSharing { node: NodeId, count: RemoteCommand, ask: RemoteCommand, sharing: SharingSpec },
    /// Waits until the console itself has found that several directors hold an instance's addresses,
    /// and has read why; enters in the job what it found. The step fails where it found nothing within
    /// `timeout_ms`, or another cause.
    AwaitSplit { instance: InstanceName, cause: CauseKind, found_within_ms: u64, timeout_ms: u64 },
    /// Removes what a cut capture left on the console's disk. Never touches a catalogued backup.
    DiscardCapture,
}

impl Action {
    /// The node that it runs on, where it runs on one.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Action::Run { node, .. }
            | Action::RunAnew { node, .. }
            | Action::Capture { node, .. }
            | Action::CollectTrace { node, .. }
            | Action::ProveSharing { node, .. } => Some(*node),
            Action::Await { check, .. } | Action::AwaitAtMost { check, .. } => Some(check.node),
            Action::StartClientProbe { probe } => Some(probe.node),
            Action::Confirm { .. }
            | Action::StopClientProbe
            | Action::AwaitSplit { .. }
            | Action::DiscardCapture => None,
        }
    }
}

/// A condition on what a command prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Check {
    pub title: Phrase,
    pub node: NodeId,
    pub command: RemoteCommand,
    pub expect: Expect,
}

/// What a command must have printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "expect", rename_all = "snake_case")]
pub enum Expect {
    /// Exit status 0.
    Success,
    /// Exit status 0 and one of the output's lines, trimmed, equals `line`.
    Line { line: String },
    /// Exit status 0 and none of the output's lines, trimmed, equals `line`.
    NoLine { line: String },
}

impl Expect {
    pub fn holds(&self, exit_status: u32, stdout: &str) -> bool {
        exit_status == 0
            && match self {
                Expect::Success => true,
                Expect::Line { line } => stdout.lines().any(|l| l.trim() == line),
                Expect::NoLine { line } => stdout.lines().all(|l| l.trim() != line),
            }
    }
}

/// A client that asks the same thing again and again and counts what fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClientProbe {
    /// The node that plays the client.
    pub node: NodeId,
    /// What it asks, as people read it, e.g. `192.0.2.10:80`.
    pub target: String,
    /// Prints one line per question, at once: `<at_ms> <latency_us>`, or `<at_ms> -` when no
    /// answer came; see [`crate::jobs::Tally`]. It ends when its output is closed.
    pub command: RemoteCommand,
    pub interval_ms: u64,
}

/// What clients will notice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Prediction {
    /// E.g. "Clients will see no answer for about".
    pub label: Phrase,
    pub low_ms: u64,
    pub high_ms: u64,
    /// Where the figure comes from: the formula with its numbers.
    pub basis: Phrase,
    /// The parts of the figure, in order.
    pub parts: Vec<PredictedPart>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PredictedPart {
    pub label: Phrase,
    pub low_ms: u64,
    pub high_ms: u64,
}

impl Draft {
    pub fn is_drill(&self) -> bool {
        matches!(self.operation, Operation::DrillsRun { .. })
    }

    /// Worst verdict of all interlocks; a plan without interlocks was not checked and blocks.
    pub fn verdict(&self) -> Verdict {
        self.interlocks.iter().map(|i| i.verdict).min().unwrap_or(Verdict::Block)
    }

    /// Hex SHA-256 over what an approval is of: the operation, every action and check, and each
    /// interlock's verdict. Ages and estimates stay out: they change while nothing else does.
    pub fn hash(&self) -> Result<String, serde_json::Error> {
        let verdicts: Vec<(&str, Verdict)> =
            self.interlocks.iter().map(|i| (i.id.as_str(), i.verdict)).collect();
        let steps: Vec<(&str, &[Action], &[Action])> = self
            .steps
            .iter()
            .map(|s| (s.id.as_str(), s.actions.as_slice(), s.undo.as_slice()))
            .collect();
        let decided =
            (&self.operation, &self.locks, verdicts, steps, &self.verification, &self.rolled_back);
        let digest = Sha256::digest(serde_json::to_vec(&decided)?);
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

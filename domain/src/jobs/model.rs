//! A plan being run, as people and scripts see it.

use serde::{Deserialize, Serialize};

use crate::firewall::kernel_trace::Traced;
use crate::ids::{BackupId, JobId, NodeId, PlanId};
use crate::lvs::sharing::Sharing;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::Prediction;
use crate::signal::Signal;
use crate::time::Timestamp;
use crate::vrrp::split::CauseKind;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Accepted; its locks are held.
    Queued,
    Running,
    Verifying,
    RollingBack,
    /// Every step ran and every check held.
    Done,
    /// A step or a check failed, or it was cancelled; the state before the job was seen again.
    RolledBack,
    /// It ended without effect on any node, e.g. a backup that was cut.
    Failed,
    /// Neither the new nor the old state could be proved: a person must look. The log has the facts.
    NeedsOperator,
}

impl JobState {
    pub fn is_final(self) -> bool {
        matches!(
            self,
            JobState::Done | JobState::RolledBack | JobState::Failed | JobState::NeedsOperator
        )
    }

    pub fn signal(self) -> Signal {
        match self {
            JobState::Queued | JobState::Running | JobState::Verifying => Signal::Transit,
            JobState::RollingBack | JobState::RolledBack => Signal::Caution,
            JobState::Done => Signal::Clear,
            JobState::Failed | JobState::NeedsOperator => Signal::Danger,
        }
    }
}

/// A row in the list of jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobSummary {
    pub id: JobId,
    pub title: Phrase,
    pub operation: Operation,
    pub state: JobState,
    pub started_by: String,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub steps_done: u32,
    pub steps_total: u32,
    /// What it is doing or how it ended, in one sentence.
    pub status: Phrase,
}

/// One job, whole but for its log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobView {
    #[serde(flatten)]
    pub summary: JobSummary,
    pub plan: PlanId,
    pub plan_hash: String,
    pub steps: Vec<StepView>,
    pub verification: Vec<CheckView>,
    pub prediction: Option<Prediction>,
    /// What a client saw while the job ran; `None` until a probe has reported.
    pub measurement: Option<Measurement>,
    /// How the packet of a trace went, once the kernel told.
    #[serde(default)]
    pub traced: Option<Traced>,
    /// What each real server got, once a proof of sharing has asked.
    #[serde(default)]
    pub sharing: Option<Sharing>,
    /// What the console found of a split that a drill made.
    #[serde(default)]
    pub split: Option<FoundSplit>,
    /// The backup that this job took.
    pub backup: Option<BackupId>,
    /// Until when somebody must say that what was done shall stay; `None` when nothing waits for it.
    #[serde(default)]
    pub confirm_until: Option<Timestamp>,
    /// What cancelling would do now; `None` when it cannot be cancelled.
    pub cancel: Option<Phrase>,
    pub way_back: Phrase,
    /// Number of log lines so far; the last line's `seq`.
    pub log_len: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepView {
    pub id: String,
    pub title: Phrase,
    pub nodes: Vec<NodeId>,
    pub state: StepState,
    pub estimate_ms: u64,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// Progress where it can be counted, e.g. bytes of a backup.
    pub progress: Option<Phrase>,
    /// Why it failed.
    pub error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Planned,
    Running,
    Done,
    Failed,
    Undoing,
    Undone,
    /// Its undo failed: the node may still carry a part of it.
    UndoFailed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckView {
    pub title: Phrase,
    pub node: NodeId,
    /// `None`: not yet run, or it gave no answer.
    pub held: Option<bool>,
    pub detail: String,
}

/// What the console found of a split that a drill made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FoundSplit {
    /// What was made.
    pub made: CauseKind,
    /// The likeliest cause that it named; `None`: it named none.
    pub named: Option<CauseKind>,
    /// From when the second director took the addresses until the console saw it.
    pub found_ms: u64,
    /// What it should have taken at most.
    pub found_within_ms: u64,
}

/// What a client that kept asking saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measurement {
    pub node: NodeId,
    pub target: String,
    pub interval_ms: u64,
    pub asked: u64,
    pub lost: u64,
    /// The longest time without an answer, from the last answer before a loss to the first one
    /// after it; 0 when nothing was lost.
    pub outage_ms: u64,
    /// The client was cut off before its time: what came after is not in the figures.
    #[serde(default)]
    pub cut: bool,
    /// For the graph, newest last, at most 1,000: of a long run, the worst of each few neighbours.
    pub samples: Vec<Sample>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sample {
    /// By the client node's clock, milliseconds since the probe began.
    pub at_ms: u64,
    /// `None`: no answer.
    pub latency_us: Option<u64>,
}

/// A line of a job's log. Durable, never coalesced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// 1, 2, 3 … within the job.
    pub seq: u64,
    pub at: Timestamp,
    pub node: Option<NodeId>,
    pub kind: LogKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// A command line as it was sent.
    Command,
    Output,
    /// Standard error, or an exit status other than 0.
    Error,
    /// The console's own words: a step begins, a check held, why it rolls back.
    Note,
}

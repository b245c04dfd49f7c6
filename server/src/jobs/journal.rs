//! Writes what is about to happen, does it, writes what came of it.

use signalbox_domain::ids::NodeId;
use signalbox_domain::plan::Action;

use super::StepError;
use super::run::Run;
use crate::clock;
use crate::store::{JournalPhase, JournalRow, Outcome, StoreError};

/// An action's place in the plan and how people read it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub phase: JournalPhase,
    pub step: Option<usize>,
    pub action: usize,
    pub node: Option<NodeId>,
    pub text: String,
}

impl Entry {
    pub(super) fn of(phase: JournalPhase, step: usize, position: usize, action: &Action) -> Entry {
        let (node, text) = (action.node(), describe(action));
        Entry { phase, step: Some(step), action: position, node, text }
    }

    fn row(&self, outcome: Option<Outcome>) -> JournalRow {
        let Entry { phase, step, action, node, text } = self.clone();
        JournalRow { at: clock::now(), phase, step, action, node, text, outcome }
    }
}

impl Run {
    /// Carries `act` out between its two rows. It yields the exit status where there is one.
    pub(super) async fn journaled(
        &self,
        entry: Entry,
        act: impl Future<Output = Result<Option<u32>, StepError>>,
    ) -> Result<(), StepError> {
        self.write(&entry, None).await?;
        let result = act.await;
        let outcome = match &result {
            Ok(exit_status) => Outcome::Done { exit_status: *exit_status },
            // The database is what failed: nothing can be written.
            Err(StepError::Store(_)) => return result.map(drop),
            Err(error @ StepError::NoAnswer { .. }) => Outcome::Unknown { reason: error.chain() },
            Err(StepError::Refused { exit_status, excerpt, .. }) => {
                Outcome::Failed { exit_status: Some(*exit_status), reason: excerpt.clone() }
            }
            Err(error) => Outcome::Failed { exit_status: None, reason: error.chain() },
        };
        self.write(&entry, Some(outcome)).await?;
        result.map(drop)
    }

    /// Adds one row: the intent, or with `outcome` what came of it.
    pub(super) async fn write(
        &self,
        entry: &Entry,
        outcome: Option<Outcome>,
    ) -> Result<(), StoreError> {
        self.store.append_journal(self.job, &entry.row(outcome)).await
    }

    /// The steps that were begun, in order: those with a row.
    pub(super) async fn begun(&self) -> Result<Vec<usize>, StoreError> {
        let journal = self.store.journal(self.job).await?;
        let mut steps: Vec<usize> = journal
            .iter()
            .filter(|row| row.phase == JournalPhase::Run)
            .filter_map(|row| row.step)
            .collect();
        steps.sort_unstable();
        steps.dedup();
        Ok(steps)
    }
}

fn describe(action: &Action) -> String {
    match action {
        Action::Run { command, .. } => command.readable(),
        Action::RunAnew { command, .. } => format!("by a new connection: {}", command.readable()),
        Action::Confirm { within_ms } => format!("wait {within_ms} ms to be kept"),
        Action::Capture { command, .. } => format!("capture: {}", command.readable()),
        Action::Await { check, .. } => format!("wait until: {}", check.title.en),
        Action::AwaitAtMost { check, timeout_ms, .. } => {
            format!("wait at most {} s until: {}", timeout_ms / 1_000, check.title.en)
        }
        Action::StartClientProbe { probe } => format!("start: {}", probe.command.readable()),
        Action::StopClientProbe => "stop the client probe".to_owned(),
        Action::CollectTrace { command, .. } => command.readable(),
        Action::ProveSharing { ask, .. } => ask.readable(),
        Action::AwaitSplit { instance, timeout_ms, .. } => {
            format!(
                "wait at most {} s until the console finds {} split",
                timeout_ms / 1_000,
                instance.0
            )
        }
        Action::DiscardCapture => "discard what a cut capture left".to_owned(),
    }
}

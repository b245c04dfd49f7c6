//! What to make of a job that was interrupted: the nodes are asked, never assumed.

use signalbox_domain::jobs::{JobState, StepState};
use signalbox_domain::phrase::Phrase;
use signalbox_domain::plan::{Action, Step};

use super::check::{Proof, Wanted};
use super::run::Run;
use super::words;
use crate::clock;
use crate::store::{JournalPhase, JournalRow, Outcome, StoreError};

impl Run {
    /// Completes the job when the nodes show the new state, else takes it back. `interruption`
    /// says what cut it.
    pub(super) async fn settle(
        &self,
        interruption: &words::Interruption,
    ) -> Result<(), StoreError> {
        self.cancellation.close();
        self.board.note(format!("{}. Looking at the nodes.", interruption.phrase().en)).await?;
        self.board
            .change(|view| {
                view.summary.state = JobState::Verifying;
                view.summary.status = words::looking(interruption);
                view.cancel = None;
            })
            .await?;
        if let Some(backup) = self.catalogued().await? {
            self.board.change(|view| view.backup = Some(backup)).await?;
        }
        let proof = self.prove(Wanted::New).await?;
        if let (Proof::Held, Some(position)) = (&proof, self.wait_left().await?) {
            self.close_running(StepState::Done, None).await?;
            self.board.note(words::waits_on(interruption).en).await?;
            return Box::pin(self.forward(position)).await;
        }
        let missing = match proof {
            Proof::Held => self.missing().await?,
            Proof::Refuted(seen) => Some(words::not_there(&seen)),
            Proof::NoAnswer(seen) => Some(words::not_seen(&seen)),
        };
        match missing {
            None => {
                self.close_running(StepState::Done, None).await?;
                self.stop_probe().await?;
                self.finish(JobState::Done, words::done_after(interruption)).await
            }
            Some(missing) => {
                self.close_running(StepState::Failed, Some(missing.en.clone())).await?;
                self.roll_back(&words::both(&interruption.phrase(), &missing)).await
            }
        }
    }

    /// From the first wait that has an end of its own, the first step that was not completed: what the
    /// nodes show does not tell of it, and from there on steps may run again.
    async fn wait_left(&self) -> Result<Option<usize>, StoreError> {
        let is_wait = |action: &Action| matches!(action, Action::AwaitAtMost { .. });
        let first = self.draft.steps.iter().position(|step| step.actions.iter().any(is_wait));
        let Some(first) = first else { return Ok(None) };
        let journal = self.store.journal(self.job).await?;
        let is_left = |(position, step): &(usize, &Step)| {
            (0..step.actions.len()).any(|action| !is_done(&journal, *position, action))
        };
        let mut rest = self.draft.steps.iter().enumerate().skip(first);
        Ok(rest.find(is_left).map(|(position, _)| position))
    }

    /// What keeps a job whose checks all hold from being done. A plan whose result the nodes can
    /// show is done when they show it; one without such checks when each of its actions was.
    async fn missing(&self) -> Result<Option<Phrase>, StoreError> {
        let journal = self.store.journal(self.job).await?;
        let view = self.board.view().await;
        for (position, step) in self.draft.steps.iter().enumerate() {
            for (index, action) in step.actions.iter().enumerate() {
                let proved = match action {
                    Action::Capture { .. } => view.backup.is_some(),
                    Action::CollectTrace { .. } => view.traced.is_some(),
                    Action::ProveSharing { .. } => view.sharing.is_some(),
                    // It ends where it began, so what the nodes show does not tell that it ran.
                    _ if self.draft.is_drill() => is_done(&journal, position, index),
                    _ => !self.draft.verification.is_empty() || is_done(&journal, position, index),
                };
                if !proved {
                    return Ok(Some(words::not_completed(position)));
                }
            }
        }
        Ok(None)
    }

    /// Ends the steps that were cut.
    async fn close_running(
        &self,
        state: StepState,
        error: Option<String>,
    ) -> Result<(), StoreError> {
        self.board
            .change(|view| {
                for step in view.steps.iter_mut().filter(|step| step.state == StepState::Running) {
                    step.state = state;
                    step.finished_at = Some(clock::now());
                    step.error.clone_from(&error);
                }
            })
            .await
    }
}

/// Whether an action of a step came to its end.
fn is_done(journal: &[JournalRow], step: usize, action: usize) -> bool {
    journal.iter().any(|row| {
        (row.phase, row.step, row.action) == (JournalPhase::Run, Some(step), action)
            && matches!(row.outcome, Some(Outcome::Done { .. }))
    })
}

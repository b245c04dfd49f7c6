//! What to make of a job that was interrupted: the nodes are asked, never assumed.

use signalbox_domain::jobs::{JobState, StepState};
use signalbox_domain::phrase::Phrase;
use signalbox_domain::plan::Action;

use super::check::{Proof, Wanted};
use super::run::Run;
use super::words;
use crate::clock;
use crate::store::{JournalPhase, Outcome, StoreError};

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

    /// What keeps a job whose checks all hold from being done. A plan whose result the nodes can
    /// show is done when they show it; one without such checks when each of its actions was.
    async fn missing(&self) -> Result<Option<Phrase>, StoreError> {
        let journal = self.store.journal(self.job).await?;
        let done = |step: usize, action: usize| {
            journal.iter().any(|row| {
                row.phase == JournalPhase::Run
                    && row.step == Some(step)
                    && row.action == action
                    && matches!(row.outcome, Some(Outcome::Done { .. }))
            })
        };
        let backup = self.board.view().await.backup;
        for (position, step) in self.draft.steps.iter().enumerate() {
            for (index, action) in step.actions.iter().enumerate() {
                let proved = match action {
                    Action::Capture { .. } => backup.is_some(),
                    _ => !self.draft.verification.is_empty() || done(position, index),
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

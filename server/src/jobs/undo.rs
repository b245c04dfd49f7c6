//! Taking steps back, the last one first.

use signalbox_domain::ids::NodeId;
use signalbox_domain::jobs::{JobState, StepState};
use signalbox_domain::phrase::Phrase;
use signalbox_domain::plan::{Action, Step};
use tokio::time::{Instant, sleep};

use super::check::{Proof, Wanted, longer};
use super::journal::Entry;
use super::run::Run;
use super::{StepError, words};
use crate::store::{JournalPhase, StoreError};

impl Run {
    /// Undoes every step that was begun, proves the old state, and ends the job. `reason` says why.
    pub(super) async fn roll_back(&self, reason: &Phrase) -> Result<(), StoreError> {
        self.cancellation.close();
        self.board.note(words::rolling_back(reason).en).await?;
        self.board
            .change(|view| {
                view.summary.state = JobState::RollingBack;
                view.summary.status = words::rolling_back(reason);
                view.cancel = None;
            })
            .await?;
        let deadline = Instant::now() + self.limits.reach_for;
        let mut failures = Vec::new();
        let mut touched = false;
        for position in self.begun().await?.into_iter().rev() {
            let Some(step) = self.draft.steps.get(position) else { continue };
            touched |= step.undo.iter().any(|action| action.node().is_some());
            if let Err(error) = self.undo(position, step, deadline).await? {
                failures.push(words::failure(step, &error));
            }
        }
        let proof = self.prove(Wanted::Old).await?;
        self.stop_probe().await?;
        let (state, status) = self.ending(reason, touched, &failures, &proof);
        self.finish(state, status).await
    }

    /// Undoes one step; the inner error is the node's, and leaves the other nodes and the other
    /// steps to be undone.
    async fn undo(
        &self,
        position: usize,
        step: &Step,
        deadline: Instant,
    ) -> Result<Result<(), StepError>, StoreError> {
        if step.undo.is_empty() {
            return Ok(Ok(()));
        }
        self.board.note(format!("Undo step {}: {}", position + 1, step.title.en)).await?;
        self.show_step(position, StepState::Undoing, None).await?;
        let mut failed: Vec<(Option<NodeId>, StepError)> = Vec::new();
        for (index, action) in step.undo.iter().enumerate() {
            let node = action.node();
            if failed.iter().any(|(failed, _)| *failed == node) {
                continue;
            }
            let row = Entry::of(JournalPhase::Undo, position, index, action);
            match self.journaled(row, self.insist(position, action, deadline)).await {
                Ok(()) => {}
                Err(StepError::Store(error)) => return Err(error),
                Err(error) => {
                    self.board.error(node, format!("Undo failed: {}", error.chain())).await?;
                    failed.push((node, error));
                }
            }
        }
        match failed.into_iter().next() {
            None => {
                self.show_step(position, StepState::Undone, None).await?;
                Ok(Ok(()))
            }
            Some((_, error)) => {
                self.show_step(position, StepState::UndoFailed, Some(error.chain())).await?;
                Ok(Err(error))
            }
        }
    }

    /// Acts until the node answers or the deadline passes; an undo may be repeated.
    async fn insist(
        &self,
        step: usize,
        action: &Action,
        deadline: Instant,
    ) -> Result<Option<u32>, StepError> {
        let mut pause = self.limits.verify_every;
        loop {
            match self.act(JournalPhase::Undo, step, action).await {
                Err(StepError::NoAnswer { node, .. }) if Instant::now() < deadline => {
                    self.show_waiting(node).await?;
                }
                ended => return ended,
            }
            sleep(pause).await;
            pause = longer(pause, self.limits.pause_at_most);
        }
    }

    async fn show_step(
        &self,
        position: usize,
        state: StepState,
        error: Option<String>,
    ) -> Result<(), StoreError> {
        self.board
            .change(|view| {
                if let Some(step) = view.steps.get_mut(position) {
                    step.state = state;
                    step.error = error.or(step.error.take());
                }
            })
            .await
    }

    fn ending(
        &self,
        reason: &Phrase,
        touched: bool,
        failures: &[Phrase],
        proof: &Proof,
    ) -> (JobState, Phrase) {
        let no_checks = self.draft.rolled_back.is_empty();
        match proof {
            _ if !failures.is_empty() => {
                (JobState::NeedsOperator, words::undo_failed(reason, failures, proof))
            }
            Proof::Held if no_checks && touched => {
                (JobState::NeedsOperator, words::unproved(reason, &words::no_check()))
            }
            Proof::Held if no_checks => (JobState::Failed, words::without_effect(reason)),
            Proof::Held => (JobState::RolledBack, words::rolled_back(reason)),
            Proof::Refuted(seen) | Proof::NoAnswer(seen) => {
                (JobState::NeedsOperator, words::unproved(reason, seen))
            }
        }
    }
}

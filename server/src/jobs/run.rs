//! One job being carried out.

use std::sync::Arc;

use signalbox_domain::audit::Deed;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::JobState;
use signalbox_domain::phrase::Phrase;
use signalbox_domain::plan::Draft;
use tokio::sync::Mutex;

use super::account::outcome;
use super::board::Board;
use super::cancellation::Cancellation;
use super::check::{Proof, Wanted};
use super::confirmation::Confirmation;
use super::probe::Probe;
use super::split::SplitSight;
use super::words::Interruption;
use super::{Limits, StepError, words};
use crate::clock;
use crate::ssh::Remote;
use crate::store::backup_files::BackupFiles;
use crate::store::{Store, StoreError};

pub(super) struct Run {
    pub store: Store,
    pub remote: Arc<dyn Remote>,
    pub files: BackupFiles,
    pub limits: Limits,
    pub job: JobId,
    pub draft: Draft,
    /// Who asked for what, for the audit log.
    pub deed: Deed,
    pub board: Arc<Board>,
    /// How the console itself sees splits.
    pub splits: SplitSight,
    pub cancellation: Arc<Cancellation>,
    pub confirmation: Arc<Confirmation>,
    /// The client probe, while it runs.
    pub probe: Mutex<Option<Probe>>,
}

impl Run {
    /// Brings the job to its end, from wherever its journal says it stands.
    ///
    /// # Errors
    /// Only the console's own database stops it; the job is then taken up again.
    pub(super) async fn carry_out(&self, cancelled_by: Option<String>) -> Result<(), StoreError> {
        let state = self.board.view().await.summary.state;
        if state.is_final() {
            return Ok(());
        }
        if self.store.journal(self.job).await?.is_empty() {
            return match cancelled_by {
                None => self.forward(0).await,
                Some(by) => self.roll_back(&words::cancelled(&by)).await,
            };
        }
        // What a capture left that the console's end cut is of no use, and may be what leaves the
        // journal no room.
        if let Err(error) = self.files.discard_part(self.job) {
            tracing::warn!(job = %self.job, %error, "a cut capture stays for now");
        }
        match cancelled_by {
            Some(by) => self.roll_back(&words::cancelled(&by)).await,
            None if state == JobState::RollingBack => self.roll_back(&words::again()).await,
            None => self.settle(&Interruption::Console).await,
        }
    }

    /// Carries out the steps from one on, and proves the new state.
    pub(super) async fn forward(&self, from: usize) -> Result<(), StoreError> {
        match self.steps_from(from).await {
            Ok(()) => self.verify().await,
            Err(StepError::Store(error)) => Err(error),
            Err(error @ StepError::NoAnswer { .. }) => {
                self.settle(&Interruption::Line(words::error(&error))).await
            }
            Err(error) => self.roll_back(&words::error(&error)).await,
        }
    }

    async fn steps_from(&self, from: usize) -> Result<(), StepError> {
        self.board.change(|view| view.summary.state = JobState::Running).await?;
        for (position, step) in self.draft.steps.iter().enumerate().skip(from) {
            self.step(position, step).await?;
        }
        // A cancellation that was accepted in the last step still counts.
        self.cancellation.arrive(false)
    }

    async fn verify(&self) -> Result<(), StoreError> {
        self.board
            .change(|view| {
                view.summary.state = JobState::Verifying;
                view.summary.status = words::verifying();
            })
            .await?;
        match self.prove(Wanted::New).await? {
            Proof::Held => {
                self.stop_probe().await?;
                let status = words::done(&self.board.view().await);
                self.finish(JobState::Done, status).await
            }
            Proof::Refuted(seen) => self.roll_back(&words::not_there(&seen)).await,
            Proof::NoAnswer(seen) => self.roll_back(&words::not_seen(&seen)).await,
        }
    }

    pub(super) async fn stop_probe(&self) -> Result<(), StoreError> {
        let probe = self.probe.lock().await.take();
        match probe {
            Some(probe) => probe.stop().await,
            None => Ok(()),
        }
    }

    pub(super) async fn finish(&self, state: JobState, status: Phrase) -> Result<(), StoreError> {
        self.board.note(status.en.clone()).await?;
        // Before the final state: a console that dies between the two settles and audits again,
        // and no outcome is ever missing.
        outcome(&self.store, &self.deed, self.job, state, &status).await?;
        self.board
            .change(|view| {
                view.summary.state = state;
                view.summary.status = status;
                view.summary.finished_at = Some(clock::now());
                view.cancel = None;
            })
            .await
    }
}

//! Which jobs are being carried out now.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::{JobState, JobView};
use signalbox_domain::live::Topic;
use signalbox_domain::phrase::Phrase;
use tokio::time::sleep;

use super::account::{deed, outcome};
use super::board::{Board, publish_newest};
use super::cancellation::{Cancellation, NotCancellable};
use super::check::longer;
use super::confirmation::{Confirmation, NothingToKeep};
use super::error::chain;
use super::run::Run;
use super::split::SplitSight;
use super::words;
use crate::clock;
use crate::live::Hub;
use crate::ssh::Remote;
use crate::store::backup_files::BackupFiles;
use crate::store::{Reopening, Store, StoreError};

/// How long the runner waits for what.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A check that a node answers with no must hold within this time.
    pub verify_for: Duration,
    /// Between two looks.
    pub verify_every: Duration,
    /// How long a node that does not answer is waited for before an operator is called.
    pub reach_for: Duration,
    /// The longest pause between two attempts.
    pub pause_at_most: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            verify_for: Duration::from_secs(5),
            verify_every: Duration::from_millis(250),
            reach_for: Duration::from_secs(180),
            pause_at_most: Duration::from_secs(10),
        }
    }
}

/// A page that is loaded again soon after a job's end still finds its live topic.
const TOPIC_STAYS: Duration = Duration::from_secs(600);

pub struct Runner {
    store: Store,
    remote: Arc<dyn Remote>,
    hub: Arc<Hub>,
    files: BackupFiles,
    splits: SplitSight,
    limits: Limits,
    active: Mutex<BTreeMap<JobId, Active>>,
}

#[derive(Clone)]
struct Active {
    board: Arc<Board>,
    cancellation: Arc<Cancellation>,
    confirmation: Arc<Confirmation>,
}

#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    #[error("the job is not running")]
    NotRunning,
    #[error(transparent)]
    NotCancellable(#[from] NotCancellable),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    #[error("the job is not running")]
    NotRunning,
    #[error(transparent)]
    NothingToKeep(#[from] NothingToKeep),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, thiserror::Error)]
pub enum RollBackError {
    #[error("the job does not wait for an operator")]
    NotWaiting,
    #[error("job {holder} works on {object}")]
    Locked { object: String, holder: JobId },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Runner {
    pub fn new(
        store: Store,
        remote: Arc<dyn Remote>,
        hub: Arc<Hub>,
        files: BackupFiles,
        splits: SplitSight,
        limits: Limits,
    ) -> Arc<Runner> {
        Arc::new(Runner { store, remote, hub, files, splits, limits, active: Mutex::default() })
    }

    /// Carries a job on from where its journal says it stands, in the background. Nothing happens
    /// when it is being carried out already or is over.
    pub async fn take_up(self: &Arc<Self>, job: JobId) -> Result<(), StoreError> {
        let Some(record) = self.store.job(job).await? else { return Ok(()) };
        if record.view.summary.state.is_final() {
            return Ok(());
        }
        let board = Arc::new(Board::new(self.store.clone(), Arc::clone(&self.hub), record.view));
        let active = Active { board, cancellation: Arc::default(), confirmation: Arc::default() };
        {
            let mut running = self.active();
            if running.contains_key(&job) {
                return Ok(());
            }
            running.insert(job, active.clone());
        }
        tokio::spawn(Arc::clone(self).see_through(job, active));
        Ok(())
    }

    /// Ends a job that never began.
    pub async fn give_up(&self, job: JobId, reason: Phrase) -> Result<(), StoreError> {
        let Some(record) = self.store.job(job).await? else { return Ok(()) };
        outcome(&self.store, &deed(&record), job, JobState::Failed, &reason).await?;
        let board = Board::new(self.store.clone(), Arc::clone(&self.hub), record.view);
        board.note(reason.en.clone()).await?;
        board
            .change(|view| {
                view.summary.state = JobState::Failed;
                view.summary.status = reason;
                view.summary.finished_at = Some(clock::now());
            })
            .await
    }

    /// Cancels a running job, if the running step allows it. It is then taken back.
    pub async fn cancel(&self, job: JobId, by: &str) -> Result<(), CancelError> {
        let active = self.active().get(&job).cloned().ok_or(CancelError::NotRunning)?;
        active.cancellation.ask(by)?;
        self.store.mark_cancelled(job, by).await?;
        active.board.note(format!("{by} cancels the job")).await?;
        Ok(())
    }

    /// Says that what the job did shall stay, if it waits for that.
    pub async fn confirm(&self, job: JobId, by: &str) -> Result<(), ConfirmError> {
        let active = self.active().get(&job).cloned().ok_or(ConfirmError::NotRunning)?;
        active.confirmation.give(by)?;
        active.board.note(format!("{by} keeps it")).await?;
        Ok(())
    }

    /// Takes a job back once more that was handed to an operator, who has mended what was in the
    /// way.
    pub async fn roll_back_again(
        self: &Arc<Self>,
        job: JobId,
        by: &str,
    ) -> Result<(), RollBackError> {
        let Some(record) = self.store.job(job).await? else {
            return Err(RollBackError::NotWaiting);
        };
        match self.store.reopen_job(job, &record.draft.locks).await? {
            Reopening::Reopened => {}
            Reopening::NotWaiting => return Err(RollBackError::NotWaiting),
            Reopening::Locked { object, holder } => {
                return Err(RollBackError::Locked { object, holder });
            }
        }
        let board = Board::new(self.store.clone(), Arc::clone(&self.hub), record.view);
        board.note(format!("{by} asks to roll back again")).await?;
        Ok(self.take_up(job).await?)
    }

    /// The job as it is now.
    pub async fn view(&self, job: JobId) -> Result<Option<JobView>, StoreError> {
        let active = self.active().get(&job).cloned();
        match active {
            Some(active) => Ok(Some(active.board.view().await)),
            None => Ok(self.store.job(job).await?.map(|record| record.view)),
        }
    }

    /// Shows the newest jobs to whoever follows them.
    pub async fn publish_newest(&self) -> Result<(), StoreError> {
        publish_newest(&self.store, &self.hub).await
    }

    /// Attempts the job until it is over: a failing database or a fault of ours interrupts it, and
    /// the next attempt settles it from the journal.
    async fn see_through(self: Arc<Self>, job: JobId, active: Active) {
        let mut pause = self.limits.verify_every;
        loop {
            let attempt = tokio::spawn(Arc::clone(&self).attempt(job, active.clone())).await;
            match attempt {
                Ok(Ok(())) => break,
                Ok(Err(error)) => {
                    tracing::error!(%job, error = chain(&error), "the job waits for the database");
                    let status = words::database_failed(&chain(&error));
                    active.board.show(|view| view.summary.status = status).await;
                }
                Err(error) => tracing::error!(%job, %error, "the job was interrupted"),
            }
            sleep(pause).await;
            pause = longer(pause, self.limits.pause_at_most);
        }
        self.active().remove(&job);
        self.retire(job).await;
    }

    /// Ends the live topic of a job that is over, some time after the last page left it.
    async fn retire(&self, job: JobId) {
        loop {
            sleep(TOPIC_STAYS).await;
            if self.hub.listeners(Topic::Job(job)) == 0 {
                return self.hub.retire(Topic::Job(job));
            }
        }
    }

    async fn attempt(self: Arc<Self>, job: JobId, active: Active) -> Result<(), StoreError> {
        let Some(record) = self.store.job(job).await? else { return Ok(()) };
        let run = Run {
            store: self.store.clone(),
            remote: Arc::clone(&self.remote),
            files: self.files.clone(),
            splits: Arc::clone(&self.splits),
            limits: self.limits,
            job,
            deed: deed(&record),
            draft: record.draft,
            board: active.board,
            cancellation: active.cancellation,
            confirmation: active.confirmation,
            probe: tokio::sync::Mutex::default(),
        };
        run.carry_out(record.cancelled_by).await
    }

    fn active(&self) -> MutexGuard<'_, BTreeMap<JobId, Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What everybody sees of a running job: one view, saved before it is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use signalbox_domain::ids::{JobId, NodeId};
use signalbox_domain::jobs::{JobSummary, JobView, LogKind, StepState};
use signalbox_domain::live::Topic;
use tokio::sync::Mutex;

use super::log::entry;
use crate::live::Hub;
use crate::store::{LogEntry, Store, StoreError};

/// How many jobs the live topic `jobs` has.
const NEWEST_JOBS: u32 = 50;

pub struct Board {
    store: Store,
    hub: Arc<Hub>,
    job: JobId,
    view: Mutex<JobView>,
}

impl Board {
    pub(super) fn new(store: Store, hub: Arc<Hub>, view: JobView) -> Board {
        Board { store, hub, job: view.summary.id, view: Mutex::new(view) }
    }

    pub async fn view(&self) -> JobView {
        self.view.lock().await.clone()
    }

    /// Saves a change, then shows it.
    pub async fn change(&self, change: impl FnOnce(&mut JobView)) -> Result<(), StoreError> {
        let mut view = self.view.lock().await;
        let mut next = view.clone();
        change(&mut next);
        let done = next.steps.iter().filter(|step| step.state == StepState::Done).count();
        next.summary.steps_done = u32::try_from(done).unwrap_or(u32::MAX);
        self.store.save_job(&next).await?;
        *view = next;
        self.hub.publish(Topic::Job(self.job), &*view);
        publish_newest(&self.store, &self.hub).await
    }

    /// Shows a change that may be lost with the console: progress, figures that go on changing.
    pub async fn show(&self, change: impl FnOnce(&mut JobView)) {
        let mut view = self.view.lock().await;
        change(&mut view);
        self.hub.publish(Topic::Job(self.job), &*view);
    }

    /// Adds lines to the job's log.
    pub async fn log(&self, entries: Vec<LogEntry>) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        // The view is held so that two writers cannot publish their lines in the wrong order.
        let mut view = self.view.lock().await;
        let lines = self.store.append_job_log(self.job, entries).await?;
        if let Some(last) = lines.last() {
            view.log_len = last.seq;
        }
        self.hub.publish_log(self.job, &lines);
        Ok(())
    }

    /// Adds the console's own words to the log.
    pub async fn note(&self, text: impl Into<String>) -> Result<(), StoreError> {
        self.log(vec![entry(None, LogKind::Note, text)]).await
    }

    /// Adds what went wrong to the log.
    pub async fn error(
        &self,
        node: Option<NodeId>,
        text: impl Into<String>,
    ) -> Result<(), StoreError> {
        self.log(vec![entry(node, LogKind::Error, text)]).await
    }
}

/// Shows the list of newest jobs.
pub(super) async fn publish_newest(store: &Store, hub: &Hub) -> Result<(), StoreError> {
    let jobs: BTreeMap<String, JobSummary> = store
        .jobs(None, None, NEWEST_JOBS)
        .await?
        .into_iter()
        .map(|job| (job.id.to_string(), job))
        .collect();
    hub.publish(Topic::Jobs, &jobs);
    Ok(())
}

//! A captured stream becomes an entry of the catalogue of backups, or leaves nothing.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use signalbox_domain::amount;
use signalbox_domain::backups::{Backup, BackupState, CaptureSpec};
use signalbox_domain::ids::{BackupId, JobId, NodeId};
use signalbox_domain::jobs::LogKind;
use signalbox_domain::remote::RemoteCommand;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::intake::{Captured, take_in};
use super::log::entry;
use super::run::Run;
use super::{StepError, words};
use crate::store::StoreError;

/// How often the bytes that arrived are shown.
const SHOW_EVERY: Duration = Duration::from_millis(500);

impl Run {
    /// Takes the backup and enters it in the catalogue when all of it arrived.
    pub(super) async fn take_backup(
        &self,
        step: usize,
        node: NodeId,
        command: &RemoteCommand,
        spec: &CaptureSpec,
    ) -> Result<BackupId, StepError> {
        self.board.log(vec![entry(Some(node), LogKind::Command, command.readable())]).await?;
        // A stream that does not begin has changed nothing: there is no outcome to find out.
        let stream = self
            .remote
            .bulk(node, command)
            .await
            .map_err(|source| StepError::NoStream { node, source })?;
        let (bytes, progress) = watch::channel(0_u64);
        let capturing = take_in(stream, &self.files, self.job, spec, |raw_bytes| {
            bytes.send_replace(raw_bytes);
        });
        let captured = tokio::select! {
            captured = capturing => captured?,
            cancelled = self.cancellation.cancelled() => return Err(cancelled),
            // Never ends: it shows progress for as long as the others go on.
            never = self.show_progress(step, progress) => match never {},
        };
        let backup = entry_of(captured, node, spec, self.job);
        self.board
            .note(format!("{}, SHA-256 {}", amount::bytes(backup.size_bytes), backup.sha256))
            .await?;
        Ok(self.store.add_backup(&backup).await?)
    }

    /// Removes what a cut capture of this job left on the console's disk.
    pub(super) async fn discard_capture(&self) -> Result<(), StepError> {
        let kept = self.store.backup_of_job(self.job).await?.map(|backup| backup.file);
        self.files.discard(self.job, |file| kept.as_deref() == Some(file))?;
        Ok(())
    }

    /// The backup that this job entered in the catalogue, if it came so far.
    pub(super) async fn catalogued(&self) -> Result<Option<BackupId>, StoreError> {
        Ok(self.store.backup_of_job(self.job).await?.map(|backup| backup.id))
    }

    async fn show_progress(&self, step: usize, mut raw_bytes: watch::Receiver<u64>) -> Infallible {
        let begun = Instant::now();
        loop {
            sleep(SHOW_EVERY).await;
            if raw_bytes.changed().await.is_err() {
                pending::<()>().await;
            }
            let progress = words::arrived(*raw_bytes.borrow_and_update(), begun.elapsed());
            self.board
                .show(|view| {
                    if let Some(step) = view.steps.get_mut(step) {
                        step.progress = Some(progress);
                    }
                })
                .await;
        }
    }
}

fn entry_of(captured: Captured, source: NodeId, spec: &CaptureSpec, job: JobId) -> Backup {
    Backup {
        // The database gives the number.
        id: BackupId(0),
        engine: spec.engine.clone(),
        kind: spec.kind,
        source,
        source_name: spec.source_name.clone(),
        flavour: spec.flavour,
        version: spec.version.clone(),
        started_at: captured.started_at,
        finished_at: captured.finished_at,
        size_bytes: captured.size_bytes,
        raw_bytes: captured.raw_bytes,
        sha256: captured.sha256,
        file: captured.file,
        binlog: captured.coordinates.binlog,
        gtid: captured.coordinates.gtid,
        job,
        state: BackupState::Complete,
        not_transactional: spec.not_transactional.clone(),
    }
}

//! What the overview shows of other features: the jobs that run and how fresh the backups are.

use signalbox_domain::live::Topic;

use crate::app::backups::{self, BackupError};
use crate::state::App;
use crate::store::StoreError;

/// Jobs that may run at once; more than that are not shown on the overview.
const NEWEST_JOBS: u32 = 50;

#[derive(Debug, thiserror::Error)]
enum FleetError {
    #[error(transparent)]
    Jobs(#[from] StoreError),
    #[error(transparent)]
    Backups(#[from] BackupError),
}

/// Follows the live topics of those features for as long as the console runs.
pub async fn keep_current(app: App) {
    let Some(mut client) = app.hub.client() else { return };
    client.subscribe(Topic::Jobs, None, None);
    client.subscribe(Topic::Backups, None, None);
    loop {
        client.next().await;
        if let Err(error) = look(&app).await {
            tracing::error!(%error, "the overview cannot be brought up to date");
        }
    }
}

async fn look(app: &App) -> Result<(), FleetError> {
    let mut running = app.store.jobs(None, None, NEWEST_JOBS).await?;
    running.retain(|job| !job.state.is_final());
    app.fleet.jobs_changed(running);
    let backups = backups::view(&app.store, &app.backup_files, &app.fleet.nodes()).await?;
    app.fleet.backups_changed(backups.freshness);
    Ok(())
}

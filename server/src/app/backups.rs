//! Backups: what is in the catalogue, how fresh it is, and planning the next one.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use signalbox_domain::backups::{
    self, Backup, BackupKind, BackupState, BackupsView, Candidate, Inventory, InventoryError,
    LastRun, PlanError, TakeInput, list_tables, read_inventory,
};
use signalbox_domain::engines::{Tree, trees};
use signalbox_domain::fact::{Fact, STALE_AFTER};
use signalbox_domain::ids::{BackupId, NodeId};
use signalbox_domain::live::Topic;
use signalbox_domain::nodes::{NodeRecord, Observed};
use signalbox_domain::plan::Draft;
use tokio::fs::File;

use crate::app::access::Actor;
use crate::app::audit;
use crate::clock;
use crate::ssh::SshError;
use crate::state::App;
use crate::store::backup_files::{BackupFileError, BackupFiles};
use crate::store::{Store, StoreError};

/// A tree without a newer backup than this is shown as a caution.
pub const TARGET_AGE: Duration = Duration::from_secs(24 * 3600);

/// How often the catalogue and its files are looked at for the live topic.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// The page and the live topic show this many; older ones are in the API's pages.
const CATALOGUE_ROWS: u32 = 200;

type Nodes = BTreeMap<NodeId, (NodeRecord, Observed)>;

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("node {node} did not list its tables: {source}")]
    Unreachable {
        node: NodeId,
        #[source]
        source: SshError,
    },
    #[error("node {node} did not list its tables (exit status {exit_status}): {stderr}")]
    Refused { node: NodeId, exit_status: u32, stderr: String },
    #[error("node {node} listed its tables in a form that is not understood")]
    Inventory {
        node: NodeId,
        #[source]
        source: InventoryError,
    },
    #[error("backup {0} is not in the catalogue")]
    Unknown(BackupId),
    #[error("the file {file} is no longer where the console keeps backups")]
    Gone {
        file: String,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Files(#[from] BackupFileError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Plans a backup from what is seen now.
pub async fn draft(
    app: &App,
    engine: NodeId,
    kind: BackupKind,
    requested_source: Option<NodeId>,
) -> Result<Draft, BackupError> {
    let BackupKind::HotLogicalFull = kind;
    let now = clock::now();
    let nodes = app.fleet.nodes();
    let tree = trees(&nodes)
        .into_iter()
        .find(|tree| tree.members.iter().any(|member| member.node == engine))
        .ok_or(PlanError::NoEngine(engine))?;
    let candidates = candidates(&nodes, &tree);
    let name = tree_name(&nodes, &tree);
    let source = TakeInput::source(&candidates, engine, requested_source)?;
    let inventory = inventory(app, source).await?;
    let catalogue = app.store.backups(CATALOGUE_ROWS).await?;
    let last_run = catalogue.iter().find(|b| b.engine == name).map(|b| LastRun {
        took_ms: u64::try_from((b.finished_at - b.started_at).as_millis()).unwrap_or(u64::MAX),
        raw_bytes: b.raw_bytes,
    });
    let free_bytes = Fact::new(app.backup_files.room()?.free_bytes, clock::now(), "statvfs");
    let input = TakeInput {
        operation_engine: engine,
        requested_source,
        engine: name,
        candidates,
        inventory,
        free_bytes,
        last_run,
    };
    Ok(backups::take(&input, now)?)
}

/// The catalogue with each tree's freshness, as it is now.
pub async fn view(
    store: &Store,
    files: &BackupFiles,
    nodes: &Nodes,
) -> Result<BackupsView, BackupError> {
    let catalogue = store.backups(CATALOGUE_ROWS).await?;
    let room = files.room()?;
    let now = clock::now();
    let freshness = trees(nodes)
        .iter()
        .map(|tree| {
            let name = tree_name(nodes, tree);
            backups::freshness(&name, tree.primary, &catalogue, TARGET_AGE, now)
        })
        .collect();
    Ok(BackupsView {
        freshness,
        catalogue,
        free_bytes: room.free_bytes,
        total_bytes: room.total_bytes,
    })
}

/// Keeps the live topic true for as long as the console runs: backups age by themselves, and a
/// file that somebody removes is no backup any more.
pub async fn keep_current(app: App) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = look(&app).await {
            tracing::error!(%error, "the backups cannot be looked at");
        }
    }
}

async fn look(app: &App) -> Result<(), BackupError> {
    check_files(app).await?;
    let view = view(&app.store, &app.backup_files, &app.fleet.nodes()).await?;
    app.hub.publish(Topic::Backups, &view);
    Ok(())
}

/// Looks whether each catalogued file is still there with its size, and writes what it found.
async fn check_files(app: &App) -> Result<(), BackupError> {
    for mut backup in app.store.backups(u32::MAX).await? {
        let metadata = tokio::fs::metadata(app.backup_files.path(&backup.file)).await;
        let there = metadata.is_ok_and(|metadata| metadata.len() == backup.size_bytes);
        let state = if there { BackupState::Complete } else { BackupState::Damaged };
        if backup.state != state {
            tracing::warn!(backup = backup.id.0, file = backup.file, there, "backup file changed");
            backup.state = state;
            app.store.update_backup(&backup).await?;
        }
    }
    Ok(())
}

pub async fn get(app: &App, id: BackupId) -> Result<Backup, BackupError> {
    app.store.backup(id).await?.ok_or(BackupError::Unknown(id))
}

/// Opens a backup's file for sending. It holds every row of the database, so it is audited.
pub async fn open(app: &App, actor: &Actor, id: BackupId) -> Result<(Backup, File), BackupError> {
    let backup = get(app, id).await?;
    let deed = audit::deed(actor, "backups.download", backup.file.clone());
    let file = audit::attempt(&app.store, &deed, async {
        let opened = File::open(app.backup_files.path(&backup.file)).await;
        opened.map_err(|source| BackupError::Gone { file: backup.file.clone(), source })
    })
    .await?;
    Ok((backup, file))
}

fn candidates(nodes: &Nodes, tree: &Tree) -> Vec<Candidate> {
    let now = clock::now();
    let candidate = |member: &signalbox_domain::engines::Member| {
        let (record, observed) = nodes.get(&member.node)?;
        Some(Candidate {
            node: member.node,
            name: record.name.to_string(),
            state: observed.engine.clone()?,
            primary: member.follows.is_none(),
            has_replicas: tree.has_replicas(member.node),
            stale: observed.heard_at.is_none_or(|heard| heard.age(now) > STALE_AFTER),
        })
    };
    tree.members.iter().filter_map(candidate).collect()
}

fn tree_name(nodes: &Nodes, tree: &Tree) -> String {
    let primary = nodes.get(&tree.primary);
    primary.map_or_else(|| tree.primary.to_string(), |(record, _)| record.name.to_string())
}

async fn inventory(app: &App, source: &Candidate) -> Result<Fact<Inventory>, BackupError> {
    let node = source.node;
    let command = list_tables(source.state.value.flavour);
    let output = app
        .remote
        .run(node, &command)
        .await
        .map_err(|source| BackupError::Unreachable { node, source })?;
    if output.exit_status != 0 {
        let stderr = output.stderr.trim().chars().take(400).collect();
        return Err(BackupError::Refused { node, exit_status: output.exit_status, stderr });
    }
    let inventory =
        read_inventory(&output.stdout).map_err(|source| BackupError::Inventory { node, source })?;
    Ok(Fact::new(inventory, clock::now(), "information_schema.TABLES"))
}

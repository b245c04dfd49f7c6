//! What handlers share, made in one place.

use std::ops::Deref;
use std::sync::Arc;

use signalbox_frontend::app::Site;

use crate::app::access::{AccessError, Limits, Passwords, SessionKeys};
use crate::app::firewall_history::NewestRules;
use crate::app::nodes::Directory;
use crate::config::Config;
use crate::data_dir::{DataDir, DataDirError};
use crate::http::origin::Origins;
use crate::http::pages::{self, SiteError};
use crate::jobs::{self, Runner};
use crate::live::Hub;
use crate::observe::Fleet;
use crate::sealing::Sealer;
use crate::ssh::{Lines, Remote};
use crate::store::backup_files::{BackupFileError, BackupFiles};
use crate::store::{Store, StoreError};

/// A handle on the running console; clones share everything.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub config: Config,
    pub data: DataDir,
    pub store: Store,
    /// Encrypts secrets at rest.
    pub sealer: Sealer,
    /// Where requests that change something may come from.
    pub origins: Origins,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Signs the cookies of sessions.
    pub session_keys: SessionKeys,
    /// How often one may try to sign in.
    pub limits: Limits,
    /// Live topics.
    pub hub: Arc<Hub>,
    /// The SSH lines to all nodes.
    pub lines: Arc<Lines>,
    /// Commands on nodes, over `lines`.
    pub remote: Arc<dyn Remote>,
    /// What was last seen of every node.
    pub fleet: Arc<Fleet>,
    /// The rules that each node was last seen to have.
    pub newest_rules: NewestRules,
    pub jobs: Arc<Runner>,
    pub backup_files: BackupFiles,
    /// The names of the frontend's built files; absent where only the API is served.
    pub site: Option<Site>,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("passwords cannot be hashed")]
    Passwords(#[source] AccessError),
    #[error("the directory of the backups cannot be used")]
    BackupFiles(#[from] BackupFileError),
    #[error("the frontend's files cannot be served")]
    Site(#[from] SiteError),
}

impl App {
    pub async fn start(config: Config, origins: Origins) -> Result<App, StartError> {
        let site = config.site.as_deref().map(pages::site).transpose()?;
        let data = DataDir::open(&config.data)?;
        let sealer = Sealer::new(&data.secret_key()?);
        let store = Store::open(&data.database()).await?;
        let passwords = Passwords::new().map_err(StartError::Passwords)?;
        let session_keys = SessionKeys::new(&sealer);
        let hub = Hub::new();
        let directory = Directory { store: store.clone(), sealer: sealer.clone() };
        let lines = Arc::new(Lines::new(Arc::new(directory)));
        let remote: Arc<dyn Remote> = lines.clone();
        let fleet = Fleet::new(Arc::clone(&hub), Arc::clone(&lines));
        for node in store.nodes().await? {
            fleet.node_added(node);
        }
        let backup_files = BackupFiles::open(data.path().join("backups"))?;
        let sight = Arc::clone(&fleet);
        let jobs = Runner::new(
            store.clone(),
            Arc::clone(&remote),
            Arc::clone(&hub),
            backup_files.clone(),
            Arc::new(move |instance| sight.split(instance)),
            jobs::Limits::default(),
        );
        Ok(App(Arc::new(Parts {
            config,
            data,
            store,
            sealer,
            origins,
            passwords,
            session_keys,
            limits: Limits::default(),
            hub,
            lines,
            remote,
            fleet,
            newest_rules: NewestRules::default(),
            jobs,
            backup_files,
            site,
        })))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

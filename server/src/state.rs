//! What handlers share, made in one place.

use std::ops::Deref;
use std::sync::Arc;

use crate::app::access::{AccessError, Limits, Passwords, SessionKeys};
use crate::config::Config;
use crate::data_dir::{DataDir, DataDirError};
use crate::http::origin::Origins;
use crate::sealing::Sealer;
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
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("passwords cannot be hashed")]
    Passwords(#[source] AccessError),
}

impl App {
    pub async fn start(config: Config, origins: Origins) -> Result<App, StartError> {
        let data = DataDir::open(&config.data)?;
        let sealer = Sealer::new(&data.secret_key()?);
        let store = Store::open(&data.database()).await?;
        let passwords = Passwords::new().map_err(StartError::Passwords)?;
        let session_keys = SessionKeys::new(&sealer);
        Ok(App(Arc::new(Parts {
            config,
            data,
            store,
            sealer,
            origins,
            passwords,
            session_keys,
            limits: Limits::default(),
        })))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

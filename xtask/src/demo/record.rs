//! `target/demo.json`: what a demo consists of, for scripts, the browser tests and `--stop`.

use std::{fs, io, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::process::Process;
use crate::{build::Built, failure::Failure, places::Places};

/// A demo as far as it has come.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) url: String,
    /// API token with the role admin; empty until the console has made it.
    pub(crate) token: String,
    pub(crate) nodes: Vec<Node>,
    /// The key that the nodes accept.
    pub(crate) private_key: Option<PathBuf>,
    /// The console's program, and the files that it serves.
    pub(crate) program: PathBuf,
    pub(crate) site: PathBuf,
    /// The console's directory for its database, keys and backups. Its log lies beside it.
    pub(crate) data: PathBuf,
    pub(crate) console: Option<Process>,
    /// Whether the lab is ours to take down.
    pub(crate) started_lab: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) role: String,
    /// Where the console reaches its sshd.
    pub(crate) address: String,
}

impl Record {
    pub(crate) fn new(listen: &str, built: Built, data: PathBuf) -> Self {
        Self {
            url: format!("http://{listen}"),
            token: String::new(),
            nodes: Vec::new(),
            private_key: None,
            program: built.console,
            site: built.site,
            data,
            console: None,
            started_lab: false,
        }
    }

    pub(crate) fn path(places: &Places) -> PathBuf {
        places.checkout.join("target/demo.json")
    }

    /// None when there is no demo.
    pub(crate) fn load(places: &Places) -> Result<Option<Self>, Failure> {
        let path = Self::path(places);
        match fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json)
                .map(Some)
                .map_err(|source| Failure::Json { path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::file("read", path)(error)),
        }
    }

    pub(crate) fn save(&self, places: &Places) -> Result<(), Failure> {
        let path = Self::path(places);
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir).map_err(Failure::file("create", dir))?;
        }
        let json = serde_json::to_vec_pretty(self)
            .map_err(|source| Failure::Json { path: path.clone(), source })?;
        fs::write(&path, json).map_err(Failure::file("write", path))
    }

    pub(crate) fn remove(places: &Places) -> Result<(), Failure> {
        let path = Self::path(places);
        fs::remove_file(&path).map_err(Failure::file("remove", path))
    }

    pub(crate) fn is_running(&self) -> bool {
        self.console.as_ref().is_some_and(Process::is_alive)
    }

    /// What the console prints.
    pub(crate) fn log(&self) -> PathBuf {
        self.data.with_extension("log")
    }
}

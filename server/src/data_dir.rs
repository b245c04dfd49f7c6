//! The directory that holds all that the console keeps. Only its owner may look inside.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rand::RngCore;

use crate::secret::Secret;

#[derive(Debug, Clone)]
pub struct DataDir {
    path: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error("the data directory {path} cannot be made or closed to others")]
    Directory {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the key file {path} cannot be read or made")]
    KeyFile {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "the key file {path} has {found} bytes; expected 32. Restore it from a copy: without it the stored credentials cannot be read"
    )]
    KeyLength { path: PathBuf, found: usize },
    #[error(
        "others than its owner may read the key file {path} (mode {mode:o}). Close it: chmod 600"
    )]
    KeyExposed { path: PathBuf, mode: u32 },
}

impl DataDir {
    /// Makes the directory when it is absent and takes it away from group and others.
    pub fn open(path: &Path) -> Result<DataDir, DataDirError> {
        let closed = || {
            DirBuilder::new().recursive(true).mode(0o700).create(path)?;
            fs::set_permissions(path, Permissions::from_mode(0o700))?;
            path.canonicalize()
        };
        let path =
            closed().map_err(|source| DataDirError::Directory { path: path.to_owned(), source })?;
        Ok(DataDir { path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn database(&self) -> PathBuf {
        self.path.join("signalbox.db")
    }

    /// The key that the secrets in the database are encrypted with; made at the first start.
    pub fn secret_key(&self) -> Result<Secret<[u8; 32]>, DataDirError> {
        let path = self.path.join("secret.key");
        let key_file = |source| DataDirError::KeyFile { path: path.clone(), source };
        match OpenOptions::new().read(true).open(&path) {
            Ok(mut file) => {
                let mode = file.metadata().map_err(key_file)?.mode() & 0o777;
                if mode & 0o077 != 0 {
                    return Err(DataDirError::KeyExposed { path, mode });
                }
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).map_err(key_file)?;
                let found = bytes.len();
                let key = bytes.try_into().map_err(|_| DataDirError::KeyLength { path, found })?;
                Ok(Secret::new(key))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut key = [0; 32];
                rand::rng().fill_bytes(&mut key);
                let mut file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&path)
                    .map_err(key_file)?;
                file.write_all(&key).and_then(|()| file.sync_all()).map_err(key_file)?;
                Ok(Secret::new(key))
            }
            Err(error) => Err(key_file(error)),
        }
    }
}

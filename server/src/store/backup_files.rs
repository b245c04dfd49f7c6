//! The directory where backups are kept. A file under its final name is whole and was read back;
//! whatever is not carries `.part` and the job that was writing it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use signalbox_domain::ids::JobId;
use signalbox_domain::time::Timestamp;

#[derive(Debug, Clone)]
pub struct BackupFiles {
    directory: PathBuf,
}

#[derive(Debug, thiserror::Error)]
#[error("{doing} {}: {source}", path.display())]
pub struct BackupFileError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// Room on the disk that holds the backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub free_bytes: u64,
    pub total_bytes: u64,
}

impl BackupFiles {
    /// Opens the directory, which only the console's account may read, and makes it if missing.
    pub fn open(directory: PathBuf) -> Result<BackupFiles, BackupFileError> {
        use std::os::unix::fs::DirBuilderExt;
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory);
        made.map_err(at("making", &directory))?;
        Ok(BackupFiles { directory })
    }

    pub fn room(&self) -> Result<Room, BackupFileError> {
        let stat = rustix::fs::statvfs(&self.directory)
            .map_err(|errno| at("measuring", &self.directory)(errno.into()))?;
        Ok(Room {
            free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
            total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        })
    }

    /// The path of a backup under its final name.
    pub fn path(&self, file: &str) -> PathBuf {
        self.directory.join(file)
    }

    pub(crate) fn create_part(&self, job: JobId) -> Result<File, BackupFileError> {
        let path = self.part(job);
        let opened = {
            use std::os::unix::fs::OpenOptionsExt;
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)
        };
        opened.map_err(at("creating", &path))
    }

    pub(crate) fn open_part(&self, job: JobId) -> Result<File, BackupFileError> {
        let path = self.part(job);
        File::open(&path).map_err(at("reading back", &path))
    }

    /// Gives a whole, synced part its final name and makes that durable.
    pub(crate) fn keep(
        &self,
        job: JobId,
        started_at: Timestamp,
    ) -> Result<String, BackupFileError> {
        let file = format!("job-{job}-{}.sql.zst", started_at.0);
        let (part, kept) = (self.part(job), self.path(&file));
        fs::rename(&part, &kept).map_err(at("naming", &kept))?;
        let synced = File::open(&self.directory).and_then(|directory| directory.sync_all());
        synced.map_err(at("syncing", &self.directory))?;
        Ok(file)
    }

    /// Removes what `job` wrote: its part, and files under a final name that `is_catalogued`
    /// does not know, which a console that died between naming and cataloguing leaves.
    pub(crate) fn discard(
        &self,
        job: JobId,
        is_catalogued: impl Fn(&str) -> bool,
    ) -> Result<(), BackupFileError> {
        self.discard_part(job)?;
        let prefix = format!("job-{job}-");
        let entries = fs::read_dir(&self.directory).map_err(at("listing", &self.directory))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with(&prefix) && !is_catalogued(name) {
                remove_if_there(&self.path(name))?;
            }
        }
        Ok(())
    }

    /// Removes what `job` wrote and did not bring to its end.
    pub(crate) fn discard_part(&self, job: JobId) -> Result<(), BackupFileError> {
        remove_if_there(&self.part(job))
    }

    fn part(&self, job: JobId) -> PathBuf {
        self.directory.join(format!("job-{job}.part"))
    }
}

fn remove_if_there(path: &Path) -> Result<(), BackupFileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at("removing", path)(error)),
        _ => Ok(()),
    }
}

fn at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BackupFileError {
    let path = path.to_owned();
    move |source| BackupFileError { doing, path, source }
}

//! The lab's SSH keys: one that signs in to every node, and each node's host key.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command;
use crate::error::{LabError, file};
use crate::site::Site;

pub(crate) struct Keys {
    directory: PathBuf,
    authorized: String,
}

impl Keys {
    /// Those of the last time, or new ones.
    pub(crate) fn open(site: Site) -> Result<Self, LabError> {
        let directory = site.key_directory()?;
        fs::create_dir_all(&directory).map_err(file("create", &directory))?;
        let mut keys = Self { directory, authorized: String::new() };
        keys.authorized = keys.pair("console")?.1;
        Ok(keys)
    }

    pub(crate) fn private_key(&self) -> PathBuf {
        self.directory.join("console")
    }

    /// The line for `authorized_keys`.
    pub(crate) fn authorized(&self) -> &str {
        &self.authorized
    }

    /// A node's private and public host key.
    pub(crate) fn host_key(&self, node: &str) -> Result<(String, String), LabError> {
        self.pair(&format!("host-{node}"))
    }

    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub(crate) fn host_key_fingerprint(&self, node: &str) -> Result<String, LabError> {
        self.host_key(node)?;
        let public = self.directory.join(format!("host-{node}.pub"));
        let printed =
            command::run("ssh-keygen", &["-l", "-E", "sha256", "-f", &public.to_string_lossy()])?;
        Ok(printed.split(' ').nth(1).unwrap_or_default().to_owned())
    }

    fn pair(&self, name: &str) -> Result<(String, String), LabError> {
        let private = self.directory.join(name);
        let public = self.directory.join(format!("{name}.pub"));
        // ssh-keygen writes the private key first: without the public one, it was cut.
        if !public.is_file() {
            let _ = fs::remove_file(&private);
            let path = private.to_string_lossy();
            let comment = format!("signalbox-lab-{name}");
            command::run(
                "ssh-keygen",
                &["-q", "-t", "ed25519", "-N", "", "-C", &comment, "-f", &path],
            )?;
        }
        Ok((read(&private)?, read(&public)?))
    }
}

fn read(path: &Path) -> Result<String, LabError> {
    fs::read_to_string(path).map_err(file("read", path))
}

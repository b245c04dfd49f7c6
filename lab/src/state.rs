//! What a running lab is, as `state.json` says it: the truth for whoever attaches to it, in this
//! program or another.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{LabError, file};
use crate::process::StartedProcess;
use crate::site::Site;
use crate::topology::Role;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct State {
    pub topology: String,
    /// What came up besides the topology's own nodes.
    #[serde(default)]
    pub with: Vec<String>,
    /// False while `up` is still at work, and for ever if it was cut.
    pub complete: bool,
    /// OpenSSH private key that root and `ops` of every node accept.
    pub private_key: PathBuf,
    pub virtual_addresses: Vec<VirtualAddress>,
    pub nodes: Vec<LabNode>,
    /// What could not be had on this machine, in words.
    pub missing: Vec<String>,
    pub cuts: Vec<Cut>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VirtualAddress {
    /// The VRRP instance that carries it; none where a director owns the address alone.
    pub instance: Option<String>,
    pub address: Ipv4Addr,
    pub port: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeKind {
    /// On this machine's kernel (systemd-nspawn).
    Container,
    /// With a kernel of its own (User Mode Linux).
    Kernel,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LabNode {
    pub name: String,
    pub kind: NodeKind,
    pub role: Role,
    /// Where the console reaches its sshd.
    pub management: IpAddr,
    /// `SHA256:…` of its ed25519 host key, as `ssh-keygen -l` prints it.
    pub host_key_fingerprint: String,
    pub links: Vec<Link>,
    pub(crate) process: Option<StartedProcess>,
}

/// One interface of a node.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Link {
    /// Name inside the node: `eth0`, `eth1`, …, `mgmt0`.
    pub interface: String,
    pub segment: String,
    pub address: Ipv4Addr,
    pub prefix: u8,
    pub mac: String,
    /// The other end, on the segment's bridge.
    pub port: String,
}

/// Frames that leave `from` do not reach `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    pub from: String,
    pub to: String,
}

impl LabNode {
    /// Its first address on the service side.
    pub fn service_address(&self) -> Option<Ipv4Addr> {
        self.links.iter().find(|link| link.segment != MANAGEMENT).map(|link| link.address)
    }
}

pub(crate) const MANAGEMENT: &str = "management";

impl State {
    pub(crate) fn path(site: Site) -> PathBuf {
        site.run_directory().join("state.json")
    }

    /// None when there is no lab.
    pub(crate) fn load(site: Site) -> Result<Option<Self>, LabError> {
        let path = Self::path(site);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|source| LabError::State { path, source }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(file("read", &path)(error)),
        }
    }

    pub(crate) fn save(&self, site: Site) -> Result<(), LabError> {
        let path = Self::path(site);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|source| LabError::State { path: path.clone(), source })?;
        replace(&path, &text)
    }
}

/// Writes a file so that a reader sees the old or the new content whole.
fn replace(path: &Path, content: &[u8]) -> Result<(), LabError> {
    let new = path.with_extension("new");
    fs::write(&new, content).map_err(file("write", &new))?;
    fs::rename(&new, path).map_err(file("rename", &new))
}

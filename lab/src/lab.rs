//! A lab that runs: who is in it, how it is, and how it ends.

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde::Serialize;

use crate::control_group::ControlGroups;
use crate::error::{LabError, file};
use crate::machine::{self, Machine};
use crate::site::Site;
use crate::ssh;
use crate::state::{LabNode, NodeKind, State, VirtualAddress};
use crate::topology::Role;

/// A lab that is up, or was when this was made: another process may change it at any time.
pub struct Lab {
    pub(crate) site: Site,
    pub(crate) state: State,
}

#[derive(Debug, Clone, Serialize)]
pub struct NodeStatus {
    pub name: String,
    pub kind: NodeKind,
    pub role: Role,
    pub management: IpAddr,
    pub host_key_fingerprint: String,
    pub state: NodeState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeState {
    /// Its sshd answers.
    Running,
    /// It has power, and its sshd does not answer (yet).
    Silent,
    Frozen,
    Off,
}

impl Lab {
    /// The lab that is running on this machine (the one that `SIGNALBOX_LAB_ID` names, if set).
    pub fn attach() -> Result<Self, LabError> {
        let site = Site::from_environment()?;
        match State::load(site)? {
            Some(state) if state.complete && wires_are_there(site) => Ok(Self { site, state }),
            _ => Err(LabError::NotRunning),
        }
    }

    pub fn topology(&self) -> &str {
        &self.state.topology
    }

    pub fn nodes(&self) -> &[LabNode] {
        &self.state.nodes
    }

    pub fn node(&self, name: &str) -> Result<&LabNode, LabError> {
        find(&self.state, name)
    }

    pub fn virtual_addresses(&self) -> &[VirtualAddress] {
        &self.state.virtual_addresses
    }

    /// What this machine could not give, in words; empty when all is there.
    pub fn missing(&self) -> &[String] {
        &self.state.missing
    }

    /// The ed25519 key in OpenSSH's format that root and `ops` of every node accept.
    pub fn private_key(&self) -> &Path {
        &self.state.private_key
    }

    /// Waits until nobody else tests on this lab. The turn ends when the file is dropped.
    pub fn take_turn(&self) -> Result<fs::File, LabError> {
        let path = self.site.run_directory().join("turn");
        let turn = fs::File::create(&path).map_err(file("create", &path))?;
        turn.lock().map_err(file("lock", &path))?;
        Ok(turn)
    }

    /// How each node is now.
    pub fn status(&self) -> Vec<NodeStatus> {
        let state = self.fresh().unwrap_or_else(|_| self.state.clone());
        thread::scope(|scope| {
            let asked: Vec<_> = state
                .nodes
                .iter()
                .map(|node| (node, scope.spawn(|| self.node_state(node))))
                .collect();
            asked
                .into_iter()
                .map(|(node, answer)| NodeStatus {
                    name: node.name.clone(),
                    kind: node.kind,
                    role: node.role,
                    management: node.management,
                    host_key_fingerprint: node.host_key_fingerprint.clone(),
                    state: answer.join().unwrap_or(NodeState::Silent),
                })
                .collect()
        })
    }

    fn node_state(&self, node: &LabNode) -> NodeState {
        // A kernel node on a busy machine needs most of it.
        const PATIENCE: Duration = Duration::from_secs(2);
        let machine = self.machine(node);
        match (machine.running(), machine.frozen()) {
            (false, _) => NodeState::Off,
            (true, true) => NodeState::Frozen,
            (true, false) if ssh::answers(node, PATIENCE) => NodeState::Running,
            (true, false) => NodeState::Silent,
        }
    }

    /// Ends the lab and leaves nothing of it: no process, mount, namespace, interface or rule.
    pub fn down(self, progress: &mut dyn FnMut(&str)) -> Result<(), LabError> {
        down(self.site, progress)
    }

    pub(crate) fn machine<'a>(&self, node: &'a LabNode) -> Machine<'a> {
        Machine { site: self.site, node }
    }

    /// The state as it is now, which another process may have changed.
    pub(crate) fn fresh(&self) -> Result<State, LabError> {
        State::load(self.site)?.ok_or(LabError::NotRunning)
    }

    /// Changes the state that all share.
    pub(crate) fn update<T>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, LabError>,
    ) -> Result<T, LabError> {
        let lock = lock_file(self.site)?;
        lock.lock().map_err(file("lock", &self.site.run_directory()))?;
        let mut state = self.fresh()?;
        let result = change(&mut state)?;
        state.save(self.site)?;
        Ok(result)
    }
}

/// Which of the labs on this machine the environment names; 0 is the usual one.
pub fn lab_id() -> Result<u8, LabError> {
    Ok(Site::from_environment()?.id())
}

/// As [`Lab::down`], also for what a lab that crashed has left.
pub fn down_all(progress: &mut dyn FnMut(&str)) -> Result<(), LabError> {
    down(Site::from_environment()?, progress)
}

fn down(site: Site, progress: &mut dyn FnMut(&str)) -> Result<(), LabError> {
    if !site.run_directory().is_dir() && !site.disk_directory().is_dir() && !wires_are_there(site) {
        progress("no lab is running");
        return Ok(());
    }
    let lock = lock_file(site)?;
    lock.try_lock().map_err(|_| LabError::Busy)?;
    clear(site, progress)?;
    progress("the lab is down");
    remove_directory(&site.run_directory())
}

/// Takes away all that a lab has on this machine except its run directory, which holds the lock.
pub(crate) fn clear(site: Site, progress: &mut dyn FnMut(&str)) -> Result<(), LabError> {
    // A state that cannot be read must not keep a lab from being cleared away.
    let state = State::load(site).unwrap_or_default();
    let disks = site.disk_directory();
    let known = state.iter().flat_map(|state| &state.nodes).map(|node| node.name.clone());
    let names: BTreeSet<String> = known.chain(directories(&disks)).collect();
    if !names.is_empty() {
        progress(&format!("switching off {} nodes", names.len()));
    }
    for name in &names {
        let remembered =
            state.iter().flat_map(|state| &state.nodes).find(|node| node.name == *name);
        machine::cut_power(
            &disks.join(name).join("root"),
            remembered.and_then(|node| node.process.as_ref()),
        )?;
    }
    site.remove_wires()?;
    for name in &names {
        machine::unmount(&disks.join(name))?;
    }
    ControlGroups::mounted().join(&site.control_group()).remove();
    remove_directory(&disks)?;
    let state_path = State::path(site);
    match fs::remove_file(&state_path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(file("remove", &state_path)(error))
        }
        _ => Ok(()),
    }
}

pub(crate) fn find<'a>(state: &'a State, name: &str) -> Result<&'a LabNode, LabError> {
    state.nodes.iter().find(|node| node.name == name).ok_or_else(|| {
        let known: Vec<&str> = state.nodes.iter().map(|node| node.name.as_str()).collect();
        LabError::NoSuchNode { name: name.to_owned(), known: known.join(", ") }
    })
}

pub(crate) fn lock_file(site: Site) -> Result<fs::File, LabError> {
    let directory = site.run_directory();
    fs::create_dir_all(&directory).map_err(file("create", &directory))?;
    let path = directory.join("lock");
    fs::File::create(&path).map_err(file("create", &path))
}

/// False after a reboot of the machine, which a state may outlive.
pub(crate) fn wires_are_there(site: Site) -> bool {
    Path::new("/run/netns").join(site.wire_namespace()).exists()
}

fn directories(path: &Path) -> impl Iterator<Item = String> {
    fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
}

fn remove_directory(path: &Path) -> Result<(), LabError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

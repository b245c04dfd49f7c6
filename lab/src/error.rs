use std::io;
use std::path::{Path, PathBuf};

use crate::command::CommandError;
use crate::layer::LayerError;
use crate::site::BadLabId;
use crate::topology::TopologyError;

#[derive(Debug, thiserror::Error)]
pub enum LabError {
    #[error("no lab is running; start one with `cargo xtask lab up`")]
    NotRunning,
    #[error("the lab needs root, for network namespaces and mounts: run it with sudo")]
    NotRoot,
    #[error("another `lab up` or `lab down` is at work; wait for it to end")]
    Busy,
    #[error("{missing} missing; install with `apt-get install {install}` or `cargo xtask setup`")]
    PackagesMissing { missing: String, install: String },
    #[error("the lab has no node {name:?}; it has: {known}")]
    NoSuchNode { name: String, known: String },
    #[error("{node} is off; switch it on with `cargo xtask lab boot {node}`")]
    NodeOff { node: String },
    #[error(
        "{a} and {b} share no network segment, so there is no wire between them to cut; {hint}"
    )]
    NoSharedSegment { a: String, b: String, hint: String },
    #[error("{node} went off while it booted; see {log}")]
    WentOff { node: String, log: String },
    #[error("{what} within {seconds} s; see {log}")]
    NotReady { what: String, seconds: u64, log: String },
    #[error("{node}: {what} failed: {stderr}")]
    NodeRefused { node: String, what: String, stderr: String },
    #[error("nothing in this lab can do that: {0}")]
    NotInThisLab(String),
    #[error(
        "the lab's state {path} is not as this program writes it; \
         clear it away with `cargo xtask lab down`"
    )]
    State {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("{action} {path}")]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    LabId(#[from] BadLabId),
    #[error(transparent)]
    Topology(#[from] TopologyError),
    #[error(transparent)]
    Layer(#[from] LayerError),
    #[error(transparent)]
    Command(#[from] CommandError),
}

pub(crate) fn file<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl Fn(io::Error) -> LabError + 'a {
    move |source| LabError::File { action, path: path.to_owned(), source }
}

//! All SSH: one authenticated connection per node, many channels.
//!
//! This module knows no database: where a node is and how to sign in comes from a
//! [`TargetDirectory`].
//!
//! [`Lines`] keeps the connections; `connection` makes one (`host_key`, `sign_in`), `session` runs a
//! command on it, `forward` carries a socket over it.

mod connection;
mod error;
mod forward;
mod host_key;
mod lines;
mod session;
mod sign_in;

use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use signalbox_domain::ids::NodeId;
use signalbox_domain::remote::{Elevation, RemoteCommand};
use signalbox_domain::values::{Host, UserName};
use tokio::sync::mpsc;

use crate::secret::Secret;

pub use error::SshError;
pub use forward::Forward;
pub use lines::{Lines, LinkStatus};
pub use sign_in::private_key_fingerprint;

/// What comes of asking a node.
pub type Asked<'a, T> = BoxFuture<'a, Result<T, SshError>>;

/// What other parts of the console do with a node. The real one is [`Lines`]; tests of error paths
/// script their own.
pub trait Remote: Send + Sync {
    /// Runs a command to its end within its own time limit. A non-zero exit status is an answer,
    /// not an error.
    fn run<'a>(&'a self, node: NodeId, command: &'a RemoteCommand) -> Asked<'a, Output>;

    /// Like [`Remote::run`], on a connection made for it, which shows whether one can be made.
    fn run_anew<'a>(&'a self, node: NodeId, command: &'a RemoteCommand) -> Asked<'a, Output> {
        self.run(node, command)
    }

    /// Starts a command whose output is read while it runs, at most for its time limit. Read it
    /// promptly: a reader that takes nothing for [`STALL_LIMIT`] loses the command, because all
    /// channels of a connection wait for the slowest.
    fn stream<'a>(&'a self, node: NodeId, command: &'a RemoteCommand) -> Asked<'a, Stream>;

    /// Like [`Remote::stream`], on a connection of its own, which the reader may hold back for as
    /// long as it likes: for a backup or anything else of many megabytes.
    fn bulk<'a>(&'a self, node: NodeId, command: &'a RemoteCommand) -> Asked<'a, Stream> {
        self.stream(node, command)
    }
}

/// How long the reader of a [`Remote::stream`] may take nothing.
pub const STALL_LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// 255 and above 128 as the node's sshd says; a signal is reported as 128 + number.
    pub exit_status: u32,
    pub stdout: String,
    pub stderr: String,
    /// More came than the cap allows; the rest was dropped.
    pub truncated: bool,
}

/// A running command. Dropping it closes the channel: the command ends when it next writes to its
/// standard output or reads the end of its standard input, so one that does neither must not be
/// streamed.
#[derive(Debug)]
pub struct Stream {
    /// Bounded: a slow reader holds the node back, not our memory. Ends with [`StreamEvent::Exit`]
    /// or, when the line is cut, without it.
    pub events: mpsc::Receiver<StreamEvent>,
    /// Bytes for its standard input; drop the sender to close it.
    pub stdin: mpsc::Sender<Bytes>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEvent {
    Stdout(Bytes),
    Stderr(Bytes),
    Exit(u32),
}

/// Where a node is and how to sign in there.
#[derive(Debug, Clone)]
pub struct Target {
    pub host: Host,
    pub port: u16,
    pub user: UserName,
    pub elevation: Elevation,
    pub credential: Credential,
    /// `SHA256:…` of the pinned key; any other refuses the node.
    pub host_key: String,
    /// The pinned key's algorithm (`ssh-ed25519`), so that a node with several host keys shows that one.
    pub host_key_algorithm: Option<String>,
    pub jump: Option<NodeId>,
}

#[derive(Debug, Clone)]
pub enum Credential {
    Password(Secret<String>),
    /// OpenSSH or PEM text, and its passphrase.
    PrivateKey {
        key: Secret<String>,
        passphrase: Option<Secret<String>>,
    },
}

/// Answers where a node is; the application implements it over the store.
pub trait TargetDirectory: Send + Sync {
    fn target(&self, node: NodeId) -> Asked<'_, Target>;
}

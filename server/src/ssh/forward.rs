//! A private unix socket on the console's side that leads to one on a node.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use signalbox_domain::ids::NodeId;
use signalbox_domain::values::RemotePath;
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{AbortHandle, JoinSet};

use super::connection::{Connection, dial};
use super::{SshError, TargetDirectory};

/// Lives as long as this value: dropping it removes the socket and cuts what goes through it.
#[derive(Debug)]
pub struct Forward {
    socket: PathBuf,
    carrier: AbortHandle,
    /// Only the console's own account may enter it.
    _directory: TempDir,
}

impl Forward {
    pub fn local_socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}

/// Connects first, so that a node that cannot be reached is told as such and not as a socket that
/// closes. The connection is the forward's own: who reads from it slowly holds back nothing else.
pub(super) async fn open(
    targets: Arc<dyn TargetDirectory>,
    node: NodeId,
    remote_socket: &RemotePath,
) -> Result<Forward, SshError> {
    let connection = connect(targets.as_ref(), node).await?;
    let local = |error: std::io::Error| SshError::LocalSocket(error.to_string());
    let directory = tempfile::Builder::new()
        .prefix("signalbox-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .map_err(local)?;
    let socket = directory.path().join("socket");
    let listener = UnixListener::bind(&socket).map_err(local)?;
    let carrier = Carrier { targets, node, remote_socket: remote_socket.clone(), connection };
    let carrier = tokio::spawn(carrier.accept_on(listener)).abort_handle();
    Ok(Forward { socket, carrier, _directory: directory })
}

async fn connect(targets: &dyn TargetDirectory, node: NodeId) -> Result<Arc<Connection>, SshError> {
    let target = targets.target(node).await?;
    Ok(Arc::new(dial(targets, &target).await?))
}

struct Carrier {
    targets: Arc<dyn TargetDirectory>,
    node: NodeId,
    remote_socket: RemotePath,
    connection: Arc<Connection>,
}

impl Carrier {
    async fn accept_on(mut self, listener: UnixListener) {
        let mut carried = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            while carried.try_join_next().is_some() {}
            if self.connection.is_closed() {
                match connect(self.targets.as_ref(), self.node).await {
                    Ok(connection) => self.connection = connection,
                    Err(error) => {
                        tracing::warn!(node = %self.node, %error, "forward cannot reconnect");
                        continue;
                    }
                }
            }
            let (connection, path) = (Arc::clone(&self.connection), self.remote_socket.clone());
            carried.spawn(async move { carry(&connection, &path, stream).await });
        }
    }
}

async fn carry(connection: &Connection, remote_socket: &RemotePath, mut local: UnixStream) {
    match connection.open_unix_socket(remote_socket.as_str()).await {
        Ok(channel) => {
            let mut remote = channel.into_stream();
            // Either end may hang up at any time; the client at the local end sees it.
            let _ = tokio::io::copy_bidirectional(&mut local, &mut remote).await;
        }
        Err(error) => tracing::warn!(%error, "forward refused"),
    }
}

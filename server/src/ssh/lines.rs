//! The line to each node: kept up, with back-off while it cannot be had.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use signalbox_domain::ids::NodeId;
use signalbox_domain::nodes::{HostKey, Link, LinkState};
use signalbox_domain::remote::{Elevation, RemoteCommand};
use signalbox_domain::time::Timestamp;
use signalbox_domain::values::{Host, RemotePath};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout_at};

use super::connection::{self, Connection};
use super::{
    Asked, Forward, Output, Remote, STALL_LIMIT, SshError, Stream, Target, TargetDirectory,
    forward, session,
};
use crate::clock;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A node that refuses us by decision is asked seldom: repeated failures to sign in lock accounts.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_secs(120);
/// A connection that lasted this long was a good one.
const SETTLED_AFTER: Duration = Duration::from_secs(10);
const SUDO_CHECK_LIMIT_MS: u64 = 10_000;

/// The connections to all nodes. A node's line is made when it is first asked for, and from then on
/// kept up until [`Lines::forget`].
pub struct Lines {
    directory: Arc<dyn TargetDirectory>,
    lines: Mutex<HashMap<NodeId, Line>>,
}

/// How the line to a node is.
#[derive(Debug, Clone)]
pub struct LinkStatus {
    /// Never [`LinkState::Silent`]: whether the probe beats is not the line's to know.
    pub state: LinkState,
    pub since: Timestamp,
    /// Why it is not up.
    pub error: Option<SshError>,
}

impl From<LinkStatus> for Link {
    fn from(status: LinkStatus) -> Link {
        let reason = status.error.map(|error| error.to_string());
        Link { state: status.state, since: status.since, reason }
    }
}

impl Lines {
    pub fn new(directory: Arc<dyn TargetDirectory>) -> Lines {
        Lines { directory, lines: Mutex::new(HashMap::new()) }
    }

    /// Tells when the node's line comes up or drops, and why; closed when the node is forgotten.
    pub fn link(&self, node: NodeId) -> watch::Receiver<LinkStatus> {
        self.line(node).status
    }

    /// Closes the line of a node that was removed or changed.
    pub fn forget(&self, node: NodeId) {
        let forgotten = self.lines.lock().unwrap_or_else(PoisonError::into_inner).remove(&node);
        let Some(line) = forgotten else { return };
        line.keeper.abort();
        let state = line.state.borrow().clone();
        if let State::Up(connection) = state {
            tokio::spawn(async move { connection.close().await });
        }
    }

    /// Tries at once instead of after the back-off, because something has changed or a person asks.
    pub fn retry(&self, node: NodeId) {
        self.line(node).retry.notify_one();
    }

    /// The host key that a machine shows. Nothing but the key exchange is sent.
    pub async fn scan(
        &self,
        host: &Host,
        port: u16,
        jump: Option<NodeId>,
    ) -> Result<HostKey, SshError> {
        connection::scan(self.directory.as_ref(), host, port, jump).await
    }

    /// Connects, signs in and, where the target says so, tries sudo; then closes. The host key is the
    /// pinned one.
    pub async fn check(&self, target: &Target) -> Result<HostKey, SshError> {
        let connection = usable_connection(self.directory.as_ref(), target).await?;
        connection.close().await;
        Ok(connection.host_key.clone())
    }

    /// A private unix socket on the console's side; each connection to it is carried to the node's
    /// socket `remote_socket`.
    pub async fn forward_unix(
        &self,
        node: NodeId,
        remote_socket: &RemotePath,
    ) -> Result<Forward, SshError> {
        forward::open(Arc::clone(&self.directory), node, remote_socket).await
    }

    fn line(&self, node: NodeId) -> Line {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.entry(node).or_insert_with(|| Line::keep(node, Arc::clone(&self.directory))).clone()
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        for line in self.lines.lock().unwrap_or_else(PoisonError::into_inner).values() {
            line.keeper.abort();
        }
    }
}

impl Remote for Lines {
    fn run<'a>(&'a self, node: NodeId, command: &'a RemoteCommand) -> Asked<'a, Output> {
        Box::pin(async move {
            let deadline = deadline(command);
            let connection = self.line(node).connection(deadline).await?;
            session::run(&connection, command, deadline).await
        })
    }

    fn run_anew<'a>(&'a self, node: NodeId, command: &'a RemoteCommand) -> Asked<'a, Output> {
        Box::pin(async move {
            let deadline = deadline(command);
            let target = self.directory.target(node).await?;
            let dialled = connection::dial(self.directory.as_ref(), &target);
            let connection = timeout_at(deadline, dialled)
                .await
                .map_err(|_| SshError::TimedOut(Duration::from_millis(command.timeout_ms)))??;
            let connection = Arc::new(connection);
            let output = session::run(&connection, command, deadline).await;
            connection.close().await;
            output
        })
    }

    fn stream<'a>(&'a self, node: NodeId, command: &'a RemoteCommand) -> Asked<'a, Stream> {
        Box::pin(async move {
            let deadline = deadline(command);
            let connection = self.line(node).connection(deadline).await?;
            session::start(&connection, command, deadline, Some(STALL_LIMIT)).await
        })
    }

    fn bulk<'a>(&'a self, node: NodeId, command: &'a RemoteCommand) -> Asked<'a, Stream> {
        Box::pin(async move {
            let deadline = deadline(command);
            let target = self.directory.target(node).await?;
            let connection = connection::dial(self.directory.as_ref(), &target).await?;
            session::start(&Arc::new(connection), command, deadline, None).await
        })
    }
}

/// A limit beyond what the clock can count is no limit.
fn deadline(command: &RemoteCommand) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    Instant::now() + Duration::from_millis(command.timeout_ms).min(YEAR)
}

#[derive(Clone)]
struct Line {
    state: watch::Receiver<State>,
    status: watch::Receiver<LinkStatus>,
    retry: Arc<Notify>,
    keeper: AbortHandle,
}

#[derive(Clone)]
enum State {
    Connecting,
    Up(Arc<Connection>),
    /// Until the next attempt.
    Down(SshError),
}

impl Line {
    fn keep(node: NodeId, directory: Arc<dyn TargetDirectory>) -> Line {
        let (state_sender, state) = watch::channel(State::Connecting);
        let connecting =
            LinkStatus { state: LinkState::Connecting, since: clock::now(), error: None };
        let (status_sender, status) = watch::channel(connecting);
        let retry = Arc::new(Notify::new());
        let keeper = Keeper {
            node,
            directory,
            state: state_sender,
            status: status_sender,
            retry: Arc::clone(&retry),
        };
        let keeper = tokio::spawn(keeper.keep_up()).abort_handle();
        Line { state, status, retry, keeper }
    }

    /// The connection, when it is up or comes up in time. During back-off it fails at once with the
    /// last attempt's error.
    async fn connection(&self, deadline: Instant) -> Result<Arc<Connection>, SshError> {
        let started = Instant::now();
        let mut state = self.state.clone();
        let settled = state.wait_for(|state| !matches!(state, State::Connecting));
        match timeout_at(deadline, settled).await {
            Ok(Ok(state)) => match &*state {
                State::Up(connection) => Ok(Arc::clone(connection)),
                State::Down(error) => Err(error.clone()),
                State::Connecting => Err(SshError::Cut("still connecting".to_owned())),
            },
            Ok(Err(_)) => Err(SshError::Cut("the node was removed or changed".to_owned())),
            Err(_) => Err(SshError::TimedOut(started.elapsed())),
        }
    }
}

/// The task behind a line.
struct Keeper {
    node: NodeId,
    directory: Arc<dyn TargetDirectory>,
    state: watch::Sender<State>,
    status: watch::Sender<LinkStatus>,
    retry: Arc<Notify>,
}

impl Keeper {
    async fn keep_up(self) {
        let mut failures = 0;
        loop {
            self.state.send_replace(State::Connecting);
            let error = match self.connect().await {
                Ok(connection) => {
                    let connected_at = Instant::now();
                    self.up(&connection);
                    let reason = connection.ended().await;
                    if connected_at.elapsed() > SETTLED_AFTER {
                        failures = 0;
                    }
                    SshError::Cut(reason)
                }
                Err(error) => error,
            };
            let pause = pause_after(&error, failures);
            tracing::info!(node = %self.node, %error, ?pause, "line is down");
            self.down(error);
            failures += 1;
            tokio::select! {
                () = sleep(pause) => {}
                () = self.retry.notified() => {}
            }
        }
    }

    async fn connect(&self) -> Result<Arc<Connection>, SshError> {
        let target = self.directory.target(self.node).await?;
        usable_connection(self.directory.as_ref(), &target).await
    }

    fn up(&self, connection: &Arc<Connection>) {
        tracing::info!(node = %self.node, host = %connection.host, "line is up");
        self.state.send_replace(State::Up(Arc::clone(connection)));
        self.status.send_replace(LinkStatus {
            state: LinkState::Up,
            since: clock::now(),
            error: None,
        });
    }

    /// A line that stays down keeps the time since when it is.
    fn down(&self, error: SshError) {
        self.state.send_replace(State::Down(error.clone()));
        let state = state_after(&error);
        self.status.send_modify(|status| {
            if status.state != state {
                status.since = clock::now();
            }
            status.state = state;
            status.error = Some(error);
        });
    }
}

fn state_after(error: &SshError) -> LinkState {
    match error {
        SshError::HostKeyChanged { .. } => LinkState::HostKeyChanged,
        SshError::AccessDenied { .. } | SshError::SudoRefused { .. } | SshError::BadKey(_) => {
            LinkState::AccessDenied
        }
        _ => LinkState::Down,
    }
}

/// Doubles with each failure; spread over half its length, so that nodes that went down together
/// are not all tried at the same moment.
fn pause_after(error: &SshError, failures: u32) -> Duration {
    if state_after(error) != LinkState::Down {
        return PAUSE_AFTER_REFUSAL;
    }
    let longest = FIRST_PAUSE.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE);
    longest.mul_f64(rand::random_range(0.5..1.0))
}

/// A connection on which commands can be run as the target says: sudo was tried too.
async fn usable_connection(
    directory: &dyn TargetDirectory,
    target: &Target,
) -> Result<Arc<Connection>, SshError> {
    let connection = Arc::new(connection::dial(directory, target).await?);
    if target.elevation == Elevation::Sudo {
        let nothing = RemoteCommand::new("true").timeout_ms(SUDO_CHECK_LIMIT_MS);
        session::run(&connection, &nothing, deadline(&nothing)).await?;
    }
    Ok(connection)
}

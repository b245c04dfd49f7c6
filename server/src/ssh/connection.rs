//! Making one authenticated connection, through jump hosts where there are any.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::future::BoxFuture;
use russh::client::{self, Handle, Msg};
use russh::{Channel, Disconnect, Preferred};
use signalbox_domain::ids::NodeId;
use signalbox_domain::nodes::HostKey;
use signalbox_domain::remote::Elevation;
use signalbox_domain::values::Host;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use super::host_key::{self, Doorkeeper};
use super::sign_in::sign_in;
use super::{SshError, Target, TargetDirectory};

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
const SIGN_IN_LIMIT: Duration = Duration::from_secs(15);
const MAX_JUMPS: usize = 4;

/// sshd allows 10 sessions on a connection (sshd_config: MaxSessions) and frees one only after the
/// channel's close has gone there and back.
const MAX_SESSIONS: usize = 8;

/// Silence for this long brings a keep-alive …
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
/// … and a connection on which nothing came for this long is taken for dead.
const SILENCE_LIMIT: Duration = Duration::from_secs(20);

pub(super) struct Connection {
    handle: Handle<Doorkeeper>,
    sessions: Arc<Semaphore>,
    /// How many sessions the node seems to allow.
    session_limit: AtomicUsize,
    cut: watch::Receiver<Option<String>>,
    pub(super) host: String,
    pub(super) user: String,
    pub(super) elevation: Elevation,
    pub(super) host_key: HostKey,
    /// The connection to the jump host that carries this one.
    _through: Option<Box<Connection>>,
}

impl Connection {
    /// Opens a session channel; waits while as many as the node allows are open.
    pub(super) async fn open_session(
        &self,
    ) -> Result<(Channel<Msg>, OwnedSemaphorePermit), SshError> {
        loop {
            let permit = Arc::clone(&self.sessions)
                .acquire_owned()
                .await
                .map_err(|_| SshError::Cut(self.cut_reason()))?;
            let refusal = match self.handle.channel_open_session().await {
                Ok(channel) => return Ok((channel, permit)),
                Err(russh::Error::ChannelOpenFailure(refusal)) => refusal,
                Err(_) => return Err(SshError::Cut(self.cut_reason())),
            };
            // It allows fewer than the default, or commands that outlived their channel hold
            // sessions: do with fewer.
            permit.forget();
            if self.session_limit.fetch_sub(1, Ordering::Relaxed) <= 1 {
                self.close().await;
                return Err(SshError::ChannelRefused {
                    host: self.host.clone(),
                    reason: refusal.description().to_owned(),
                });
            }
        }
    }

    /// A channel to a unix socket on the node (OpenSSH PROTOCOL 2.4, direct-streamlocal).
    pub(super) async fn open_unix_socket(&self, path: &str) -> Result<Channel<Msg>, SshError> {
        self.handle.channel_open_direct_streamlocal(path).await.map_err(|error| match error {
            russh::Error::ChannelOpenFailure(refusal) => SshError::ChannelRefused {
                host: self.host.clone(),
                reason: format!("{} ({path})", refusal.description()),
            },
            _ => SshError::Cut(self.cut_reason()),
        })
    }

    async fn open_tcp(&self, host: &Host, port: u16) -> Result<Channel<Msg>, SshError> {
        let opened =
            self.handle.channel_open_direct_tcpip(host.as_str(), port.into(), "127.0.0.1", 0);
        opened.await.map_err(|error| SshError::Unreachable {
            host: host.to_string(),
            port,
            reason: format!("from {}: {error}", self.host),
        })
    }

    /// Waits for its end and tells why.
    pub(super) async fn ended(&self) -> String {
        let mut cut = self.cut.clone();
        // An error means that the other end is gone without a word: that is an end too.
        let _ = cut.wait_for(Option::is_some).await;
        self.cut_reason()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    pub(super) fn cut_reason(&self) -> String {
        self.cut.borrow().clone().unwrap_or_else(|| "the node closed it".to_owned())
    }

    pub(super) async fn close(&self) {
        // It fails only when the connection has ended already.
        let _ = self.handle.disconnect(Disconnect::ByApplication, "closed", "en").await;
    }
}

/// Connects and signs in, or says at which of the two it failed. Each jump host gets a connection of
/// its own, as with OpenSSH's ProxyJump: a connection that is held back never holds back another.
pub(super) fn dial<'a>(
    directory: &'a dyn TargetDirectory,
    target: &'a Target,
) -> BoxFuture<'a, Result<Connection, SshError>> {
    dial_at_depth(directory, target, 0)
}

fn dial_at_depth<'a>(
    directory: &'a dyn TargetDirectory,
    target: &'a Target,
    depth: usize,
) -> BoxFuture<'a, Result<Connection, SshError>> {
    Box::pin(async move {
        let (wire, through) =
            reach(directory, &target.host, target.port, target.jump, depth).await?;
        let pin = Pin { key: &target.host_key, algorithm: target.host_key_algorithm.as_deref() };
        let Greeted { mut handle, host_key, cut } =
            greet(wire, Some(pin)).await.map_err(|refused| match refused {
                Refused::Key(shown) => SshError::HostKeyChanged {
                    host: target.host.to_string(),
                    pinned: target.host_key.clone(),
                    found: shown.fingerprint,
                },
                Refused::Handshake(reason) => unreachable(&target.host, target.port, reason),
            })?;
        timeout(SIGN_IN_LIMIT, sign_in(&mut handle, target))
            .await
            .map_err(|_| SshError::TimedOut(SIGN_IN_LIMIT))??;
        Ok(Connection {
            handle,
            sessions: Arc::new(Semaphore::new(MAX_SESSIONS)),
            session_limit: AtomicUsize::new(MAX_SESSIONS),
            cut,
            host: target.host.to_string(),
            user: target.user.to_string(),
            elevation: target.elevation,
            host_key,
            _through: through,
        })
    })
}

/// The host key that a machine shows. Nothing but the key exchange is sent.
pub(super) async fn scan(
    directory: &dyn TargetDirectory,
    host: &Host,
    port: u16,
    jump: Option<NodeId>,
) -> Result<HostKey, SshError> {
    let (wire, _through) = reach(directory, host, port, jump, 0).await?;
    match greet(wire, None).await {
        Err(Refused::Key(shown)) => Ok(shown),
        Err(Refused::Handshake(reason)) => Err(unreachable(host, port, reason)),
        Ok(greeted) => Ok(greeted.host_key),
    }
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// Bytes to and from the machine: a TCP connection of ours or of the jump host's.
async fn reach(
    directory: &dyn TargetDirectory,
    host: &Host,
    port: u16,
    jump: Option<NodeId>,
    depth: usize,
) -> Result<(Box<dyn Wire>, Option<Box<Connection>>), SshError> {
    let late = || unreachable(host, port, format!("no answer within {CONNECT_LIMIT:?}"));
    let Some(jump) = jump else {
        let connecting = TcpStream::connect((host.as_str(), port));
        let connected = timeout(CONNECT_LIMIT, connecting).await.map_err(|_| late())?;
        let stream = connected.map_err(|error| unreachable(host, port, error.to_string()))?;
        // A command is a few small packets: waiting to fill them would cost 40 ms each way.
        stream.set_nodelay(true).map_err(|error| unreachable(host, port, error.to_string()))?;
        return Ok((Box::new(stream), None));
    };
    if depth >= MAX_JUMPS {
        return Err(SshError::TooManyJumps { host: host.to_string(), limit: MAX_JUMPS });
    }
    let jump = directory.target(jump).await?;
    let through = dial_at_depth(directory, &jump, depth + 1).await?;
    let channel =
        timeout(CONNECT_LIMIT, through.open_tcp(host, port)).await.map_err(|_| late())??;
    Ok((Box::new(channel.into_stream()), Some(Box::new(through))))
}

fn unreachable(host: &Host, port: u16, reason: String) -> SshError {
    SshError::Unreachable { host: host.to_string(), port, reason }
}

struct Pin<'a> {
    key: &'a str,
    algorithm: Option<&'a str>,
}

struct Greeted {
    handle: Handle<Doorkeeper>,
    host_key: HostKey,
    cut: watch::Receiver<Option<String>>,
}

enum Refused {
    /// By us: it is not the pinned one.
    Key(HostKey),
    Handshake(String),
}

/// The key exchange, up to where we would sign in. Without a pin every key is refused.
async fn greet(wire: Box<dyn Wire>, pin: Option<Pin<'_>>) -> Result<Greeted, Refused> {
    let algorithms = host_key::algorithms(pin.as_ref().and_then(|pin| pin.algorithm));
    let config = client::Config {
        preferred: Preferred { key: algorithms, ..Preferred::DEFAULT },
        keepalive_interval: Some(KEEPALIVE_INTERVAL),
        inactivity_timeout: Some(SILENCE_LIMIT),
        ..client::Config::default()
    };
    let seen = Arc::new(OnceLock::new());
    let (cut_sender, cut) = watch::channel(None);
    let doorkeeper = Doorkeeper {
        pinned: pin.map(|pin| pin.key.to_owned()),
        seen: Arc::clone(&seen),
        cut: cut_sender,
    };
    let greeting = client::connect_stream(Arc::new(config), wire, doorkeeper);
    let greeted = timeout(HANDSHAKE_LIMIT, greeting)
        .await
        .map_err(|_| Refused::Handshake(format!("no SSH answer within {HANDSHAKE_LIMIT:?}")))?;
    match (greeted, seen.get().cloned()) {
        (Ok(handle), Some(host_key)) => Ok(Greeted { handle, host_key, cut }),
        (Err(russh::Error::UnknownKey), Some(shown)) => Err(Refused::Key(shown)),
        (Err(error), _) => Err(Refused::Handshake(error.to_string())),
        (Ok(_), None) => Err(Refused::Handshake("it showed no host key".to_owned())),
    }
}

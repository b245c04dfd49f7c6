//! An SSH server in this process that gives written answers: for what a real node does only when it
//! is broken or hostile, and for more nodes than a machine can hold.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{Shutdown, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use russh::keys::key::safe_rng;
use russh::keys::{Algorithm, PrivateKey, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelMsg, ChannelOpenFailure};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::AbortHandle;

/// What a command line is answered with.
pub(crate) enum Answer {
    Exit {
        stdout: String,
        stderr: String,
        status: u32,
    },
    /// Prints these as they come, then exits with 0; ended early when its channel is closed.
    Play(BoxStream<'static, Bytes>),
    /// Prints for ever.
    Flood,
    /// Never says anything.
    Silence,
    /// Prints what it reads.
    Echo,
    /// The whole connection is cut.
    HangUp,
}

impl Answer {
    pub(crate) fn prints(stdout: &str) -> Answer {
        Answer::Exit { stdout: stdout.to_owned(), stderr: String::new(), status: 0 }
    }
}

type Script = Arc<dyn Fn(&str) -> Answer + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Behaviour {
    pub(crate) host_keys: Vec<PrivateKey>,
    pub(crate) password: String,
    /// Who may sign in by key.
    pub(crate) authorized: Option<PublicKey>,
    /// As sshd's MaxSessions.
    pub(crate) max_sessions: usize,
    pub(crate) answer: Script,
}

impl Behaviour {
    pub(crate) fn answering(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Behaviour {
        Behaviour {
            host_keys: vec![new_key(Algorithm::Ed25519)],
            password: "right".to_owned(),
            authorized: None,
            max_sessions: 10,
            answer: Arc::new(answer),
        }
    }
}

pub(crate) fn new_key(algorithm: Algorithm) -> PrivateKey {
    PrivateKey::random(&mut safe_rng(), algorithm).unwrap()
}

/// What the server has seen of its clients.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) connections: AtomicUsize,
    pub(crate) sign_ins: AtomicUsize,
    /// Commands that were ended by their client.
    pub(crate) ended: AtomicUsize,
    pub(crate) lines: Mutex<Vec<String>>,
}

pub(crate) struct Sshd {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    connections: Connections,
    listener: AbortHandle,
}

/// The sockets once more, to cut them from outside.
type Connections = Arc<Mutex<Vec<std::net::TcpStream>>>;

impl Sshd {
    pub(crate) async fn start(behaviour: Behaviour) -> Sshd {
        Sshd::start_at("127.0.0.1:0".parse().unwrap(), behaviour).await
    }

    pub(crate) async fn start_at(address: SocketAddr, behaviour: Behaviour) -> Sshd {
        let listener = loop {
            match TcpListener::bind(address).await {
                Ok(listener) => break listener,
                // The server that was there before is on its way out.
                Err(error) if error.kind() == ErrorKind::AddrInUse => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Err(error) => panic!("{error}"),
            }
        };
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let connections = Connections::default();
        let accepting = accept(listener, behaviour, Arc::clone(&seen), Arc::clone(&connections));
        let listener = tokio::spawn(accepting).abort_handle();
        Sshd { address, seen, connections, listener }
    }

    /// Cuts every connection, as a machine does that loses power.
    pub(crate) fn cut(&self) {
        for connection in self.connections.lock().unwrap().drain(..) {
            // It fails on one that the client has closed already.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen.lines.lock().unwrap().clone()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.listener.abort();
        self.cut();
    }
}

async fn accept(
    listener: TcpListener,
    behaviour: Behaviour,
    seen: Arc<Seen>,
    connections: Connections,
) {
    let config = Arc::new(Config {
        keys: behaviour.host_keys.clone(),
        auth_rejection_time: Duration::ZERO,
        inactivity_timeout: None,
        nodelay: true,
        ..Config::default()
    });
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::Relaxed);
        stream.set_nodelay(true).unwrap();
        let stream = stream.into_std().unwrap();
        connections.lock().unwrap().push(stream.try_clone().unwrap());
        let client = Client {
            behaviour: behaviour.clone(),
            seen: Arc::clone(&seen),
            socket: stream.try_clone().unwrap(),
            opened: HashMap::new(),
            sessions: Arc::new(AtomicUsize::new(0)),
        };
        let config = Arc::clone(&config);
        let stream = TcpStream::from_std(stream).unwrap();
        tokio::spawn(async move {
            // A client that goes away during the handshake is no matter for a server.
            if let Ok(session) = russh::server::run_stream(config, stream, client).await {
                let _ = session.await;
            }
        });
    }
}

struct Client {
    behaviour: Behaviour,
    seen: Arc<Seen>,
    socket: std::net::TcpStream,
    opened: HashMap<ChannelId, Channel<Msg>>,
    sessions: Arc<AtomicUsize>,
}

impl Client {
    fn admit(&self, accepted: bool) -> Auth {
        if accepted {
            self.seen.sign_ins.fetch_add(1, Ordering::Relaxed);
            Auth::Accept
        } else {
            Auth::reject()
        }
    }
}

impl Handler for Client {
    type Error = russh::Error;

    async fn auth_password(&mut self, _user: &str, password: &str) -> Result<Auth, russh::Error> {
        Ok(self.admit(password == self.behaviour.password))
    }

    async fn auth_publickey(
        &mut self,
        _user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, russh::Error> {
        let authorized = self.behaviour.authorized.as_ref().map(PublicKey::key_data);
        Ok(self.admit(authorized == Some(key.public_key.key_data())))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        if self.sessions.fetch_add(1, Ordering::SeqCst) >= self.behaviour.max_sessions {
            self.sessions.fetch_sub(1, Ordering::SeqCst);
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
        } else {
            self.opened.insert(channel.id(), channel);
            reply.accept().await;
        }
        Ok(())
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        line: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let line = String::from_utf8_lossy(line).into_owned();
        let answer = (self.behaviour.answer)(&line);
        self.seen.lines.lock().unwrap().push(line);
        if matches!(answer, Answer::HangUp) {
            self.socket.shutdown(Shutdown::Both)?;
        }
        session.channel_success(id)?;
        let Some(channel) = self.opened.remove(&id) else { return Ok(()) };
        let (seen, sessions) = (Arc::clone(&self.seen), Arc::clone(&self.sessions));
        tokio::spawn(async move {
            if !play(channel, answer).await {
                seen.ended.fetch_add(1, Ordering::Relaxed);
            }
            sessions.fetch_sub(1, Ordering::SeqCst);
        });
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _originator: &str,
        _originator_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        match TcpStream::connect((host, u16::try_from(port).unwrap())).await {
            Ok(stream) => carry(channel, reply, stream).await,
            Err(_) => reply.reject(ChannelOpenFailure::ConnectFailed).await,
        }
        Ok(())
    }

    async fn channel_open_direct_streamlocal(
        &mut self,
        channel: Channel<Msg>,
        path: &str,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        match UnixStream::connect(path).await {
            Ok(stream) => carry(channel, reply, stream).await,
            Err(_) => reply.reject(ChannelOpenFailure::ConnectFailed).await,
        }
        Ok(())
    }
}

async fn carry(
    channel: Channel<Msg>,
    reply: ChannelOpenHandle,
    mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
) {
    reply.accept().await;
    tokio::spawn(async move {
        let mut channel = channel.into_stream();
        let _ = tokio::io::copy_bidirectional(&mut channel, &mut stream).await;
    });
}

/// `false`: the client ended the command.
async fn play(channel: Channel<Msg>, answer: Answer) -> bool {
    let (mut reader, writer) = channel.split();
    let status = match answer {
        Answer::Exit { stdout, stderr, status } => {
            writer.data_bytes(stdout).await.unwrap();
            writer.extended_data_bytes(1, stderr).await.unwrap();
            Some(status)
        }
        Answer::Echo => {
            while let Some(message) = reader.wait().await {
                match message {
                    ChannelMsg::Data { data } => writer.data_bytes(data).await.unwrap(),
                    ChannelMsg::Eof => break,
                    _ => {}
                }
            }
            Some(0)
        }
        Answer::Play(mut frames) => tokio::select! {
            () = async { while let Some(frame) = frames.next().await {
                if writer.data_bytes(frame).await.is_err() { break }
            } } => Some(0),
            () = closed(&mut reader) => None,
        },
        Answer::Flood => {
            let line = Bytes::from("a node that prints too much\n".repeat(1000));
            tokio::select! {
                () = async { while writer.data_bytes(line.clone()).await.is_ok() {} } => None,
                () = closed(&mut reader) => None,
            }
        }
        Answer::Silence | Answer::HangUp => {
            closed(&mut reader).await;
            None
        }
    };
    if let Some(status) = status {
        // The client may be gone by now.
        let _ = writer.exit_status(status).await;
        let _ = writer.eof().await;
    }
    let _ = writer.close().await;
    status.is_some()
}

async fn closed(reader: &mut russh::ChannelReadHalf) {
    while let Some(message) = reader.wait().await {
        if matches!(message, ChannelMsg::Close | ChannelMsg::Signal { .. }) {
            return;
        }
    }
}

//! One command on one channel.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig, client::Msg};
use signalbox_domain::remote::{Elevation, RemoteCommand};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::connection::Connection;
use super::{Output, SshError, Stream, StreamEvent};

/// The rules of a large packet filter come to a megabyte.
const STDOUT_CAP: usize = 4 * 1024 * 1024;
const STDERR_CAP: usize = 64 * 1024;
/// What comes over the caps is dropped, up to here; then the command is ended.
const FLOOD_LIMIT: usize = 4 * STDOUT_CAP;

/// How long a channel may take to open, whatever the command's own limit.
const START_LIMIT: Duration = Duration::from_secs(10);

/// `SSH_EXTENDED_DATA_STDERR` (RFC 4254 section 5.2).
const STDERR: u32 = 1;

/// Runs a command to its end.
pub(super) async fn run(
    connection: &Arc<Connection>,
    command: &RemoteCommand,
    deadline: Instant,
) -> Result<Output, SshError> {
    let Stream { events, stdin } = start(connection, command, deadline, None).await?;
    drop(stdin);
    let output = collect(connection, events, deadline, command.timeout_ms).await?;
    if connection.elevation == Elevation::Sudo && is_sudo_refusal(&output) {
        return Err(SshError::SudoRefused {
            host: connection.host.clone(),
            user: connection.user.clone(),
        });
    }
    Ok(output)
}

/// sudo's own words in the C locale: "sudo: a password is required", "sudo: a terminal is
/// required …", "Sorry, user … is not allowed to execute …".
fn is_sudo_refusal(output: &Output) -> bool {
    output.exit_status == 1
        && output.stdout.is_empty()
        && (output.stderr.starts_with("sudo: ") || output.stderr.starts_with("Sorry, user "))
}

async fn collect(
    connection: &Connection,
    mut events: mpsc::Receiver<StreamEvent>,
    deadline: Instant,
    timeout_ms: u64,
) -> Result<Output, SshError> {
    let mut stdout = Capped::new(STDOUT_CAP);
    let mut stderr = Capped::new(STDERR_CAP);
    while let Some(event) = events.recv().await {
        match event {
            StreamEvent::Stdout(bytes) => stdout.push(&bytes),
            StreamEvent::Stderr(bytes) => stderr.push(&bytes),
            StreamEvent::Exit(exit_status) => {
                let truncated = stdout.is_truncated() || stderr.is_truncated();
                let (stdout, stderr) = (stdout.into_text(), stderr.into_text());
                return Ok(Output { exit_status, stdout, stderr, truncated });
            }
        }
        if stdout.received + stderr.received > FLOOD_LIMIT {
            let host = connection.host.clone();
            return Err(SshError::TooMuchOutput { host, limit_bytes: FLOOD_LIMIT });
        }
    }
    if Instant::now() >= deadline {
        Err(SshError::TimedOut(Duration::from_millis(timeout_ms)))
    } else {
        Err(SshError::Cut(connection.cut_reason()))
    }
}

struct Capped {
    kept: Vec<u8>,
    received: usize,
    cap: usize,
}

impl Capped {
    fn new(cap: usize) -> Capped {
        Capped { kept: Vec::new(), received: 0, cap }
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = self.cap - self.kept.len();
        self.kept.extend(bytes.iter().take(room));
        self.received += bytes.len();
    }

    fn is_truncated(&self) -> bool {
        self.received > self.kept.len()
    }

    fn into_text(self) -> String {
        String::from_utf8(self.kept)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

/// Starts a command. It is ended at the deadline, when the [`Stream`] is dropped, or, with a
/// `stall_limit`, when its reader takes nothing for so long.
pub(super) async fn start(
    connection: &Arc<Connection>,
    command: &RemoteCommand,
    deadline: Instant,
    stall_limit: Option<Duration>,
) -> Result<Stream, SshError> {
    let (event_sender, events) = mpsc::channel(16);
    let (stdin, stdin_receiver) = mpsc::channel(4);
    let (started_sender, started) = oneshot::channel();
    let run = Run {
        line: command.line(connection.elevation),
        first_input: command.stdin.clone().map(Bytes::from),
        further_input: stdin_receiver,
        events: event_sender,
        deadline,
        stall_limit,
    };
    // A task of its own owns the channel, so that it is closed whatever becomes of the caller.
    tokio::spawn(run.on(Arc::clone(connection), started_sender));
    let start_deadline = deadline.min(Instant::now() + START_LIMIT);
    match timeout_at(start_deadline, started).await {
        Ok(Ok(Ok(()))) => Ok(Stream { events, stdin }),
        Ok(Ok(Err(error))) => Err(error),
        Ok(Err(_)) => Err(SshError::Cut(connection.cut_reason())),
        Err(_) => Err(SshError::TimedOut(START_LIMIT)),
    }
}

struct Run {
    line: String,
    first_input: Option<Bytes>,
    further_input: mpsc::Receiver<Bytes>,
    events: mpsc::Sender<StreamEvent>,
    deadline: Instant,
    stall_limit: Option<Duration>,
}

impl Run {
    async fn on(self, connection: Arc<Connection>, started: oneshot::Sender<Result<(), SshError>>) {
        let (channel, _permit) = match connection.open_session().await {
            Ok(opened) => opened,
            Err(error) => {
                // Nobody waits any more: nothing to tell.
                let _ = started.send(Err(error));
                return;
            }
        };
        // Without waiting for the reply, which would cost another way there and back: a refusal
        // arrives as the channel's first message.
        let asked = channel.exec(true, self.line.as_str()).await;
        let answer = asked.map_err(|_| SshError::Cut(connection.cut_reason()));
        let (failed, abandoned) = (answer.is_err(), started.send(answer).is_err());
        if failed {
            return;
        }
        let (reader, writer) = Channel::split(channel);
        if abandoned || !self.carry(reader, &writer).await {
            end_command(&writer).await;
        }
    }

    /// Carries output out and input in. `false`: the command was left before its end.
    async fn carry(self, reader: ChannelReadHalf, writer: &ChannelWriteHalf<Msg>) -> bool {
        let input = async {
            feed(writer, self.first_input, self.further_input).await;
            std::future::pending::<bool>().await
        };
        tokio::select! {
            ended = deliver(reader, &self.events, self.stall_limit) => ended,
            never = input => never,
            () = self.events.closed() => false,
            () = sleep_until(self.deadline) => false,
        }
    }
}

/// A command whose reader has gone finds its pipes closed, and is told to end. sshd passes the
/// signal on only for accounts other than root and never through sudo, so that a command which
/// neither reads nor writes may go on until its own end.
async fn end_command(writer: &ChannelWriteHalf<Msg>) {
    // All three fail only when the connection has ended, and the command with it.
    let _ = writer.signal(Sig::TERM).await;
    let _ = writer.eof().await;
    let _ = writer.close().await;
}

async fn feed(
    writer: &ChannelWriteHalf<Msg>,
    first: Option<Bytes>,
    mut further: mpsc::Receiver<Bytes>,
) {
    if let Some(bytes) = first {
        // A program may end without reading its input; its exit status tells how that went.
        let _ = writer.data_bytes(bytes).await;
    } else {
        while let Some(bytes) = further.recv().await {
            if writer.data_bytes(bytes).await.is_err() {
                return;
            }
        }
    }
    let _ = writer.eof().await;
}

/// `true` when the node closed the channel, `false` when the reader takes no more.
async fn deliver(
    mut reader: ChannelReadHalf,
    events: &mpsc::Sender<StreamEvent>,
    stall_limit: Option<Duration>,
) -> bool {
    let mut exit_status = None;
    while let Some(message) = reader.wait().await {
        let event = match message {
            ChannelMsg::Data { data } => StreamEvent::Stdout(data),
            ChannelMsg::ExtendedData { data, ext: STDERR } => StreamEvent::Stderr(data),
            ChannelMsg::ExitStatus { exit_status: status } => {
                exit_status = Some(status);
                continue;
            }
            ChannelMsg::ExitSignal { signal_name, .. } => {
                exit_status = Some(128 + signal_number(&signal_name));
                continue;
            }
            // Output may follow an exit status; nothing follows this.
            ChannelMsg::Close => {
                if let Some(status) = exit_status {
                    // The reader has gone: so be it, the command has ended too.
                    let _ = events.send(StreamEvent::Exit(status)).await;
                }
                return true;
            }
            _ => continue,
        };
        if !send_within(events, event, stall_limit).await {
            return false;
        }
    }
    true
}

async fn send_within(
    events: &mpsc::Sender<StreamEvent>,
    event: StreamEvent,
    limit: Option<Duration>,
) -> bool {
    match limit {
        None => events.send(event).await.is_ok(),
        Some(limit) => matches!(timeout(limit, events.send(event)).await, Ok(Ok(()))),
    }
}

/// signal(7); the names are those of RFC 4254 section 6.10.
fn signal_number(signal: &Sig) -> u32 {
    match signal {
        Sig::HUP => 1,
        Sig::INT => 2,
        Sig::QUIT => 3,
        Sig::ILL => 4,
        Sig::ABRT => 6,
        Sig::FPE => 8,
        Sig::KILL => 9,
        Sig::USR1 => 10,
        Sig::SEGV => 11,
        Sig::PIPE => 13,
        Sig::ALRM => 14,
        Sig::TERM => 15,
        Sig::Custom(_) => 127,
    }
}

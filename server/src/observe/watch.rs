//! One node: its line's state, its probe, and its engine.

use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use signalbox_domain::ids::NodeId;
use signalbox_domain::nodes::{LinkState, NodeRecord, Sections};
use signalbox_domain::probe::{Decoder, FrameKind, PROBE};
use signalbox_domain::remote::RemoteCommand;
use signalbox_domain::values::{RemotePath, Salt};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::engine;
use super::fleet::Fleet;
use crate::ssh::{LinkStatus, Remote, SshError, Stream, StreamEvent};

/// Before a probe that ended is started again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Before a node whose line has ended is looked at again.
const LINE_PAUSE: Duration = Duration::from_millis(200);

/// What is kept of the probe's standard error.
const STDERR_KEPT: usize = 2_000;

/// What a probe may say within [`FLOOD_WINDOW`]: three times what the largest sections come to.
const FLOOD_BYTES: usize = 16 * 1024 * 1024;
const FLOOD_WINDOW: Duration = Duration::from_secs(10);

/// Requests to read everything that may wait at once.
const REFRESHES: usize = 16;

/// Dropping it ends the observation of the node, and with it the probe there.
pub(super) struct Watch {
    refreshes: mpsc::Sender<oneshot::Sender<()>>,
    tasks: [AbortHandle; 2],
}

pub(super) enum WatchError {
    Busy,
}

impl Watch {
    pub(super) fn start(fleet: &Arc<Fleet>, record: NodeRecord) -> Watch {
        let (refreshes, asked) = mpsc::channel(REFRESHES);
        let (found, socket) = watch::channel(None);
        let node = record.id;
        let status = fleet.lines().link(node);
        let watcher = Watcher { fleet: Arc::downgrade(fleet), node, status, asked, found };
        let engine = engine::poll(Arc::downgrade(fleet), record, socket);
        let tasks = [tokio::spawn(watcher.run()), tokio::spawn(engine)];
        Watch { refreshes, tasks: tasks.map(|task| task.abort_handle()) }
    }

    /// `answer` is sent to when the probe has read everything anew, and dropped when it cannot.
    pub(super) fn refresh(&self, answer: oneshot::Sender<()>) -> Result<(), WatchError> {
        self.refreshes.try_send(answer).map_err(|_| WatchError::Busy)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

struct Watcher {
    fleet: Weak<Fleet>,
    node: NodeId,
    status: watch::Receiver<LinkStatus>,
    asked: mpsc::Receiver<oneshot::Sender<()>>,
    /// The database server's socket, as the probe found it.
    found: watch::Sender<Option<RemotePath>>,
}

impl Watcher {
    async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let Some(fleet) = self.fleet.upgrade() else { return };
            let status = self.status.borrow_and_update().clone();
            let up = status.state == LinkState::Up;
            fleet.link(self.node, status.into());
            if !up {
                drop(fleet);
                tokio::select! {
                    changed = self.status.changed() => if changed.is_err() { self.renew().await },
                    // Dropping the answer tells that there is none.
                    answer = self.asked.recv() => if answer.is_none() { return },
                }
                continue;
            }
            let ended = self.probe(&fleet).await;
            drop(fleet);
            match ended {
                Ended::WithTheLine => {
                    pause = FIRST_PAUSE;
                    self.renew().await;
                }
                Ended::ByItself(why) => {
                    tracing::warn!(node = %self.node, why, "the probe ended");
                    let Some(fleet) = self.fleet.upgrade() else { return };
                    fleet.unreadable(self.node, "probe", Some(why));
                    drop(fleet);
                    tokio::select! {
                        () = sleep(pause) => {}
                        changed = self.status.changed() => if changed.is_err() { self.renew().await },
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// The line may have been closed for another with the node's new address.
    async fn renew(&mut self) {
        sleep(LINE_PAUSE).await;
        if let Some(fleet) = self.fleet.upgrade() {
            self.status = fleet.lines().link(self.node);
        }
    }

    /// Runs the probe while the line is up.
    async fn probe(&mut self, fleet: &Arc<Fleet>) -> Ended {
        let command = match fleet.salt().parse::<Salt>() {
            Ok(salt) => RemoteCommand::script(&PROBE).value(&salt).timeout_ms(u64::MAX),
            Err(error) => return Ended::ByItself(error.to_string()),
        };
        let mut stream = match fleet.lines().stream(self.node, &command).await {
            Ok(stream) => stream,
            Err(SshError::Cut(_)) => return Ended::WithTheLine,
            Err(error) => return Ended::ByItself(error.to_string()),
        };
        let mut reading = Reading::default();
        let mut silence = interval(Duration::from_millis(500));
        silence.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = stream.events.recv() => match event {
                    Some(StreamEvent::Stdout(bytes)) => {
                        if let Err(why) = self.read(fleet, &mut reading, &bytes) {
                            return Ended::ByItself(why);
                        }
                    }
                    Some(StreamEvent::Stderr(bytes)) => reading.complain(&bytes),
                    Some(StreamEvent::Exit(status)) => {
                        return Ended::ByItself(format!("exit status {status}: {}", reading.stderr));
                    }
                    None => return Ended::WithTheLine,
                },
                answer = self.asked.recv() => match answer {
                    Some(answer) => reading.ask(answer, &stream),
                    None => return Ended::WithTheLine,
                },
                changed = self.status.changed() => {
                    if changed.is_err() || self.status.borrow().state != LinkState::Up {
                        return Ended::WithTheLine;
                    }
                }
                _ = silence.tick() => fleet.check_silence(self.node),
            }
        }
    }

    fn read(&self, fleet: &Fleet, reading: &mut Reading, bytes: &[u8]) -> Result<(), String> {
        reading.count(bytes.len())?;
        reading.decoder.feed(bytes);
        let mut frames = Vec::new();
        let broken = loop {
            match reading.decoder.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        if !reading.began && !frames.is_empty() {
            reading.began = true;
            fleet.unreadable(self.node, "probe", None);
        }
        fleet.heard(self.node, &mut reading.sections, &frames);
        let signs = frames.iter().filter(|frame| frame.kind == FrameKind::Sign);
        for refreshed in signs.filter(|frame| frame.name == "refreshed") {
            reading.answer(&refreshed.content);
        }
        let socket = reading.sections.engine_socket();
        self.found.send_if_modified(|found| {
            let changed = found.as_ref() != socket;
            if changed {
                *found = socket.cloned();
            }
            changed
        });
        broken.map_or(Ok(()), Err)
    }
}

enum Ended {
    WithTheLine,
    /// Why, as far as it said.
    ByItself(String),
}

/// The state of one run of the probe.
#[derive(Default)]
struct Reading {
    decoder: Decoder,
    sections: Sections,
    stderr: String,
    began: bool,
    /// When the window that is being counted began, and the bytes that came in it.
    window: Option<Instant>,
    bytes: usize,
    /// Who waits for which request.
    waiting: Vec<(u64, oneshot::Sender<()>)>,
    requests: u64,
}

impl Reading {
    fn ask(&mut self, answer: oneshot::Sender<()>, stream: &Stream) {
        self.requests += 1;
        let line = format!("refresh {}\n", self.requests);
        // When the channel takes no more, the answer is dropped, which says so.
        if stream.stdin.try_send(Bytes::from(line)).is_ok() {
            self.waiting.push((self.requests, answer));
        }
    }

    /// A later request's answer holds for the earlier ones, too.
    fn answer(&mut self, token: &str) {
        let Ok(token) = token.parse::<u64>() else { return };
        for (_, answer) in self.waiting.extract_if(.., |(request, _)| *request <= token) {
            // Nobody may be waiting any more.
            let _ = answer.send(());
        }
    }

    fn count(&mut self, bytes: usize) -> Result<(), String> {
        if self.window.is_none_or(|began| began.elapsed() >= FLOOD_WINDOW) {
            (self.window, self.bytes) = (Some(Instant::now()), 0);
        }
        self.bytes += bytes;
        if self.bytes > FLOOD_BYTES {
            return Err(format!("it said more than {FLOOD_BYTES} bytes within {FLOOD_WINDOW:?}"));
        }
        Ok(())
    }

    fn complain(&mut self, bytes: &[u8]) {
        if self.stderr.len() < STDERR_KEPT {
            self.stderr.push_str(&String::from_utf8_lossy(bytes));
        }
    }
}

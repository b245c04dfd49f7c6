//! The client probe: runs beside the steps and shows what it sees while it goes on.

use std::sync::Arc;
use std::time::Duration;

use signalbox_domain::jobs::{LogKind, Measurement, Sample, Tally};
use signalbox_domain::plan::ClientProbe;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::log::{entry, printable};
use super::{Board, StepError};
use crate::ssh::{Remote, Stream, StreamEvent};
use crate::store::StoreError;

/// How soon a probe must have asked for the first time.
const FIRST_SAMPLE_WITHIN: Duration = Duration::from_secs(5);

/// How often the figures are shown while they change.
const SHOW_EVERY: Duration = Duration::from_millis(250);

/// A longer line is not a sample.
const LINE_BYTES: usize = 200;

/// Complaints of a probe that the log keeps.
const COMPLAINTS: usize = 20;

/// A probe that is running.
pub(super) struct Probe {
    /// Dropped with the job, it ends the reader, which closes the probe's channel.
    stop: DropGuard,
    reader: JoinHandle<Result<(), StoreError>>,
}

impl Probe {
    /// Starts the probe and returns when it has asked for the first time: from then on nothing
    /// that clients notice is missed.
    pub(super) async fn start(
        remote: &Arc<dyn Remote>,
        board: &Arc<Board>,
        probe: &ClientProbe,
    ) -> Result<Probe, StepError> {
        let node = probe.node;
        let stream = remote
            .stream(node, &probe.command)
            .await
            .map_err(|source| StepError::NoProbe { node, source })?;
        let stop = CancellationToken::new();
        let (first, asked) = oneshot::channel();
        let reader = Reader {
            board: Arc::clone(board),
            probe: probe.clone(),
            tally: Tally::default(),
            line: Vec::new(),
            complaints: 0,
            first: Some(first),
        };
        let reader = tokio::spawn(reader.read(stream, stop.clone()));
        let started = Probe { stop: stop.drop_guard(), reader };
        match timeout(FIRST_SAMPLE_WITHIN, asked).await {
            Ok(Ok(())) => Ok(started),
            _ => {
                started.stop().await?;
                Err(StepError::SilentProbe { node, within: FIRST_SAMPLE_WITHIN })
            }
        }
    }

    /// Ends the probe; the job's measurement is then final.
    pub(super) async fn stop(self) -> Result<(), StoreError> {
        drop(self.stop);
        match self.reader.await {
            Ok(ended) => ended,
            // Only a panic comes here; the figures shown last stay.
            Err(error) => {
                tracing::error!(%error, "a client probe's reader died");
                Ok(())
            }
        }
    }
}

struct Reader {
    board: Arc<Board>,
    probe: ClientProbe,
    tally: Tally,
    /// What came of the line that is not yet whole.
    line: Vec<u8>,
    complaints: usize,
    first: Option<oneshot::Sender<()>>,
}

impl Reader {
    async fn read(mut self, mut stream: Stream, stop: CancellationToken) -> Result<(), StoreError> {
        let mut show = interval(SHOW_EVERY);
        show.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut shown = 0;
        let mut cut = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                event = stream.events.recv() => {
                    if let Some(why) = self.take(event).await? {
                        self.complain(&format!("the client probe ended early: {why}; its figures end here")).await?;
                        cut = true;
                        break;
                    }
                }
                _ = show.tick() => {
                    if self.tally.asked() > shown {
                        shown = self.tally.asked();
                        let measurement = self.tally.measurement(&self.probe);
                        self.board.show(|view| view.measurement = Some(measurement)).await;
                    }
                }
            }
        }
        while let Ok(event) = stream.events.try_recv() {
            self.take(Some(event)).await?;
        }
        if self.tally.asked() == 0 {
            return Ok(());
        }
        let measurement = Measurement { cut, ..self.tally.measurement(&self.probe) };
        self.board.change(|view| view.measurement = Some(measurement)).await
    }

    /// Takes an event in. When it is the probe's end, says what kind.
    async fn take(&mut self, event: Option<StreamEvent>) -> Result<Option<String>, StoreError> {
        match event {
            Some(StreamEvent::Stdout(bytes)) => {
                for byte in bytes {
                    if byte == b'\n' {
                        self.end_of_line().await?;
                    } else if self.line.len() < LINE_BYTES {
                        self.line.push(byte);
                    }
                }
                Ok(None)
            }
            Some(StreamEvent::Stderr(bytes)) => {
                for line in String::from_utf8_lossy(&bytes).lines() {
                    self.complain(line).await?;
                }
                Ok(None)
            }
            Some(StreamEvent::Exit(status)) => Ok(Some(format!("exit status {status}"))),
            None => Ok(Some("the line was cut".to_owned())),
        }
    }

    async fn end_of_line(&mut self) -> Result<(), StoreError> {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
        match line.parse::<Sample>() {
            Ok(sample) => {
                self.tally.add(sample);
                if let Some(first) = self.first.take() {
                    // Nobody waits any more when the start has timed out.
                    let _ = first.send(());
                }
                Ok(())
            }
            Err(error) => self.complain(&error.to_string()).await,
        }
    }

    async fn complain(&mut self, text: &str) -> Result<(), StoreError> {
        self.complaints += 1;
        if self.complaints > COMPLAINTS {
            return Ok(());
        }
        self.board.log(vec![entry(Some(self.probe.node), LogKind::Error, printable(text))]).await
    }
}

//! One topic: its latest document and its latest changes, ready to send.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use axum::extract::ws::Utf8Bytes;
use serde_json::Value;
use signalbox_domain::jobs::LogLine;
use signalbox_domain::live::{ServerMessage, Topic, patch_between};
use tokio::time::Instant;

use super::COALESCE;
use super::client::Mailbox;

/// Changes kept for clients that come back. Whoever missed more gets a snapshot.
const CHANGES_KEPT: usize = 128;
/// The same in bytes: beyond it a snapshot is cheaper than its history.
const CHANGE_BYTES_KEPT: usize = 256 * 1024;
/// Log lines kept for those who follow a running job; older ones are in the store.
const LINES_KEPT: usize = 1_000;
/// Lines in one message.
pub(super) const LINES_PER_MESSAGE: usize = 200;

#[derive(Default)]
pub(super) struct Channel {
    /// The number of `document`; of no meaning before there is one.
    seq: u64,
    document: Option<Value>,
    /// The snapshot message of `document`, made when first asked for.
    snapshot: Option<Utf8Bytes>,
    /// Messages up to number `seq`, oldest first.
    changes: VecDeque<Utf8Bytes>,
    change_bytes: usize,
    published_at: Option<Instant>,
    /// The newest document, held back until the window ends.
    held: Option<Value>,
    lines: VecDeque<LogLine>,
    listeners: Vec<Weak<Mailbox>>,
}

pub(super) enum Publication {
    Done,
    /// Call [`Channel::flush`] then.
    HeldUntil(Instant),
}

/// What a client that is at some number lacks.
pub(super) enum Missing {
    Nothing,
    Messages { seq: u64, messages: Vec<Utf8Bytes> },
}

/// What a reader of a log lacks.
pub(super) enum MissingLines {
    Nothing,
    Lines {
        last: u64,
        message: Utf8Bytes,
    },
    /// Only the store has them.
    InStore,
    /// The hub heard of no line of this job: the store knows whether there are any.
    Unheard,
}

impl Channel {
    pub(super) fn publish(&mut self, topic: Topic, document: Value, now: Instant) -> Publication {
        let edge = self.published_at.map(|at| at + COALESCE).filter(|edge| *edge > now);
        let Some(edge) = edge else {
            // On a busy machine the flush of an older one may be late; it must not come after this.
            self.held = None;
            self.commit(topic, document, now);
            return Publication::Done;
        };
        match self.held.replace(document) {
            None => Publication::HeldUntil(edge),
            // The flush is on its way already.
            Some(_) => Publication::Done,
        }
    }

    pub(super) fn flush(&mut self, topic: Topic, now: Instant) {
        if let Some(document) = self.held.take() {
            self.commit(topic, document, now);
        }
    }

    fn commit(&mut self, topic: Topic, document: Value, now: Instant) {
        let Some(old) = &self.document else {
            self.seq = first_seq();
            self.document = Some(document);
            self.published_at = Some(now);
            self.wake_all(topic);
            return;
        };
        let Some(patch) = patch_between(old, &document) else { return };
        self.seq += 1;
        self.document = Some(document);
        self.snapshot = None;
        self.published_at = Some(now);
        self.remember(message(&ServerMessage::Change { topic, seq: self.seq, patch }));
        self.wake_all(topic);
    }

    fn remember(&mut self, change: Utf8Bytes) {
        self.change_bytes += change.len();
        self.changes.push_back(change);
        while self.changes.len() > CHANGES_KEPT || self.change_bytes > CHANGE_BYTES_KEPT {
            let Some(dropped) = self.changes.pop_front() else { break };
            self.change_bytes -= dropped.len();
        }
    }

    /// The messages after number `since`, or a snapshot when they are gone.
    pub(super) fn missing(&mut self, topic: Topic, since: Option<u64>) -> Missing {
        let Some(document) = &self.document else { return Missing::Nothing };
        let behind = since.and_then(|since| self.seq.checked_sub(since));
        match behind.and_then(|behind| usize::try_from(behind).ok()) {
            Some(0) => Missing::Nothing,
            Some(behind) if behind <= self.changes.len() => Missing::Messages {
                seq: self.seq,
                messages: self.changes.range(self.changes.len() - behind..).cloned().collect(),
            },
            _ => {
                let seq = self.seq;
                let snapshot = self.snapshot.get_or_insert_with(|| {
                    message(&ServerMessage::Snapshot { topic, seq, value: document.clone() })
                });
                Missing::Messages { seq, messages: vec![snapshot.clone()] }
            }
        }
    }

    pub(super) fn publish_log(&mut self, topic: Topic, lines: &[LogLine]) {
        self.lines.extend(lines.iter().cloned());
        let surplus = self.lines.len().saturating_sub(LINES_KEPT);
        self.lines.drain(..surplus);
        self.wake_all(topic);
    }

    pub(super) fn missing_lines(&self, topic: Topic, after: u64) -> MissingLines {
        let (Some(first), Some(last)) = (self.lines.front(), self.lines.back()) else {
            return MissingLines::Unheard;
        };
        if last.seq <= after {
            return MissingLines::Nothing;
        }
        if first.seq > after + 1 {
            return MissingLines::InStore;
        }
        let lines: Vec<LogLine> = self
            .lines
            .iter()
            .filter(|line| line.seq > after)
            .take(LINES_PER_MESSAGE)
            .cloned()
            .collect();
        let last = lines.last().map_or(after, |line| line.seq);
        MissingLines::Lines { last, message: message(&ServerMessage::Log { topic, lines }) }
    }

    pub(super) fn has_document(&self) -> bool {
        self.document.is_some()
    }

    pub(super) fn listen(&mut self, mailbox: &Arc<Mailbox>) {
        self.forget(mailbox);
        self.listeners.push(Arc::downgrade(mailbox));
    }

    pub(super) fn forget(&mut self, mailbox: &Arc<Mailbox>) {
        self.listeners.retain(|listener| {
            listener.strong_count() > 0 && !std::ptr::eq(listener.as_ptr(), Arc::as_ptr(mailbox))
        });
    }

    pub(super) fn listeners(&self) -> usize {
        self.listeners.iter().filter(|listener| listener.strong_count() > 0).count()
    }

    pub(super) fn wake_all(&self, topic: Topic) {
        for mailbox in self.listeners.iter().filter_map(Weak::upgrade) {
            mailbox.wake(topic);
        }
    }
}

/// Numbers begin at the time in milliseconds, so that a number from before a restart of the
/// console is never taken for one of now.
fn first_seq() -> u64 {
    crate::clock::now().0.unsigned_abs()
}

pub(super) fn message(message: &ServerMessage) -> Utf8Bytes {
    serde_json::to_string(message).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flush_that_comes_late_brings_nothing_old_back() {
        let (mut channel, topic, start) = (Channel::default(), Topic::Vrrp, Instant::now());
        assert!(matches!(channel.publish(topic, 1.into(), start), Publication::Done));
        let Publication::HeldUntil(edge) = channel.publish(topic, 2.into(), start) else {
            panic!("the second change within the window is held")
        };
        channel.publish(topic, 3.into(), edge);
        channel.flush(topic, edge);
        assert_eq!(channel.document, Some(3.into()));
    }
}

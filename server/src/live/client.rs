//! One listener: what it subscribed to and how far it has read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ws::Utf8Bytes;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::LogLine;
use signalbox_domain::live::{ServerMessage, Topic};
use tokio::sync::Notify;

use super::Hub;
use super::channel::{LINES_PER_MESSAGE, Missing, MissingLines, message};

/// Lines that one read of a job's log from the store asks for.
pub const LOG_PAGE: usize = LINES_PER_MESSAGE;

pub struct Client {
    hub: Arc<Hub>,
    mailbox: Arc<Mailbox>,
    cursors: BTreeMap<Topic, Cursor>,
}

/// Which topics have news; set by the hub, emptied by the client.
#[derive(Default)]
pub(super) struct Mailbox {
    topics: Mutex<BTreeSet<Topic>>,
    filled: Notify,
}

#[derive(Default)]
struct Cursor {
    /// The number the client has.
    seq: Option<u64>,
    /// The last log line it has, where it follows a log.
    log_after: Option<u64>,
    /// The store had nothing beyond `log_after` when it was last asked.
    log_read: bool,
}

/// What to do next for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    Message(Utf8Bytes),
    /// Read up to `LOG_PAGE` lines after this one from the store and give them to
    /// [`Client::log_page`].
    LogPage {
        job: JobId,
        after: u64,
    },
}

impl Client {
    pub(super) fn new(hub: Arc<Hub>) -> Client {
        Client { hub, mailbox: Arc::default(), cursors: BTreeMap::new() }
    }

    /// Follows `topic` from the change after `since`, or from a snapshot; a job's log from the
    /// line after `log_after`, or not at all.
    pub fn subscribe(&mut self, topic: Topic, since: Option<u64>, log_after: Option<u64>) {
        self.hub.channels().entry(topic).or_default().listen(&self.mailbox);
        self.cursors.insert(topic, Cursor { seq: since, log_after, log_read: false });
        self.mailbox.wake(topic);
    }

    pub fn unsubscribe(&mut self, topic: Topic) {
        if let Some(channel) = self.hub.channels().get_mut(&topic) {
            channel.forget(&self.mailbox);
        }
        self.cursors.remove(&topic);
    }

    pub fn subscriptions(&self) -> usize {
        self.cursors.len()
    }

    /// Waits for news and returns all of it. Safe to drop while it waits.
    pub async fn next(&mut self) -> Vec<Delivery> {
        loop {
            let topics = self.mailbox.take();
            if topics.is_empty() {
                self.mailbox.filled.notified().await;
                continue;
            }
            let news: Vec<Delivery> =
                topics.into_iter().flat_map(|topic| self.news_of(topic)).collect();
            if !news.is_empty() {
                return news;
            }
        }
    }

    /// Turns what the store had into a message, and goes on with what came since.
    pub fn log_page(&mut self, job: JobId, lines: Vec<LogLine>) -> Option<Utf8Bytes> {
        let topic = Topic::Job(job);
        let cursor = self.cursors.get_mut(&topic)?;
        cursor.log_read = lines.len() < LOG_PAGE;
        let last = lines.last().map(|line| line.seq);
        cursor.log_after = last.or(cursor.log_after);
        self.mailbox.wake(topic);
        last.map(|_| message(&ServerMessage::Log { topic, lines }))
    }

    fn news_of(&mut self, topic: Topic) -> Vec<Delivery> {
        let Some(cursor) = self.cursors.get_mut(&topic) else { return Vec::new() };
        let mut channels = self.hub.channels();
        let Some(channel) = channels.get_mut(&topic) else {
            self.cursors.remove(&topic);
            return vec![Delivery::Message(gone(topic))];
        };
        let mut news = Vec::new();
        if let Missing::Messages { seq, messages } = channel.missing(topic, cursor.seq) {
            cursor.seq = Some(seq);
            news.extend(messages.into_iter().map(Delivery::Message));
        }
        if let (Some(after), Topic::Job(job)) = (cursor.log_after, topic) {
            match channel.missing_lines(topic, after) {
                MissingLines::Nothing => {}
                MissingLines::Lines { last, message } => {
                    cursor.log_after = Some(last);
                    news.push(Delivery::Message(message));
                    self.mailbox.wake(topic);
                }
                MissingLines::Unheard if cursor.log_read => {}
                MissingLines::InStore | MissingLines::Unheard => {
                    news.push(Delivery::LogPage { job, after });
                }
            }
        }
        news
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let mut channels = self.hub.channels();
        for topic in self.cursors.keys() {
            if let Some(channel) = channels.get_mut(topic) {
                channel.forget(&self.mailbox);
            }
        }
    }
}

impl Mailbox {
    pub(super) fn wake(&self, topic: Topic) {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner).insert(topic);
        self.filled.notify_one();
    }

    fn take(&self) -> BTreeSet<Topic> {
        std::mem::take(&mut *self.topics.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn gone(topic: Topic) -> Utf8Bytes {
    message(&ServerMessage::Refused {
        topic: topic.to_string(),
        code: "gone".to_owned(),
        message: format!("{topic} no longer exists"),
    })
}

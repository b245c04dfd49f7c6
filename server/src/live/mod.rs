//! Live topics: the latest document of each, numbered changes, and who listens.
//!
//! Nobody has a queue of their own. A topic keeps its latest changes; each client remembers the
//! number that it has and reads on from there when its socket takes more, so a slow one costs
//! nothing and finds the latest snapshot when the changes it missed are gone.

mod channel;
mod client;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use serde::Serialize;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::LogLine;
use signalbox_domain::live::Topic;
use tokio::time::Instant;

use channel::{Channel, Publication};
pub use client::{Client, Delivery, LOG_PAGE};

/// Within this window after a message of a topic, further changes become one message. The first
/// change after a quiet time goes out at once.
const COALESCE: Duration = Duration::from_millis(50);

pub struct Hub {
    channels: Mutex<BTreeMap<Topic, Channel>>,
    /// For the tasks that publish what was held back.
    this: Weak<Hub>,
}

impl Hub {
    pub fn new() -> Arc<Hub> {
        Arc::new_cyclic(|this| Hub { channels: Mutex::default(), this: this.clone() })
    }

    /// Makes `document` the latest of `topic`. Equal documents send nothing.
    pub fn publish(&self, topic: Topic, document: &impl Serialize) {
        let document = match serde_json::to_value(document) {
            Ok(document) => document,
            Err(error) => {
                tracing::error!(%topic, %error, "a live document cannot be written as JSON");
                return;
            }
        };
        let publication =
            self.channels().entry(topic).or_default().publish(topic, document, Instant::now());
        if let Publication::HeldUntil(edge) = publication {
            self.flush_at(topic, edge);
        }
    }

    /// Tells those who follow a job's log. The lines must be in the store already: whoever is
    /// further behind than the hub remembers reads them there.
    pub fn publish_log(&self, job: JobId, lines: &[LogLine]) {
        self.channels().entry(Topic::Job(job)).or_default().publish_log(Topic::Job(job), lines);
    }

    /// Ends a topic whose subject is gone; its subscribers are told.
    pub fn retire(&self, topic: Topic) {
        if let Some(channel) = self.channels().remove(&topic) {
            channel.wake_all(topic);
        }
    }

    /// Whether the topic has a document.
    pub fn has(&self, topic: Topic) -> bool {
        self.channels().get(&topic).is_some_and(Channel::has_document)
    }

    /// How many clients listen to the topic.
    pub fn listeners(&self, topic: Topic) -> usize {
        self.channels().get(&topic).map_or(0, Channel::listeners)
    }

    /// A new listener, subscribed to nothing yet.
    pub fn client(&self) -> Option<Client> {
        self.this.upgrade().map(Client::new)
    }

    fn flush_at(&self, topic: Topic, edge: Instant) {
        let hub = self.this.clone();
        tokio::spawn(async move {
            tokio::time::sleep_until(edge).await;
            if let Some(hub) = hub.upgrade()
                && let Some(channel) = hub.channels().get_mut(&topic)
            {
                channel.flush(topic, Instant::now());
            }
        });
    }

    fn channels(&self) -> MutexGuard<'_, BTreeMap<Topic, Channel>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

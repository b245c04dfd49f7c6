//! The page's one websocket: live topics, and how fresh they are.

// Only a browser receives and reconnects.
#![cfg_attr(not(feature = "hydrate"), allow(dead_code))]

mod line;
#[cfg(feature = "hydrate")]
mod socket;
mod topics;

use std::sync::Arc;

use leptos::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::LogLine;
use signalbox_domain::live::{ServerMessage, Topic};
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::time::Timestamp;

pub use line::LineState;
use topics::Topics;

use crate::api::Problem;
use crate::boot::Boot;

/// A handle to the page's live data; `use_live()` gives it anywhere.
#[derive(Clone, Copy)]
pub struct Live {
    now: RwSignal<Timestamp>,
    line: RwSignal<LineState>,
    topics: StoredValue<Topics>,
}

impl Live {
    /// Before the socket is open: the values that the page was rendered with.
    pub fn new(boot: &Boot) -> Live {
        let live = Live {
            now: RwSignal::new(boot.now),
            line: RwSignal::new(LineState::Connecting),
            topics: StoredValue::new(Topics::default()),
        };
        for (path, answer) in &boot.documents {
            let Some(topic) = topic_at(path) else { continue };
            let first = answer.clone().map(|value| document_of(topic, value));
            live.topics.update_value(|topics| topics.begin_with(topic, first));
        }
        live
    }

    /// The console's clock, a tick a second. Ages are told against it.
    pub fn now(self) -> Timestamp {
        self.now.get()
    }

    pub fn line(self) -> LineState {
        self.line.get()
    }

    /// Whether what is shown is current enough to act on.
    pub fn is_fresh(self) -> bool {
        self.line.get().is_fresh()
    }

    /// An aspect as it may be shown now: while the page is stale no lamp may look like news.
    pub fn shown(self, aspect: Aspect) -> Aspect {
        if self.line.get().is_stale() { Aspect::Unknown } else { aspect }
    }

    /// A topic's document, from now on and as long as the component that asks lives. `None` until
    /// it has come.
    pub fn watch<T>(self, topic: Topic) -> Memo<Option<T>>
    where
        T: DeserializeOwned + PartialEq + Send + Sync + 'static,
    {
        let document = self.follow(topic);
        Memo::new(move |_| {
            document.with(|value| {
                let value = value.as_ref()?;
                T::deserialize(&**value).ok()
            })
        })
    }

    /// Why a topic is not sent, when the console refused it.
    pub fn refusal(self, topic: Topic) -> Memo<Option<Problem>> {
        let problem = self.topics.try_update_value(|topics| topics.entry(topic).problem.clone());
        Memo::new(move |_| problem.as_ref().and_then(Get::get))
    }

    /// The lines of a job's log that have come, from `first` on. The job's topic must be watched.
    pub fn log(self, job: JobId, first: Vec<LogLine>) -> ArcRwSignal<Vec<LogLine>> {
        self.topics
            .try_update_value(|topics| topics.log(Topic::Job(job), first))
            .unwrap_or_else(|| ArcRwSignal::new(Vec::new()))
    }

    fn follow(self, topic: Topic) -> ArcRwSignal<Option<Arc<Value>>> {
        let watched = self.topics.try_update_value(|topics| topics.watch(topic));
        on_cleanup(move || {
            let left = self.topics.try_update_value(|topics| topics.unwatch(topic)).flatten();
            self.send(left);
        });
        let Some((document, subscribe)) = watched else { return ArcRwSignal::new(None) };
        self.send(subscribe);
        document
    }

    fn receive(self, message: ServerMessage) {
        if let ServerMessage::Tick { now } = message {
            self.now.set(now);
            return;
        }
        let answer = self.topics.try_update_value(|topics| topics.receive(message)).flatten();
        self.send(answer);
    }

    #[cfg(feature = "hydrate")]
    fn send(self, message: Option<signalbox_domain::live::ClientMessage>) {
        if let Some(message) = message {
            socket::send(&message);
        }
    }

    /// The server has no socket to itself.
    #[cfg(not(feature = "hydrate"))]
    fn send(self, _message: Option<signalbox_domain::live::ClientMessage>) {}

    /// Opens the socket and keeps it open as long as the page lives.
    #[cfg(feature = "hydrate")]
    pub fn start(self) {
        socket::start(self);
    }

    /// Connects at once instead of at the next try.
    #[cfg(feature = "hydrate")]
    pub fn try_now(self) {
        socket::connect();
    }

    #[cfg(not(feature = "hydrate"))]
    pub fn try_now(self) {}
}

/// The page's live data.
pub fn use_live() -> Live {
    use_context::<Live>().unwrap_or_else(|| Live::new(&Boot::default()))
}

/// The REST address of a topic's document.
pub fn path_of(topic: Topic) -> String {
    match topic {
        Topic::Fleet => "/api/v1/fleet".to_owned(),
        Topic::Node(id) => format!("/api/v1/nodes/{id}"),
        Topic::Firewall(id) => format!("/api/v1/firewall/{id}"),
        Topic::Vrrp => "/api/v1/vrrp".to_owned(),
        Topic::Lvs => "/api/v1/lvs/services".to_owned(),
        Topic::Backups => "/api/v1/backups".to_owned(),
        Topic::Jobs => "/api/v1/jobs".to_owned(),
        Topic::Job(id) => format!("/api/v1/jobs/{id}"),
    }
}

/// A topic's document from what the REST API answers: the same but for the list of jobs, which
/// pages there and is keyed by id here.
fn document_of(topic: Topic, answer: Value) -> Value {
    let page = answer.get("jobs").and_then(Value::as_array);
    match (topic, page) {
        (Topic::Jobs, Some(jobs)) => {
            let id = |job: &Value| job.get("id").map(Value::to_string).unwrap_or_default();
            Value::Object(jobs.iter().map(|job| (id(job), job.clone())).collect())
        }
        _ => answer,
    }
}

fn topic_at(path: &str) -> Option<Topic> {
    let rest = path.strip_prefix("/api/v1/")?;
    match rest.split_once('/') {
        Some(("lvs", "services")) => Some(Topic::Lvs),
        Some(("nodes", id)) => id.parse().ok().map(Topic::Node),
        Some(("firewall", id)) => id.parse().ok().map(Topic::Firewall),
        Some(("jobs", id)) => id.parse().ok().map(Topic::Job),
        Some(_) => None,
        // The tables as scripts read them, which is no topic's document.
        None if rest == "lvs" => None,
        None => rest.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signalbox_domain::ids::NodeId;

    #[test]
    fn each_documents_topic_is_found_by_its_path() {
        for topic in [
            Topic::Fleet,
            Topic::Vrrp,
            Topic::Lvs,
            Topic::Backups,
            Topic::Jobs,
            Topic::Node(NodeId(7)),
            Topic::Firewall(NodeId(7)),
            Topic::Job(JobId(12)),
        ] {
            assert_eq!(topic_at(&path_of(topic)), Some(topic));
        }
        assert_eq!(topic_at("/api/v1/jobs/12/log"), None);
        assert_eq!(topic_at("/api/v1/audit"), None);
    }

    #[test]
    fn a_page_of_jobs_becomes_the_topics_document() {
        let page = serde_json::json!({"jobs": [{"id": 12, "x": 1}], "next_before": null});
        let document = serde_json::json!({"12": {"id": 12, "x": 1}});
        assert_eq!(document_of(Topic::Jobs, page), document);
    }
}

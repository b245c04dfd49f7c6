//! What is subscribed to and how far each topic has come. No socket here: messages in, messages out.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use serde_json::Value;
use signalbox_domain::jobs::LogLine;
use signalbox_domain::live::{ClientMessage, ServerMessage, Topic, apply_patch};

use crate::api::{Problem, unanswered};

#[derive(Default)]
pub(super) struct Topics(BTreeMap<Topic, Entry>);

pub(super) struct Entry {
    /// How many components watch it.
    watchers: u32,
    document: ArcRwSignal<Option<Arc<Value>>>,
    /// The number of the last change; `None` when the document did not come over the socket.
    seq: Option<u64>,
    log: Option<ArcRwSignal<Vec<LogLine>>>,
    pub(super) problem: ArcRwSignal<Option<Problem>>,
}

impl Default for Entry {
    fn default() -> Entry {
        Entry {
            watchers: 0,
            document: ArcRwSignal::new(None),
            seq: None,
            log: None,
            problem: ArcRwSignal::new(None),
        }
    }
}

impl Topics {
    pub(super) fn entry(&mut self, topic: Topic) -> &mut Entry {
        self.0.entry(topic).or_default()
    }

    /// What the page was rendered with.
    pub(super) fn begin_with(&mut self, topic: Topic, first: Result<Value, Problem>) {
        let entry = self.entry(topic);
        match first {
            Ok(value) => entry.document.set(Some(Arc::new(value))),
            Err(problem) => entry.problem.set(Some(problem)),
        }
    }

    pub(super) fn watch(
        &mut self,
        topic: Topic,
    ) -> (ArcRwSignal<Option<Arc<Value>>>, Option<ClientMessage>) {
        let entry = self.entry(topic);
        entry.watchers += 1;
        let subscribe = (entry.watchers == 1).then(|| entry.subscription(topic));
        (entry.document.clone(), subscribe)
    }

    pub(super) fn unwatch(&mut self, topic: Topic) -> Option<ClientMessage> {
        let entry = self.entry(topic);
        entry.watchers = entry.watchers.saturating_sub(1);
        if entry.watchers > 0 {
            return None;
        }
        // It grows old from here: whoever watches it next gets a snapshot.
        self.0.remove(&topic);
        Some(ClientMessage::Unsubscribe { topic })
    }

    /// The log of a job, which may begin with lines that were fetched.
    pub(super) fn log(&mut self, topic: Topic, first: Vec<LogLine>) -> ArcRwSignal<Vec<LogLine>> {
        self.entry(topic).log.get_or_insert_with(|| ArcRwSignal::new(first)).clone()
    }

    /// What to send once the socket is open again: each subscription from where it stopped.
    pub(super) fn subscriptions(&self) -> Vec<ClientMessage> {
        self.0
            .iter()
            .filter(|(_, entry)| entry.watchers > 0)
            .map(|(topic, entry)| entry.subscription(*topic))
            .collect()
    }

    /// Takes a message in; returns what to ask when something is missing.
    pub(super) fn receive(&mut self, message: ServerMessage) -> Option<ClientMessage> {
        match message {
            ServerMessage::Snapshot { topic, seq, value } => {
                let entry = self.0.get_mut(&topic)?;
                entry.seq = Some(seq);
                entry.problem.set(None);
                entry.document.set(Some(Arc::new(value)));
                None
            }
            ServerMessage::Change { topic, seq, patch } => {
                self.0.get_mut(&topic)?.change(topic, seq, &patch)
            }
            ServerMessage::Log { topic, lines } => {
                self.0.get_mut(&topic)?.append(lines);
                None
            }
            ServerMessage::Refused { topic, code, message } => {
                let entry = self.0.get_mut(&topic.parse().ok()?)?;
                let problem = Problem { code, ..unanswered(message) };
                entry.problem.set(Some(problem));
                None
            }
            ServerMessage::Tick { .. } => None,
        }
    }
}

impl Entry {
    fn subscription(&self, topic: Topic) -> ClientMessage {
        let last_line = self
            .log
            .as_ref()
            .map(|log| log.with_untracked(|lines| lines.last().map_or(0, |line| line.seq)));
        ClientMessage::Subscribe { topic, since: self.seq, log_after: last_line }
    }

    /// Applies the next change; a gap asks for a snapshot, a repetition is dropped.
    fn change(&mut self, topic: Topic, seq: u64, patch: &Value) -> Option<ClientMessage> {
        match self.seq {
            Some(last) if seq <= last => None,
            Some(last) if seq == last + 1 => {
                self.seq = Some(seq);
                self.document.update(|document| {
                    let mut value = document.as_deref().cloned().unwrap_or_default();
                    apply_patch(&mut value, patch);
                    *document = Some(Arc::new(value));
                });
                None
            }
            _ => {
                self.seq = None;
                Some(self.subscription(topic))
            }
        }
    }

    fn append(&mut self, lines: Vec<LogLine>) {
        let log = self.log.get_or_insert_with(|| ArcRwSignal::new(Vec::new()));
        log.update(|known| {
            let last = known.last().map_or(0, |line| line.seq);
            known.extend(lines.into_iter().filter(|line| line.seq > last));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use signalbox_domain::ids::JobId;
    use signalbox_domain::jobs::LogKind;
    use signalbox_domain::time::Timestamp;

    const FLEET: Topic = Topic::Fleet;

    fn change(seq: u64, patch: Value) -> ServerMessage {
        ServerMessage::Change { topic: FLEET, seq, patch }
    }

    fn watched() -> (Topics, ArcRwSignal<Option<Arc<Value>>>) {
        let mut topics = Topics::default();
        let (document, subscribe) = topics.watch(FLEET);
        let whole = ClientMessage::Subscribe { topic: FLEET, since: None, log_after: None };
        assert_eq!(subscribe, Some(whole));
        let snapshot = ServerMessage::Snapshot { topic: FLEET, seq: 4, value: json!({"a": 1}) };
        topics.receive(snapshot);
        (topics, document)
    }

    fn value(document: &ArcRwSignal<Option<Arc<Value>>>) -> Value {
        document.get_untracked().map(|value| (*value).clone()).unwrap_or_default()
    }

    #[test]
    fn changes_build_on_the_snapshot() {
        let (mut topics, document) = watched();
        assert_eq!(topics.receive(change(5, json!({"b": 2}))), None);
        assert_eq!(topics.receive(change(5, json!({"b": 9}))), None, "a repetition");
        assert_eq!(value(&document), json!({"a": 1, "b": 2}));
        let resumed = ClientMessage::Subscribe { topic: FLEET, since: Some(5), log_after: None };
        assert_eq!(topics.subscriptions(), [resumed]);
    }

    #[test]
    fn a_gap_asks_for_a_snapshot_and_changes_nothing() {
        let (mut topics, document) = watched();
        let asked = topics.receive(change(6, json!({"b": 2})));
        let whole = ClientMessage::Subscribe { topic: FLEET, since: None, log_after: None };
        assert_eq!(asked, Some(whole));
        assert_eq!(value(&document), json!({"a": 1}));
    }

    #[test]
    fn the_last_watcher_unsubscribes() {
        let (mut topics, _) = watched();
        assert_eq!(topics.watch(FLEET).1, None, "it is subscribed already");
        assert_eq!(topics.unwatch(FLEET), None);
        assert_eq!(topics.unwatch(FLEET), Some(ClientMessage::Unsubscribe { topic: FLEET }));
        assert_eq!(topics.subscriptions(), []);
    }

    #[test]
    fn a_log_resumes_after_its_last_line() {
        let topic = Topic::Job(JobId(12));
        let line = |seq| LogLine {
            seq,
            at: Timestamp(0),
            node: None,
            kind: LogKind::Output,
            text: seq.to_string(),
        };
        let mut topics = Topics::default();
        let log = topics.log(topic, vec![line(1)]);
        let (_, subscribe) = topics.watch(topic);
        let after_1 = ClientMessage::Subscribe { topic, since: None, log_after: Some(1) };
        assert_eq!(subscribe, Some(after_1));
        topics.receive(ServerMessage::Log { topic, lines: vec![line(1), line(2), line(3)] });
        let seqs: Vec<u64> = log.get_untracked().iter().map(|line| line.seq).collect();
        assert_eq!(seqs, [1, 2, 3]);
    }

    #[test]
    fn a_refusal_is_kept_until_a_snapshot_comes() {
        let (mut topics, _) = watched();
        topics.receive(ServerMessage::Refused {
            topic: "fleet".into(),
            code: "forbidden".into(),
            message: "no".into(),
        });
        let problem = topics.entry(FLEET).problem.clone();
        assert_eq!(problem.get_untracked().unwrap().code, "forbidden");
        topics.receive(ServerMessage::Snapshot { topic: FLEET, seq: 9, value: json!({}) });
        assert_eq!(problem.get_untracked(), None);
    }
}

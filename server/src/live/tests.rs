use std::time::Duration;

use serde_json::{Value, json};
use signalbox_domain::ids::{JobId, NodeId};
use signalbox_domain::jobs::{LogKind, LogLine};
use signalbox_domain::live::{ServerMessage, Topic, apply_patch};
use signalbox_domain::time::Timestamp;

use super::*;

/// What a browser keeps: the document of one topic and its number.
#[derive(Default)]
struct Reader {
    seq: Option<u64>,
    document: Value,
    snapshots: usize,
    changes: usize,
    log: Vec<u64>,
}

impl Reader {
    fn take(&mut self, news: Vec<Delivery>) {
        for delivery in news {
            let Delivery::Message(text) = delivery else { panic!("unexpected {delivery:?}") };
            match serde_json::from_str(&text).unwrap() {
                ServerMessage::Snapshot { seq, value, .. } => {
                    (self.seq, self.document) = (Some(seq), value);
                    self.snapshots += 1;
                }
                ServerMessage::Change { seq, patch, .. } => {
                    assert_eq!(Some(seq - 1), self.seq, "a gap in the numbers");
                    self.seq = Some(seq);
                    apply_patch(&mut self.document, &patch);
                    self.changes += 1;
                }
                ServerMessage::Log { lines, .. } => {
                    self.log.extend(lines.iter().map(|line| line.seq));
                }
                other => panic!("unexpected {other:?}"),
            }
        }
    }
}

async fn quiet(client: &mut Client) -> bool {
    tokio::time::timeout(Duration::from_millis(500), client.next()).await.is_err()
}

#[tokio::test(start_paused = true)]
async fn a_client_gets_the_snapshot_and_then_each_change() {
    let hub = Hub::new();
    hub.publish(Topic::Fleet, &json!({"nodes": {"1": "clear"}}));
    let (mut client, mut reader) = (hub.client().unwrap(), Reader::default());
    client.subscribe(Topic::Fleet, None, None);
    reader.take(client.next().await);
    assert_eq!(reader.document, json!({"nodes": {"1": "clear"}}));
    for n in 2..5 {
        tokio::time::advance(COALESCE * 2).await;
        hub.publish(Topic::Fleet, &json!({"nodes": {"1": "clear", n.to_string(): "danger"}}));
        reader.take(client.next().await);
    }
    assert_eq!(reader.document, json!({"nodes": {"1": "clear", "4": "danger"}}));
    assert_eq!((reader.snapshots, reader.changes), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn the_first_change_goes_at_once_and_a_burst_becomes_one() {
    let hub = Hub::new();
    hub.publish(Topic::Vrrp, &json!({"n": 0}));
    let (mut client, mut reader) = (hub.client().unwrap(), Reader::default());
    client.subscribe(Topic::Vrrp, None, None);
    reader.take(client.next().await);

    tokio::time::advance(COALESCE * 2).await;
    hub.publish(Topic::Vrrp, &json!({"n": 1}));
    let asked = Instant::now();
    reader.take(client.next().await);
    assert_eq!(asked.elapsed(), Duration::ZERO, "nothing was held back after a quiet time");

    for n in 2..100 {
        hub.publish(Topic::Vrrp, &json!({"n": n}));
    }
    reader.take(client.next().await);
    assert!(
        asked.elapsed() <= COALESCE + Duration::from_millis(2),
        "held for {:?}",
        asked.elapsed()
    );
    assert_eq!(reader.document, json!({"n": 99}));
    assert_eq!(reader.changes, 2, "one at once, one for the burst");
    assert!(quiet(&mut client).await);
}

#[tokio::test(start_paused = true)]
async fn an_equal_document_sends_nothing() {
    let hub = Hub::new();
    hub.publish(Topic::Fleet, &json!({"a": [1, 2]}));
    let mut client = hub.client().unwrap();
    client.subscribe(Topic::Fleet, None, None);
    client.next().await;
    tokio::time::advance(COALESCE * 2).await;
    hub.publish(Topic::Fleet, &json!({"a": [1, 2]}));
    assert!(quiet(&mut client).await);
}

#[tokio::test(start_paused = true)]
async fn a_returning_client_gets_what_it_missed_without_a_gap() {
    let hub = Hub::new();
    hub.publish(Topic::Fleet, &json!({"n": 0}));
    let mut reader = Reader::default();
    let mut client = hub.client().unwrap();
    client.subscribe(Topic::Fleet, None, None);
    reader.take(client.next().await);
    drop(client);
    assert_eq!(hub.listeners(Topic::Fleet), 0);

    for n in 1..=20 {
        tokio::time::advance(COALESCE * 2).await;
        hub.publish(Topic::Fleet, &json!({"n": n}));
    }
    let mut client = hub.client().unwrap();
    client.subscribe(Topic::Fleet, reader.seq, None);
    reader.take(client.next().await);
    assert_eq!(reader.document, json!({"n": 20}));
    assert_eq!((reader.snapshots, reader.changes), (1, 20));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_was_away_too_long_gets_a_snapshot() {
    let hub = Hub::new();
    hub.publish(Topic::Fleet, &json!({"n": 0}));
    let mut reader = Reader::default();
    let mut client = hub.client().unwrap();
    client.subscribe(Topic::Fleet, None, None);
    reader.take(client.next().await);
    for n in 1..=1_000 {
        tokio::time::advance(COALESCE * 2).await;
        hub.publish(Topic::Fleet, &json!({"n": n}));
    }
    reader.take(client.next().await);
    assert_eq!(reader.document, json!({"n": 1_000}));
    assert_eq!((reader.snapshots, reader.changes), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_number_from_before_a_restart_gets_a_snapshot() {
    let hub = Hub::new();
    hub.publish(Topic::Fleet, &json!({"n": 0}));
    for stale in [0, 17, u64::MAX] {
        let (mut client, mut reader) = (hub.client().unwrap(), Reader::default());
        client.subscribe(Topic::Fleet, Some(stale), None);
        reader.take(client.next().await);
        assert_eq!(reader.snapshots, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn large_changes_are_not_hoarded() {
    let hub = Hub::new();
    hub.publish(Topic::Node(NodeId(1)), &json!({"text": ""}));
    let mut client = hub.client().unwrap();
    let mut reader = Reader::default();
    client.subscribe(Topic::Node(NodeId(1)), None, None);
    reader.take(client.next().await);
    for n in 0..20_u8 {
        tokio::time::advance(COALESCE * 2).await;
        let text = char::from(b'a' + n).to_string().repeat(100_000);
        hub.publish(Topic::Node(NodeId(1)), &json!({"text": text}));
    }
    reader.take(client.next().await);
    assert_eq!((reader.snapshots, reader.changes), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn the_subscribers_of_a_retired_topic_are_told() {
    let hub = Hub::new();
    hub.publish(Topic::Node(NodeId(3)), &json!({}));
    let mut client = hub.client().unwrap();
    client.subscribe(Topic::Node(NodeId(3)), None, None);
    client.next().await;
    hub.retire(Topic::Node(NodeId(3)));
    let news = client.next().await;
    let [Delivery::Message(text)] = news.as_slice() else { panic!("{news:?}") };
    assert!(text.contains(r#""code":"gone""#), "{text}");
    assert_eq!(client.subscriptions(), 0);
}

fn line(seq: u64) -> LogLine {
    LogLine {
        seq,
        at: Timestamp(0),
        node: None,
        kind: LogKind::Output,
        text: format!("line {seq}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_is_followed_from_any_line_without_loss() {
    let hub = Hub::new();
    let job = JobId(4);
    let topic = Topic::Job(job);
    let stored: Vec<LogLine> = (1..=450).map(line).collect();
    hub.publish(topic, &json!({"state": "running"}));
    let (mut client, mut reader) = (hub.client().unwrap(), Reader::default());
    client.subscribe(topic, None, Some(10));

    let page = |after: u64| -> Vec<LogLine> {
        stored.iter().filter(|line| line.seq > after).take(LOG_PAGE).cloned().collect()
    };
    while reader.log.len() < 440 {
        for delivery in client.next().await {
            match delivery {
                Delivery::LogPage { after, .. } => {
                    let message = client.log_page(job, page(after)).unwrap();
                    reader.take(vec![Delivery::Message(message)]);
                }
                message => reader.take(vec![message]),
            }
        }
    }
    assert_eq!(reader.log, (11..=450).collect::<Vec<_>>());

    hub.publish_log(job, &(451..=900).map(line).collect::<Vec<_>>());
    while reader.log.len() < 890 {
        reader.take(client.next().await);
    }
    assert_eq!(reader.log, (11..=900).collect::<Vec<_>>());

    // Too far behind for the hub's memory: it must ask the store, not skip.
    hub.publish_log(job, &(901..=2_500).map(line).collect::<Vec<_>>());
    assert_eq!(client.next().await, [Delivery::LogPage { job, after: 900 }]);
}

//! What a node's probe says is data, whatever it is.

use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use russh::keys::HashAlg;
use serde_json::json;
use signalbox_domain::access::Role;
use signalbox_domain::ids::NodeId;
use signalbox_domain::nodes::{LinkState, Observed};
use signalbox_server::clock;

use crate::console::{Console, Who};
use crate::sshd::{Answer, Behaviour, Sshd};

const LIMIT: Duration = Duration::from_secs(30);

/// A node of which `probe` is all that is known.
async fn add(
    console: &Console,
    admin: &Who,
    name: &str,
    probe: impl Fn() -> Answer + Send + Sync + 'static,
) -> (Sshd, NodeId) {
    let behaviour = Behaviour::answering(move |line| {
        if line.contains("signalbox-probe") { probe() } else { Answer::prints("") }
    });
    let host_key = behaviour.host_keys[0].public_key().fingerprint(HashAlg::Sha256).to_string();
    let sshd = Sshd::start(behaviour).await;
    let node = json!({
        "name": name,
        "host": sshd.address.ip().to_string(),
        "port": sshd.address.port(),
        "user": "root",
        "credential": { "password": "right" },
        "host_key": host_key,
    });
    let added = console.post(admin, "/api/v1/nodes", node).await;
    let id = added.body["record"]["id"].as_i64().unwrap_or_else(|| panic!("{added:?}"));
    (sshd, NodeId(id))
}

/// A probe that says what it is told to say every so often.
fn every(period: Duration, say: fn(u64) -> String) -> BoxStream<'static, Bytes> {
    let said = stream::unfold(0, move |number| async move {
        tokio::time::sleep(period).await;
        Some((Bytes::from(say(number)), number + 1))
    });
    Box::pin(said)
}

fn addresses(number: u64) -> String {
    let content = format!("eth0 up 192.0.2.{}/24\n", number % 250);
    format!("= addresses {} {}\n{content}. beat {0} 0\n", clock::now().0, content.len())
}

async fn until(console: &Console, node: NodeId, holds: impl Fn(&Observed) -> bool) -> Observed {
    let looking = async {
        loop {
            let observed = console.app.fleet.observed(node).unwrap();
            if holds(&observed) {
                return observed;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let found = tokio::time::timeout(LIMIT, looking).await;
    found.unwrap_or_else(|_| panic!("still {:#?}", console.app.fleet.observed(node)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_that_floods_is_ended_and_told_and_other_nodes_are_heard_meanwhile() {
    let console = Console::start().await;
    let admin = console.script(Role::Admin).await;
    let calm = || Answer::Play(every(Duration::from_millis(100), addresses));
    let (_calm, calm) = add(&console, &admin, "calm", calm).await;
    let beats = Bytes::from(". beat 0 0\n".repeat(2_000));
    let flood = move || Answer::Play(stream::repeat(beats.clone()).boxed());
    let (_flood, flood) = add(&console, &admin, "flood", flood).await;

    let told = until(&console, flood, |node| node.unreadable.contains_key("probe")).await;
    assert!(told.unreadable["probe"].contains("bytes within"), "{told:?}");
    let now = clock::now();
    until(&console, calm, |node| {
        node.addresses.as_ref().is_some_and(|fact| fact.observed_at > now)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_frame_is_told_and_a_probe_that_says_nothing_is_silent() {
    let console = Console::start().await;
    let admin = console.script(Role::Admin).await;
    let (_garbage, garbage) = add(&console, &admin, "garbage", || Answer::Flood).await;
    let (_silent, silent) = add(&console, &admin, "silent", || Answer::Silence).await;
    let told = until(&console, garbage, |node| node.unreadable.contains_key("probe")).await;
    assert!(told.unreadable["probe"].contains("expected a frame's head"), "{told:?}");
    until(&console, silent, |node| node.link.state == LinkState::Silent).await;
}

/// Ages are by the console's clock; what the node's clock says is a fact of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_clock_is_hours_off_has_right_ages_and_the_skew_is_told() {
    const FIVE_HOURS_MS: i64 = 5 * 3_600_000;
    let console = Console::start().await;
    let admin = console.script(Role::Admin).await;
    let probe = || {
        Answer::Play(every(Duration::from_millis(100), |number| {
            let node_time = clock::now().0 - FIVE_HOURS_MS;
            let platform = "hostname late\nos Debian\nkernel 6\ncpus 1\n";
            let load = format!("cpu  {number} 0 0 9\nload 1 1 1\nuptime {number}.00 1\n");
            let vitals = format!("{load}MemTotal: 4 kB\nMemAvailable: 1 kB\n");
            format!(
                "= platform {node_time} {}\n{platform}= vitals {node_time} {}\n{vitals}\
                 . beat {node_time} 0\n",
                platform.len(),
                vitals.len(),
            )
        }))
    };
    let (_late, late) = add(&console, &admin, "late", probe).await;
    let behind = |node: &Observed| {
        let ahead_ms = node.platform.as_ref().map_or(0, |fact| fact.value.clock_ahead_ms);
        (ahead_ms + FIVE_HOURS_MS).abs() < 60_000
    };
    let seen = until(&console, late, |node| behind(node) && node.vitals.is_some()).await;
    let age = seen.vitals.unwrap().observed_at.age(clock::now());
    assert!(age < Duration::from_secs(20), "{age:?}");
    let told = async {
        loop {
            let fleet = console.get(&admin, "/api/v1/fleet").await.body;
            let fault = &fleet["faults"][format!("node/{late}/clock")];
            if fault["title"]["en"].as_str().is_some_and(|title| title.contains("s behind")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(LIMIT, told).await.expect("the skew was not told");
}

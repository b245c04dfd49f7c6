//! What `lvs.change_service` refuses before it asks a director to do anything.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use bytes::Bytes;
use futures::StreamExt;
use serde_json::{Value, json};
use signalbox_domain::access::Role;
use signalbox_domain::ids::NodeId;

use crate::console::{Answer, Console, Who};
use crate::hundred::frame;
use crate::sshd::{self, Behaviour, Sshd};

const LIMIT: Duration = Duration::from_secs(20);
const SERVICE: &str = "tcp/10.0.0.200:8082";
const TABLE: &str = "hz 100\nTCP  0A0000C8:1F92 wrr\n  -> 0A000066:0050 Masq 2 3 0\n";
const COUNTERS: &str = "service 6 10.0.0.200 8082 0 255.255.255.255 - 0 0 0 0 0\n\
    server 10.0.0.102 80 500 100 0 0 0 0 0 0\n";

/// A console over one director that has a service of its own.
struct Fixture {
    console: Console,
    admin: Who,
    node: NodeId,
    _sshd: Sshd,
}

impl Fixture {
    async fn new() -> Fixture {
        let console = Console::start().await;
        let admin = console.script(Role::Admin).await;
        let behaviour = Behaviour::answering(|line| match line {
            line if line.contains("signalbox-probe") => sshd::Answer::Play(Box::pin(probe())),
            line if line.contains("lvs-service") && line.contains(":8082") => {
                sshd::Answer::prints("wrr;10.0.0.102:80 Masq 2 500/100\n")
            }
            line if line.contains("lvs-service") => sshd::Answer::prints("absent\n"),
            line if line.contains("sysctl") => sshd::Answer::prints("net.ipv4.ip_forward = 0\n"),
            _ => sshd::Answer::prints(""),
        });
        let host_key = behaviour.host_keys[0].public_key().fingerprint(Default::default());
        let sshd = Sshd::start(behaviour).await;
        let node = json!({
            "name": "dir-a",
            "host": sshd.address.ip().to_string(),
            "port": sshd.address.port(),
            "user": "root",
            "credential": { "password": "right" },
            "host_key": host_key.to_string(),
        });
        let added = console.post(&admin, "/api/v1/nodes", node).await;
        let id = added.body["record"]["id"].as_i64().unwrap_or_else(|| panic!("{added:?}"));
        let fixture = Fixture { console, admin, node: NodeId(id), _sshd: sshd };
        let begun = Instant::now();
        while !fixture.has_told() {
            assert!(begun.elapsed() < LIMIT, "the director's table was not seen");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        fixture
    }

    fn has_told(&self) -> bool {
        let nodes = self.console.app.fleet.nodes();
        let observed = &nodes[&self.node].1;
        observed.lvs.is_some() && observed.lvs_traffic.is_some()
    }

    async fn plan(&self, service: &str, change: Value) -> Answer {
        self.plan_as(&self.admin, service, change).await
    }

    async fn plan_as(&self, who: &Who, service: &str, change: Value) -> Answer {
        let operation =
            json!({ "operation": "lvs.change_service", "service": service, "change": change });
        self.console.post(who, "/api/v1/plans", json!({ "operation": operation })).await
    }

    fn add_service(&self, node: NodeId) -> Value {
        json!({
            "do": "add_service",
            "directors": [node],
            "options": { "scheduler": "rr" },
            "servers": [{ "server": "10.0.0.102:80", "forwarding": "NAT", "weight": 1 }],
        })
    }
}

/// The table at once, and again each second.
fn probe() -> impl futures::Stream<Item = Bytes> + Send {
    let said = |second: u64| {
        let counters = format!("at {}\n{COUNTERS}", second * 1_000);
        let parts = [("lvs", TABLE), ("lvs_counters", counters.as_str())];
        let parts: String = parts.iter().map(|(name, text)| frame('=', name, text)).collect();
        Bytes::from(frame('.', "beat", "") + &parts)
    };
    let later = futures::stream::unfold(1_u64, move |second| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Some((said(second), second + 1))
    });
    futures::stream::iter([said(0)]).chain(later)
}

fn refused(answer: &Answer, status: StatusCode, says: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.body.to_string().contains(says), "expected {says:?}: {}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_needs_a_service_and_a_change_that_can_be() {
    let fixture = Fixture::new().await;
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    let delete = json!({ "do": "delete_service" });
    let viewer = fixture.console.script(Role::Viewer).await;
    let answer = fixture.plan_as(&viewer, SERVICE, delete.clone()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");

    let add = fixture.add_service(fixture.node);
    for (service, change, says) in [
        ("http/10.0.0.200:80", delete.clone(), "expected a service such as tcp/192.0.2.1:80"),
        ("tcp/10.0.0.200:9999", delete.clone(), "found none tcp/10.0.0.200:9999"),
        (SERVICE, add.clone(), "is there already"),
        (SERVICE, json!({ "do": "delete_server", "server": "10.0.0.9:80" }), "has no real server"),
        (
            SERVICE,
            json!({ "do": "edit_server", "server": "10.0.0.102:80", "forwarding": "DR" }),
            "only NAT changes the port; expected port 8082",
        ),
        (
            SERVICE,
            json!({ "do": "edit_service", "options": { "scheduler": "wrr" } }),
            "is so on every director already",
        ),
    ] {
        refused(&fixture.plan(service, change).await, unprocessable, says);
    }
    let nowhere = fixture.add_service(NodeId(4_711));
    refused(&fixture.plan("tcp/10.0.0.200:80", nowhere).await, StatusCode::NOT_FOUND, "4711");
    let odd = json!({ "do": "edit_service", "options": { "scheduler": "best" } });
    let answer = fixture.plan(SERVICE, odd).await;
    assert!(answer.status.is_client_error(), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_tells_what_blocks_and_what_comes_back() {
    let fixture = Fixture::new().await;
    let answer = fixture.plan("tcp/10.0.0.200:80", fixture.add_service(fixture.node)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let blocked = |answer: &Answer| {
        let interlocks = answer.body["interlocks"].as_array().unwrap().clone();
        let blocks = interlocks.into_iter().filter(|interlock| interlock["verdict"] == "block");
        blocks.map(|interlock| interlock["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(blocked(&answer), ["ip_forward"]);

    let answer = fixture.plan(SERVICE, json!({ "do": "delete_service" })).await;
    assert_eq!((answer.status, blocked(&answer)), (StatusCode::CREATED, vec![]), "{answer:?}");
    let undo = answer.body["steps"][1]["undo"].to_string();
    assert!(undo.contains(r#""-w","2","-x","500","-y","100""#), "{undo}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_moves_only_where_its_real_servers_can_be_seen() {
    let fixture = Fixture::new().await;
    let plan = async |who: &Who, service: &str, forwarding: &str| {
        let operation =
            json!({ "operation": "lvs.move_mode", "service": service, "forwarding": forwarding });
        fixture.console.post(who, "/api/v1/plans", json!({ "operation": operation })).await
    };
    let viewer = fixture.console.script(Role::Viewer).await;
    let answer = plan(&viewer, SERVICE, "NAT").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    for (service, forwarding, says) in [
        (SERVICE, "DR", "only NAT changes the port; expected port 8082"),
        (SERVICE, "Local", "Local is the kernel's choice"),
        ("mark/7", "DR", "expected a service by IPv4 address"),
        ("tcp/10.0.0.200:9999", "DR", "found none tcp/10.0.0.200:9999"),
    ] {
        let answer = plan(&fixture.admin, service, forwarding).await;
        refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, says);
    }
    let answer = plan(&fixture.admin, SERVICE, "NAT").await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let seen =
        answer.body["interlocks"].as_array().unwrap().iter().find(|i| i["id"] == "servers_seen");
    assert_eq!(seen.unwrap()["verdict"], "block", "{answer:?}");
    let path = format!("/api/v1/lvs/readiness?service={SERVICE}");
    let ready = fixture.console.get(&fixture.admin, &path).await;
    assert_eq!(ready.status, StatusCode::OK, "{ready:?}");
    let servers = ready.body["ways"][0]["servers"].to_string();
    assert!(servers.contains("no node of this fleet") && servers.contains("unknown"), "{servers}");
}

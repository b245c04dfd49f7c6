//! A fleet of a hundred nodes, more than a machine can hold: each is an SSH server in this process
//! that says what a node of the lab said, with addresses of its own, and goes on beating.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use bytes::Bytes;
use futures::StreamExt;
use serde_json::{Value, json};
use signalbox_domain::access::Role;
use signalbox_domain::nodes::LinkState;
use signalbox_server::app::vrrp_holders;
use signalbox_server::clock;
use tempfile::TempDir;

use crate::console::{Console, Who};
use crate::pages;
use crate::sshd::{Answer, Behaviour, Sshd};

const NODES: usize = 100;
/// Two directors, three web servers and two databases.
const TOWN: usize = 7;
const LIMIT: Duration = Duration::from_secs(60);

macro_rules! fixture {
    ($path:literal) => {
        include_str!(concat!("../../../domain/src/", $path))
    };
}

/// What one node shows of itself, by section, as its probe sends it at the start.
fn sections(index: usize) -> Vec<(&'static str, String)> {
    let (town, place) = (index / TOWN, index % TOWN);
    let here = |text: &str| text.replace("192.168.1.", &format!("10.{town}.1."));
    let addresses = match place {
        0 => "eth0 up 192.168.1.100/24\neth0 up 192.168.1.200/24\nlo up 127.0.0.1/8\n",
        1 => "eth0 up 192.168.1.101/24\neth0 up 192.168.1.201/24\nlo up 127.0.0.1/8\n",
        2 => "eth0 up 192.168.1.102/24\nlo up 192.168.1.200/32\n",
        3 => "eth0 up 192.168.1.103/24\nlo up 192.168.1.200/32\n",
        4 => "eth0 up 192.168.1.104/24\nlo up 192.168.1.200/32\n",
        5 => "eth0 up 192.168.1.111/24\nlo up 192.168.1.201/32\n",
        _ => "eth0 up 192.168.1.112/24\nlo up 127.0.0.1/8\n",
    };
    let listeners = "00000000:0016\n00000000:0050\n00000000:0CEA\n";
    let mut sections = vec![
        ("addresses", here(addresses)),
        ("listeners", listeners.to_owned()),
        ("disks", fixture!("nodes/fixtures/disks").to_owned()),
        ("services", fixture!("nodes/fixtures/services").to_owned()),
        ("vitals", fixture!("nodes/fixtures/vitals").to_owned()),
    ];
    if place < 2 {
        let state = fixture!("vrrp/fixtures/keepalived.json");
        let state = match place {
            0 => state.to_owned(),
            // The other of the pair: what one holds, its partner stands by for.
            _ => state
                .replace("\"state\":2", "\"state\":0")
                .replace("\"state\":1", "\"state\":2")
                .replace("\"state\":0", "\"state\":1"),
        };
        sections.push(("lvs", table(town, 0)));
        sections.push(("vrrp_conf", here(fixture!("vrrp/fixtures/keepalived.conf"))));
        sections.push(("vrrp_state", here(&state)));
    }
    // The last of the first round.
    sections.push(("platform", fixture!("nodes/fixtures/platform").to_owned()));
    sections
}

/// The director's table, with connections that come and go.
fn table(town: usize, second: usize) -> String {
    let mut text = format!("hz 0\nTCP  0A{town:02X}01C9:0CEA wrr\n");
    let _ = writeln!(text, "  -> 0A{town:02X}016F:0CEA Route 1 {} 0", second % 9);
    let _ = writeln!(text, "TCP  0A{town:02X}01C8:0050 wrr");
    for server in [0x66, 0x67, 0x68] {
        let _ = writeln!(text, "  -> 0A{town:02X}01{server:02X}:0050 Route 1 {} 0", second % 7);
    }
    text
}

pub(crate) fn frame(kind: char, name: &str, content: &str) -> String {
    format!("{kind} {name} {} {}\n{content}", clock::now().0, content.len())
}

/// Ten new connections a second to the web service of a town.
fn counters(town: usize, second: usize) -> String {
    format!(
        "at {}\nservice 6 10.{town}.1.200 80 0 255.255.255.255 - {} 0 0 0 0\n",
        second * 1_000,
        second * 10
    )
}

/// What a director hears of its partner, which holds what it does not: one advert a second.
fn adverts(town: usize, place: usize) -> String {
    let (vrid, partner) = if place == 0 { (52, 101) } else { (51, 100) };
    format!("{vrid} 10.{town}.1.{partner} 100 {}\n", clock::now().0)
}

/// The probe of one node: everything at once, then what changes, each second.
fn probe(index: usize) -> Answer {
    let first: String = sections(index).iter().map(|(name, text)| frame('=', name, text)).collect();
    let beats = futures::stream::unfold(1_usize, move |second| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut said = frame('.', "beat", "addresses listeners services vrrp_conf vrrp_state");
        let (town, place) = (index / TOWN, index % TOWN);
        if place < 2 {
            said += &frame('=', "lvs", &table(town, second));
            said += &frame('=', "lvs_counters", &counters(town, second));
            said += &frame('=', "adverts", &adverts(town, place));
        }
        if second.is_multiple_of(2) {
            let vitals = fixture!("nodes/fixtures/vitals");
            let busy = 7_862 + second * 30 + index;
            said += &frame('=', "vitals", &vitals.replacen("7862", &busy.to_string(), 1));
        }
        Some((Bytes::from(said), second + 1))
    });
    Answer::Play(Box::pin(futures::stream::iter([Bytes::from(first)]).chain(beats)))
}

/// As many of them as a test wants.
struct Simulated {
    console: Console,
    _nodes: Vec<Sshd>,
    _site: TempDir,
}

impl Simulated {
    async fn start(count: usize) -> Simulated {
        let site = pages::site();
        let console = Console::serving(site.path()).await;
        let admin = console.script(Role::Admin).await;
        let mut nodes = Vec::new();
        for index in 0..count {
            let behaviour = Behaviour::answering(move |line| match line {
                line if line.contains("signalbox-probe") => probe(index),
                _ => Answer::prints(""),
            });
            let address = format!("127.0.1.{}:0", index + 1).parse().unwrap();
            let node = Sshd::start_at(address, behaviour).await;
            add(&console, &admin, &format!("node-{index:02}"), &node).await;
            nodes.push(node);
        }
        let begun = Instant::now();
        while !seen(&console) {
            assert!(begun.elapsed() < LIMIT, "not every node was seen in time");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Simulated { console, _nodes: nodes, _site: site }
    }
}

async fn add(console: &Console, admin: &Who, name: &str, node: &Sshd) {
    let (host, port) = (node.address.ip().to_string(), node.address.port());
    let place = json!({"host": host, "port": port});
    let shown = console.post(admin, "/api/v1/nodes/scan", place).await;
    let node = json!({
        "name": name, "host": host, "port": port, "user": "root",
        "credential": {"password": "right"},
        "host_key": shown.body["fingerprint"],
    });
    let added = console.post(admin, "/api/v1/nodes", node).await;
    assert_eq!(added.status, StatusCode::CREATED, "{shown:?} {added:?}");
}

fn seen(console: &Console) -> bool {
    let nodes = console.app.fleet.nodes();
    nodes
        .values()
        .all(|(_, observed)| observed.link.state == LinkState::Up && observed.platform.is_some())
}

/// The fleet's part of an answer, once it is there.
async fn until<T>(
    console: &Console,
    who: &Who,
    path: &str,
    find: impl Fn(&Value) -> Option<T>,
) -> T {
    let begun = Instant::now();
    loop {
        let answer = console.get(who, path).await;
        if let Some(found) = find(&answer.body) {
            return found;
        }
        assert!(begun.elapsed() < LIMIT, "{path} never had it: {}", answer.body);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_of_directors_is_followed_over_time() {
    let pair = Simulated::start(2).await;
    let console = &pair.console;
    let recording = tokio::spawn(vrrp_holders::keep_current(console.app.clone()));
    let reader = console.script(Role::Viewer).await;

    let rate = until(console, &reader, "/api/v1/fleet", |fleet| {
        let mut lines = fleet["lines"].as_object()?.values();
        lines.find(|line| line["port"] == 80)?["connections_per_s"].as_u64()
    });
    assert_eq!(rate.await, 10);

    let beat = |director: &'static str| {
        move |vrrp: &Value| {
            let mut instances = vrrp["instances"].as_object()?.values();
            let web = instances.find(|instance| instance["name"] == "VI_WEB")?;
            let mut members = web["members"].as_object()?.values();
            let member = members.find(|member| member["node_name"] == director)?;
            let heard = member["adverts"]["heard"].as_array()?.len();
            (heard > 0).then(|| member["adverts"]["sent"].as_bool())?
        }
    };
    assert!(until(console, &reader, "/api/v1/vrrp", beat("node-00")).await, "MASTER sends");
    assert!(!until(console, &reader, "/api/v1/vrrp", beat("node-01")).await, "BACKUP hears");

    let held = until(console, &reader, "/api/v1/vrrp/holders", |stretches| {
        let stretches = stretches.as_array()?;
        let of_web = |stretch: &&Value| stretch["instance"] == "VI_WEB";
        stretches.iter().rfind(of_web).map(|stretch| stretch["nodes"].clone())
    });
    assert_eq!(held.await, json!([1]));

    let history = until(console, &reader, "/api/v1/nodes/1/history", |history| {
        let readings = history["vitals"].as_array()?.len();
        (readings >= 2).then(|| history.clone())
    });
    let history = history.await;
    let states: Vec<&str> =
        history["links"].as_array().unwrap().iter().filter_map(|l| l["state"].as_str()).collect();
    assert_eq!(states.last(), Some(&"up"), "{history}");
    let unknown = console.get(&reader, "/api/v1/nodes/9/history").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    recording.abort();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: cargo xtask bench page"]
async fn measure_how_fast_the_overview_is_served() {
    const LIMIT_MS: f64 = 20.0;
    const REQUESTS: usize = 300;
    let hundred = Simulated::start(NODES).await;
    let console = &hundred.console;
    let reader = console.person("lin", Role::Viewer).await;
    let mut took_ms = Vec::new();
    let mut bytes = 0;
    for _ in 0..REQUESTS {
        let begun = Instant::now();
        let (status, _, html) = console.page(&reader, "/").await;
        took_ms.push(begun.elapsed().as_secs_f64() * 1e3);
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("node-00") && html.contains("10.13.1.200"), "not the whole fleet");
        bytes = html.len();
        // Not in step with the beats of the nodes.
        tokio::time::sleep(Duration::from_millis(23)).await;
    }
    took_ms.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let ms = took_ms[((took_ms.len() - 1) as f64 * share).round() as usize];
        (ms * 10.0).round() / 10.0
    };
    let figures = json!({
        "nodes": NODES,
        "lines": console.app.fleet.view().lines.len(),
        "requests": REQUESTS,
        "page_bytes": bytes,
        "ms": {"p50": at(0.5), "p95": at(0.95), "max": at(1.0)},
        "limit_p50_ms": LIMIT_MS,
        "optimised": !cfg!(debug_assertions),
    });
    println!("{figures}");
}

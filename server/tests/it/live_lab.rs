//! What happens on a real node reaches the websocket: runs where `SIGNALBOX_LAB=1` says that the
//! lab `ha` is up.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signalbox_domain::access::Role;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::ids::NodeId;
use signalbox_domain::remote::{RemoteCommand, Script};

use crate::console::{Console, Who};
use crate::live::Socket;
use crate::ssh_lab::{address, is_up, key};

const LIMIT: Duration = Duration::from_secs(60);
/// For what takes a tenth of a second on a machine that has nothing else to do.
const SOON: Duration = Duration::from_secs(15);

async fn add(console: &Console, admin: &Who, name: &str) -> NodeId {
    let host = address(name);
    let scan = json!({"host": host});
    let shown = console.post(admin, "/api/v1/nodes/scan", scan).await;
    let node = json!({
        "name": name, "host": host, "user": "root",
        "credential": {"private_key": key()},
        "host_key": shown.body["fingerprint"],
    });
    let added = console.post(admin, "/api/v1/nodes", node).await;
    NodeId(added.body["record"]["id"].as_i64().unwrap_or_else(|| panic!("{shown:?} {added:?}")))
}

async fn run(console: &Console, node: NodeId, text: &'static str) -> String {
    let command = RemoteCommand::script(&Script { name: "test", text });
    let output = console.app.remote.run(node, &command).await.unwrap();
    assert_eq!(output.exit_status, 0, "{text}: {output:?}");
    output.stdout
}

/// A director and a real server of it, the Overview and the real server's page.
struct Watched {
    console: Console,
    dir_a: NodeId,
    web_3: NodeId,
    fleet: Socket,
    node: Socket,
}

impl Watched {
    async fn begin() -> Watched {
        let console = Console::start().await;
        let address = console.listen().await;
        let admin = console.script(Role::Admin).await;
        let dir_a = add(&console, &admin, "dir-a").await;
        let web_3 = add(&console, &admin, "web-3").await;
        let mut fleet = Socket::open(address, &admin).await.unwrap();
        fleet.follow("fleet").await;
        fleet.until(LIMIT, |fleet| weight(fleet, "192.168.1.104").is_some()).await;
        let mut node = Socket::open(address, &admin).await.unwrap();
        node.follow(&format!("node/{web_3}")).await;
        Watched { console, dir_a, web_3, fleet, node }
    }
}

fn weight(fleet: &Value, server: &str) -> Option<u64> {
    let fleet: FleetView = serde_json::from_value(fleet.clone()).ok()?;
    let server: std::net::IpAddr = server.parse().ok()?;
    let legs = fleet.lines.iter().flat_map(|line| &line.legs);
    legs.filter(|leg| leg.address == server).map(|leg| leg.weight.into()).next()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_a_node_reaches_the_page_and_a_silent_probe_is_told() {
    if !is_up() {
        return;
    }
    let Watched { console, dir_a, web_3, mut fleet, mut node } = Watched::begin().await;
    let has = |address: &'static str| {
        move |node: &Value| {
            let own = node["observed"]["addresses"]["value"].as_array();
            own.is_some_and(|own| own.iter().any(|own| own["address"] == address))
        }
    };
    node.until(LIMIT, has("192.168.1.104")).await;

    run(&console, web_3, "ip addr add 192.0.2.77/32 dev lo").await;
    node.until(SOON, has("192.0.2.77")).await;
    run(&console, web_3, "ip addr del 192.0.2.77/32 dev lo").await;
    node.until(SOON, |node| !has("192.0.2.77")(node)).await;

    let before = weight(&fleet.document, "192.168.1.104").unwrap();
    let set = "ipvsadm -e -t 192.168.1.200:80 -r 192.168.1.104:80 -g -w";
    run(&console, dir_a, "ipvsadm -e -t 192.168.1.200:80 -r 192.168.1.104:80 -g -w 7").await;
    fleet.until(SOON, |fleet| weight(fleet, "192.168.1.104") == Some(7)).await;
    assert_eq!(before, 1, "put back by: {set} {before}");
    run(&console, dir_a, "ipvsadm -e -t 192.168.1.200:80 -r 192.168.1.104:80 -g -w 1").await;

    let link = |state: &'static str| move |node: &Value| node["observed"]["link"]["state"] == state;
    let stopped = Instant::now();
    run(&console, web_3, "pkill -STOP -x signalbox-probe").await;
    node.until(SOON, link("silent")).await;
    assert!(stopped.elapsed() > Duration::from_secs(2), "one late beat is no silence");
    run(&console, web_3, "pkill -CONT -x signalbox-probe").await;
    node.until(SOON, link("up")).await;

    console.app.fleet.node_removed(web_3);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let left = run(&console, web_3, "pgrep -x signalbox-probe || true").await;
    assert_eq!(left, "", "the probe outlived its channel");
}

/// Runs a command on a node and says, by the node's clock in milliseconds, when it began and ended.
/// Without a process for the clock: on a kernel node one takes longer than what is measured.
const TIMED: Script = Script {
    name: "timed",
    text: r#"exec perl -e '
        sub now { my $t = "\0" x 16; syscall(228, 0, $t); my ($s, $ns) = unpack("l!l!", $t); $s * 1e3 + $ns / 1e6 }
        my $began = now(); system(@ARGV) == 0 or exit 1; printf "%.3f %.3f\n", $began, now();
    ' "$@""#,
};

/// When a change was made and when its message came, in milliseconds of the same machine's clock.
struct Change {
    began: f64,
    ended: f64,
    heard: f64,
}

impl Change {
    async fn measure(
        console: &Console,
        node: NodeId,
        words: &[&'static str],
        socket: &mut Socket,
        seen: impl Fn(&Value) -> bool,
    ) -> Change {
        let command = RemoteCommand::script(&TIMED).words(words);
        let heard = async {
            socket.until(LIMIT, seen).await;
            signalbox_server::clock::now().0 as f64
        };
        let (output, heard) = tokio::join!(console.app.remote.run(node, &command), heard);
        let output = output.unwrap();
        let times: Vec<f64> =
            output.stdout.split_whitespace().map(|time| time.parse().unwrap()).collect();
        Change { began: times[0], ended: times[1], heard }
    }
}

/// The change itself lies between the command's beginning and its end.
fn figures(changes: &[Change]) -> Value {
    let percentiles = |from: fn(&Change) -> f64| {
        let mut ms: Vec<f64> = changes.iter().map(|c| (c.heard - from(c)).max(0.0)).collect();
        ms.sort_by(f64::total_cmp);
        let at = |share: f64| ms[((ms.len() - 1) as f64 * share).round() as usize].round();
        json!({"p50": at(0.5), "p95": at(0.95), "max": at(1.0)})
    };
    json!({
        "changes": changes.len(),
        "ms_since_command_ended": percentiles(|change| change.ended),
        "ms_since_command_began": percentiles(|change| change.began),
    })
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: cargo xtask bench live"]
async fn measure_from_a_change_to_its_message() {
    const ROUNDS: u64 = 40;
    assert!(is_up());
    let Watched { console, dir_a, web_3, mut fleet, mut node } = Watched::begin().await;
    tokio::time::sleep(Duration::from_secs(5)).await;

    let weigh = |weight| {
        ["ipvsadm", "-e", "-t", "192.168.1.200:80", "-r", "192.168.1.104:80", "-g", "-w", weight]
    };
    let (mut weights, mut addresses) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (word, number) = if round % 2 == 0 { ("7", 7) } else { ("1", 1) };
        let seen = |fleet: &Value| weight(fleet, "192.168.1.104") == Some(number);
        weights.push(Change::measure(&console, dir_a, &weigh(word), &mut fleet, seen).await);

        let verb = if round % 2 == 0 { "add" } else { "del" };
        let words = ["ip", "addr", verb, "192.0.2.77/32", "dev", "lo"];
        let seen = |node: &Value| node.to_string().contains("192.0.2.77") == (verb == "add");
        addresses.push(Change::measure(&console, web_3, &words, &mut node, seen).await);
        // Not in step with the probe's own rhythm.
        tokio::time::sleep(Duration::from_millis(300 + 37 * (round % 13))).await;
    }
    let figures = json!({
        "bench": "live",
        "limit_ms": 150,
        "ipvs_weight": figures(&weights),
        "address": figures(&addresses),
    });
    println!("{figures}");
}

/// Clock ticks (1/100 s, proc(5)) that a process and its ended children have used.
const TICKS: Script = Script { name: "ticks", text: "cut -d' ' -f14-17 \"/proc/$1/stat\"" };

async fn ticks(console: &Console, node: NodeId, pid: u32) -> u64 {
    let command = RemoteCommand::script(&TICKS).value(&pid);
    let output = console.app.remote.run(node, &command).await.unwrap();
    assert_eq!(output.exit_status, 0, "the probe ended: {output:?}");
    output.stdout.split_whitespace().map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: cargo xtask bench probe"]
async fn measure_what_the_probe_costs_a_node() {
    const SPAN: Duration = Duration::from_secs(60);
    assert!(is_up());
    let console = Console::start().await;
    let admin = console.script(Role::Admin).await;
    let mut nodes = Vec::new();
    for name in ["dir-a", "web-1", "db-1"] {
        nodes.push((name, add(&console, &admin, name).await));
    }
    // Versions are asked for once, at the start.
    tokio::time::sleep(Duration::from_secs(15)).await;
    let mut before = Vec::new();
    for (name, node) in nodes {
        let pid = run(&console, node, "pgrep -n -x signalbox-probe").await.trim().parse().unwrap();
        before.push((name, node, pid, ticks(&console, node, pid).await, Instant::now()));
    }
    tokio::time::sleep(SPAN).await;
    let mut percent = serde_json::Map::new();
    for (name, node, pid, ticks_before, since) in before {
        let used_ms = (ticks(&console, node, pid).await - ticks_before) * 10;
        let share = used_ms as f64 / since.elapsed().as_secs_f64() / 10.0;
        percent.insert(name.to_owned(), json!((share * 100.0).round() / 100.0));
    }
    println!("{}", json!({"bench": "probe", "limit_percent": 1, "percent_of_a_core": percent}));
}

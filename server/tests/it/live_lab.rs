//! What happens on a real node reaches the websocket: runs where `SIGNALBOX_LAB=1` says that the
//! lab `ha` is up.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signalbox_domain::access::Role;
use signalbox_domain::ids::NodeId;
use signalbox_domain::remote::{RemoteCommand, Script};

use crate::console::{Console, Who};
use crate::live::Socket;
use crate::ssh_lab::{is_up, key};

const LIMIT: Duration = Duration::from_secs(60);

async fn add(console: &Console, admin: &Who, name: &str, host: &str) -> NodeId {
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

fn weight(fleet: &Value, server: &str) -> Option<u64> {
    let lines = fleet["lines"].as_array()?;
    let legs = lines.iter().flat_map(|line| line["legs"].as_array().into_iter().flatten());
    legs.filter(|leg| leg["address"] == server).find_map(|leg| leg["weight"].as_u64())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_a_node_reaches_the_page_and_a_silent_probe_is_told() {
    if !is_up() {
        return;
    }
    let console = Console::start().await;
    let address = console.listen().await;
    let admin = console.script(Role::Admin).await;
    let dir_a = add(&console, &admin, "dir-a", "198.18.0.100").await;
    let web_3 = add(&console, &admin, "web-3", "198.18.0.104").await;
    let mut fleet = Socket::open(address, &admin).await.unwrap();
    fleet.follow("fleet").await;
    fleet.until(LIMIT, |fleet| weight(fleet, "192.168.1.104").is_some()).await;
    let mut node = Socket::open(address, &admin).await.unwrap();
    node.follow(&format!("node/{web_3}")).await;
    let has = |address: &'static str| {
        move |node: &Value| {
            let own = node["observed"]["addresses"]["value"].as_array();
            own.is_some_and(|own| own.iter().any(|own| own["address"] == address))
        }
    };
    node.until(LIMIT, has("192.168.1.104")).await;

    run(&console, web_3, "ip addr add 192.0.2.77/32 dev lo").await;
    node.until(Duration::from_secs(2), has("192.0.2.77")).await;
    run(&console, web_3, "ip addr del 192.0.2.77/32 dev lo").await;
    node.until(Duration::from_secs(2), |node| !has("192.0.2.77")(node)).await;

    let before = weight(&fleet.document, "192.168.1.104").unwrap();
    let set = "ipvsadm -e -t 192.168.1.200:80 -r 192.168.1.104:80 -g -w";
    run(&console, dir_a, "ipvsadm -e -t 192.168.1.200:80 -r 192.168.1.104:80 -g -w 7").await;
    fleet.until(Duration::from_secs(2), |fleet| weight(fleet, "192.168.1.104") == Some(7)).await;
    assert_eq!(before, 1, "put back by: {set} {before}");
    run(&console, dir_a, "ipvsadm -e -t 192.168.1.200:80 -r 192.168.1.104:80 -g -w 1").await;

    let link = |state: &'static str| move |node: &Value| node["observed"]["link"]["state"] == state;
    let stopped = Instant::now();
    run(&console, web_3, "pkill -STOP -x signalbox-probe").await;
    node.until(Duration::from_secs(8), link("silent")).await;
    assert!(stopped.elapsed() > Duration::from_secs(2), "one late beat is no silence");
    run(&console, web_3, "pkill -CONT -x signalbox-probe").await;
    node.until(Duration::from_secs(8), link("up")).await;

    console.app.fleet.node_removed(web_3);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let left = run(&console, web_3, "pgrep -x signalbox-probe || true").await;
    assert_eq!(left, "", "the probe outlived its channel");
}

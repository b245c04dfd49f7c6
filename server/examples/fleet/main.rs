//! Many nodes and many clients for one console, for `cargo xtask bench fleet`.
//!
//! Each node is an SSH server in this process. It answers the probe with what a node of the lab
//! said (`recorded/`) and from then on changes once a second. Each client is a websocket that
//! follows the Overview and its share of the nodes' pages.
//!
//! Reads `{"url": …, "token": …, "pid": …, "stages": [50, 500], "clients": 100, "seconds": 20}` from
//! standard input and prints for each stage what arrived, how late, and what the console took.

mod client;
mod console;
mod ledger;
mod node;
#[allow(dead_code, clippy::unwrap_used, clippy::panic, reason = "the tests' server, used in part")]
#[path = "../../tests/it/sshd.rs"]
mod sshd;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use client::Clients;
use console::Console;
use ledger::Ledger;
use node::Nodes;

#[derive(Deserialize)]
struct Input {
    url: String,
    token: String,
    /// The console's process.
    pid: u32,
    /// How many nodes there are in each stage, fewest first.
    stages: Vec<usize>,
    clients: usize,
    seconds: u32,
}

/// Until the lines of new nodes are up and their first state has gone round.
const SETTLE: Duration = Duration::from_secs(5);
/// After the last change, for what is still on its way.
const GRACE: Duration = Duration::from_secs(3);

#[tokio::main]
#[allow(clippy::print_stdout)]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let input: Input = serde_json::from_reader(std::io::stdin())?;
    let most = input.stages.iter().copied().max().unwrap_or_default();
    let ledger = Arc::new(Ledger::new(most, input.clients));
    let console = Console::new(&input.url, &input.token, input.pid);
    let mut nodes = Nodes::new(Arc::clone(&ledger));
    let mut clients = Clients::open(&console, input.clients, &ledger).await?;
    let mut stages = Vec::new();
    for stage in &input.stages {
        for (index, node) in nodes.grow(*stage, &console).await? {
            clients.follow(index, node).await?;
        }
        sleep(SETTLE).await;
        stages.push(measure(&input, &console, &ledger, *stage).await?);
    }
    println!("{}", json!({ "stages": stages }));
    Ok(())
}

/// Watches one stage for its time.
async fn measure(
    input: &Input,
    console: &Console,
    ledger: &Ledger,
    nodes: usize,
) -> Result<Value, Box<dyn Error + Send + Sync>> {
    let ticks = ledger.watch(nodes, input.seconds);
    sleep(ticks.begin_in).await;
    let (console_before, own_before) = (console.used()?, console::used_by("self")?);
    sleep(Duration::from_secs(u64::from(input.seconds))).await;
    let (console_after, own_after) = (console.used()?, console::used_by("self")?);
    sleep(GRACE).await;
    let percent = |before: &console::Used, after: &console::Used| {
        (after.cpu - before.cpu).as_secs_f64() / (after.at - before.at).as_secs_f64() * 100.0
    };
    Ok(json!({
        "nodes": nodes,
        "changes": ledger.figures(),
        "console": {
            "cpu_percent": percent(&console_before, &console_after),
            "resident_bytes": console_after.resident_bytes,
            "most_resident_bytes": console_after.most_resident_bytes,
        },
        "nodes_and_clients_cpu_percent": percent(&own_before, &own_after),
    }))
}

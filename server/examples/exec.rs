//! Runs one command on many nodes at once through [`Lines`], for `cargo xtask bench exec`.
//!
//! Reads `{"private_key": PATH, "rounds": N, "nodes": [{"host": …, "host_key": …}]}` from standard
//! input and prints how long each round took, from the start to the last node's answer. The first
//! round connects; the others find the lines up.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde::Deserialize;
use signalbox_domain::ids::NodeId;
use signalbox_domain::remote::{Elevation, RemoteCommand};
use signalbox_domain::values::Host;
use signalbox_server::secret::Secret;
use signalbox_server::ssh::{Asked, Credential, Lines, Remote, SshError, Target, TargetDirectory};

#[derive(Deserialize)]
struct Input {
    private_key: std::path::PathBuf,
    rounds: usize,
    nodes: Vec<InputNode>,
}

#[derive(Deserialize)]
struct InputNode {
    host: Host,
    host_key: String,
}

struct Directory(HashMap<NodeId, Target>);

impl TargetDirectory for Directory {
    fn target(&self, node: NodeId) -> Asked<'_, Target> {
        Box::pin(async move { self.0.get(&node).cloned().ok_or(SshError::NoSuchNode(node)) })
    }
}

#[tokio::main]
#[allow(clippy::print_stdout)]
async fn main() -> Result<(), Box<dyn Error>> {
    let input: Input = serde_json::from_reader(std::io::stdin())?;
    let key = Secret::new(std::fs::read_to_string(&input.private_key)?);
    let targets = (1..).map(NodeId).zip(&input.nodes);
    let targets: HashMap<NodeId, Target> =
        targets.map(|(id, node)| (id, target(node, key.clone()))).collect();
    let nodes: Vec<NodeId> = targets.keys().copied().collect();
    let lines = Lines::new(Arc::new(Directory(targets)));
    // What ansible is told to run, too.
    let command = RemoteCommand::new("uname").words(&["-r"]).timeout_ms(60_000);
    let mut rounds_ms = Vec::new();
    for _ in 0..input.rounds {
        rounds_ms.push(milliseconds(round(&lines, &nodes, &command).await?));
    }
    println!("{}", serde_json::json!({ "rounds_ms": rounds_ms }));
    Ok(())
}

fn target(node: &InputNode, key: Secret<String>) -> Target {
    Target {
        host: node.host.clone(),
        port: 22,
        #[allow(clippy::unwrap_used)] // root is a user's name
        user: "root".parse().unwrap(),
        elevation: Elevation::None,
        credential: Credential::PrivateKey { key, passphrase: None },
        host_key: node.host_key.clone(),
        host_key_algorithm: None,
        jump: None,
    }
}

/// Every node has answered, with success.
async fn round(
    lines: &Lines,
    nodes: &[NodeId],
    command: &RemoteCommand,
) -> Result<Duration, Box<dyn Error>> {
    let started = Instant::now();
    let outputs = join_all(nodes.iter().map(|node| lines.run(*node, command))).await;
    let elapsed = started.elapsed();
    for output in outputs {
        let output = output?;
        if output.exit_status != 0 || output.stdout.trim().is_empty() {
            return Err(format!("a node answered {output:?}").into());
        }
    }
    Ok(elapsed)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

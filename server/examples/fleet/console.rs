//! The console that is measured: its API, and what its process takes.

use std::error::Error;
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;

/// Nodes that are added at once.
const ADDED_AT_ONCE: usize = 8;

#[derive(Clone)]
pub(crate) struct Console {
    url: String,
    token: String,
    pid: u32,
}

/// What a process has used so far.
pub(crate) struct Used {
    pub(crate) at: Instant,
    pub(crate) cpu: Duration,
    pub(crate) resident_bytes: u64,
    pub(crate) most_resident_bytes: u64,
}

impl Console {
    pub(crate) fn new(url: &str, token: &str, pid: u32) -> Console {
        Console { url: url.to_owned(), token: token.to_owned(), pid }
    }

    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    pub(crate) fn live_address(&self) -> String {
        format!("{}/api/v1/live", self.url.replacen("http", "ws", 1))
    }

    /// Adds nodes as a script would; gives their numbers in the same order.
    pub(crate) async fn add_nodes(
        &self,
        nodes: Vec<Value>,
    ) -> Result<Vec<i64>, Box<dyn Error + Send + Sync>> {
        let adding = nodes.into_iter().map(|node| {
            let console = self.clone();
            async move { tokio::task::spawn_blocking(move || console.add_node(&node)).await? }
        });
        stream::iter(adding).buffered(ADDED_AT_ONCE).try_collect().await
    }

    fn add_node(&self, node: &Value) -> Result<i64, Box<dyn Error + Send + Sync>> {
        let mut answer = ureq::post(format!("{}/api/v1/nodes", self.url))
            .header("Authorization", self.bearer())
            .config()
            .http_status_as_error(false)
            .build()
            .send_json(node)?;
        let text = answer.body_mut().read_to_string()?;
        let added: Value = serde_json::from_str(&text)?;
        let number = added.pointer("/record/id").and_then(Value::as_i64);
        number.ok_or_else(|| format!("a node was not added: {text}").into())
    }

    pub(crate) fn used(&self) -> Result<Used, Box<dyn Error + Send + Sync>> {
        used_by(&self.pid.to_string())
    }
}

/// Of `/proc/PROCESS`: proc(5).
pub(crate) fn used_by(process: &str) -> Result<Used, Box<dyn Error + Send + Sync>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    // The program's name is in brackets and may hold anything; utime and stime are fields 14 and 15,
    // in hundredths of a second.
    let fields = stat.rsplit_once(") ").ok_or("no program's name in stat")?.1.split(' ');
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    let kibibytes = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Ok(Used {
        at: Instant::now(),
        cpu: Duration::from_millis(ticks * 10),
        resident_bytes: kibibytes("VmRSS:").unwrap_or_default() * 1024,
        most_resident_bytes: kibibytes("VmHWM:").unwrap_or_default() * 1024,
    })
}

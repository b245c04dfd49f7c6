//! A node: an SSH server that says what a node of the lab said, and changes once a second.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use russh::keys::HashAlg;
use serde_json::json;
use signalbox_domain::probe::{Decoder, Frame};
use signalbox_server::clock;
use tokio::time::sleep_until;

use crate::console::Console;
use crate::ledger::Ledger;
use crate::sshd::{Answer, Behaviour, Sshd};

/// The first round of the probe on each node of the lab `ha`, platform last. Only the databases'
/// sockets are left out: there is no server behind them.
const RECORDED: [(&str, &[u8]); 10] = [
    ("dir-a", include_bytes!("recorded/dir-a")),
    ("dir-b", include_bytes!("recorded/dir-b")),
    ("web-1", include_bytes!("recorded/web-1")),
    ("web-2", include_bytes!("recorded/web-2")),
    ("web-3", include_bytes!("recorded/web-3")),
    ("db-1", include_bytes!("recorded/db-1")),
    ("db-2", include_bytes!("recorded/db-2")),
    ("db-3", include_bytes!("recorded/db-3")),
    ("router", include_bytes!("recorded/router")),
    ("client", include_bytes!("recorded/client")),
];

/// All nodes; they answer until this is dropped.
pub(crate) struct Nodes {
    ledger: Arc<Ledger>,
    servers: Vec<Sshd>,
}

impl Nodes {
    pub(crate) fn new(ledger: Arc<Ledger>) -> Nodes {
        Nodes { ledger, servers: Vec::new() }
    }

    /// Starts nodes and adds them to the console until there are `wanted`; gives the new ones' places
    /// and the numbers that the console gave them.
    pub(crate) async fn grow(
        &mut self,
        wanted: usize,
        console: &Console,
    ) -> Result<Vec<(usize, i64)>, Box<dyn Error + Send + Sync>> {
        let mut requests = Vec::new();
        let first = self.servers.len();
        for index in first..wanted {
            let node = Arc::new(Node::at(index, Arc::clone(&self.ledger))?);
            let name = node.name.clone();
            let behaviour = Behaviour::answering(move |line| {
                let is_probe = line.contains("signalbox-probe");
                if is_probe { Answer::Play(node.play()) } else { Answer::prints("") }
            });
            let host_key = behaviour.host_keys.first().map(|key| key.public_key().clone());
            let server = Sshd::start(behaviour).await;
            requests.push(json!({
                "name": name,
                "host": server.address.ip().to_string(),
                "port": server.address.port(),
                "user": "root",
                "credential": { "password": "right" },
                "host_key": host_key.map(|key| key.fingerprint(HashAlg::Sha256).to_string()),
            }));
            self.servers.push(server);
        }
        let numbers = console.add_nodes(requests).await?;
        Ok((first..wanted).zip(numbers).collect())
    }
}

struct Node {
    index: usize,
    name: String,
    frames: Vec<Frame>,
    ledger: Arc<Ledger>,
}

impl Node {
    /// The lab over and over, each time in a network of its own.
    fn at(index: usize, ledger: Arc<Ledger>) -> Result<Node, Box<dyn Error + Send + Sync>> {
        let (copy, member) = (index / RECORDED.len(), index % RECORDED.len());
        let (name, recorded) = RECORDED.get(member).ok_or("no such member")?;
        let mut decoder = Decoder::default();
        decoder.feed(recorded);
        let mut frames = Vec::new();
        while let Some(mut frame) = decoder.next_frame()? {
            frame.content = frame
                .content
                .replace("192.168.1.", &format!("10.0.{copy}."))
                .replace("C0A801", &format!("0A00{copy:02X}"))
                .replace("198.18.9.", &format!("10.1.{copy}."));
            frames.push(frame);
        }
        Ok(Node { index, name: format!("{name}-{copy}"), frames, ledger })
    }

    /// The probe's output: everything once, then once a second what changed, and a beat.
    fn play(self: &Arc<Node>) -> BoxStream<'static, Bytes> {
        let first = self.frames.iter().map(|frame| encoded('=', &frame.name, &frame.content));
        let first: String = first.collect();
        let begin = (Arc::clone(self), self.ledger.first_change());
        let changes = stream::unfold(begin, |(node, tick)| async move {
            sleep_until(node.ledger.change_at(node.index, tick)).await;
            node.ledger.changed(node.index, tick);
            Some((Bytes::from(node.change(tick)), (node, tick + 1)))
        });
        Box::pin(stream::once(async { Bytes::from(first) }).chain(changes))
    }

    /// The number of the change stands where the Overview shows it (the system's name), where the
    /// node's page shows it (the time since it booted), and as a connection count of the directors.
    fn change(&self, tick: u32) -> String {
        let mut text = String::new();
        for Frame { name, content, .. } in &self.frames {
            let changed = match name.as_str() {
                "platform" => replace_line(content, "os ", &format!("os Debian #{tick}")),
                "vitals" => replace_line(content, "uptime ", &format!("uptime {tick}.00 1.00")),
                "lvs" => content.replace(" 0          0 ", &format!(" {tick}          0 ")),
                _ => continue,
            };
            text.push_str(&encoded('=', name, &changed));
        }
        let unchanged = self.frames.iter().map(|frame| frame.name.as_str());
        let unchanged: Vec<&str> = unchanged.filter(|name| *name != "vitals").collect();
        text + &encoded('.', "beat", &unchanged.join(" "))
    }
}

fn replace_line(text: &str, begins: &str, line: &str) -> String {
    let lines = text.lines().map(|old| if old.starts_with(begins) { line } else { old });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn encoded(kind: char, name: &str, content: &str) -> String {
    format!("{kind} {name} {} {}\n{content}", clock::now().0, content.len())
}

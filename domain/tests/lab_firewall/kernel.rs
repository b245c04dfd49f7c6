//! What the kernel says of a packet's way, by either backend of iptables.

use std::collections::HashMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use signalbox_domain::firewall::Ruleset;
use signalbox_domain::firewall::kernel_trace::{self, StepVerdict, TracedStep};

use super::netlink::{LOG_PACKET, Message, NFTABLES_TRACE, Netlink};
use super::wire::TTL;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Nft,
    Legacy,
}

/// Attributes of a traced packet (`NFTA_TRACE_…`).
const TABLE: u16 = 1;
const CHAIN: u16 = 2;
const HANDLE: u16 = 3;
const KIND: u16 = 4;
const VERDICT: u16 = 5;
const TRACE_ID: u16 = 6;
const IP_HEADER: u16 = 8;
const POLICY: u16 = 16;
/// Attributes of a logged packet (`NFULA_…`).
const PAYLOAD: u16 = 9;
const PREFIX: u16 = 10;

pub(crate) struct Kernel {
    backend: Backend,
    netlink: Netlink,
    /// Rules by table, chain and handle.
    places: HashMap<(String, String, u64), usize>,
}

impl Backend {
    fn tool(self, what: &str) -> String {
        match self {
            Backend::Nft => format!("iptables-nft-{what}"),
            Backend::Legacy => format!("iptables-legacy-{what}"),
        }
    }
}

impl Kernel {
    pub(crate) fn listen(backend: Backend) -> Kernel {
        let netlink = Netlink::open();
        if backend == Backend::Legacy {
            std::fs::write("/proc/sys/net/netfilter/nf_log/2", "nfnetlink_log").unwrap();
            netlink.hear_of_logs();
        }
        Kernel { backend, netlink, places: HashMap::new() }
    }

    /// Puts rules in place of those that are there; all tables must be named.
    pub(crate) fn load(&self, rules: &str) {
        let mut restore = Command::new(self.backend.tool("restore"))
            .arg("-w")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the package iptables is installed: cargo xtask setup");
        restore.stdin.take().unwrap().write_all(rules.as_bytes()).unwrap();
        let output = restore.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{:?} refused:\n{rules}\n{said}", self.backend);
    }

    /// The rules as the tool prints them, by which the events are told from then on.
    pub(crate) fn save(&mut self) -> String {
        if self.backend == Backend::Nft {
            self.places = places(&printed("nft", &["-a", "list", "ruleset", "ip"]));
        }
        printed(&self.backend.tool("save"), &["-c"])
    }

    pub(crate) fn forget_connections(&self) {
        self.netlink.forget_connections();
    }

    /// How the packets went, by their numbers.
    pub(crate) fn events(&self, ruleset: &Ruleset) -> HashMap<u16, Vec<TracedStep>> {
        let mut ways: HashMap<u16, Vec<TracedStep>> = HashMap::new();
        // The packet of a trace of nftables is shown once at each chain of a hook.
        let mut shown: HashMap<u64, u16> = HashMap::new();
        loop {
            let messages = self.netlink.messages();
            if messages.is_empty() {
                return ways;
            }
            for message in messages {
                let read = match message.kind {
                    NFTABLES_TRACE => self.traced(&message, &mut shown),
                    LOG_PACKET => logged(&message, ruleset),
                    _ => None,
                };
                if let Some((id, event)) = read {
                    ways.entry(id).or_default().extend(event);
                }
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn traced(
        &self,
        message: &Message,
        shown: &mut HashMap<u64, u16>,
    ) -> Option<(u16, Option<TracedStep>)> {
        let trace = message.number(TRACE_ID)?;
        if let Some(header) = message.bytes(IP_HEADER) {
            shown.remove(&trace);
            shown.insert(trace, ours(header)?);
        }
        let id = *shown.get(&trace)?;
        let (table, chain) = (message.text(TABLE)?, message.text(CHAIN)?);
        let verdict = || {
            let nested = message.nested(VERDICT)?;
            Some(verdict(nested.number(1)?, nested.text(2)))
        };
        let (rule, verdict) = match (message.number(KIND)?, message.number(HANDLE)) {
            (1, _) => (None, verdict_of_policy(message.number(POLICY)?)),
            (_, Some(handle)) => {
                let place = (table.clone(), chain.clone(), handle);
                // The end of a chain is no rule.
                let Some(place) = self.places.get(&place) else { return Some((id, None)) };
                (Some(*place), verdict()?)
            }
            _ => return Some((id, None)),
        };
        Some((id, Some(TracedStep { table, chain, rule, verdict: Some(verdict) })))
    }
}

/// The number of a packet that the test sent.
fn ours(header: &[u8]) -> Option<u16> {
    let ttl = *header.get(8)?;
    (ttl == TTL || ttl == TTL - 1).then(|| u16::from_be_bytes([header[4], header[5]]))
}

fn verdict(code: u64, chain: Option<String>) -> StepVerdict {
    let chain = chain.unwrap_or_default();
    match i32::from_ne_bytes(u32::try_from(code).unwrap().to_ne_bytes()) {
        // REJECT by tcp-reset in FORWARD takes the packet for itself: 2.
        0 | 2 => StepVerdict::Drop,
        1 => StepVerdict::Accept,
        -1 => StepVerdict::Continue,
        -3 => StepVerdict::Jump { chain },
        -4 => StepVerdict::Goto { chain },
        -5 => StepVerdict::Return,
        other => StepVerdict::Other { word: other.to_string() },
    }
}

fn verdict_of_policy(policy: u64) -> StepVerdict {
    verdict(policy, None)
}

fn logged(message: &Message, ruleset: &Ruleset) -> Option<(u16, Option<TracedStep>)> {
    let id = ours(message.bytes(PAYLOAD)?)?;
    let text = message.text(PREFIX)?;
    text.starts_with("TRACE: ").then(|| (id, kernel_trace::logged(&text, ruleset)))
}

/// The rules of `nft -a list ruleset`, each on a line that ends with its handle.
fn places(listed: &str) -> HashMap<(String, String, u64), usize> {
    let mut found = HashMap::new();
    let (mut table, mut chain, mut number) = (String::new(), String::new(), 0);
    for line in listed.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["table", _, name, "{", ..] => table = (*name).to_owned(),
            ["chain", name, "{", ..] => (chain, number) = ((*name).to_owned(), 0),
            [.., "#", "handle", handle] => {
                number += 1;
                let place = (table.clone(), chain.clone(), handle.parse().unwrap());
                found.insert(place, number);
            }
            _ => {}
        }
    }
    found
}

fn printed(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; cargo xtask setup"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

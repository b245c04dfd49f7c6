//! What a real server has for one forwarding method, by units of systemd on it.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use crate::ids::NodeId;
use crate::lvs::commands::addressed;
use crate::lvs::{Forwarding, Target};
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Expect};
use crate::remote::{RemoteCommand, Script};

const SERVER: Script = Script { name: "lvs-server", text: include_str!("../scripts/server.sh") };
const PREPARE: Script = Script { name: "lvs-prepare", text: include_str!("../scripts/prepare.sh") };
const UNPREPARE: Script =
    Script { name: "lvs-unprepare", text: include_str!("../scripts/unprepare.sh") };
const PREPARED: Script =
    Script { name: "lvs-prepared", text: include_str!("../scripts/prepared.sh") };
const FORWARDING: Script =
    Script { name: "lvs-forwarding", text: include_str!("../scripts/forwarding.sh") };
/// systemd on a slow node.
const PATIENCE_MS: u64 = 30_000;

/// Prints what [`ServerFacts::parse`] reads.
pub fn server_facts(address: IpAddr) -> RemoteCommand {
    RemoteCommand::script(&SERVER).value(&address)
}

/// Prints the methods of a director's table.
pub(super) fn forwarding(target: &Target) -> RemoteCommand {
    addressed(RemoteCommand::script(&FORWARDING), target)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Preparation {
    /// The address on `lo`, and no word by ARP about it.
    Dr { address: IpAddr },
    /// The address on `tunl0`, and no word by ARP about it.
    Tun { address: IpAddr },
    /// Answers of one server go back through the director, whatever the node's other routes.
    Nat { server: SocketAddr, gateway: IpAddr },
}

impl Preparation {
    pub(super) fn forwarding(&self) -> Forwarding {
        match self {
            Preparation::Dr { .. } => Forwarding::Dr,
            Preparation::Tun { .. } => Forwarding::Tun,
            Preparation::Nat { .. } => Forwarding::Nat,
        }
    }

    /// The file below `/etc/systemd/system`.
    pub(super) fn unit(&self) -> String {
        match self {
            Preparation::Dr { address } => format!("signalbox-lvs-dr-{address}.service"),
            Preparation::Tun { address } => format!("signalbox-lvs-tun-{address}.service"),
            Preparation::Nat { server, .. } => {
                format!("signalbox-lvs-nat-{}-{}.service", server.ip(), server.port())
            }
        }
    }

    /// All files, with those that several share.
    pub(super) fn files(&self) -> String {
        let shared: &[&str] = match self {
            Preparation::Dr { .. } => &["arp"],
            Preparation::Tun { .. } => &["arp", "tunnel"],
            Preparation::Nat { .. } => &["redirects"],
        };
        let shared = shared.iter().map(|name| format!("signalbox-lvs-{name}.service"));
        let files: Vec<String> = std::iter::once(self.unit()).chain(shared).collect();
        format!("/etc/systemd/system: {}", files.join(", "))
    }

    fn of(&self, script: &Script) -> RemoteCommand {
        let command = RemoteCommand::script(script).timeout_ms(PATIENCE_MS);
        match self {
            Preparation::Dr { address } => command.words(&["dr"]).value(address),
            Preparation::Tun { address } => command.words(&["tun"]).value(address),
            Preparation::Nat { server, gateway } => {
                let command = command.words(&["nat"]).value(&server.ip());
                command.value(&server.port()).value(gateway)
            }
        }
    }

    fn runs(&self, node: NodeId, script: &Script, expect: Expect) -> Action {
        Action::Run { node, command: self.of(script), expect }
    }

    pub(super) fn prepare(&self, node: NodeId) -> Vec<Action> {
        let line = "prepared".to_owned();
        vec![
            self.runs(node, &PREPARE, Expect::Success),
            self.runs(node, &PREPARED, Expect::Line { line }),
        ]
    }

    pub(super) fn remove(&self, node: NodeId) -> Vec<Action> {
        vec![self.runs(node, &UNPREPARE, Expect::Success)]
    }

    /// That a node has it, or has nothing of it.
    pub(super) fn check(&self, node: NodeId, name: &str, has: bool) -> Check {
        let unit = self.unit();
        let (title, line) = if has {
            let title = Phrase::new(
                format!("{name} is prepared: {unit}"),
                format!("{name} 已准备好：{unit}"),
            );
            (title, "prepared")
        } else {
            let title =
                Phrase::new(format!("{name} has no {unit}"), format!("{name} 上没有 {unit}"));
            (title, "absent")
        };
        let expect = Expect::Line { line: line.to_owned() };
        Check { title, node, command: self.of(&PREPARED), expect }
    }
}

/// What a node has for being a real server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerFacts {
    pub(super) has_systemd: bool,
    /// Routes may be chosen by more than the destination.
    pub(super) has_rules: bool,
    /// `tunl0` is there, or the kernel has the module.
    pub(super) has_tunnel: bool,
    /// By units of ours.
    pub(super) prepared: BTreeSet<Preparation>,
    /// Other files of the node's configuration that have the service's address.
    pub(super) named: Vec<String>,
}

impl ServerFacts {
    pub fn parse(text: &str) -> ServerFacts {
        let mut facts = ServerFacts::default();
        for line in text.lines() {
            match line.split_once(' ') {
                None if line == "systemd" => facts.has_systemd = true,
                None if line == "rules" => facts.has_rules = true,
                None if line == "tunnel" => facts.has_tunnel = true,
                Some(("unit", unit)) => facts.prepared.extend(preparation(unit)),
                Some(("named", file)) => facts.named.push(file.to_owned()),
                _ => {}
            }
        }
        facts
    }
}

/// `dr 192.168.1.200`, `nat 192.168.1.102 80 192.168.1.1`
fn preparation(text: &str) -> Option<Preparation> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["dr", address] => Some(Preparation::Dr { address: address.parse().ok()? }),
        ["tun", address] => Some(Preparation::Tun { address: address.parse().ok()? }),
        ["nat", server, port, gateway] => Some(Preparation::Nat {
            server: SocketAddr::new(server.parse().ok()?, port.parse().ok()?),
            gateway: gateway.parse().ok()?,
        }),
        _ => None,
    }
}

//! The lab's wires: bridges in a network namespace of their own, and a veth or tap from them to
//! each node.
//!
//! Only one interface appears in the machine's own network: the console's end of the management
//! network.

use crate::command::{self, CommandError};
use crate::site::Site;
use crate::state::{Cut, LabNode, MANAGEMENT, NodeKind};
use crate::topology::Topology;

/// Host number of the console on the management network.
const CONSOLE_HOST: u8 = 1;

impl Site {
    /// The namespace with a bridge for each segment, and the console's interface.
    pub(crate) fn lay_wires(self, topology: &Topology) -> Result<(), CommandError> {
        let wire = self.wire_namespace();
        command::run("ip", &["netns", "add", &wire])?;
        // The host's own filter rules, if it filters bridges, stay out of the lab's; absent where
        // it does not.
        let quiet = "for f in /proc/sys/net/bridge/bridge-nf-call-*; do \
                     [ ! -e \"$f\" ] || echo 0 > \"$f\"; done";
        command::run("nsenter", &[&self.wire_namespace_option(), "sh", "-c", quiet])?;

        let segments = topology.segments.keys().map(String::as_str).chain([MANAGEMENT]);
        let bridges: String = segments
            .map(bridge)
            .map(|name| {
                let options = "stp_state 0 forward_delay 0 mcast_snooping 0";
                format!("link add {name} type bridge {options}\nlink set {name} up\n")
            })
            .collect();
        self.ip_batch(&wire, &bridges)?;

        let console = self.console_interface();
        let address = format!("{}/24", self.management_address(CONSOLE_HOST));
        command::run(
            "ip",
            &["link", "add", &console, "type", "veth", "peer", "name", "console", "netns", &wire],
        )?;
        self.ip_batch(&wire, &format!("link set console master {} up\n", bridge(MANAGEMENT)))?;
        command::run("ip", &["addr", "add", &address, "dev", &console])?;
        command::run("ip", &["link", "set", &console, "up"])?;
        Ok(())
    }

    /// Gives a node that is off fresh interfaces, with nothing on them but what it configures
    /// itself.
    pub(crate) fn plug(self, node: &LabNode) -> Result<(), CommandError> {
        self.unplug(node)?;
        let (wire, inside) = (self.wire_namespace(), self.node_namespace(&node.name));
        if node.kind == NodeKind::Container {
            command::run("ip", &["netns", "add", &inside])?;
        }
        let mut lines = String::new();
        for link in &node.links {
            let port = &link.port;
            lines.push_str(&match node.kind {
                NodeKind::Container => {
                    let peer =
                        format!("name {} address {} netns {inside}", link.interface, link.mac);
                    format!("link add {port} type veth peer {peer}\n")
                }
                NodeKind::Kernel => format!("tuntap add dev {port} mode tap\n"),
            });
            lines.push_str(&format!("link set {port} master {} up\n", bridge(&link.segment)));
        }
        self.ip_batch(&wire, &lines)?;
        // The management network joins each node to the console, and no node to another.
        for link in node.links.iter().filter(|link| link.segment == MANAGEMENT) {
            command::run(
                "bridge",
                &["-n", &wire, "link", "set", "dev", &link.port, "isolated", "on"],
            )?;
        }
        Ok(())
    }

    pub(crate) fn unplug(self, node: &LabNode) -> Result<(), CommandError> {
        let wire = self.wire_namespace();
        for link in &node.links {
            // Gone already after a crash, or not there yet.
            if command::succeeds("ip", &["-n", &wire, "link", "show", "dev", &link.port]) {
                command::run("ip", &["-n", &wire, "link", "del", "dev", &link.port])?;
            }
        }
        remove_namespace(&self.node_namespace(&node.name))
    }

    /// Takes away every interface and namespace of the lab, also those that no state knows of.
    pub(crate) fn remove_wires(self) -> Result<(), CommandError> {
        let console = self.console_interface();
        if command::succeeds("ip", &["link", "show", "dev", &console]) {
            command::run("ip", &["link", "del", "dev", &console])?;
        }
        let listed = command::run("ip", &["netns", "list"])?;
        let (wire, prefix) = (self.wire_namespace(), self.node_namespace(""));
        let mine = |name: &&str| *name == wire || name.starts_with(&prefix);
        listed
            .lines()
            .filter_map(|line| line.split(' ').next())
            .filter(mine)
            .try_for_each(remove_namespace)
    }

    /// Drops exactly the frames that `cuts` name, and no others.
    pub(crate) fn set_cuts(self, nodes: &[LabNode], cuts: &[Cut]) -> Result<(), CommandError> {
        let mut rules = String::from(
            "add table bridge lab\ndelete table bridge lab\nadd table bridge lab\n\
             add chain bridge lab cuts { type filter hook forward priority 0; policy accept; }\n",
        );
        for cut in cuts {
            for (from, to) in shared_ports(nodes, &cut.from, &cut.to) {
                rules.push_str(&format!(
                    "add rule bridge lab cuts iifname \"{from}\" oifname \"{to}\" drop\n"
                ));
            }
        }
        command::run_with_input(
            "nsenter",
            &[&self.wire_namespace_option(), "nft", "-f", "-"],
            &rules,
        )
        .map(drop)
    }

    /// Delays every frame towards the node; false where this machine's kernel cannot (`sch_netem`).
    pub(crate) fn delay(self, node: &LabNode, delay_ms: u32) -> Result<bool, CommandError> {
        let wire = self.wire_namespace();
        let delay = format!("{delay_ms}ms");
        for link in &node.links {
            let on = ["-n", wire.as_str(), "qdisc"];
            let device = ["dev", link.port.as_str(), "root"];
            if delay_ms == 0 {
                if command::run("tc", &[&on[..], &["show"], &device].concat())?.contains("netem") {
                    command::run("tc", &[&on[..], &["del"], &device].concat())?;
                }
            } else {
                let args = [&on[..], &["replace"], &device, &["netem", "delay", &delay]].concat();
                if !command::succeeds("tc", &args) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    pub(crate) fn wire_namespace_option(self) -> String {
        format!("--net=/run/netns/{}", self.wire_namespace())
    }

    fn ip_batch(self, namespace: &str, lines: &str) -> Result<(), CommandError> {
        command::run_with_input("ip", &["-n", namespace, "-batch", "-"], lines).map(drop)
    }
}

/// Pairs of ports by which two nodes hear each other directly.
pub(crate) fn shared_ports<'a>(nodes: &'a [LabNode], a: &str, b: &str) -> Vec<(&'a str, &'a str)> {
    let links = |name: &str| {
        let node = nodes.iter().find(|node| node.name == name);
        node.into_iter()
            .flat_map(|node| &node.links)
            .filter(|link| link.segment != MANAGEMENT)
            .collect::<Vec<_>>()
    };
    let b_links = links(b);
    let pairs = links(a).into_iter().flat_map(|from| b_links.iter().map(move |to| (from, *to)));
    pairs
        .filter(|(from, to)| from.segment == to.segment)
        .map(|(from, to)| (from.port.as_str(), to.port.as_str()))
        .collect()
}

fn remove_namespace(name: &str) -> Result<(), CommandError> {
    if command::succeeds("ip", &["netns", "pids", name]) {
        command::run("ip", &["netns", "del", name])?;
    }
    Ok(())
}

fn bridge(segment: &str) -> String {
    // Linux allows 15 bytes.
    format!("br-{}", segment.get(..12).unwrap_or(segment))
}

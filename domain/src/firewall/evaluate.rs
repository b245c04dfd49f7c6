//! Whether a condition holds for a packet: yes, no, or not known.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::model::Rule;
use super::packet::{ConnectionState, Packet, Transport};
use super::ports::PortRange;
use super::test::{Condition, Protocol, Test};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    Yes,
    No,
    Unknown,
}

/// What is known of the node beside its rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its own addresses; `None` where they were not seen.
    pub addresses: Option<Vec<IpAddr>>,
}

/// A packet as it is at one hook.
pub(super) struct View<'a> {
    pub(super) packet: &'a Packet,
    pub(super) host: &'a Host,
    pub(super) in_interface: Interface<'a>,
    pub(super) out_interface: Interface<'a>,
    /// Connection tracking has seen it: in the table raw it has not yet.
    pub(super) tracked: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interface<'a> {
    Named(&'a str),
    /// There is none at this hook.
    Absent,
    Unknown,
}

impl Host {
    pub(super) fn has(&self, address: IpAddr) -> Truth {
        if address.is_loopback() {
            return Truth::Yes;
        }
        self.addresses.as_ref().map_or(Truth::Unknown, |own| Truth::of(own.contains(&address)))
    }
}

impl Truth {
    pub(super) fn of(holds: bool) -> Truth {
        if holds { Truth::Yes } else { Truth::No }
    }

    fn negated(self, negated: bool) -> Truth {
        match (self, negated) {
            (Truth::Yes, true) => Truth::No,
            (Truth::No, true) => Truth::Yes,
            (truth, _) => truth,
        }
    }
}

/// All conditions must hold; one that certainly does not decides before any that is unknown.
pub(super) fn rule(rule: &Rule, view: &View<'_>) -> Truth {
    let mut all = Truth::Yes;
    for condition in &rule.conditions {
        match holds(condition, view) {
            Truth::No => return Truth::No,
            Truth::Unknown => all = Truth::Unknown,
            Truth::Yes => {}
        }
    }
    all
}

fn holds(condition: &Condition, view: &View<'_>) -> Truth {
    let packet = view.packet;
    let truth = match &condition.test {
        Test::Source(network) => Truth::of(network.contains(packet.source)),
        Test::Destination(network) => Truth::of(network.contains(packet.destination)),
        Test::SourceRange(range) => Truth::of(range.contains(packet.source)),
        Test::DestinationRange(range) => Truth::of(range.contains(packet.destination)),
        Test::InInterface(name) => interface(name, view.in_interface),
        Test::OutInterface(name) => interface(name, view.out_interface),
        Test::Protocol(protocol) => {
            Truth::of(*protocol == Protocol::ALL || *protocol == packet.protocol)
        }
        Test::SourcePort(range) => port(packet, packet.source_port(), &[*range]),
        Test::DestinationPort(range) => port(packet, packet.destination_port(), &[*range]),
        Test::SourcePorts(ranges) => port(packet, packet.source_port(), ranges),
        Test::DestinationPorts(ranges) => port(packet, packet.destination_port(), ranges),
        Test::EitherPort(ranges) => match port(packet, packet.source_port(), ranges) {
            Truth::No => port(packet, packet.destination_port(), ranges),
            truth => truth,
        },
        Test::TcpFlags { mask, set } => match packet.transport {
            Transport::Tcp { flags, .. } => Truth::of(flags & mask == *set),
            _ => Truth::No,
        },
        Test::Icmp { kind, code } => match packet.transport {
            Transport::Icmp { kind: its, code: its_code } => {
                Truth::of(its == *kind && code.is_none_or(|code| code == its_code))
            }
            _ => Truth::No,
        },
        Test::State(states) => Truth::of(states.contains(&state(view))),
        Test::Mark { value, mask } => Truth::of(packet.mark & mask == *value),
        Test::DestinationIsLocal => view.host.has(packet.destination),
        Test::SourceIsLocal => view.host.has(packet.source),
        Test::Comment(_) => return Truth::Yes,
        Test::Other { .. } => Truth::Unknown,
    };
    truth.negated(condition.negated)
}

/// Before connection tracking a packet belongs to no connection, which counts as INVALID
/// (xt_conntrack.c).
fn state(view: &View<'_>) -> ConnectionState {
    match view.packet.state {
        ConnectionState::Untracked => ConnectionState::Untracked,
        state if view.tracked => state,
        _ => ConnectionState::Invalid,
    }
}

fn interface(asked: &str, its: Interface<'_>) -> Truth {
    let its = match its {
        Interface::Named(name) => name,
        Interface::Absent => "",
        Interface::Unknown => return Truth::Unknown,
    };
    Truth::of(match asked.strip_suffix('+') {
        Some(beginning) => its.starts_with(beginning),
        None => its == asked,
    })
}

fn port(packet: &Packet, port: Option<u16>, ranges: &[PortRange]) -> Truth {
    const WITH_PORTS: [u8; 3] = [33, 132, 136];
    match port {
        Some(port) => Truth::of(ranges.iter().any(|range| range.contains(port))),
        None if WITH_PORTS.contains(&packet.protocol.0) => Truth::Unknown,
        None => Truth::No,
    }
}

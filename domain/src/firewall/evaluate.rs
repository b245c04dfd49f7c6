//! Whether a condition holds for a packet: yes, no, or not known.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::address::AddressRange;
use super::model::Rule;
use super::packet::{ConnectionState, Packet, Transport};
use super::ports::PortRange;
use super::set::{Membership, Sets, membership};
use super::test::{Condition, Protocol, Test};
use super::trace::AskedSet;

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
    /// `None` where they were not seen.
    pub sets: Option<Sets>,
}

/// A packet as it is at one hook.
pub(super) struct View<'a> {
    pub(super) packet: &'a Packet,
    /// What the packet's ends can be, where that is not what it says.
    pub(super) source: Option<&'a End>,
    pub(super) destination: Option<&'a End>,
    pub(super) host: &'a Host,
    pub(super) in_interface: Interface<'a>,
    pub(super) out_interface: Interface<'a>,
    /// Connection tracking has seen it: in the table raw it has not yet.
    pub(super) tracked: bool,
    /// Sets that a rule before may have put something into, or taken it out of.
    pub(super) changed_sets: &'a [String],
}

/// An end of a packet after a translation that had a choice: one of these addresses and ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) addresses: Vec<AddressRange>,
    /// `None`: as the packet says.
    pub(super) ports: Option<PortRange>,
    /// All of the addresses are the node's own.
    pub(super) is_own: bool,
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

    /// What holds whichever of the possible ones it is.
    pub(super) fn of_each(each: impl Iterator<Item = Truth>) -> Truth {
        each.reduce(|all, one| if all == one { all } else { Truth::Unknown })
            .unwrap_or(Truth::Unknown)
    }

    /// One that certainly does not hold decides before any that is unknown.
    pub(super) fn of_all(all: impl Iterator<Item = Truth>) -> Truth {
        let mut truth = Truth::Yes;
        for one in all {
            match one {
                Truth::No => return Truth::No,
                Truth::Unknown => truth = Truth::Unknown,
                Truth::Yes => {}
            }
        }
        truth
    }

    fn negated(self, negated: bool) -> Truth {
        match (self, negated) {
            (Truth::Yes, true) => Truth::No,
            (Truth::No, true) => Truth::Yes,
            (truth, _) => truth,
        }
    }
}

/// All conditions must hold.
pub(super) fn rule(rule: &Rule, view: &View<'_>) -> Truth {
    Truth::of_all(rule.conditions.iter().map(|condition| holds(condition, view)))
}

/// The sets that the rule asks for, each with the entry that the packet is in.
pub(super) fn sets_asked(rule: &Rule, view: &View<'_>) -> Vec<AskedSet> {
    let sets = rule.conditions.iter().filter_map(|condition| match &condition.test {
        Test::Set(asked) => {
            let Membership { truth, entry } = membership(asked, view);
            Some(AskedSet { name: asked.name.clone(), truth, entry })
        }
        _ => None,
    });
    sets.collect()
}

fn holds(condition: &Condition, view: &View<'_>) -> Truth {
    let packet = view.packet;
    let truth = match &condition.test {
        Test::Source(network) => address(packet.source, view.source, |a| network.holds(a)),
        Test::Destination(network) => {
            address(packet.destination, view.destination, |a| network.holds(a))
        }
        Test::SourceRange(range) => address(packet.source, view.source, |a| range.holds(a)),
        Test::DestinationRange(range) => {
            address(packet.destination, view.destination, |a| range.holds(a))
        }
        Test::InInterface(name) => interface(name, view.in_interface),
        Test::OutInterface(name) => interface(name, view.out_interface),
        Test::Protocol(protocol) => {
            Truth::of(*protocol == Protocol::ALL || *protocol == packet.protocol)
        }
        Test::SourcePort(range) => source_port(view, &[*range]),
        Test::DestinationPort(range) => destination_port(view, &[*range]),
        Test::SourcePorts(ranges) => source_port(view, ranges),
        Test::DestinationPorts(ranges) => destination_port(view, ranges),
        Test::EitherPort(ranges) => {
            match (source_port(view, ranges), destination_port(view, ranges)) {
                (Truth::Yes, _) | (_, Truth::Yes) => Truth::Yes,
                (Truth::No, Truth::No) => Truth::No,
                _ => Truth::Unknown,
            }
        }
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
        Test::DestinationIsLocal => is_local(packet.destination, view.destination, view.host),
        Test::SourceIsLocal => is_local(packet.source, view.source, view.host),
        Test::Comment(_) => return Truth::Yes,
        Test::Set(asked) => membership(asked, view).truth,
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
    if asked == "+" {
        return Truth::Yes;
    }
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

pub(super) fn address(
    its: IpAddr,
    end: Option<&End>,
    holds: impl Fn(&AddressRange) -> Truth,
) -> Truth {
    match end {
        None => holds(&AddressRange { first: its, last: its }),
        Some(end) => Truth::of_each(end.addresses.iter().map(holds)),
    }
}

fn is_local(its: IpAddr, end: Option<&End>, host: &Host) -> Truth {
    match end {
        Some(end) if end.is_own => Truth::Yes,
        _ => address(its, end, |range| match range.first == range.last {
            true => host.has(range.first),
            false => Truth::Unknown,
        }),
    }
}

pub(super) fn source_port(view: &View<'_>, ranges: &[PortRange]) -> Truth {
    port(view.packet, view.packet.source_port(), view.source, ranges)
}

pub(super) fn destination_port(view: &View<'_>, ranges: &[PortRange]) -> Truth {
    port(view.packet, view.packet.destination_port(), view.destination, ranges)
}

fn port(packet: &Packet, port: Option<u16>, end: Option<&End>, ranges: &[PortRange]) -> Truth {
    const WITH_PORTS: [u8; 3] = [33, 132, 136];
    let one_of = end.and_then(|end| end.ports);
    match port {
        Some(port) => match one_of.unwrap_or(PortRange { first: port, last: port }) {
            its if ranges.iter().any(|range| range.covers(&its)) => Truth::Yes,
            its if ranges.iter().all(|range| range.is_apart_from(&its)) => Truth::No,
            _ => Truth::Unknown,
        },
        None if WITH_PORTS.contains(&packet.protocol.0) => Truth::Unknown,
        None => Truth::No,
    }
}

//! Whether a packet is in a set (the kernel's net/netfilter/ipset).

use std::cmp::Reverse;

use super::model::{Entry, Kind, Part, Port, Set};
use crate::firewall::address::AddressRange;
use crate::firewall::evaluate::{self, End, Truth, View};
use crate::firewall::model::Family;
use crate::firewall::packet::Transport;
use crate::firewall::ports::PortRange;
use crate::firewall::test::{Protocol, SetMatch, Side};

/// Whether a packet is in a set, and by which entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::firewall) struct Membership {
    pub(in crate::firewall) truth: Truth,
    pub(in crate::firewall) entry: Option<String>,
}

impl Membership {
    fn without_entry(truth: Truth) -> Membership {
        Membership { truth, entry: None }
    }
}

/// Sets that are listed in lists are no lists themselves.
const DEPTH: usize = 2;

pub(in crate::firewall) fn membership(asked: &SetMatch, view: &View<'_>) -> Membership {
    of_set(&asked.name, asked, view, DEPTH)
}

fn of_set(name: &str, asked: &SetMatch, view: &View<'_>, depth: usize) -> Membership {
    let set = view.host.sets.as_ref().and_then(|sets| sets.get(name)?.as_ref());
    let changed_on_the_way = view.changed_sets.iter().any(|changed| changed == name);
    match set {
        Some(set) if !changed_on_the_way && depth > 0 => match set.kind {
            Kind::ListSet => of_list(set, asked, view, depth),
            _ => of_entries(set, asked, view),
        },
        _ => Membership::without_entry(Truth::Unknown),
    }
}

/// A list holds what one of its sets holds, each asked for as if it stood alone.
fn of_list(list: &Set, asked: &SetMatch, view: &View<'_>, depth: usize) -> Membership {
    let mut found = Membership::without_entry(Truth::No);
    // Counters are those of the list's entries.
    let of_member = SetMatch { asks_counters: false, ..asked.clone() };
    for member in &list.entries {
        let its = of_set(&member.text, &of_member, view, depth - 1);
        match its.truth {
            Truth::Yes if asked.asks_counters => found.truth = Truth::Unknown,
            Truth::Yes => {
                let entry = its.entry.map(|entry| format!("{}: {entry}", member.text));
                return Membership { truth: Truth::Yes, entry };
            }
            Truth::Unknown => found.truth = Truth::Unknown,
            Truth::No => {}
        }
    }
    found
}

/// The first of the entries that hold the packet decides, those of the longest prefix first.
fn of_entries(set: &Set, asked: &SetMatch, view: &View<'_>) -> Membership {
    let none = Membership::without_entry(Truth::No);
    let Some(dimensions) = set.kind.dimensions().filter(|_| is_understood(set)) else {
        return Membership::without_entry(Truth::Unknown);
    };
    let other_family = |family: Family| view.packet.source.is_ipv6() != (family == Family::V6);
    if asked.sides.len() < dimensions.len() || set.family().is_some_and(other_family) {
        return none;
    }
    let truth = |entry: &Entry| {
        let parts = entry.parts.iter().zip(&asked.sides);
        Truth::of_all(parts.map(|(part, side)| holds(part, *side, view)))
    };
    let entries = set.entries.iter().map(|entry| (entry, truth(entry)));
    let mut holding: Vec<(&Entry, Truth)> = entries.filter(|(_, t)| *t != Truth::No).collect();
    holding.sort_by_key(|(entry, _)| Reverse(prefixes(entry)));
    let decides = |entry: &Entry| {
        let reversed = asked.returns_exceptions && set.kind.has_exceptions();
        Truth::of(entry.is_exception() == reversed)
    };
    let certain = holding.iter().position(|(_, truth)| *truth == Truth::Yes);
    let in_doubt = holding.get(..certain.unwrap_or(holding.len())).unwrap_or_default();
    let last = certain.and_then(|at| holding.get(at)).map(|(entry, _)| *entry);
    let possible = in_doubt.iter().map(|(entry, _)| decides(entry));
    let truth = Truth::of_each(possible.chain([last.map_or(Truth::No, decides)]));
    match truth {
        _ if asked.asks_counters && !holding.is_empty() => {
            Membership::without_entry(Truth::Unknown)
        }
        Truth::Yes => Membership { truth, entry: last.map(ToString::to_string) },
        _ => Membership::without_entry(truth),
    }
}

/// Masks are part of the entries of these kinds alone.
fn is_understood(set: &Set) -> bool {
    let has_mask = set.option("netmask").or_else(|| set.option("bitmask")).is_some();
    !has_mask || matches!(set.kind, Kind::HashIp | Kind::BitmapIp | Kind::HashIpPort)
}

/// In the order in which the kernel tries them: by the first network, then by the second.
fn prefixes(entry: &Entry) -> Vec<u32> {
    let lengths = entry.parts.iter().map(|part| match part {
        Part::Network(network) => network.prefix_length(),
        _ => 0,
    });
    lengths.collect()
}

fn holds(part: &Part, side: Side, view: &View<'_>) -> Truth {
    match part {
        Part::Network(network) => address(side, view, |its| network.holds(its)),
        Part::Range(range) => address(side, view, |its| range.holds(its)),
        Part::Port(port) => port_of_protocol(*port, side, view),
        Part::PortAlone(range) => match view.packet.protocol {
            Protocol::TCP | Protocol::UDP => ports(*range, side, view),
            _ => Truth::No,
        },
        Part::Member(_) | Part::Other => Truth::Unknown,
    }
}

fn address(side: Side, view: &View<'_>, holds: impl Fn(&AddressRange) -> Truth) -> Truth {
    let (its, end) = end(side, view);
    evaluate::address(its, end, holds)
}

fn end<'v>(side: Side, view: &View<'v>) -> (std::net::IpAddr, Option<&'v End>) {
    match side {
        Side::Source => (view.packet.source, view.source),
        Side::Destination => (view.packet.destination, view.destination),
    }
}

fn port_of_protocol(port: Port, side: Side, view: &View<'_>) -> Truth {
    const WITH_PORTS: [Protocol; 4] = [Protocol::TCP, Protocol::UDP, Protocol(132), Protocol(136)];
    if port.protocol != view.packet.protocol {
        return Truth::No;
    }
    match view.packet.transport {
        _ if WITH_PORTS.contains(&port.protocol) => ports(port.range, side, view),
        Transport::Icmp { kind, code } => {
            Truth::of(port.range.contains(u16::from_be_bytes([kind, code])))
        }
        _ if matches!(port.protocol, Protocol::ICMP | Protocol::ICMPV6) => Truth::Unknown,
        // The kernel takes 0 for the port of other protocols.
        _ => Truth::of(port.range.contains(0)),
    }
}

fn ports(range: PortRange, side: Side, view: &View<'_>) -> Truth {
    match side {
        Side::Source => evaluate::source_port(view, &[range]),
        Side::Destination => evaluate::destination_port(view, &[range]),
    }
}

#[cfg(test)]
#[path = "contains_tests.rs"]
mod tests;

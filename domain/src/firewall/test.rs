//! What a rule asks of a packet.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::address::{AddressRange, Network};
use super::packet::ConnectionState;
use super::ports::PortRange;

/// A test, or its opposite: `! --dport 22`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    pub negated: bool,
    pub test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    Source(Network),
    Destination(Network),
    SourceRange(AddressRange),
    DestinationRange(AddressRange),
    /// A name, or with a `+` behind it all that begin so.
    InInterface(String),
    OutInterface(String),
    Protocol(Protocol),
    SourcePort(PortRange),
    DestinationPort(PortRange),
    SourcePorts(Vec<PortRange>),
    DestinationPorts(Vec<PortRange>),
    /// `--ports`: the source's or the destination's.
    EitherPort(Vec<PortRange>),
    /// Of the flags in `mask`, exactly those in `set`.
    TcpFlags {
        mask: u8,
        set: u8,
    },
    Icmp {
        kind: u8,
        code: Option<u8>,
    },
    State(Vec<ConnectionState>),
    Mark {
        value: u32,
        mask: u32,
    },
    /// `addrtype --dst-type LOCAL`.
    DestinationIsLocal,
    SourceIsLocal,
    /// `-m set --match-set NAME src,dst`.
    Set(SetMatch),
    /// Matches always: a remark.
    Comment(String),
    /// What the model does not evaluate: the module, and the words of the option.
    Other {
        module: String,
        words: Vec<String>,
    },
}

/// That the packet is in a set (iptables-extensions(8)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetMatch {
    pub name: String,
    /// Which end of the packet fills each part of the set's elements.
    pub sides: Vec<Side>,
    /// `--return-nomatch`: it is in an exception of the set.
    pub returns_exceptions: bool,
    /// `--packets-gt` and its like: the entry's counters must be so, too.
    pub asks_counters: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Source,
    Destination,
}

impl SetMatch {
    const MOST_SIDES: usize = 6;

    pub(super) fn parse_sides(text: &str) -> Option<Vec<Side>> {
        let side = |word: &str| match word {
            "src" => Some(Side::Source),
            "dst" => Some(Side::Destination),
            _ => None,
        };
        let sides: Option<Vec<Side>> = text.split(',').map(side).collect();
        sides.filter(|sides| sides.len() <= SetMatch::MOST_SIDES)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Side::Source => "src",
            Side::Destination => "dst",
        })
    }
}

/// The number in the IP header; 0 stands for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Protocol(pub u8);

impl Protocol {
    pub const ALL: Protocol = Protocol(0);
    pub const ICMP: Protocol = Protocol(1);
    pub const TCP: Protocol = Protocol(6);
    pub const UDP: Protocol = Protocol(17);
    pub const ICMPV6: Protocol = Protocol(58);

    /// As `/etc/protocols` names it.
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|(_, number)| *number == self.0).map(|(name, _)| *name)
    }

    /// A number, or a name of `/etc/protocols`.
    pub fn parse(text: &str) -> Option<Protocol> {
        let by_name = NAMES.iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
        by_name.map(|(_, number)| Protocol(*number)).or_else(|| text.parse().ok().map(Protocol))
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => out.pad(name),
            None => write!(out, "{}", self.0),
        }
    }
}

/// The first name of a number is the one that is printed.
const NAMES: [(&str, u8); 18] = [
    ("all", 0),
    ("icmp", 1),
    ("igmp", 2),
    ("ipip", 4),
    ("ipencap", 4),
    ("tcp", 6),
    ("udp", 17),
    ("ipv6", 41),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("ospf", 89),
    ("vrrp", 112),
    ("l2tp", 115),
    ("sctp", 132),
    ("udplite", 136),
];

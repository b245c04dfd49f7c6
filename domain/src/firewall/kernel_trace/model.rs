use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::super::packet::{ConnectionState, Direction, Packet, SYN, Transport};
use super::super::test::Protocol;
use super::super::tool::Tool;
use crate::phrase::Phrase;
use crate::time::Timestamp;
use crate::values::{Argument, InterfaceName};

/// A port that no service has, for the side that begins.
const CLIENT_PORT: u16 = 40_000;

/// A packet that is sent for real: the first of its connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SentPacket {
    /// Its way through the traced node.
    pub direction: Direction,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub source: IpAddr,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub destination: IpAddr,
    pub carries: Carried,
    /// By which it comes, or goes where the node itself sends it. Absent: as the node routes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<InterfaceName>,
}

/// What lies behind the IP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "protocol", deny_unknown_fields)]
pub enum Carried {
    /// One SYN of a real connection.
    Tcp {
        #[serde(default = "client_port")]
        source_port: u16,
        port: u16,
    },
    /// One datagram.
    Udp {
        #[serde(default = "client_port")]
        source_port: u16,
        port: u16,
    },
    /// One echo request.
    Icmp,
}

fn client_port() -> u16 {
    CLIENT_PORT
}

/// Why a packet that the simulation follows cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSendable {
    #[error("expected TCP, UDP or an ICMP echo request; found another protocol")]
    Protocol,
    #[error("expected the first packet of a connection; found another state")]
    State,
    #[error("expected ports from 1; found 0")]
    Port,
}

/// As a node's scripts name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentProtocol {
    Tcp,
    Udp,
    Icmp,
    Icmpv6,
}

impl SentProtocol {
    pub fn as_str(self) -> &'static str {
        match self {
            SentProtocol::Tcp => "tcp",
            SentProtocol::Udp => "udp",
            SentProtocol::Icmp => "icmp",
            SentProtocol::Icmpv6 => "icmpv6",
        }
    }
}

impl SentPacket {
    /// A packet of the simulation, where it can be sent.
    pub fn of(packet: &Packet) -> Result<SentPacket, NotSendable> {
        if packet.state != ConnectionState::New {
            return Err(NotSendable::State);
        }
        let carries = match packet.transport {
            Transport::Tcp { source, destination, .. } => {
                Carried::Tcp { source_port: source, port: destination }
            }
            Transport::Udp { source, destination } => {
                Carried::Udp { source_port: source, port: destination }
            }
            Transport::Icmp { kind: 8 | 128, code: 0 } => Carried::Icmp,
            Transport::Icmp { .. } | Transport::Other => return Err(NotSendable::Protocol),
        };
        let interface = match packet.direction {
            Direction::Out => &packet.out_interface,
            Direction::In | Direction::Forward => &packet.in_interface,
        };
        let sent = SentPacket {
            direction: packet.direction,
            source: packet.source,
            destination: packet.destination,
            carries,
            interface: interface.as_ref().and_then(|name| name.parse().ok()),
        };
        if sent.ports().is_some_and(|(from, to)| from == 0 || to == 0) {
            return Err(NotSendable::Port);
        }
        Ok(sent)
    }

    pub fn protocol(&self) -> SentProtocol {
        match self.carries {
            Carried::Tcp { .. } => SentProtocol::Tcp,
            Carried::Udp { .. } => SentProtocol::Udp,
            Carried::Icmp if self.source.is_ipv6() => SentProtocol::Icmpv6,
            Carried::Icmp => SentProtocol::Icmp,
        }
    }

    /// That of the sender and that of the receiver.
    pub fn ports(&self) -> Option<(u16, u16)> {
        match self.carries {
            Carried::Tcp { source_port, port } | Carried::Udp { source_port, port } => {
                Some((source_port, port))
            }
            Carried::Icmp => None,
        }
    }

    /// For the simulation, with the interfaces that it crosses.
    pub(super) fn packet(&self, came_by: Option<String>, goes_by: Option<String>) -> Packet {
        let (protocol, transport) = match self.carries {
            Carried::Tcp { source_port, port } => (
                Protocol::TCP,
                Transport::Tcp { source: source_port, destination: port, flags: SYN },
            ),
            Carried::Udp { source_port, port } => {
                (Protocol::UDP, Transport::Udp { source: source_port, destination: port })
            }
            Carried::Icmp if self.source.is_ipv6() => {
                (Protocol::ICMPV6, Transport::Icmp { kind: 128, code: 0 })
            }
            Carried::Icmp => (Protocol::ICMP, Transport::Icmp { kind: 8, code: 0 }),
        };
        let leaves = self.direction == Direction::Out;
        let stays = self.direction == Direction::In;
        let named = self.interface.as_ref().map(ToString::to_string);
        let given = |at_this_end: bool| named.clone().filter(|_| at_this_end);
        Packet {
            direction: self.direction,
            in_interface: given(!leaves).or(came_by).filter(|_| !leaves),
            out_interface: given(leaves).or(goes_by).filter(|_| !stays),
            source: self.source,
            destination: self.destination,
            protocol,
            transport,
            state: ConnectionState::New,
            mark: 0,
        }
    }
}

/// Names a trace in its rule's comment, and marks the packet. The same packet has the same, so that a
/// plan that is made again is the same plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceId(String);

impl TraceId {
    pub fn of(tool: Tool, packet: &SentPacket) -> TraceId {
        let digest = super::super::digest(&format!("{tool} {packet:?}"));
        TraceId(digest.chars().take(8).collect())
    }
}

impl Argument for TraceId {
    fn as_argument(&self) -> String {
        self.0.clone()
    }
}

/// `TCP 192.0.2.9 → 192.0.2.1 port 22`.
impl fmt::Display for SentPacket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.protocol() {
            SentProtocol::Tcp => "TCP",
            SentProtocol::Udp => "UDP",
            SentProtocol::Icmp | SentProtocol::Icmpv6 => "ICMP echo",
        };
        write!(out, "{name} {} → {}", self.source, self.destination)?;
        match self.ports() {
            Some((_, port)) => write!(out, " port {port}"),
            None => Ok(()),
        }
    }
}

/// A rule that matched, or the policy of a chain, as the simulation foretold or the kernel told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TracedStep {
    /// `filter`; of nft's own tables with their family, `inet filter`.
    pub table: String,
    pub chain: String,
    /// The rule's place in its chain, from 1; `None` for the policy.
    pub rule: Option<usize>,
    /// `None`: it was not told, and does not follow from the rule.
    pub verdict: Option<StepVerdict>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum StepVerdict {
    /// Also of a translation, which lets the packet pass.
    Accept,
    /// Also of REJECT.
    Drop,
    Return,
    /// On to the next rule.
    Continue,
    Jump {
        chain: String,
    },
    Goto {
        chain: String,
    },
    /// In the kernel's own words.
    Other {
        word: String,
    },
}

/// A step that the simulation foretold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForetoldStep {
    pub hook: String,
    pub step: TracedStep,
    /// From here on it is not known for sure.
    pub in_doubt: bool,
}

/// What the job compares the kernel's word with. The plan made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TraceSpec {
    pub tool: Tool,
    pub packet: SentPacket,
    /// The rules without that of the trace, canonical.
    pub rules: String,
    /// The interface by which the packet was foretold to come.
    pub interface: Option<String>,
    pub foretold: Vec<ForetoldStep>,
}

/// How the packet went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Traced {
    pub at: Timestamp,
    pub comparison: Comparison,
    /// What may be the reason where they differ or the kernel saw nothing.
    pub why: Vec<Phrase>,
    pub rows: Vec<TracedRow>,
}

/// A step as it was foretold, and as the kernel told it. Open policies of chains without rules, which
/// decide nothing, are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TracedRow {
    pub foretold: Option<ForetoldStep>,
    pub kernel: Option<TracedStep>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Comparison {
    /// In every step.
    Agrees,
    /// As far as the simulation was sure; what follows only the kernel tells.
    AgreesSoFar,
    Differs {
        /// The first row that differs, from 0.
        row: usize,
    },
    /// The kernel saw no such packet.
    Nothing,
}

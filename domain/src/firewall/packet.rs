//! The packet that a trace follows.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::test::Protocol;

/// Which way it takes through the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the network to a process of this node.
    In,
    /// From the network to the network.
    Forward,
    /// From a process of this node.
    Out,
}

/// As connection tracking sees the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    New,
    Established,
    Related,
    Invalid,
    Untracked,
}

/// What lies behind the IP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    Tcp {
        source: u16,
        destination: u16,
        flags: u8,
    },
    Udp {
        source: u16,
        destination: u16,
    },
    Icmp {
        kind: u8,
        code: u8,
    },
    /// Any other protocol: its ports, if it has some, are not looked at.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packet {
    pub direction: Direction,
    /// `None`: not said, so a rule that asks is unknown.
    pub in_interface: Option<String>,
    pub out_interface: Option<String>,
    pub source: IpAddr,
    pub destination: IpAddr,
    pub protocol: Protocol,
    pub transport: Transport,
    pub state: ConnectionState,
    pub mark: u32,
}

pub(super) const FIN: u8 = 0x01;
pub(super) const SYN: u8 = 0x02;
pub(super) const RST: u8 = 0x04;
pub(super) const PSH: u8 = 0x08;
pub(super) const ACK: u8 = 0x10;
pub(super) const URG: u8 = 0x20;

impl Packet {
    /// The first packet of a TCP connection.
    pub fn syn(direction: Direction, from: (IpAddr, u16), to: (IpAddr, u16)) -> Packet {
        Packet {
            direction,
            in_interface: None,
            out_interface: None,
            source: from.0,
            destination: to.0,
            protocol: Protocol::TCP,
            transport: Transport::Tcp { source: from.1, destination: to.1, flags: SYN },
            state: ConnectionState::New,
            mark: 0,
        }
    }

    pub(super) fn source_port(&self) -> Option<u16> {
        match self.transport {
            Transport::Tcp { source, .. } | Transport::Udp { source, .. } => Some(source),
            Transport::Icmp { .. } | Transport::Other => None,
        }
    }

    pub(super) fn destination_port(&self) -> Option<u16> {
        match self.transport {
            Transport::Tcp { destination, .. } | Transport::Udp { destination, .. } => {
                Some(destination)
            }
            Transport::Icmp { .. } | Transport::Other => None,
        }
    }

    pub(super) fn set_source_port(&mut self, port: u16) {
        if let Transport::Tcp { source, .. } | Transport::Udp { source, .. } = &mut self.transport {
            *source = port;
        }
    }

    pub(super) fn set_destination_port(&mut self, port: u16) {
        if let Transport::Tcp { destination, .. } | Transport::Udp { destination, .. } =
            &mut self.transport
        {
            *destination = port;
        }
    }
}

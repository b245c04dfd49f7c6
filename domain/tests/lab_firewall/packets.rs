//! Packets made at random: as the trace takes them, and as bytes.

use std::net::{IpAddr, Ipv4Addr};

use signalbox_domain::firewall::{ConnectionState, Direction, Packet, Protocol, Transport};

use super::random::Random;
use super::rules::PORTS;
use super::wire::{CLIENTS, From, ROUTER, SERVERS, TTL};

/// A packet and how to send it.
pub(crate) struct Probe {
    pub(crate) packet: Packet,
    pub(crate) from: From,
    pub(crate) bytes: Vec<u8>,
    pub(crate) id: u16,
    /// Packets that make the connection it is part of, sent before the rules are there.
    pub(crate) before: Vec<(From, Vec<u8>)>,
}

const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// Makes packets whose numbers do not repeat soon.
pub(crate) struct Maker<'a> {
    random: &'a mut Random,
    next_id: u16,
    next_port: u16,
}

/// From where to where a packet goes.
#[derive(Clone, Copy)]
struct Way {
    direction: Direction,
    from: From,
    source: Ipv4Addr,
    destination: Ipv4Addr,
    out: &'static str,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(random: &'a mut Random) -> Maker<'a> {
        Maker { random, next_id: 0, next_port: 0 }
    }

    pub(crate) fn random(&mut self) -> &mut Random {
        self.random
    }

    pub(crate) fn probe(&mut self) -> Probe {
        match self.random.below(12) {
            0 => self.invalid(),
            1..4 => self.established(),
            4 => self.related(),
            _ => self.new_connection(),
        }
    }

    fn new_connection(&mut self) -> Probe {
        let way = self.way();
        let transport = self.transport(SYN);
        self.finish(way, transport, ConnectionState::New, Vec::new(), &[])
    }

    /// Flags that no connection has, or an answer that nobody asked for.
    fn invalid(&mut self) -> Probe {
        let way = self.way();
        let flags = self.random.pick(&[0, 0x03, 0x29, 0x3f, 0x04]);
        let transport = match self.random.chance(75) {
            true => self.tcp(flags),
            false => Transport::Icmp { kind: 0, code: 0 },
        };
        self.finish(way, transport, ConnectionState::Invalid, Vec::new(), &[])
    }

    /// One of a connection that was opened and answered while all rules were open.
    fn established(&mut self) -> Probe {
        let way = self.way();
        let back = reversed(way);
        let crosses = way.direction == Direction::Forward;
        let opening = if crosses && self.random.chance(60) { self.tcp(SYN) } else { self.udp() };
        let answer = answered(opening);
        let before = vec![
            (way.from, self.bytes(way, opening, &[])),
            (back.from, self.bytes(back, answer, &[])),
        ];
        let (way, transport) = match self.random.chance(50) {
            true => (way, followed(opening)),
            false => (back, followed(answer)),
        };
        self.finish(way, transport, ConnectionState::Established, before, &[])
    }

    /// An error about a packet that was sent: ICMP, with that packet's beginning.
    fn related(&mut self) -> Probe {
        let way = self.way();
        let opening = self.udp();
        let bytes = self.bytes(way, opening, &[]);
        let error = Transport::Icmp { kind: 3, code: self.random.pick(&[1, 3]) };
        let cause = bytes[..28].to_vec();
        self.finish(reversed(way), error, ConnectionState::Related, vec![(way.from, bytes)], &cause)
    }

    fn way(&mut self) -> Way {
        let (client, server) = (self.random.pick(&CLIENTS), self.random.pick(&SERVERS));
        let own = self.random.pick(&ROUTER);
        let way = |direction, from, source, destination, out| Way {
            direction,
            from,
            source,
            destination,
            out,
        };
        match self.random.below(8) {
            0..3 => way(Direction::Forward, From::West, client, server, "east"),
            3 => way(Direction::Forward, From::East, server, client, "west"),
            4 => way(Direction::In, From::West, client, own, ""),
            5 => way(Direction::In, From::East, server, own, ""),
            6 => way(Direction::Out, From::Router, own, client, "west"),
            _ => way(Direction::Out, From::Router, own, server, "east"),
        }
    }

    fn transport(&mut self, flags: u8) -> Transport {
        match self.random.below(10) {
            0..5 => self.tcp(flags),
            5..8 => self.udp(),
            _ => Transport::Icmp { kind: 8, code: 0 },
        }
    }

    /// Each port is used once until all were, so no connection meets another.
    fn port(&mut self) -> u16 {
        self.next_port = (self.next_port + 7919) % 40_000;
        20_000 + self.next_port
    }

    fn tcp(&mut self, flags: u8) -> Transport {
        Transport::Tcp { source: self.port(), destination: self.random.pick(&PORTS), flags }
    }

    fn udp(&mut self) -> Transport {
        Transport::Udp { source: self.port(), destination: self.random.pick(&PORTS) }
    }

    fn finish(
        &mut self,
        way: Way,
        transport: Transport,
        state: ConnectionState,
        before: Vec<(From, Vec<u8>)>,
        cause: &[u8],
    ) -> Probe {
        let bytes = self.bytes(way, transport, cause);
        let in_interface = match way.from {
            From::West => Some("west".to_owned()),
            From::East => Some("east".to_owned()),
            From::Router => None,
        };
        let packet = Packet {
            direction: way.direction,
            in_interface,
            out_interface: (!way.out.is_empty()).then(|| way.out.to_owned()),
            source: IpAddr::V4(way.source),
            destination: IpAddr::V4(way.destination),
            protocol: Protocol(number(transport)),
            transport,
            state,
            mark: 0,
        };
        Probe { packet, from: way.from, bytes, id: self.next_id, before }
    }

    fn bytes(&mut self, way: Way, transport: Transport, cause: &[u8]) -> Vec<u8> {
        // The kernel puts its own number in place of 0.
        self.next_id = self.next_id % 60_000 + 1;
        let behind = behind_ip(way, transport, self.next_id, cause);
        let length = u16::try_from(20 + behind.len()).unwrap();
        let mut bytes = vec![0x45, 0];
        bytes.extend(length.to_be_bytes());
        bytes.extend(self.next_id.to_be_bytes());
        bytes.extend([0, 0, TTL, number(transport), 0, 0]);
        bytes.extend(way.source.octets());
        bytes.extend(way.destination.octets());
        let sum = checksum(&bytes);
        bytes[10..12].copy_from_slice(&sum);
        bytes.extend(behind);
        bytes
    }
}

fn reversed(way: Way) -> Way {
    let (direction, from, out) = match (way.direction, way.from, way.out) {
        (Direction::Forward, From::West, _) => (Direction::Forward, From::East, "west"),
        (Direction::Forward, ..) => (Direction::Forward, From::West, "east"),
        (Direction::In, From::West, _) => (Direction::Out, From::Router, "west"),
        (Direction::In, ..) => (Direction::Out, From::Router, "east"),
        (Direction::Out, _, "west") => (Direction::In, From::West, ""),
        (Direction::Out, ..) => (Direction::In, From::East, ""),
    };
    Way { direction, from, source: way.destination, destination: way.source, out }
}

fn answered(opening: Transport) -> Transport {
    match opening {
        Transport::Tcp { source, destination, .. } => {
            Transport::Tcp { source: destination, destination: source, flags: SYN | ACK }
        }
        Transport::Udp { source, destination } => {
            Transport::Udp { source: destination, destination: source }
        }
        other => other,
    }
}

fn followed(transport: Transport) -> Transport {
    match transport {
        Transport::Tcp { source, destination, .. } => {
            Transport::Tcp { source, destination, flags: ACK }
        }
        other => other,
    }
}

fn number(transport: Transport) -> u8 {
    match transport {
        Transport::Tcp { .. } => 6,
        Transport::Udp { .. } => 17,
        Transport::Icmp { .. } | Transport::Other => 1,
    }
}

fn behind_ip(way: Way, transport: Transport, id: u16, cause: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    match transport {
        Transport::Tcp { source, destination, flags } => {
            bytes.extend([source.to_be_bytes(), destination.to_be_bytes()].concat());
            // Each side begins at 1000, so that every packet fits the connection's window.
            let sequence: u32 = if flags & SYN == 0 { 1001 } else { 1000 };
            let seen: u32 = if flags & ACK == 0 { 0 } else { 1001 };
            bytes.extend([sequence.to_be_bytes(), seen.to_be_bytes()].concat());
            bytes.extend([0x50, flags, 0x20, 0, 0, 0, 0, 0]);
            let sum = checksum(&[pseudo_header(way, 6, 20), bytes.clone()].concat());
            bytes[16..18].copy_from_slice(&sum);
        }
        Transport::Udp { source, destination } => {
            bytes.extend([source.to_be_bytes(), destination.to_be_bytes()].concat());
            bytes.extend([0, 12, 0, 0, 1, 2, 3, 4]);
        }
        Transport::Icmp { kind, code } => {
            bytes.extend([kind, code, 0, 0]);
            bytes.extend(if cause.is_empty() { id.to_be_bytes() } else { [0, 0] });
            bytes.extend([0, 0]);
            bytes.extend(cause);
            let sum = checksum(&bytes);
            bytes[2..4].copy_from_slice(&sum);
        }
        Transport::Other => {}
    }
    bytes
}

fn pseudo_header(way: Way, protocol: u8, length: u16) -> Vec<u8> {
    let mut bytes = [way.source.octets(), way.destination.octets()].concat();
    bytes.extend([0, protocol]);
    bytes.extend(length.to_be_bytes());
    bytes
}

/// RFC 1071.
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let words =
        bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!u16::try_from(sum).unwrap()).to_be_bytes()
}

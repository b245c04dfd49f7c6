//! What the fleet needs a node's rules to let through, and how that is seen on the real node.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::packet::{ConnectionState, Direction, Packet, Transport};
use super::reading::ConsoleLine;
use super::test::Protocol;
use super::view::OwnAddress;
use crate::ids::NodeId;
use crate::lvs::{self, Target};
use crate::nodes::{NodeRecord, Observed};
use crate::phrase::Phrase;
use crate::vrrp::InstanceConf;
use crate::vrrp::packet_filter::advert_protocol;

/// A packet that must get through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    pub kind: NeedKind,
    pub title: Phrase,
    pub packet: Packet,
    /// A real connection that tells whether it does: from this node to that address.
    pub proof: Option<Proof>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NeedKind {
    /// The console's own way in.
    Console,
    Vrrp,
    Replication,
    /// A director's service, or its way to a real server.
    Lvs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    pub from: NodeId,
    pub to: (IpAddr, u16),
}

pub type Nodes = BTreeMap<NodeId, (NodeRecord, Observed)>;

/// A port that a client might choose.
const CLIENT_PORT: u16 = 40_000;

/// What `node` must let through, as far as the fleet is seen.
pub fn of(node: NodeId, nodes: &Nodes, line: Option<ConsoleLine>) -> Vec<Need> {
    let Some((_, observed)) = nodes.get(&node) else { return Vec::new() };
    let own = own_addresses(observed);
    let mut needs: Vec<Need> = line.iter().flat_map(|line| console(line, &own)).collect();
    let confs = observed.vrrp_conf.iter().flat_map(|fact| &fact.value);
    needs.extend(confs.flat_map(|conf| adverts(node, conf, nodes)));
    needs.extend(replication(node, nodes));
    needs.extend(real_servers(node, nodes));
    needs
}

/// The node's addresses with their interfaces.
pub fn own_addresses(observed: &Observed) -> Vec<OwnAddress> {
    let addresses = observed.addresses.iter().flat_map(|fact| &fact.value);
    addresses
        .map(|own| OwnAddress {
            address: own.address,
            prefix_len: own.prefix_len,
            interface: own.interface.to_string(),
        })
        .collect()
}

/// A new connection of the console, and the answer to it: one that is established tells nothing.
/// A new SSH connection from the console, as the node sees it.
pub fn way_in(line: &ConsoleLine, own: &[OwnAddress]) -> Packet {
    let mut packet = Packet::syn(Direction::In, (line.from, CLIENT_PORT), (line.to, line.port));
    packet.in_interface = consoles_interface(line, own);
    packet
}

fn consoles_interface(line: &ConsoleLine, own: &[OwnAddress]) -> Option<String> {
    own.iter().find(|own| own.address == line.to).map(|own| own.interface.clone())
}

pub(super) fn console(line: &ConsoleLine, own: &[OwnAddress]) -> [Need; 2] {
    let mut answer = Packet::syn(Direction::Out, (line.to, line.port), (line.from, CLIENT_PORT));
    answer.state = ConnectionState::Established;
    answer.out_interface = consoles_interface(line, own);
    let port = line.port;
    let need = |title, packet| Need { kind: NeedKind::Console, title, packet, proof: None };
    [
        need(
            Phrase::new(
                format!("A new SSH connection from the console ({} to port {port})", line.from),
                format!("控制台的新 SSH 连接（{} 到端口 {port}）", line.from),
            ),
            way_in(line, own),
        ),
        need(Phrase::new("Answers to the console's SSH", "对控制台 SSH 的应答"), answer),
    ]
}

/// Adverts from and to every other director of the same address.
fn adverts(node: NodeId, conf: &InstanceConf, nodes: &Nodes) -> Vec<Need> {
    let peers =
        nodes.iter().filter(|(id, _)| **id != node).filter_map(|(_, (record, observed))| {
            let confs = observed.vrrp_conf.as_ref()?;
            let its = confs.value.iter().find(|its| {
                its.vrid == conf.vrid
                    && its
                        .virtual_addresses
                        .iter()
                        .any(|v| conf.virtual_addresses.iter().any(|own| own.address == v.address))
            })?;
            let address = address_on(observed, its.interface.as_str(), conf)?;
            Some((record.name.to_string(), address))
        });
    let own = nodes
        .get(&node)
        .and_then(|(_, observed)| address_on(observed, conf.interface.as_str(), conf));
    peers
        .flat_map(|(peer, address)| own.map(|own| pair(conf, &peer, own, address)))
        .flatten()
        .collect()
}

/// An advert that comes from a peer, and one that goes to it.
pub(crate) fn pair(conf: &InstanceConf, peer: &str, own: IpAddr, theirs: IpAddr) -> [Need; 2] {
    let group: IpAddr = match own {
        IpAddr::V4(_) => IpAddr::from([224, 0, 0, 18]),
        IpAddr::V6(_) => IpAddr::from([0xff02, 0, 0, 0, 0, 0, 0, 0x12]),
    };
    let unicast = !conf.unicast_peers.is_empty();
    let interface = Some(conf.interface.to_string());
    let advert = |direction, source, destination| Packet {
        direction,
        in_interface: interface.clone().filter(|_| direction == Direction::In),
        out_interface: interface.clone().filter(|_| direction == Direction::Out),
        source,
        destination,
        protocol: Protocol(advert_protocol(conf)),
        transport: Transport::Other,
        // Connection tracking sees each advert of a silent peer as new.
        state: ConnectionState::New,
        mark: 0,
    };
    let need = |title, packet| Need { kind: NeedKind::Vrrp, title, packet, proof: None };
    let name = &conf.name;
    [
        need(
            Phrase::new(
                format!("VRRP adverts of {name} from {peer}"),
                format!("来自 {peer} 的 {name} VRRP 通告"),
            ),
            advert(Direction::In, theirs, if unicast { own } else { group }),
        ),
        need(
            Phrase::new(
                format!("VRRP adverts of {name} to {peer}"),
                format!("发往 {peer} 的 {name} VRRP 通告"),
            ),
            advert(Direction::Out, own, if unicast { theirs } else { group }),
        ),
    ]
}

/// The address that adverts of the instance come from: the first of its family on the interface
/// that is not itself virtual.
pub(crate) fn address_on(
    observed: &Observed,
    interface: &str,
    conf: &InstanceConf,
) -> Option<IpAddr> {
    let v6 = conf.virtual_addresses.first()?.address.is_ipv6();
    let addresses = &observed.addresses.as_ref()?.value;
    let is_virtual = |address: IpAddr| conf.virtual_addresses.iter().any(|v| v.address == address);
    let on = addresses.iter().filter(|own| own.interface.as_str() == interface);
    on.map(|own| own.address).find(|address| address.is_ipv6() == v6 && !is_virtual(*address))
}

/// Connections of replicas to their sources, on both.
fn replication(node: NodeId, nodes: &Nodes) -> Vec<Need> {
    let replicas = nodes.iter().filter_map(|(id, (record, observed))| {
        Some((*id, record, observed, observed.engine.as_ref()?))
    });
    let mut needs = Vec::new();
    for (id, record, observed, engine) in replicas {
        for source in &engine.value.sources {
            let Ok(address) = source.host.parse::<IpAddr>() else { continue };
            let Some(from) = near(observed, address) else { continue };
            let Some(serving) = owner(nodes, address) else { continue };
            let direction = match node {
                _ if node == serving => Direction::In,
                _ if node == id => Direction::Out,
                _ => continue,
            };
            let interface = nodes.get(&node).and_then(|(_, on)| match direction {
                Direction::In => interface_of(on, address),
                _ => interface_of(on, from),
            });
            let to = (address, source.port);
            let name = &record.name;
            needs.push(Need {
                kind: NeedKind::Replication,
                title: Phrase::new(
                    format!("Replication of {name} from {address} port {}", source.port),
                    format!("{name} 从 {address} 端口 {} 的复制", source.port),
                ),
                packet: with_interface(Packet::syn(direction, (from, CLIENT_PORT), to), interface),
                proof: Some(Proof { from: id, to }),
            });
        }
    }
    needs
}

/// Connections of directors to real servers in NAT, and to services on real servers in DR and TUN,
/// which arrive with the virtual address.
fn real_servers(node: NodeId, nodes: &Nodes) -> Vec<Need> {
    let mut needs = Vec::new();
    for (id, (record, observed)) in nodes {
        let tables = observed.lvs_conf.iter().chain(&observed.lvs).map(|fact| &fact.value);
        for (address, port) in checked(tables) {
            let Some(serving) = owner(nodes, address) else { continue };
            let Some(from) = near(observed, address) else { continue };
            let direction = match node {
                _ if node == serving => Direction::In,
                _ if node == *id => Direction::Out,
                _ => continue,
            };
            let interface = nodes.get(&node).and_then(|(_, on)| match direction {
                Direction::In => interface_of(on, address),
                _ => interface_of(on, from),
            });
            let director = &record.name;
            needs.push(Need {
                kind: NeedKind::Lvs,
                title: Phrase::new(
                    format!("{director} to real server {address} port {port}"),
                    format!("{director} 到真实服务器 {address} 端口 {port}"),
                ),
                packet: with_interface(
                    Packet::syn(direction, (from, CLIENT_PORT), (address, port)),
                    interface,
                ),
                proof: Some(Proof { from: *id, to: (address, port) }),
            });
        }
    }
    needs
}

/// The real servers' addresses of TCP services, each once.
fn checked<'a>(tables: impl Iterator<Item = &'a lvs::Table>) -> Vec<(IpAddr, u16)> {
    let services = tables.flat_map(|table| &table.services).filter(|service| {
        matches!(service.target, Target::Address { protocol: lvs::Protocol::Tcp, .. })
    });
    let mut servers: Vec<(IpAddr, u16)> = services
        .flat_map(|service| &service.real_servers)
        .map(|server| (server.address, server.port))
        .collect();
    servers.sort_unstable();
    servers.dedup();
    servers
}

fn owner(nodes: &Nodes, address: IpAddr) -> Option<NodeId> {
    let has = |observed: &Observed| interface_of(observed, address).is_some();
    nodes.iter().find(|(_, (_, observed))| has(observed)).map(|(id, _)| *id)
}

fn interface_of(observed: &Observed, address: IpAddr) -> Option<String> {
    let own = observed.addresses.as_ref()?.value.iter().find(|own| own.address == address)?;
    (own.interface.as_str() != "lo").then(|| own.interface.to_string())
}

/// The node's address in the network of another.
fn near(observed: &Observed, address: IpAddr) -> Option<IpAddr> {
    let own = &observed.addresses.as_ref()?.value;
    own.iter()
        .filter(|own| own.up)
        .find(|own| same_network(own.address, address, own.prefix_len))
        .map(|own| own.address)
}

pub(crate) fn same_network(a: IpAddr, b: IpAddr, prefix_len: u8) -> bool {
    let differ = |a: u128, b: u128, bits: u8| {
        let host = u32::from(bits.saturating_sub(prefix_len));
        (a ^ b).checked_shr(host).unwrap_or(0) != 0
    };
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => !differ(a.to_bits().into(), b.to_bits().into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => !differ(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}

fn with_interface(mut packet: Packet, interface: Option<String>) -> Packet {
    match packet.direction {
        Direction::Out => packet.out_interface = interface,
        Direction::In | Direction::Forward => packet.in_interface = interface,
    }
    packet
}

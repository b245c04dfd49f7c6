//! Lines: each virtual service from its clients to the machines that answer.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use super::engine_stations::stations;
use super::picture::{Picture, Seen};
use super::{Director, Leg, Line, Points};
use crate::ids::NodeId;
use crate::keyed::Named;
use crate::lvs::{Forwarding, Protocol, RealServer, Target, VirtualService};
use crate::nodes::LinkState;
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::vrrp::{Holder, InstanceView};

/// One line per virtual service that a director's table or configuration has. Services by firewall
/// mark have no address of their own and are no line.
pub(super) fn lines(picture: &Picture) -> Vec<Line> {
    let mut lines: Vec<Line> =
        services(picture).iter().map(|(key, directors)| line(picture, *key, directors)).collect();
    lines.sort_by(Line::compare);
    lines
}

pub(super) type Key = (Protocol, SocketAddr);

/// Which directors have which service.
fn services(picture: &Picture) -> BTreeMap<Key, BTreeSet<NodeId>> {
    let mut found: BTreeMap<Key, BTreeSet<NodeId>> = BTreeMap::new();
    for node in picture.nodes() {
        let table = node.observed.lvs.iter().flat_map(|fact| &fact.value.services);
        let conf = node.observed.lvs_conf.iter().flat_map(|fact| &fact.value.services);
        for VirtualService { target, .. } in table.chain(conf) {
            if let Target::Address { protocol, address } = target {
                found.entry((*protocol, *address)).or_default().insert(node.record.id);
            }
        }
    }
    found
}

fn line(picture: &Picture, key: Key, directors: &BTreeSet<NodeId>) -> Line {
    let (protocol, address) = key;
    let instance = picture.instance_of(address.ip());
    let holder = instance.and_then(|instance| match &instance.holder {
        Holder::One { node } => Some(*node),
        _ => None,
    });
    // Without a holder any director's table shows how the legs are.
    let teller = holder
        .filter(|holder| directors.contains(holder))
        .or_else(|| directors.iter().copied().find(|id| is_current(picture, *id)))
        .or_else(|| directors.first().copied())
        .and_then(|id| picture.node(id));
    let service = teller.and_then(|node| service_of(node, key));
    let legs = teller.map(|node| legs(picture, node, key)).unwrap_or_default();
    let engines = stations(picture, &legs);
    let points = instance.map(|instance| points(picture, instance));

    let moving = points.as_ref().is_some_and(|points| points.moving.is_some());
    let way = match (moving, instance) {
        (true, _) => Signal::Transit,
        (false, Some(instance)) => instance.signal,
        (false, None) if teller.is_some_and(|node| node.observed.is_current(picture.now)) => {
            Signal::Clear
        }
        (false, None) => Signal::Unknown,
    };
    let behind = match legs.is_empty() {
        true => Signal::Danger,
        false => Signal::worst(legs.iter().map(|leg| leg.signal)),
    };
    let replicas = engines.iter().map(|engine| engine.signal);
    Line {
        id: id(key),
        vip: address.ip(),
        port: address.port(),
        protocol,
        signal: Signal::worst([way, behind].into_iter().chain(replicas)),
        points,
        scheduler: service.map(|service| service.scheduler.clone()).unwrap_or_default(),
        forwarding: service
            .and_then(|service| {
                service.real_servers.iter().find(|s| s.forwarding != Forwarding::Local)
            })
            .map(|server| server.forwarding),
        active_connections: legs.iter().map(|leg| leg.active_connections).sum(),
        connections_per_s: teller.and_then(|node| connections_per_s(node, key)),
        legs,
        engines,
    }
}

/// `tcp/192.168.1.200:80`
pub(super) fn id((protocol, address): Key) -> String {
    let protocol = match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
        Protocol::Sctp => "sctp",
    };
    format!("{protocol}/{address}")
}

pub(super) fn service_of<'a>(
    node: Seen<'a>,
    (protocol, address): Key,
) -> Option<&'a VirtualService> {
    let services = &node.observed.lvs.as_ref()?.value.services;
    services.iter().find(|service| service.target == Target::Address { protocol, address })
}

/// New connections, to the nearest whole one.
fn connections_per_s(node: Seen, (protocol, address): Key) -> Option<u64> {
    let traffic = &node.observed.lvs_traffic.as_ref()?.value;
    let target = Target::Address { protocol, address };
    let service = traffic.iter().find(|service| service.target == target)?;
    Some(service.rates?.connections_per_s.round() as u64)
}

fn is_current(picture: &Picture, id: NodeId) -> bool {
    picture.node(id).is_some_and(|node| node.observed.is_current(picture.now))
}

fn points(picture: &Picture, instance: &InstanceView) -> Points {
    let moving = picture.moving(&instance.id).map(|job| job.id);
    Points {
        instance: instance.id.clone(),
        holder: instance.holder.clone(),
        moving,
        directors: instance
            .members
            .iter()
            .map(|member| Director {
                node: member.node,
                name: member.node_name.clone(),
                priority: member
                    .said
                    .as_ref()
                    .map_or(member.conf.priority, |said| said.value.effective_priority),
                state: member.said.as_ref().map(|said| said.value.state),
                signal: match (member.stale, moving) {
                    (true, _) => Signal::Unknown,
                    (false, Some(_)) => Signal::Transit,
                    (false, None) if instance.signal == Signal::Danger => Signal::Danger,
                    (false, None) => Signal::Clear,
                },
            })
            .collect(),
    }
}

/// The servers of the director's table, and those of its keepalived.conf that a failed check took
/// out of it.
fn legs(picture: &Picture, director: Seen, key: Key) -> Vec<Leg> {
    let listed = service_of(director, key).map(|s| s.real_servers.as_slice()).unwrap_or_default();
    let configured = director
        .observed
        .lvs_conf
        .iter()
        .flat_map(|fact| &fact.value.services)
        .find(|conf| conf.target == Target::Address { protocol: key.0, address: key.1 })
        .map(|conf| conf.real_servers.as_slice())
        .unwrap_or_default();
    let mut legs: Vec<Leg> =
        listed.iter().map(|server| listed_leg(picture, director, key, server)).collect();
    for server in configured {
        let has = |leg: &Leg| leg.address == server.address && leg.port == server.port;
        // The table itself must have been seen for a server to be missing from it.
        if !legs.iter().any(has) && director.observed.lvs.is_some() {
            legs.push(missing_leg(picture, director, server));
        }
    }
    legs.sort_by(Leg::compare);
    legs
}

fn listed_leg(picture: &Picture, director: Seen, key: Key, server: &RealServer) -> Leg {
    let node = picture.owner(server.address);
    let name = name_of(node, server.address);
    let (signal, reason) = judge(picture, director, key, server, node, &name);
    Leg {
        node: node.map(|node| node.record.id),
        name,
        address: server.address,
        port: server.port,
        weight: server.weight,
        active_connections: server.active_connections,
        signal,
        reason,
    }
}

fn missing_leg(picture: &Picture, director: Seen, server: &RealServer) -> Leg {
    let node = picture.owner(server.address);
    let name = name_of(node, server.address);
    let director = &director.record.name;
    Leg {
        node: node.map(|node| node.record.id),
        reason: Some(Phrase::new(
            format!("{director} took {name} out: its check fails"),
            format!("{director} 已摘除 {name}：健康检查失败"),
        )),
        name,
        address: server.address,
        port: server.port,
        weight: 0,
        active_connections: 0,
        signal: Signal::Danger,
    }
}

/// What the director's table says, held against what the real server itself shows.
fn judge(
    picture: &Picture,
    director: Seen,
    (protocol, vip): Key,
    server: &RealServer,
    node: Option<Seen>,
    name: &str,
) -> (Signal, Option<Phrase>) {
    let danger = |en: String, zh: String| (Signal::Danger, Some(Phrase::new(en, zh)));
    let unknown = |en: String, zh: String| (Signal::Unknown, Some(Phrase::new(en, zh)));
    if !director.observed.is_current(picture.now) {
        let director = &director.record.name;
        return unknown(format!("{director} cannot be seen"), format!("{director} 不可见"));
    }
    let weight = || match server.weight {
        0 => (
            Signal::Caution,
            Some(Phrase::new(format!("{name} has weight 0"), format!("{name} 的权重为 0"))),
        ),
        _ => (Signal::Clear, None),
    };
    // A machine that is not managed shows only what the director's checks say of it.
    let Some(node) = node else { return weight() };
    if !node.observed.is_current(picture.now) {
        return match node.observed.link.state {
            LinkState::Connecting => {
                unknown(format!("{name} has not been seen yet"), format!("尚未观察到 {name}"))
            }
            _ => unknown(format!("{name} cannot be seen"), format!("{name} 不可见")),
        };
    }
    let observed = node.observed;
    let listens = observed.listeners.as_ref().map(|listeners| {
        listeners.value.iter().any(|listener| {
            listener.port == server.port
                && (listener.address.is_unspecified()
                    || listener.address == server.address
                    || listener.address == vip.ip())
        })
    });
    if protocol == Protocol::Tcp && listens == Some(false) {
        let port = server.port;
        return danger(
            format!("nothing on {name} listens on port {port}"),
            format!("{name} 的端口 {port} 没有监听"),
        );
    }
    let has_vip = observed
        .addresses
        .as_ref()
        .map(|addresses| addresses.value.iter().any(|own| own.address == vip.ip()));
    if matches!(server.forwarding, Forwarding::Dr | Forwarding::Tun) && has_vip == Some(false) {
        let vip = vip.ip();
        return danger(
            format!("{name} does not have {vip}, which direct routing needs"),
            format!("{name} 上没有 {vip}，直接路由需要它"),
        );
    }
    weight()
}

fn name_of(node: Option<Seen>, address: std::net::IpAddr) -> String {
    node.map_or_else(|| address.to_string(), |node| node.record.name.to_string())
}

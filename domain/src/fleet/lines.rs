//! One line per virtual service: clients, virtual address, points, service, the machines behind.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::model::{Director, EngineStation, Leg, Line, Points};
use super::stations;
use crate::ids::{JobId, NodeId};
use crate::lvs::{Protocol, RealServer, Table, Target, VirtualService};
use crate::nodes::{LinkState, NodeRecord, Observed};
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;
use crate::vrrp::{Holder, InstanceName, InstanceView, MemberView, VrrpState, VrrpView};

type Nodes = BTreeMap<NodeId, (NodeRecord, Observed)>;

/// What one looks at to draw the lines.
pub(super) struct Scene<'a> {
    pub nodes: &'a Nodes,
    pub vrrp: &'a VrrpView,
    /// Instances that a job is moving.
    pub moving: &'a BTreeMap<InstanceName, JobId>,
    pub now: Timestamp,
}

/// All lines, worst first. Services by firewall mark have no address of their own and make none.
pub(super) fn lines(scene: &Scene) -> Vec<Line> {
    let mut services: BTreeSet<(Protocol, SocketAddr)> = BTreeSet::new();
    for (_, observed) in scene.nodes.values() {
        let tables = [observed.lvs.as_ref(), observed.lvs_conf.as_ref()];
        for service in tables.into_iter().flatten().flat_map(|fact| &fact.value.services) {
            if let Target::Address { protocol, address } = service.target {
                services.insert((protocol, address));
            }
        }
    }
    let mut lines: Vec<Line> =
        services.into_iter().map(|(protocol, address)| line(scene, protocol, address)).collect();
    lines.sort_by(|a, b| (a.signal, &a.id).cmp(&(b.signal, &b.id)));
    lines
}

fn line(scene: &Scene, protocol: Protocol, address: SocketAddr) -> Line {
    let instance = scene.vrrp.instances.iter().find(|instance| {
        instance.virtual_addresses.iter().any(|virtual_ip| virtual_ip.address == address.ip())
    });
    let target = Target::Address { protocol, address };
    let director = director_to_ask(scene, instance, &target);
    let live = director.and_then(|node| table(scene, node, |o| o.lvs.as_ref()));
    let configured = director.and_then(|node| table(scene, node, |o| o.lvs_conf.as_ref()));
    let live = live.and_then(|table| table.service(&target));
    let configured = configured.and_then(|table| table.service(&target));
    let stale = director.is_none_or(|node| is_stale(scene, node));
    let legs = legs(scene, live, configured, stale);
    let engines = stations::along(scene, &legs);
    let points = instance.map(|instance| points(scene, instance));
    let service = live.or(configured);
    Line {
        id: format!("{}/{address}", protocol.name()),
        vip: address.ip(),
        port: address.port(),
        protocol,
        signal: if stale { Signal::Unknown } else { judge(instance, &legs, &engines) },
        points,
        scheduler: service.map_or_else(String::new, |service| service.scheduler.clone()),
        forwarding: service
            .and_then(|service| service.real_servers.first())
            .map(|server| server.forwarding),
        active_connections: legs.iter().map(|leg| leg.active_connections).sum(),
        connections_per_s: None,
        legs,
        engines,
    }
}

/// The director whose table tells: the holder; without one, any that knows the service, a fresh
/// one if there is.
fn director_to_ask(
    scene: &Scene,
    instance: Option<&InstanceView>,
    target: &Target,
) -> Option<NodeId> {
    if let Some(InstanceView { holder: Holder::One { node }, .. }) = instance {
        return Some(*node);
    }
    let knows = |observed: &Observed| {
        [&observed.lvs, &observed.lvs_conf]
            .into_iter()
            .flatten()
            .any(|fact| fact.value.service(target).is_some())
    };
    let knowing = scene.nodes.iter().filter(|(_, (_, observed))| knows(observed));
    knowing.map(|(id, _)| *id).min_by_key(|id| (is_stale(scene, *id), *id))
}

fn table<'a>(
    scene: &Scene<'a>,
    node: NodeId,
    which: impl Fn(&'a Observed) -> Option<&'a crate::fact::Fact<Table>>,
) -> Option<&'a Table> {
    scene.nodes.get(&node).and_then(|(_, observed)| which(observed)).map(|fact| &fact.value)
}

fn is_stale(scene: &Scene, node: NodeId) -> bool {
    scene.nodes.get(&node).is_none_or(|(_, observed)| observed.is_stale(scene.now))
}

fn points(scene: &Scene, instance: &InstanceView) -> Points {
    let director = |member: &MemberView| {
        let state = member.state();
        Director {
            node: member.node,
            name: member.node_name.clone(),
            priority: state.map_or(member.conf.priority, |state| state.effective_priority),
            state: state.map(|state| state.state),
            signal: match state.map(|state| state.state) {
                Some(VrrpState::Master | VrrpState::Backup) => Signal::Clear,
                Some(VrrpState::Fault) => Signal::Danger,
                Some(VrrpState::Init) => Signal::Caution,
                None => Signal::Unknown,
            },
        }
    };
    Points {
        instance: instance.id.clone(),
        holder: instance.holder.clone(),
        moving: scene.moving.get(&instance.id).copied(),
        directors: instance.members.iter().map(director).collect(),
    }
}

/// The real servers of the table and, since keepalived takes a failed one out of it, those that
/// are configured and missing there.
fn legs(
    scene: &Scene,
    live: Option<&VirtualService>,
    configured: Option<&VirtualService>,
    stale: bool,
) -> Vec<Leg> {
    let servers = |service: Option<&VirtualService>| -> BTreeMap<(IpAddr, u16), RealServer> {
        let servers = service.into_iter().flat_map(|service| &service.real_servers);
        servers.map(|server| ((server.address, server.port), server.clone())).collect()
    };
    let (live, configured) = (servers(live), servers(configured));
    let keys: BTreeSet<_> = live.keys().chain(configured.keys()).copied().collect();
    keys.into_iter()
        .map(|key| leg(scene, key, live.get(&key), configured.get(&key), stale))
        .collect()
}

fn leg(
    scene: &Scene,
    (address, port): (IpAddr, u16),
    live: Option<&RealServer>,
    configured: Option<&RealServer>,
    stale: bool,
) -> Leg {
    let behind = scene.nodes.iter().find(|(_, (_, observed))| observed.answers_for(address));
    let (signal, reason) = if stale {
        (Signal::Unknown, None)
    } else {
        judge_leg(live, configured, behind.map(|(_, (_, observed))| observed), port, scene.now)
    };
    Leg {
        node: behind.map(|(id, _)| *id),
        name: behind
            .map_or_else(|| address.to_string(), |(_, (record, _))| record.name.to_string()),
        address,
        port,
        weight: live.map_or(0, |server| server.weight),
        active_connections: live.map_or(0, |server| server.active_connections),
        signal,
        reason,
    }
}

fn judge_leg(
    live: Option<&RealServer>,
    configured: Option<&RealServer>,
    server: Option<&Observed>,
    port: u16,
    now: Timestamp,
) -> (Signal, Option<Phrase>) {
    let Some(live) = live else {
        let reason = Phrase::new("taken out by its health check", "已被健康检查摘除");
        return (Signal::Danger, Some(reason));
    };
    if live.weight == 0 {
        return match configured {
            Some(configured) if configured.weight > 0 => (
                Signal::Danger,
                Some(Phrase::new("weight 0 by its health check", "健康检查已将权重置 0")),
            ),
            _ => (
                Signal::Caution,
                Some(Phrase::new("weight 0: no new connections", "权重 0：不接新连接")),
            ),
        };
    }
    match server {
        Some(server) if server.link.state != LinkState::Up || server.is_stale(now) => (
            Signal::Unknown,
            Some(Phrase::new("the console does not see this machine", "控制台无法观测该机器")),
        ),
        Some(server) if not_listening(server, port) => (
            Signal::Danger,
            Some(Phrase::new(
                format!("nothing listens on port {port}"),
                format!("端口 {port} 无监听"),
            )),
        ),
        _ => (Signal::Clear, None),
    }
}

fn not_listening(server: &Observed, port: u16) -> bool {
    let listeners = server.listeners.as_ref();
    listeners.is_some_and(|fact| fact.value.iter().all(|listener| listener.port != port))
}

/// A line with some legs down still carries traffic; with all of them down it does not.
fn judge(instance: Option<&InstanceView>, legs: &[Leg], engines: &[EngineStation]) -> Signal {
    let points = instance.map_or(Signal::Clear, |instance| instance.signal);
    let carrying = legs.iter().any(|leg| leg.signal != Signal::Danger);
    let behind = legs.iter().map(|leg| leg.signal).chain(engines.iter().map(|e| e.signal));
    let behind = match behind.min() {
        Some(Signal::Danger) if carrying => Signal::Caution,
        Some(worst) => worst,
        None => Signal::Danger,
    };
    points.min(behind)
}

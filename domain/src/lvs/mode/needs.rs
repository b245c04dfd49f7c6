//! What one real server lacks for the new method, and what it has that only the old one needed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::{MoveInput, Preparation, ServerFacts, Wish};
use crate::ids::NodeId;
use crate::lvs::explain::{Scene, ServerScene, ServerSeen};
use crate::lvs::{Forwarding, ServiceId, Table, Target};
use crate::nodes::{InterfaceAddress, NodeRecord, Observed};
use crate::phrase::Phrase;

/// A real server as some director uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub service: ServiceId,
    /// `None`: by firewall mark, which has any.
    pub address: Option<IpAddr>,
    pub server: SocketAddr,
    pub forwarding: Forwarding,
}

/// What services use, by the kernels' tables and the configurations, but for one service or one of its
/// real servers.
pub fn uses(
    nodes: &BTreeMap<NodeId, (NodeRecord, Observed)>,
    target: &Target,
    server: Option<SocketAddr>,
) -> Vec<Use> {
    let mut all = Vec::new();
    for (_, observed) in nodes.values() {
        let tables = [&observed.lvs, &observed.lvs_conf].into_iter().flatten();
        tables.for_each(|fact| of_table(&mut all, &fact.value));
    }
    let service = ServiceId::of(target);
    let goes = |used: &Use| used.service == service && server.is_none_or(|s| s == used.server);
    all.retain(|used| !goes(used));
    all
}

fn of_table(all: &mut Vec<Use>, table: &Table) {
    for service in &table.services {
        let address = match service.target {
            Target::Address { address, .. } => Some(address.ip()),
            Target::FirewallMark { .. } => None,
        };
        all.extend(service.real_servers.iter().map(|server| Use {
            service: ServiceId::of(&service.target),
            address,
            server: SocketAddr::new(server.address, server.port),
            forwarding: server.forwarding,
        }));
    }
}

pub(super) struct Needs<'a> {
    pub(super) server: &'a ServerScene,
    pub(super) facts: Option<&'a ServerFacts>,
    pub(super) wanted: Option<Preparation>,
    /// In the order in which they go.
    pub(super) stale: Vec<Preparation>,
    /// What stays of the old method, and why.
    pub(super) left: Vec<Phrase>,
}

impl<'a> Needs<'a> {
    pub(super) fn of(input: &'a MoveInput, wish: &Wish, server: &'a ServerScene) -> Needs<'a> {
        let facts = input.facts.get(&server.server.address);
        let facts = facts.and_then(|read| read.as_ref().ok()).map(|fact| &fact.value);
        let mut needs = Needs { server, facts, wanted: None, stale: Vec::new(), left: Vec::new() };
        let (Some(seen), Some(facts)) = (&server.seen, facts) else { return needs };
        needs.wanted = wanted(input, wish.forwarding, server, seen);
        // The route by which it answers, which was asked for, is not that of the service's port.
        let has_route = |wanted: &Preparation| {
            wish.forwarding == Forwarding::Nat && facts.prepared.contains(wanted)
        };
        needs.wanted = needs.wanted.filter(|wanted| !has_route(wanted));
        let address = input.path.address.ip();
        let socket = SocketAddr::new(server.server.address, server.server.port);
        let own = seen.addresses.as_ref().map_or(&[][..], |fact| &fact.value);
        let own: Vec<IpAddr> = own.iter().map(|own| own.address).collect();
        for prepared in &facts.prepared {
            if !serves(prepared, address, socket) || prepared.forwarding() == wish.forwarding {
                continue;
            }
            match needed(&input.uses, &own, prepared) {
                Some(service) => needs.left.push(Phrase::new(
                    format!("{} on {}: {service} needs it", prepared.unit(), server.name),
                    format!("{} 上的 {}：{service} 需要它", server.name, prepared.unit()),
                )),
                None if wish.keep_old => needs.left.push(Phrase::new(
                    format!("{} on {}, as asked", prepared.unit(), server.name),
                    format!("{} 上的 {}，按要求保留", server.name, prepared.unit()),
                )),
                None => needs.stale.push(*prepared),
            }
        }
        needs.not_ours(wish, address, seen);
        needs
    }

    /// An address that somebody else set stays: what it is for is not known here.
    fn not_ours(&mut self, wish: &Wish, address: IpAddr, seen: &ServerSeen) {
        let own = |on: &str, forwarding: Forwarding, prepared: Preparation| {
            let has = has_address(seen, address, on).is_some();
            let ours = self.facts.is_some_and(|facts| facts.prepared.contains(&prepared));
            (wish.forwarding != forwarding && has && !ours).then(|| on.to_owned())
        };
        let found = [
            own("lo", Forwarding::Dr, Preparation::Dr { address }),
            own("tunl0", Forwarding::Tun, Preparation::Tun { address }),
        ];
        let name = &self.server.name;
        for on in found.into_iter().flatten() {
            let file = self.facts.and_then(|facts| facts.named.first());
            let (en, zh) = match file {
                Some(file) => (format!("{file} has it"), format!("见 {file}")),
                None => ("Signalbox did not set it".to_owned(), "并非由 Signalbox 设置".to_owned()),
            };
            self.left.push(Phrase::new(
                format!("{address} on {on} of {name}: {en}"),
                format!("{name} 的 {on} 上的 {address}：{zh}"),
            ));
        }
    }
}

/// It is for the service or for its real server.
pub(super) fn serves(prepared: &Preparation, address: IpAddr, server: SocketAddr) -> bool {
    match prepared {
        Preparation::Dr { address: of } | Preparation::Tun { address: of } => *of == address,
        Preparation::Nat { server: of, .. } => *of == server,
    }
}

/// A service that uses what was prepared on a node with these addresses.
pub(super) fn needed(uses: &[Use], own: &[IpAddr], prepared: &Preparation) -> Option<ServiceId> {
    let needs = |used: &&Use| {
        own.contains(&used.server.ip())
            && used.forwarding == prepared.forwarding()
            && match prepared {
                Preparation::Dr { address } | Preparation::Tun { address } => {
                    used.address.is_none_or(|its| its == *address)
                }
                Preparation::Nat { server, .. } => used.server == *server,
            }
    };
    uses.iter().find(needs).map(|used| used.service.clone())
}

/// What is to be prepared, whether or not it was by us; `None`: it is so by other means.
fn wanted(
    input: &MoveInput,
    forwarding: Forwarding,
    server: &ServerScene,
    seen: &ServerSeen,
) -> Option<Preparation> {
    let address = input.path.address.ip();
    match forwarding {
        Forwarding::Dr if has_address(seen, address, "lo").is_some() => None,
        Forwarding::Dr => Some(Preparation::Dr { address }),
        Forwarding::Tun if has_address(seen, address, "tunl0").is_some() => None,
        Forwarding::Tun => Some(Preparation::Tun { address }),
        Forwarding::Nat if goes_back(input, seen) => None,
        Forwarding::Nat => {
            let server = SocketAddr::new(server.server.address, server.server.port);
            let gateway = gateway(input, seen, server.ip())?;
            Some(Preparation::Nat { server, gateway })
        }
        Forwarding::Local => None,
    }
}

pub(super) fn has_address<'s>(
    seen: &'s ServerSeen,
    address: IpAddr,
    on: &str,
) -> Option<&'s InterfaceAddress> {
    let own = seen.addresses.as_ref().map_or(&[][..], |fact| &fact.value);
    own.iter().find(|own| own.address == address && own.interface.as_str() == on)
}

/// Its answers to the client go through an address that is always where the service's is.
fn goes_back(input: &MoveInput, seen: &ServerSeen) -> bool {
    via(input, seen).is_some_and(|via| input.moving.contains(&via))
}

/// Through which its answers to the client go.
pub(super) fn via(input: &MoveInput, seen: &ServerSeen) -> Option<IpAddr> {
    let client = input.path.client.as_ref()?.address?;
    seen.settings.as_ref().ok()?.value.route(client)?.via
}

/// On the server's own network. Never the service's address: a kernel that has it itself, as with DR,
/// takes no route through it.
pub(super) fn gateway(input: &MoveInput, seen: &ServerSeen, server: IpAddr) -> Option<IpAddr> {
    let own = &seen.addresses.as_ref().ok()?.value;
    let its = own.iter().find(|own| own.address == server)?;
    let has = |address: &IpAddr| own.iter().any(|own| own.address == *address);
    let mut moving = input.moving.iter().filter(|moving| **moving != input.path.address.ip());
    moving.find(|moving| is_near(its, **moving) && !has(moving)).copied()
}

/// Addresses that are always where the service's is: what all directors carry by the same VRRP instance,
/// and those of the only director.
pub fn moving(nodes: &BTreeMap<NodeId, (NodeRecord, Observed)>, path: &Scene) -> BTreeSet<IpAddr> {
    let address = path.address.ip();
    let carried = |node: &NodeId| -> Vec<Vec<IpAddr>> {
        let observed = nodes.get(node).map(|(_, observed)| observed);
        let instances = observed.and_then(|observed| observed.vrrp_conf.as_ref());
        let instances = instances.into_iter().flat_map(|fact| &fact.value);
        instances.map(|i| i.virtual_addresses.iter().map(|v| v.address).collect()).collect()
    };
    let with = |node: &NodeId| -> BTreeSet<IpAddr> {
        carried(node).into_iter().filter(|all| all.contains(&address)).flatten().collect()
    };
    let mut all = path.directors.iter().map(|director| with(&director.node));
    let first = all.next().unwrap_or_default();
    let mut moving = all.fold(first, |both, next| &both & &next);
    if let [only] = path.directors.as_slice() {
        let floating: BTreeSet<IpAddr> = carried(&only.node).into_iter().flatten().collect();
        let own = only.addresses.iter().flat_map(|fact| &fact.value);
        let own = own.filter(|own| own.interface.as_str() != "lo").map(|own| own.address);
        moving.extend(own.filter(|own| !floating.contains(own)));
    }
    moving
}

/// Whether an address is on the network of this one.
pub(super) fn is_near(own: &InterfaceAddress, address: IpAddr) -> bool {
    match (own.address, address) {
        (IpAddr::V4(own_v4), IpAddr::V4(other)) => {
            let host_bits = 32_u32.saturating_sub(u32::from(own.prefix_len));
            let network = |ip: u32| ip.checked_shr(host_bits).unwrap_or(0);
            network(own_v4.to_bits()) == network(other.to_bits())
        }
        _ => false,
    }
}

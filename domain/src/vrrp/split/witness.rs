//! A third node on the network of the addresses: who answers ARP for them is what clients see.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::{Evidence, Scene, Side};
use crate::fact::Fact;
use crate::firewall::needs::{address_on, same_network};
use crate::ids::NodeId;
use crate::nodes::{LinkState, NodeRecord, Observed};
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;
use crate::values::InterfaceName;
use crate::vrrp::InstanceConf;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    pub node: NodeId,
    pub name: String,
    /// Who answered for the virtual address and for the directors' own.
    pub answers: Fact<Vec<ArpAnswer>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArpAnswer {
    pub address: IpAddr,
    /// `52:54:00:8a:01:11`.
    pub mac: String,
}

/// Reads what `vrrp-arp` prints: an address and a MAC address a line.
pub fn parse_arp(printed: &str) -> Vec<ArpAnswer> {
    let answer = |line: &str| {
        let (address, mac) = line.split_once(' ')?;
        Some(ArpAnswer { address: address.parse().ok()?, mac: mac.trim().to_owned() })
    };
    printed.lines().filter_map(answer).collect()
}

/// The address that a director's adverts come from.
pub fn own_address(observed: &Observed, conf: &InstanceConf) -> Option<IpAddr> {
    address_on(observed, conf.interface.as_str(), conf)
}

/// Nodes that are on the network of the address and no directors of it: whence they would ask.
pub fn candidates(
    nodes: &BTreeMap<NodeId, (NodeRecord, Observed)>,
    directors: &[NodeId],
    address: IpAddr,
    now: Timestamp,
) -> Vec<(NodeId, InterfaceName, IpAddr)> {
    let others = nodes.iter().filter(|(id, (_, observed))| {
        let is_seen = observed.link.state == LinkState::Up && !observed.is_stale(now);
        !directors.contains(id) && is_seen
    });
    let mut found: Vec<_> = others
        .filter_map(|(id, (_, observed))| {
            let own = &observed.addresses.as_ref()?.value;
            let near = own.iter().find(|own| {
                let here = same_network(own.address, address, own.prefix_len);
                own.up && own.interface.as_str() != "lo" && own.address != address && here
            })?;
            // A database has other work to do.
            Some(((observed.engine.is_some(), *id), (*id, near.interface.clone(), near.address)))
        })
        .collect();
    found.sort_by_key(|(reluctance, _)| *reluctance);
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

impl Witness {
    /// Who answered for an address.
    fn macs(&self, address: IpAddr) -> BTreeSet<&str> {
        let of = self.answers.value.iter().filter(|answer| answer.address == address);
        of.map(|answer| answer.mac.as_str()).collect()
    }

    /// Whether this director answered for its own address, and for every one that is given.
    pub fn sees(&self, own: IpAddr, addresses: &[IpAddr]) -> bool {
        let its = self.macs(own);
        let answers = |address: &IpAddr| self.macs(*address).intersection(&its).next().is_some();
        !its.is_empty() && addresses.iter().all(answers)
    }
}

/// What the third node sees.
pub(super) fn told(scene: &Scene<'_>) -> Vec<Evidence> {
    let Some(gathered) = scene.gathered else { return Vec::new() };
    let Some(first) = scene.sides.first() else { return Vec::new() };
    let Some(address) = first.conf.virtual_addresses.first().map(|v| v.address) else {
        return Vec::new();
    };
    let Some(witness) = &gathered.witness else {
        let fact = Phrase::new(
            format!("No third node of the fleet is on the network of {address}"),
            format!("没有第三个节点位于 {address} 所在网络"),
        );
        return vec![Evidence::new(Signal::Unknown, fact, "ARP", None)];
    };
    let macs = witness.macs(address);
    let named: Vec<String> = macs.iter().map(|mac| named(witness, &scene.sides, mac)).collect();
    let (all, by, count) = (named.join(", "), &witness.name, macs.len());
    let (signal, fact) = match count {
        0 => (
            Signal::Danger,
            Phrase::new(
                format!("{by} gets no answer to ARP for {address}"),
                format!("{by} 对 {address} 的 ARP 请求没有得到应答"),
            ),
        ),
        1 => (
            Signal::Caution,
            Phrase::new(
                format!("{by} gets one answer to ARP for {address}: {all}"),
                format!("{by} 对 {address} 的 ARP 请求得到一个应答：{all}"),
            ),
        ),
        _ => (
            Signal::Danger,
            Phrase::new(
                format!("{count} MAC addresses answer ARP for {address}: {all}. Seen by {by}"),
                format!("{count} 个 MAC 地址应答 {address} 的 ARP：{all}。由 {by} 观测"),
            ),
        ),
    };
    vec![Evidence::new(signal, fact, witness.answers.source.clone(), witness.answers.observed_at)]
}

fn named(witness: &Witness, sides: &[Side<'_>], mac: &str) -> String {
    let its = |side: &&Side<'_>| {
        own_address(side.observed, side.conf).is_some_and(|own| witness.macs(own).contains(mac))
    };
    match sides.iter().find(its) {
        Some(side) => format!("{mac} ({})", side.name),
        None => mac.to_owned(),
    }
}

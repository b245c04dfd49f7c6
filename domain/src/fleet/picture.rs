//! The observed nodes with what is looked up in them again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::engines::ReplicationSource;
use crate::ids::NodeId;
use crate::jobs::JobSummary;
use crate::nodes::{NodeRecord, Observed};
use crate::operation::Operation;
use crate::time::Timestamp;
use crate::vrrp::{self, InstanceName, InstanceView, VrrpView};

/// A node as it was entered and as it was seen.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) record: &'a NodeRecord,
    pub(super) observed: &'a Observed,
}

pub(super) struct Picture<'a> {
    nodes: &'a BTreeMap<NodeId, (NodeRecord, Observed)>,
    pub(super) running: &'a [JobSummary],
    pub(super) vrrp: VrrpView,
    pub(super) now: Timestamp,
    /// Whose address it is; virtual addresses are nobody's.
    owners: BTreeMap<IpAddr, NodeId>,
    names: BTreeMap<&'a str, NodeId>,
}

impl<'a> Picture<'a> {
    pub(super) fn new(
        nodes: &'a BTreeMap<NodeId, (NodeRecord, Observed)>,
        running: &'a [JobSummary],
        now: Timestamp,
    ) -> Picture<'a> {
        let vrrp = vrrp::view(nodes, now);
        let virtual_addresses: BTreeSet<IpAddr> = vrrp
            .instances
            .iter()
            .flat_map(|instance| &instance.virtual_addresses)
            .map(|virtual_address| virtual_address.address)
            .collect();
        let mut owners = BTreeMap::new();
        let mut names = BTreeMap::new();
        for (id, (record, observed)) in nodes {
            let seen = observed.addresses.iter().flat_map(|fact| &fact.value);
            let on_links = seen.filter(|a| a.interface.as_str() != "lo").map(|a| a.address);
            for address in on_links.chain(record.host.as_str().parse().ok()) {
                if !virtual_addresses.contains(&address) {
                    owners.insert(address, *id);
                }
            }
            names.insert(record.name.as_str(), *id);
            names.insert(record.host.as_str(), *id);
        }
        Picture { nodes, running, vrrp, now, owners, names }
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = Seen<'a>> {
        self.nodes.values().map(|(record, observed)| Seen { record, observed })
    }

    pub(super) fn node(&self, id: NodeId) -> Option<Seen<'a>> {
        self.nodes.get(&id).map(|(record, observed)| Seen { record, observed })
    }

    pub(super) fn owner(&self, address: IpAddr) -> Option<Seen<'a>> {
        self.owners.get(&address).and_then(|id| self.node(*id))
    }

    /// The managed node that a replica reads from.
    pub(super) fn source_node(&self, source: &ReplicationSource) -> Option<NodeId> {
        match source.host.parse::<IpAddr>() {
            Ok(address) => self.owners.get(&address).copied(),
            Err(_) => self.names.get(source.host.as_str()).copied(),
        }
    }

    pub(super) fn instance_of(&self, address: IpAddr) -> Option<&InstanceView> {
        self.vrrp
            .instances
            .iter()
            .find(|instance| instance.virtual_addresses.iter().any(|own| own.address == address))
    }

    /// The job that is moving an instance now.
    pub(super) fn moving(&self, instance: &InstanceName) -> Option<&JobSummary> {
        self.running.iter().find(|job| {
            !job.state.is_final()
                && matches!(&job.operation, Operation::VrrpHandOver { instance: moved, .. } if moved == instance)
        })
    }
}

//! All that was read of a service's path.

use std::net::{IpAddr, SocketAddr};

use super::PathSettings;
use crate::fact::Fact;
use crate::firewall::{OwnAddress, Reading};
use crate::ids::NodeId;
use crate::lvs::sharing::Asked;
use crate::lvs::{Forwarding, Protocol, RealServer, ServiceId, ServiceTraffic, VirtualService};
use crate::nodes::{InterfaceAddress, Listener};
use crate::time::Timestamp;
use crate::vrrp::InstanceName;
use crate::vrrp::facts::Reach;
use crate::vrrp::split::ArpAnswer;

/// What was read, or why it was not.
pub type Read<T> = Result<Fact<T>, String>;

#[derive(Debug, Clone)]
pub struct Scene {
    pub service: ServiceId,
    pub protocol: Protocol,
    pub address: SocketAddr,
    pub at: Timestamp,
    /// Nodes that have the service in their table or configuration, the holder first.
    pub directors: Vec<DirectorScene>,
    pub servers: Vec<ServerScene>,
    /// `None`: no VRRP instance carries the address.
    pub vrrp: Option<VrrpScene>,
    pub witness: Option<WitnessScene>,
    pub client: Option<ClientScene>,
}

#[derive(Debug, Clone)]
pub struct DirectorScene {
    pub node: NodeId,
    pub name: String,
    pub addresses: Read<Vec<InterfaceAddress>>,
    /// As the kernel has it: `None` where its table does not have the service.
    pub table: Read<Option<VirtualService>>,
    /// What the table does not tell of it.
    pub traffic: Option<ServiceTraffic>,
    /// As keepalived.conf has it.
    pub configured: Option<VirtualService>,
    pub settings: Read<PathSettings>,
    pub filter: Read<Reading>,
    /// Connections to the real servers' own addresses.
    pub reach: Read<Vec<Reach>>,
}

/// A server of the service, in the table or the configuration.
#[derive(Debug, Clone)]
pub struct ServerScene {
    pub server: RealServer,
    pub in_table: bool,
    pub name: String,
    /// `None`: no node of the fleet has the address.
    pub seen: Option<ServerSeen>,
}

#[derive(Debug, Clone)]
pub struct ServerSeen {
    pub node: NodeId,
    pub addresses: Read<Vec<InterfaceAddress>>,
    pub listeners: Read<Vec<Listener>>,
    pub settings: Read<PathSettings>,
    pub filter: Read<Reading>,
}

/// The VRRP instance that carries the address.
#[derive(Debug, Clone)]
pub struct VrrpScene {
    pub instance: InstanceName,
    /// The one of several holders that shall give the addresses up.
    pub demote: Option<NodeId>,
    /// A director that was taken out of service.
    pub out: Option<NodeId>,
}

/// A third node on the network of the address, and who answered it by ARP.
#[derive(Debug, Clone)]
pub struct WitnessScene {
    pub node: NodeId,
    pub name: String,
    pub answers: Fact<Vec<ArpAnswer>>,
}

/// The node that plays the client.
#[derive(Debug, Clone)]
pub struct ClientScene {
    pub node: NodeId,
    pub name: String,
    /// Whence its packets to the service come.
    pub address: Option<IpAddr>,
    pub asked: Read<Asked>,
}

impl Scene {
    /// The one director that has the address.
    pub(super) fn holder(&self) -> Option<&DirectorScene> {
        let mut holders = self.directors.iter().filter(|d| d.holds(self.address.ip()));
        holders.next().filter(|_| holders.next().is_none())
    }

    /// The holder; where there is not one, the first, whose table and rules are looked at all the same.
    pub(super) fn director(&self) -> Option<&DirectorScene> {
        self.holder().or(self.directors.first())
    }

    pub(super) fn uses(&self, way: Forwarding) -> bool {
        self.servers.iter().any(|server| server.server.forwarding == way)
    }

    pub(super) fn clients_address(&self) -> Option<IpAddr> {
        self.client.as_ref()?.address
    }
}

impl DirectorScene {
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        self.addresses.as_ref().is_ok_and(|own| interface_of(&own.value, address).is_some())
    }
}

impl ServerScene {
    pub(super) fn socket(&self) -> SocketAddr {
        SocketAddr::new(self.server.address, self.server.port)
    }
}

/// The interface on which a node has an address and answers for it.
pub(super) fn interface_of(own: &[InterfaceAddress], address: IpAddr) -> Option<&str> {
    let real = own.iter().filter(|own| own.up && own.interface.as_str() != "lo");
    real.map(|own| (own.address, own.interface.as_str()))
        .find(|(its, _)| *its == address)
        .map(|(_, interface)| interface)
}

pub(super) fn own_addresses(own: &[InterfaceAddress]) -> Vec<OwnAddress> {
    let of = |own: &InterfaceAddress| OwnAddress {
        address: own.address,
        prefix_len: own.prefix_len,
        interface: own.interface.to_string(),
    };
    own.iter().map(of).collect()
}

//! Each service once, with the word of every director on it.

use std::cmp::Ordering;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::{Expectation, Forwarding, Protocol, Rates, Target};
use crate::ids::NodeId;
use crate::keyed::{self, Named};
use crate::phrase::Phrase;
use crate::signal::Signal;

/// Live topic `lvs`, `GET /api/v1/lvs/services`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LvsView {
    #[serde(with = "keyed")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, DirectorView>))]
    pub directors: Vec<DirectorView>,
    #[serde(with = "keyed")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, ServiceView>))]
    pub services: Vec<ServiceView>,
}

/// A node with IPVS services, in its table or its keepalived.conf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DirectorView {
    pub node: NodeId,
    pub name: String,
    /// It cannot be seen now: what it said stays, and is compared with nothing.
    pub stale: bool,
}

/// `tcp/192.168.1.200:80`, `mark/7`, `mark6/7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceId(pub String);

/// Who decides what a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// It is in keepalived.conf, and what ipvsadm changes would not last.
    Keepalived,
    /// Only in the kernel's table.
    Direct,
    /// A keepalived.conf could not be read whole.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceView {
    pub id: ServiceId,
    pub target: Target,
    pub owner: Owner,
    /// The one director that has the service's address; `None` for a firewall mark, and where none
    /// or several have it.
    pub holder: Option<NodeId>,
    /// Whose table is shown: the holder's, else that of the first that has the service.
    pub shown: NodeId,
    /// `None` where no director has it in its table.
    pub options: Option<ServiceOptions>,
    pub expectation: Expectation,
    /// Of the directors that can be seen, together.
    pub rates: Option<Rates>,
    #[serde(with = "keyed")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, ServiceOnDirector>))]
    pub on: Vec<ServiceOnDirector>,
    #[serde(with = "keyed")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, ServerView>))]
    pub servers: Vec<ServerView>,
    /// What differs between directors that can be seen.
    pub differences: Vec<Phrase>,
    /// The ipvsadm commands that would make it as it is on the director that is shown.
    pub commands: Vec<String>,
    pub signal: Signal,
    pub fault: Option<Phrase>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceOptions {
    pub scheduler: String,
    pub scheduler_flags: Vec<u8>,
    pub persistent_s: Option<u32>,
    pub netmask: Option<String>,
    pub persistence_engine: Option<String>,
    pub one_packet: bool,
}

/// One director's word on a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceOnDirector {
    pub node: NodeId,
    pub name: String,
    pub stale: bool,
    /// `None`: its table does not have the service.
    pub options: Option<ServiceOptions>,
    /// Its keepalived.conf has the service.
    pub configured: bool,
    pub active_connections: u64,
    pub inactive_connections: u64,
    pub rates: Option<Rates>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerView {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub address: IpAddr,
    pub port: u16,
    /// The node of this fleet that has the address.
    pub node: Option<NodeId>,
    pub name: String,
    /// As the director that is shown has it, or was told to.
    pub weight: u32,
    pub forwarding: Forwarding,
    pub active_connections: u64,
    pub inactive_connections: u64,
    pub upper_threshold: u32,
    pub lower_threshold: u32,
    pub persistent_connections: u32,
    pub rates: Option<Rates>,
    /// Of new connections, 0 to 1, as the scheduler means it.
    pub expected_share: Option<f64>,
    /// Of the new connections of the last minute, 0 to 1; `None` when there was none.
    pub observed_share: Option<f64>,
    pub connections_in_minute: u64,
    #[serde(with = "keyed")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, ServerOnDirector>))]
    pub on: Vec<ServerOnDirector>,
    pub signal: Signal,
    /// What is wrong, or why it gets no new connections.
    pub fault: Option<Phrase>,
}

/// One director's word on a real server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerOnDirector {
    pub node: NodeId,
    pub name: String,
    pub stale: bool,
    pub in_table: bool,
    /// Its keepalived.conf has the server: one that is not in the table failed its check.
    pub configured: bool,
    pub weight: Option<u32>,
    pub forwarding: Option<Forwarding>,
    pub active_connections: u64,
    pub inactive_connections: u64,
}

impl ServiceId {
    pub fn of(target: &Target) -> ServiceId {
        ServiceId(match target {
            Target::Address { protocol, address } => {
                let protocol = match protocol {
                    Protocol::Tcp => "tcp",
                    Protocol::Udp => "udp",
                    Protocol::Sctp => "sctp",
                };
                format!("{protocol}/{address}")
            }
            Target::FirewallMark { mark, ipv6: false } => format!("mark/{mark}"),
            Target::FirewallMark { mark, ipv6: true } => format!("mark6/{mark}"),
        })
    }

    /// What it names; `None` where it is no such id.
    pub fn target(&self) -> Option<Target> {
        let (kind, rest) = self.0.split_once('/')?;
        let address = |protocol| Some(Target::Address { protocol, address: rest.parse().ok()? });
        match kind {
            "tcp" => address(Protocol::Tcp),
            "udp" => address(Protocol::Udp),
            "sctp" => address(Protocol::Sctp),
            "mark" => Some(Target::FirewallMark { mark: rest.parse().ok()?, ipv6: false }),
            "mark6" => Some(Target::FirewallMark { mark: rest.parse().ok()?, ipv6: true }),
            _ => None,
        }
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ServerView {
    pub fn socket(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }
}

impl Named for DirectorView {
    fn name(&self) -> String {
        self.node.to_string()
    }

    fn compare(&self, other: &DirectorView) -> Ordering {
        self.name.cmp(&other.name)
    }
}

impl Named for ServiceView {
    fn name(&self) -> String {
        self.id.0.clone()
    }

    fn compare(&self, other: &ServiceView) -> Ordering {
        self.target.cmp(&other.target)
    }
}

impl Named for ServiceOnDirector {
    fn name(&self) -> String {
        self.node.to_string()
    }

    fn compare(&self, other: &ServiceOnDirector) -> Ordering {
        self.name.cmp(&other.name)
    }
}

impl Named for ServerView {
    fn name(&self) -> String {
        self.socket().to_string()
    }

    fn compare(&self, other: &ServerView) -> Ordering {
        self.socket().cmp(&other.socket())
    }
}

impl Named for ServerOnDirector {
    fn name(&self) -> String {
        self.node.to_string()
    }

    fn compare(&self, other: &ServerOnDirector) -> Ordering {
        self.name.cmp(&other.name)
    }
}

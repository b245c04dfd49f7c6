use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::backups::Freshness;
use crate::engines::ThreadState;
use crate::ids::{JobId, NodeId};
use crate::jobs::JobSummary;
use crate::keyed::{self, Named};
use crate::lvs::{Forwarding, Protocol};
use crate::nodes::LinkState;
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;
use crate::vrrp::{Holder, InstanceName, VrrpState};

/// Live topic `fleet`, `GET /api/v1/fleet`: what the Overview shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FleetView {
    /// By node id, so that one node's change is a small patch.
    pub nodes: BTreeMap<NodeId, NodeSummary>,
    /// By their id, worst first.
    #[serde(with = "keyed")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Line>))]
    pub lines: Vec<Line>,
    /// What is wrong now, by its id, worst and oldest first; a cleared fault stays ten minutes.
    #[serde(with = "keyed")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Fault>))]
    pub faults: Vec<Fault>,
    pub running: Vec<JobSummary>,
    pub freshness: Vec<Freshness>,
    /// Newest first, at most 50.
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeSummary {
    pub id: NodeId,
    pub name: String,
    pub host: String,
    pub role: NodeRole,
    pub tags: Vec<String>,
    pub signal: Signal,
    pub link: LinkState,
    /// Since when `signal` is what it is.
    pub since: Timestamp,
    /// Why it is not clear.
    pub reason: Option<Phrase>,
    pub os: Option<String>,
}

/// What a node is, told from what runs on it. The fleet strip groups by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NodeRole {
    Director,
    RealServer,
    Database,
    Other,
}

/// One service from its clients to the machine that answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Line {
    /// Stable, e.g. `tcp/192.168.1.200:80`.
    pub id: String,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub vip: IpAddr,
    pub port: u16,
    pub protocol: Protocol,
    pub signal: Signal,
    pub points: Option<Points>,
    pub scheduler: String,
    pub forwarding: Option<Forwarding>,
    /// Active connections over all legs, as the holder counts them.
    pub active_connections: u64,
    pub connections_per_s: Option<u64>,
    /// By their address and port.
    #[serde(with = "keyed")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Leg>))]
    pub legs: Vec<Leg>,
    /// Present when the legs are database servers: how they follow each other.
    pub engines: Vec<EngineStation>,
}

impl Named for Line {
    fn name(&self) -> String {
        self.id.clone()
    }

    fn compare(&self, other: &Line) -> Ordering {
        (self.signal, &self.id).cmp(&(other.signal, &other.id))
    }
}

/// The two directors as railway points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Points {
    pub instance: InstanceName,
    pub holder: Holder,
    /// A job is moving it.
    pub moving: Option<JobId>,
    /// Highest configured priority first.
    pub directors: Vec<Director>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Director {
    pub node: NodeId,
    pub name: String,
    pub priority: u8,
    pub state: Option<VrrpState>,
    pub signal: Signal,
}

/// The way from the service to one real server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Leg {
    /// `None` when the address is no managed node's.
    pub node: Option<NodeId>,
    pub name: String,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub address: IpAddr,
    pub port: u16,
    pub weight: u32,
    pub active_connections: u64,
    pub signal: Signal,
    pub reason: Option<Phrase>,
}

impl Named for Leg {
    fn name(&self) -> String {
        SocketAddr::new(self.address, self.port).to_string()
    }

    fn compare(&self, other: &Leg) -> Ordering {
        (self.address, self.port).cmp(&(other.address, other.port))
    }
}

/// A database server on the line, primary first, then each replica after the one it follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EngineStation {
    pub node: NodeId,
    pub name: String,
    pub primary: bool,
    pub version: String,
    pub read_only: bool,
    /// Whom it follows; `None` for the primary.
    pub follows: Option<NodeId>,
    pub semi_sync: bool,
    pub lag_s: Option<u64>,
    pub io: Option<ThreadState>,
    pub sql: Option<ThreadState>,
    pub signal: Signal,
    pub reason: Option<Phrase>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fault {
    /// Stable, e.g. `node/3/link`, `lvs/tcp/192.168.1.200:80/192.168.1.103`.
    pub id: String,
    pub signal: Signal,
    /// Subject, present verb, number.
    pub title: Phrase,
    pub detail: Phrase,
    pub since: Timestamp,
    pub cleared_at: Option<Timestamp>,
    /// Path of the page where one acts on it.
    pub href: String,
}

impl Named for Fault {
    fn name(&self) -> String {
        self.id.clone()
    }

    /// What is wrong now first; within that worst, then oldest.
    fn compare(&self, other: &Fault) -> Ordering {
        let place = |fault: &Fault| (fault.cleared_at.is_some(), fault.signal, fault.since);
        place(self).cmp(&place(other)).then_with(|| self.id.cmp(&other.id))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    pub at: Timestamp,
    pub signal: Signal,
    pub text: Phrase,
    pub href: Option<String>,
}

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::engines::EngineState;
use crate::fact::{Fact, STALE_AFTER};
use crate::ids::{CredentialId, NodeId};
use crate::lvs;
use crate::remote::Elevation;
use crate::time::Timestamp;
use crate::values::{Host, InterfaceName, NodeName, Tag, UserName};
use crate::vrrp::daemon::Daemon;
use crate::vrrp::{AdvertsHeard, InstanceConf, InstanceState};

/// A node as it was entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeRecord {
    pub id: NodeId,
    pub name: NodeName,
    pub host: Host,
    pub port: u16,
    pub user: UserName,
    pub elevation: Elevation,
    pub credential: CredentialId,
    /// The node through which this one is reached.
    pub jump: Option<NodeId>,
    pub tags: Vec<Tag>,
    /// `SHA256:…` of the pinned host key.
    pub host_key: String,
    pub added_at: Timestamp,
    /// Counts edits; `If-Match` carries it.
    pub version: i64,
}

/// Live topic `node/<id>`, `GET /api/v1/nodes/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeView {
    pub record: NodeRecord,
    pub observed: Observed,
}

/// Everything that was seen of a node. A field that is `None` was never seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Observed {
    pub link: Link,
    /// When the probe was last heard; it beats once a second.
    pub heard_at: Option<Timestamp>,
    pub platform: Option<Fact<Platform>>,
    pub vitals: Option<Fact<Vitals>>,
    pub addresses: Option<Fact<Vec<InterfaceAddress>>>,
    pub services: Option<Fact<Vec<Service>>>,
    pub listeners: Option<Fact<Vec<Listener>>>,
    pub lvs: Option<Fact<lvs::Table>>,
    /// The virtual servers of keepalived.conf: what the table would hold were every real server
    /// healthy. Connections are 0.
    pub lvs_conf: Option<Fact<lvs::Table>>,
    /// What each virtual service and real server takes, and the options that the table lacks.
    pub lvs_traffic: Option<Fact<Vec<lvs::ServiceTraffic>>>,
    pub vrrp_conf: Option<Fact<Vec<InstanceConf>>>,
    pub vrrp_state: Option<Fact<Vec<InstanceState>>>,
    /// Whether keepalived's processes run or are stopped.
    pub vrrp_daemon: Option<Fact<Daemon>>,
    /// Generated track files that keep the director out of service.
    pub vrrp_out: Option<Fact<BTreeSet<String>>>,
    /// Adverts of other directors, in the last minute.
    pub adverts: Option<Fact<AdvertsHeard>>,
    pub engine: Option<Fact<EngineState>>,
    /// Sections that the probe could not read, with why (e.g. `lvs`: "ipvsadm: not found").
    pub unreadable: BTreeMap<String, String>,
}

impl Observed {
    /// Whether what was seen still counts as the present: the line is up, or has only now fallen
    /// silent.
    pub fn is_current(&self, now: Timestamp) -> bool {
        matches!(self.link.state, LinkState::Up | LinkState::Silent)
            && self.heard_at.is_some_and(|heard| heard.age(now) <= STALE_AFTER)
    }

    /// Before the first contact.
    pub fn nothing(now: Timestamp) -> Observed {
        Observed {
            link: Link { state: LinkState::Connecting, since: now, reason: None },
            heard_at: None,
            platform: None,
            vitals: None,
            addresses: None,
            services: None,
            listeners: None,
            lvs: None,
            lvs_conf: None,
            lvs_traffic: None,
            vrrp_conf: None,
            vrrp_state: None,
            vrrp_daemon: None,
            vrrp_out: None,
            adverts: None,
            engine: None,
            unreadable: BTreeMap::new(),
        }
    }
}

impl Observed {
    /// Whether what was seen is too old to be shown as current or to rest a decision on.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.heard_at.is_none_or(|heard| heard.age(now) > STALE_AFTER)
    }

    /// Whether the node has this address where it would answer for it. Loopbacks do not count:
    /// a real server carries the virtual address there without claiming it.
    pub fn answers_for(&self, address: IpAddr) -> bool {
        let addresses = self.addresses.iter().flat_map(|fact| &fact.value);
        addresses.filter(|a| a.interface.as_str() != "lo" && a.up).any(|a| a.address == address)
    }
}

/// The console's SSH line to the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Link {
    pub state: LinkState,
    pub since: Timestamp,
    /// Why it is not up: what was tried and what came back.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    Connecting,
    Up,
    /// Connected, but the probe has been silent for over 3 s.
    Silent,
    Down,
    /// The node showed another host key than the pinned one. Nothing is sent until an admin pins.
    HostKeyChanged,
    /// The node refused the credential, or sudo asks for a password.
    AccessDenied,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Platform {
    pub hostname: String,
    /// `PRETTY_NAME` of os-release.
    pub os: String,
    pub kernel: String,
    pub cpus: u32,
    /// Program name to version, of those that matter here and are installed.
    pub software: BTreeMap<String, String>,
    /// By how much the node's clock is ahead of the console's.
    pub clock_ahead_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Vitals {
    pub uptime_s: u64,
    pub load1: f32,
    /// Share of all CPUs that was busy since the last reading, 0–100.
    pub cpu_percent: Option<f32>,
    pub memory_total_bytes: u64,
    pub memory_available_bytes: u64,
    pub disks: Vec<Disk>,
    pub rx_bytes_per_s: Option<u64>,
    pub tx_bytes_per_s: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Disk {
    pub mount: String,
    pub total_bytes: u64,
    pub free_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InterfaceAddress {
    pub interface: InterfaceName,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub address: IpAddr,
    pub prefix_len: u8,
    pub up: bool,
}

/// A systemd unit that matters here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Service {
    /// Without `.service`.
    pub name: String,
    /// systemd's word: active, inactive, failed, activating …
    pub state: String,
    pub since: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Listener {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub address: IpAddr,
    pub port: u16,
}

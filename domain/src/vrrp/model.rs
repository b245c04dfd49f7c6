use std::cmp::{Ordering, Reverse};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::daemon::Daemon;
use super::split::SplitView;
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::keyed::{self, Named};
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;
use crate::values::{InterfaceName, RemotePath};

/// By this the fleet's view and operations name an instance: its name in keepalived.conf, or
/// `name@first-vip` where two unrelated pairs of directors use the same name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct InstanceName(pub String);

/// One `vrrp_instance` as a node's keepalived.conf has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InstanceConf {
    pub name: String,
    pub interface: InterfaceName,
    /// 1–255.
    pub vrid: u8,
    /// 1–255; keepalived.conf(5): default 100, or 255 with `state MASTER` and none given.
    pub priority: u8,
    pub starts_as_master: bool,
    pub advert_ms: u64,
    /// 2 or 3.
    pub version: u8,
    /// keepalived ≥ 2.2.3: adverts that may be missed; default 3.
    pub down_timer_adverts: u8,
    pub nopreempt: bool,
    pub preempt_delay_ms: u64,
    pub auth: Auth,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub unicast_peers: Vec<IpAddr>,
    pub virtual_addresses: Vec<VirtualAddress>,
    pub track_files: Vec<TrackFile>,
}

/// How adverts are authenticated. The password itself is never kept, only what tells whether two
/// nodes have the same one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Auth {
    None,
    /// Salted digest of the first 8 bytes, all that keepalived uses.
    Pass {
        digest: String,
    },
    Ah {
        digest: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VirtualAddress {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub address: IpAddr,
    pub prefix_len: u8,
    /// `dev`; absent: the instance's interface.
    pub interface: Option<InterfaceName>,
}

/// A `track_file` that an instance follows: its number times the weight shifts the priority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrackFile {
    pub name: String,
    pub path: RemotePath,
    /// −254…254. With 0, a file that is not zero means FAULT.
    pub weight: i16,
}

/// What keepalived says of itself (its JSON dump).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InstanceState {
    pub name: String,
    pub vrid: u8,
    pub state: VrrpState,
    pub base_priority: u8,
    pub effective_priority: u8,
    /// By the node's clock.
    pub last_transition: Option<Timestamp>,
    pub adverts_sent: u64,
    pub adverts_received: u64,
    pub became_master: u64,
    /// Counters that name a cause of split brain.
    pub auth_failures: u64,
    pub auth_type_mismatches: u64,
    pub address_list_errors: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum VrrpState {
    Init,
    Backup,
    Master,
    Fault,
}

/// All instances of the fleet. Live topic `vrrp`, `GET /api/v1/vrrp`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VrrpView {
    /// By their id, worst first.
    #[serde(with = "keyed")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, InstanceView>))]
    pub instances: Vec<InstanceView>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InstanceView {
    pub id: InstanceName,
    pub name: String,
    pub vrid: u8,
    pub virtual_addresses: Vec<VirtualAddress>,
    /// By node and its name for the instance, highest configured priority first.
    #[serde(with = "keyed")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, MemberView>))]
    pub members: Vec<MemberView>,
    pub holder: Holder,
    pub signal: Signal,
    /// What is wrong, if anything.
    pub fault: Option<Phrase>,
    /// While several hold the addresses: since when, and why.
    pub split: Option<SplitView>,
}

impl Named for InstanceView {
    fn name(&self) -> String {
        self.id.0.clone()
    }

    fn compare(&self, other: &InstanceView) -> Ordering {
        (self.signal, &self.id).cmp(&(other.signal, &other.id))
    }
}

/// One director's part in an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberView {
    pub node: NodeId,
    pub node_name: String,
    pub conf: InstanceConf,
    /// Its own word.
    pub said: Option<Fact<InstanceState>>,
    /// Whether the address is really on its interface.
    pub holds: Option<Fact<bool>>,
    /// Whether its keepalived runs, or is stopped and keeps what it has.
    pub daemon: Option<Fact<Daemon>>,
    /// It was taken out of service, and stays so until it is brought back.
    #[serde(default)]
    pub is_out: bool,
    /// The heartbeat: those it sends while it is MASTER, those it hears else. `None` where nobody
    /// could listen, and with AH, which the probe does not hear.
    pub adverts: Option<AdvertBeat>,
    /// When the current state began, by the console's clock.
    pub since: Option<Timestamp>,
    pub stale: bool,
}

/// Adverts of the last minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdvertBeat {
    /// Its own, as the others hear them; else those that it hears.
    pub sent: bool,
    /// Nothing is known of the time before.
    pub since: Timestamp,
    /// Up to here somebody listened.
    pub until: Timestamp,
    /// Oldest first, at most one in 0.7 s of a sender.
    pub heard: Vec<Timestamp>,
}

impl Named for MemberView {
    fn name(&self) -> String {
        format!("{}/{}", self.node, self.conf.name)
    }

    fn compare(&self, other: &MemberView) -> Ordering {
        (Reverse(self.conf.priority), self.node).cmp(&(Reverse(other.conf.priority), other.node))
    }
}

/// Who really has the addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "holder", rename_all = "snake_case")]
pub enum Holder {
    One {
        node: NodeId,
    },
    Nobody,
    /// Split brain.
    Several {
        nodes: Vec<NodeId>,
    },
    /// A member cannot be seen, and none of those that can holds them.
    Unknown,
}

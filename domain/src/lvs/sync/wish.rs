//! What somebody wants of the sync daemons, and whether the kernel could have it at all.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::lvs::{SyncDaemon, SyncRole};
use crate::values::InterfaceName;

/// Where the kernel sends and listens unless it is told.
pub const GROUP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(224, 0, 0, 81));
pub const PORT: u16 = 8848;
/// What fits into the largest UDP packet.
pub const MOST_BYTES: u16 = 65_507;

/// Which of the two daemons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SyncRoles {
    /// Each director sends its own connections and receives the others', whoever holds the addresses.
    #[default]
    Both,
    Master,
    Backup,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WantedSync {
    pub interface: InterfaceName,
    /// 1 to 255. Directors with the same one exchange connections.
    pub sync_id: u8,
    /// Absent: 224.0.0.81.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub group: Option<IpAddr>,
    /// Absent: 8848.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Absent: 1, which no router passes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u8>,
    /// Of one message, 1 to 65507. Absent: what fits into a packet of the interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyncWishError {
    #[error("expected at least one director, each once")]
    Directors,
    #[error("expected a sync id of 1 to 255; found 0, with which a backup takes every other's")]
    SyncId,
    #[error("expected a multicast group such as {GROUP}; found {0}")]
    Group(IpAddr),
    #[error("expected a port of 1 to 65535 and a TTL of 1 to 255; found 0")]
    Zero,
    #[error("expected a message of 1 to {MOST_BYTES} bytes; found {0}")]
    Bytes(u16),
}

impl SyncRoles {
    pub fn all(self) -> &'static [SyncRole] {
        match self {
            SyncRoles::Both => &[SyncRole::Master, SyncRole::Backup],
            SyncRoles::Master => &[SyncRole::Master],
            SyncRoles::Backup => &[SyncRole::Backup],
        }
    }
}

impl WantedSync {
    pub fn check(&self) -> Result<(), SyncWishError> {
        if self.sync_id == 0 {
            return Err(SyncWishError::SyncId);
        }
        if let Some(group) = self.group.filter(|group| !group.is_multicast() || group.is_ipv6()) {
            return Err(SyncWishError::Group(group));
        }
        if self.port == Some(0) || self.ttl == Some(0) {
            return Err(SyncWishError::Zero);
        }
        match self.max_bytes {
            Some(bytes) if !(1..=MOST_BYTES).contains(&bytes) => Err(SyncWishError::Bytes(bytes)),
            _ => Ok(()),
        }
    }

    /// A daemon that runs is so, in all that was asked for.
    pub(super) fn is(&self, daemon: &SyncDaemon) -> bool {
        let or = |wanted: Option<u16>, told: Option<u16>| wanted.is_none() || wanted == told;
        let group = self.group.unwrap_or(GROUP).to_string();
        daemon.interface == self.interface.as_str()
            && daemon.sync_id == u32::from(self.sync_id)
            && daemon.group.as_ref().is_none_or(|told| *told == group)
            && daemon.port.is_none_or(|told| told == self.port.unwrap_or(PORT))
            && or(self.ttl.map(u16::from), daemon.ttl.map(u16::from))
            && or(self.max_bytes, daemon.max_bytes)
    }

    /// Behind `lvs_sync_daemon` in keepalived.conf; `inst` stays as it was.
    pub(super) fn words(&self, instance: Option<&str>) -> Vec<String> {
        let mut words = vec!["lvs_sync_daemon".to_owned(), self.interface.to_string()];
        let mut add = |name: &str, value: Option<String>| {
            words.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
        };
        add("inst", instance.map(str::to_owned));
        add("id", Some(self.sync_id.to_string()));
        add("maxlen", self.max_bytes.map(|bytes| bytes.to_string()));
        add("port", self.port.map(|port| port.to_string()));
        add("ttl", self.ttl.map(|ttl| ttl.to_string()));
        add("group", self.group.map(|group| group.to_string()));
        words
    }
}

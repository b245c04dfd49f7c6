//! What keepalived.conf means for one node, with keepalived's defaults in place
//! (keepalived.conf(5), checked against 2.2.7).

use std::fmt;
use std::net::IpAddr;

use serde::{Serialize, Serializer};

use super::problem::Place;
use crate::lvs::{Forwarding, Protocol};

/// A password of the configuration. It can be compared; it is not printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Password(String);

impl Password {
    pub(in crate::vrrp::conf) fn new(text: &str) -> Password {
        Password(text.to_owned())
    }

    /// For whoever compares or digests it, never to show it.
    pub(super) fn revealed(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Password {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

/// All that a node does by its configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Effective {
    pub global: Global,
    pub scripts: Vec<Script>,
    pub track_files: Vec<TrackedFile>,
    pub sync_groups: Vec<SyncGroup>,
    pub instances: Vec<Instance>,
    pub server_groups: Vec<ServerGroup>,
    pub virtual_servers: Vec<VirtualServer>,
    /// Statements and blocks outside of these, in their order.
    pub others: Vec<Setting>,
    /// What cannot be read as what it is meant to be.
    #[serde(skip)]
    pub unread: Vec<Unread>,
}

/// An instance or a service that is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    pub place: Place,
    pub why: String,
}

/// A keyword that is carried as it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Setting {
    pub keyword: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub block: Vec<Setting>,
}

/// `global_defs`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Global {
    pub router_id: Option<String>,
    /// Who is written to.
    pub notification_email: Vec<String>,
    pub notification_email_from: Option<String>,
    /// Address or name, and port.
    pub smtp_server: Vec<String>,
    pub smtp_connect_timeout_ms: Option<u64>,
    /// For instances that say nothing of it.
    pub vrrp_version: Option<u8>,
    pub strict: bool,
    pub reload_check_config: bool,
    pub script_security: bool,
    pub script_user: Option<String>,
    pub others: Vec<Setting>,
}

/// `vrrp_script`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Script {
    pub name: String,
    pub command: String,
    /// Default 1 s.
    pub interval_ms: u64,
    /// −253…253; 0: a failure means FAULT.
    pub weight: i32,
    pub others: Vec<Setting>,
    #[serde(skip)]
    pub place: Place,
}

/// `track_file`, outside of an instance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrackedFile {
    pub name: String,
    pub path: Option<String>,
    /// −254…254, default 1; 0: a number that is not 0 means FAULT.
    pub weight: i32,
    pub others: Vec<Setting>,
    #[serde(skip)]
    pub place: Place,
}

/// `vrrp_sync_group`: instances that change their state together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SyncGroup {
    pub name: String,
    pub instances: Vec<String>,
    pub others: Vec<Setting>,
    #[serde(skip)]
    pub place: Place,
}

/// `vrrp_instance`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Instance {
    pub name: String,
    pub interface: Option<String>,
    /// 1–255; without one the daemon refuses the instance.
    pub virtual_router_id: Option<u8>,
    pub starts_as_master: bool,
    /// 1–255; default 100, or 255 with `state MASTER` and none given.
    pub priority: u8,
    /// 2 or 3; default 2, and 3 with IPv6 addresses.
    pub version: u8,
    /// As adverts are really sent: version 2 knows whole seconds and rounds, version 3 at most
    /// 40.95 s.
    pub advert_ms: u64,
    /// 1–100; default 3.
    pub down_timer_adverts: u8,
    pub nopreempt: bool,
    /// 0–1000 s.
    pub preempt_delay_ms: u64,
    /// `None` with version 3, which knows no passwords, and with strict mode.
    pub authentication: Option<Authentication>,
    pub strict: bool,
    pub virtual_addresses: Vec<Address>,
    /// `virtual_ipaddress_excluded`: carried, but not in the adverts.
    pub excluded_addresses: Vec<Address>,
    pub unicast_src_ip: Option<IpAddr>,
    pub unicast_peers: Vec<IpAddr>,
    pub track_interfaces: Vec<Tracked>,
    pub track_scripts: Vec<Tracked>,
    pub track_files: Vec<Tracked>,
    pub others: Vec<Setting>,
    #[serde(skip)]
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Authentication {
    pub kind: AuthenticationKind,
    pub password: Password,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AuthenticationKind {
    /// In clear in each advert.
    Pass,
    /// IPsec AH, IP protocol 51.
    Ah,
}

/// A line of `virtual_ipaddress`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Address {
    pub address: IpAddr,
    /// Default 32, or 128 with IPv6.
    pub prefix_len: u8,
    /// `dev`; absent: the instance's interface.
    pub interface: Option<String>,
    /// `label`, `scope`, `brd` and so on, as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

/// What an instance follows, with the weight that it gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tracked {
    pub name: String,
    /// Absent: what the tracked thing itself says.
    pub weight: Option<i32>,
}

/// `virtual_server_group`, as written: addresses with ports, and `fwmark N`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServerGroup {
    pub name: String,
    pub members: Vec<String>,
    #[serde(skip)]
    pub place: Place,
}

/// `virtual_server`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VirtualServer {
    #[serde(flatten)]
    pub target: Target,
    /// `lvs_sched`, `lb_algo`; default wlc.
    pub scheduler: String,
    /// `lvs_method`, `lb_kind`; default NAT.
    pub forwarding: Forwarding,
    /// Absent: not persistent. 360 s where no number is given.
    pub persistence_s: Option<u32>,
    /// Between checks; default 60 s.
    pub delay_loop_ms: u64,
    /// Sum of weights at which the service counts as up; default 1.
    pub quorum: u64,
    pub sorry_server: Option<String>,
    pub real_servers: Vec<RealServer>,
    pub others: Vec<Setting>,
    #[serde(skip)]
    pub place: Place,
}

/// What a service is addressed by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Target {
    /// Without `protocol`, keepalived takes UDP.
    Address {
        protocol: Protocol,
        address: IpAddr,
        port: u16,
    },
    FirewallMark {
        mark: u32,
        ipv6: bool,
    },
    Group {
        group: String,
        protocol: Protocol,
    },
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |protocol: &Protocol| format!("{protocol:?}").to_uppercase();
        match self {
            Target::Address { protocol, address: IpAddr::V4(address), port } => {
                write!(f, "{} {address}:{port}", name(protocol))
            }
            Target::Address { protocol, address, port } => {
                write!(f, "{} [{address}]:{port}", name(protocol))
            }
            Target::FirewallMark { mark, ipv6: false } => write!(f, "fwmark {mark}"),
            Target::FirewallMark { mark, ipv6: true } => write!(f, "fwmark {mark} IPv6"),
            Target::Group { group, protocol } => write!(f, "group {group} {}", name(protocol)),
        }
    }
}

/// `real_server`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RealServer {
    pub address: IpAddr,
    /// With DR and TUN keepalived takes the service's instead.
    pub port: u16,
    /// Default 1; 0 quiesces.
    pub weight: u32,
    /// Its own `lvs_method`, else the service's.
    pub forwarding: Forwarding,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checkers: Vec<Checker>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Setting>,
    #[serde(skip)]
    pub place: Place,
}

/// `TCP_CHECK`, `HTTP_GET` and so on: all must hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checker {
    pub kind: CheckerKind,
    /// Default 5 s, `MISC_CHECK` and `FILE_CHECK` have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout_ms: Option<u64>,
    /// Default 1, with DNS 3, with MISC 0.
    pub retry: u32,
    /// Default 1 s, with HTTP, SSL 3 s, with DNS the service's `delay_loop`.
    pub delay_before_retry_ms: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Setting>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckerKind {
    TcpCheck,
    HttpGet,
    SslGet,
    SmtpCheck,
    DnsCheck,
    MiscCheck,
    UdpCheck,
    PingCheck,
    FileCheck,
    BfdCheck,
}

impl CheckerKind {
    pub(super) const ALL: [(&'static str, CheckerKind); 10] = [
        ("TCP_CHECK", CheckerKind::TcpCheck),
        ("HTTP_GET", CheckerKind::HttpGet),
        ("SSL_GET", CheckerKind::SslGet),
        ("SMTP_CHECK", CheckerKind::SmtpCheck),
        ("DNS_CHECK", CheckerKind::DnsCheck),
        ("MISC_CHECK", CheckerKind::MiscCheck),
        ("UDP_CHECK", CheckerKind::UdpCheck),
        ("PING_CHECK", CheckerKind::PingCheck),
        ("FILE_CHECK", CheckerKind::FileCheck),
        ("BFD_CHECK", CheckerKind::BfdCheck),
    ];

    pub(super) fn of(keyword: &str) -> Option<CheckerKind> {
        CheckerKind::ALL.iter().find(|(name, _)| *name == keyword).map(|(_, kind)| *kind)
    }
}

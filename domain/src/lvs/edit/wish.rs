//! What somebody wants of a virtual service, and whether the kernel could have it at all.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::NodeId;
use crate::lvs::change::MOST_WEIGHT;
use crate::lvs::{
    Forwarding, Netmask, Protocol, Scheduler, SchedulerFlag, ServiceId, Target, describe,
};

/// ipvsadm takes no longer one (`MAX_TIMEOUT`: 31 days), s.
pub const MOST_PERSISTENCE_S: u32 = 31 * 86_400;
/// ipvsadm takes no higher one.
pub const MOST_THRESHOLD: u32 = i32::MAX.unsigned_abs();

/// What becomes of one virtual service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum ServiceChange {
    /// A new service, on these directors.
    AddService {
        options: WantedOptions,
        /// Each packet is scheduled by itself; only UDP and firewall marks can have it.
        #[serde(default)]
        one_packet: bool,
        servers: Vec<WantedServer>,
        directors: Vec<NodeId>,
    },
    /// Other options for a service that is there.
    EditService {
        options: WantedOptions,
    },
    /// The service goes, with its real servers.
    DeleteService {},
    AddServer {
        server: WantedServer,
    },
    /// What is absent stays as it is.
    EditServer {
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        server: SocketAddr,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        forwarding: Option<Forwarding>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weight: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        upper_threshold: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lower_threshold: Option<u32>,
    },
    DeleteServer {
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        server: SocketAddr,
    },
    /// Every real server by one method: a part of `lvs.move_mode`, which prepares them for it.
    #[serde(skip)]
    Forward {
        forwarding: Forwarding,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WantedOptions {
    pub scheduler: Scheduler,
    /// Of `sh` and `mh`.
    #[serde(default)]
    pub flags: BTreeSet<SchedulerFlag>,
    /// Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persistence: Option<Persistence>,
}

/// A client stays with its real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Persistence {
    /// For so long after its last connection, 1 to 2678400 s.
    pub timeout_s: u32,
    /// Absent: each address by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub netmask: Option<Netmask>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WantedServer {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub server: SocketAddr,
    pub forwarding: Forwarding,
    /// 0 to 65535. With 0 it gets no new connections.
    pub weight: u32,
    /// With so many connections it gets no new ones; 0: no limit.
    #[serde(default)]
    pub upper_threshold: u32,
    /// Below so many it gets new ones again; 0: below three quarters of the upper one.
    #[serde(default)]
    pub lower_threshold: u32,
}

/// Why nothing could have what is wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WishError {
    #[error(
        "expected a service such as tcp/192.0.2.1:80, udp/[2001:db8::1]:53, mark/7 or mark6/7; found {0}"
    )]
    Service(String),
    #[error("port 0 stands for all ports, which only a persistent service can have")]
    AllPorts,
    #[error("expected flags only with sh and mh; {0} has none")]
    Flags(Scheduler),
    #[error("expected a persistence of 1 to {MOST_PERSISTENCE_S} s; found {0}")]
    Persistence(u32),
    #[error("expected a netmask {expected}; found {found}")]
    NetmaskFamily { expected: &'static str, found: Netmask },
    #[error("only UDP and firewall marks can schedule each packet by itself; found {0}")]
    OnePacket(String),
    #[error("expected at least one director, each once")]
    Directors,
    #[error("{0} is there twice")]
    Twice(SocketAddr),
    #[error("expected a real server of the service's family; found {0}")]
    Family(SocketAddr),
    #[error("{0} is the service's own address")]
    OwnAddress(SocketAddr),
    #[error("expected the forwarding NAT, DR or TUN for {0}; Local is the kernel's choice")]
    Local(SocketAddr),
    #[error("{server}: only NAT changes the port; expected port {expected}")]
    Port { server: SocketAddr, expected: u16 },
    #[error("expected a port for {0}: the service is for one port")]
    NoPort(SocketAddr),
    #[error("expected a weight of 0 to {MOST_WEIGHT} for {server}; found {weight}")]
    Weight { server: SocketAddr, weight: u32 },
    #[error(
        "expected thresholds of 0 to {MOST_THRESHOLD} for {server}, the lower one not above the upper one; found {upper} and {lower}"
    )]
    Thresholds { server: SocketAddr, upper: u32, lower: u32 },
}

/// Why a line is no real server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected ADDRESS:PORT NAT|DR|TUN WEIGHT UPPER/LOWER, such as 192.168.1.102:80 DR 2 500/100, the last two if needed; found {0}"
)]
pub struct ServerLineError(pub String);

/// As a form takes it: `192.168.1.102:80 DR`, with a weight and thresholds behind it.
impl FromStr for WantedServer {
    type Err = ServerLineError;

    fn from_str(line: &str) -> Result<WantedServer, ServerLineError> {
        let read = || {
            let mut words = line.split_whitespace();
            let server = words.next()?.parse().ok()?;
            let forwarding = match words.next()?.to_uppercase().as_str() {
                "NAT" => Forwarding::Nat,
                "DR" => Forwarding::Dr,
                "TUN" => Forwarding::Tun,
                _ => return None,
            };
            let weight = words.next().map_or(Some(1), |word| word.parse().ok())?;
            let limits = words.next().unwrap_or("0/0");
            let (upper, lower) = limits.split_once('/').unwrap_or((limits, "0"));
            let wanted = WantedServer {
                server,
                forwarding,
                weight,
                upper_threshold: upper.parse().ok()?,
                lower_threshold: lower.parse().ok()?,
            };
            words.next().is_none().then_some(wanted)
        };
        read().ok_or_else(|| ServerLineError(line.trim().chars().take(80).collect()))
    }
}

/// The service that an operation names, if there can be one.
pub fn target(service: &ServiceId) -> Result<Target, WishError> {
    let wrong = || WishError::Service(service.0.chars().take(80).collect());
    match service.target().ok_or_else(wrong)? {
        Target::Address { address, .. }
            if address.ip().is_unspecified() || address.ip().is_multicast() =>
        {
            Err(wrong())
        }
        Target::FirewallMark { mark: 0, .. } => Err(wrong()),
        target => Ok(target),
    }
}

impl ServiceChange {
    /// What can be said without knowing what is there.
    pub fn check(&self, target: &Target) -> Result<(), WishError> {
        match self {
            ServiceChange::AddService { options, one_packet, servers, directors } => {
                options.check(target)?;
                let is_tcp = matches!(
                    target,
                    Target::Address { protocol: Protocol::Tcp | Protocol::Sctp, .. }
                );
                if *one_packet && is_tcp {
                    return Err(WishError::OnePacket(describe(target)));
                }
                let distinct: BTreeSet<NodeId> = directors.iter().copied().collect();
                if directors.is_empty() || distinct.len() != directors.len() {
                    return Err(WishError::Directors);
                }
                let mut seen = BTreeSet::new();
                for wanted in servers {
                    wanted.check(target)?;
                    if !seen.insert(wanted.server) {
                        return Err(WishError::Twice(wanted.server));
                    }
                }
                Ok(())
            }
            ServiceChange::EditService { options } => options.check(target),
            ServiceChange::AddServer { server } => server.check(target),
            ServiceChange::DeleteService {}
            | ServiceChange::EditServer { .. }
            | ServiceChange::DeleteServer { .. }
            | ServiceChange::Forward { .. } => Ok(()),
        }
    }

    /// The real server that it is about.
    pub fn server(&self) -> Option<SocketAddr> {
        match self {
            ServiceChange::AddServer { server } => Some(server.server),
            ServiceChange::EditServer { server, .. } | ServiceChange::DeleteServer { server } => {
                Some(*server)
            }
            ServiceChange::AddService { .. }
            | ServiceChange::EditService { .. }
            | ServiceChange::DeleteService {}
            | ServiceChange::Forward { .. } => None,
        }
    }
}

impl WantedOptions {
    fn check(&self, target: &Target) -> Result<(), WishError> {
        if !self.flags.is_empty() && !self.scheduler.has_flags() {
            return Err(WishError::Flags(self.scheduler));
        }
        let Some(Persistence { timeout_s, netmask }) = self.persistence else {
            let all_ports =
                matches!(target, Target::Address { address, .. } if address.port() == 0);
            return if all_ports { Err(WishError::AllPorts) } else { Ok(()) };
        };
        if !(1..=MOST_PERSISTENCE_S).contains(&timeout_s) {
            return Err(WishError::Persistence(timeout_s));
        }
        match netmask {
            Some(found) if found.is_ipv6() != target.is_ipv6() => {
                let expected =
                    if target.is_ipv6() { "as a prefix length" } else { "such as 255.255.255.0" };
                Err(WishError::NetmaskFamily { expected, found })
            }
            _ => Ok(()),
        }
    }
}

impl WantedServer {
    pub fn check(&self, target: &Target) -> Result<(), WishError> {
        let WantedServer { server, forwarding, weight, upper_threshold, lower_threshold } = *self;
        if server.is_ipv6() != target.is_ipv6() {
            return Err(WishError::Family(server));
        }
        if forwarding == Forwarding::Local {
            return Err(WishError::Local(server));
        }
        if let Target::Address { address, .. } = target {
            if address.ip() == server.ip() {
                return Err(WishError::OwnAddress(server));
            }
            let (port, expected) = (server.port(), address.port());
            if forwarding != Forwarding::Nat && port != expected {
                return Err(WishError::Port { server, expected });
            }
            if port == 0 && expected != 0 {
                return Err(WishError::NoPort(server));
            }
        }
        if weight > MOST_WEIGHT {
            return Err(WishError::Weight { server, weight });
        }
        let (upper, lower) = (upper_threshold, lower_threshold);
        if upper > MOST_THRESHOLD || lower > upper {
            return Err(WishError::Thresholds { server, upper, lower });
        }
        Ok(())
    }
}

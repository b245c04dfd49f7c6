//! What a hand-over is decided from.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::daemon::Daemon;
use super::election::{Candidate, own_track_file};
use super::packet_filter::FilterFinding;
use super::{InstanceConf, InstanceName, InstanceState, TrackFile};
use crate::fact::{Fact, STALE_AFTER};
use crate::ids::{JobId, NodeId};
use crate::lvs::Table;
use crate::nodes::{InterfaceAddress, Link, Service};
use crate::time::Timestamp;

#[derive(Debug, Clone)]
pub struct HandOverInput {
    pub instance: InstanceName,
    /// The director that shall hold the addresses.
    pub to: NodeId,
    /// Every director of the instance.
    pub directors: Vec<DirectorFacts>,
    /// A node that is neither director nor real server and got an answer through the address.
    pub client: Option<ClientFacts>,
    /// Jobs that run or wait, with what they have locked.
    pub running: Vec<RunningJob>,
}

#[derive(Debug, Clone)]
pub struct DirectorFacts {
    pub node: NodeId,
    pub name: String,
    pub link: Link,
    pub heard_at: Option<Timestamp>,
    pub conf: Fact<InstanceConf>,
    /// What the same keepalived carries besides.
    pub other_instances: Vec<String>,
    pub said: Option<Fact<InstanceState>>,
    pub addresses: Option<Fact<Vec<InterfaceAddress>>>,
    pub services: Option<Fact<Vec<Service>>>,
    pub ipvs: Option<Fact<Table>>,
    /// The signal on which its keepalived dumps its state; `None`: it was built without JSON, or
    /// could not be asked.
    pub json_signal: Option<Fact<u8>>,
    /// By how much its clock is ahead of the console's.
    pub clock_ahead_ms: Option<Fact<i64>>,
    /// The number in the generated track file; `None` where it could not be read.
    pub number: Option<Fact<i32>>,
    /// That file says that it was taken out of service.
    pub is_out: bool,
    /// The track file that can be installed; only asked where there is none. `Err`: why not.
    pub to_install: Option<Result<Fact<TrackFile>, String>>,
    /// `Err`: the rules could not be read, and why.
    pub filter: Result<Fact<FilterFinding>, String>,
    /// Real servers as tried from here; only asked of the director that shall take over.
    pub reach: Option<Fact<Vec<Reach>>>,
    /// What its kernel does with packets of connections that it does not know.
    pub kernel: Option<Fact<KernelSettings>>,
    /// Whether its keepalived's processes run or are stopped.
    pub daemon: Option<Fact<Daemon>>,
    /// Where its adverts come from.
    pub own_address: Option<IpAddr>,
    /// Virtual addresses of any of its instances that are on its interfaces.
    pub held: Vec<InterfaceAddress>,
    /// Adverts as counted here; only asked of the director that shall take over.
    pub adverts: Option<Fact<AdvertCount>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub server: SocketAddr,
    pub reached: bool,
}

/// What decides whether a connection outlives the move of its address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KernelSettings {
    /// `net.ipv4.ip_forward`: packets for an address that it no longer has go on to where it is.
    pub ip_forward: bool,
    /// `net.ipv4.vs.sloppy_tcp`: IPVS schedules a connection that it first sees in its middle.
    pub sloppy_tcp: bool,
}

impl KernelSettings {
    /// Reads what `sysctl` prints; a setting that the kernel does not have is off.
    pub fn read(printed: &str) -> KernelSettings {
        let is_on = |name: &str| {
            printed
                .lines()
                .filter_map(|line| line.split_once('='))
                .any(|(key, value)| key.trim() == name && value.trim() == "1")
        };
        KernelSettings {
            ip_forward: is_on("net.ipv4.ip_forward"),
            sloppy_tcp: is_on("net.ipv4.vs.sloppy_tcp"),
        }
    }
}

/// Two readings of the counter of received adverts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdvertCount {
    pub before: u64,
    pub after: u64,
}

#[derive(Debug, Clone)]
pub struct ClientFacts {
    pub node: NodeId,
    pub name: String,
    pub answered_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct RunningJob {
    pub id: JobId,
    pub locks: Vec<String>,
}

/// How many of the instance's addresses a director carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    All,
    Some,
    None,
}

/// A fact that is not there to rest a decision on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    Never,
    Stale { age: Duration, observed_at: Timestamp },
}

impl DirectorFacts {
    pub fn addresses_of_instance(&self) -> Vec<IpAddr> {
        self.conf.value.virtual_addresses.iter().map(|v| v.address).collect()
    }

    pub fn holding(&self, now: Timestamp) -> Result<(Holding, Timestamp), Missing> {
        let (present, at) = fresh(self.addresses.as_ref(), now)?;
        let wanted = self.addresses_of_instance();
        let held = wanted.iter().filter(|a| present.iter().any(|p| p.address == **a)).count();
        let holding = match held {
            0 => Holding::None,
            n if n == wanted.len() => Holding::All,
            _ => Holding::Some,
        };
        Ok((holding, at))
    }

    pub fn candidate(&self) -> Candidate<'_> {
        let said = self.said.as_ref().map(|fact| &fact.value);
        let number = self.number.as_ref().map(|fact| fact.value);
        Candidate::new(&self.conf.value, said, number, self.track_file_to_install())
    }

    /// What the job would install here before it can move the priority.
    pub fn track_file_to_install(&self) -> Option<&TrackFile> {
        match &self.to_install {
            Some(Ok(fact)) if own_track_file(&self.conf.value).is_none() => Some(&fact.value),
            _ => None,
        }
    }
}

/// The value if it is there and young enough to act on.
pub fn fresh<T>(fact: Option<&Fact<T>>, now: Timestamp) -> Result<(&T, Timestamp), Missing> {
    let fact = fact.ok_or(Missing::Never)?;
    if fact.is_stale(now, STALE_AFTER) {
        return Err(Missing::Stale { age: fact.age(now), observed_at: fact.observed_at });
    }
    Ok((&fact.value, fact.observed_at))
}

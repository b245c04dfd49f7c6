//! What is read once in a split, because it costs too much to be read all the time.

use std::net::IpAddr;

use super::witness::{ArpAnswer, Witness, own_address};
use crate::fact::Fact;
use crate::firewall::adverts::Passage;
use crate::firewall::needs;
use crate::firewall::{Direction, Packet};
use crate::ids::NodeId;
use crate::nodes::Observed;
use crate::time::Timestamp;
use crate::vrrp::InstanceConf;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    pub at: Timestamp,
    pub sides: Vec<GatheredSide>,
    /// `None`: no third node is on the network of the addresses.
    pub witness: Option<Witness>,
}

/// Of one director.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatheredSide {
    pub node: NodeId,
    /// `Err`: why its rules could not be read.
    pub filter: Result<Fact<Vec<AdvertTrace>>, String>,
    /// Who answered its ARP requests for the other directors' own addresses.
    pub arp: Option<Fact<Vec<ArpAnswer>>>,
    /// What its keepalived logged of adverts that it refused.
    pub log: Option<Fact<Vec<String>>>,
}

/// An advert from or to another director, as the node's rules treat it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvertTrace {
    pub peer: NodeId,
    pub way: Way,
    pub passage: Passage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    In,
    Out,
}

impl Gathered {
    pub fn side(&self, node: NodeId) -> Option<&GatheredSide> {
        self.sides.iter().find(|side| side.node == node)
    }
}

impl GatheredSide {
    pub(super) fn passage(&self, peer: NodeId, way: Way) -> Option<&Passage> {
        let traces = &self.filter.as_ref().ok()?.value;
        traces.iter().find(|trace| trace.peer == peer && trace.way == way).map(|t| &t.passage)
    }

    /// Whether that address answered; `None` where it was not asked.
    pub(super) fn answered(&self, address: IpAddr) -> Option<bool> {
        let arp = self.arp.as_ref()?;
        Some(arp.value.iter().any(|answer| answer.address == address))
    }
}

/// What of keepalived's log is about adverts of an instance that it does not take.
pub fn refusals(log: &str, instance: &str) -> Vec<String> {
    const WORDS: [&str; 9] = [
        "invalid",
        "mismatch",
        "not present",
        "unexpected",
        "advertisement interval",
        "version",
        "lower priority",
        "authentication",
        "passwd",
    ];
    let own = format!("({instance})");
    let about = |line: &&str| {
        let lower = line.to_lowercase();
        line.starts_with(&own) && WORDS.iter().any(|word| lower.contains(word))
    };
    let mut found: Vec<String> = Vec::new();
    for line in log.lines().filter(about) {
        if found.last().is_none_or(|last| last != line) {
            found.push(line.to_owned());
        }
    }
    found
}

/// The adverts that come to a director from another and go to it.
pub fn adverts_between(
    own: (&Observed, &InstanceConf),
    peer: (&Observed, &InstanceConf),
) -> Option<[(Way, Packet); 2]> {
    let (mine, theirs) = (own_address(own.0, own.1)?, own_address(peer.0, peer.1)?);
    let needs = needs::pair(own.1, "", mine, theirs);
    Some(needs.map(|need| {
        let way = if need.packet.direction == Direction::In { Way::In } else { Way::Out };
        (way, need.packet)
    }))
}

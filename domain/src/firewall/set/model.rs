use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::firewall::address::{AddressRange, Network};
use crate::firewall::model::Family;
use crate::firewall::ports::PortRange;
use crate::firewall::test::Protocol;

/// Longest name of a set (IPSET_MAXNAMELEN, with its end).
pub const NAME_BYTES: usize = 31;

/// The sets of a node by their names. `None`: there is one, but its entries are not known.
pub type Sets = BTreeMap<String, Option<Set>>;

/// One set: how it was made, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Set {
    pub name: String,
    pub kind: Kind,
    /// The words behind the kind, `family inet hashsize 1024`, in their order.
    pub header: Vec<String>,
    /// In the order of the text, which for a list is the one in which its sets are asked.
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    HashIp,
    HashNet,
    HashIpPort,
    HashNetPort,
    HashIpPortIp,
    HashIpPortNet,
    HashNetNet,
    HashNetPortNet,
    HashMac,
    BitmapIp,
    BitmapIpMac,
    BitmapPort,
    ListSet,
    /// One that the model does not evaluate, by its name.
    Other(String),
}

/// What one part of an element stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    Address,
    Network,
    Port,
    /// Of TCP and of UDP, without their names.
    PortAlone,
    Mac,
    Member,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The element as it is written: `10.0.0.1,tcp:80`.
    pub text: String,
    /// What is understood of it, one for each dimension of the set's kind; none where the kind is
    /// not evaluated.
    pub parts: Vec<Part>,
    /// In the order of the text.
    pub options: Vec<EntryOption>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// An address, or a network.
    Network(Network),
    Range(AddressRange),
    Port(Port),
    PortAlone(PortRange),
    /// The name of another set.
    Member(String),
    /// What the model does not evaluate, such as a hardware address.
    Other,
}

/// A port of a protocol; of ICMP the type and the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    pub protocol: Protocol,
    /// Of ICMP, type × 256 + code; 0 of protocols that have none.
    pub range: PortRange,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryOption {
    /// An exception of a wider network.
    NoMatch,
    /// Seconds until the entry goes by itself; 0: it stays.
    Timeout(u32),
    Packets(u64),
    Bytes(u64),
    Comment(String),
    /// A word of what is only carried: `skbmark`, and what is behind it.
    Other(String),
}

impl Set {
    /// What stands behind a word of the header.
    pub fn option(&self, name: &str) -> Option<&str> {
        let place = self.header.iter().position(|word| word == name)?;
        self.header.get(place + 1).map(String::as_str)
    }

    /// Of the packets that it holds; `None`: of both.
    pub fn family(&self) -> Option<Family> {
        match self.kind {
            Kind::BitmapIp | Kind::BitmapIpMac => Some(Family::V4),
            Kind::BitmapPort | Kind::ListSet | Kind::HashMac => None,
            _ => match self.option("family") {
                Some("inet6") => Some(Family::V6),
                _ => Some(Family::V4),
            },
        }
    }
}

impl Entry {
    pub fn is_exception(&self) -> bool {
        self.options.contains(&EntryOption::NoMatch)
    }
}

static KINDS: [(&str, Kind); 13] = [
    ("hash:ip", Kind::HashIp),
    ("hash:net", Kind::HashNet),
    ("hash:ip,port", Kind::HashIpPort),
    ("hash:net,port", Kind::HashNetPort),
    ("hash:ip,port,ip", Kind::HashIpPortIp),
    ("hash:ip,port,net", Kind::HashIpPortNet),
    ("hash:net,net", Kind::HashNetNet),
    ("hash:net,port,net", Kind::HashNetPortNet),
    ("hash:mac", Kind::HashMac),
    ("bitmap:ip", Kind::BitmapIp),
    ("bitmap:ip,mac", Kind::BitmapIpMac),
    ("bitmap:port", Kind::BitmapPort),
    ("list:set", Kind::ListSet),
];

impl Kind {
    pub fn of(name: &str) -> Kind {
        let known = KINDS.iter().find(|(known, _)| *known == name);
        known.map_or_else(|| Kind::Other(name.to_owned()), |(_, kind)| kind.clone())
    }

    pub fn as_str(&self) -> &str {
        match self {
            Kind::Other(name) => name,
            known => KINDS.iter().find(|(_, kind)| kind == known).map_or("", |(name, _)| *name),
        }
    }

    /// `None` of kinds that are not evaluated.
    pub(super) fn dimensions(&self) -> Option<&'static [Dimension]> {
        use Dimension::{Address, Mac, Member, Network, Port, PortAlone};
        Some(match self {
            Kind::HashIp | Kind::BitmapIp => &[Address],
            Kind::HashNet => &[Network],
            Kind::HashIpPort => &[Address, Port],
            Kind::HashNetPort => &[Network, Port],
            Kind::HashIpPortIp => &[Address, Port, Address],
            Kind::HashIpPortNet => &[Address, Port, Network],
            Kind::HashNetNet => &[Network, Network],
            Kind::HashNetPortNet => &[Network, Port, Network],
            Kind::HashMac => &[Mac],
            Kind::BitmapIpMac => &[Address, Mac],
            Kind::BitmapPort => &[PortAlone],
            Kind::ListSet => &[Member],
            Kind::Other(_) => return None,
        })
    }

    /// Its entries may be exceptions.
    pub(super) fn has_exceptions(&self) -> bool {
        self.dimensions().is_some_and(|dimensions| dimensions.contains(&Dimension::Network))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

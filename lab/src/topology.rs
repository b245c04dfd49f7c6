//! Topologies: which nodes a lab has, what they do and how they are wired. Data, one TOML file
//! each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

const BUILT_IN: &[(&str, &str)] = &[
    ("ha", include_str!("../topologies/ha.toml")),
    ("nat", include_str!("../topologies/nat.toml")),
];

/// What can be brought up with a topology: more nodes, in files of the same form.
const EXTRAS: &[(&str, &str)] = &[("mysql", include_str!("../topologies/with-mysql.toml"))];

/// A node's port in the wires is called `<node>.<segment's first letter>`, and Linux allows 15
/// bytes.
const NODE_NAME_MAX: usize = 12;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TopologyError {
    #[error("there is no topology {name:?}; there are: {known}")]
    Unknown { name: String, known: String },
    #[error("there is nothing called {name:?} to bring up with a topology; there is: {known}")]
    UnknownExtra { name: String, known: String },
    #[error("topology {name}: {message}")]
    Syntax { name: String, message: String },
    #[error("topology {topology}: {place}: expected {expected}, found {found}")]
    Invalid { topology: String, place: String, expected: String, found: String },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    #[serde(skip)]
    pub name: String,
    pub summary: String,
    pub segments: BTreeMap<String, Subnet>,
    #[serde(rename = "node")]
    pub nodes: Vec<NodeSpec>,
    #[serde(default)]
    pub vrrp: Vec<VrrpSpec>,
    #[serde(default, rename = "virtual_server")]
    pub virtual_servers: Vec<VirtualServerSpec>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeSpec {
    pub name: String,
    pub role: Role,
    /// Last octet of the node's address on the management network.
    pub management: u8,
    /// Segment → the node's address in it. The order of the names is that of eth0, eth1, ….
    pub links: BTreeMap<String, Ipv4Addr>,
    pub gateway: Option<Ipv4Addr>,
    /// What a database node runs.
    #[serde(default)]
    pub engine: Engine,
    /// The database that this one replicates from.
    pub replica_of: Option<String>,
    #[serde(default)]
    pub semi_sync: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VrrpSpec {
    pub instance: String,
    pub router_id: u8,
    pub segment: String,
    pub address: Ipv4Addr,
    /// Director → VRRP priority; the highest is configured as MASTER.
    pub priorities: BTreeMap<String, u8>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VirtualServerSpec {
    pub address: Ipv4Addr,
    pub port: u16,
    pub forward: Forward,
    pub scheduler: String,
    pub check: Check,
    pub real: Vec<RealServerSpec>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RealServerSpec {
    pub node: String,
    pub weight: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Director,
    RealServer,
    Database,
    Router,
    Client,
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Director => "director",
            Self::RealServer => "real server",
            Self::Database => "database",
            Self::Router => "router",
            Self::Client => "client",
        })
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    #[default]
    MariaDb,
    MySql,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Forward {
    Dr,
    Nat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    Http,
    Tcp,
}

/// An IPv4 subnet, written `192.168.1.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Subnet {
    pub address: Ipv4Addr,
    pub prefix: u8,
}

impl Subnet {
    pub fn contains(self, address: Ipv4Addr) -> bool {
        let shift = 32 - u32::from(self.prefix);
        u64::from(u32::from(address)) >> shift == u64::from(u32::from(self.address)) >> shift
    }
}

impl TryFrom<String> for Subnet {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(address, prefix)| {
            Some(Self {
                address: address.parse().ok()?,
                prefix: prefix.parse().ok().filter(|prefix| *prefix <= 32)?,
            })
        });
        parsed.ok_or_else(|| format!("expected a subnet such as 192.168.1.0/24, found {text:?}"))
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.address, self.prefix)
    }
}

impl Topology {
    pub fn names() -> Vec<&'static str> {
        BUILT_IN.iter().map(|(name, _)| *name).collect()
    }

    pub fn named(name: &str) -> Result<Self, TopologyError> {
        let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name).ok_or_else(|| {
            TopologyError::Unknown { name: name.to_owned(), known: Self::names().join(", ") }
        })?;
        Self::parse(name, text)
    }

    pub fn parse(name: &str, text: &str) -> Result<Self, TopologyError> {
        let mut topology: Self = toml::from_str(text).map_err(|error| TopologyError::Syntax {
            name: name.to_owned(),
            message: error.to_string(),
        })?;
        topology.name = name.to_owned();
        topology.check()?;
        Ok(topology)
    }

    /// The topology with the nodes of an extra, such as `mysql`.
    pub fn with(mut self, extra: &str) -> Result<Self, TopologyError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Extra {
            node: Vec<NodeSpec>,
        }
        let (_, text) = EXTRAS.iter().find(|(known, _)| *known == extra).ok_or_else(|| {
            let known: Vec<&str> = EXTRAS.iter().map(|(known, _)| *known).collect();
            TopologyError::UnknownExtra { name: extra.to_owned(), known: known.join(", ") }
        })?;
        let parsed: Extra = toml::from_str(text).map_err(|error| TopologyError::Syntax {
            name: format!("with {extra}"),
            message: error.to_string(),
        })?;
        self.nodes.extend(parsed.node);
        self.check()?;
        Ok(self)
    }

    pub fn node(&self, name: &str) -> Option<&NodeSpec> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// The virtual addresses that `node` must accept itself, because a director forwards to it by
    /// direct routing.
    pub fn direct_routing_addresses(&self, node: &str) -> Vec<Ipv4Addr> {
        self.virtual_servers
            .iter()
            .filter(|server| {
                server.forward == Forward::Dr && server.real.iter().any(|real| real.node == node)
            })
            .map(|server| server.address)
            .collect()
    }

    fn check(&self) -> Result<(), TopologyError> {
        self.check_nodes()?;
        for vrrp in &self.vrrp {
            let place = format!("vrrp {}", vrrp.instance);
            self.check_in_segment(&place, &vrrp.segment, vrrp.address)?;
            for director in vrrp.priorities.keys() {
                self.check_node_with_role(&place, director, &[Role::Director])?;
            }
        }
        for server in &self.virtual_servers {
            let place = format!("virtual_server {}:{}", server.address, server.port);
            for real in &server.real {
                self.check_node_with_role(&place, &real.node, &[Role::RealServer, Role::Database])?;
            }
        }
        Ok(())
    }

    fn check_nodes(&self) -> Result<(), TopologyError> {
        let (mut names, mut addresses) = (BTreeSet::new(), BTreeSet::new());
        for node in &self.nodes {
            let place = format!("node {}", node.name);
            let valid = node.name.len() <= NODE_NAME_MAX
                && node.name.starts_with(|first: char| first.is_ascii_lowercase())
                && node
                    .name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            if !valid {
                let expected =
                    format!("a name of a-z, 0-9 and '-', at most {NODE_NAME_MAX} characters");
                return Err(self.invalid(&place, expected, &node.name));
            }
            if !names.insert(&node.name) {
                return Err(self.invalid(
                    &place,
                    "a name used once".to_owned(),
                    "the same name again",
                ));
            }
            if matches!(node.management, 0 | 1 | 255) || !addresses.insert(node.management) {
                let expected =
                    "a management number from 2 to 254 that no other node has".to_owned();
                return Err(self.invalid(&place, expected, &node.management.to_string()));
            }
            for (segment, address) in &node.links {
                self.check_in_segment(&place, segment, *address)?;
            }
            if let Some(source) = &node.replica_of {
                self.check_node_with_role(&place, source, &[Role::Database])?;
            }
        }
        Ok(())
    }

    fn check_in_segment(
        &self,
        place: &str,
        segment: &str,
        address: Ipv4Addr,
    ) -> Result<(), TopologyError> {
        let Some(subnet) = self.segments.get(segment) else {
            let known: Vec<&str> = self.segments.keys().map(String::as_str).collect();
            return Err(self.invalid(place, format!("a segment of {}", known.join(", ")), segment));
        };
        if subnet.contains(address) {
            return Ok(());
        }
        Err(self.invalid(
            place,
            format!("an address in {subnet} ({segment})"),
            &address.to_string(),
        ))
    }

    fn check_node_with_role(
        &self,
        place: &str,
        name: &str,
        roles: &[Role],
    ) -> Result<(), TopologyError> {
        let wanted: Vec<String> = roles.iter().map(Role::to_string).collect();
        let expected = format!("the name of a {}", wanted.join(" or "));
        match self.node(name) {
            Some(node) if roles.contains(&node.role) => Ok(()),
            Some(node) => Err(self.invalid(place, expected, &format!("{name}, a {}", node.role))),
            None => Err(self.invalid(place, expected, &format!("{name}, which is no node"))),
        }
    }

    fn invalid(&self, place: &str, expected: String, found: &str) -> TopologyError {
        TopologyError::Invalid {
            topology: self.name.clone(),
            place: place.to_owned(),
            expected,
            found: found.to_owned(),
        }
    }
}

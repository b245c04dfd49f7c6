//! Which server follows which, told from what each one says of its source.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::ids::NodeId;
use crate::nodes::{NodeRecord, Observed};

/// A replication tree of managed servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The server that follows no managed one. In a ring (two primaries that follow each other)
    /// the writable one, or the one with the smallest id.
    pub primary: NodeId,
    /// Primary first, then each replica after the one it follows.
    pub members: Vec<Member>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    pub node: NodeId,
    /// `None` for the primary. A server with several sources names the first managed one.
    pub follows: Option<NodeId>,
}

impl Tree {
    pub fn has_replicas(&self, node: NodeId) -> bool {
        self.members.iter().any(|member| member.follows == Some(node))
    }
}

/// All trees of the fleet, by their primary's id. Each node with an observed engine is in exactly
/// one.
pub fn trees(nodes: &BTreeMap<NodeId, (NodeRecord, Observed)>) -> Vec<Tree> {
    let follows = sources(nodes);
    let mut placed = BTreeSet::new();
    let mut trees = Vec::new();
    let writable = |node: &NodeId| {
        let engine = nodes.get(node).and_then(|(_, observed)| observed.engine.as_ref());
        engine.is_some_and(|engine| !engine.value.read_only)
    };
    // Roots first; what is left after them goes round in rings.
    let roots = follows.iter().filter(|(_, source)| source.is_none()).map(|(node, _)| *node);
    let mut ring: Vec<NodeId> = follows.keys().copied().collect();
    ring.sort_by_key(|node| (!writable(node), *node));
    for primary in roots.chain(ring) {
        if placed.insert(primary) {
            trees.push(tree_below(primary, &follows, &mut placed));
        }
    }
    trees.sort_by_key(|tree| tree.primary);
    trees
}

fn tree_below(
    primary: NodeId,
    follows: &BTreeMap<NodeId, Option<NodeId>>,
    placed: &mut BTreeSet<NodeId>,
) -> Tree {
    let mut members = vec![Member { node: primary, follows: None }];
    let mut next = 0;
    while let Some(source) = members.get(next).map(|member| member.node) {
        next += 1;
        let replicas = follows.iter().filter(|(_, followed)| **followed == Some(source));
        for (replica, _) in replicas {
            if placed.insert(*replica) {
                members.push(Member { node: *replica, follows: Some(source) });
            }
        }
    }
    Tree { primary, members }
}

/// The managed server that each managed server follows.
fn sources(nodes: &BTreeMap<NodeId, (NodeRecord, Observed)>) -> BTreeMap<NodeId, Option<NodeId>> {
    let mut by_name: BTreeMap<&str, NodeId> = BTreeMap::new();
    let mut by_address: BTreeMap<IpAddr, NodeId> = BTreeMap::new();
    for (id, (record, observed)) in nodes.iter().filter(|(_, (_, o))| o.engine.is_some()) {
        by_name.insert(record.host.as_str(), *id);
        by_name.insert(record.name.as_str(), *id);
        for address in observed.addresses.iter().flat_map(|fact| &fact.value) {
            // Loopbacks, and a virtual address that real servers carry there, are on many nodes.
            if address.interface.as_str() != "lo" {
                by_address.insert(address.address, *id);
            }
        }
    }
    let find = |host: &str| match host.parse::<IpAddr>() {
        Ok(address) => by_address.get(&address).or_else(|| by_name.get(host)).copied(),
        Err(_) => by_name.get(host).copied(),
    };
    let mut follows = BTreeMap::new();
    for (id, (_, observed)) in nodes {
        let Some(engine) = &observed.engine else { continue };
        let source = engine.value.sources.iter().find_map(|s| find(&s.host));
        follows.insert(*id, source.filter(|source| source != id));
    }
    follows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::fixtures::engine;
    use crate::fact::Fact;
    use crate::nodes::InterfaceAddress;
    use crate::nodes::fixtures::record;
    use crate::time::Timestamp;

    fn server(id: i64, follows: &[&str], read_only: bool) -> (NodeId, (NodeRecord, Observed)) {
        let address = |interface: &str, address: String| InterfaceAddress {
            interface: interface.parse().unwrap(),
            address: address.parse().unwrap(),
            prefix_len: 24,
            up: true,
        };
        let addresses = vec![
            address("lo", "192.168.1.201".to_owned()),
            address("eth0", format!("192.168.1.{id}")),
        ];
        let mut observed = Observed::nothing(Timestamp(0));
        observed.engine = Some(Fact::new(engine(id, follows, read_only), Timestamp(0), "sql"));
        observed.addresses = Some(Fact::new(addresses, Timestamp(0), "netlink"));
        (NodeId(id), (record(id, &format!("db-{id}")), observed))
    }

    fn shape(trees: &[Tree]) -> Vec<Vec<(i64, Option<i64>)>> {
        let member = |m: &Member| (m.node.0, m.follows.map(|f| f.0));
        trees.iter().map(|t| t.members.iter().map(member).collect()).collect()
    }

    #[test]
    fn a_chain_and_a_lone_server_are_two_trees() {
        let nodes = BTreeMap::from([
            server(3, &["192.168.1.2"], true),
            server(2, &["192.168.1.1"], true),
            server(1, &[], false),
            server(9, &["10.9.9.9"], false),
        ]);
        let found = trees(&nodes);
        assert_eq!(
            shape(&found),
            [vec![(1, None), (2, Some(1)), (3, Some(2))], vec![(9, None)]],
            "a source outside the fleet makes no tree of ours",
        );
        assert!(found[0].has_replicas(NodeId(2)) && !found[0].has_replicas(NodeId(3)));
    }

    #[test]
    fn a_ring_has_its_writable_server_as_primary() {
        let nodes = BTreeMap::from([server(1, &["db-2"], true), server(2, &["db-1"], false)]);
        assert_eq!(shape(&trees(&nodes)), [vec![(2, None), (1, Some(2))]]);
    }

    #[test]
    fn a_server_that_follows_itself_is_no_ring() {
        let nodes = BTreeMap::from([server(1, &["192.168.1.1"], false)]);
        assert_eq!(shape(&trees(&nodes)), [vec![(1, None)]]);
    }
}

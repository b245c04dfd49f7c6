//! Which node sends the packet: the one that has its source address, never another.

use super::super::needs::Nodes;
use super::super::packet::Direction;
use super::model::SentPacket;
use crate::ids::NodeId;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub node: NodeId,
    pub name: String,
    /// That it can send, or why it cannot.
    pub can_send: Result<(), String>,
}

/// The node that has the packet's source address and can be reached now. An address of several
/// nodes, such as a virtual one that real servers have on `lo`, is that of the one that answers
/// for it.
pub fn sender(
    packet: &SentPacket,
    traced: NodeId,
    nodes: &Nodes,
    now: Timestamp,
) -> Option<NodeId> {
    let goes_out = packet.direction == Direction::Out;
    let holders = nodes.iter().filter(|(id, (_, observed))| {
        let addresses = observed.addresses.iter().flat_map(|fact| &fact.value);
        let holds = addresses.filter(|own| own.up).any(|own| own.address == packet.source);
        (**id == traced) == goes_out && holds && observed.is_current(now)
    });
    let mut holders: Vec<_> = holders.collect();
    holders.sort_by_key(|(_, (_, observed))| !observed.answers_for(packet.source));
    holders.first().map(|(id, _)| **id)
}

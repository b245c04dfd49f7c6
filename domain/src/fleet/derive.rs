//! The fleet's picture, made of what was seen of each node and of the picture before.

use std::collections::BTreeMap;

use super::lines::{self, Scene};
use super::model::{Event, Fault, Line, NodeSummary};
use super::{faults, summary};
use crate::ids::{JobId, NodeId};
use crate::nodes::{NodeRecord, Observed};
use crate::time::Timestamp;
use crate::vrrp::{self, InstanceName, VrrpView};

/// What the observed state says of the fleet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    pub nodes: BTreeMap<NodeId, NodeSummary>,
    pub vrrp: VrrpView,
    pub lines: Vec<Line>,
    /// Worst and oldest first; cleared ones last.
    pub faults: Vec<Fault>,
}

/// Derives the picture at `now`. The second value is what happened since `before`, oldest first.
pub fn derive(
    nodes: &BTreeMap<NodeId, (NodeRecord, Observed)>,
    moving: &BTreeMap<InstanceName, JobId>,
    before: &Picture,
    now: Timestamp,
) -> (Picture, Vec<Event>) {
    let vrrp = vrrp::view(nodes, now);
    let scene = Scene { nodes, vrrp: &vrrp, moving, now };
    let lines = lines::lines(&scene);
    let summaries: BTreeMap<NodeId, NodeSummary> = nodes
        .iter()
        .map(|(id, (record, observed))| {
            (*id, summary::of(record, observed, before.nodes.get(id), now))
        })
        .collect();
    let found = faults::now(&scene, summaries.values(), &lines);
    let (faults, events) = faults::carry(&before.faults, found, now);
    (Picture { nodes: summaries, vrrp, lines, faults }, events)
}

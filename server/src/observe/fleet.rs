//! The latest state of every node, and the views made of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signalbox_domain::fleet::FleetView;
use signalbox_domain::ids::NodeId;
use signalbox_domain::live::Topic;
use signalbox_domain::nodes::{NodeRecord, NodeView, Observed};
use signalbox_domain::vrrp::VrrpView;

use crate::live::Hub;
use crate::ssh::Remote;

pub struct Fleet {
    hub: Arc<Hub>,
    #[expect(dead_code, reason = "the probes come next")]
    remote: Arc<dyn Remote>,
    nodes: Mutex<BTreeMap<NodeId, NodeView>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    #[error("no node {0}")]
    NoSuchNode(NodeId),
    #[error("the probe on the node gave no answer within {0:?}")]
    NoAnswer(Duration),
}

impl Fleet {
    pub fn new(hub: Arc<Hub>, remote: Arc<dyn Remote>) -> Arc<Fleet> {
        Arc::new(Fleet { hub, remote, nodes: Mutex::default() })
    }

    /// What was last seen of a node.
    pub fn observed(&self, node: NodeId) -> Option<Observed> {
        self.lock().get(&node).map(|view| view.observed.clone())
    }

    pub fn node(&self, node: NodeId) -> Option<NodeView> {
        self.lock().get(&node).cloned()
    }

    pub fn nodes(&self) -> BTreeMap<NodeId, (NodeRecord, Observed)> {
        self.lock()
            .iter()
            .map(|(id, view)| (*id, (view.record.clone(), view.observed.clone())))
            .collect()
    }

    pub fn view(&self) -> FleetView {
        FleetView::default()
    }

    pub fn vrrp(&self) -> VrrpView {
        VrrpView::default()
    }

    /// Begins to observe a node. Call it for every stored node at start, too.
    pub fn node_added(self: &Arc<Self>, record: NodeRecord) {
        let id = record.id;
        let view = NodeView { record, observed: Observed::nothing(crate::clock::now()) };
        self.hub.publish(Topic::Node(id), &view);
        self.lock().insert(id, view);
    }

    /// The node was edited: it is observed anew, with what is known of it kept until then.
    pub fn node_changed(self: &Arc<Self>, record: NodeRecord) {
        let mut nodes = self.lock();
        if let Some(view) = nodes.get_mut(&record.id) {
            view.record = record;
            self.hub.publish(Topic::Node(view.record.id), view);
        }
    }

    pub fn node_removed(&self, node: NodeId) {
        self.lock().remove(&node);
        self.hub.retire(Topic::Node(node));
    }

    /// Asks the probe to read everything now and waits until it has.
    pub async fn refresh(&self, node: NodeId) -> Result<Observed, RefreshError> {
        self.observed(node).ok_or(RefreshError::NoSuchNode(node))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<NodeId, NodeView>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

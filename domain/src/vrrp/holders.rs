//! Who held an instance when, as it was seen: nothing is claimed of the time in between.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Holder, InstanceName, VrrpView};
use crate::ids::NodeId;
use crate::time::Timestamp;

/// An unbroken time in which the same directors were seen to hold an instance's addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HolderStretch {
    pub instance: InstanceName,
    /// None: nobody held them. More than one: split brain.
    pub nodes: Vec<NodeId>,
    pub began_at: Timestamp,
    pub seen_until: Timestamp,
}

/// Makes stretches of views. A time in which the holder was not known belongs to none.
#[derive(Debug, Default)]
pub struct HolderRecorder {
    open: BTreeMap<InstanceName, HolderStretch>,
}

impl HolderRecorder {
    /// Takes what is seen now. The answer holds each stretch that ended and each that began; those
    /// that go on are in [`open`](Self::open).
    pub fn see(&mut self, view: &VrrpView, now: Timestamp) -> Vec<HolderStretch> {
        let mut seen: BTreeMap<&InstanceName, Vec<NodeId>> = BTreeMap::new();
        for instance in &view.instances {
            if let Some(nodes) = instance.holder.known() {
                seen.insert(&instance.id, nodes);
            }
        }
        let mut changed = Vec::new();
        self.open.retain(|id, stretch| {
            let goes_on = seen.get(id) == Some(&stretch.nodes);
            if goes_on || seen.contains_key(id) {
                stretch.seen_until = now;
            }
            if !goes_on {
                changed.push(stretch.clone());
            }
            goes_on
        });
        for (id, nodes) in seen {
            if !self.open.contains_key(id) {
                let instance = id.clone();
                let stretch = HolderStretch { instance, nodes, began_at: now, seen_until: now };
                changed.push(stretch.clone());
                self.open.insert(id.clone(), stretch);
            }
        }
        changed
    }

    pub fn open(&self) -> impl Iterator<Item = &HolderStretch> {
        self.open.values()
    }
}

impl Holder {
    /// Those who hold; `None` when that is not known.
    pub fn known(&self) -> Option<Vec<NodeId>> {
        match self {
            Holder::One { node } => Some(vec![*node]),
            Holder::Several { nodes } => {
                let mut nodes = nodes.clone();
                nodes.sort();
                Some(nodes)
            }
            Holder::Nobody => Some(Vec::new()),
            Holder::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Signal;
    use crate::vrrp::InstanceView;

    fn view(holder: Holder) -> VrrpView {
        let id = InstanceName("VI_1".into());
        let instance = InstanceView {
            id,
            name: "VI_1".into(),
            vrid: 51,
            virtual_addresses: Vec::new(),
            members: Vec::new(),
            holder,
            signal: Signal::Clear,
            fault: None,
            split: None,
        };
        VrrpView { instances: vec![instance] }
    }

    fn one(node: i64) -> VrrpView {
        view(Holder::One { node: NodeId(node) })
    }

    fn told(changed: &[HolderStretch]) -> Vec<(usize, i64, i64)> {
        changed.iter().map(|s| (s.nodes.len(), s.began_at.0, s.seen_until.0)).collect()
    }

    #[test]
    fn a_stretch_ends_where_the_next_begins() {
        let mut recorder = HolderRecorder::default();
        assert_eq!(told(&recorder.see(&one(1), Timestamp(10))), [(1, 10, 10)]);
        assert_eq!(recorder.see(&one(1), Timestamp(20)), []);
        let split = view(Holder::Several { nodes: vec![NodeId(2), NodeId(1)] });
        assert_eq!(told(&recorder.see(&split, Timestamp(30))), [(1, 10, 30), (2, 30, 30)]);
        assert_eq!(told(&recorder.see(&one(2), Timestamp(40))), [(2, 30, 40), (1, 40, 40)]);
    }

    #[test]
    fn what_was_not_seen_is_a_gap() {
        let mut recorder = HolderRecorder::default();
        recorder.see(&one(1), Timestamp(10));
        recorder.see(&one(1), Timestamp(20));
        assert_eq!(told(&recorder.see(&view(Holder::Unknown), Timestamp(90))), [(1, 10, 20)]);
        assert_eq!(recorder.see(&view(Holder::Unknown), Timestamp(95)), []);
        assert_eq!(told(&recorder.see(&one(1), Timestamp(100))), [(1, 100, 100)]);
        assert_eq!(told(&recorder.see(&VrrpView::default(), Timestamp(120))), [(1, 100, 100)]);
        assert_eq!(recorder.open().count(), 0);
    }

    #[test]
    fn a_split_is_the_same_in_whatever_order_its_holders_are_told() {
        let mut recorder = HolderRecorder::default();
        let split = |nodes: [i64; 2]| view(Holder::Several { nodes: nodes.map(NodeId).to_vec() });
        recorder.see(&split([1, 2]), Timestamp(1));
        assert_eq!(recorder.see(&split([2, 1]), Timestamp(2)), []);
    }
}

//! Splits from the moment in which they are seen to their end.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::gathered::Gathered;
use super::scene::{Scene, Side};
use super::witness::own_address;
use super::{SplitView, causes, looked_at};
use crate::ids::NodeId;
use crate::nodes::{NodeRecord, Observed};
use crate::time::Timestamp;
use crate::vrrp::view::BEATING;
use crate::vrrp::{Holder, InstanceName, InstanceState, InstanceView, VrrpView};

/// While an address moves, both may be seen to have it for a moment.
const SETTLES: Duration = Duration::from_millis(300);

/// The word of a director that it became MASTER counts as this split's when it is no older.
const WORD_SLACK_MS: i64 = 2_000;

#[derive(Debug, Default)]
pub struct SplitBook {
    open: BTreeMap<InstanceName, Open>,
    /// When each instance was last seen to have one holder or none.
    whole: BTreeMap<InstanceName, Timestamp>,
}

#[derive(Debug)]
struct Open {
    found_at: Timestamp,
    /// Then.
    holders: Vec<NodeId>,
    /// By the word of the one who became MASTER last.
    began_at: Option<Timestamp>,
    /// The counters when it was found.
    before: BTreeMap<NodeId, InstanceState>,
    gathered: Option<Gathered>,
}

/// A split that is no mere moment of a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub instance: InstanceName,
    pub found_at: Timestamp,
    pub holders: Vec<NodeId>,
}

type Nodes = BTreeMap<NodeId, (NodeRecord, Observed)>;

impl SplitBook {
    /// Takes what is seen now, and gives each split instance its split.
    pub fn see(&mut self, view: &mut VrrpView, nodes: &Nodes, now: Timestamp) {
        let seen = |id: &InstanceName| view.instances.iter().any(|instance| instance.id == *id);
        self.open.retain(|id, _| seen(id));
        self.whole.retain(|id, _| seen(id));
        for instance in &mut view.instances {
            instance.split = self.of(instance, nodes, now);
        }
    }

    fn of(&mut self, instance: &InstanceView, nodes: &Nodes, now: Timestamp) -> Option<SplitView> {
        let holders = match &instance.holder {
            Holder::Several { nodes } => nodes,
            // It cannot be told whether it still lasts.
            Holder::Unknown => return None,
            Holder::One { .. } | Holder::Nobody => {
                let open = self.open.get(&instance.id);
                if open.is_some_and(|open| !is_over(instance, &open.holders, now)) {
                    return None;
                }
                self.open.remove(&instance.id);
                self.whole.insert(instance.id.clone(), now);
                return None;
            }
        };
        let whole = self.whole.get(&instance.id).copied();
        let open = self
            .open
            .entry(instance.id.clone())
            .or_insert_with(|| Open::new(instance, holders, now));
        if open.began_at.is_none() {
            open.began_at = began(instance, holders, whole, open.found_at);
        }
        let holding = instance.members.iter().filter(|member| holders.contains(&member.node));
        let scene = Scene::of(holding, nodes, open.gathered.as_ref(), &open.before, now);
        let since = open.began_at.unwrap_or(open.found_at).min(open.found_at);
        Some(SplitView {
            since,
            found_ms: u64::try_from(since.age(open.found_at).as_millis()).unwrap_or(u64::MAX),
            causes: causes(&scene),
            looked_at: looked_at(&scene),
            gathered_at: open.gathered.as_ref().map(|gathered| gathered.at),
            demote: to_demote(&scene),
        })
    }

    /// None was seen, and so none lasts.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Splits that last, or of which it cannot be told.
    pub fn settled(&self, now: Timestamp) -> Vec<Settled> {
        let open = self.open.iter().filter(|(_, open)| open.found_at.age(now) >= SETTLES);
        let settled = open.map(|(id, open)| {
            let (instance, holders) = (id.clone(), open.holders.clone());
            Settled { instance, found_at: open.found_at, holders }
        });
        settled.collect()
    }

    /// What was read of the directors; a split that is over meanwhile needs it no more.
    pub fn gathered(&mut self, instance: &InstanceName, found_at: Timestamp, gathered: Gathered) {
        if let Some(open) = self.open.get_mut(instance).filter(|open| open.found_at == found_at) {
            open.gathered = Some(gathered);
        }
    }
}

impl Open {
    fn new(instance: &InstanceView, holders: &[NodeId], now: Timestamp) -> Open {
        let said = |member: &crate::vrrp::MemberView| {
            Some((member.node, member.said.as_ref()?.value.clone()))
        };
        let before = instance.members.iter().filter_map(said).collect();
        Open { found_at: now, holders: holders.to_vec(), began_at: None, before, gathered: None }
    }
}

/// All but one of them are seen to have given the addresses up: one that is silent may still have
/// them.
fn is_over(instance: &InstanceView, holders: &[NodeId], now: Timestamp) -> bool {
    let has_given_up = |node: &&NodeId| {
        let member = instance.members.iter().find(|member| member.node == **node);
        member.is_none_or(|member| {
            let holds = member.holds.as_ref().filter(|_| !member.stale);
            holds.is_some_and(|holds| !holds.value && holds.age(now) <= BEATING)
        })
    };
    holders.iter().filter(has_given_up).count() + 1 >= holders.len()
}

/// When the last of the holders became MASTER, where that was after the instance was seen whole.
fn began(
    instance: &InstanceView,
    holders: &[NodeId],
    whole: Option<Timestamp>,
    found_at: Timestamp,
) -> Option<Timestamp> {
    let holding = instance.members.iter().filter(|member| holders.contains(&member.node));
    let last = holding.filter_map(|member| member.since).max()?;
    let is_this_one = last.0 >= whole?.0.saturating_sub(WORD_SLACK_MS)
        && last.0 <= found_at.0.saturating_add(WORD_SLACK_MS);
    is_this_one.then_some(last)
}

/// Who does nothing any more, else who has the lower priority, else, as VRRP itself decides, the
/// lower address.
fn to_demote(scene: &Scene<'_>) -> Option<NodeId> {
    let rank = |side: &&Side<'_>| {
        let priority = side.said.map_or(side.conf.priority, |said| said.value.effective_priority);
        let serves = side.lives();
        (serves, priority, own_address(side.observed, side.conf), Reverse(side.node))
    };
    scene.sides.iter().min_by_key(rank).map(|side| side.node)
}

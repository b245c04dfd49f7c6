//! All that is known of the directors of a split.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::gathered::{Gathered, GatheredSide};
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::nodes::{LinkState, NodeRecord, Observed};
use crate::time::Timestamp;
use crate::vrrp::timers::advert_interval;
use crate::vrrp::{Auth, InstanceConf, InstanceState, MemberView};

/// The directors of an instance as they are seen now, and what was read of them besides.
#[derive(Debug)]
pub struct Scene<'a> {
    pub sides: Vec<Side<'a>>,
    pub gathered: Option<&'a Gathered>,
    pub now: Timestamp,
}

/// One director.
#[derive(Debug)]
pub struct Side<'a> {
    pub node: NodeId,
    pub name: &'a str,
    pub conf: &'a InstanceConf,
    pub said: Option<&'a Fact<InstanceState>>,
    /// What its counters were when the split was found.
    pub before: Option<&'a InstanceState>,
    pub observed: &'a Observed,
    pub gathered: Option<&'a GatheredSide>,
}

type Nodes = BTreeMap<NodeId, (NodeRecord, Observed)>;

impl<'a> Scene<'a> {
    pub fn of(
        members: impl Iterator<Item = &'a MemberView>,
        nodes: &'a Nodes,
        gathered: Option<&'a Gathered>,
        before: &'a BTreeMap<NodeId, InstanceState>,
        now: Timestamp,
    ) -> Scene<'a> {
        let sides = members.filter_map(|member| {
            let (_, observed) = nodes.get(&member.node)?;
            Some(Side {
                node: member.node,
                name: &member.node_name,
                conf: &member.conf,
                said: member.said.as_ref(),
                before: before.get(&member.node),
                observed,
                gathered: gathered.and_then(|gathered| gathered.side(member.node)),
            })
        });
        Scene { sides: sides.collect(), gathered, now }
    }

    /// When one last heard an advert of another, if that was of late.
    pub fn heard(&self, by: NodeId, of: NodeId) -> Option<Fact<()>> {
        let side = |node: NodeId| self.sides.iter().find(|side| side.node == node);
        match side(by)?.hears(side(of)?, self.now) {
            Hearing::Heard { at } => Some(Fact::new((), at, "raw socket, protocol 112")),
            Hearing::NotListened | Hearing::Silent { .. } => None,
        }
    }

    pub(super) fn pairs(&self) -> Vec<(&Side<'a>, &Side<'a>)> {
        let later = |index: usize| self.sides.iter().skip(index + 1);
        let of = |(index, a)| later(index).map(move |b| (a, b));
        self.sides.iter().enumerate().flat_map(of).collect()
    }
}

impl Side<'_> {
    /// When its keepalived.conf was last seen to be so.
    pub(super) fn conf_at(&self) -> Option<Timestamp> {
        self.observed.vrrp_conf.as_ref().map(|fact| fact.observed_at)
    }

    /// The console's own line to it is up, and it was heard of late.
    pub(super) fn is_reached(&self, now: Timestamp) -> bool {
        self.observed.link.state == LinkState::Up && !self.observed.is_stale(now)
    }

    /// Its keepalived runs and is not stopped, as far as that is seen.
    pub(super) fn lives(&self) -> bool {
        self.observed.vrrp_daemon.as_ref().is_none_or(|d| d.value.runs() && !d.value.is_frozen())
    }

    fn is_own(&self, address: IpAddr) -> bool {
        let own = self.observed.addresses.iter().flat_map(|fact| &fact.value);
        own.into_iter().any(|own| own.address == address)
    }

    /// When an advert of the other last came through its packet filter; `None` where it listened
    /// and none came for as long as a backup waits, and where nobody listened.
    pub(super) fn hears(&self, other: &Side<'_>, now: Timestamp) -> Hearing {
        // The probe does not hear protocol 51.
        if matches!(other.conf.auth, Auth::Ah { .. }) {
            return Hearing::NotListened;
        }
        let Some(fact) = &self.observed.adverts else { return Hearing::NotListened };
        let heard = fact.value.senders.iter().filter(|sender| {
            sender.vrid == other.conf.vrid && !self.is_own(sender.from) && other.is_own(sender.from)
        });
        let last = heard.filter_map(|sender| sender.heard.last().copied()).max();
        // Told of once in 0.7 s, and read once a second.
        let patience = advert_interval(other.conf) * 3 + std::time::Duration::from_millis(1_700);
        match last {
            Some(at) if at.age(now) <= patience => Hearing::Heard { at },
            last => Hearing::Silent { last, at: fact.observed_at },
        }
    }
}

/// Whether adverts come through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hearing {
    NotListened,
    Heard { at: Timestamp },
    Silent { last: Option<Timestamp>, at: Timestamp },
}

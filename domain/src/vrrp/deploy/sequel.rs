//! What becomes of each instance: who holds it now, who will, and whether the adverts of the old
//! and the new files go together.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::plan::{Director, Sides};
use super::reading::Daemon;
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::time::Timestamp;
use crate::vrrp::conf::Probed;
use crate::vrrp::facts::fresh;
use crate::vrrp::{InstanceConf, InstanceState, VrrpState};

/// One instance on all of its directors.
pub(super) struct Sequel<'a> {
    pub(super) name: &'a str,
    pub(super) seats: Vec<Seat<'a>>,
    pub(super) holder_now: Holds,
    /// Who holds it once all is done; `None`: nobody carries it any more, or all of them are in
    /// FAULT.
    pub(super) holder_then: Option<NodeId>,
    /// Its part of the files, or the services on its addresses, change.
    pub(super) is_touched: bool,
    /// A director with the new files does not accept the adverts of one with the old ones.
    pub(super) adverts_change: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    One(NodeId),
    Nobody,
    Several,
    /// A director was not seen.
    Unknown,
    /// It is not there yet.
    New,
}

/// A director's part in an instance.
pub(super) struct Seat<'a> {
    pub(super) director: &'a Director,
    pub(super) before: Option<&'a InstanceConf>,
    pub(super) after: Option<&'a InstanceConf>,
}

pub(super) fn sequels<'a>(sides: &'a [Sides<'a>], now: Timestamp) -> Vec<Sequel<'a>> {
    let confs =
        sides.iter().flat_map(|side| side.before.instances.iter().chain(&side.after.instances));
    let names: BTreeSet<&str> = confs.map(|conf| conf.name.as_str()).collect();
    names.into_iter().map(|name| sequel(name, sides, now)).collect()
}

fn sequel<'a>(name: &'a str, sides: &'a [Sides<'a>], now: Timestamp) -> Sequel<'a> {
    let find = |confs: &'a [InstanceConf]| confs.iter().find(|conf| conf.name == name);
    let seats = sides.iter().map(|side| Seat {
        director: side.director,
        before: find(&side.before.instances),
        after: find(&side.after.instances),
    });
    let seats: Vec<Seat<'_>> =
        seats.filter(|seat| seat.before.is_some() || seat.after.is_some()).collect();
    let holder_now = holder_now(&seats, now);
    let changes = |seat: &Seat<'_>| match (seat.before, seat.after) {
        (Some(before), Some(after)) => !agree(before, after),
        _ => false,
    };
    Sequel {
        name,
        holder_now,
        holder_then: holder_then(&seats, holder_now),
        is_touched: sides.iter().any(|side| side.touches(name)),
        adverts_change: seats.iter().any(changes),
        seats,
    }
}

impl Sides<'_> {
    fn touches(&self, name: &str) -> bool {
        let of = |probed: &Probed| {
            let conf = probed.instances.iter().find(|conf| conf.name == name)?.clone();
            let addresses: Vec<IpAddr> = conf.virtual_addresses.iter().map(|v| v.address).collect();
            let services = probed.table.on(&addresses);
            Some((conf, services))
        };
        of(&self.before) != of(&self.after)
    }
}

/// Whether a director by one of these accepts the adverts of one by the other.
fn agree(a: &InstanceConf, b: &InstanceConf) -> bool {
    let addresses = |conf: &InstanceConf| {
        conf.virtual_addresses.iter().map(|v| v.address).collect::<BTreeSet<IpAddr>>()
    };
    let is_unicast = |conf: &InstanceConf| !conf.unicast_peers.is_empty();
    // Version 3 tells its interval in the advert, and a backup takes it over.
    let interval = a.version == 3 || a.advert_ms == b.advert_ms;
    (a.vrid, a.version, &a.auth) == (b.vrid, b.version, &b.auth)
        && interval
        && addresses(a) == addresses(b)
        && is_unicast(a) == is_unicast(b)
        && a.interface == b.interface
}

fn holder_now(seats: &[Seat<'_>], now: Timestamp) -> Holds {
    let mut holders = Vec::new();
    let before = seats.iter().filter_map(|seat| Some((seat, seat.before?)));
    let mut is_new = true;
    for (seat, conf) in before {
        is_new = false;
        let Ok((present, _)) = fresh(seat.director.addresses.as_ref(), now) else {
            return Holds::Unknown;
        };
        let has = |address: IpAddr| present.iter().any(|p| p.address == address);
        if conf.virtual_addresses.iter().any(|v| has(v.address)) {
            holders.push(seat.director.node);
        }
    }
    match holders.as_slice() {
        _ if is_new => Holds::New,
        [] => Holds::Nobody,
        [one] => Holds::One(*one),
        _ => Holds::Several,
    }
}

/// The election as keepalived holds it: the highest effective priority, and among those that do
/// not preempt, whoever holds it already.
fn holder_then(seats: &[Seat<'_>], holder_now: Holds) -> Option<NodeId> {
    let mut candidates: Vec<(i32, bool, NodeId)> = seats
        .iter()
        .filter(|seat| seat.said().is_none_or(|said| said.state != VrrpState::Fault))
        .filter_map(|seat| Some((seat.priority_then()?, seat.after?.nopreempt, seat.director.node)))
        .collect();
    let holder = match holder_now {
        Holds::One(node) => candidates.iter().find(|(_, _, id)| *id == node).copied(),
        _ => None,
    };
    if let Some((held_with, _, _)) = holder {
        candidates.retain(|(priority, nopreempt, _)| *priority > held_with && !nopreempt);
    }
    let best =
        candidates.into_iter().max_by_key(|(priority, _, id)| (*priority, std::cmp::Reverse(*id)));
    best.or(holder).map(|(_, _, id)| id)
}

impl Seat<'_> {
    /// A daemon that does not run says nothing, whatever it said when it did.
    pub(super) fn said(&self) -> Option<&InstanceState> {
        let name = &self.before.or(self.after)?.name;
        if self.director.reading.value.daemon != Daemon::Running {
            return None;
        }
        let said: Option<&Fact<Vec<InstanceState>>> = self.director.said.as_ref();
        said?.value.iter().find(|state| state.name == *name)
    }

    /// The new priority with what tracked things add to it now.
    fn priority_then(&self) -> Option<i32> {
        let tracked = self
            .said()
            .map_or(0, |said| i32::from(said.effective_priority) - i32::from(said.base_priority));
        Some((i32::from(self.after?.priority) + tracked).clamp(1, 255))
    }
}

impl Sequel<'_> {
    /// Of the directors that have it then.
    pub(super) fn after(&self) -> impl Iterator<Item = (&Seat<'_>, &InstanceConf)> {
        self.seats.iter().filter_map(|seat| Some((seat, seat.after?)))
    }

    pub(super) fn name_of(&self, node: NodeId) -> &str {
        let seat = self.seats.iter().find(|seat| seat.director.node == node);
        seat.map_or("?", |seat| seat.director.name.as_str())
    }
}

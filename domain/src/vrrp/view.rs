//! Both directors' own word, laid beside the addresses that are really there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::adverts::AdvertsHeard;
use super::election::own_track_file;
use super::model::{
    AdvertBeat, Auth, Holder, InstanceConf, InstanceName, InstanceState, InstanceView, MemberView,
    VrrpState, VrrpView,
};
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::keyed::Named;
use crate::nodes::{NodeRecord, Observed};
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;

/// Addresses are proved anew with every beat of the probe, once a second. A director that has one
/// but missed a beat is taken to have lost it when another has it: so a power cut looks before the
/// line itself is known to be dead.
pub(super) const BEATING: Duration = Duration::from_millis(1_500);

/// All instances of the fleet: instances of different nodes that share a virtual address are one.
pub fn view(nodes: &BTreeMap<NodeId, (NodeRecord, Observed)>, now: Timestamp) -> VrrpView {
    let mut groups: Vec<Vec<MemberView>> = Vec::new();
    for (record, observed) in nodes.values() {
        for conf in observed.vrrp_conf.iter().flat_map(|fact| &fact.value) {
            let member = member(record, observed, conf, now);
            let shares = |group: &&mut Vec<MemberView>| {
                group.iter().any(|other| share_an_address(&other.conf, conf))
            };
            match groups.iter_mut().find(shares) {
                Some(group) => group.push(member),
                None => groups.push(vec![member]),
            }
        }
    }
    for group in &mut groups {
        beat(nodes, group);
    }
    let repeated = repeated_names(&groups);
    let mut instances: Vec<InstanceView> =
        groups.into_iter().filter_map(|members| instance(members, &repeated, now)).collect();
    instances.sort_by(InstanceView::compare);
    VrrpView { instances }
}

fn share_an_address(a: &InstanceConf, b: &InstanceConf) -> bool {
    let in_b = |address: IpAddr| b.virtual_addresses.iter().any(|other| other.address == address);
    a.virtual_addresses.iter().any(|virtual_address| in_b(virtual_address.address))
}

fn member(
    record: &NodeRecord,
    observed: &Observed,
    conf: &InstanceConf,
    now: Timestamp,
) -> MemberView {
    let said = observed.vrrp_state.as_ref().and_then(|fact| {
        let state = fact.value.iter().find(|s| s.name == conf.name && s.vrid == conf.vrid)?;
        Some(Fact::new(state.clone(), fact.observed_at, fact.source.clone()))
    });
    let holds = observed.addresses.as_ref().map(|fact| {
        let all = conf.virtual_addresses.iter().all(|a| observed.answers_for(a.address));
        Fact::new(all, fact.observed_at, fact.source.clone())
    });
    let clock_ahead_ms = observed.platform.as_ref().map_or(0, |p| p.value.clock_ahead_ms);
    let since = said.as_ref().and_then(|fact| fact.value.last_transition);
    MemberView {
        node: record.id,
        node_name: record.name.to_string(),
        conf: conf.clone(),
        since: since.map(|at| Timestamp(at.0.saturating_sub(clock_ahead_ms))),
        said,
        holds,
        daemon: observed.vrrp_daemon.clone(),
        is_out: is_out(observed, conf),
        adverts: None,
        stale: !observed.is_current(now),
    }
}

fn is_out(observed: &Observed, conf: &InstanceConf) -> bool {
    let marked = observed.vrrp_out.as_ref().map(|fact| &fact.value);
    own_track_file(conf).zip(marked).is_some_and(|(own, files)| files.contains(own.path.as_str()))
}

/// What each member sends is known from what the others hear.
fn beat(nodes: &BTreeMap<NodeId, (NodeRecord, Observed)>, members: &mut [MemberView]) {
    let seen = |id: NodeId| nodes.get(&id).map(|(_, observed)| observed);
    let ids: Vec<NodeId> = members.iter().map(|member| member.node).collect();
    for member in members.iter_mut().filter(|m| !matches!(m.conf.auth, Auth::Ah { .. })) {
        let Some(own) = seen(member.node) else { continue };
        let sent = member.said.as_ref().is_some_and(|said| said.value.state == VrrpState::Master);
        let is_own =
            |from: IpAddr| own.addresses.iter().flat_map(|f| &f.value).any(|a| a.address == from);
        let listeners: Vec<&Fact<AdvertsHeard>> = ids
            .iter()
            .filter(|id| sent != (**id == member.node))
            .filter_map(|id| seen(*id)?.adverts.as_ref())
            .collect();
        let senders = listeners.iter().flat_map(|fact| &fact.value.senders);
        let mut heard: Vec<Timestamp> = senders
            .filter(|sender| sender.vrid == member.conf.vrid && is_own(sender.from) == sent)
            .flat_map(|sender| sender.heard.iter().copied())
            .collect();
        heard.sort();
        member.adverts =
            listeners.iter().map(|fact| fact.value.since).min().map(|since| AdvertBeat {
                sent,
                since,
                until: listeners.iter().map(|fact| fact.observed_at).max().unwrap_or(since),
                heard,
            });
    }
}

/// Names that more than one group goes by.
fn repeated_names(groups: &[Vec<MemberView>]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let names = groups.iter().filter_map(|group| leader(group).map(|m| m.conf.name.clone()));
    names.filter(|name| !seen.insert(name.clone())).collect()
}

/// The member with the highest configured priority; it names the instance.
fn leader(members: &[MemberView]) -> Option<&MemberView> {
    members.iter().max_by_key(|m| (m.conf.priority, std::cmp::Reverse(m.node)))
}

fn instance(
    mut members: Vec<MemberView>,
    repeated: &BTreeSet<String>,
    now: Timestamp,
) -> Option<InstanceView> {
    members.sort_by(MemberView::compare);
    let leader = members.first()?;
    let name = leader.conf.name.clone();
    let first_vip = leader.conf.virtual_addresses.first().map(|a| a.address);
    let id = match first_vip {
        Some(vip) if repeated.contains(&name) => format!("{name}@{vip}"),
        _ => name.clone(),
    };
    let (vrid, virtual_addresses) = (leader.conf.vrid, leader.conf.virtual_addresses.clone());
    let holder = holder(&members, now);
    let (signal, fault) = judge(&name, &members, &holder);
    Some(InstanceView {
        id: InstanceName(id),
        name,
        vrid,
        virtual_addresses,
        members,
        holder,
        signal,
        fault,
        split: None,
    })
}

fn holder(members: &[MemberView], now: Timestamp) -> Holder {
    let fresh: Vec<(NodeId, &Fact<bool>)> = members
        .iter()
        .filter(|member| !member.stale)
        .filter_map(|member| Some((member.node, member.holds.as_ref()?)))
        .collect();
    let mut holding: Vec<_> = fresh.iter().filter(|(_, holds)| holds.value).collect();
    if holding.iter().any(|(_, holds)| holds.age(now) <= BEATING) {
        holding.retain(|(_, holds)| holds.age(now) <= BEATING);
    }
    match holding.as_slice() {
        [(node, _)] => Holder::One { node: *node },
        [] if fresh.len() == members.len() => Holder::Nobody,
        [] => Holder::Unknown,
        several => Holder::Several { nodes: several.iter().map(|(node, _)| *node).collect() },
    }
}

fn judge(name: &str, members: &[MemberView], holder: &Holder) -> (Signal, Option<Phrase>) {
    let name_of = |node: &NodeId| {
        members.iter().find(|m| m.node == *node).map_or("?", |m| m.node_name.as_str())
    };
    match holder {
        Holder::Several { nodes } => {
            let all = nodes.iter().map(name_of).collect::<Vec<_>>();
            let fault = Phrase::new(
                format!("{} hold the addresses of {name} at once: split brain", all.join(" and ")),
                format!("{} 同时持有 {name} 的地址：脑裂", all.join("、")),
            );
            (Signal::Danger, Some(fault))
        }
        Holder::Nobody => {
            let fault = Phrase::new(
                format!("No director holds the addresses of {name}"),
                format!("没有调度器持有 {name} 的地址"),
            );
            (Signal::Danger, Some(fault))
        }
        Holder::Unknown => {
            let fault = Phrase::new(
                format!("Who holds {name} is not known: a director cannot be seen"),
                format!("无法观测到某台调度器，{name} 的持有者未知"),
            );
            (Signal::Unknown, Some(fault))
        }
        Holder::One { node } => judge_members(name, members, *node),
    }
}

/// With exactly one holder: does each member say so, and is there a standby?
fn judge_members(name: &str, members: &[MemberView], holder: NodeId) -> (Signal, Option<Phrase>) {
    for member in members.iter().filter(|m| !m.stale) {
        let says = member.said.as_ref().map(|said| said.value.state);
        let node = &member.node_name;
        if (member.node == holder) != (says == Some(VrrpState::Master)) && says.is_some() {
            let word = says.map_or("", state_word);
            return (
                Signal::Danger,
                Some(Phrase::new(
                    format!("{node} says {word} of {name}, but its addresses say otherwise"),
                    format!("{node} 自称 {name} 为 {word}，但实际地址与之不符"),
                )),
            );
        }
    }
    let standby = |m: &&MemberView| {
        m.node != holder
            && !m.stale
            && m.said.as_ref().is_some_and(|said| said.value.state == VrrpState::Backup)
    };
    if members.iter().any(|m| standby(&m)) {
        return (Signal::Clear, None);
    }
    let mut out = members.iter().filter(|m| m.is_out).map(|m| m.node_name.as_str());
    if let Some(out) = out.next() {
        return (
            Signal::Caution,
            Some(Phrase::new(
                format!("{out} is out of service: {name} has no standby"),
                format!("{out} 已停止服务：{name} 没有备机"),
            )),
        );
    }
    (
        Signal::Caution,
        Some(Phrase::new(
            format!("{name} has no standby: no other director is in BACKUP"),
            format!("{name} 没有备机：没有其他调度器处于 BACKUP"),
        )),
    )
}

/// keepalived's own word.
pub fn state_word(state: VrrpState) -> &'static str {
    match state {
        VrrpState::Init => "INIT",
        VrrpState::Backup => "BACKUP",
        VrrpState::Master => "MASTER",
        VrrpState::Fault => "FAULT",
    }
}

impl InstanceView {
    pub fn member(&self, node: NodeId) -> Option<&MemberView> {
        self.members.iter().find(|member| member.node == node)
    }
}

impl MemberView {
    /// What it said last, unless that is too old.
    pub fn state(&self) -> Option<&InstanceState> {
        self.said.as_ref().filter(|_| !self.stale).map(|said| &said.value)
    }
}

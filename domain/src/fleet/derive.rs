//! The fleet as one picture, made from what was seen of each node.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions::{self, Condition};
use super::lines::lines;
use super::picture::{Picture, Seen};
use super::{Book, Event, FleetView, Line, NodeRole, NodeSummary};
use crate::backups::Freshness;
use crate::ids::NodeId;
use crate::jobs::JobSummary;
use crate::nodes::{LinkState, NodeRecord, Observed};
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;
use crate::vrrp::{Holder, InstanceName, VrrpState, VrrpView, state_word};

/// Remembers between derivations what cannot be seen in one: since when, and what came before.
#[derive(Debug, Default)]
pub struct Fleet {
    book: Book,
    signals: BTreeMap<NodeId, (Signal, Timestamp)>,
    holders: BTreeMap<InstanceName, NodeId>,
    /// What each director said of itself last, and whether it was out of service.
    states: BTreeMap<(InstanceName, NodeId), (VrrpState, bool)>,
}

impl Fleet {
    pub fn derive(
        &mut self,
        nodes: &BTreeMap<NodeId, (NodeRecord, Observed)>,
        running: &[JobSummary],
        freshness: &[Freshness],
        now: Timestamp,
    ) -> (FleetView, VrrpView) {
        let picture = Picture::new(nodes, running, now);
        let lines = lines(&picture);
        let mut found: Vec<Condition> = Vec::new();
        let real_servers = lines.iter().flat_map(|line| &line.legs).filter_map(|leg| leg.node);
        let real_servers: BTreeSet<NodeId> = real_servers.collect();
        let mut summaries = BTreeMap::new();
        self.signals.retain(|id, _| nodes.contains_key(id));
        for node in picture.nodes() {
            let id = &node.record.id;
            let own = conditions::of_node(&picture, node);
            let summary = self.summary(node, &own, real_servers.contains(id), &lines, now);
            summaries.insert(*id, summary);
            found.extend(own);
        }
        found.extend(conditions::of_vrrp(&picture));
        found.extend(conditions::of_lines(&picture, &lines));
        self.note_states(&picture);
        self.note_holders(&picture);
        self.book.update(found, now);
        let view = FleetView {
            nodes: summaries,
            lines,
            faults: self.book.faults(),
            running: running.to_vec(),
            freshness: freshness.to_vec(),
            events: self.book.events(),
        };
        (view, picture.vrrp)
    }

    fn summary(
        &mut self,
        node: Seen,
        conditions: &[Condition],
        is_real_server: bool,
        lines: &[Line],
        now: Timestamp,
    ) -> NodeSummary {
        let record = node.record;
        let worst = conditions.iter().min_by_key(|condition| condition.signal);
        let leg_fault = lines
            .iter()
            .flat_map(|line| &line.legs)
            .filter(|leg| is_real_server && leg.node == Some(record.id))
            .filter(|leg| leg.signal == Signal::Danger)
            .find_map(|leg| leg.reason.clone());
        let (signal, reason) = match (worst, leg_fault, node.observed.link.state) {
            (Some(worst), ..) if worst.signal == Signal::Danger => {
                (Signal::Danger, Some(worst.title.clone()))
            }
            (_, Some(reason), _) => (Signal::Danger, Some(reason)),
            (Some(worst), ..) => (worst.signal, Some(worst.title.clone())),
            (None, None, LinkState::Up) => (Signal::Clear, None),
            (None, None, _) => (Signal::Unknown, None),
        };
        let since = match self.signals.get(&record.id) {
            Some((before, since)) if *before == signal => *since,
            _ => now,
        };
        self.signals.insert(record.id, (signal, since));
        NodeSummary {
            id: record.id,
            name: record.name.to_string(),
            host: record.host.to_string(),
            role: role(node, is_real_server),
            tags: record.tags.iter().map(ToString::to_string).collect(),
            signal,
            link: node.observed.link.state,
            since,
            reason,
            os: node.observed.platform.as_ref().map(|fact| fact.value.os.clone()),
        }
    }

    /// An event for each transition of a director, and for its leaving service and coming back.
    fn note_states(&mut self, picture: &Picture) {
        for instance in &picture.vrrp.instances {
            for member in &instance.members {
                let Some(said) = member.state() else { continue };
                let now = (said.state, member.is_out);
                let before = self.states.insert((instance.id.clone(), member.node), now);
                let Some(before) = before.filter(|before| *before != now) else { continue };
                let (what, name) = (&instance.name, &member.node_name);
                let (from, to) = (state_word(before.0), state_word(now.0));
                let text = match (before.1, now.1) {
                    (false, true) => Phrase::new(
                        format!("{what} on {name}: out of service"),
                        format!("{name} 上的 {what}：停止服务"),
                    ),
                    (true, false) => Phrase::new(
                        format!("{what} on {name}: back in service"),
                        format!("{name} 上的 {what}：恢复服务"),
                    ),
                    _ => Phrase::new(
                        format!("{what} on {name}: {from} → {to}"),
                        format!("{name} 上的 {what}：{from} → {to}"),
                    ),
                };
                let signal = match now {
                    (VrrpState::Fault, false) => Signal::Danger,
                    (VrrpState::Fault | VrrpState::Init, _) => Signal::Caution,
                    (VrrpState::Master | VrrpState::Backup, _) => Signal::Clear,
                };
                let href = Some("/vrrp".to_owned());
                self.book.note(Event { at: picture.now, signal, text, href });
            }
        }
    }

    /// An event for each address that another director has taken.
    fn note_holders(&mut self, picture: &Picture) {
        for instance in &picture.vrrp.instances {
            let Holder::One { node } = instance.holder else { continue };
            let before = self.holders.insert(instance.id.clone(), node);
            let name = |id: NodeId| {
                picture.node(id).map_or_else(|| id.to_string(), |node| node.record.name.to_string())
            };
            let Some(before) = before.filter(|before| *before != node) else { continue };
            let (now_holds, held) = (name(node), name(before));
            let what = &instance.name;
            self.book.note(Event {
                at: picture.now,
                signal: Signal::Clear,
                text: Phrase::new(
                    format!("{now_holds} holds {what}, which {held} held"),
                    format!("{what} 由 {held} 转到 {now_holds}"),
                ),
                href: Some("/vrrp".to_owned()),
            });
        }
    }
}

/// Told from what runs on the node; what was seen before it fell silent still counts.
fn role(node: Seen, is_real_server: bool) -> NodeRole {
    let observed = node.observed;
    let runs = |names: &[&str]| {
        let services = observed.services.iter().flat_map(|fact| &fact.value);
        services.filter(|s| names.contains(&s.name.as_str())).any(|s| s.state != "inactive")
    };
    let vrrp = observed.vrrp_conf.iter().any(|fact| !fact.value.is_empty());
    let ipvs = observed.lvs.iter().any(|fact| !fact.value.services.is_empty());
    if vrrp || ipvs {
        NodeRole::Director
    } else if observed.engine.is_some() || runs(&["mariadb", "mysql", "mysqld"]) {
        NodeRole::Database
    } else if is_real_server || runs(&["nginx"]) {
        NodeRole::RealServer
    } else {
        NodeRole::Other
    }
}

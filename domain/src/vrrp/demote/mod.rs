//! `vrrp.demote` ends a split brain: one of the directors gives the addresses up. `vrrp.restore` lets
//! it take part again.
//!
//! A director that does not hear the others takes the addresses back as soon as it may. So the
//! demoted one is kept out of the election until somebody says that the cause is mended.

mod interlock;
mod restore;

#[cfg(test)]
mod tests;

pub(super) use restore::{HeldBy, is_vacant, restored, takes_over};
pub use restore::{RestoreInput, restore};

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::client::Question;
use super::election::own_track_file;
use super::facts::{ClientFacts, DirectorFacts, Holding, RunningJob};
use super::plan::{PlanError, SLACK, Stand, set, systemctl, until};
use super::split::Witness;
use super::{InstanceName, measuring, scripts};
use crate::ids::NodeId;
use crate::nodes::InterfaceAddress;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Draft, Expect, Step};
use crate::time::Timestamp;
use crate::values::{InterfaceName, RemotePath};

#[derive(Debug, Clone)]
pub struct DemoteInput {
    pub instance: InstanceName,
    /// The director that shall give the addresses up.
    pub node: NodeId,
    pub directors: Vec<DirectorFacts>,
    /// A third node that was asked now who answers for the addresses.
    pub witness: Option<Witness>,
    pub client: Option<ClientFacts>,
    pub running: Vec<RunningJob>,
}

/// Who gives the addresses up, and who keeps them.
pub(super) struct Parting<'a> {
    pub(super) target: &'a DirectorFacts,
    pub(super) survivor: &'a DirectorFacts,
}

/// How a director is kept out of the election.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lever {
    /// By the generated track file, which leaves its other instances alone.
    Fault { file: RemotePath, from: i32, to: i32 },
    /// There is no track file to write.
    Stop,
    /// keepalived does not answer, or is gone: its addresses are removed in its place.
    Kill { left_behind: Vec<InterfaceAddress> },
}

pub fn demote(input: &DemoteInput, now: Timestamp) -> Result<Draft, PlanError> {
    let parting = Parting::of(input, now)?;
    let lever = Lever::choose(parting.target);
    let (target, survivor) = (parting.target, parting.survivor);
    let locks = locks(&input.instance, [target.node, survivor.node]);
    let (from, keeps, instance) = (&target.name, &survivor.name, &target.conf.value.name);
    let (gives_up, holds) = (Stand::of(target)?, Stand::of(survivor)?);
    let given_up = gives_up.stands_back(target, lever.state_after());
    let held = holds.holds(survivor);
    Ok(Draft {
        operation: Operation::VrrpDemote { instance: input.instance.clone(), node: input.node },
        title: Phrase::new(
            format!("Demote {from} on {instance}: {keeps} keeps the addresses"),
            format!("在 {instance} 上降级 {from}：由 {keeps} 保留地址"),
        ),
        run_label: Phrase::new(format!("Demote {from}"), format!("降级 {from}")),
        interlocks: interlock::of_demote(input, &parting, &lever, &locks, now),
        steps: vec![
            give_up(&parting, &lever),
            Step {
                id: "one_holder".to_owned(),
                title: Phrase::new(
                    format!("See {keeps} hold the addresses alone"),
                    format!("确认只有 {keeps} 持有地址"),
                ),
                actions: vec![until(given_up.clone(), SLACK), until(held.clone(), SLACK)],
                undo: Vec::new(),
                estimate_ms: 500,
                cancellable: true,
            },
            announce(&parting),
        ],
        verification: [held.clone(), given_up].into_iter().chain(answer(input, survivor)).collect(),
        rolled_back: vec![held],
        prediction: None,
        way_back: way_back(&parting, &lever),
        locks,
    })
}

impl<'a> Parting<'a> {
    fn of(input: &'a DemoteInput, now: Timestamp) -> Result<Parting<'a>, PlanError> {
        let instance = || input.instance.0.clone();
        let target = input
            .directors
            .iter()
            .find(|director| director.node == input.node)
            .ok_or_else(|| PlanError::NotADirector { instance: instance(), to: input.node })?;
        let director = target.name.clone();
        if !holds_any(target, now) {
            return Err(PlanError::NotAHolder { instance: instance(), director });
        }
        let others = input.directors.iter().filter(|other| other.node != target.node);
        let survivor = others
            .filter(|other| holds_any(other, now))
            .max_by_key(|other| (!is_dead(other), other.candidate().effective, other.own_address))
            .ok_or_else(|| PlanError::OnlyHolder { instance: instance(), director })?;
        Ok(Parting { target, survivor })
    }
}

fn holds_any(director: &DirectorFacts, now: Timestamp) -> bool {
    director.holding(now).is_ok_and(|(holding, _)| holding != Holding::None)
}

/// Its keepalived is stopped or gone.
pub(super) fn is_dead(director: &DirectorFacts) -> bool {
    let daemon = director.daemon.as_ref();
    daemon.is_some_and(|daemon| daemon.value.is_frozen() || !daemon.value.runs())
}

impl Lever {
    fn choose(target: &DirectorFacts) -> Lever {
        if is_dead(target) {
            return Lever::Kill { left_behind: target.held.clone() };
        }
        let candidate = target.candidate();
        let generated = own_track_file(&target.conf.value);
        match (generated, candidate.lever, candidate.fault_number()) {
            (Some(_), Some(lever), Some(to)) => {
                Lever::Fault { file: lever.file.path.clone(), from: lever.number, to }
            }
            _ => Lever::Stop,
        }
    }

    /// keepalived's word afterwards, as `vrrp-state` prints it.
    fn state_after(&self) -> &'static str {
        match self {
            Lever::Fault { .. } => "FAULT",
            Lever::Stop | Lever::Kill { .. } => "stopped",
        }
    }
}

fn locks(instance: &InstanceName, mut nodes: [NodeId; 2]) -> Vec<String> {
    nodes.sort();
    let own = nodes.iter().map(|node| format!("node/{node}/keepalived"));
    std::iter::once(format!("vrrp/{}", instance.0)).chain(own).collect()
}

fn give_up(parting: &Parting<'_>, lever: &Lever) -> Step {
    let (node, name) = (parting.target.node, &parting.target.name);
    let run = |command| Action::Run { node, command, expect: Expect::Success };
    let (id, title, action, undo) = match lever {
        Lever::Fault { file, from, to } => (
            "enter_fault",
            Phrase::new(format!("Put {name} into FAULT"), format!("使 {name} 进入 FAULT")),
            set(node, file, *to),
            set(node, file, *from),
        ),
        Lever::Stop => (
            "stop_keepalived",
            Phrase::new(
                format!("Stop keepalived on {name}"),
                format!("停止 {name} 上的 keepalived"),
            ),
            systemctl(node, &["stop", "keepalived.service"]),
            systemctl(node, &["start", "keepalived.service"]),
        ),
        Lever::Kill { left_behind } => (
            "kill_keepalived",
            Phrase::new(
                format!("Kill keepalived on {name} and remove the addresses that it leaves"),
                format!("终止 {name} 上的 keepalived 并移除其遗留的地址"),
            ),
            run(scripts::kill(left_behind)),
            systemctl(node, &["start", "keepalived.service"]),
        ),
    };
    Step {
        id: id.to_owned(),
        title,
        actions: vec![action],
        undo: vec![undo],
        estimate_ms: 300,
        cancellable: true,
    }
}

/// keepalived says nothing when another stops claiming what it holds itself, so that neighbours
/// would go on sending to the other.
fn announce(parting: &Parting<'_>) -> Step {
    let survivor = parting.survivor;
    let conf = &survivor.conf.value;
    // Each where it is. IPv6 has no ARP.
    let mut by_interface: BTreeMap<&InterfaceName, Vec<IpAddr>> = BTreeMap::new();
    for own in conf.virtual_addresses.iter().filter(|own| own.address.is_ipv4()) {
        let interface = own.interface.as_ref().unwrap_or(&conf.interface);
        by_interface.entry(interface).or_default().push(own.address);
    }
    let announce = |(interface, addresses): (&InterfaceName, Vec<IpAddr>)| Action::Run {
        node: survivor.node,
        command: scripts::announce(interface, &addresses),
        expect: Expect::Success,
    };
    Step {
        id: "announce".to_owned(),
        title: Phrase::new(
            format!("Tell the network that the addresses are at {}", survivor.name),
            format!("向网络通告地址位于 {}", survivor.name),
        ),
        actions: by_interface.into_iter().map(announce).collect(),
        undo: Vec::new(),
        estimate_ms: 500,
        cancellable: true,
    }
}

fn answer(input: &DemoteInput, survivor: &DirectorFacts) -> Option<Check> {
    let client = input.client.as_ref()?;
    let nothing = crate::lvs::Table::default();
    let services = survivor.ipvs.as_ref().map_or(&nothing, |fact| &fact.value);
    let question = Question::choose(&survivor.conf.value, services)?;
    Some(measuring::answered(client, question))
}

fn way_back(parting: &Parting<'_>, lever: &Lever) -> Phrase {
    let name = &parting.target.name;
    match lever {
        Lever::Fault { .. } => Phrase::new(
            format!(
                "Mend the cause, then put {name} back. Until then it stays in FAULT, across restarts too, and nothing stands by: cleared earlier it would take the addresses again"
            ),
            format!(
                "排除原因后恢复 {name}。在此之前它保持 FAULT（重启后也如此），且没有备机：过早清除会使它再次夺取地址"
            ),
        ),
        Lever::Stop | Lever::Kill { .. } => Phrase::new(
            format!(
                "Mend the cause, then put {name} back: its keepalived is started. Until then nothing stands by. A restart of the machine starts it, too"
            ),
            format!(
                "排除原因后恢复 {name}：启动其 keepalived。在此之前没有备机。机器重启也会启动它"
            ),
        ),
    }
}

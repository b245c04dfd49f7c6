//! `vrrp.take_out` takes a director out of service, with every instance that it has;
//! `vrrp.bring_back` ends that.
//!
//! Its priority is lowered first, so that the other takes over while this one still answers; then
//! each instance goes into FAULT by its track file. There it takes nothing, whatever becomes of the
//! other, over reloads, restarts and boots, while keepalived itself goes on and can be looked at. A
//! mark beside the number says why it is there.

mod bring_back;
mod merged;
mod take_out;

#[cfg(test)]
mod tests;

pub use bring_back::{BringBackInput, bring_back};
pub use take_out::{TakeOutInput, take_out};

use std::collections::BTreeSet;

use super::client::Question;
use super::facts::{ClientFacts, DirectorFacts};
use super::plan::take_over_time;
use super::{InstanceName, InstanceView, VrrpState, measuring};
use crate::ids::NodeId;
use crate::plan::{Action, Check, Expect, Step};
use crate::values::RemotePath;

/// One instance of the director, with all its directors.
#[derive(Debug, Clone)]
pub struct Part {
    pub instance: InstanceName,
    /// The other director: the one that has the addresses, or takes them.
    pub other: NodeId,
    pub directors: Vec<DirectorFacts>,
}

impl Part {
    fn director(&self, node: NodeId) -> Option<&DirectorFacts> {
        self.directors.iter().find(|director| director.node == node)
    }
}

/// Who has an instance, or would take it, when `node` does not.
pub fn other_director(view: &InstanceView, node: NodeId) -> Option<NodeId> {
    let others = view.members.iter().filter(|member| member.node != node);
    let rank = |state: VrrpState| match state {
        VrrpState::Master => 2,
        VrrpState::Backup => 1,
        VrrpState::Init | VrrpState::Fault => 0,
    };
    let best = others.max_by_key(|member| {
        member
            .state()
            .map_or((0, member.conf.priority), |said| (rank(said.state), said.effective_priority))
    });
    best.map(|member| member.node)
}

/// The client asks through the first instance while all are moved.
struct Measured<'a> {
    client: &'a ClientFacts,
    question: Question,
    on: NodeId,
}

impl<'a> Measured<'a> {
    fn of(client: Option<&'a ClientFacts>, holder: &DirectorFacts) -> Option<Measured<'a>> {
        let nothing = crate::lvs::Table::default();
        let services = holder.ipvs.as_ref().map_or(&nothing, |fact| &fact.value);
        let question = Question::choose(&holder.conf.value, services)?;
        Some(Measured { client: client?, question, on: holder.node })
    }

    fn around(&self, directors: &[&DirectorFacts], steps: Vec<Step>) -> Vec<Step> {
        let each = directors.iter().map(|director| take_over_time(director) * 4);
        let bound = each.sum::<std::time::Duration>() + std::time::Duration::from_secs(120);
        let begin = measuring::begin(self.client, self.question, bound, self.on);
        std::iter::once(begin).chain(steps).chain([measuring::end(self.on)]).collect()
    }

    fn answered(&self) -> Check {
        measuring::answered(self.client, self.question)
    }
}

pub(super) fn set_out(node: NodeId, file: &RemotePath, number: i32) -> Action {
    let command = super::scripts::set_out(file, number);
    Action::Run { node, command, expect: Expect::Success }
}

/// Steps of several instances in one plan.
fn of_instance(step: Step, instance: &InstanceName) -> Step {
    Step { id: format!("{}_{}", step.id, instance.0), ..step }
}

fn all_locks<'a>(parts: impl Iterator<Item = (&'a InstanceName, [NodeId; 2])>) -> Vec<String> {
    let mut instances = BTreeSet::new();
    let mut nodes = BTreeSet::new();
    for (instance, pair) in parts {
        instances.insert(format!("vrrp/{}", instance.0));
        nodes.extend(pair.map(|node| format!("node/{node}/keepalived")));
    }
    instances.into_iter().chain(nodes).collect()
}

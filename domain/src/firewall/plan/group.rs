//! `firewall.apply_group`: one change on several nodes, wave after wave. Each wave must be seen to
//! work before the next begins, and nothing is kept unless everything is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::super::interlock;
use super::super::tool::Tool;
use super::steps::{self, Wave, names};
use super::{ApplyInput, Change, Member, PlanError, RulesChange, within};
use crate::ids::NodeId;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Draft, Interlock, Verdict};
use crate::time::Timestamp;
use crate::values::Sha256Hex;

/// The rules that one node of a group shall have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NodeRules {
    pub node: NodeId,
    pub tool: Tool,
    /// The whole of the rules, as iptables-restore reads them.
    pub rules: String,
    /// The digest of the rules that these were made from. They must still be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Sha256Hex>,
}

/// `waves` has the inputs of all nodes, in the order in which they change.
pub fn apply_group(
    waves: Vec<Vec<ApplyInput>>,
    within_s: u32,
    now: Timestamp,
) -> Result<Draft, PlanError> {
    within(within_s)?;
    each_node_once(&waves)?;
    let operation = operation(&waves, within_s);
    let waves: Vec<Vec<Member<RulesChange>>> = waves
        .into_iter()
        .map(|wave| wave.into_iter().map(Member::of_rules).collect())
        .collect::<Result<_, PlanError>>()?;
    let members: Vec<&Member<RulesChange>> = waves.iter().flatten().collect();
    let (count, of, all) = (members.len(), waves.len(), names(members.iter().copied()));
    let mut interlocks: Vec<Interlock> = members.iter().flat_map(|m| of_member(m, now)).collect();
    interlocks.push(directors_apart(&waves, now));
    interlocks.sort_by_key(|interlock| interlock.verdict);
    let mut verification = Vec::new();
    for member in &members {
        verification.extend(member.verification());
    }
    Ok(Draft {
        operation,
        title: Phrase::new(
            format!("Apply drafts on {all} in {of} waves"),
            format!("分 {of} 批在 {all} 上应用草稿"),
        ),
        run_label: Phrase::new(
            format!("Apply on {count} nodes"),
            format!("在 {count} 个节点上应用"),
        ),
        interlocks,
        steps: steps::all(&numbered(&waves, within_s)),
        verification,
        rolled_back: members.iter().map(|member| member.rolled_back()).collect(),
        prediction: None,
        way_back: Phrase::new(
            "Until all are kept every node restores its old rules by itself. Once kept, apply the rules from before, which the history of each node has",
            "全部保留之前，各节点会自行恢复旧规则。保留之后，可从各节点的历史中再次应用旧规则",
        ),
        locks: members.iter().map(|member| member.change.lock(member.site.node)).collect(),
    })
}

fn numbered(waves: &[Vec<Member<RulesChange>>], within_s: u32) -> Vec<Wave<'_, RulesChange>> {
    let of = waves.len();
    let waves = waves.iter().enumerate();
    waves.map(|(at, members)| Wave { number: at + 1, of, members, within_s }).collect()
}

fn operation(waves: &[Vec<ApplyInput>], within_s: u32) -> Operation {
    let of_node = |input: &ApplyInput| NodeRules {
        node: input.site.node,
        tool: input.tool,
        rules: input.rules.clone(),
        base: input.base.clone(),
    };
    let waves = waves.iter().map(|wave| wave.iter().map(of_node).collect()).collect();
    Operation::FirewallApplyGroup { waves, within_s }
}

fn each_node_once(waves: &[Vec<ApplyInput>]) -> Result<(), PlanError> {
    let mut seen = BTreeSet::new();
    if waves.is_empty() || waves.iter().any(Vec::is_empty) {
        return Err(PlanError::EmptyWave);
    }
    for input in waves.iter().flatten() {
        if !seen.insert((input.site.node, input.tool)) {
            return Err(PlanError::Twice { node: input.site.name.clone() });
        }
    }
    Ok(())
}

/// What does not simply hold, condition by condition; what holds, in one.
fn of_member(member: &Member<RulesChange>, now: Timestamp) -> Vec<Interlock> {
    let (name, node) = (&member.site.name, member.site.node);
    let locks = [member.change.lock(node)];
    let all = interlock::of_rules(&member.site, &member.change, &locks, now);
    let (holding, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|interlock| interlock.verdict == Verdict::Pass);
    let joined = |language: fn(&Phrase) -> &str| {
        let titles: Vec<&str> = holding.iter().map(|held| language(&held.title)).collect();
        titles.join("; ")
    };
    let held = Interlock {
        id: format!("{node}_holds"),
        title: Phrase::new(
            format!("{name}: what else must hold does"),
            format!("{name}：其余条件均满足"),
        ),
        verdict: Verdict::Pass,
        detail: Phrase::new(joined(|phrase| &phrase.en), joined(|phrase| &phrase.zh)),
        observed_at: holding.iter().filter_map(|held| held.observed_at).min(),
    };
    let told = |interlock: Interlock| Interlock {
        id: format!("{node}_{}", interlock.id),
        title: Phrase::new(
            format!("{name}: {}", interlock.title.en),
            format!("{name}：{}", interlock.title.zh),
        ),
        ..interlock
    };
    let has_held = !holding.is_empty();
    others.into_iter().map(told).chain(has_held.then_some(held)).collect()
}

/// Rules that silence VRRP on all directors at once leave nobody to take over.
fn directors_apart(waves: &[Vec<Member<RulesChange>>], now: Timestamp) -> Interlock {
    let shared = waves.iter().find_map(|wave| {
        wave.iter().enumerate().find_map(|(at, member)| {
            let mut others = wave.iter().skip(at + 1);
            others.find_map(|other| Some((member, other, shared_instance(member, other)?)))
        })
    });
    let (verdict, detail) = match shared {
        None => (Verdict::Pass, Phrase::new("they do", "已满足")),
        Some((one, other, instance)) => {
            let (one, other) = (&one.site.name, &other.site.name);
            (
                Verdict::Block,
                Phrase::new(
                    format!(
                        "{one} and {other} of {instance} are in one wave; put one in a later wave"
                    ),
                    format!("{instance} 的 {one} 与 {other} 在同一批；请将其一移到后一批"),
                ),
            )
        }
    };
    Interlock {
        id: "directors_apart".to_owned(),
        title: Phrase::new(
            "Directors of one VRRP instance change one after the other",
            "同一 VRRP 实例的调度器先后更改",
        ),
        verdict,
        detail,
        observed_at: Some(now),
    }
}

fn shared_instance<'a>(
    one: &'a Member<RulesChange>,
    other: &Member<RulesChange>,
) -> Option<&'a str> {
    let of_both = one.site.standing.iter().filter(|standing| standing.node == one.site.node);
    let mut shared = of_both.filter(|standing| {
        let theirs = other.site.standing.iter();
        let mut own = theirs.filter(|theirs| theirs.node == other.site.node);
        own.any(|theirs| theirs.instance == standing.instance)
    });
    shared.next().map(|standing| standing.instance.as_str())
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;

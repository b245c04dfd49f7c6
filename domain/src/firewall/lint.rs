//! Rules that do not do what they look like.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use self::order::Order;
pub use self::sets::missing_sets;
use super::model::{Chain, Rule, Ruleset, Table, TableName};
use super::target::Target;
use super::test::{Condition, Protocol, Test};
use crate::phrase::Phrase;

mod order;
mod sets;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: FindingKind,
    pub severity: Severity,
    pub table: TableName,
    pub chain: String,
    /// The rule's place in its chain, from 1; `None`: the chain itself.
    pub rule: Option<usize>,
    /// Line of the file, 0 where it is about a chain.
    pub line: usize,
    /// What is wrong, and what to do.
    pub says: Phrase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The rules cannot be applied, or do not do what they say.
    Error,
    Warning,
    Note,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// It jumps to a chain that the table does not have.
    MissingChain,
    /// It names a set that the node does not have.
    MissingSet,
    /// Chains call each other in a circle.
    Loop,
    /// The kernel refuses the target there.
    Misplaced,
    /// Behind a rule that every packet ends at.
    Unreachable,
    /// An earlier rule takes all of its packets and decides otherwise.
    Shadowed,
    /// An earlier rule asks for the same and decides otherwise.
    Contradictory,
    /// An earlier rule takes all of its packets and decides the same.
    Redundant,
    /// The same rule stands earlier in the chain.
    Duplicate,
    /// Nothing calls the chain.
    Unreferenced,
    /// It never matched while its chain was in use.
    NeverHit,
}

/// Findings, worst first, then in the order of the rules.
pub fn lint(ruleset: &Ruleset) -> Vec<Finding> {
    let mut found = Vec::new();
    for table in &ruleset.tables {
        let names: BTreeSet<&str> = table.chains.iter().map(|chain| chain.name.as_str()).collect();
        let reached = reached_from(table);
        chains(table, &reached, &mut found);
        for chain in &table.chains {
            let mut order = Order::default();
            let in_use = chain.rules.iter().any(|r| r.counters.is_some_and(|c| c.packets > 0));
            for (at, rule) in chain.rules.iter().enumerate() {
                let place = Place { table, chain, rule, number: at + 1 };
                targets(&place, &names, &reached, &mut found);
                order.judge(&place, &names, &mut found);
                if in_use {
                    never_hit(&place, &mut found);
                }
            }
        }
    }
    found.sort_by_key(|finding| finding.severity);
    found
}

struct Place<'a> {
    table: &'a Table,
    chain: &'a Chain,
    rule: &'a Rule,
    number: usize,
}

impl Place<'_> {
    fn finding(&self, kind: FindingKind, severity: Severity, says: Phrase) -> Finding {
        Finding {
            kind,
            severity,
            table: self.table.name,
            chain: self.chain.name.clone(),
            rule: Some(self.number),
            line: self.rule.line,
            says,
        }
    }
}

/// From which built-in chains each chain can be entered.
fn reached_from(table: &Table) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut reached: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for built_in in table.chains.iter().filter(|chain| chain.is_built_in()) {
        let mut open = vec![built_in];
        while let Some(chain) = open.pop() {
            if reached.entry(&chain.name).or_default().insert(&built_in.name) {
                open.extend(callees(chain).filter_map(|name| table.chain(name)));
            }
        }
    }
    reached
}

fn callees(chain: &Chain) -> impl Iterator<Item = &str> {
    chain.rules.iter().filter_map(|rule| match &rule.target {
        Target::Jump(name) | Target::Goto(name) => Some(name.as_str()),
        _ => None,
    })
}

fn chains(table: &Table, reached: &BTreeMap<&str, BTreeSet<&str>>, found: &mut Vec<Finding>) {
    for chain in &table.chains {
        let mut about = |kind, severity, says| {
            let (chain, table) = (chain.name.clone(), table.name);
            found.push(Finding { kind, severity, table, chain, rule: None, line: 0, says });
        };
        if calls_itself(table, chain) {
            about(
                FindingKind::Loop,
                Severity::Error,
                Phrase::new(
                    format!(
                        "{} leads back to itself, and the kernel refuses that: take one of the jumps out",
                        chain.name
                    ),
                    format!("{} 会跳回自身，内核会拒绝：请去掉其中一个跳转", chain.name),
                ),
            );
        } else if !chain.is_built_in() && !reached.contains_key(chain.name.as_str()) {
            about(
                FindingKind::Unreferenced,
                Severity::Warning,
                Phrase::new(
                    format!("No packet enters {}: jump to it, or delete it", chain.name),
                    format!("没有数据包进入 {}：请添加跳转或删除该链", chain.name),
                ),
            );
        }
    }
}

fn calls_itself(table: &Table, chain: &Chain) -> bool {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = callees(chain).collect();
    while let Some(name) = open.pop() {
        if name == chain.name {
            return true;
        }
        if seen.insert(name) {
            open.extend(table.chain(name).into_iter().flat_map(callees));
        }
    }
    false
}

/// Targets that the kernel refuses where they stand, though `iptables-restore --test` takes them.
fn targets(
    place: &Place<'_>,
    names: &BTreeSet<&str>,
    reached: &BTreeMap<&str, BTreeSet<&str>>,
    found: &mut Vec<Finding>,
) {
    let rule = place.rule;
    if let Target::Jump(name) | Target::Goto(name) = &rule.target
        && !names.contains(name.as_str())
        && !is_extension(name)
    {
        found.push(place.finding(
            FindingKind::MissingChain,
            Severity::Error,
            Phrase::new(
                format!(
                    "The table {} has no chain {name}: declare it, or mend the name",
                    place.table.name
                ),
                format!("表 {} 中没有链 {name}：请声明该链或更正名称", place.table.name),
            ),
        ));
    }
    let entered = reached.get(place.chain.name.as_str());
    let from = |hook: &str| entered.is_some_and(|hooks| hooks.contains(hook));
    let is_tcp = |condition: &Condition| {
        !condition.negated && condition.test == Test::Protocol(Protocol::TCP)
    };
    let nat = place.table.name == TableName::Nat;
    let wrong = match &rule.target {
        Target::Masquerade if !nat || from("PREROUTING") || from("INPUT") || from("OUTPUT") => {
            Some("MASQUERADE belongs into POSTROUTING of the table nat")
        }
        Target::Snat(_) if !nat || from("PREROUTING") || from("OUTPUT") => {
            Some("SNAT belongs into POSTROUTING or INPUT of the table nat")
        }
        Target::Dnat(_) | Target::Redirect { .. }
            if !nat || from("POSTROUTING") || from("INPUT") =>
        {
            Some("DNAT and REDIRECT belong into PREROUTING or OUTPUT of the table nat")
        }
        Target::Reject { .. } if place.table.name != TableName::Filter => {
            Some("REJECT belongs into the table filter")
        }
        Target::Reject { with: Some(with) }
            if with == "tcp-reset" && !rule.conditions.iter().any(is_tcp) =>
        {
            Some("tcp-reset answers TCP only: add -p tcp")
        }
        Target::NoTrack if place.table.name != TableName::Raw => {
            Some("NOTRACK belongs into the table raw")
        }
        _ => None,
    };
    let owner = rule.conditions.iter().any(
        |condition| matches!(&condition.test, Test::Other { module, .. } if module == "owner"),
    );
    let owner = owner && (from("INPUT") || from("PREROUTING") || from("FORWARD"));
    let wrong = wrong
        .or(owner
            .then_some("owner is known of packets that the node sends, in OUTPUT and POSTROUTING"));
    if let Some(wrong) = wrong {
        let says = Phrase::new(
            format!("The kernel refuses this here: {wrong}"),
            format!("内核会拒绝此规则：{wrong}"),
        );
        found.push(place.finding(FindingKind::Misplaced, Severity::Error, says));
    }
}

/// A name in capitals that is no chain may be an extension that the model does not know.
fn is_extension(name: &str) -> bool {
    const KNOWN: [&str; 8] =
        ["QUEUE", "NFQUEUE", "NETMAP", "TPROXY", "SYNPROXY", "CLUSTERIP", "DNPT", "SNPT"];
    KNOWN.contains(&name)
}

/// Whether a packet that matches goes no further in its chain.
fn ends_here(target: &Target, names: &BTreeSet<&str>) -> bool {
    match target {
        Target::Accept
        | Target::Drop
        | Target::Return
        | Target::Reject { .. }
        | Target::Snat(_)
        | Target::Dnat(_)
        | Target::Masquerade
        | Target::Redirect { .. } => true,
        Target::Goto(name) => names.contains(name.as_str()),
        _ => false,
    }
}

fn never_hit(place: &Place<'_>, found: &mut Vec<Finding>) {
    if place.number > 1 && place.rule.counters.is_some_and(|c| c.packets == 0) {
        found.push(place.finding(
            FindingKind::NeverHit,
            Severity::Note,
            Phrase::new(
                "No packet matched since the counters were last set to zero",
                "自计数器上次清零以来没有匹配任何数据包",
            ),
        ));
    }
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;

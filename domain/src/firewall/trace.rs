//! A packet's way through the hooks, tables and chains (the traversal of Linux 6.x).
//!
//! Where a rule asks for what is not known, both ways are followed. They agree, or the outcome is
//! unknown and says which rule it hangs on.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::evaluate::{Host, Truth};
use super::model::{Backend, Policy, Rule, Ruleset, Table, TableName};
use super::packet::Packet;
use super::target::Target;
use super::test::Test;
use super::walk::Walk;
use crate::phrase::Phrase;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    pub outcome: Outcome,
    /// The rules that matched and the policies that decided, in order. Where the outcome is
    /// unknown these are the steps if no rule in doubt matches.
    pub steps: Vec<Step>,
    /// The packet as it leaves.
    pub packet: Packet,
    pub assumptions: Vec<Phrase>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Outcome {
    Accepted,
    Dropped,
    Rejected {
        with: Option<String>,
    },
    /// It depends on whether the rule in `steps` that is in doubt matches.
    Unknown {
        possible: Vec<Outcome>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub hook: String,
    pub table: TableName,
    pub chain: String,
    /// The rule's place in its chain, from 1; `None` for the chain's policy.
    pub rule: Option<usize>,
    /// Line of the file, 0 for a policy.
    pub line: usize,
    /// The rule matched, or it is not known whether it did.
    pub truth: Truth,
    pub deed: Deed,
    /// The sets that the rule asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sets: Vec<AskedSet>,
}

/// A set that a rule asks for, whether the packet is in it, and by which entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedSet {
    pub name: String,
    pub truth: Truth,
    pub entry: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "does")]
pub enum Deed {
    Accept,
    Drop,
    Reject {
        with: Option<String>,
    },
    Return,
    Jump {
        chain: String,
    },
    Goto {
        chain: String,
    },
    /// The packet goes on to the next rule.
    Continue {
        target: Option<String>,
    },
    Mark {
        mark: u32,
    },
    NoTrack,
    Translate {
        what: String,
    },
    Policy {
        policy: Policy,
    },
    /// An extension of which it is not known what it does.
    Unknown {
        target: String,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Accepted => out.write_str("accepted"),
            Outcome::Dropped => out.write_str("dropped"),
            Outcome::Rejected { with: None } => out.write_str("rejected"),
            Outcome::Rejected { with: Some(with) } => write!(out, "rejected with {with}"),
            Outcome::Unknown { possible } => {
                let possible: Vec<String> = possible.iter().map(ToString::to_string).collect();
                write!(out, "unknown: {}", possible.join(" or "))
            }
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Deed::Accept => out.write_str("ACCEPT"),
            Deed::Drop => out.write_str("DROP"),
            Deed::Reject { with: None } => out.write_str("REJECT"),
            Deed::Reject { with: Some(with) } => write!(out, "REJECT with {with}"),
            Deed::Return => out.write_str("RETURN"),
            Deed::Jump { chain } => write!(out, "jump to {chain}"),
            Deed::Goto { chain } => write!(out, "goto {chain}"),
            Deed::Continue { target: None } => out.write_str("counts"),
            Deed::Continue { target: Some(target) } => write!(out, "{target}, goes on"),
            Deed::Mark { mark } => write!(out, "MARK {mark:#x}"),
            Deed::NoTrack => out.write_str("NOTRACK"),
            Deed::Translate { what } => out.write_str(what),
            Deed::Policy { policy } => out.write_str(policy.as_str()),
            Deed::Unknown { target } => write!(out, "{target}, which is not known"),
        }
    }
}

impl Trace {
    /// The rule or policy that the outcome rests on, e.g. `filter INPUT 4 DROP`; where that is
    /// unknown, the first rule in doubt.
    pub fn deciding(&self) -> String {
        let in_doubt = self.steps.iter().find(|step| step.truth == Truth::Unknown);
        match in_doubt.or(self.steps.last()) {
            None => "no rule matches".to_owned(),
            Some(Step { table, chain, rule: Some(rule), deed, .. }) => {
                format!("{table} {chain} {rule} {deed}")
            }
            Some(Step { table, chain, rule: None, deed, .. }) => {
                format!("{table} {chain} policy {deed}")
            }
        }
    }
}

/// Ways that are followed before the outcome is called unknown.
const WAYS: usize = 32;

/// Follows the packet.
pub fn trace(ruleset: &Ruleset, packet: &Packet, host: &Host) -> Trace {
    let index = Index::of(ruleset);
    let mut first: Option<Trace> = None;
    let mut possible: Vec<Outcome> = Vec::new();
    let mut open: Vec<Vec<bool>> = vec![Vec::new()];
    let mut ways = 0;
    while let Some(choices) = open.pop() {
        if ways == WAYS {
            possible.extend([Outcome::Accepted, Outcome::Dropped]);
            break;
        }
        ways += 1;
        let decided = choices.len();
        let mut walk = Walk::new(&index, packet.clone(), host, choices);
        let outcome = walk.run();
        // Each doubt that this way passed by could have gone the other way.
        for doubt in decided..walk.choices.len() {
            let mut other = walk.choices.get(..doubt).unwrap_or_default().to_vec();
            other.push(true);
            open.push(other);
        }
        if !possible.contains(&outcome) {
            possible.push(outcome.clone());
        }
        first.get_or_insert_with(|| walk.into_trace(outcome));
    }
    let mut trace = first.unwrap_or_else(|| Trace {
        outcome: Outcome::Accepted,
        steps: Vec::new(),
        packet: packet.clone(),
        assumptions: Vec::new(),
    });
    possible.dedup();
    if possible.len() > 1 {
        trace.outcome = Outcome::Unknown { possible };
    }
    trace
}

/// The ruleset with its chains by name.
pub(super) struct Index<'a> {
    tables: Vec<(&'a Table, HashMap<&'a str, usize>)>,
    pub(super) tracks_connections: bool,
    /// iptables-nft has the table security behind nat (priority 150 and 100), the legacy tables before it (50 and 100).
    pub(super) is_nftables: bool,
}

impl<'a> Index<'a> {
    fn of(ruleset: &'a Ruleset) -> Index<'a> {
        let tables = ruleset.tables.iter().map(|table| {
            let chains = table.chains.iter().enumerate();
            (table, chains.map(|(at, chain)| (chain.name.as_str(), at)).collect())
        });
        Index {
            tables: tables.collect(),
            tracks_connections: ruleset.rules().any(|(_, _, rule)| asks_for_tracking(rule)),
            is_nftables: ruleset.backend == Backend::Nft,
        }
    }

    pub(super) fn table(&self, name: TableName) -> Option<(&'a Table, &HashMap<&'a str, usize>)> {
        let found = self.tables.iter().find(|(table, _)| table.name == name)?;
        Some((found.0, &found.1))
    }
}

/// Connection tracking runs, and with it the table nat, only where a rule needs it.
fn asks_for_tracking(rule: &Rule) -> bool {
    const MODULES: [&str; 7] =
        ["conntrack", "state", "connmark", "connbytes", "connlimit", "connlabel", "helper"];
    let tests = |test: &Test| match test {
        Test::State(_) => true,
        Test::Other { module, .. } => MODULES.contains(&module.as_str()),
        _ => false,
    };
    let target = match &rule.target {
        Target::Snat(_) | Target::Dnat(_) | Target::Masquerade | Target::Redirect { .. } => true,
        Target::Continue { name, .. } | Target::Other { name, .. } => {
            matches!(name.as_str(), "CT" | "CONNMARK" | "NETMAP" | "SNAT" | "DNAT" | "CONNSECMARK")
        }
        _ => false,
    };
    target || rule.conditions.iter().any(|condition| tests(&condition.test))
}

#[cfg(test)]
#[path = "trace_tests.rs"]
mod tests;

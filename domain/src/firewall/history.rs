//! Which rules a node had, one ruleset after the other, and since when each rule is there.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::canonical::CountersByChain;
use super::scripts;
use super::tool::Tool;
use crate::ids::{JobId, NodeId, RulesetId};
use crate::plan::{Draft, Expect};
use crate::time::Timestamp;

/// A moment for each rule, by chain, `filter/INPUT`, and the rule's number from 1.
pub type SinceByChain = BTreeMap<String, BTreeMap<usize, Timestamp>>;

/// The rules that one iptables of a node had for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PastRuleset {
    pub id: RulesetId,
    pub tool: Tool,
    /// See [`canonical`](super::canonical::canonical).
    pub digest: String,
    pub first_seen_at: Timestamp,
    /// To the minute while the node has them; to a quarter of an hour while nobody looks.
    pub last_seen_at: Timestamp,
    /// The job that applied them; none: they were changed on the node, not by Signalbox.
    pub job: Option<JobId>,
    /// Against the ruleset before; none: nothing was seen before, so who made them is not known.
    pub changes: Option<Changes>,
}

/// The same with its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PastRules {
    #[serde(flatten)]
    pub ruleset: PastRuleset,
    /// Canonical.
    pub text: String,
}

/// How many rules came and went. One that was changed did both, one that was only moved neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Changes {
    pub added: u32,
    pub removed: u32,
}

impl Changes {
    /// Of two canonical texts.
    pub fn between(before: &str, after: &str) -> Changes {
        let (before, after) = (identities(before), identities(after));
        let only_in = |one: &HashSet<Identity>, other: &HashSet<Identity>| {
            u32::try_from(one.difference(other).count()).unwrap_or(u32::MAX)
        };
        Changes { added: only_in(&after, &before), removed: only_in(&before, &after) }
    }
}

/// The digest of the rules that a job with this plan leaves to an iptables of a node.
pub fn applied_digest(draft: &Draft, node: NodeId, tool: Tool) -> Option<&str> {
    let state = scripts::state(tool);
    let own =
        draft.verification.iter().filter(|check| check.node == node && check.command == state);
    own.filter_map(|check| match &check.expect {
        Expect::Line { line } => line.strip_prefix("rules "),
        Expect::Success | Expect::NoLine { .. } => None,
    })
    .next()
}

/// A rule by what it says, and which it is of those in its chain that say the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Identity {
    chain: String,
    text: String,
    which: usize,
}

/// The rules of a canonical text with their numbers in their chains.
fn rules(text: &str) -> impl Iterator<Item = (Identity, usize)> {
    let mut table = "";
    let mut lengths: HashMap<String, usize> = HashMap::new();
    let mut same: HashMap<(String, &str), usize> = HashMap::new();
    text.lines().filter_map(move |line| {
        if let Some(name) = line.strip_prefix('*') {
            table = name;
        }
        let rule = line.strip_prefix("-A ")?;
        let (chain, text) = rule.split_once(' ').unwrap_or((rule, ""));
        let chain = format!("{table}/{chain}");
        let number = lengths.entry(chain.clone()).or_default();
        *number += 1;
        let which = same.entry((chain.clone(), text)).or_default();
        *which += 1;
        Some((Identity { chain, text: text.to_owned(), which: *which }, *number))
    })
}

fn identities(text: &str) -> HashSet<Identity> {
    rules(text).map(|(rule, _)| rule).collect()
}

/// Since when each rule of a ruleset has been in its chain without a break, as far back as its
/// history goes.
#[derive(Debug, Clone)]
pub struct RuleAges {
    since: SinceByChain,
    /// The rules that every ruleset so far had, with their numbers.
    unbroken: HashMap<Identity, usize>,
}

impl RuleAges {
    /// Of the newest ruleset.
    pub fn new(text: &str, first_seen_at: Timestamp) -> RuleAges {
        let unbroken: HashMap<Identity, usize> = rules(text).collect();
        let mut since = SinceByChain::new();
        for (rule, number) in &unbroken {
            since.entry(rule.chain.clone()).or_default().insert(*number, first_seen_at);
        }
        RuleAges { since, unbroken }
    }

    /// Takes in the ruleset before the one that was taken in last.
    pub fn before(&mut self, text: &str, first_seen_at: Timestamp) {
        let had = identities(text);
        self.unbroken.retain(|rule, _| had.contains(rule));
        for (rule, number) in &self.unbroken {
            let chain = self.since.get_mut(&rule.chain);
            if let Some(since) = chain.and_then(|chain| chain.get_mut(number)) {
                *since = first_seen_at;
            }
        }
    }

    /// No older ruleset can change anything.
    pub fn is_settled(&self) -> bool {
        self.unbroken.is_empty()
    }

    pub fn into_since(self) -> SinceByChain {
        self.since
    }
}

/// Of the rules that counted no packet those that were there before `since`.
pub fn never_hit(
    ages: &SinceByChain,
    counters: &CountersByChain,
    since: Timestamp,
) -> SinceByChain {
    let of_chain = |(chain, ages): (&String, &BTreeMap<usize, Timestamp>)| {
        let counters = counters.get(chain)?;
        let idle = |number| counters.get(number).is_some_and(|counted| counted.packets == 0);
        let told = ages.iter().filter(|(number, at)| **at < since && idle(*number));
        let told: BTreeMap<usize, Timestamp> = told.map(|(number, at)| (*number, *at)).collect();
        (!told.is_empty()).then(|| (chain.clone(), told))
    };
    ages.iter().filter_map(of_chain).collect()
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;

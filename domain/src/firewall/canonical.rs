//! A ruleset without what changes by itself: the text that is compared, hashed and edited.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::model::{Counters, Policy, Ruleset, Table};
use super::render::render;

/// The counters of each chain, `filter/INPUT`, by the rule's number; 0 is the policy's.
pub type CountersByChain = BTreeMap<String, BTreeMap<usize, Counters>>;

/// The rules as `iptables-save` prints them, without comments, with counters at zero, tables in
/// the order of their names, and without tables that do nothing: those the kernel only has because
/// somebody looked at them. The script on the node (`scripts/rules.sh`) makes the same of what it
/// saves.
pub fn canonical(ruleset: &Ruleset) -> String {
    let mut tables: Vec<Table> =
        ruleset.tables.iter().filter(|table| !does_nothing(table)).map(without_counters).collect();
    tables.sort_by_key(|table| table.name.as_str());
    render(&Ruleset { tables, trailer: Vec::new(), ..*ruleset })
}

/// Hex SHA-256 of a canonical text.
pub fn digest(canonical: &str) -> String {
    Sha256::digest(canonical.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What [`canonical`] leaves out.
pub fn counters(ruleset: &Ruleset) -> CountersByChain {
    let mut chains = CountersByChain::new();
    for table in &ruleset.tables {
        for chain in &table.chains {
            let policy = chain.counters.filter(|_| chain.is_built_in()).map(|c| (0, c));
            let rules = chain.rules.iter().enumerate();
            let rules = rules.filter_map(|(at, rule)| Some((at + 1, rule.counters?)));
            chains.insert(
                format!("{}/{}", table.name, chain.name),
                policy.into_iter().chain(rules).collect(),
            );
        }
    }
    chains
}

fn does_nothing(table: &Table) -> bool {
    table
        .chains
        .iter()
        .all(|chain| chain.rules.is_empty() && matches!(chain.policy, Some(Policy::Accept)))
}

fn without_counters(table: &Table) -> Table {
    let mut table = table.clone();
    table.preamble.clear();
    for chain in &mut table.chains {
        chain.counters = Some(Counters::default());
        for rule in &mut chain.rules {
            rule.counters = None;
        }
    }
    table
}

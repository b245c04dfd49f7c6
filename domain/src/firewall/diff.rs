//! What a draft changes of the rules that it was made from, rule by rule.

use serde::{Deserialize, Serialize};

use super::model::{Policy, Rule, Ruleset, TableName};

/// The chains that differ, in the order of the draft; those that it took out come last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    pub chains: Vec<ChainDiff>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainDiff {
    pub table: TableName,
    pub chain: String,
    /// The chain itself is new, or taken out.
    pub is_new: bool,
    pub is_gone: bool,
    /// Before and after.
    pub policy: Option<(Policy, Policy)>,
    /// Every rule of the chain, those that stay, too.
    pub rows: Vec<Row>,
}

/// One rule of either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub mark: Mark,
    /// Its place in the chain before, from 1.
    pub before: Option<usize>,
    /// Its place in the chain after, from 1.
    pub after: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    Same,
    Added,
    Removed,
    /// It stands in the place of one that is like it.
    Changed,
}

/// How many rules were added, removed and changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub added: usize,
    pub removed: usize,
    pub changed: usize,
    /// Policies and chains.
    pub others: usize,
}

/// Compares what the rules mean, not how they are written: `-p tcp --dport 22` is the same as
/// `-p tcp -m tcp --dport 22`.
pub fn diff(before: &Ruleset, after: &Ruleset) -> Diff {
    let mut chains = Vec::new();
    for table in &after.tables {
        for chain in &table.chains {
            let old = before.table(table.name).and_then(|table| table.chain(&chain.name));
            let rows = rows(old.map_or(&[][..], |old| &old.rules), &chain.rules);
            let is_new = old.is_none() && !chain.is_built_in();
            let policy = old.and_then(|old| old.policy).or(chain.policy.map(|_| Policy::Accept));
            let policy = policy.zip(chain.policy).filter(|(before, after)| before != after);
            if is_new || policy.is_some() || rows.iter().any(|row| row.mark != Mark::Same) {
                let (table, chain) = (table.name, chain.name.clone());
                chains.push(ChainDiff { table, chain, is_new, is_gone: false, policy, rows });
            }
        }
    }
    for table in &before.tables {
        for chain in &table.chains {
            let stays = after.table(table.name).is_some_and(|t| t.chain(&chain.name).is_some());
            let did_nothing = chain.rules.is_empty() && chain.policy == Some(Policy::Accept);
            if !stays && !did_nothing {
                chains.push(ChainDiff {
                    table: table.name,
                    chain: chain.name.clone(),
                    is_new: false,
                    is_gone: !chain.is_built_in(),
                    policy: chain
                        .policy
                        .filter(|policy| *policy == Policy::Drop)
                        .map(|policy| (policy, Policy::Accept)),
                    rows: rows(&chain.rules, &[]),
                });
            }
        }
    }
    Diff { chains }
}

impl Diff {
    pub fn is_empty(&self) -> bool {
        self.chains.is_empty()
    }

    pub fn chain(&self, table: TableName, chain: &str) -> Option<&ChainDiff> {
        self.chains.iter().find(|diff| diff.table == table && diff.chain == chain)
    }

    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for chain in &self.chains {
            tally.others += usize::from(chain.is_new || chain.is_gone);
            tally.others += usize::from(chain.policy.is_some());
            for row in &chain.rows {
                match row.mark {
                    Mark::Same => {}
                    Mark::Added => tally.added += 1,
                    Mark::Removed => tally.removed += 1,
                    Mark::Changed => tally.changed += 1,
                }
            }
        }
        tally
    }
}

/// The rules of two versions of a chain, side by side.
pub fn rows(before: &[Rule], after: &[Rule]) -> Vec<Row> {
    let pairs = alignment(before, after);
    let mut rows = Vec::with_capacity(before.len().max(after.len()));
    let (mut old, mut new) = (0, 0);
    for (next_old, next_new) in pairs.into_iter().chain([(before.len(), after.len())]) {
        gap(before, after, old..next_old, new..next_new, &mut rows);
        if next_old < before.len() {
            let (before, after) = (Some(next_old + 1), Some(next_new + 1));
            rows.push(Row { mark: Mark::Same, before, after });
        }
        (old, new) = (next_old + 1, next_new + 1);
    }
    rows
}

/// Rules between two that stayed: those that are alike were changed, in their order.
fn gap(
    before: &[Rule],
    after: &[Rule],
    old: std::ops::Range<usize>,
    new: std::ops::Range<usize>,
    rows: &mut Vec<Row>,
) {
    let mut olds = old.peekable();
    for at in new {
        let is_alike = |old: &usize| {
            before.get(*old).zip(after.get(at)).is_some_and(|(old, new)| are_alike(old, new))
        };
        let Some(match_at) = olds.clone().find(is_alike) else {
            rows.push(Row { mark: Mark::Added, before: None, after: Some(at + 1) });
            continue;
        };
        while let Some(gone) = olds.next_if(|old| *old < match_at) {
            rows.push(Row { mark: Mark::Removed, before: Some(gone + 1), after: None });
        }
        olds.next();
        rows.push(Row { mark: Mark::Changed, before: Some(match_at + 1), after: Some(at + 1) });
    }
    for gone in olds {
        rows.push(Row { mark: Mark::Removed, before: Some(gone + 1), after: None });
    }
}

fn are_alike(one: &Rule, other: &Rule) -> bool {
    let words: Vec<&str> = one.text.split_whitespace().collect();
    let others: Vec<&str> = other.text.split_whitespace().collect();
    let shared = words.iter().filter(|word| others.contains(word)).count();
    shared * 3 >= words.len().max(others.len()) * 2
}

/// Beyond this many comparisons rules count as replaced, all of them.
const COMPARISONS: usize = 4_000_000;

/// Places of the rules that are the same before and after, in order (longest common subsequence).
pub(super) fn alignment(before: &[Rule], after: &[Rule]) -> Vec<(usize, usize)> {
    let same = |a: usize, b: usize| match (before.get(a), after.get(b)) {
        (Some(a), Some(b)) => means_the_same(a, b),
        _ => false,
    };
    let shorter = before.len().min(after.len());
    let head = (0..shorter).take_while(|at| same(*at, *at)).count();
    let tail = (0..shorter - head)
        .take_while(|back| same(before.len() - 1 - back, after.len() - 1 - back))
        .count();
    let (old, new) = (before.len() - head - tail, after.len() - head - tail);
    let mut pairs: Vec<(usize, usize)> = (0..head).map(|at| (at, at)).collect();
    if old * new <= COMPARISONS {
        pairs.extend(
            longest(old, new, |a, b| same(head + a, head + b)).map(|(a, b)| (head + a, head + b)),
        );
    }
    pairs.extend((0..tail).map(|at| (before.len() - tail + at, after.len() - tail + at)));
    pairs
}

fn longest(
    old: usize,
    new: usize,
    same: impl Fn(usize, usize) -> bool,
) -> impl Iterator<Item = (usize, usize)> {
    let width = new + 1;
    let mut lengths = vec![0_u32; (old + 1) * width];
    let length =
        move |lengths: &[u32], a: usize, b: usize| lengths.get(a * width + b).copied().unwrap_or(0);
    for a in (0..old).rev() {
        for b in (0..new).rev() {
            let best = if same(a, b) {
                length(&lengths, a + 1, b + 1) + 1
            } else {
                length(&lengths, a + 1, b).max(length(&lengths, a, b + 1))
            };
            if let Some(place) = lengths.get_mut(a * width + b) {
                *place = best;
            }
        }
    }
    let (mut a, mut b) = (0, 0);
    std::iter::from_fn(move || {
        while a < old && b < new {
            if same(a, b) {
                (a, b) = (a + 1, b + 1);
                return Some((a - 1, b - 1));
            }
            if length(&lengths, a + 1, b) >= length(&lengths, a, b + 1) { a += 1 } else { b += 1 }
        }
        None
    })
}

/// Modules that have no options of their own are no conditions, so their names are compared, too.
pub(super) fn means_the_same(one: &Rule, other: &Rule) -> bool {
    one.text == other.text
        || (one.target == other.target
            && one.conditions == other.conditions
            && modules(one) == modules(other))
}

fn modules(rule: &Rule) -> Vec<&str> {
    const OF_PROTOCOLS: [&str; 8] =
        ["tcp", "udp", "icmp", "icmp6", "icmpv6", "sctp", "dccp", "udplite"];
    let words: Vec<&str> = rule.text.split_whitespace().collect();
    let named = words.windows(2).filter_map(|pair| match pair {
        ["-m" | "--match", module] => Some(*module),
        _ => None,
    });
    named.filter(|module| !OF_PROTOCOLS.contains(module)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Family, parse};
    use super::*;

    fn rules(lines: &str) -> Ruleset {
        let lines: String = lines.lines().map(|line| format!("{}\n", line.trim())).collect();
        let text =
            format!("*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n{lines}COMMIT\n");
        parse(&text, Family::V4).unwrap()
    }

    fn marks(before: &str, after: &str) -> String {
        let diff = diff(&rules(before), &rules(after));
        let rows = diff.chains.iter().flat_map(|chain| &chain.rows);
        rows.map(|row| match row.mark {
            Mark::Same => '=',
            Mark::Added => '+',
            Mark::Removed => '-',
            Mark::Changed => '~',
        })
        .collect()
    }

    const THREE: &str = "-A INPUT -i lo -j ACCEPT
        -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
        -A INPUT -p tcp -m tcp --dport 80 -j ACCEPT";

    #[test]
    fn one_rule_in_between_is_one_added() {
        let after = THREE.replace(
            "-A INPUT -p tcp -m tcp --dport 22",
            "-A INPUT -s 192.0.2.1 -j DROP\n-A INPUT -p tcp -m tcp --dport 22",
        );
        assert_eq!(marks(THREE, &after), "=+==");
        assert_eq!(marks(&after, THREE), "=-==");
    }

    #[test]
    fn another_port_is_a_change_and_another_way_to_write_is_none() {
        assert_eq!(marks(THREE, &THREE.replace("80", "443")), "==~");
        assert!(diff(&rules(THREE), &rules(&THREE.replace("-m tcp ", ""))).is_empty());
    }

    #[test]
    fn a_module_without_options_is_a_difference() {
        let after = THREE.replace("-i lo", "-i lo -m rpfilter");
        assert_eq!(marks(THREE, &after), "~==");
    }

    #[test]
    fn a_moved_rule_goes_here_and_comes_there() {
        let after = "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT
            -A INPUT -i lo -j ACCEPT
            -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT";
        assert_eq!(marks(THREE, after), "+==-");
    }

    #[test]
    fn policies_and_chains_are_told() {
        let before = parse("*filter\n:INPUT ACCEPT\n:old -\nCOMMIT\n", Family::V4).unwrap();
        let after = parse("*filter\n:INPUT DROP\n:new -\nCOMMIT\n", Family::V4).unwrap();
        let diff = diff(&before, &after);
        assert_eq!(diff.tally(), Tally { others: 3, ..Tally::default() });
        assert_eq!(
            diff.chain(TableName::Filter, "INPUT").unwrap().policy,
            Some((Policy::Accept, Policy::Drop))
        );
        assert!(diff.chain(TableName::Filter, "old").unwrap().is_gone);
    }

    #[test]
    fn a_table_that_did_nothing_is_no_difference() {
        let idle = parse("*nat\n:PREROUTING ACCEPT\nCOMMIT\n", Family::V4).unwrap();
        let none = parse("", Family::V4).unwrap();
        assert!(diff(&idle, &none).is_empty() && diff(&none, &idle).is_empty());
    }
}

//! A draft carried over to rules that changed under it, or to another node: three ways, rule by
//! rule.

use std::ops::Range;

use super::diff::alignment;
use super::model::{Chain, Rule, Ruleset, Table, TableName};

/// Both sides changed the same place of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub table: TableName,
    pub chain: String,
    /// The rules as the draft has them there.
    pub draft: Vec<String>,
    /// The rules as the node has them there now.
    pub live: Vec<String>,
}

/// The draft's edits of `base`, made on `live`.
pub fn rebase(base: &Ruleset, draft: &Ruleset, live: &Ruleset) -> Result<Ruleset, Vec<Conflict>> {
    made_on(base, draft, live, Ends::Differ)
}

/// The draft's edits of one node's rules, made on another's: what it puts before all rules of a
/// chain or behind them goes there, whatever those are.
pub fn carry(base: &Ruleset, draft: &Ruleset, other: &Ruleset) -> Result<Ruleset, Vec<Conflict>> {
    made_on(base, draft, other, Ends::Hold)
}

/// Whether an end of a chain is a place, though the rules there differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Hold,
    Differ,
}

fn made_on(
    base: &Ruleset,
    draft: &Ruleset,
    live: &Ruleset,
    ends: Ends,
) -> Result<Ruleset, Vec<Conflict>> {
    let mut conflicts = Vec::new();
    let mut tables = Vec::new();
    for name in TableName::ALL {
        let sides = [base.table(name), draft.table(name), live.table(name)];
        if sides.iter().all(Option::is_none) {
            continue;
        }
        let chains = chains(name, sides, ends, &mut conflicts);
        tables.push(Table { name, preamble: Vec::new(), chains });
    }
    tables.sort_by_key(|table| table.name.as_str());
    match conflicts.is_empty() {
        true => {
            Ok(Ruleset { family: live.family, backend: live.backend, tables, trailer: Vec::new() })
        }
        false => Err(conflicts),
    }
}

fn chains(
    name: TableName,
    sides: [Option<&Table>; 3],
    ends: Ends,
    conflicts: &mut Vec<Conflict>,
) -> Vec<Chain> {
    let [_, draft, live] = sides;
    let mut names: Vec<&str> = Vec::new();
    let known = live.into_iter().chain(draft).flat_map(|table| &table.chains);
    for chain in known {
        if !names.contains(&chain.name.as_str()) {
            names.push(&chain.name);
        }
    }
    names.into_iter().filter_map(|chain| merged(name, chain, sides, ends, conflicts)).collect()
}

/// `None` for a chain that one side took out and the other left as it was.
fn merged(
    table: TableName,
    name: &str,
    sides: [Option<&Table>; 3],
    ends: Ends,
    conflicts: &mut Vec<Conflict>,
) -> Option<Chain> {
    let [base, draft, live] = sides.map(|table| table.and_then(|table| table.chain(name)));
    let rules = |chain: Option<&Chain>| chain.map_or_else(Vec::new, |chain| chain.rules.clone());
    let of = [rules(base), rules(draft), rules(live)];
    let built_in = draft.or(live).is_some_and(Chain::is_built_in);
    let taken_out = base.is_some() && !built_in && (draft.is_none() || live.is_none());
    if taken_out {
        let left = draft.or(live);
        let unchanged = left.is_none_or(|left| same_texts(&left.rules, &of[0]));
        if !unchanged {
            conflicts.push(conflict(table, name, &of[1], &of[2]));
        }
        return None;
    }
    let policy = |chain: Option<&Chain>| chain.and_then(|chain| chain.policy);
    let policy =
        if policy(draft) == policy(base) { policy(live.or(draft)) } else { policy(draft.or(live)) };
    let merged = merge(&of[0], &of[1], &of[2], ends);
    let rules = merged.unwrap_or_else(|(ours, theirs)| {
        let part =
            |rules: &[Rule], range| rules.get::<Range<usize>>(range).unwrap_or_default().to_vec();
        conflicts.push(conflict(table, name, &part(&of[1], ours), &part(&of[2], theirs)));
        Vec::new()
    });
    Some(Chain { name: name.to_owned(), policy, counters: None, rules })
}

fn conflict(table: TableName, chain: &str, draft: &[Rule], live: &[Rule]) -> Conflict {
    let texts = |rules: &[Rule]| rules.iter().map(|rule| rule.text.clone()).collect();
    Conflict { table, chain: chain.to_owned(), draft: texts(draft), live: texts(live) }
}

/// The merged rules, or where the two sides cannot be merged.
fn merge(
    base: &[Rule],
    draft: &[Rule],
    live: &[Rule],
    ends: Ends,
) -> Result<Vec<Rule>, (Range<usize>, Range<usize>)> {
    let (ours, theirs) = (alignment(base, draft), alignment(base, live));
    let of = |pairs: &[(usize, usize)], at: usize| {
        pairs.binary_search_by_key(&at, |pair| pair.0).ok().and_then(|i| pairs.get(i)).map(|p| p.1)
    };
    let mut rules = Vec::with_capacity(draft.len().max(live.len()));
    let (mut b, mut d, mut l) = (0, 0, 0);
    // A rule that all three have ends each piece; behind the last stands the end of the chain.
    let anchors = (0..base.len()).filter_map(|at| Some((at, of(&ours, at)?, of(&theirs, at)?)));
    for (to_b, to_d, to_l) in anchors.chain([(base.len(), draft.len(), live.len())]) {
        let piece =
            |rules: &'_ [Rule], range: Range<usize>| rules.get(range).unwrap_or_default().to_vec();
        let (was, mine, now) = (piece(base, b..to_b), piece(draft, d..to_d), piece(live, l..to_l));
        if same_texts(&mine, &was) || same_texts(&mine, &now) {
            rules.extend(now);
        } else if same_texts(&now, &was) {
            rules.extend(mine);
        } else if let (Ends::Hold, Some(put)) =
            (ends, at_an_end(b == 0, to_b == base.len(), [&was, &mine, &now]))
        {
            rules.extend(put);
        } else {
            return Err((d..to_d, l..to_l));
        }
        rules.extend(live.get(to_l).cloned());
        (b, d, l) = (to_b + 1, to_d + 1, to_l + 1);
    }
    Ok(rules)
}

/// What the draft put before or behind what was there, around what is there now.
fn at_an_end(is_first: bool, is_last: bool, [was, mine, now]: [&[Rule]; 3]) -> Option<Vec<Rule>> {
    let added = mine.len().checked_sub(was.len())?;
    let (before, kept) = mine.split_at(added);
    let (kept_before, behind) = mine.split_at(was.len());
    // In an empty chain nothing tells before from behind.
    match (is_first, is_last) {
        (true, true) if was.is_empty() => None,
        (true, _) if same_texts(kept, was) => Some([before, now].concat()),
        (_, true) if same_texts(kept_before, was) => Some([now, behind].concat()),
        _ => None,
    }
}

fn same_texts(one: &[Rule], other: &[Rule]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| super::diff::means_the_same(one, other))
}

#[cfg(test)]
mod tests {
    use super::super::{Family, parse};
    use super::*;

    fn rules(ports: &[u16], policy: &str) -> Ruleset {
        let lines: String = ports
            .iter()
            .map(|port| format!("-A INPUT -p tcp --dport {port} -j ACCEPT\n"))
            .collect();
        let text =
            format!("*filter\n:INPUT {policy}\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n{lines}COMMIT\n");
        parse(&text, Family::V4).unwrap()
    }

    fn ports(rules: &Ruleset) -> Vec<u16> {
        let words = |text: &str| text.split_whitespace().nth(3).unwrap().parse().unwrap();
        rules.rules().map(|(_, _, rule)| words(&rule.text)).collect()
    }

    #[test]
    fn edits_in_different_places_are_both_kept() {
        let base = rules(&[1, 2, 3, 4], "ACCEPT");
        let draft = rules(&[1, 9, 2, 3, 4], "DROP");
        let live = rules(&[1, 2, 3, 8], "ACCEPT");
        let merged = rebase(&base, &draft, &live).unwrap();
        assert_eq!(ports(&merged), [1, 9, 2, 3, 8]);
        assert_eq!(merged.tables[0].chains[0].policy, Some(super::super::Policy::Drop));
    }

    #[test]
    fn the_same_place_is_a_conflict_unless_both_did_the_same() {
        let base = rules(&[1, 2, 3], "ACCEPT");
        let conflicts = rebase(&base, &rules(&[1, 7, 3], "ACCEPT"), &rules(&[1, 8, 3], "ACCEPT"));
        let conflicts = conflicts.unwrap_err();
        assert_eq!(conflicts.len(), 1);
        assert!(conflicts[0].draft[0].contains('7') && conflicts[0].live[0].contains('8'));
        let both = rules(&[1, 7, 3], "ACCEPT");
        assert_eq!(ports(&rebase(&base, &both, &both).unwrap()), [1, 7, 3]);
    }

    #[test]
    fn removals_of_either_side_hold() {
        let base = rules(&[1, 2, 3, 4, 5], "ACCEPT");
        let merged =
            rebase(&base, &rules(&[1, 3, 4, 5], "ACCEPT"), &rules(&[1, 2, 3, 5], "ACCEPT"));
        assert_eq!(ports(&merged.unwrap()), [1, 3, 5]);
    }

    #[test]
    fn another_node_gets_a_rule_before_or_behind_its_own() {
        let base = rules(&[1, 2], "ACCEPT");
        let carried = |draft: &[u16], other: &[u16]| {
            let draft = rules(draft, "ACCEPT");
            carry(&base, &draft, &rules(other, "ACCEPT")).map(|rules| ports(&rules)).ok()
        };
        assert_eq!(carried(&[9, 1, 2], &[5, 6, 7]), Some(vec![9, 5, 6, 7]));
        assert_eq!(carried(&[1, 2, 9], &[5, 6, 7]), Some(vec![5, 6, 7, 9]));
        assert_eq!(carried(&[9, 1, 2, 8], &[5, 1]), Some(vec![9, 5, 1, 8]));
        assert_eq!(carried(&[1, 9, 2], &[5, 6]), None);
        assert_eq!(carried(&[2], &[5, 6]), None);
    }
}

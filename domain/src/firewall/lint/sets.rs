//! Rules that name sets which are not there.

use super::{Finding, FindingKind, Place, Severity};
use crate::firewall::model::{Family, Ruleset};
use crate::firewall::set::SetsView;
use crate::firewall::test::Test;
use crate::phrase::Phrase;

/// The rules that the kernel refuses because a set that they name does not exist; none where it is
/// not known which sets there are.
pub fn missing_sets(ruleset: &Ruleset, there: &SetsView) -> Vec<Finding> {
    if there.unreadable.is_some() {
        return Vec::new();
    }
    let family = if ruleset.family == Family::V6 { " family inet6" } else { "" };
    let mut found = Vec::new();
    for table in &ruleset.tables {
        for chain in &table.chains {
            for (at, rule) in chain.rules.iter().enumerate() {
                let place = Place { table, chain, rule, number: at + 1 };
                let named = rule.named_sets().find(|name| !there.sets.contains_key(*name));
                found.extend(named.map(|name| place.missing_set(name, family)));
            }
        }
    }
    found
}

impl Place<'_> {
    fn missing_set(&self, name: &str, family: &str) -> Finding {
        let kind = match self.parts_asked(name) {
            2 => "hash:ip,port",
            3.. => "hash:ip,port,ip",
            _ => "hash:net",
        };
        let says = Phrase::new(
            format!(
                "The set {name} does not exist on the node: make it first with ipset create {name} {kind}{family}, or mend the name"
            ),
            format!(
                "节点上没有集合 {name}：请先用 ipset create {name} {kind}{family} 创建，或更正名称"
            ),
        );
        self.finding(FindingKind::MissingSet, Severity::Error, says)
    }

    /// How many parts of the packet the rule has ready for the set.
    fn parts_asked(&self, name: &str) -> usize {
        let sides = self.rule.conditions.iter().filter_map(|condition| match &condition.test {
            Test::Set(set) if set.name == name => Some(set.sides.len()),
            _ => None,
        });
        sides.max().unwrap_or_default()
    }
}

//! Rules that an earlier rule of their chain leaves nothing to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Finding, FindingKind, Place, Severity, ends_here};
use crate::firewall::address::Network;
use crate::firewall::cover::{asked, covers};
use crate::firewall::model::Rule;
use crate::firewall::test::Test;
use crate::phrase::Phrase;

/// The rules of a chain that were passed so far and that end what matches them.
#[derive(Default)]
pub(super) struct Order<'a> {
    /// Each by one thing that it asks for, so that few are compared.
    by_key: HashMap<Key<'a>, Vec<(usize, &'a Rule)>>,
    /// Lengths of the prefixes among the keys.
    lengths: BTreeSet<u32>,
    others: Vec<(usize, &'a Rule)>,
    by_text: BTreeMap<&'a str, usize>,
    /// Every packet ends at this one.
    end: Option<usize>,
}

impl<'a> Order<'a> {
    pub(super) fn judge(
        &mut self,
        place: &Place<'a>,
        names: &BTreeSet<&str>,
        found: &mut Vec<Finding>,
    ) {
        let rule = place.rule;
        if let Some(end) = self.end {
            found.push(place.finding(
                FindingKind::Unreachable,
                Severity::Warning,
                Phrase::new(
                    format!("No packet comes here: rule {end} ends them all. Move this before it, or delete it"),
                    format!("没有数据包到达此处：第 {end} 条已终止全部数据包。请移到其前或删除"),
                ),
            ));
            return;
        }
        if let Some(finding) = self.earlier(place) {
            found.push(finding);
        }
        self.by_text.entry(&rule.text).or_insert(place.number);
        if !ends_here(&rule.target, names) || !is_decidable(rule) {
            return;
        }
        if asked(rule).next().is_none() {
            self.end = Some(place.number);
        }
        self.keep(place.number, rule);
    }

    /// Keeps a rule where the fewest are kept yet.
    fn keep(&mut self, number: usize, rule: &'a Rule) {
        let kept = |key: &Key<'_>| self.by_key.get(key).map_or(0, Vec::len);
        let can_keep = |key: &Key<'_>| match key {
            Key::Source(network) | Key::Destination(network) => network.is_prefix(),
            _ => true,
        };
        match keys(rule).filter(can_keep).min_by_key(kept) {
            Some(key) => {
                if let Key::Source(network) | Key::Destination(network) = key {
                    self.lengths.insert(network.prefix_length());
                }
                self.by_key.entry(key).or_default().push((number, rule));
            }
            None => self.others.push((number, rule)),
        }
    }

    /// The rules that may cover this one: what they are kept by, this one asks for too.
    fn alike(&self, rule: &'a Rule) -> impl Iterator<Item = &(usize, &'a Rule)> {
        keys(rule)
            .flat_map(|key| self.wider(key))
            .filter_map(|key| self.by_key.get(&key))
            .flatten()
            .chain(&self.others)
    }

    fn wider(&self, key: Key<'a>) -> Vec<Key<'a>> {
        let networks = |network: Network| {
            self.lengths
                .range(..=network.prefix_length())
                .map(move |&length| network.widened(length))
        };
        match key {
            Key::Source(network) => networks(network).map(Key::Source).collect(),
            Key::Destination(network) => networks(network).map(Key::Destination).collect(),
            other => vec![other],
        }
    }

    fn earlier(&self, place: &Place<'a>) -> Option<Finding> {
        let rule = place.rule;
        if let Some(first) = self.by_text.get(rule.text.as_str()) {
            return Some(place.finding(
                FindingKind::Duplicate,
                Severity::Warning,
                Phrase::new(
                    format!("Rule {first} is the same: delete one of the two"),
                    format!("与第 {first} 条相同：请删除其中一条"),
                ),
            ));
        }
        let (number, first) = self
            .alike(rule)
            .filter(|(_, first)| covers(first, rule))
            .min_by_key(|(number, _)| *number)?;
        Some(if first.target == rule.target {
            place.finding(
                FindingKind::Redundant,
                Severity::Note,
                Phrase::new(
                    format!("Rule {number} already decides the same for all of its packets: delete this one"),
                    format!("第 {number} 条已对其全部数据包作出相同处理：可删除本条"),
                ),
            )
        } else if covers(rule, first) {
            place.finding(
                FindingKind::Contradictory,
                Severity::Warning,
                Phrase::new(
                    format!("Contradicts rule {number}, which asks for the same and comes first: delete one of the two"),
                    format!("与第 {number} 条矛盾：条件相同而处理不同，且后者在前。请删除其中一条"),
                ),
            )
        } else {
            place.finding(
                FindingKind::Shadowed,
                Severity::Warning,
                Phrase::new(
                    format!("Never reached: rule {number} takes all of its packets and decides otherwise. Move this before it"),
                    format!("永远不会生效：第 {number} 条已对其全部数据包作出不同处理。请移到其前"),
                ),
            )
        })
    }
}

/// The rule asks for nothing that the model cannot evaluate, nor for what changes while rules stay,
/// so it surely matches what it says.
fn is_decidable(rule: &Rule) -> bool {
    rule.conditions
        .iter()
        .all(|condition| !matches!(condition.test, Test::Other { .. } | Test::Set(_)))
}

/// Something that a rule asks for, and that every rule that it covers asks for too: the same, or a
/// narrower network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key<'a> {
    Source(Network),
    Destination(Network),
    SourcePort(u16),
    DestinationPort(u16),
    InInterface(&'a str),
    OutInterface(&'a str),
}

fn keys(rule: &Rule) -> impl Iterator<Item = Key<'_>> {
    rule.conditions.iter().filter(|c| !c.negated).filter_map(|condition| match &condition.test {
        Test::Source(network) => Some(Key::Source(*network)),
        Test::Destination(network) => Some(Key::Destination(*network)),
        Test::SourcePort(ports) if ports.first == ports.last => Some(Key::SourcePort(ports.first)),
        Test::DestinationPort(ports) if ports.first == ports.last => {
            Some(Key::DestinationPort(ports.first))
        }
        Test::InInterface(name) if !name.ends_with('+') => Some(Key::InInterface(name)),
        Test::OutInterface(name) if !name.ends_with('+') => Some(Key::OutInterface(name)),
        _ => None,
    })
}

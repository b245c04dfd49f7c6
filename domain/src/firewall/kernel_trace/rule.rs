//! The one rule that a trace inserts.

use super::super::model::{Rule, Ruleset, TableName};
use super::super::target::Target;

/// With what its comment begins; the script has it, too.
const COMMENT: &str = "--comment \"signalbox trace ";

/// The rules as they are apart from a trace that is under way: it stands there for seconds and
/// decides nothing, so it is no change that anybody made.
pub(in crate::firewall) fn without_trace_rules(mut rules: Ruleset) -> Ruleset {
    for table in rules.tables.iter_mut().filter(|table| table.name == TableName::Raw) {
        for chain in &mut table.chains {
            chain.rules.retain(|rule| !is_of_a_trace(rule));
        }
    }
    rules
}

fn is_of_a_trace(rule: &Rule) -> bool {
    let traces = matches!(&rule.target, Target::Continue { name, .. } if name == "TRACE");
    traces && rule.text.contains(COMMENT)
}

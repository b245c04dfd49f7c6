//! Whether one rule takes every packet that another would.

use super::model::Rule;
use super::test::{Condition, Protocol, Test};

/// Every packet that the second matches, the first matches too.
pub(super) fn covers(first: &Rule, second: &Rule) -> bool {
    asked(first).all(|wide| asked(second).any(|narrow| follows(wide, narrow)))
}

/// What holds for `narrow` holds for `wide`.
fn follows(wide: &Condition, narrow: &Condition) -> bool {
    if wide == narrow {
        return true;
    }
    match (wide.negated, narrow.negated) {
        (false, false) => includes(&wide.test, &narrow.test),
        // What is outside the wider one is outside the narrower one.
        (true, true) => includes(&narrow.test, &wide.test),
        (true, false) => match (&wide.test, &narrow.test) {
            (Test::Source(w), Test::Source(n)) | (Test::Destination(w), Test::Destination(n)) => {
                w.is_apart_from(n)
            }
            (Test::Protocol(w), Test::Protocol(n)) => w != n,
            _ => false,
        },
        (false, true) => false,
    }
}

fn includes(wide: &Test, narrow: &Test) -> bool {
    match (wide, narrow) {
        (Test::Source(w), Test::Source(n)) | (Test::Destination(w), Test::Destination(n)) => {
            w.covers(n)
        }
        (Test::InInterface(w), Test::InInterface(n))
        | (Test::OutInterface(w), Test::OutInterface(n)) => {
            w.strip_suffix('+').map_or(w == n, |beginning| n.starts_with(beginning))
        }
        (Test::SourcePort(w), Test::SourcePort(n))
        | (Test::DestinationPort(w), Test::DestinationPort(n)) => w.covers(n),
        (Test::SourcePorts(w), Test::SourcePort(n))
        | (Test::DestinationPorts(w), Test::DestinationPort(n)) => w.iter().any(|w| w.covers(n)),
        (Test::SourcePorts(w), Test::SourcePorts(n))
        | (Test::DestinationPorts(w), Test::DestinationPorts(n)) => {
            n.iter().all(|n| w.iter().any(|w| w.covers(n)))
        }
        (Test::State(w), Test::State(n)) => n.iter().all(|state| w.contains(state)),
        _ => wide == narrow,
    }
}

/// The conditions that not every packet meets.
pub(super) fn asked(rule: &Rule) -> impl Iterator<Item = &Condition> {
    rule.conditions
        .iter()
        .filter(|c| !matches!(c.test, Test::Comment(_) | Test::Protocol(Protocol::ALL)))
}

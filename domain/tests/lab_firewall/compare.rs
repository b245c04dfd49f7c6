//! A foretold way beside the real one.

use std::fmt;
use std::fmt::Write as _;

use signalbox_domain::firewall::{
    Deed, Direction, Outcome, Policy, Ruleset, Step, Target, Trace, Truth, render,
};

use super::kernel::Event;
use super::packets::Probe;

#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) pairs: usize,
    /// Every step was foretold without a doubt.
    pub(crate) certain: usize,
    unknown: usize,
    /// How often a rule that matched asked for a set.
    pub(crate) sets: usize,
    events: usize,
    dropped: usize,
    pub(crate) mismatches: Vec<String>,
}

pub(crate) fn compare(
    probe: &Probe,
    foretold: &Trace,
    way: &[Event],
    ruleset: &Ruleset,
    tally: &mut Tally,
) {
    let mut way = way;
    // A packet to the router itself comes in again, by the loopback device.
    let again = way.iter().position(|event| event.chain == "PREROUTING");
    if probe.packet.direction == Direction::Out
        && let Some(again) = again
    {
        way = &way[..again];
    }
    tally.pairs += 1;
    tally.events += way.len();
    let doubt =
        foretold.steps.iter().position(|step| step.truth == Truth::Unknown || is_open(step));
    let certain = &foretold.steps[..doubt.unwrap_or(foretold.steps.len())];
    let expected: Vec<Event> = certain.iter().map(event).collect();
    let without_verdicts = way.iter().all(|event| event.verdict.is_none());
    let expected: Vec<Event> = match without_verdicts && !way.is_empty() {
        true => expected.into_iter().filter(|e| !starts_trace(e, ruleset)).map(bare).collect(),
        false => expected,
    };
    let agrees = match doubt {
        Some(_) => way.starts_with(&expected),
        None => way == expected,
    };
    let dropped = way.last().is_some_and(|last| is_end(last, ruleset));
    tally.dropped += usize::from(dropped);
    match &foretold.outcome {
        Outcome::Unknown { .. } => tally.unknown += 1,
        _ if doubt.is_none() => tally.certain += 1,
        _ => {}
    }
    let outcome_agrees = match &foretold.outcome {
        Outcome::Unknown { .. } => true,
        Outcome::Accepted => !dropped,
        Outcome::Dropped | Outcome::Rejected { .. } => dropped,
    };
    if !agrees || !outcome_agrees {
        tally.mismatches.push(mismatch(probe, foretold, &expected, way, ruleset));
    }
}

/// A target that the model does not know.
fn is_open(step: &Step) -> bool {
    matches!(step.deed, Deed::Unknown { .. })
}

/// What the kernel would say of a step.
pub(crate) fn event(step: &Step) -> Event {
    let verdict = match &step.deed {
        Deed::Accept | Deed::Translate { .. } | Deed::Policy { policy: Policy::Accept } => "ACCEPT",
        Deed::Drop | Deed::Reject { .. } | Deed::Policy { policy: Policy::Drop } => "DROP",
        Deed::Return => "RETURN",
        Deed::Continue { .. } | Deed::Mark { .. } | Deed::NoTrack => "CONTINUE",
        Deed::Jump { .. } => "jump",
        Deed::Goto { .. } => "goto",
        Deed::Unknown { .. } => "",
    };
    let verdict = match &step.deed {
        Deed::Jump { chain } | Deed::Goto { chain } => format!("{verdict} {chain}"),
        _ => verdict.to_owned(),
    };
    Event {
        table: step.table.to_string(),
        chain: step.chain.clone(),
        rule: step.rule,
        verdict: Some(verdict),
    }
}

fn bare(event: Event) -> Event {
    Event { verdict: None, ..event }
}

fn target<'a>(event: &Event, ruleset: &'a Ruleset) -> Option<&'a Target> {
    let chain = ruleset.table(event.table.parse().ok()?)?.chain(&event.chain)?;
    Some(&chain.rules.get(event.rule?.checked_sub(1)?)?.target)
}

/// The legacy backend does not tell of the rule that begins the trace.
fn starts_trace(event: &Event, ruleset: &Ruleset) -> bool {
    matches!(target(event, ruleset), Some(Target::Continue { name, .. }) if name == "TRACE")
}

/// The packet went no further.
fn is_end(event: &Event, ruleset: &Ruleset) -> bool {
    match (&event.verdict, event.rule) {
        (Some(verdict), _) => verdict == "DROP",
        (None, Some(_)) => {
            matches!(target(event, ruleset), Some(Target::Drop | Target::Reject { .. }))
        }
        (None, None) => {
            let table = event.table.parse().ok().and_then(|name| ruleset.table(name));
            table.and_then(|table| table.chain(&event.chain)).and_then(|chain| chain.policy)
                == Some(Policy::Drop)
        }
    }
}

fn mismatch(
    probe: &Probe,
    foretold: &Trace,
    expected: &[Event],
    way: &[Event],
    ruleset: &Ruleset,
) -> String {
    let mut text = format!("\n{}\n{:?}\n", render(ruleset), probe.packet);
    let lines =
        |events: &[Event]| events.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ");
    writeln!(text, "foretold, {}:\n  {}", foretold.outcome, lines(expected)).unwrap();
    writeln!(text, "the kernel's:\n  {}", lines(way)).unwrap();
    text
}

impl fmt::Display for Event {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = self.rule.map_or("policy".to_owned(), |rule| rule.to_string());
        let verdict = self.verdict.as_deref().unwrap_or("");
        write!(out, "{} {} {rule} {verdict}", self.table, self.chain)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} pairs, {} events of the kernel, {} packets dropped; foretold to the end {}, \
             outcome unknown {}, sets asked for {}; mismatches {}",
            self.pairs,
            self.events,
            self.dropped,
            self.certain,
            self.unknown,
            self.sets,
            self.mismatches.len()
        )
    }
}

//! A foretold way beside the real one.

use std::fmt;
use std::fmt::Write as _;

use signalbox_domain::firewall::kernel_trace::{
    Comparison, ForetoldStep, StepVerdict, TracedStep, compare as side_by_side, foretell,
};
use signalbox_domain::firewall::{Direction, Outcome, Ruleset, Target, Trace, render};

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
    way: &[TracedStep],
    ruleset: &Ruleset,
    tally: &mut Tally,
) {
    let mut way = way;
    // A packet to the router itself comes in again, by the loopback device.
    let again = way.iter().position(|step| step.chain == "PREROUTING");
    if probe.packet.direction == Direction::Out
        && let Some(again) = again
    {
        way = &way[..again];
    }
    tally.pairs += 1;
    tally.events += way.len();
    // The legacy backend does not tell of the rule that begins the trace.
    let is_silent = !way.iter().any(|step| starts_trace(step, ruleset));
    let mut steps = foretell(foretold);
    steps.retain(|it| way.is_empty() || !is_silent || !starts_trace(&it.step, ruleset));
    let doubt = steps.iter().position(|it| it.in_doubt);
    let expected: Vec<TracedStep> =
        steps[..doubt.unwrap_or(steps.len())].iter().map(|it| it.step.clone()).collect();
    let agrees = match doubt {
        Some(_) => way.starts_with(&expected),
        None => way == expected,
    };
    let said = said_side_by_side(&steps, way, ruleset, probe.packet.direction);
    let dropped = way.last().is_some_and(|last| last.verdict == Some(StepVerdict::Drop));
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
    if !agrees || !outcome_agrees || said != agrees {
        tally.mismatches.push(mismatch(probe, foretold, &expected, way, ruleset));
    }
}

/// What the console would tell of it.
fn said_side_by_side(
    foretold: &[ForetoldStep],
    way: &[TracedStep],
    ruleset: &Ruleset,
    direction: Direction,
) -> bool {
    let (said, rows) = side_by_side(foretold, way, ruleset, direction);
    match said {
        Comparison::Agrees | Comparison::AgreesSoFar => true,
        Comparison::Nothing => foretold.is_empty(),
        Comparison::Differs { row } => {
            assert!(row < rows.len(), "{rows:?}");
            false
        }
    }
}

fn target<'a>(step: &TracedStep, ruleset: &'a Ruleset) -> Option<&'a Target> {
    let chain = ruleset.table(step.table.parse().ok()?)?.chain(&step.chain)?;
    Some(&chain.rules.get(step.rule?.checked_sub(1)?)?.target)
}

fn starts_trace(step: &TracedStep, ruleset: &Ruleset) -> bool {
    matches!(target(step, ruleset), Some(Target::Continue { name, .. }) if name == "TRACE")
}

fn mismatch(
    probe: &Probe,
    foretold: &Trace,
    expected: &[TracedStep],
    way: &[TracedStep],
    ruleset: &Ruleset,
) -> String {
    let mut text = format!("\n{}\n{:?}\n", render(ruleset), probe.packet);
    let lines = |steps: &[TracedStep]| steps.iter().map(line).collect::<Vec<_>>().join("\n  ");
    writeln!(text, "foretold, {}:\n  {}", foretold.outcome, lines(expected)).unwrap();
    writeln!(text, "the kernel's:\n  {}", lines(way)).unwrap();
    text
}

fn line(step: &TracedStep) -> String {
    let rule = step.rule.map_or("policy".to_owned(), |rule| rule.to_string());
    format!("{} {} {rule} {:?}", step.table, step.chain, step.verdict)
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

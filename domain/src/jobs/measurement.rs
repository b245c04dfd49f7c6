//! What a client that keeps asking saw, from the lines that its probe prints.

use std::str::FromStr;

use super::{Measurement, Sample};
use crate::plan::ClientProbe;

/// How many samples the graph keeps.
const GRAPH_SAMPLES: usize = 1_000;

/// A line that is not `<at_ms> <latency_us>` or `<at_ms> -`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected <milliseconds> <microseconds> or <milliseconds> -; found {found:?}")]
pub struct MalformedSample {
    /// At most 80 characters of the line.
    pub found: String,
}

/// One line of a client probe: when it asked, in milliseconds since it began, and how long the
/// answer took in microseconds, or `-` when none came.
impl FromStr for Sample {
    type Err = MalformedSample;

    fn from_str(line: &str) -> Result<Sample, MalformedSample> {
        let malformed = || MalformedSample { found: line.chars().take(80).collect() };
        let mut words = line.split_whitespace();
        let (Some(at), Some(latency), None) = (words.next(), words.next(), words.next()) else {
            return Err(malformed());
        };
        let at_ms = at.parse().map_err(|_| malformed())?;
        let latency_us = match latency {
            "-" => None,
            answered => Some(answered.parse().map_err(|_| malformed())?),
        };
        Ok(Sample { at_ms, latency_us })
    }
}

/// Counts samples as they come.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    asked: u64,
    lost: u64,
    outage_ms: u64,
    last_answer_ms: Option<u64>,
    /// Where the outage that goes on now began.
    silent_since_ms: Option<u64>,
    graph: Vec<Sample>,
}

impl Tally {
    /// Takes in the next sample. An outage that no answer has ended yet counts up to its newest
    /// loss; one that began before the first answer counts from its first loss.
    pub fn add(&mut self, sample: Sample) {
        self.asked += 1;
        if sample.latency_us.is_some() {
            if let Some(since) = self.silent_since_ms.take() {
                self.outage_ms = self.outage_ms.max(sample.at_ms.saturating_sub(since));
            }
            self.last_answer_ms = Some(sample.at_ms);
        } else {
            self.lost += 1;
            let begun = self.last_answer_ms.unwrap_or(sample.at_ms);
            let since = *self.silent_since_ms.get_or_insert(begun);
            self.outage_ms = self.outage_ms.max(sample.at_ms.saturating_sub(since));
        }
        self.graph.push(sample);
        if self.graph.len() > GRAPH_SAMPLES {
            self.thin();
        }
    }

    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// The figures so far.
    pub fn measurement(&self, probe: &ClientProbe) -> Measurement {
        Measurement {
            node: probe.node,
            target: probe.target.clone(),
            interval_ms: probe.interval_ms,
            asked: self.asked,
            lost: self.lost,
            outage_ms: self.outage_ms,
            cut: false,
            samples: self.graph.clone(),
        }
    }

    /// Halves the graph: of each two neighbours the worse stays, so that no loss disappears from it.
    fn thin(&mut self) {
        self.graph = self
            .graph
            .chunks(2)
            .filter_map(|pair| {
                pair.iter().copied().max_by_key(|sample| sample.latency_us.unwrap_or(u64::MAX))
            })
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::NodeId;
    use crate::remote::RemoteCommand;

    fn probe() -> ClientProbe {
        ClientProbe {
            node: NodeId(1),
            target: "192.0.2.10:80".to_owned(),
            command: RemoteCommand::new("true"),
            interval_ms: 20,
        }
    }

    fn measure(samples: &[Sample]) -> Measurement {
        let mut tally = Tally::default();
        samples.iter().for_each(|sample| tally.add(*sample));
        tally.measurement(&probe())
    }

    fn samples(lines: &str) -> Vec<Sample> {
        lines.lines().map(|line| line.parse().unwrap()).collect()
    }

    #[test]
    fn an_outage_lasts_from_the_answer_before_to_the_answer_after() {
        let seen = measure(&samples("0 400\n20 410\n40 -\n60 -\n80 -\n100 390\n120 -\n140 400"));
        assert_eq!((seen.asked, seen.lost, seen.outage_ms), (8, 4, 80));
    }

    #[test]
    fn nothing_lost_is_no_outage() {
        let seen = measure(&samples("0 400\n20 90000\n110 400"));
        assert_eq!((seen.lost, seen.outage_ms), (0, 0));
    }

    #[test]
    fn an_outage_that_goes_on_is_not_hidden() {
        assert_eq!(measure(&samples("0 400\n20 -\n40 -\n60 -")).outage_ms, 60);
        assert_eq!(measure(&samples("100 -\n120 -\n140 -")).outage_ms, 40);
    }

    #[test]
    fn a_malformed_line_is_named() {
        for line in ["", "12", "12 13 14", "x 1", "1 x", "-1 5", "1 -5", "18446744073709551616 1"] {
            assert_eq!(line.parse::<Sample>().unwrap_err().found, line);
        }
    }

    /// Samples as a probe prints them: in order of time, each answered or lost.
    fn any_samples() -> impl Strategy<Value = Vec<Sample>> {
        let sample = (1_u64..500, proptest::option::weighted(0.8, 0_u64..2_000_000));
        proptest::collection::vec(sample, 0..2_200).prop_map(|steps| {
            let mut at_ms = 0;
            steps
                .into_iter()
                .map(|(step_ms, latency_us)| {
                    at_ms += step_ms;
                    Sample { at_ms, latency_us }
                })
                .collect()
        })
    }

    /// The definition, word by word: for each loss, the distance between the answers around it.
    fn longest_gap(samples: &[Sample]) -> u64 {
        let answered = |sample: &&Sample| sample.latency_us.is_some();
        let lost = samples.iter().enumerate().filter(|(_, sample)| sample.latency_us.is_none());
        lost.map(|(index, _)| {
            let before = samples[..index].iter().rev().find(answered);
            let after = samples[index..].iter().find(answered);
            let from = before.or_else(|| samples.first());
            let to = after.or_else(|| samples.last());
            to.unwrap().at_ms - from.unwrap().at_ms
        })
        .max()
        .unwrap_or(0)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn figures_agree_with_their_definition(samples in any_samples()) {
            let seen = measure(&samples);
            prop_assert_eq!(seen.asked, samples.len() as u64);
            prop_assert_eq!(seen.lost, samples.iter().filter(|s| s.latency_us.is_none()).count() as u64);
            prop_assert_eq!(seen.outage_ms, longest_gap(&samples));
            prop_assert_eq!(seen.outage_ms > 0, seen.lost > 0 && samples.len() > 1);
        }

        #[test]
        fn the_graph_stays_small_in_order_and_shows_every_loss_or_a_worse_neighbour(samples in any_samples()) {
            let graph = measure(&samples).samples;
            prop_assert!(graph.len() <= GRAPH_SAMPLES);
            prop_assert!(graph.is_sorted_by_key(|sample| sample.at_ms));
            prop_assert!(graph.iter().all(|kept| samples.contains(kept)));
            let losses = |of: &[Sample]| of.iter().any(|sample| sample.latency_us.is_none());
            prop_assert_eq!(losses(&graph), losses(&samples));
        }

        #[test]
        fn a_line_reads_back(at_ms: u64, latency_us: Option<u64>) {
            let latency = latency_us.map_or("-".to_owned(), |us| us.to_string());
            let sample: Sample = format!("{at_ms} {latency}").parse().unwrap();
            prop_assert_eq!(sample, Sample { at_ms, latency_us });
        }

        #[test]
        fn no_line_is_too_odd(line in ".*") {
            let _ = line.parse::<Sample>();
        }
    }
}

//! The graph of a client's answers over time: pure geometry.

use std::time::Duration;

use signalbox_domain::jobs::{Measurement, Sample};
use signalbox_domain::phrase::Language;

use crate::format;

/// Width and height in px; it scales with its region.
pub(super) const SIZE: (f64, f64) = (560.0, 190.0);
const LEFT: f64 = 52.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 24.0;

#[derive(Debug, PartialEq)]
pub(super) struct Graph {
    /// A dot an answer, as a path of points.
    pub answers: String,
    /// A stroke a loss.
    pub lost: String,
    /// From the last answer before the longest loss to the first one after it.
    pub outage: Option<(f64, f64)>,
    /// Latencies: height and text.
    pub levels: Vec<(f64, String)>,
    /// Seconds since the probe began: place and text.
    pub times: Vec<(f64, String)>,
    pub floor: f64,
}

pub(super) fn lay_out(measurement: &Measurement, language: Language) -> Graph {
    let samples = &measurement.samples;
    let (from_ms, to_ms) = match (samples.first(), samples.last()) {
        (Some(first), Some(last)) => (first.at_ms, last.at_ms.max(first.at_ms + 1000)),
        _ => (0, 1000),
    };
    let floor = SIZE.1 - BOTTOM;
    let slowest_us = samples.iter().filter_map(|sample| sample.latency_us).max().unwrap_or(1);
    let top_us = round_up(slowest_us);
    let x = |at_ms: u64| {
        let share = at_ms.saturating_sub(from_ms) as f64 / (to_ms - from_ms) as f64;
        LEFT + share * (SIZE.0 - LEFT - 8.0)
    };
    let y = |latency_us: u64| floor - latency_us as f64 / top_us as f64 * (floor - TOP);

    let mut answers = String::new();
    let mut lost = String::new();
    for Sample { at_ms, latency_us } in samples {
        match latency_us {
            Some(latency_us) => {
                answers.push_str(&format!("M{:.1} {:.1}h0", x(*at_ms), y(*latency_us)))
            }
            None => lost.push_str(&format!("M{:.1} {floor}v-6", x(*at_ms))),
        }
    }
    let seconds = (to_ms - from_ms) / 1000;
    let every_s = (seconds / 6).max(1);
    let mark = |index: u64| {
        let after_s = index * every_s;
        (
            x(from_ms + after_s * 1000),
            if index == 0 {
                "0".to_owned()
            } else {
                format!("+{}", whole_seconds(after_s, language))
            },
        )
    };
    Graph {
        answers,
        lost,
        outage: longest_loss(samples).map(|(from, to)| (x(from), x(to))),
        levels: [0, top_us / 2, top_us].map(|us| (y(us), milliseconds(us, language))).into(),
        times: (0..=seconds / every_s).map(mark).collect(),
        floor,
    }
}

/// Between two answers, the longest time in which at least one was lost.
fn longest_loss(samples: &[Sample]) -> Option<(u64, u64)> {
    let mut longest: Option<(u64, u64)> = None;
    let mut answered_ms = samples.first()?.at_ms;
    let mut lost = false;
    for sample in samples {
        if sample.latency_us.is_none() {
            lost = true;
            continue;
        }
        let length = |(from, to): (u64, u64)| to - from;
        let found = (answered_ms, sample.at_ms);
        if lost && longest.is_none_or(|known| length(known) < length(found)) {
            longest = Some(found);
        }
        (answered_ms, lost) = (sample.at_ms, false);
    }
    // Still lost at the end.
    let last_ms = samples.last()?.at_ms;
    if lost && longest.is_none_or(|(from, to)| to - from < last_ms - answered_ms) {
        longest = Some((answered_ms, last_ms));
    }
    longest
}

/// To 1, 2 or 5 times a power of ten, so that the half is a round number too: of a millisecond or
/// more, whose half has one digit after the point.
fn round_up(microseconds: u64) -> u64 {
    let mut unit = 1000;
    loop {
        for times in [1, 2, 5] {
            if microseconds <= unit * times {
                return unit * times;
            }
        }
        let Some(next) = unit.checked_mul(10) else { return microseconds };
        unit = next;
    }
}

fn whole_seconds(seconds: u64, language: Language) -> String {
    format::duration(Duration::from_secs(seconds), language)
}

fn milliseconds(microseconds: u64, language: Language) -> String {
    if microseconds == 0 {
        return "0".to_owned();
    }
    format::duration(Duration::from_micros(microseconds), language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use signalbox_domain::ids::NodeId;

    fn measured(latencies: &[Option<u64>]) -> Measurement {
        let sample = |(index, latency_us): (usize, &Option<u64>)| Sample {
            at_ms: index as u64 * 100,
            latency_us: *latency_us,
        };
        Measurement {
            node: NodeId(1),
            target: "192.168.1.200:80".into(),
            interval_ms: 100,
            asked: latencies.len() as u64,
            lost: 0,
            outage_ms: 0,
            cut: false,
            samples: latencies.iter().enumerate().map(sample).collect(),
        }
    }

    #[test]
    fn the_outage_lies_between_two_answers() {
        let m = measured(&[Some(400), None, Some(400), None, None, Some(400)]);
        assert_eq!(longest_loss(&m.samples), Some((200, 500)));
        assert_eq!(longest_loss(&measured(&[Some(1), Some(1)]).samples), None);
        let still = measured(&[Some(400), None, None]);
        assert_eq!(longest_loss(&still.samples), Some((0, 200)), "it has not come back");
    }

    #[test]
    fn nothing_is_drawn_outside_the_graph() {
        let graph = lay_out(&measured(&[Some(41_000), None, Some(300)]), Language::En);
        assert!(graph.answers.starts_with("M52.0"), "{}", graph.answers);
        assert_eq!(graph.levels[2].1, "50 ms");
        assert!(graph.times.iter().all(|(x, _)| *x <= SIZE.0));
        assert_eq!(lay_out(&measured(&[]), Language::Zh).answers, "");
    }

    #[test]
    fn scales_are_round() {
        assert_eq!(
            [1, 1000, 1001, 3500, 9_000, 41_000].map(round_up),
            [1000, 1000, 2000, 5000, 10_000, 50_000]
        );
        let shown = [0, 500, 2500, 50_000].map(|us| milliseconds(us, Language::En));
        assert_eq!(shown, ["0", "0.5 ms", "2.5 ms", "50 ms"]);
    }
}

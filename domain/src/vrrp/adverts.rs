//! Adverts as they reach a director: who still says that it holds the addresses.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How far back adverts are remembered.
pub const ADVERTS_KEPT: Duration = Duration::from_secs(60);

/// What the probe's raw socket hears, by the console's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdvertsHeard {
    /// Nothing is known of the time before.
    pub since: Timestamp,
    pub senders: Vec<AdvertSender>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdvertSender {
    pub vrid: u8,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub from: IpAddr,
    /// Of its last advert.
    pub priority: u8,
    /// Oldest first, at most one in 0.7 s.
    pub heard: Vec<Timestamp>,
}

/// One line of the probe: `VRID ADDRESS PRIORITY MS`, by the node's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    pub vrid: u8,
    pub from: IpAddr,
    pub priority: u8,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("adverts: expected VRID, address, priority and time; found {found:?}")]
pub struct ParseError {
    pub found: String,
}

pub fn parse(text: &str) -> Result<Vec<Arrival>, ParseError> {
    let arrival = |line: &str| {
        let mut words = line.split(' ');
        Some(Arrival {
            vrid: words.next()?.parse().ok()?,
            from: words.next()?.parse().ok()?,
            priority: words.next()?.parse().ok()?,
            at: Timestamp(words.next()?.parse().ok()?),
        })
    };
    let wrong = |line: &str| ParseError { found: line.chars().take(80).collect() };
    text.lines().map(|line| arrival(line).ok_or_else(|| wrong(line))).collect()
}

impl AdvertsHeard {
    pub fn nothing(since: Timestamp) -> AdvertsHeard {
        AdvertsHeard { since, senders: Vec::new() }
    }

    /// Takes what is new of a reading and forgets what is too old. `node_ahead_ms`: by how much the
    /// node's clock is ahead of the console's `now`.
    pub fn take(&mut self, arrivals: &[Arrival], node_ahead_ms: i64, now: Timestamp) {
        let mut senders: BTreeMap<(u8, IpAddr), AdvertSender> =
            self.senders.drain(..).map(|sender| ((sender.vrid, sender.from), sender)).collect();
        for arrival in arrivals {
            let Arrival { vrid, from, priority, at } = *arrival;
            let at = Timestamp(at.0.saturating_sub(node_ahead_ms));
            let sender = senders.entry((vrid, from)).or_insert_with(|| AdvertSender {
                vrid,
                from,
                priority,
                heard: Vec::new(),
            });
            // Readings overlap, and the two clocks drift a little between them.
            if sender.heard.last().is_none_or(|last| last.0 + 350 < at.0) {
                sender.heard.push(at);
                sender.priority = priority;
            }
        }
        for sender in senders.values_mut() {
            sender.heard.retain(|at| at.age(now) <= ADVERTS_KEPT);
        }
        self.senders = senders.into_values().filter(|sender| !sender.heard.is_empty()).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_readings_count_each_advert_once() {
        let mut heard = AdvertsHeard::nothing(Timestamp(0));
        let first = parse("51 192.168.1.100 100 10000\n51 192.168.1.100 100 11000\n").unwrap();
        heard.take(&first, 9_000, Timestamp(2_500));
        let second = parse("51 192.168.1.100 100 11000\n51 192.168.1.100 110 12000\n").unwrap();
        heard.take(&second, 9_020, Timestamp(3_500));
        let [sender] = heard.senders.as_slice() else { panic!("{heard:?}") };
        assert_eq!(sender.heard, [Timestamp(1_000), Timestamp(2_000), Timestamp(2_980)]);
        assert_eq!(sender.priority, 110);
    }

    #[test]
    fn a_sender_that_fell_silent_is_forgotten_after_a_minute() {
        let mut heard = AdvertsHeard::nothing(Timestamp(0));
        heard.take(&parse("51 10.0.0.1 100 1000\n").unwrap(), 0, Timestamp(1_000));
        heard.take(&[], 0, Timestamp(61_000));
        assert_eq!(heard.senders.len(), 1);
        heard.take(&[], 0, Timestamp(61_001));
        assert_eq!(heard.senders, []);
    }

    #[test]
    fn another_text_is_refused() {
        for text in ["51\n", "x 10.0.0.1 1 1\n", "51 nobody 1 1\n", "256 10.0.0.1 1 1\n"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert_eq!(parse("").unwrap(), []);
    }
}

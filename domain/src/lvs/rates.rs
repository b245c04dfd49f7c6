//! Connections per second, from the counters that IPVS keeps of each service.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{Protocol, Target};

/// New connections of a virtual service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceRate {
    pub target: Target,
    /// Between the last two readings.
    pub connections_per_s: f64,
}

/// What the services had taken at one moment, as the probe read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counters {
    /// By a clock of the node's that never goes back, ms.
    at_ms: u64,
    taken: Vec<(Target, u64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("IPVS counters: expected {expected}; found {found:?}")]
pub struct CountersError {
    pub expected: &'static str,
    pub found: String,
}

impl Counters {
    /// `at MS`, then a line `PROTOCOL ADDRESS PORT CONNECTIONS` for each service, with the
    /// protocol's number (RFC 790).
    pub fn parse(text: &str) -> Result<Counters, CountersError> {
        let wrong = |expected, line: &str| CountersError {
            expected,
            found: line.chars().take(120).collect(),
        };
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let at_ms = first.strip_prefix("at ").and_then(|ms| ms.parse().ok());
        Ok(Counters {
            at_ms: at_ms.ok_or_else(|| wrong("a time first", first))?,
            taken: rest
                .lines()
                .map(|line| counted(line).ok_or_else(|| wrong("a service", line)))
                .collect::<Result<_, _>>()?,
        })
    }

    /// The rates since an earlier reading. A counter that began anew has none.
    pub fn rates(&self, before: &Counters) -> Vec<ServiceRate> {
        let elapsed_s = self.at_ms.saturating_sub(before.at_ms) as f64 / 1e3;
        let rate = |(target, taken): &(Target, u64)| {
            let (_, earlier) = before.taken.iter().find(|(other, _)| other == target)?;
            let new = taken.checked_sub(*earlier).filter(|_| elapsed_s > 0.0)?;
            Some(ServiceRate { target: target.clone(), connections_per_s: new as f64 / elapsed_s })
        };
        self.taken.iter().filter_map(rate).collect()
    }
}

fn counted(line: &str) -> Option<(Target, u64)> {
    let mut words = line.split(' ');
    let protocol = match words.next()? {
        "6" => Protocol::Tcp,
        "17" => Protocol::Udp,
        "132" => Protocol::Sctp,
        _ => return None,
    };
    let address = SocketAddr::new(words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some((Target::Address { protocol, address }, words.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_the_time_between_two_readings() {
        let before = Counters::parse("at 1000\n6 192.168.1.200 80 40\n17 ::1 53 9\n").unwrap();
        let now = Counters::parse("at 3000\n6 192.168.1.200 80 45\n17 ::1 53 9\n").unwrap();
        let rates: Vec<f64> = now.rates(&before).iter().map(|r| r.connections_per_s).collect();
        assert_eq!(rates, [2.5, 0.0]);
        assert_eq!(before.rates(&before), [], "no time went by");
    }

    #[test]
    fn a_counter_that_began_anew_or_is_new_has_no_rate() {
        let before = Counters::parse("at 0\n6 10.0.0.1 80 40\n").unwrap();
        let now = Counters::parse("at 2000\n6 10.0.0.1 80 3\n6 10.0.0.2 80 9\n").unwrap();
        assert_eq!(now.rates(&before), []);
    }

    #[test]
    fn another_text_is_refused() {
        for text in ["", "6 10.0.0.1 80 40", "at x\n", "at 1\n6 10.0.0.1 80\n", "at 1\nTCP a b c\n"]
        {
            assert!(Counters::parse(text).is_err(), "{text:?}");
        }
    }
}

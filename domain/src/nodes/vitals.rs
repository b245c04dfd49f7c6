//! Load, memory and traffic out of /proc: what one reading says, and the rates between two.

use super::parse::ParseError;
use super::{Disk, Vitals};

/// The counters of one moment (proc(5)).
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Since the node booted: unlike its time of day, nobody sets that.
    uptime_ms: u64,
    cpu_total: u64,
    cpu_idle: u64,
    load1: f32,
    memory_total_bytes: u64,
    memory_available_bytes: u64,
    rx_bytes: u64,
    tx_bytes: u64,
}

impl Reading {
    pub fn parse(text: &str) -> Result<Reading, ParseError> {
        let line = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name))
                .ok_or_else(|| ParseError::new("a line of /proc", name))
        };
        let cpu = numbers(line("cpu ")?);
        let (rx_bytes, tx_bytes) = traffic(text);
        Ok(Reading {
            uptime_ms: milliseconds(first_word(line("uptime ")?)),
            // guest times (fields 9 and 10) are counted in user and nice already.
            cpu_total: cpu.iter().take(8).fold(0, |sum, ticks| sum.saturating_add(*ticks)),
            cpu_idle: cpu.iter().skip(3).take(2).fold(0, |sum, ticks| sum.saturating_add(*ticks)),
            load1: first_word(line("load ")?).parse().unwrap_or_default(),
            memory_total_bytes: kibibytes(line("MemTotal:")?),
            memory_available_bytes: kibibytes(line("MemAvailable:")?),
            rx_bytes,
            tx_bytes,
        })
    }

    /// What is known with the reading before it; without one there are no rates.
    pub fn vitals(&self, before: Option<&Reading>, disks: Vec<Disk>) -> Vitals {
        let cpu_percent = before.and_then(|before| {
            let total = self.cpu_total.checked_sub(before.cpu_total).filter(|total| *total > 0)?;
            let idle = self.cpu_idle.saturating_sub(before.cpu_idle).min(total);
            Some(((total - idle) as f32 * 1000.0 / total as f32).round() / 10.0)
        });
        let per_second = |now: u64, then: fn(&Reading) -> u64| {
            let before = before?;
            let elapsed_ms = self.uptime_ms.checked_sub(before.uptime_ms)?;
            now.checked_sub(then(before))?.saturating_mul(1_000).checked_div(elapsed_ms)
        };
        Vitals {
            uptime_s: self.uptime_ms / 1_000,
            load1: self.load1,
            cpu_percent,
            memory_total_bytes: self.memory_total_bytes,
            memory_available_bytes: self.memory_available_bytes,
            disks,
            rx_bytes_per_s: per_second(self.rx_bytes, |reading| reading.rx_bytes),
            tx_bytes_per_s: per_second(self.tx_bytes, |reading| reading.tx_bytes),
        }
    }
}

/// Bytes received and sent over all interfaces but loopback: fields 1 and 9 of /proc/net/dev.
fn traffic(text: &str) -> (u64, u64) {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| !matches!(name.trim(), "lo" | "MemTotal" | "MemAvailable"))
        .map(|(_, counters)| numbers(counters))
        .filter(|counters| counters.len() >= 16)
        .fold((0, 0), |(rx, tx): (u64, u64), counters| {
            let field = |at: usize| counters.get(at).copied().unwrap_or_default();
            (rx.saturating_add(field(0)), tx.saturating_add(field(8)))
        })
}

fn numbers(text: &str) -> Vec<u64> {
    text.split_whitespace().map_while(|word| word.parse().ok()).collect()
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

/// Of seconds with two decimals.
fn milliseconds(seconds: &str) -> u64 {
    let (whole, hundredths) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let number = |text: &str| text.parse::<u64>().unwrap_or_default();
    number(whole).saturating_mul(1_000).saturating_add(number(hundredths).saturating_mul(10))
}

fn kibibytes(text: &str) -> u64 {
    first_word(text).parse::<u64>().unwrap_or_default().saturating_mul(1024)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = include_str!("fixtures/vitals");

    #[test]
    fn a_real_reading() {
        let reading = Reading::parse(TEXT).unwrap();
        insta::assert_json_snapshot!(reading.vitals(None, Vec::new()));
    }

    #[test]
    fn rates_are_of_the_time_between_two_readings() {
        let reading = |uptime: &str, cpu: &str, rx: u64| {
            let text = format!(
                "cpu {cpu}\nload 0.5 1\nuptime {uptime} 1\nMemTotal: 4 kB\nMemAvailable: 1 kB\n\
                 eth0: {rx} 0 0 0 0 0 0 0 500 0 0 0 0 0 0 0\nlo: 9 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n"
            );
            Reading::parse(&text).unwrap()
        };
        let before = reading("9.50", "100 0 100 800 0 0 0 0 0 0", 1_000);
        let now = reading("11.50", "150 0 100 850 100 0 0 0 50 0", 5_000);
        let vitals = now.vitals(Some(&before), Vec::new());
        assert_eq!(vitals.cpu_percent, Some(25.0));
        assert_eq!((vitals.rx_bytes_per_s, vitals.tx_bytes_per_s), (Some(2_000), Some(0)));
        assert_eq!(
            before.vitals(Some(&now), Vec::new()).cpu_percent,
            None,
            "a counter that began anew"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "((cpu|load|uptime|MemTotal:|MemAvailable:|eth0:) |[0-9]{0,22} |\n|[^\n]{0,9}){0,60}") {
            if let Ok(reading) = Reading::parse(&text) {
                let _ = reading.vitals(Some(&reading), Vec::new());
            }
        }
    }
}

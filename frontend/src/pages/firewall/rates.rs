//! Packets a second of each rule, from counters that were seen one after the other.

use std::collections::{BTreeMap, HashMap, VecDeque};

use signalbox_domain::firewall::{CountersByChain, Ruleset};
use signalbox_domain::time::Timestamp;

/// How long a rule's past is kept.
pub(super) const SPAN_MS: i64 = 600_000;
/// Counters are read every 2 s; a point in 5 s is enough for a small curve.
const POINT_MS: i64 = 5_000;

/// A rule by what it says, and which it is of those in its chain that say the same: so it keeps
/// its past when others are put before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) chain: String,
    /// Empty and `which` 0 for the policy.
    pub(super) text: String,
    pub(super) which: usize,
}

#[derive(Debug, Clone, Default)]
pub(super) struct History {
    rules: HashMap<Key, Past>,
    at: Option<Timestamp>,
}

#[derive(Debug, Clone, Default)]
struct Past {
    packets: u64,
    rate: Option<f64>,
    /// Moments and rates.
    points: VecDeque<(Timestamp, f64)>,
}

impl Key {
    pub(super) fn policy(chain: String) -> Key {
        Key { chain, text: String::new(), which: 0 }
    }
}

/// The keys of a chain's rules, in their order.
pub(super) fn keys<'a>(chain: &str, texts: impl Iterator<Item = &'a str>) -> Vec<Key> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let key = |text: &'a str| {
        let which = seen.entry(text).or_default();
        *which += 1;
        Key { chain: chain.to_owned(), text: text.to_owned(), which: *which }
    };
    texts.map(key).collect()
}

impl History {
    /// Takes in what was read at one moment.
    pub(super) fn observe(&mut self, at: Timestamp, rules: &Ruleset, counters: &CountersByChain) {
        let since = self.at.map(|before| at.0 - before.0);
        if since.is_some_and(|since| since <= 0) {
            return;
        }
        let mut next = HashMap::with_capacity(self.rules.len());
        let mut take = |key: Key, packets: u64, past: Option<Past>| {
            next.insert(key, Past::after(past, since, at, packets));
        };
        for (place, counters) in counters {
            if let Some(policy) = counters.get(&0) {
                let key = Key::policy(place.clone());
                let past = self.rules.remove(&key);
                take(key, policy.packets, past);
            }
            let Some((table, chain)) = place.split_once('/') else { continue };
            let table = table.parse().ok().and_then(|name| rules.table(name));
            let Some(chain) = table.and_then(|table| table.chain(chain)) else { continue };
            let texts = chain.rules.iter().map(|rule| rule.text.as_str());
            for (index, key) in keys(place, texts).into_iter().enumerate() {
                if let Some(counters) = counters.get(&(index + 1)) {
                    let past = self.rules.remove(&key);
                    take(key, counters.packets, past);
                }
            }
        }
        self.rules = next;
        self.at = Some(at);
    }

    pub(super) fn packets(&self, key: &Key) -> Option<u64> {
        self.rules.get(key).map(|past| past.packets)
    }

    pub(super) fn rate(&self, key: &Key) -> Option<f64> {
        self.rules.get(key)?.rate
    }

    pub(super) fn points(&self, key: &Key) -> Vec<(Timestamp, f64)> {
        self.rules.get(key).map(|past| past.points.iter().copied().collect()).unwrap_or_default()
    }
}

impl Past {
    fn after(past: Option<Past>, since: Option<i64>, at: Timestamp, packets: u64) -> Past {
        let mut now = past.unwrap_or(Past { packets, ..Past::default() });
        let known = since.filter(|_| packets >= now.packets);
        now.rate = known.map(|ms| (packets - now.packets) as f64 * 1000.0 / ms as f64);
        now.packets = packets;
        let due = now.points.back().is_none_or(|(last, _)| at.0 - last.0 >= POINT_MS);
        if let Some(rate) = now.rate.filter(|_| due) {
            now.points.push_back((at, rate));
        }
        while now.points.front().is_some_and(|(first, _)| at.0 - first.0 > SPAN_MS) {
            now.points.pop_front();
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use signalbox_domain::firewall::{Family, counters, parse};

    use super::*;

    fn observe(history: &mut History, at_s: i64, rules: &[(u64, &str)]) {
        let lines: String = rules
            .iter()
            .map(|(packets, text)| format!("[{packets}:0] -A INPUT {text}\n"))
            .collect();
        let text = format!("*filter\n:INPUT ACCEPT [0:0]\n{lines}COMMIT\n");
        let rules = parse(&text, Family::V4).unwrap();
        history.observe(Timestamp(at_s * 1000), &rules, &counters(&rules));
    }

    fn key(text: &str, which: usize) -> Key {
        Key { chain: "filter/INPUT".to_owned(), text: text.to_owned(), which }
    }

    #[test]
    fn a_rule_keeps_its_past_when_another_is_put_before_it() {
        let mut history = History::default();
        observe(&mut history, 0, &[(100, "-j ACCEPT")]);
        assert_eq!(history.rate(&key("-j ACCEPT", 1)), None);
        observe(&mut history, 2, &[(0, "-i lo -j ACCEPT"), (120, "-j ACCEPT")]);
        assert_eq!(history.rate(&key("-j ACCEPT", 1)), Some(10.0));
        assert_eq!(history.packets(&key("-j ACCEPT", 1)), Some(120));
    }

    #[test]
    fn counters_that_went_back_to_zero_have_no_rate_once() {
        let mut history = History::default();
        observe(&mut history, 0, &[(100, "-j ACCEPT"), (3, "-j ACCEPT")]);
        observe(&mut history, 2, &[(4, "-j ACCEPT"), (5, "-j ACCEPT")]);
        assert_eq!(history.rate(&key("-j ACCEPT", 1)), None);
        assert_eq!(history.rate(&key("-j ACCEPT", 2)), Some(1.0));
        observe(&mut history, 4, &[(8, "-j ACCEPT"), (5, "-j ACCEPT")]);
        assert_eq!(history.rate(&key("-j ACCEPT", 1)), Some(2.0));
    }
}

//! Packets a second of each rule, from counters that were seen one after the other.

use std::collections::{BTreeMap, HashMap, VecDeque};

use signalbox_domain::firewall::{CountersByChain, Policy, Ruleset, Target};
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
    /// Packets a second that any rule or policy drops or rejects.
    drops: VecDeque<(Timestamp, f64)>,
}

#[derive(Debug, Clone)]
struct Past {
    packets: u64,
    rate: Option<f64>,
    first_seen: Timestamp,
    drops: bool,
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
        let mut take = |key: Key, packets: u64, past: Option<Past>, drops: bool| {
            let past = Past { drops, ..Past::after(past, since, at, packets) };
            next.insert(key, past);
        };
        for (place, counters) in counters {
            let chain = place.split_once('/').and_then(|(table, chain)| {
                let table = table.parse().ok().and_then(|name| rules.table(name));
                table.and_then(|table| table.chain(chain))
            });
            if let Some(policy) = counters.get(&0) {
                let key = Key::policy(place.clone());
                let past = self.rules.remove(&key);
                let drops = chain.is_some_and(|chain| chain.policy == Some(Policy::Drop));
                take(key, policy.packets, past, drops);
            }
            let Some(chain) = chain else { continue };
            let texts = chain.rules.iter().map(|rule| rule.text.as_str());
            for ((index, key), rule) in keys(place, texts).into_iter().enumerate().zip(&chain.rules)
            {
                if let Some(counters) = counters.get(&(index + 1)) {
                    let past = self.rules.remove(&key);
                    let drops = matches!(rule.target, Target::Drop | Target::Reject { .. });
                    take(key, counters.packets, past, drops);
                }
            }
        }
        self.rules = next;
        self.at = Some(at);
        if since.is_some() {
            let dropping = self.rules.values().filter(|past| past.drops);
            self.drops.push_back((at, dropping.filter_map(|past| past.rate).sum()));
            forget(&mut self.drops, at);
        }
    }

    pub(super) fn drops(&self) -> Vec<(Timestamp, f64)> {
        self.drops.iter().copied().collect()
    }

    /// Packets dropped a second, on average, before that moment and since; `None` where none was
    /// read on that side.
    pub(super) fn drop_rates(&self, moment: Timestamp) -> (Option<f64>, Option<f64>) {
        let mean = |rates: Vec<f64>| {
            (!rates.is_empty()).then(|| rates.iter().sum::<f64>() / rates.len() as f64)
        };
        let (before, since): (Vec<_>, Vec<_>) = self.drops.iter().partition(|(at, _)| *at < moment);
        let rates = |points: Vec<&(Timestamp, f64)>| points.iter().map(|(_, rate)| *rate).collect();
        (mean(rates(before)), mean(rates(since)))
    }

    /// Rules that were not there before that moment and drop packets, those that drop most first.
    pub(super) fn new_drops(&self, moment: Timestamp) -> Vec<(&Key, f64)> {
        let new = self.rules.iter().filter(|(_, past)| past.drops && past.first_seen >= moment);
        let mut rates: Vec<(&Key, f64)> = new
            .filter_map(|(key, past)| Some((key, past.rate.filter(|rate| *rate > 0.0)?)))
            .collect();
        rates.sort_by(|a, b| b.1.total_cmp(&a.1));
        rates
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
        let mut now = past.unwrap_or(Past {
            packets,
            rate: None,
            first_seen: at,
            drops: false,
            points: VecDeque::new(),
        });
        let known = since.filter(|_| packets >= now.packets);
        now.rate = known.map(|ms| (packets - now.packets) as f64 * 1000.0 / ms as f64);
        now.packets = packets;
        let due = now.points.back().is_none_or(|(last, _)| at.0 - last.0 >= POINT_MS);
        if let Some(rate) = now.rate.filter(|_| due) {
            now.points.push_back((at, rate));
        }
        forget(&mut now.points, at);
        now
    }
}

fn forget(points: &mut VecDeque<(Timestamp, f64)>, now: Timestamp) {
    while points.front().is_some_and(|(first, _)| now.0 - first.0 > SPAN_MS) {
        points.pop_front();
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

    #[test]
    fn what_is_dropped_is_told_before_and_since_a_change() {
        let mut history = History::default();
        observe(&mut history, 0, &[(0, "-s 192.0.2.1/32 -j DROP"), (0, "-j ACCEPT")]);
        observe(&mut history, 2, &[(16, "-s 192.0.2.1/32 -j DROP"), (500, "-j ACCEPT")]);
        let old = (32, "-s 192.0.2.1/32 -j DROP");
        observe(&mut history, 4, &[old, (0, "-p udp -j REJECT")]);
        observe(&mut history, 6, &[(48, old.1), (22, "-p udp -j REJECT")]);
        let change = Timestamp(3_000);
        assert_eq!(history.drop_rates(change), (Some(8.0), Some(13.5)));
        let new = history.new_drops(change);
        assert_eq!(new, [(&key("-p udp -j REJECT", 1), 11.0)]);
    }
}

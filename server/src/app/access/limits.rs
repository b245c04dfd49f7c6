//! How often one may try to sign in. The memory that this takes is bounded, whoever knocks.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use signalbox_domain::time::Timestamp;

use super::AccessError;

/// Per account: 5 attempts at once, then one a minute.
const ACCOUNT: Rule = Rule { burst: 5, interval_ms: 60_000 };
/// Per peer: 20 attempts at once, then one in 10 s.
const PEER: Rule = Rule { burst: 20, interval_ms: 10_000 };
/// At some 100 bytes each.
const MOST_KEYS: usize = 10_000;

struct Rule {
    burst: i64,
    interval_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    /// In lower case.
    Account(String),
    Peer(IpAddr),
}

/// Counts attempts by the generic cell rate algorithm (ITU-T I.371): one time per key.
#[derive(Debug, Default)]
pub struct Limits {
    /// When the key's allowance is whole again, in milliseconds since the epoch.
    whole_at: Mutex<HashMap<Key, i64>>,
}

impl Limits {
    /// Counts an attempt before it is made, so that attempts made at the same time count too.
    /// `account` is absent where none is named, as with a link.
    pub fn count(
        &self,
        account: Option<&str>,
        peer: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), AccessError> {
        let mut whole_at = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = keys(account, peer);
        let wait_ms = keys
            .iter()
            .map(|(key, rule)| {
                let next =
                    whole_at.get(key).copied().unwrap_or(now.0).max(now.0) + rule.interval_ms;
                next - now.0 - rule.burst * rule.interval_ms
            })
            .max()
            .unwrap_or(0);
        if wait_ms > 0 {
            let wait = Duration::from_millis(wait_ms.unsigned_abs());
            return Err(AccessError::TooManyAttempts(wait));
        }
        for (key, rule) in keys {
            make_room(&mut whole_at, now);
            let whole = whole_at.entry(key).or_insert(now.0);
            *whole = (*whole).max(now.0) + rule.interval_ms;
        }
        Ok(())
    }

    /// Forgets the attempts on an account and takes the peer's last one back: it was right.
    pub fn forgive(&self, account: Option<&str>, peer: Option<IpAddr>) {
        let mut whole_at = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, rule) in keys(account, peer) {
            match key {
                Key::Account(_) => {
                    whole_at.remove(&key);
                }
                Key::Peer(_) => {
                    whole_at.entry(key).and_modify(|whole| *whole -= rule.interval_ms);
                }
            }
        }
    }
}

fn keys(account: Option<&str>, peer: Option<IpAddr>) -> Vec<(Key, &'static Rule)> {
    let account = account.map(|name| {
        let name = name.chars().take(64).collect::<String>().to_ascii_lowercase();
        (Key::Account(name), &ACCOUNT)
    });
    let peer = peer.map(|address| (Key::Peer(network(address)), &PEER));
    account.into_iter().chain(peer).collect()
}

/// One machine has all of an IPv6 /64 to itself.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
    }
}

/// Forgets whole allowances and, if that is not enough, the one that is nearest to whole.
fn make_room(whole_at: &mut HashMap<Key, i64>, now: Timestamp) {
    if whole_at.len() < MOST_KEYS {
        return;
    }
    whole_at.retain(|_, whole| *whole > now.0);
    if whole_at.len() >= MOST_KEYS {
        let nearest = whole_at.iter().min_by_key(|(_, whole)| **whole).map(|(key, _)| key.clone());
        if let Some(nearest) = nearest {
            whole_at.remove(&nearest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u32) -> Option<IpAddr> {
        Some(IpAddr::V4((0x0a00_0000 + last).into()))
    }

    #[test]
    fn an_account_takes_five_attempts_from_anywhere_and_then_one_a_minute() {
        let limits = Limits::default();
        for attempt in 0..5 {
            assert!(limits.count(Some("kim"), peer(attempt), Timestamp(0)).is_ok());
        }
        let refused = limits.count(Some("KIM"), peer(9), Timestamp(0)).unwrap_err();
        assert!(
            matches!(refused, AccessError::TooManyAttempts(wait) if wait == Duration::from_secs(60))
        );
        assert!(limits.count(Some("lee"), peer(9), Timestamp(0)).is_ok());
        assert!(limits.count(Some("kim"), peer(9), Timestamp(60_000)).is_ok());
        assert!(limits.count(Some("kim"), peer(9), Timestamp(60_001)).is_err());
    }

    #[test]
    fn a_peer_takes_twenty_attempts_over_all_accounts() {
        let limits = Limits::default();
        for attempt in 0..20 {
            assert!(limits.count(Some(&format!("a{attempt}")), peer(1), Timestamp(0)).is_ok());
        }
        assert!(limits.count(Some("other"), peer(1), Timestamp(0)).is_err());
        assert!(limits.count(None, peer(1), Timestamp(9_999)).is_err());
        assert!(limits.count(None, peer(1), Timestamp(10_000)).is_ok());
    }

    #[test]
    fn neighbours_in_one_ipv6_network_are_one_peer() {
        let limits = Limits::default();
        for attempt in 0..20_u128 {
            let address = Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) | attempt);
            assert!(limits.count(None, Some(address.into()), Timestamp(0)).is_ok());
        }
        let neighbour = "2001:db8::ffff".parse().ok();
        assert!(limits.count(None, neighbour, Timestamp(0)).is_err());
        assert!(limits.count(None, "2001:db8:1::1".parse().ok(), Timestamp(0)).is_ok());
    }

    #[test]
    fn a_right_password_gives_the_allowance_back() {
        let limits = Limits::default();
        for _ in 0..50 {
            limits.count(Some("kim"), peer(1), Timestamp(0)).unwrap();
            limits.forgive(Some("kim"), peer(1));
        }
    }

    #[test]
    fn a_flood_of_names_takes_bounded_memory_and_frees_no_name_under_attack() {
        let limits = Limits::default();
        for _ in 0..5 {
            limits.count(Some("kim"), None, Timestamp(0)).unwrap();
        }
        for attempt in 0..(MOST_KEYS * 2) {
            limits.count(Some(&format!("a{attempt}")), None, Timestamp(0)).unwrap();
        }
        assert_eq!(limits.whole_at.lock().unwrap().len(), MOST_KEYS);
        assert!(limits.count(Some("kim"), None, Timestamp(0)).is_err());
    }
}

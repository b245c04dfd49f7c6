//! How long the console has been silent, and what that means.

use std::time::Duration;

use signalbox_domain::fact::STALE_AFTER;
use signalbox_domain::time::Timestamp;

/// After this long without a word the page says that it is reconnecting.
const QUIET_AFTER: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    /// The page has just been loaded.
    Connecting,
    Live,
    Reconnecting,
    /// What is shown is older than anyone should act on.
    Stale {
        /// The console's clock when it was last heard.
        since: Timestamp,
    },
}

impl LineState {
    /// After a silence that began when the console's clock was `last`.
    pub fn after(silence: Duration, last: Timestamp) -> LineState {
        if silence >= STALE_AFTER {
            LineState::Stale { since: last }
        } else if silence >= QUIET_AFTER {
            LineState::Reconnecting
        } else {
            LineState::Live
        }
    }

    pub fn is_fresh(self) -> bool {
        matches!(self, LineState::Live | LineState::Reconnecting)
    }

    pub fn is_stale(self) -> bool {
        matches!(self, LineState::Stale { .. })
    }
}

/// Whether to connect anew after `attempts` tries in vain: at once rarely helps, so each waits twice
/// as long, from 0.5 s up to 8 s, and an answer is given the time after which silence is told.
pub(super) fn try_again(
    closed: bool,
    silence: Duration,
    since_try: Duration,
    attempts: u32,
) -> bool {
    let wait = Duration::from_millis(500 << attempts.min(4));
    if closed { since_try >= wait } else { silence.min(since_try) >= wait.max(QUIET_AFTER) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_becomes_reconnecting_then_stale() {
        let last = Timestamp(5);
        let after = |ms| LineState::after(Duration::from_millis(ms), last);
        assert_eq!(after(2999), LineState::Live);
        assert_eq!(after(3000), LineState::Reconnecting);
        assert!(after(9999).is_fresh());
        assert_eq!(after(10_000), LineState::Stale { since: last });
        assert!(!after(10_000).is_fresh());
        assert!(!LineState::Connecting.is_fresh(), "nothing has been heard yet");
    }

    #[test]
    fn tries_become_rarer_up_to_a_limit() {
        let ms = Duration::from_millis;
        let first = |closed, attempts| {
            (0..100).find(|n| try_again(closed, ms(n * 500), ms(n * 500), attempts)).unwrap() * 500
        };
        assert_eq!([0, 1, 2, 3, 4, 5].map(|n| first(true, n)), [500, 1000, 2000, 4000, 8000, 8000]);
        assert_eq!([0, 2, 3, 4].map(|n| first(false, n)), [3000, 3000, 4000, 8000]);
    }

    #[test]
    fn a_socket_that_speaks_is_left_alone() {
        let hour = Duration::from_secs(3600);
        assert!(!try_again(false, Duration::from_secs(1), hour, 0));
        assert!(!try_again(false, hour, Duration::from_secs(1), 0), "it was opened just now");
    }
}

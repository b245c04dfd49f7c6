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

/// How long to wait before the `attempt`th try to connect: 0.5 s doubling up to 8 s.
pub(super) fn retry_after(attempt: u32) -> Duration {
    Duration::from_millis(500 << attempt.min(4))
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
        let waits: Vec<u128> = (0..7).map(|n| retry_after(n).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
    }
}

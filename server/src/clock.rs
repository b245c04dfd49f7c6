//! The one place that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use signalbox_domain::time::Timestamp;

pub fn now() -> Timestamp {
    #[allow(clippy::disallowed_methods)]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

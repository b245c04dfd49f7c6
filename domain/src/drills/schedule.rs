//! A drill that runs again and again by itself.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

const DAY_MS: i64 = 24 * 3_600_000;
const MINUTE_MS: i64 = 60_000;
/// The longest between two runs.
const MOST_DAYS: u16 = 366;

/// When a drill runs: every so many days at one time of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schedule {
    /// 1 to 366.
    pub every_days: u16,
    /// Minutes after midnight UTC, 0 to 1439.
    pub at_minute: u16,
    pub next_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    #[error("every {0} days: expected 1 to 366")]
    Days(u16),
    #[error("minute {0} of the day: expected 0 to 1439")]
    Minute(u16),
}

impl Schedule {
    /// From the first such time of the day after `now` on.
    ///
    /// # Errors
    /// Where a number is out of its range.
    pub fn new(every_days: u16, at_minute: u16, now: Timestamp) -> Result<Schedule, ScheduleError> {
        if !(1..=MOST_DAYS).contains(&every_days) {
            return Err(ScheduleError::Days(every_days));
        }
        if i64::from(at_minute) * MINUTE_MS >= DAY_MS {
            return Err(ScheduleError::Minute(at_minute));
        }
        let midnight = now.0.div_euclid(DAY_MS) * DAY_MS;
        let today = midnight + i64::from(at_minute) * MINUTE_MS;
        let next = if today > now.0 { today } else { today + DAY_MS };
        Ok(Schedule { every_days, at_minute, next_at: Timestamp(next) })
    }

    /// The same after a run: times that passed while no console ran are left out.
    #[must_use]
    pub fn after(self, now: Timestamp) -> Schedule {
        let step = i64::from(self.every_days.max(1)) * DAY_MS;
        let missed = (now.0 - self.next_at.0).div_euclid(step).max(-1) + 1;
        Schedule { next_at: Timestamp(self.next_at.0 + missed * step), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(20_000 * DAY_MS + DAY_MS / 2);

    #[test]
    fn the_first_run_is_the_next_such_time() {
        let next = |minute| Schedule::new(7, minute, NOON).unwrap().next_at.0;
        assert_eq!(next(13 * 60), NOON.0 + 60 * MINUTE_MS);
        assert_eq!(next(11 * 60), NOON.0 + 23 * 60 * MINUTE_MS);
        assert_eq!(next(12 * 60), NOON.0 + DAY_MS);
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        assert_eq!(Schedule::new(0, 0, NOON), Err(ScheduleError::Days(0)));
        assert_eq!(Schedule::new(367, 0, NOON), Err(ScheduleError::Days(367)));
        assert_eq!(Schedule::new(1, 1440, NOON), Err(ScheduleError::Minute(1440)));
    }

    #[test]
    fn runs_that_were_missed_are_not_made_up_for() {
        let weekly = Schedule::new(7, 720, NOON).unwrap();
        let due = weekly.next_at;
        assert_eq!(weekly.after(due).next_at.0, due.0 + 7 * DAY_MS);
        let late = Timestamp(due.0 + 20 * DAY_MS);
        assert_eq!(weekly.after(late).next_at.0, due.0 + 21 * DAY_MS);
        assert_eq!(weekly.after(NOON), weekly);
    }
}

//! By what the kernel chooses a real server (net/netfilter/ipvs/Kconfig).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::values::Argument;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scheduler {
    Rr,
    Wrr,
    Lc,
    Wlc,
    Lblc,
    Lblcr,
    Dh,
    Sh,
    Sed,
    Nq,
    Fo,
    Ovf,
    Mh,
    Twos,
}

/// What the flags of `sh` and `mh` mean; other schedulers have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SchedulerFlag {
    /// A client of a real server that takes no new connections goes to another one.
    Fallback,
    /// The client's port counts, too.
    Port,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a scheduler of rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos; found {0}"
)]
pub struct UnknownScheduler(pub String);

impl Scheduler {
    pub const ALL: [Scheduler; 14] = [
        Scheduler::Wrr,
        Scheduler::Rr,
        Scheduler::Wlc,
        Scheduler::Lc,
        Scheduler::Sh,
        Scheduler::Mh,
        Scheduler::Dh,
        Scheduler::Sed,
        Scheduler::Nq,
        Scheduler::Lblc,
        Scheduler::Lblcr,
        Scheduler::Fo,
        Scheduler::Ovf,
        Scheduler::Twos,
    ];

    /// As ipvsadm and keepalived write it.
    pub fn name(self) -> &'static str {
        match self {
            Scheduler::Rr => "rr",
            Scheduler::Wrr => "wrr",
            Scheduler::Lc => "lc",
            Scheduler::Wlc => "wlc",
            Scheduler::Lblc => "lblc",
            Scheduler::Lblcr => "lblcr",
            Scheduler::Dh => "dh",
            Scheduler::Sh => "sh",
            Scheduler::Sed => "sed",
            Scheduler::Nq => "nq",
            Scheduler::Fo => "fo",
            Scheduler::Ovf => "ovf",
            Scheduler::Mh => "mh",
            Scheduler::Twos => "twos",
        }
    }

    pub fn has_flags(self) -> bool {
        matches!(self, Scheduler::Sh | Scheduler::Mh)
    }
}

impl SchedulerFlag {
    /// Of the kernel's three, 1 to 3.
    pub fn number(self) -> u8 {
        match self {
            SchedulerFlag::Fallback => 1,
            SchedulerFlag::Port => 2,
        }
    }
}

impl FromStr for Scheduler {
    type Err = UnknownScheduler;

    fn from_str(text: &str) -> Result<Scheduler, UnknownScheduler> {
        let found = Scheduler::ALL.into_iter().find(|scheduler| scheduler.name() == text);
        found.ok_or_else(|| UnknownScheduler(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Argument for Scheduler {
    fn as_argument(&self) -> String {
        self.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_as_it_is_written() {
        for scheduler in Scheduler::ALL {
            assert_eq!(scheduler.name().parse(), Ok(scheduler));
            let json = serde_json::to_string(&scheduler).unwrap();
            assert_eq!(json, format!("\"{scheduler}\""));
        }
        assert!("wrrr".parse::<Scheduler>().is_err());
    }
}

//! Load protection: a script that fails while processor, memory or disk are over their limits, which
//! every instance of a director tracks, so that its priority falls below the other's and the
//! addresses leave it before it dies. The form, and what it writes into keepalived.conf.

mod form;
#[cfg(test)]
mod tests;
mod write;

pub use form::{Entry, LimitForm, ProtectForm, Wrong};
pub use write::WriteError;
pub(super) use write::{read, verbatim};

use std::fmt::Write as _;

use super::conf::{Effective, NewStatement, Setting};
use crate::phrase::Phrase;

/// What keepalived runs, on every director the same.
pub const SCRIPT_PATH: &str = "/etc/keepalived/signalbox/load.sh";
pub const SCRIPT: &str = include_str!("load.sh");
const STATE_PATH: &str = "/run/signalbox-load";
const NAME: &str = "signalbox_load";
/// An answer that takes longer than this counts as a failure.
const TIMEOUT_S: u32 = 10;

/// From `enter` on the director is over the limit, until it is below `leave`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    enter: u8,
    leave: u8,
}

/// What is watched, as it was checked against the directors that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    cpu: Option<Limit>,
    memory: Option<Limit>,
    disk: Option<Limit>,
    path: String,
    interval_s: u32,
    fall: u32,
    rise: u32,
    weight: u8,
    outcomes: Vec<Phrase>,
}

impl Protection {
    /// `directors`: what each does by its files. `Err`: every field that is wrong.
    pub fn of(form: &ProtectForm, directors: &[&Effective]) -> Result<Protection, Vec<Wrong>> {
        form::checked(form, directors)
    }

    /// What becomes of each instance when its holder is over a limit, and after that.
    pub fn outcomes(&self) -> &[Phrase] {
        &self.outcomes
    }

    /// keepalived.conf with the protection, instead of an earlier one.
    pub fn put_into(&self, text: &str) -> Result<String, WriteError> {
        write::put_into(text, &self.statement())
    }

    /// keepalived.conf without it.
    pub fn taken_out_of(text: &str) -> Result<String, WriteError> {
        write::taken_out_of(text)
    }

    pub fn is_in(effective: &Effective) -> bool {
        effective.scripts.iter().any(|script| script.name == NAME)
    }

    fn command(&self) -> String {
        let mut command = format!("/bin/sh {SCRIPT_PATH} {STATE_PATH}");
        // Writing to a string cannot fail.
        for (what, limit) in [("cpu", self.cpu), ("memory", self.memory)] {
            if let Some(Limit { enter, leave }) = limit {
                let _ = write!(command, " {what} {enter} {leave}");
            }
        }
        if let Some(Limit { enter, leave }) = self.disk {
            let _ = write!(command, " disk {} {enter} {leave}", self.path);
        }
        command
    }

    fn statement(&self) -> NewStatement {
        let line = |keyword: &str, value: &str| NewStatement {
            words: vec![keyword.to_owned(), value.to_owned()],
            block: None,
        };
        let number = |keyword: &str, value: u32| line(keyword, &value.to_string());
        NewStatement {
            words: vec!["vrrp_script".to_owned(), NAME.to_owned()],
            block: Some(vec![
                line("script", &self.command()),
                number("interval", self.interval_s),
                number("timeout", TIMEOUT_S),
                line("weight", &format!("-{}", self.weight)),
                number("fall", self.fall),
                number("rise", self.rise),
                // It keeps its state in /run.
                line("user", "root"),
            ]),
        }
    }
}

impl ProtectForm {
    /// The protection that a director has.
    pub fn found(effective: &Effective) -> Option<ProtectForm> {
        let script = effective.scripts.iter().find(|script| script.name == NAME)?;
        let other = |keyword: &str| {
            let found = script.others.iter().find(|setting| setting.keyword == keyword);
            found.and_then(|setting: &Setting| setting.arguments.first()).cloned()
        };
        let empty = LimitForm::default;
        let mut form = ProtectForm {
            cpu: empty(),
            memory: empty(),
            disk: empty(),
            interval_s: (script.interval_ms / 1000).to_string(),
            fall: other("fall").unwrap_or_else(|| "1".to_owned()),
            rise: other("rise").unwrap_or_else(|| "1".to_owned()),
            weight: script.weight.unsigned_abs().to_string(),
            ..ProtectForm::default()
        };
        let mut words = script.command.split_whitespace().skip(3);
        while let Some(what) = words.next() {
            let limit = match what {
                "cpu" => &mut form.cpu,
                "memory" => &mut form.memory,
                "disk" => {
                    form.path = words.next()?.to_owned();
                    &mut form.disk
                }
                _ => return None,
            };
            limit.enter = words.next()?.to_owned();
            limit.leave = words.next()?.to_owned();
        }
        Some(form)
    }
}

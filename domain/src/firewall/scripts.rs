//! The fixed texts that run on a node whose rules are read or changed.

use super::set::MAX_ENTRIES;
use super::tool::Tool;
use crate::remote::{RemoteCommand, Script};
use crate::values::Sha256Hex;

const READ: Script = Script { name: "firewall-read", text: include_str!("scripts/read.sh") };
const RULES: Script = Script {
    name: "firewall-rules",
    text: concat!(include_str!("scripts/timer.sh"), include_str!("scripts/rules.sh")),
};
const SETS: Script = Script {
    name: "firewall-sets",
    text: concat!(include_str!("scripts/timer.sh"), include_str!("scripts/sets.sh")),
};

/// Ten thousand rules take a slow node seconds.
const SLOW_MS: u64 = 60_000;

/// Prints what [`Reading::parse`](super::reading::Reading::parse) reads.
pub fn read() -> RemoteCommand {
    RemoteCommand::script(&READ).value(&MAX_ENTRIES).timeout_ms(SLOW_MS)
}

/// Loads the rules into a network namespace of their own and prints what they became there.
pub fn try_out(tool: Tool, rules: &str) -> RemoteCommand {
    act("try", tool).stdin(rules)
}

/// Saves the rules, which must have this digest, and sets the timer that restores them.
pub fn arm(tool: Tool, within_s: u32, live: &Sha256Hex) -> RemoteCommand {
    act("arm", tool).value(&within_s).value(live)
}

/// Loads the rules; the timer must be armed.
pub fn load(tool: Tool, rules: &str) -> RemoteCommand {
    act("load", tool).stdin(rules)
}

/// Takes the timer away, unless it has fired.
pub fn keep(tool: Tool) -> RemoteCommand {
    act("keep", tool)
}

/// Restores the rules with this digest, if they were the last that were saved.
pub fn undo(tool: Tool, live: &Sha256Hex) -> RemoteCommand {
    act("undo", tool).value(live)
}

/// Prints `rules <digest>` and `state none|armed|undoing|kept|rolled-back`.
pub fn state(tool: Tool) -> RemoteCommand {
    act("state", tool)
}

fn act(act: &'static str, tool: Tool) -> RemoteCommand {
    RemoteCommand::script(&RULES).words(&[act, tool.as_str()]).timeout_ms(SLOW_MS)
}

/// The same for sets, which are changed by edits.
pub mod sets {
    use super::{SETS, SLOW_MS};
    use crate::remote::RemoteCommand;
    use crate::values::Sha256Hex;

    /// Edits copies of the sets, and prints what [`TriedSets::parse`](super::super::plan::TriedSets)
    /// reads.
    pub fn try_out(edits: &str) -> RemoteCommand {
        act("try").stdin(edits)
    }

    /// Sets the timer that takes the edits back; together they must amount to this change.
    pub fn arm(within_s: u32, change: &Sha256Hex, edits: &str) -> RemoteCommand {
        act("arm").value(&within_s).value(change).stdin(edits)
    }

    /// Edits the sets as armed.
    pub fn load() -> RemoteCommand {
        act("load")
    }

    /// Takes the timer away, unless it has fired.
    pub fn keep() -> RemoteCommand {
        act("keep")
    }

    /// Takes this change back, if it was the last that was armed.
    pub fn undo(change: &Sha256Hex) -> RemoteCommand {
        act("undo").value(change)
    }

    /// Prints `sets new|old|mixed` and `state none|armed|undoing|kept|rolled-back`.
    pub fn state(change: &Sha256Hex) -> RemoteCommand {
        act("state").value(change)
    }

    fn act(act: &'static str) -> RemoteCommand {
        RemoteCommand::script(&SETS).words(&[act]).timeout_ms(SLOW_MS)
    }
}

//! The fixed texts that run on a node whose rules are read or changed.

use super::set::MAX_ENTRIES;
use super::tool::Tool;
use crate::remote::{RemoteCommand, Script};
use crate::values::Sha256Hex;

const READ: Script = Script { name: "firewall-read", text: include_str!("scripts/read.sh") };
const RULES: Script = Script { name: "firewall-rules", text: include_str!("scripts/rules.sh") };

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

/// Restores what was saved, if anything was.
pub fn undo(tool: Tool) -> RemoteCommand {
    act("undo", tool)
}

/// Prints `rules <digest>` and `state none|armed|undoing|kept|rolled-back`.
pub fn state(tool: Tool) -> RemoteCommand {
    act("state", tool)
}

fn act(act: &'static str, tool: Tool) -> RemoteCommand {
    RemoteCommand::script(&RULES).words(&[act, tool.as_str()]).timeout_ms(SLOW_MS)
}

//! What is done to a node for a drill, and what mends it.

use std::net::IpAddr;

use crate::firewall::Tool;
use crate::ids::NodeId;
use crate::remote::{RemoteCommand, Script};
use crate::values::InterfaceName;

const FAULT: Script = Script { name: "drill-fault", text: include_str!("scripts/fault.sh") };
const ANSWER_LIMIT_MS: u64 = 60_000;

/// A fault as `drill-fault` makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault<'a> {
    /// keepalived is stopped in order.
    Stopped,
    Killed,
    Frozen,
    /// Adverts from this address are dropped.
    Filtered {
        from: IpAddr,
    },
    /// The interface is down.
    Link {
        interface: &'a InterfaceName,
    },
    /// The node reboots at once.
    Power,
    /// New TCP connections to this port are refused.
    Refused {
        port: u16,
    },
}

impl Fault<'_> {
    /// Makes it. The node mends it by itself after `guard_s`.
    pub(crate) fn make(self, guard_s: u64) -> RemoteCommand {
        self.command("make", guard_s)
    }

    /// Mends it, whether or not it was made or is mended already.
    pub(crate) fn mend(self) -> RemoteCommand {
        self.command("mend", 0)
    }

    fn command(self, act: &'static str, guard_s: u64) -> RemoteCommand {
        let command = RemoteCommand::script(&FAULT).words(&[act, self.word()]).value(&guard_s);
        let command = match self {
            Fault::Filtered { from } => command.value(&from),
            Fault::Link { interface } => command.value(interface),
            Fault::Refused { port } => command.value(&port),
            Fault::Stopped | Fault::Killed | Fault::Frozen | Fault::Power => command,
        };
        command.timeout_ms(ANSWER_LIMIT_MS)
    }

    fn word(self) -> &'static str {
        match self {
            Fault::Stopped => "stopped",
            Fault::Killed => "killed",
            Fault::Frozen => "frozen",
            Fault::Filtered { .. } => "filtered",
            Fault::Link { .. } => "link",
            Fault::Power => "power",
            Fault::Refused { .. } => "refused",
        }
    }
}

/// What keeps a node's rules from changing while a drill has one among them.
pub(crate) fn firewall_locks(node: NodeId) -> Vec<String> {
    Tool::ALL.iter().map(|tool| format!("node/{node}/firewall/{tool}")).collect()
}

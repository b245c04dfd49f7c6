//! The fixed texts that run on the traced node and on the one that sends.

use super::super::packet::Direction;
use super::super::tool::Tool;
use super::model::{SentPacket, TraceId};
use crate::remote::{RemoteCommand, Script};

const TRACE: Script = Script {
    name: "firewall-trace",
    text: concat!(include_str!("scripts/listen.sh"), include_str!("scripts/trace.sh")),
};
const PROBE: Script = Script { name: "firewall-probe", text: include_str!("scripts/probe.sh") };

/// After this long the node itself ends the trace.
pub(super) const ENDS_AFTER_S: u32 = 30;

/// A slow node needs seconds for a few commands.
const SLOW_MS: u64 = 30_000;

/// Prints what [`TraceFacts::parse`](super::TraceFacts::parse) reads.
pub fn ask(tool: Tool, packet: &SentPacket) -> RemoteCommand {
    act("ask", tool).value(&packet.source).value(&packet.destination)
}

/// Listens, and inserts the rule that has the kernel tell of the packet.
pub fn begin(tool: Tool, id: &TraceId, packet: &SentPacket) -> RemoteCommand {
    let chain = match packet.direction {
        Direction::Out => "OUTPUT",
        Direction::In | Direction::Forward => "PREROUTING",
    };
    let command = act("begin", tool).value(id).value(&ENDS_AFTER_S).words(&[chain]);
    let command = command.value(&packet.source).value(&packet.destination);
    with_ports(command.words(&[packet.protocol().as_str()]), packet)
}

/// Prints what [`Heard::parse`](super::Heard::parse) reads, and ends the trace.
pub fn collect(tool: Tool, id: &TraceId) -> RemoteCommand {
    act("collect", tool).value(id)
}

/// Ends a trace, wherever it stands.
pub fn end(tool: Tool, id: &TraceId) -> RemoteCommand {
    act("end", tool).value(id)
}

/// Prints `trace none|under way`, `raw <digest>` and `logger <name>`.
pub fn state(tool: Tool) -> RemoteCommand {
    act("state", tool)
}

/// Exit status 0: the node can send.
pub fn can_send() -> RemoteCommand {
    RemoteCommand::script(&PROBE).words(&["ask"])
}

/// Sends the packet.
pub fn send(id: &TraceId, packet: &SentPacket) -> RemoteCommand {
    let command = RemoteCommand::script(&PROBE).words(&[packet.protocol().as_str()]).value(id);
    with_ports(command.value(&packet.source).value(&packet.destination), packet)
}

fn with_ports(command: RemoteCommand, packet: &SentPacket) -> RemoteCommand {
    match packet.ports() {
        Some((from, to)) => command.value(&from).value(&to),
        None => command,
    }
}

fn act(act: &'static str, tool: Tool) -> RemoteCommand {
    RemoteCommand::script(&TRACE).words(&[act, tool.as_str()]).timeout_ms(SLOW_MS)
}

//! What runs on a director while a real server's weight changes.

use std::net::SocketAddr;

use crate::lvs::commands::{addressed, method, server_options};
use crate::lvs::{RealServer, ServerTraffic, Target};
use crate::remote::{RemoteCommand, Script};

const LEFT: Script = Script { name: "lvs-left", text: include_str!("../scripts/left.sh") };
const DRAINED: Script = Script { name: "lvs-drained", text: include_str!("../scripts/drained.sh") };
const END: Script = Script { name: "lvs-end", text: include_str!("../scripts/end.sh") };
/// The tries of `lvs-end` and what they wait, with room.
const END_MS: u64 = 30_000;

/// `ipvsadm -e` sets all of a real server, so what stays is said, too.
pub(super) fn set_weight(
    target: &Target,
    server: &RealServer,
    traffic: Option<&ServerTraffic>,
    weight: u32,
) -> RemoteCommand {
    let socket = SocketAddr::new(server.address, server.port);
    let command = addressed(RemoteCommand::new("ipvsadm").words(&["-e"]), target);
    let limits = traffic.map_or((0, 0), ServerTraffic::limits);
    server_options(command, socket, server.forwarding, weight, limits)
}

/// Prints `active N, persistent N`.
pub(super) fn left(target: &Target, server: SocketAddr) -> RemoteCommand {
    addressed(RemoteCommand::script(&LEFT).value(&server), target)
}

/// Prints `takes nothing new`, or the weight.
pub(super) fn drained(target: &Target, server: SocketAddr) -> RemoteCommand {
    addressed(RemoteCommand::script(&DRAINED).value(&server), target)
}

/// Whether connections end or what ending them changed is put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    End,
    Restore,
}

/// `expire_nodest` is the kernel's setting as it was.
pub(super) fn end(
    act: End,
    target: &Target,
    server: &RealServer,
    traffic: Option<&ServerTraffic>,
    expire_nodest: u8,
) -> RemoteCommand {
    let act = match act {
        End::End => "end",
        End::Restore => "restore",
    };
    let (upper, lower) = traffic.map_or((0, 0), ServerTraffic::limits);
    let socket = SocketAddr::new(server.address, server.port);
    let command = RemoteCommand::script(&END).words(&[act]).value(&expire_nodest).value(&socket);
    let command = command.words(&[method(server.forwarding)]).value(&upper).value(&lower);
    addressed(command, target).timeout_ms(END_MS)
}

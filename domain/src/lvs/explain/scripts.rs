//! The fixed texts that read what the probe does not tell.

use std::net::IpAddr;

use crate::remote::{RemoteCommand, Script};

const PATH: Script = Script { name: "lvs-path", text: include_str!("../scripts/path.sh") };

/// Prints what [`super::PathSettings::parse`] reads, with the way to each address, from one of the
/// node's own or not.
pub fn path(routes: &[(IpAddr, Option<IpAddr>)]) -> RemoteCommand {
    let all = RemoteCommand::script(&PATH).timeout_ms(15_000);
    routes.iter().fold(all, |command, (to, from)| match from {
        Some(from) => command.value(to).value(from),
        None => command.value(to).words(&["-"]),
    })
}

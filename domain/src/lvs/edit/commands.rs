//! The ipvsadm commands that make a director's service what it shall be, and what it was.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use super::state::{Options, ServerState, ServiceState};
use crate::lvs::commands::{addressed, server_options};
use crate::lvs::{Netmask, Target};
use crate::remote::{RemoteCommand, Script};

const SERVICE: Script = Script { name: "lvs-service", text: include_str!("../scripts/service.sh") };
const PUT_BACK: Script =
    Script { name: "lvs-put-back", text: include_str!("../scripts/put-back.sh") };

/// What [`shown`] prints where the table does not have the service.
pub(super) const ABSENT: &str = "absent";

/// Prints a director's service in one line, or that it is absent.
pub fn shown(target: &Target) -> RemoteCommand {
    addressed(RemoteCommand::script(&SERVICE), target)
}

pub(super) fn line(state: Option<&ServiceState>) -> String {
    state.map_or_else(|| ABSENT.to_owned(), ServiceState::line)
}

/// Each fails where the table is not as it was seen.
pub(super) fn forth(
    target: &Target,
    before: Option<&ServiceState>,
    after: Option<&ServiceState>,
) -> Vec<RemoteCommand> {
    let ipvsadm =
        |act: &'static str| addressed(RemoteCommand::new("ipvsadm").words(&[act]), target);
    let Some(after) = after else { return vec![ipvsadm("-D")] };
    let mut all = Vec::new();
    match before {
        None => all.push(options(ipvsadm("-A"), &after.options)),
        Some(before) if before.options != after.options => {
            all.push(options(ipvsadm("-E"), &after.options));
        }
        Some(_) => {}
    }
    let had = |socket: &SocketAddr| before.and_then(|before| before.servers.get(socket));
    for (socket, state) in &after.servers {
        match had(socket) {
            None => all.push(server(ipvsadm("-a"), *socket, state)),
            Some(old) if old != state => all.push(server(ipvsadm("-e"), *socket, state)),
            Some(_) => {}
        }
    }
    for socket in before.iter().flat_map(|before| before.servers.keys()) {
        if !after.servers.contains_key(socket) {
            all.push(ipvsadm("-d").words(&["-r"]).value(socket));
        }
    }
    all
}

/// Each may run when what it takes back ran, ran in part or not at all.
pub(super) fn back(
    target: &Target,
    before: Option<&ServiceState>,
    after: Option<&ServiceState>,
) -> Vec<RemoteCommand> {
    let put_back = |act: &'static str| RemoteCommand::script(&PUT_BACK).words(&[act]);
    let Some(before) = before else { return vec![addressed(put_back("no-service"), target)] };
    let mut all = Vec::new();
    if after.is_none_or(|after| after.options != before.options) {
        all.push(options(addressed(put_back("service"), target), &before.options));
    }
    for (socket, state) in &before.servers {
        if after.and_then(|after| after.servers.get(socket)) != Some(state) {
            all.push(server(addressed(put_back("server"), target), *socket, state));
        }
    }
    for socket in after.iter().flat_map(|after| after.servers.keys()) {
        if !before.servers.contains_key(socket) {
            all.push(addressed(put_back("no-server").value(socket), target));
        }
    }
    all
}

/// `ipvsadm -E` sets all of a service, so what stays is said, too.
fn options(command: RemoteCommand, options: &Options) -> RemoteCommand {
    let mut command = command.words(&["-s"]).value(&options.scheduler);
    if let Some(flags) = flags(&options.flags) {
        command = command.words(&["-b", flags]);
    }
    if let Some(kept) = &options.persistence {
        command = command.words(&["-p"]).value(&kept.timeout_s);
        command = mask(command, kept.netmask);
        if let Some(engine) = &kept.engine {
            command = command.words(&["--pe"]).value(engine);
        }
    }
    if options.one_packet { command.words(&["-o"]) } else { command }
}

fn mask(command: RemoteCommand, netmask: Netmask) -> RemoteCommand {
    if netmask.is_whole() { command } else { command.words(&["-M"]).value(&netmask) }
}

fn server(command: RemoteCommand, socket: SocketAddr, state: &ServerState) -> RemoteCommand {
    let limits = (state.upper_threshold, state.lower_threshold);
    server_options(command, socket, state.forwarding, state.weight, limits)
}

fn flags(set: &BTreeSet<u8>) -> Option<&'static str> {
    Some(match (set.contains(&1), set.contains(&2), set.contains(&3)) {
        (false, false, false) => return None,
        (true, false, false) => "flag-1",
        (false, true, false) => "flag-2",
        (false, false, true) => "flag-3",
        (true, true, false) => "flag-1,flag-2",
        (true, false, true) => "flag-1,flag-3",
        (false, true, true) => "flag-2,flag-3",
        (true, true, true) => "flag-1,flag-2,flag-3",
    })
}

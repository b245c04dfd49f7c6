//! The commands that read and set a kernel's sync daemons.

use std::net::{IpAddr, SocketAddr};

use super::wish::{GROUP, PORT, WantedSync};
use crate::lvs::{SyncDaemon, SyncRole};
use crate::remote::{RemoteCommand, Script};
use crate::values::InterfaceName;

const SHOWN: Script = Script { name: "lvs-sync", text: include_str!("../scripts/sync.sh") };
const PUT_BACK: Script =
    Script { name: "lvs-sync-put-back", text: include_str!("../scripts/sync-put-back.sh") };
const ARRIVED: Script =
    Script { name: "lvs-sync-arrived", text: include_str!("../scripts/sync-arrived.sh") };
const HEARD: Script = Script {
    name: "lvs-sync-heard",
    text: concat!("exec perl -e '", include_str!("../scripts/sync-heard.pl"), "' \"$@\"\n"),
};

/// A director that has connections sends within this.
const LISTENED_S: u32 = 3;

pub(super) fn shown() -> RemoteCommand {
    RemoteCommand::script(&SHOWN)
}

/// Prints what [`super::Heard::parse`] reads.
pub fn heard(interface: &InterfaceName, group: Option<IpAddr>, port: Option<u16>) -> RemoteCommand {
    RemoteCommand::script(&HEARD)
        .value(interface)
        .value(&group.unwrap_or(GROUP))
        .value(&port.unwrap_or(PORT))
        .value(&LISTENED_S)
        .timeout_ms(15_000)
}

pub(super) fn arrived(service: SocketAddr) -> RemoteCommand {
    RemoteCommand::script(&ARRIVED).value(&service.ip()).value(&service.port())
}

pub(super) fn word(role: SyncRole) -> &'static str {
    match role {
        SyncRole::Master => "master",
        SyncRole::Backup => "backup",
    }
}

pub(super) fn stop(role: SyncRole) -> RemoteCommand {
    RemoteCommand::new("ipvsadm").words(&["--stop-daemon", word(role)])
}

pub(super) fn start(role: SyncRole, wanted: &WantedSync) -> RemoteCommand {
    let mut command = RemoteCommand::new("ipvsadm")
        .words(&["--start-daemon", word(role), "--mcast-interface"])
        .value(&wanted.interface)
        .words(&["--syncid"])
        .value(&wanted.sync_id);
    if let Some(group) = &wanted.group {
        command = command.words(&["--mcast-group"]).value(group);
    }
    if let Some(port) = &wanted.port {
        command = command.words(&["--mcast-port"]).value(port);
    }
    if let Some(ttl) = &wanted.ttl {
        command = command.words(&["--mcast-ttl"]).value(ttl);
    }
    match &wanted.max_bytes {
        Some(bytes) => command.words(&["--sync-maxlen"]).value(bytes),
        None => command,
    }
}

/// `None` where what is there could not be asked for again.
pub(super) fn put_back(role: SyncRole, before: Option<&SyncDaemon>) -> Option<RemoteCommand> {
    let command = RemoteCommand::script(&PUT_BACK).words(&[word(role)]);
    let Some(daemon) = before else { return Some(command.words(&["none"])) };
    let interface: InterfaceName = daemon.interface.parse().ok()?;
    let group: Option<IpAddr> =
        daemon.group.as_ref().map(|group| group.parse()).transpose().ok()?;
    let command = command.value(&interface).value(&daemon.sync_id);
    let command = match &group {
        Some(group) => command.value(group),
        None => command.words(&["-"]),
    };
    let number = |command: RemoteCommand, number: Option<u16>| match number {
        Some(number) => command.value(&number),
        None => command.words(&["-"]),
    };
    let command = number(command, daemon.port);
    let command = number(command, daemon.ttl.map(u16::from));
    Some(number(command, daemon.max_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_perl_text_holds_no_quote_that_would_end_it() {
        assert_eq!(HEARD.text.matches('\'').count(), 2);
    }
}

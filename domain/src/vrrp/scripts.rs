//! The fixed texts that run on directors and on the client that measures.

use std::net::IpAddr;

use crate::nodes::InterfaceAddress;
use crate::remote::{RemoteCommand, Script};
use crate::values::{ConfName, InterfaceName, RemotePath};

const STATE: Script = Script {
    name: "vrrp-state",
    text: concat!(include_str!("scripts/dump.sh"), include_str!("scripts/state.sh")),
};
const HEARD: Script = Script {
    name: "vrrp-heard",
    text: concat!(include_str!("scripts/dump.sh"), include_str!("scripts/heard.sh")),
};
const PRIORITY: Script =
    Script { name: "vrrp-priority", text: include_str!("scripts/priority.sh") };
const PRIORITY_READ: Script =
    Script { name: "vrrp-priority-read", text: include_str!("scripts/priority-read.sh") };
const TRACK_FILE: Script =
    Script { name: "vrrp-track-file", text: include_str!("scripts/track-file.sh") };
const REACH: Script = Script { name: "vrrp-reach", text: include_str!("scripts/reach.sh") };
const ARP: Script = Script { name: "vrrp-arp", text: include_str!("scripts/arp.sh") };
const ANNOUNCE: Script =
    Script { name: "vrrp-announce", text: include_str!("scripts/announce.sh") };
const WIRE: Script = Script {
    name: "vrrp-wire",
    text: concat!("exec perl -e '", include_str!("scripts/wire.pl"), "' \"$@\"\n"),
};
const KILL: Script = Script { name: "vrrp-kill", text: include_str!("scripts/kill.sh") };
/// So many packets of the wire are told at most.
const MOST_HEARD: u32 = 2_000;
/// Behind the number in a track file: the director is out of service until somebody brings it back.
pub const OUT: &str = "out";
pub(super) const CLIENT_PROBE: Script =
    Script { name: "client-probe", text: include_str!("scripts/client-probe.sh") };

/// Prints `<STATE>, holds all|some|none`, and `in the election` when it is MASTER or BACKUP.
/// STATE is `stopped` where keepalived does not run.
pub fn state(instance: &ConfName, signal: u8, addresses: &[IpAddr]) -> RemoteCommand {
    let command = RemoteCommand::script(&STATE).value(instance).value(&signal);
    addresses.iter().fold(command, |command, address| command.value(address))
}

/// Prints the count of adverts received, and the count once it grew or `tries` readings later.
pub fn heard(instance: &ConfName, signal: u8, tries: u32) -> RemoteCommand {
    let command = RemoteCommand::script(&HEARD).value(instance).value(&signal).value(&tries);
    command.timeout_ms(30_000)
}

/// Listens for adverts and prints what [`Wire::parse`](super::wire::Wire::parse) reads.
pub fn wire(seconds: u32) -> RemoteCommand {
    let command = RemoteCommand::script(&WIRE).value(&seconds).value(&MOST_HEARD);
    command.timeout_ms(u64::from(seconds) * 1000 + 10_000)
}

/// Prints the settings that [`KernelSettings::read`](super::facts::KernelSettings::read) reads.
pub fn kernel_settings() -> RemoteCommand {
    RemoteCommand::new("sysctl").words(&[
        "--ignore",
        "net.ipv4.ip_forward",
        "net.ipv4.vs.sloppy_tcp",
    ])
}

/// Prints the number of the signal by which keepalived dumps its state. A build without JSON
/// refuses, and would die of the signal.
pub fn json_signal() -> RemoteCommand {
    RemoteCommand::new("keepalived").words(&["--signum=JSON"])
}

/// Sets the number in a track file.
pub fn set_priority(file: &RemotePath, number: i32) -> RemoteCommand {
    let sign = if number < 0 { "minus" } else { "plus" };
    RemoteCommand::script(&PRIORITY).value(file).words(&[sign]).value(&number.unsigned_abs())
}

/// The same for a director that is taken out of service, with a mark that says so.
pub fn set_out(file: &RemotePath, number: i32) -> RemoteCommand {
    set_priority(file, number).words(&[OUT])
}

/// Prints the number in a track file, and its mark.
pub fn read_priority(file: &RemotePath) -> RemoteCommand {
    RemoteCommand::script(&PRIORITY_READ).value(file)
}

/// Exit status 0 says that [`install_track_file`] would be accepted; stderr says why it would not.
pub fn try_track_file(instance: &ConfName) -> RemoteCommand {
    track_file("try", instance)
}

/// Inserts the generated track file into keepalived.conf, with weight 1, and reloads.
pub fn install_track_file(instance: &ConfName) -> RemoteCommand {
    track_file("install", instance)
}

/// Puts back the keepalived.conf from before the installation, and reloads.
pub fn remove_track_file(instance: &ConfName) -> RemoteCommand {
    track_file("remove", instance)
}

fn track_file(act: &'static str, instance: &ConfName) -> RemoteCommand {
    RemoteCommand::script(&TRACK_FILE).words(&[act]).value(instance).timeout_ms(60_000)
}

/// Connects to each and prints `<address> <port> reached|silent`.
pub fn reach(servers: &[(IpAddr, u16)]) -> RemoteCommand {
    servers
        .iter()
        .fold(RemoteCommand::script(&REACH), |command, (a, port)| command.value(a).value(port))
}

/// Prints `<address> <mac>` for everybody who answers for one of the addresses.
pub fn arp(interface: &InterfaceName, own: IpAddr, addresses: &[IpAddr]) -> RemoteCommand {
    let command = RemoteCommand::script(&ARP).value(interface).value(&own);
    addresses.iter().fold(command, |command, address| command.value(address))
}

/// Says by gratuitous ARP that the addresses are at this node.
pub fn announce(interface: &InterfaceName, addresses: &[IpAddr]) -> RemoteCommand {
    let command = RemoteCommand::script(&ANNOUNCE).value(interface);
    addresses.iter().fold(command, |command, address| command.value(address))
}

/// Ends keepalived whatever it does, and removes the addresses that it leaves behind.
pub fn kill(left_behind: &[InterfaceAddress]) -> RemoteCommand {
    left_behind.iter().fold(RemoteCommand::script(&KILL).timeout_ms(30_000), |command, held| {
        command.value(&held.interface).value(&held.address).value(&held.prefix_len)
    })
}

/// The last minute of keepalived's log.
pub fn log() -> RemoteCommand {
    RemoteCommand::new("journalctl").words(&[
        "--unit=keepalived.service",
        "--since=-60s",
        "--lines=200",
        "--output=cat",
        "--no-pager",
    ])
}

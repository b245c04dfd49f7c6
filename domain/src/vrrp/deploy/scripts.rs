//! The fixed texts that read and change keepalived's files on a node.

use std::net::IpAddr;

use super::change::{FileChange, instruction};
use super::reading::ConfReading;
use crate::remote::{RemoteCommand, Script};
use crate::values::Sha256Hex;

const READ: Script =
    Script { name: "vrrp-conf-read", text: include_str!("../scripts/conf-read.sh") };
const CHANGE: Script =
    Script { name: "vrrp-conf-change", text: include_str!("../scripts/conf-change.sh") };
const ADDRESSES: Script =
    Script { name: "vrrp-addresses", text: include_str!("../scripts/addresses.sh") };

/// Prints what [`ConfReading::parse`](super::ConfReading::parse) reads.
pub fn read() -> RemoteCommand {
    RemoteCommand::script(&READ).timeout_ms(30_000)
}

/// Prints what [`Trial::parse`](super::Trial::parse) reads; changes nothing.
pub fn try_out(change: &Sha256Hex, instruction: &str) -> RemoteCommand {
    act("try", change).stdin(instruction)
}

/// The same of these files on a node.
pub fn trial(reading: &ConfReading, files: &[FileChange]) -> RemoteCommand {
    let (change, text) = instruction(reading, files);
    try_out(&change, &text)
}

/// Saves the old files and puts the new ones in place; they must be what they were made from.
pub fn swap(change: &Sha256Hex, instruction: &str) -> RemoteCommand {
    act("swap", change).stdin(instruction)
}

/// Puts the files back that this change saved, if it saved any.
pub fn restore(change: &Sha256Hex) -> RemoteCommand {
    act("restore", change)
}

fn act(act: &'static str, change: &Sha256Hex) -> RemoteCommand {
    RemoteCommand::script(&CHANGE).words(&[act]).value(change).timeout_ms(60_000)
}

/// Prints `holds all|some|none`.
pub fn addresses(addresses: &[IpAddr]) -> RemoteCommand {
    addresses.iter().fold(RemoteCommand::script(&ADDRESSES), |command, a| command.value(a))
}

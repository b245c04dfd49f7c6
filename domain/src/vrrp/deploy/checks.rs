//! What is looked at to see that a deployment holds, or is taken back.

use std::net::IpAddr;

use super::plan::Target;
use super::reading::Daemon;
use super::scripts;
use super::sequel::{Holds, Seat, Sequel};
use super::services::service_checks;
use crate::phrase::Phrase;
use crate::plan::{Check, Expect};
use crate::remote::RemoteCommand;
use crate::values::ConfName;
use crate::vrrp::{InstanceConf, VrrpState, state_word};

/// That the node runs by the new files, and that nothing which should stay has moved.
pub(super) fn gates(target: &Target<'_>, sequels: &[Sequel<'_>]) -> Vec<Check> {
    let mut checks = Vec::new();
    for sequel in sequels {
        for (seat, conf) in sequel.after().filter(|(seat, _)| seat.director.node == target.node()) {
            checks.extend(runs_by(seat, conf));
        }
        if sequel.holder_then.is_some_and(|then| sequel.holder_now == Holds::One(then)) {
            checks.extend(as_then(sequel));
        }
    }
    checks.extend(given_up(target, sequels));
    checks.extend(service_checks(target.side));
    checks
}

pub(super) fn gates_before(target: &Target<'_>, sequels: &[Sequel<'_>]) -> Vec<Check> {
    let of_target = sequels.iter().flat_map(|sequel| as_before(sequel));
    let of_target = of_target.filter(|check| check.node == target.node());
    of_target.chain(stopped_again(target)).collect()
}

pub(super) fn rolled_back(targets: &[Target<'_>], sequels: &[Sequel<'_>]) -> Vec<Check> {
    let held = sequels.iter().flat_map(|sequel| as_before(sequel));
    held.chain(targets.iter().filter_map(stopped_again)).collect()
}

fn stopped_again(target: &Target<'_>) -> Option<Check> {
    let (node, name) = (target.node(), target.name());
    let was_stopped = target.side.director.reading.value.daemon != Daemon::Running;
    was_stopped.then(|| Check {
        title: Phrase::new(
            format!("keepalived is stopped on {name}"),
            format!("{name} 上的 keepalived 已停止"),
        ),
        node,
        command: RemoteCommand::new("systemctl").words(&[
            "show",
            "--property=ActiveState",
            "keepalived.service",
        ]),
        // Inactive, or failed where its first start did.
        expect: Expect::NoLine { line: "ActiveState=active".to_owned() },
    })
}

/// Addresses that the node's files no longer name are on none of its interfaces.
pub(super) fn given_up(target: &Target<'_>, sequels: &[Sequel<'_>]) -> Option<Check> {
    let of = |conf: Option<&InstanceConf>| {
        conf.iter()
            .flat_map(|conf| &conf.virtual_addresses)
            .map(|v| v.address)
            .collect::<Vec<IpAddr>>()
    };
    let seats: Vec<&Seat<'_>> = sequels
        .iter()
        .flat_map(|sequel| &sequel.seats)
        .filter(|seat| seat.director.node == target.node())
        .collect();
    let kept: Vec<IpAddr> = seats.iter().flat_map(|seat| of(seat.after)).collect();
    let mut gone: Vec<IpAddr> = seats.iter().flat_map(|seat| of(seat.before)).collect();
    gone.retain(|address| !kept.contains(address));
    let all = gone.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let name = target.name();
    (!gone.is_empty()).then(|| Check {
        title: Phrase::new(format!("{name} has given up {all}"), format!("{name} 已放弃 {all}")),
        node: target.node(),
        command: scripts::addresses(&gone),
        expect: Expect::Line { line: "holds none".to_owned() },
    })
}

fn runs_by(seat: &Seat<'_>, conf: &InstanceConf) -> Option<Check> {
    let (director, name) = (&seat.director.name, &conf.name);
    let (vrid, priority) = (conf.vrid, conf.priority);
    Some(Check {
        title: Phrase::new(
            format!("{director} runs {name} with VRID {vrid} and priority {priority}"),
            format!("{director} 以 VRID {vrid}、优先级 {priority} 运行 {name}"),
        ),
        node: seat.director.node,
        command: state(seat, conf)?,
        expect: Expect::Line { line: format!("VRID {vrid}, base priority {priority}") },
    })
}

/// Each director's word and addresses once all is done.
pub(super) fn as_then(sequel: &Sequel<'_>) -> Vec<Check> {
    let stands = |(seat, conf): (&Seat<'_>, &InstanceConf)| {
        let in_fault = seat.said().is_some_and(|said| said.state == VrrpState::Fault);
        let word = match sequel.holder_then {
            Some(node) if node == seat.director.node => "MASTER",
            _ if in_fault => "FAULT",
            _ => "BACKUP",
        };
        stands(seat, conf, word)
    };
    sequel.after().filter_map(stands).collect()
}

/// Each director's word and addresses as they are now, where they are known.
fn as_before(sequel: &Sequel<'_>) -> Vec<Check> {
    let Holds::One(holder) = sequel.holder_now else { return Vec::new() };
    let stands = |seat: &Seat<'_>| {
        let said = state_word(seat.said()?.state);
        let is_true = (said == "MASTER") == (seat.director.node == holder);
        is_true.then(|| stands(seat, seat.before?, said))?
    };
    sequel.seats.iter().filter_map(stands).collect()
}

fn stands(seat: &Seat<'_>, conf: &InstanceConf, word: &str) -> Option<Check> {
    let (director, name) = (&seat.director.name, &conf.name);
    let holds = if word == "MASTER" { "all" } else { "none" };
    let title = match word {
        "MASTER" => Phrase::new(
            format!("{director} is MASTER of {name} and holds its addresses"),
            format!("{director} 是 {name} 的 MASTER 并持有其地址"),
        ),
        _ => Phrase::new(
            format!("{director} is {word} of {name} and holds none of its addresses"),
            format!("{director} 是 {name} 的 {word}，不持有其地址"),
        ),
    };
    Some(Check {
        title,
        node: seat.director.node,
        command: state(seat, conf)?,
        expect: Expect::Line { line: format!("{word}, holds {holds}") },
    })
}

/// `None` where the instance has a name that is given to no script; an interlock blocks.
fn state(seat: &Seat<'_>, conf: &InstanceConf) -> Option<RemoteCommand> {
    let name: ConfName = conf.name.parse().ok()?;
    let signal = seat.director.json_signal.as_ref().map_or(0, |fact| fact.value);
    let addresses: Vec<IpAddr> = conf.virtual_addresses.iter().map(|v| v.address).collect();
    Some(crate::vrrp::scripts::state(&name, signal, &addresses))
}

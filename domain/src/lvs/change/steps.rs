//! What runs when a weight changes, and while a real server drains.

use super::commands::{self, End};
use super::{AtLimit, Drain, Scene, Seat};
use crate::lvs::{describe, kernel};
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Expect, Step};
use crate::remote::RemoteCommand;

/// What is left is looked at so often.
const LOOK_EVERY_MS: u64 = 1_000;
const NOTHING_LEFT: &str = "active 0, persistent 0";

/// By ipvsadm. The director that clients meet comes last: what fails before it, they do not notice.
pub(super) fn set_weight(scene: &Scene<'_>) -> Step {
    let holder = scene.input.service.holder;
    let mut seats: Vec<&Seat<'_>> = scene.seats.iter().collect();
    seats.sort_by_key(|seat| (holder == Some(seat.director.node), seat.director.node));
    let edit = |seat: &Seat<'_>, weight: u32| {
        run(seat, commands::set_weight(scene.target, seat.server, seat.traffic, weight))
    };
    let weight = scene.wish.weight;
    Step {
        id: "set_weight".to_owned(),
        title: Phrase::new(
            format!("Set the weight to {weight} in the kernel of every director"),
            format!("在每台调度器的内核中将权重设为 {weight}"),
        ),
        actions: seats.iter().map(|seat| edit(seat, weight)).collect(),
        undo: seats.iter().map(|seat| edit(seat, seat.server.weight)).collect(),
        estimate_ms: 300,
        cancellable: true,
    }
}

/// That each director's kernel has a weight.
pub(super) fn weighs(scene: &Scene<'_>, weight: impl Fn(&Seat<'_>) -> u32) -> Vec<Check> {
    let check = |seat: &Seat<'_>| {
        let (name, server, weight) = (&seat.director.name, scene.wish.server, weight(seat));
        let service = describe(scene.target);
        Check {
            title: Phrase::new(
                format!("{name} has {service} → {server} with weight {weight}"),
                format!("{name} 上 {service} → {server} 的权重为 {weight}"),
            ),
            node: seat.director.node,
            command: kernel::table(),
            expect: Expect::Line { line: kernel::server_line(scene.target, server, weight) },
        }
    };
    scene.seats.iter().map(check).collect()
}

/// That it gets no new connection from any director. One that failed its check meanwhile is in no
/// table, and is as drained as one of weight 0.
pub(super) fn drained(scene: &Scene<'_>) -> Vec<Check> {
    let check = |seat: &Seat<'_>| {
        let (name, server) = (&seat.director.name, scene.wish.server);
        Check {
            title: Phrase::new(
                format!("{name} sends no new connection to {server}"),
                format!("{name} 不再向 {server} 分配新连接"),
            ),
            node: seat.director.node,
            command: commands::drained(scene.target, server),
            expect: Expect::Line { line: "takes nothing new".to_owned() },
        }
    };
    scene.seats.iter().map(check).collect()
}

pub(super) fn drain(scene: &Scene<'_>) -> Vec<Step> {
    let Some(drain) = scene.wish.drain else { return Vec::new() };
    let mut steps = vec![wait(scene, drain)];
    if drain.at_limit == AtLimit::End {
        steps.push(end(scene));
    }
    steps
}

fn wait(scene: &Scene<'_>, drain: Drain) -> Step {
    let within_s = drain.within_s;
    let wait = |seat: &Seat<'_>| Action::AwaitAtMost {
        check: nothing_left(scene, seat),
        every_ms: LOOK_EVERY_MS,
        timeout_ms: u64::from(within_s) * 1_000,
    };
    Step {
        id: "wait".to_owned(),
        title: Phrase::new(
            format!("Wait until its connections are gone, at most {within_s} s"),
            format!("等待其连接结束，最长 {within_s} 秒"),
        ),
        actions: scene.waited_on().map(wait).collect(),
        undo: Vec::new(),
        estimate_ms: u64::from(within_s) * 1_000,
        cancellable: true,
    }
}

fn nothing_left(scene: &Scene<'_>, seat: &Seat<'_>) -> Check {
    let (name, server) = (&seat.director.name, scene.wish.server);
    Check {
        title: Phrase::new(
            format!("{name} has no connection and no remembered client of {server}"),
            format!("{name} 上没有 {server} 的连接和会话保持记录"),
        ),
        node: seat.director.node,
        command: commands::left(scene.target, server),
        expect: Expect::Line { line: NOTHING_LEFT.to_owned() },
    }
}

/// Every director has a table of its own, with entries that others told it.
fn end(scene: &Scene<'_>) -> Step {
    let act = |seat: &Seat<'_>, act: End| {
        let old = seat.director.setting("expire_nodest_conn").unwrap_or(0);
        run(seat, commands::end(act, scene.target, seat.server, seat.traffic, old))
    };
    Step {
        id: "end_rest".to_owned(),
        title: Phrase::new(
            "End what is left: take the server out with expire_nodest_conn for a second, and put it back with weight 0",
            "结束剩余连接：在 expire_nodest_conn 下将服务器移出一秒，再以权重 0 放回",
        ),
        actions: scene.seats.iter().map(|seat| act(seat, End::End)).collect(),
        undo: scene.seats.iter().map(|seat| act(seat, End::Restore)).collect(),
        estimate_ms: 1_500,
        cancellable: false,
    }
}

fn run(seat: &Seat<'_>, command: RemoteCommand) -> Action {
    Action::Run { node: seat.director.node, command, expect: Expect::Success }
}

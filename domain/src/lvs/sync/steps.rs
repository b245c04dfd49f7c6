//! What runs when sync daemons change.

use super::{Asks, Scene, Seat, SyncRole, commands};
use crate::lvs::sharing::scripts::ask;
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Expect, Step};

/// Enough to be told of: a connection is when it ends.
const CONNECTIONS: u32 = 12;
/// No connection is begun after this.
const ASK_FOR_S: u32 = 5;
/// The kernel gathers what it sends for some seconds.
const ARRIVES_MS: u64 = 20_000;
/// keepalived starts them when it has read its files anew.
const SETTLES_MS: u64 = 20_000;

/// keepalived's own are deployed before those that ipvsadm sets.
pub(super) fn all(scene: &Scene<'_>, deployed: Vec<Step>) -> Vec<Step> {
    let mut steps = vec![look(scene)];
    steps.extend(deployed);
    steps.extend(scene.seats.iter().filter_map(|seat| one(scene, seat)));
    let starts = scene.wish.daemon.is_some();
    let by_conf = scene.seats.iter().filter(|seat| seat.by_conf && starts);
    let by_conf: Vec<Check> = by_conf.flat_map(|seat| wanted(scene, seat)).collect();
    if !by_conf.is_empty() {
        steps.push(Step {
            id: "taken_up".to_owned(),
            title: Phrase::new(
                "See that keepalived has set the kernel's sync daemons",
                "确认 keepalived 已设置内核的同步守护进程",
            ),
            actions: by_conf.into_iter().map(|check| until(check, SETTLES_MS)).collect(),
            undo: Vec::new(),
            estimate_ms: 1_000,
            cancellable: true,
        });
    }
    steps.extend(arrives(scene));
    steps
}

/// keepalived 2.2.7 leaves the kernel's daemons running when its line goes: what it started is taken back
/// once its old files are.
fn look(scene: &Scene<'_>) -> Step {
    let looks = checks_before(scene).into_iter().map(|check| Action::Run {
        node: check.node,
        command: check.command,
        expect: check.expect,
    });
    let deployed = scene.seats.iter().filter(|seat| seat.deploys);
    let undo = deployed.flat_map(|seat| {
        let back = |role: &SyncRole| commands::put_back(*role, seat.before(*role));
        let run =
            |command| Action::Run { node: seat.director.node, command, expect: Expect::Success };
        scene.wish.roles.all().iter().filter_map(back).map(run).collect::<Vec<_>>()
    });
    Step {
        id: "look".to_owned(),
        title: Phrase::new(
            "See that every kernel's sync daemons are as the plan has them",
            "确认每个内核的同步守护进程与计划一致",
        ),
        actions: looks.collect(),
        undo: undo.collect(),
        estimate_ms: 300,
        cancellable: true,
    }
}

/// By ipvsadm. What keepalived starts, it sets itself.
fn one(scene: &Scene<'_>, seat: &Seat<'_>) -> Option<Step> {
    let (node, name) = (seat.director.node, &seat.director.name);
    let changes = seat.changes(scene.wish);
    let by_keepalived = seat.deploys || seat.follows().is_some();
    if changes.is_empty() || (by_keepalived && scene.wish.daemon.is_some()) {
        return None;
    }
    let run = |command| Action::Run { node, command, expect: Expect::Success };
    let mut actions = Vec::new();
    for role in &changes {
        let stops = |_| match seat.by_conf {
            // Another keepalived may have stopped it.
            true => commands::put_back(*role, None),
            false => Some(commands::stop(*role)),
        };
        actions.extend(seat.before(*role).and_then(stops).map(run));
        let start = scene.wish.daemon.as_ref().map(|wanted| commands::start(*role, wanted));
        actions.extend(start.map(run));
    }
    actions.extend(wanted(scene, seat).into_iter().map(|check| Action::Run {
        node,
        command: check.command,
        expect: check.expect,
    }));
    let undo = changes.iter().filter(|_| !seat.deploys);
    let undo = undo.filter_map(|role| commands::put_back(*role, seat.before(*role)));
    Some(Step {
        id: format!("set_{node}"),
        title: match scene.wish.daemon {
            Some(_) => Phrase::new(
                format!("Start the sync daemons in the kernel of {name}"),
                format!("在 {name} 的内核中启动同步守护进程"),
            ),
            None => Phrase::new(
                format!("Stop the sync daemons in the kernel of {name}"),
                format!("在 {name} 的内核中停止同步守护进程"),
            ),
        },
        actions,
        undo: undo.map(run).collect(),
        estimate_ms: 500,
        cancellable: true,
    })
}

/// Connections are made through the director that clients meet, and are seen on the others.
fn arrives(scene: &Scene<'_>) -> Option<Step> {
    let Asks { client, name, service, .. } = scene.input.asks.as_ref()?;
    let receivers = scene.receivers();
    if scene.wish.daemon.is_none() || receivers.is_empty() {
        return None;
    }
    let asked = Action::Run {
        node: *client,
        command: ask(*service, CONNECTIONS, ASK_FOR_S),
        expect: Expect::Success,
    };
    let arrive = receivers.iter().map(|receiver| {
        let to = &receiver.name;
        let check = Check {
            title: Phrase::new(
                format!("{to} has connections to {service} that another director made"),
                format!("{to} 上有其他调度器建立的到 {service} 的连接"),
            ),
            node: receiver.node,
            command: commands::arrived(*service),
            expect: Expect::Line { line: "arrived".to_owned() },
        };
        until(check, ARRIVES_MS)
    });
    Some(Step {
        id: "arrives".to_owned(),
        title: Phrase::new(
            format!("Make connections from {name}, and see them arrive at the other director"),
            format!("由 {name} 建立连接，确认其到达另一台调度器"),
        ),
        actions: std::iter::once(asked).chain(arrive).collect(),
        undo: Vec::new(),
        estimate_ms: 4_000,
        cancellable: true,
    })
}

fn until(check: Check, timeout_ms: u64) -> Action {
    Action::Await { check, every_ms: 1_000, timeout_ms }
}

pub(super) fn checks(scene: &Scene<'_>) -> Vec<Check> {
    scene.seats.iter().flat_map(|seat| wanted(scene, seat)).collect()
}

/// By ipvsadm's own word.
fn wanted(scene: &Scene<'_>, seat: &Seat<'_>) -> Vec<Check> {
    let Some(daemon) = &scene.wish.daemon else {
        let none = |role: &SyncRole| says(seat, commands::word(*role), "none");
        return scene.wish.roles.all().iter().map(none).collect();
    };
    let mut words = vec![format!("{} {}", daemon.interface, daemon.sync_id)];
    words.extend(daemon.group.map(|group| format!("group {group}")));
    words.extend(daemon.port.map(|port| format!("port {port}")));
    words.extend(daemon.ttl.map(|ttl| format!("ttl {ttl}")));
    words.extend(daemon.max_bytes.map(|bytes| format!("maxlen {bytes}")));
    if seat.by_conf && seat.follows().is_some() {
        return words.into_iter().take(1).map(|words| says(seat, "some", &words)).collect();
    }
    let of_role = |role: &SyncRole| {
        let role = commands::word(*role);
        words.iter().map(move |words| says(seat, role, words))
    };
    scene.wish.roles.all().iter().flat_map(of_role).collect()
}

pub(super) fn checks_before(scene: &Scene<'_>) -> Vec<Check> {
    let of_seat = |seat: &Seat<'_>| {
        let of_role = |role: &SyncRole| {
            let words = seat.before(*role).map_or_else(
                || "none".to_owned(),
                |daemon| format!("{} {}", daemon.interface, daemon.sync_id),
            );
            says(seat, commands::word(*role), &words)
        };
        scene.wish.roles.all().iter().map(of_role).collect::<Vec<_>>()
    };
    scene.seats.iter().flat_map(of_seat).collect()
}

fn says(seat: &Seat<'_>, role: &'static str, words: &str) -> Check {
    let name = &seat.director.name;
    let (en, zh) = match role {
        "master" => ("sending sync daemon", "发送同步守护进程"),
        "backup" => ("receiving sync daemon", "接收同步守护进程"),
        _ => ("sync daemon", "同步守护进程"),
    };
    Check {
        title: Phrase::new(format!("{name}: {en} {words}"), format!("{name}：{zh} {words}")),
        node: seat.director.node,
        command: commands::shown(),
        expect: Expect::Line { line: format!("{role} {words}") },
    }
}

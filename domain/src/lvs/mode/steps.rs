//! What runs when a service is moved.

use super::Scene;
use super::needs::Needs;
use super::prepare::{Preparation, forwarding};
use crate::ids::NodeId;
use crate::lvs::commands::listed;
use crate::lvs::sharing::scripts::ask;
use crate::lvs::{Protocol, describe};
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Draft, Expect, Step};
use crate::vrrp::client::MYSQL_PORTS;

/// Enough to meet each of a few real servers.
const CONNECTIONS: u32 = 12;
/// No connection is begun after this.
const ASK_FOR_S: u32 = 5;
/// keepalived writes its services anew, and its checks begin anew.
const SETTLES_MS: u64 = 30_000;

/// Prepared before the directors change, cleaned after they did and the service answered.
pub(super) fn all(scene: &Scene<'_>, draft: &mut Draft, moves: bool) {
    let mut steps: Vec<Step> = (1..).zip(&scene.servers).filter_map(prepare).collect();
    steps.append(&mut draft.steps);
    if moves {
        steps.push(takes_effect(scene));
    }
    steps.extend((1..).zip(&scene.servers).filter_map(|(number, needs)| {
        let node = needs.server.seen.as_ref()?.node;
        clean(number, node, &needs.server.name, &needs.stale)
    }));
    draft.steps = steps;
    for needs in &scene.servers {
        let Some(seen) = &needs.server.seen else { continue };
        let check =
            |prepared: &Preparation, has| prepared.check(seen.node, &needs.server.name, has);
        if let Some(wanted) = &needs.wanted {
            draft.verification.push(check(wanted, true));
            draft.rolled_back.push(check(wanted, false));
        }
        for stale in &needs.stale {
            draft.verification.push(check(stale, false));
            draft.rolled_back.push(check(stale, true));
        }
    }
    draft.verification.extend(answers(scene));
}

fn prepare((number, needs): (usize, &Needs<'_>)) -> Option<Step> {
    let (node, name) = (needs.server.seen.as_ref()?.node, &needs.server.name);
    let wanted = needs.wanted?;
    let (way, files) = (wanted.forwarding(), wanted.files());
    Some(Step {
        id: format!("prepare_{number}"),
        title: Phrase::new(
            format!("Prepare {name} for {way}, now and after each boot ({files})"),
            format!("为 {way} 准备 {name}，重启后仍有效（{files}）"),
        ),
        actions: wanted.prepare(node),
        undo: wanted.remove(node),
        estimate_ms: 1_000,
        cancellable: true,
    })
}

pub(super) fn clean(
    number: usize,
    node: NodeId,
    name: &str,
    stale: &[Preparation],
) -> Option<Step> {
    if stale.is_empty() {
        return None;
    }
    let units: Vec<String> = stale.iter().map(Preparation::unit).collect();
    let units = units.join(", ");
    Some(Step {
        id: format!("clean_{number}"),
        title: Phrase::new(
            format!("Remove from {name} what it needs no more ({units})"),
            format!("从 {name} 移除不再需要的内容（{units}）"),
        ),
        actions: stale.iter().flat_map(|stale| stale.remove(node)).collect(),
        undo: stale.iter().flat_map(|stale| stale.prepare(node)).collect(),
        estimate_ms: 1_000,
        cancellable: true,
    })
}

/// Before anything is removed.
fn takes_effect(scene: &Scene<'_>) -> Step {
    let of_directors = scene.input.edit.directors.iter().map(|director| {
        let (name, service, way) = (&director.name, describe(&scene.target), scene.wish.forwarding);
        let title = Phrase::new(
            format!("{name} has every real server of {service} in {way}"),
            format!("{name} 上 {service} 的真实服务器均为 {way}"),
        );
        let expect = Expect::Line { line: listed(way).to_owned() };
        Check { title, node: director.node, command: forwarding(&scene.target), expect }
    });
    let checks = of_directors.chain(answers(scene));
    Step {
        id: "takes_effect".to_owned(),
        title: Phrase::new(
            "See that every director forwards by the new method, and that clients get answers",
            "确认每台调度器按新方式转发，且客户端得到应答",
        ),
        actions: checks
            .map(|check| Action::Await { check, every_ms: 1_000, timeout_ms: SETTLES_MS })
            .collect(),
        undo: Vec::new(),
        estimate_ms: 3_000,
        cancellable: true,
    }
}

/// The node that asks, where the service can be asked.
pub(super) fn asks<'a>(scene: &Scene<'a>) -> Option<(NodeId, &'a str)> {
    let can_be_asked = scene.input.path.protocol == Protocol::Tcp
        && !MYSQL_PORTS.contains(&scene.address.port())
        && scene.input.path.servers.iter().any(|server| server.server.weight > 0);
    let client = scene.input.path.client.as_ref().filter(|_| can_be_asked)?;
    Some((client.node, &client.name))
}

fn answers(scene: &Scene<'_>) -> Option<Check> {
    let (node, name) = asks(scene)?;
    let address = scene.address;
    let line = format!("asked {CONNECTIONS} answered {CONNECTIONS} refused 0 silent 0");
    Some(Check {
        title: Phrase::new(
            format!("{name} gets {CONNECTIONS} connections of {CONNECTIONS} to {address}"),
            format!("{name} 到 {address} 的 {CONNECTIONS} 个连接全部成功"),
        ),
        node,
        command: ask(address, CONNECTIONS, ASK_FOR_S),
        expect: Expect::Line { line },
    })
}

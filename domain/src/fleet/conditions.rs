//! What is wrong at this moment, each with a stable name.

use std::time::Duration;

use super::engine_stations::source_fault;
use super::lines::{Key, id as line_id, service_of};
use super::picture::{Picture, Seen};
use super::{Line, Points};
use crate::amount::bytes;
use crate::lvs::VirtualService;
use crate::nodes::LinkState;
use crate::phrase::Phrase;
use crate::signal::Signal;

/// Something wrong; it becomes a fault when it lasts.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Stable, e.g. `node/3/link`.
    pub id: String,
    pub signal: Signal,
    pub title: Phrase,
    pub detail: Phrase,
    pub href: String,
    /// How long it must last: two machines' facts are never of quite the same moment.
    pub hold_off: Duration,
}

const AT_ONCE: Duration = Duration::ZERO;
const CLAIMS_MEET: Duration = Duration::from_secs(2);
const WORD_FOLLOWS: Duration = Duration::from_secs(5);
const CHECKS_MEET: Duration = Duration::from_secs(10);

const CLOCK_LIMIT_MS: i64 = 1_000;

/// A disk with less free than this share is nearly full, or as good as full.
const DISK_LOW_PERCENT: u64 = 10;
const DISK_FULL_PERCENT: u64 = 3;

pub(super) fn of_node(picture: &Picture, node: Seen) -> Vec<Condition> {
    let mut found: Vec<Condition> = link(node).into_iter().collect();
    if !node.observed.is_current(picture.now) {
        return found;
    }
    found.extend(clock(node));
    found.extend(disks(node));
    found.extend(probe(node));
    found.extend(services(node));
    found.extend(replication(picture, node));
    found
}

fn link(node: Seen) -> Option<Condition> {
    let name = &node.record.name;
    let title = match node.observed.link.state {
        LinkState::Up | LinkState::Connecting => return None,
        LinkState::Silent => Phrase::new(
            format!("{name} has been silent for over 3 s"),
            format!("{name} 已超过 3 秒没有响应"),
        ),
        LinkState::Down => {
            Phrase::new(format!("{name} does not answer"), format!("{name} 没有响应"))
        }
        LinkState::HostKeyChanged => Phrase::new(
            format!("{name} shows another host key than the pinned one"),
            format!("{name} 的主机密钥与已固定的不同"),
        ),
        LinkState::AccessDenied => {
            Phrase::new(format!("{name} refuses the sign-in"), format!("{name} 拒绝登录"))
        }
    };
    let silent = node.observed.link.state == LinkState::Silent;
    let reason = node.observed.link.reason.clone().unwrap_or_default();
    Some(Condition {
        id: format!("node/{}/link", node.record.id),
        signal: if silent { Signal::Unknown } else { Signal::Danger },
        title,
        detail: Phrase::same(reason),
        href: href(node),
        hold_off: AT_ONCE,
    })
}

fn clock(node: Seen) -> Option<Condition> {
    let ahead_ms = node.observed.platform.as_ref()?.value.clock_ahead_ms;
    if ahead_ms.saturating_abs() <= CLOCK_LIMIT_MS {
        return None;
    }
    let name = &node.record.name;
    let seconds =
        format!("{}.{}", ahead_ms.unsigned_abs() / 1_000, ahead_ms.unsigned_abs() % 1_000 / 100);
    let (en, zh) = if ahead_ms > 0 { ("ahead of", "快") } else { ("behind", "慢") };
    Some(Condition {
        id: format!("node/{}/clock", node.record.id),
        signal: Signal::Caution,
        title: Phrase::new(
            format!("{name}'s clock is {seconds} s {en} the console's"),
            format!("{name} 的时钟比控制台{zh} {seconds} 秒"),
        ),
        detail: Phrase::new(
            "times in its logs and its TLS checks are off by as much",
            "其日志时间与 TLS 校验也有同样偏差",
        ),
        href: href(node),
        hold_off: WORD_FOLLOWS,
    })
}

fn disks(node: Seen) -> Vec<Condition> {
    let name = &node.record.name;
    let disks = node.observed.vitals.iter().flat_map(|fact| &fact.value.disks);
    disks
        .filter_map(|disk| {
            let free = disk.free_bytes.saturating_mul(100).checked_div(disk.total_bytes)?;
            let used = 100_u64.saturating_sub(free);
            let free_shown = bytes(disk.free_bytes);
            (free < DISK_LOW_PERCENT).then(|| Condition {
                id: format!("node/{}/disk{}", node.record.id, disk.mount),
                signal: if free < DISK_FULL_PERCENT { Signal::Danger } else { Signal::Caution },
                title: Phrase::new(
                    format!("{} on {name} is {used} % full", disk.mount),
                    format!("{name} 的 {} 已用 {used}%", disk.mount),
                ),
                detail: Phrase::new(format!("{free_shown} are free"), format!("剩余 {free_shown}")),
                href: href(node),
                hold_off: AT_ONCE,
            })
        })
        .collect()
}

/// Sections that a node should give and does not.
fn probe(node: Seen) -> Vec<Condition> {
    let name = &node.record.name;
    node.observed
        .unreadable
        .iter()
        .map(|(section, why)| Condition {
            id: format!("node/{}/unreadable/{section}", node.record.id),
            signal: Signal::Caution,
            title: if section == "probe" {
                Phrase::new(format!("{name} cannot be observed"), format!("无法观测 {name}"))
            } else {
                Phrase::new(
                    format!("{section} cannot be read on {name}"),
                    format!("无法读取 {name} 的 {section}"),
                )
            },
            detail: Phrase::same(why.clone()),
            href: href(node),
            hold_off: WORD_FOLLOWS,
        })
        .collect()
}

fn services(node: Seen) -> Vec<Condition> {
    let name = &node.record.name;
    let is_director = node.observed.vrrp_conf.iter().any(|fact| !fact.value.is_empty());
    let services = node.observed.services.iter().flat_map(|fact| &fact.value);
    services
        .filter(|service| {
            service.state == "failed"
                || (is_director && service.name == "keepalived" && service.state != "active")
        })
        .map(|service| Condition {
            id: format!("node/{}/service/{}", node.record.id, service.name),
            signal: Signal::Danger,
            title: Phrase::new(
                format!("{} is {} on {name}", service.name, service.state),
                format!("{name} 上的 {} 为 {}", service.name, service.state),
            ),
            detail: Phrase::same(format!("journalctl -u {}", service.name)),
            href: href(node),
            hold_off: CLAIMS_MEET,
        })
        .collect()
}

fn replication(picture: &Picture, node: Seen) -> Vec<Condition> {
    let sources = node.observed.engine.iter().flat_map(|fact| &fact.value.sources);
    sources
        .filter_map(|source| {
            let (signal, title) = source_fault(picture, node, source)?;
            Some(Condition {
                id: format!("engine/{}/{}", node.record.id, source.name),
                signal,
                title,
                detail: Phrase::same(source.last_error.clone()),
                href: href(node),
                hold_off: CLAIMS_MEET,
            })
        })
        .collect()
}

/// Who holds what; silent while a job moves it.
pub(super) fn of_vrrp(picture: &Picture) -> Vec<Condition> {
    let instances = picture.vrrp.instances.iter();
    instances
        .filter(|instance| picture.moving(&instance.id).is_none())
        .filter_map(|instance| {
            let several_or_nobody = instance.signal == Signal::Danger;
            Some(Condition {
                id: format!("vrrp/{}", instance.id.0),
                signal: instance.signal,
                title: instance.fault.clone()?,
                detail: Phrase::new(
                    format!("VRRP instance {}, VRID {}", instance.name, instance.vrid),
                    format!("VRRP 实例 {}，VRID {}", instance.name, instance.vrid),
                ),
                href: "/vrrp".to_owned(),
                hold_off: if several_or_nobody { CLAIMS_MEET } else { WORD_FOLLOWS },
            })
        })
        .collect()
}

/// Legs that do not serve, and directors whose tables differ.
pub(super) fn of_lines(picture: &Picture, lines: &[Line]) -> Vec<Condition> {
    lines.iter().flat_map(|line| legs(line).chain(tables(picture, line))).collect()
}

fn legs(line: &Line) -> impl Iterator<Item = Condition> + '_ {
    // A leg that is unknown because a node cannot be seen is that node's fault, told already.
    let told =
        line.legs.iter().filter(|leg| matches!(leg.signal, Signal::Danger | Signal::Caution));
    told.filter_map(|leg| {
        Some(Condition {
            id: format!("lvs/{}/{}:{}", line.id, leg.address, leg.port),
            signal: leg.signal,
            title: leg.reason.clone()?,
            detail: Phrase::new(format!("a leg of {}", line.id), format!("{} 的一条支路", line.id)),
            href: "/lvs".to_owned(),
            hold_off: AT_ONCE,
        })
    })
}

fn tables(picture: &Picture, line: &Line) -> Option<Condition> {
    let Points { directors, .. } = line.points.as_ref()?;
    let key: Key = (line.protocol, (line.vip, line.port).into());
    debug_assert_eq!(line_id(key), line.id);
    let seen: Vec<(Seen, Option<&VirtualService>)> = directors
        .iter()
        .filter_map(|director| picture.node(director.node))
        .filter(|node| node.observed.is_current(picture.now) && node.observed.lvs.is_some())
        .map(|node| (node, service_of(node, key)))
        .collect();
    let ((first, table), rest) = seen.split_first()?;
    let (other, _) = rest.iter().find(|(_, other)| shape(*table) != shape(*other))?;
    let (first, other) = (&first.record.name, &other.record.name);
    Some(Condition {
        id: format!("lvs/{}/tables", line.id),
        signal: Signal::Caution,
        title: Phrase::new(
            format!("{first} and {other} share {} out differently", line.id),
            format!("{first} 与 {other} 对 {} 的分配不同", line.id),
        ),
        detail: Phrase::new(
            "real servers, weights or the scheduler differ between their IPVS tables",
            "两者 IPVS 表中的真实服务器、权重或调度算法不同",
        ),
        href: "/lvs".to_owned(),
        hold_off: CHECKS_MEET,
    })
}

/// A table without its counters, and without how the kernel forwards: `Local` is its own choice.
fn shape(service: Option<&VirtualService>) -> Option<impl PartialEq> {
    service.map(|service| {
        let servers: Vec<_> = service
            .real_servers
            .iter()
            .map(|server| (server.address, server.port, server.weight))
            .collect();
        (service.scheduler.clone(), service.persistent_s, servers)
    })
}

fn href(node: Seen) -> String {
    format!("/nodes/{}", node.record.id)
}

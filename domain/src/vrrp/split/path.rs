//! Causes that lie between two keepalived processes that are configured alike.

use super::gathered::Way;
use super::scene::Hearing;
use super::witness::own_address;
use super::{Cause, CauseKind, Evidence, Row, Scene, Side};
use crate::firewall::adverts::Passage;
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;
use crate::vrrp::packet_filter::advert_protocol;

pub(super) const ROWS: &[Row] = &[filtered, daemon_frozen, daemon_gone, link_cut];

fn filtered(scene: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Option<Cause> {
    let (to_b, to_a) = (drops(a, b), drops(b, a));
    let (kind, title) = match (to_b.is_empty(), to_a.is_empty()) {
        (true, true) => return None,
        (false, false) => (
            CauseKind::FilteredBothWays,
            Phrase::new(
                format!("Packet filters drop the adverts of {} and of {}", a.name, b.name),
                format!("防火墙丢弃 {} 和 {} 的通告", a.name, b.name),
            ),
        ),
        (to_b_passes, _) => {
            let (from, to) = if to_b_passes { (b, a) } else { (a, b) };
            let title = Phrase::new(
                format!("A packet filter drops the adverts of {} to {}", from.name, to.name),
                format!("防火墙丢弃 {} 发往 {} 的通告", from.name, to.name),
            );
            (CauseKind::FilteredOneWay, title)
        }
    };
    let mut evidence = to_b;
    // A policy drops both ways by one rule.
    evidence.extend(to_a.into_iter().filter(|own| !evidence.contains(own)).collect::<Vec<_>>());
    evidence.extend(hearing(scene, a, b));
    Some(Cause {
        kind,
        title,
        evidence,
        remedy: Phrase::new(
            "Take that rule out, or accept protocol 112 before it",
            "删除该规则，或在其之前放行协议 112",
        ),
    })
}

/// The rules that drop the adverts of one to the other.
fn drops(from: &Side<'_>, to: &Side<'_>) -> Vec<Evidence> {
    let of = |side: &Side<'_>, peer: &Side<'_>, way: Way| {
        let gathered = side.gathered?;
        let Passage::Drops { tool, by, packets } = gathered.passage(peer.node, way)? else {
            return None;
        };
        let (name, protocol) = (side.name, advert_protocol(side.conf));
        let counted = packets.filter(|packets| *packets > 0);
        let (en, zh) = counted.map_or((String::new(), String::new()), |packets| {
            (format!("; {packets} packets"), format!("；{packets} 个报文"))
        });
        let fact = Phrase::new(
            format!("{name} drops protocol {protocol} in {by}{en}"),
            format!("{name} 在 {by} 丢弃协议 {protocol}{zh}"),
        );
        let at = gathered.filter.as_ref().ok().map(|fact| fact.observed_at);
        Some(Evidence::new(Signal::Danger, fact, format!("{tool}-save"), at))
    };
    [of(from, to, Way::Out), of(to, from, Way::In)].into_iter().flatten().collect()
}

fn daemon_frozen(_: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Option<Cause> {
    let is_frozen =
        |side: &Side<'_>| side.observed.vrrp_daemon.as_ref().is_some_and(|d| d.value.is_frozen());
    let frozen = [a, b].into_iter().find(|side| is_frozen(side))?;
    let (name, daemon) = (frozen.name, frozen.observed.vrrp_daemon.as_ref()?);
    let fact = Phrase::new(
        format!("keepalived's VRRP process on {name} is stopped (state T)"),
        format!("{name} 上 keepalived 的 VRRP 进程已停止（状态 T）"),
    );
    Some(Cause {
        kind: CauseKind::DaemonFrozen,
        title: Phrase::new(
            format!("keepalived on {name} is frozen and keeps its addresses"),
            format!("{name} 上的 keepalived 已冻结，但仍持有地址"),
        ),
        evidence: vec![Evidence::new(
            Signal::Danger,
            fact,
            daemon.source.clone(),
            daemon.observed_at,
        )],
        remedy: Phrase::new(
            format!("Demote {name}: its keepalived is killed and its addresses are removed"),
            format!("降级 {name}：终止其 keepalived 并移除地址"),
        ),
    })
}

fn daemon_gone(_: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Option<Cause> {
    let is_gone =
        |side: &Side<'_>| side.observed.vrrp_daemon.as_ref().is_some_and(|d| !d.value.runs());
    let gone = [a, b].into_iter().find(|side| is_gone(side))?;
    let (name, daemon) = (gone.name, gone.observed.vrrp_daemon.as_ref()?);
    let fact = Phrase::new(
        format!("keepalived does not run on {name}"),
        format!("{name} 上的 keepalived 未运行"),
    );
    Some(Cause {
        kind: CauseKind::DaemonGone,
        title: Phrase::new(
            format!("keepalived on {name} ended and left its addresses behind"),
            format!("{name} 上的 keepalived 已退出，但遗留了地址"),
        ),
        evidence: vec![Evidence::new(
            Signal::Danger,
            fact,
            daemon.source.clone(),
            daemon.observed_at,
        )],
        remedy: Phrase::new(
            format!("Demote {name}: its addresses are removed"),
            format!("降级 {name}：移除其地址"),
        ),
    })
}

/// Nothing comes through, not even ARP, which no packet filter of IP stops; and the console's own
/// lines tell that both live.
fn link_cut(scene: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Option<Cause> {
    let reached = a.is_reached(scene.now) && b.is_reached(scene.now);
    let silent = [(a, b), (b, a)].map(|(from, to)| arp_answered(from, to) == Some(false));
    if !reached || silent != [true, true] {
        return None;
    }
    let heard =
        [(b, a), (a, b)].map(|(by, of)| matches!(by.hears(of, scene.now), Hearing::Heard { .. }));
    let (kind, title) = match heard {
        [true, true] => return None,
        [false, false] => (
            CauseKind::LinkCut,
            Phrase::new(
                format!("The link between {} and {} is cut; both live", a.name, b.name),
                format!("{} 与 {} 之间的链路中断；两台均在运行", a.name, b.name),
            ),
        ),
        [a_is_heard, _] => {
            let (from, to) = if a_is_heard { (b, a) } else { (a, b) };
            let title = Phrase::new(
                format!("Nothing from {} reaches {}; the other way it does", from.name, to.name),
                format!("{} 发出的报文到不了 {}；反向可达", from.name, to.name),
            );
            (CauseKind::LinkCutOneWay, title)
        }
    };
    let mut evidence: Vec<Evidence> = link(a, b).into_iter().collect();
    evidence.push(lines_up(scene, a, b));
    evidence.extend(hearing(scene, a, b));
    Some(Cause {
        kind,
        title,
        evidence,
        remedy: Phrase::new(
            "See the switch and the cables of the service network",
            "检查业务网络的交换机和线缆",
        ),
    })
}

fn arp_answered(from: &Side<'_>, to: &Side<'_>) -> Option<bool> {
    from.gathered?.answered(own_address(to.observed, to.conf)?)
}

fn link(a: &Side<'_>, b: &Side<'_>) -> Option<Evidence> {
    let answered = [(a, b), (b, a)].map(|(from, to)| arp_answered(from, to));
    let at = |side: &Side<'_>| Some(side.gathered?.arp.as_ref()?.observed_at);
    let (signal, fact) = match answered {
        [None, _] | [_, None] => return None,
        [Some(true), Some(true)] => (
            Signal::Clear,
            Phrase::new(
                format!("{} and {} answer each other's ARP", a.name, b.name),
                format!("{} 与 {} 互相应答 ARP", a.name, b.name),
            ),
        ),
        [Some(false), Some(false)] => (
            Signal::Danger,
            Phrase::new(
                format!("{} and {} get no answer to ARP from each other", a.name, b.name),
                format!("{} 与 {} 互相得不到 ARP 应答", a.name, b.name),
            ),
        ),
        _ => (
            Signal::Caution,
            Phrase::new(
                format!("ARP between {} and {} is answered one way only", a.name, b.name),
                format!("{} 与 {} 之间的 ARP 仅单向有应答", a.name, b.name),
            ),
        ),
    };
    Some(Evidence::new(signal, fact, "ARP", at(a).min(at(b))))
}

fn lines_up(scene: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Evidence {
    let both = a.is_reached(scene.now) && b.is_reached(scene.now);
    let at = a.observed.heard_at.min(b.observed.heard_at);
    let (signal, fact) = if both {
        let fact = Phrase::new(
            format!("The console's own lines to {} and {} are up", a.name, b.name),
            format!("控制台到 {} 和 {} 的管理线路正常", a.name, b.name),
        );
        (Signal::Clear, fact)
    } else {
        let fact = Phrase::new(
            format!("The console does not hear both {} and {}", a.name, b.name),
            format!("控制台未能同时收到 {} 和 {} 的消息", a.name, b.name),
        );
        (Signal::Danger, fact)
    };
    Evidence::new(signal, fact, "SSH", at)
}

/// Who hears whom.
fn hearing(scene: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Vec<Evidence> {
    [(a, b), (b, a)].into_iter().filter_map(|(by, of)| heard(by, of, scene.now)).collect()
}

fn heard(by: &Side<'_>, of: &Side<'_>, now: Timestamp) -> Option<Evidence> {
    let (by_name, of_name) = (by.name, of.name);
    let (signal, fact, at) = match by.hears(of, now) {
        Hearing::NotListened => return None,
        Hearing::Heard { at } => (
            Signal::Clear,
            Phrase::new(
                format!("{by_name} hears the adverts of {of_name}"),
                format!("{by_name} 收到 {of_name} 的通告"),
            ),
            at,
        ),
        Hearing::Silent { last, at } => (
            Signal::Danger,
            match last {
                None => Phrase::new(
                    format!("{by_name} hears no advert of {of_name}"),
                    format!("{by_name} 收不到 {of_name} 的通告"),
                ),
                Some(last) => Phrase::new(
                    format!("{by_name} heard {of_name} last {} s before", last.age(at).as_secs()),
                    format!(
                        "{by_name} 最后一次收到 {of_name} 的通告是在 {} 秒前",
                        last.age(at).as_secs()
                    ),
                ),
            },
            at,
        ),
    };
    Some(Evidence::new(signal, fact, "raw socket, protocol 112", at))
}

/// Everything on the way, whether or not it speaks for a cause.
pub(super) fn told(scene: &Scene<'_>) -> Vec<Evidence> {
    let mut all = Vec::new();
    for (a, b) in scene.pairs() {
        all.extend(filters(a, b));
        all.extend(daemons(a, b));
        all.extend(link(a, b));
        all.push(lines_up(scene, a, b));
        all.extend(hearing(scene, a, b));
    }
    all
}

/// Packet filters of which it is not known that they let adverts through.
pub(super) fn doubts(scene: &Scene<'_>) -> Vec<Evidence> {
    let all = scene.pairs().into_iter().flat_map(|(a, b)| filters(a, b));
    all.filter(|evidence| evidence.signal != Signal::Clear).collect()
}

fn filters(a: &Side<'_>, b: &Side<'_>) -> Vec<Evidence> {
    let sides = [(a, b), (b, a)].into_iter().filter_map(|(side, peer)| {
        let gathered = side.gathered?;
        let name = side.name;
        let read = match &gathered.filter {
            Ok(read) => read,
            Err(why) => {
                let fact = Phrase::new(
                    format!("The packet filter of {name} could not be read: {why}"),
                    format!("无法读取 {name} 的防火墙：{why}"),
                );
                return Some(Evidence::new(Signal::Unknown, fact, "iptables-save", None));
            }
        };
        let ways = [Way::In, Way::Out].map(|way| gathered.passage(peer.node, way));
        if ways.iter().flatten().any(|passage| matches!(passage, Passage::Drops { .. })) {
            return None;
        }
        let doubt = ways.iter().flatten().find_map(|passage| match passage {
            Passage::Unsure { by } => Some(by),
            _ => None,
        });
        let (signal, fact) = match doubt {
            Some(by) => (
                Signal::Caution,
                Phrase::new(
                    format!("{name} may drop adverts: {by}"),
                    format!("{name} 可能丢弃通告：{by}"),
                ),
            ),
            None => (
                Signal::Clear,
                Phrase::new(
                    format!("The packet filter of {name} lets adverts through"),
                    format!("{name} 的防火墙放行通告"),
                ),
            ),
        };
        Some(Evidence::new(signal, fact, read.source.clone(), read.observed_at))
    });
    sides.collect()
}

fn daemons(a: &Side<'_>, b: &Side<'_>) -> Option<Evidence> {
    let (of_a, of_b) = (a.observed.vrrp_daemon.as_ref()?, b.observed.vrrp_daemon.as_ref()?);
    let runs = [of_a, of_b].iter().all(|d| d.value.runs() && !d.value.is_frozen());
    runs.then(|| {
        let fact = Phrase::new(
            format!("keepalived runs on {} and {}", a.name, b.name),
            format!("keepalived 运行于 {} 和 {}", a.name, b.name),
        );
        let at = of_a.observed_at.min(of_b.observed_at);
        Evidence::new(Signal::Clear, fact, of_a.source.clone(), at)
    })
}

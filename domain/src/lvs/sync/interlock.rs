//! When sync daemons may change: directors that hear each other, and nobody else by the same id.

use std::net::IpAddr;

use super::{Director, Heard, Scene, SyncRole, WantedSync};
use crate::firewall::needs::same_network;
use crate::lvs::change::interlock::{Standing, reached};
use crate::nodes::InterfaceAddress;
use crate::phrase::Phrase;
use crate::plan::Interlock;
use crate::time::Timestamp;
use crate::vrrp::facts::{Missing, fresh};
use crate::vrrp::interlock::{Finding, interlock, no_other_job};

pub(super) fn all(scene: &Scene<'_>, locks: &[String], now: Timestamp) -> Vec<Interlock> {
    let standing = |director| {
        let Director { name, link, heard_at, .. }: &Director = director;
        (name.as_str(), link, *heard_at)
    };
    let standing: Vec<Standing<'_>> =
        scene.seats.iter().map(|seat| standing(seat.director)).collect();
    let mut all = vec![
        row(
            "directors_reached",
            "The console reaches every director that changes",
            "控制台可以连接要更改的每台调度器",
            Ok(reached(&standing, now)),
        ),
        row(
            "owner_known",
            "It is known who starts the daemons",
            "已知由谁启动守护进程",
            Ok(owner(scene, now)),
        ),
        row(
            "daemons_read",
            "What runs now can be put back",
            "现状可以恢复",
            Ok(daemons_read(scene, now)),
        ),
        row(
            "no_other_job",
            "No other job works on this",
            "没有其他任务占用",
            Ok(no_other_job(&scene.input.running, locks, now)),
        ),
    ];
    match &scene.wish.daemon {
        Some(wanted) => all.extend(of_start(scene, wanted, now)),
        None => all.push(row(
            "connections_known",
            "Open connections outlast the next hand-over",
            "现有连接在下次切换后仍可继续",
            Ok(connections_known(scene, now)),
        )),
    }
    all
}

fn of_start(scene: &Scene<'_>, wanted: &WantedSync, now: Timestamp) -> Vec<Interlock> {
    vec![
        row(
            "interface_up",
            "Every director has the interface, and it is up",
            "每台调度器都有该网卡且已启用",
            interface_up(scene, wanted, now),
        ),
        row(
            "same_network",
            "The directors are on one network by it",
            "各调度器通过该网卡处于同一网络",
            same_networks(scene, wanted, now),
        ),
        row(
            "exchanges",
            "Another director exchanges connections by the same sync id",
            "有其他调度器以相同的同步 ID 交换连接",
            Ok(exchanges(scene, wanted, now)),
        ),
        row(
            "no_stranger",
            "Nobody else sends by this sync id",
            "没有其他主机使用此同步 ID 发送",
            Ok(no_stranger(scene, wanted, now)),
        ),
        row(
            "arrival_seen",
            "A client's connections are seen to arrive",
            "可确认客户端的连接到达另一台",
            Ok(arrival_seen(scene, now)),
        ),
    ]
}

fn row(id: &str, en: &str, zh: &str, finding: Result<Finding, Missing>) -> Interlock {
    interlock(id, Phrase::new(en, zh), finding)
}

fn owner(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let unread =
        scene.seats.iter().find_map(|seat| Some((seat, seat.director.configured.as_ref().err()?)));
    if let Some((seat, why)) = unread {
        let name = &seat.director.name;
        return Finding::block(
            Phrase::new(
                format!("The keepalived.conf of {name} was not read: {why}"),
                format!("未能读取 {name} 的 keepalived.conf：{why}"),
            ),
            now,
        );
    }
    let names = |by_conf: bool| {
        let seats = scene.seats.iter().filter(|seat| seat.by_conf == by_conf);
        seats.map(|seat| seat.director.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (by_conf, direct) = (names(true), names(false));
    let mut said = Phrase::new("", "");
    if !by_conf.is_empty() {
        said.en = format!("{by_conf}: keepalived, by lvs_sync_daemon in its configuration. ");
        said.zh = format!("{by_conf}：keepalived，通过其配置中的 lvs_sync_daemon。");
    }
    if !direct.is_empty() {
        said.en += &format!("{direct}: set directly by ipvsadm, until the next boot");
        said.zh += &format!("{direct}：用 ipvsadm 直接设置，重启后失效");
    }
    Finding::pass(said, now)
}

fn daemons_read(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let mut oldest = now;
    for seat in &scene.seats {
        match &seat.director.settings {
            Ok(fact) => oldest = oldest.min(fact.observed_at),
            Err(why) => {
                let name = &seat.director.name;
                return Finding::block(
                    Phrase::new(
                        format!("{name} did not tell its sync daemons. {why}"),
                        format!("{name} 未报告其同步守护进程。{why}"),
                    ),
                    now,
                );
            }
        }
    }
    let count = scene.seats.iter().map(|seat| seat.before.len()).sum::<usize>();
    Finding::pass(Phrase::new(format!("{count} run now"), format!("当前运行 {count} 个")), oldest)
}

fn connections_known(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let most = scene.seats.iter().map(|seat| seat.director.active_connections).max();
    match most {
        Some(0) | None => Finding::pass(Phrase::new("none is active", "没有活动连接"), now),
        Some(active) => Finding::warn(
            Phrase::new(
                format!(
                    "{active} active connections are no longer told to another director: a hand-over ends those that its scheduler sends elsewhere"
                ),
                format!("{active} 个活动连接不再告知其他调度器：切换时，被调度到别处的连接会中断"),
            ),
            Some(now),
        ),
    }
}

/// A director's addresses on the interface.
fn on<'d>(director: &'d Director, wanted: &WantedSync) -> Vec<&'d InterfaceAddress> {
    let own = director.addresses.iter().flat_map(|fact| &fact.value);
    own.into_iter().filter(|own| own.interface == wanted.interface).collect()
}

fn interface_up(
    scene: &Scene<'_>,
    wanted: &WantedSync,
    now: Timestamp,
) -> Result<Finding, Missing> {
    let mut oldest = now;
    for seat in &scene.seats {
        let (name, interface) = (&seat.director.name, &wanted.interface);
        let (all, at) = fresh(seat.director.addresses.as_ref(), now)?;
        oldest = oldest.min(at);
        let own = on(seat.director, wanted);
        if own.is_empty() {
            let mut others: Vec<&str> = all.iter().map(|own| own.interface.as_str()).collect();
            others.sort_unstable();
            others.dedup();
            let others = others.join(", ");
            return Ok(Finding::block(
                Phrase::new(
                    format!("{name} has no address on {interface}; it has {others}"),
                    format!("{name} 的 {interface} 上没有地址；它有 {others}"),
                ),
                at,
            ));
        }
        if !own.iter().any(|own| own.up) {
            return Ok(Finding::block(
                Phrase::new(
                    format!("{interface} of {name} is down"),
                    format!("{name} 的 {interface} 未启用"),
                ),
                at,
            ));
        }
    }
    Ok(Finding::pass(Phrase::same(wanted.interface.to_string()), oldest))
}

/// With the TTL that the kernel takes, no router passes the messages on.
fn same_networks(
    scene: &Scene<'_>,
    wanted: &WantedSync,
    now: Timestamp,
) -> Result<Finding, Missing> {
    let mut oldest = now;
    let mut first: Option<(&Director, Vec<&InterfaceAddress>)> = None;
    for seat in &scene.seats {
        let (_, at) = fresh(seat.director.addresses.as_ref(), now)?;
        oldest = oldest.min(at);
        let own = on(seat.director, wanted);
        let Some((other, theirs)) = &first else {
            first = Some((seat.director, own));
            continue;
        };
        let near = |a: &&InterfaceAddress, b: &&InterfaceAddress| {
            a.address.is_ipv4() == b.address.is_ipv4()
                && same_network(a.address, b.address, a.prefix_len.min(b.prefix_len))
        };
        if !theirs.iter().any(|a| own.iter().any(|b| near(a, b))) {
            let (a, b, interface) = (&other.name, &seat.director.name, &wanted.interface);
            let said = Phrase::new(
                format!("{a} and {b} are on different networks by {interface}"),
                format!("{a} 与 {b} 的 {interface} 不在同一网络"),
            );
            return Ok(match wanted.ttl {
                Some(2..) => Finding::warn(said, Some(at)),
                _ => Finding::block(said, at),
            });
        }
    }
    Ok(Finding::pass(Phrase::new("they are", "是"), oldest))
}

fn exchanges(scene: &Scene<'_>, wanted: &WantedSync, now: Timestamp) -> Finding {
    let id = Some(u32::from(wanted.sync_id));
    let with = |role| {
        let all = scene.input.directors.iter();
        all.filter(|director| scene.then(director, role) == id)
            .map(|director| director.node)
            .collect::<Vec<_>>()
    };
    let (senders, receivers) = (with(SyncRole::Master), with(SyncRole::Backup));
    if senders.iter().any(|sender| receivers.iter().any(|receiver| receiver != sender)) {
        return Finding::pass(
            Phrase::new(format!("id {}", wanted.sync_id), format!("ID {}", wanted.sync_id)),
            now,
        );
    }
    let others = scene.input.directors.iter().find_map(|director| {
        let daemons = director.settings.iter().flat_map(|fact| &fact.value.daemons);
        let other = daemons.into_iter().find(|daemon| Some(daemon.sync_id) != id)?;
        let stays = !scene.wish.directors.contains(&director.node);
        stays.then(|| format!("{} ({})", director.name, other.sync_id))
    });
    let id = wanted.sync_id;
    Finding::warn(
        match others {
            Some(other) => Phrase::new(
                format!(
                    "None does: another id runs on {other}, and messages of id {id} are ignored there"
                ),
                format!("没有：{other} 使用其他 ID，会忽略 ID {id} 的消息"),
            ),
            None => Phrase::new(
                "None does yet: start the other role on another director, too",
                "尚无：还需在另一台调度器上启动另一角色",
            ),
        },
        Some(now),
    )
}

fn no_stranger(scene: &Scene<'_>, wanted: &WantedSync, now: Timestamp) -> Finding {
    let is_ours = |from: IpAddr| {
        let own = scene.input.directors.iter().flat_map(|director| &director.addresses);
        own.flat_map(|fact| &fact.value).any(|own| own.address == from)
    };
    let (mut oldest, mut others, mut unheard) = (now, Vec::new(), None);
    for seat in &scene.seats {
        let name = &seat.director.name;
        let fact = match &seat.director.heard {
            Ok(fact) => fact,
            Err(why) => {
                unheard.get_or_insert((name, why));
                continue;
            }
        };
        oldest = oldest.min(fact.observed_at);
        for Heard { sync_id, from } in fact.value.iter().filter(|heard| !is_ours(heard.from)) {
            if *sync_id == wanted.sync_id {
                return Finding::block(
                    Phrase::new(
                        format!(
                            "{name} hears {from}, which is no director of this fleet, send by id {sync_id}: choose another"
                        ),
                        format!(
                            "{name} 收到 {from} 以 ID {sync_id} 发送的消息，而它不是受管调度器：请换一个 ID"
                        ),
                    ),
                    fact.observed_at,
                );
            }
            others.push(format!("{sync_id} ({from})"));
        }
    }
    if let Some((name, why)) = unheard {
        return Finding::warn(
            Phrase::new(
                format!("{name} could not listen: {why}"),
                format!("{name} 无法监听：{why}"),
            ),
            None,
        );
    }
    others.sort();
    others.dedup();
    match others.join(", ") {
        none if none.is_empty() => {
            Finding::pass(Phrase::new("nobody was heard for 3 s", "3 秒内没有收到任何消息"), oldest)
        }
        ids => Finding::warn(
            Phrase::new(
                format!("Others use the group by other ids: {ids}"),
                format!("其他主机以其他 ID 使用该组播组：{ids}"),
            ),
            Some(oldest),
        ),
    }
}

fn arrival_seen(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let receivers: Vec<&str> = scene.receivers().iter().map(|d| d.name.as_str()).collect();
    match &scene.input.asks {
        Some(asks) if !receivers.is_empty() => {
            Finding::pass(Phrase::same(format!("{} → {}", asks.name, receivers.join(", "))), now)
        }
        Some(_) => Finding::warn(
            Phrase::new(
                "Not seen: no other director would receive what the holder sends",
                "无法确认：没有其他调度器会接收持有者发送的连接",
            ),
            Some(now),
        ),
        None => Finding::warn(
            Phrase::new(
                "Not seen: no client can ask a TCP service whose address one director holds",
                "无法确认：没有客户端能访问由一台调度器持有地址的 TCP 服务",
            ),
            Some(now),
        ),
    }
}

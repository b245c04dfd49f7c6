//! When a service may be edited: on all directors alike, from what they told just now.

mod deleted;

use super::commands::line;
use super::state::{ServerState, ServiceState};
use super::{Director, Scene, Seat, ServiceChange};
use crate::lvs::change::interlock::{Standing, owner, plain_tunnel, reached};
use crate::lvs::{Forwarding, Target};
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
    let standing: Vec<Standing<'_>> = scene.input.directors.iter().map(standing).collect();
    let mut all = vec![
        row(
            "directors_reached",
            "The console reaches every director of the service",
            "控制台可以连接该服务的每台调度器",
            Ok(reached(&standing, now)),
        ),
        row(
            "owner_known",
            "It is known whether keepalived owns the service",
            "已知该服务是否由 keepalived 管理",
            Ok(owned(scene, now)),
        ),
        row(
            "no_other_job",
            "No other job works on this",
            "没有其他任务占用",
            Ok(no_other_job(&scene.input.running, locks, now)),
        ),
    ];
    if !scene.is_owned() {
        all.extend(of_tables(scene, now));
    }
    if scene.is_new() {
        all.extend(of_new(scene, now));
    }
    all.extend(of_servers(scene, now));
    all.extend(deleted::all(scene, now));
    all
}

/// Where ipvsadm changes them: keepalived writes its services whole.
fn of_tables(scene: &Scene<'_>, now: Timestamp) -> Vec<Interlock> {
    let mut all = vec![
        row(
            "tables_read",
            "Every director's table is known whole",
            "已完整读取每台调度器的表",
            tables_read(scene, now),
        ),
        row(
            "tables_equal",
            "The directors have the service alike",
            "各调度器上的服务一致",
            Ok(alike(scene, now)),
        ),
    ];
    let way = |state: Option<&ServerState>| state.map(|state| state.forwarding);
    if let Some((director, ..)) =
        touched(scene).find(|(_, before, _)| way(*before) == Some(Forwarding::Local))
    {
        let name = &director.name;
        let said = Phrase::new(
            format!(
                "{name} has the real server's address itself: what it was asked for with is not known, and could not be put back"
            ),
            format!("{name} 自身拥有该真实服务器的地址：不知道当初所设的转发方式，无法恢复"),
        );
        all.push(row(
            "can_be_put_back",
            "What is there can be put back",
            "现状可以恢复",
            Ok(Finding::block(said, now)),
        ));
    }
    if touched(scene).any(|(_, before, _)| way(before) == Some(Forwarding::Tun)) {
        all.push(plain_tunnel(now));
    }
    all
}

fn row(id: &str, en: &str, zh: &str, finding: Result<Finding, Missing>) -> Interlock {
    interlock(id, Phrase::new(en, zh), finding)
}

/// Who owns the service, where that can be known.
fn owned(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let unread = scene.input.directors.iter().find(|director| director.is_configured.is_none());
    match (unread, &scene.input.service) {
        (Some(Director { name, .. }), _) => Finding::block(
            Phrase::new(
                format!("The keepalived.conf of {name} was not read whole: see /vrrp/conf"),
                format!("{name} 的 keepalived.conf 未能完整读取：请查看 /vrrp/conf"),
            ),
            now,
        ),
        (None, Some(service)) => owner(service, now),
        (None, None) => {
            Finding::pass(Phrase::new("set directly: by ipvsadm", "直接设置：使用 ipvsadm"), now)
        }
    }
}

fn tables_read(scene: &Scene<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let mut oldest = now;
    for seat in &scene.seats {
        let (_, at) = fresh(seat.director.table.as_ref(), now)?;
        oldest = oldest.min(at);
        if let Some(why) = unread(seat) {
            return Ok(Finding::block(why, at));
        }
    }
    Ok(Finding::pass(Phrase::new("read", "已读取"), oldest))
}

/// The probe's word, which the plan is made from, against what the director itself said just now.
fn unread(seat: &Seat<'_>) -> Option<Phrase> {
    let name = &seat.director.name;
    if !seat.is_told {
        return Some(Phrase::new(
            format!("{name} has not told the options and thresholds yet: wait until it does"),
            format!("{name} 尚未报告选项和阈值：请等待"),
        ));
    }
    match &seat.director.shown {
        Err(why) => Some(Phrase::new(
            format!("{name} did not print its table. {why}"),
            format!("{name} 未打印其表。{why}"),
        )),
        Ok(shown) if shown.value.trim() == line(seat.before.as_ref()) => None,
        Ok(shown) => Some(Phrase::new(
            format!("{name} has another now, look again: {}", shown.value.trim()),
            format!("{name} 现在不同，请重新查看：{}", shown.value.trim()),
        )),
    }
}

/// A difference that the edit itself mends is told, and does not block.
fn alike(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let differing = |differ: fn(&Seat<'_>, &Seat<'_>) -> bool| {
        let first = scene.seats.first()?;
        Some((first, scene.seats.iter().find(|seat| seat.is_told && differ(first, seat))?))
    };
    let Some((a, b)) = differing(|a, b| a.before != b.before) else {
        return Finding::pass(Phrase::new("no difference", "无差异"), now);
    };
    let word = |seat: &Seat<'_>| {
        let (name, state) = (&seat.director.name, seat.before.as_ref());
        let line = state.map_or_else(|| "-".to_owned(), |s| s.line().replace(';', "; "));
        format!("{name}: {line}")
    };
    let said = Phrase::same(format!("{} · {}", word(a), word(b)));
    match differing(|a, b| a.after != b.after) {
        None => Finding::warn(said, Some(now)),
        Some(_) => Finding::block(said, now),
    }
}

fn of_new(scene: &Scene<'_>, now: Timestamp) -> Vec<Interlock> {
    let directors = &scene.input.directors;
    match scene.target {
        Target::FirewallMark { .. } => vec![row(
            "mark_given",
            "A rule gives packets the firewall mark",
            "有规则为数据包打上防火墙标记",
            Ok(mark_given(directors, now)),
        )],
        Target::Address { address, .. } => {
            let ip = address.ip();
            let without = directors.iter().find(|d| !d.has_address && !d.carries_address);
            let held = match without {
                None => Finding::pass(Phrase::same(ip.to_string()), now),
                Some(Director { name, .. }) => Finding::warn(
                    Phrase::new(
                        format!(
                            "{name} neither has {ip} nor carries it by VRRP: no client comes to it there"
                        ),
                        format!("{name} 既没有 {ip}，也不通过 VRRP 承载它：客户端到不了那里"),
                    ),
                    Some(now),
                ),
            };
            let others = scene.input.others.join(", ");
            let everywhere = match others.as_str() {
                "" => Finding::pass(Phrase::new("on all of them", "全部包含"), now),
                others => Finding::warn(
                    Phrase::new(
                        format!(
                            "{others} carries the address, too, and would not have the service after a hand-over"
                        ),
                        format!("{others} 也承载该地址，切换后将没有该服务"),
                    ),
                    Some(now),
                ),
            };
            vec![
                row(
                    "address_held",
                    "The directors have or carry the address",
                    "调度器持有或承载该地址",
                    Ok(held),
                ),
                row(
                    "every_director",
                    "Every director that carries the address gets the service",
                    "承载该地址的每台调度器都会有该服务",
                    Ok(everywhere),
                ),
            ]
        }
    }
}

fn mark_given(directors: &[Director], now: Timestamp) -> Finding {
    for Director { name, sets_mark, .. } in directors {
        match sets_mark {
            Ok(fact) if fact.value => {}
            Ok(fact) => {
                return Finding::warn(
                    Phrase::new(
                        format!("No rule on {name} sets it: no packet belongs to the service"),
                        format!("{name} 上没有规则设置它：没有数据包属于该服务"),
                    ),
                    Some(fact.observed_at),
                );
            }
            Err(why) => {
                return Finding::warn(
                    Phrase::new(
                        format!("Whether a rule on {name} sets it is not known: {why}"),
                        format!("不知道 {name} 上是否有规则设置它：{why}"),
                    ),
                    None,
                );
            }
        }
    }
    Finding::pass(Phrase::new("on every director", "每台调度器上都有"), now)
}

/// The states of real servers that the edit touches, before and after, with where.
fn touched<'s>(
    scene: &'s Scene<'_>,
) -> impl Iterator<Item = (&'s Director, Option<&'s ServerState>, Option<&'s ServerState>)> {
    scene.seats.iter().flat_map(|seat| {
        let (before, after) = (seat.before.as_ref(), seat.after.as_ref());
        let sockets = before.into_iter().chain(after).flat_map(|state| state.servers.keys());
        let mut sockets: Vec<_> = sockets.collect();
        sockets.sort();
        sockets.dedup();
        let of = move |socket| {
            let side = |state: Option<&'s ServiceState>| state.and_then(|s| s.servers.get(socket));
            (seat.director, side(before), side(after))
        };
        sockets.into_iter().map(of).filter(|(_, before, after)| before != after)
    })
}

fn of_servers(scene: &Scene<'_>, now: Timestamp) -> Vec<Interlock> {
    let mut all = Vec::new();
    let way = |state: Option<&ServerState>| state.map(|state| state.forwarding);
    let becomes_nat =
        |(_, before, after): &(&Director, Option<&ServerState>, Option<&ServerState>)| {
            way(*after) == Some(Forwarding::Nat) && way(*before) != Some(Forwarding::Nat)
        };
    if touched(scene).any(|touched| becomes_nat(&touched)) {
        all.push(row(
            "ip_forward",
            "The directors forward packets, as NAT needs",
            "调度器转发数据包（NAT 需要）",
            Ok(forwards(&scene.input.directors, now)),
        ));
    }
    let takes = |state: &Option<ServiceState>| {
        let servers = state.iter().flat_map(|state| state.servers.values());
        servers.filter(|server| server.weight > 0).count()
    };
    let edits_options = matches!(scene.wish.change, ServiceChange::EditService { .. });
    let left = scene.seats.iter().filter(|seat| seat.after.is_some());
    let least = left.map(|seat| takes(&seat.after)).min();
    if let (Some(count), false) = (least, edits_options) {
        let finding = match count {
            0 => Finding::warn(
                Phrase::new(
                    "None has a weight above 0: new connections are refused",
                    "没有权重大于 0 的服务器：新连接将被拒绝",
                ),
                Some(now),
            ),
            count => Finding::pass(
                Phrase::new(
                    format!("{count} with a weight above 0"),
                    format!("{count} 台的权重大于 0"),
                ),
                now,
            ),
        };
        all.push(row(
            "one_takes_connections",
            "A real server takes new connections",
            "有真实服务器接收新连接",
            Ok(finding),
        ));
    }
    all
}

fn forwards(directors: &[Director], now: Timestamp) -> Finding {
    let mut oldest = now;
    for Director { name, forwards, .. } in directors {
        match forwards {
            Ok(fact) if fact.value => oldest = oldest.min(fact.observed_at),
            Ok(fact) => {
                return Finding::block(
                    Phrase::new(
                        format!(
                            "net.ipv4.ip_forward is 0 on {name}: answers of servers behind NAT are dropped. Set it to 1 first"
                        ),
                        format!(
                            "{name} 的 net.ipv4.ip_forward 为 0：NAT 后服务器的应答被丢弃。请先设为 1"
                        ),
                    ),
                    fact.observed_at,
                );
            }
            Err(why) => {
                return Finding::block(
                    Phrase::new(
                        format!("{name} did not tell net.ipv4.ip_forward. {why}"),
                        format!("{name} 未报告 net.ipv4.ip_forward。{why}"),
                    ),
                    now,
                );
            }
        }
    }
    Finding::pass(Phrase::new("net.ipv4.ip_forward is 1", "net.ipv4.ip_forward 为 1"), oldest)
}

//! When a real server's weight may change: on all directors alike, and never behind keepalived's back.

use std::net::SocketAddr;

use super::{AtLimit, Director, Scene};
use crate::fact::STALE_AFTER;
use crate::lvs::{Forwarding, Owner, ServiceView, Table, describe};
use crate::nodes::{Link, LinkState};
use crate::phrase::Phrase;
use crate::plan::Interlock;
use crate::time::Timestamp;
use crate::vrrp::facts::{Missing, fresh};
use crate::vrrp::interlock::{Finding, interlock, no_other_job};

/// `-b flag-1`, which ipvsadm prints as `sh-fallback` and `mh-fallback`.
const FALLBACK: u8 = 1;

pub(super) fn all(scene: &Scene<'_>, locks: &[String], now: Timestamp) -> Vec<Interlock> {
    let row = |id: &str, en: &str, zh: &str, finding: Result<Finding, Missing>| {
        interlock(id, Phrase::new(en, zh), finding)
    };
    let mut all = vec![
        row(
            "directors_reached",
            "The console reaches every director of the service",
            "控制台可以连接该服务的每台调度器",
            Ok(reached(
                &scene.input.directors.iter().map(Director::standing).collect::<Vec<_>>(),
                now,
            )),
        ),
        row(
            "owner_known",
            "It is known whether keepalived owns the service",
            "已知该服务是否由 keepalived 管理",
            Ok(owner(&scene.input.service, now)),
        ),
        row(
            "server_there",
            "Every director has the service and the real server",
            "每台调度器都有该服务和真实服务器",
            there(scene, now),
        ),
        row(
            "tables_equal",
            "The directors have the service alike",
            "各调度器上的服务一致",
            Ok(alike(scene, now)),
        ),
        interlock(
            "no_other_job",
            Phrase::new("No other job works on this", "没有其他任务占用"),
            Ok(no_other_job(&scene.input.running, locks, now)),
        ),
    ];
    if scene.wish.weight == 0 {
        all.push(row(
            "another_remains",
            "Another real server takes the new connections",
            "有其他真实服务器接收新连接",
            Ok(another_remains(scene, now)),
        ));
        all.push(row(
            "hash_falls_back",
            "New clients of this real server are sent to another",
            "该真实服务器的新客户端会转到其他服务器",
            Ok(falls_back(scene, now)),
        ));
        all.push(row(
            "remembered_clients",
            "Weight 0 keeps every client away",
            "权重 0 会让所有客户端离开",
            Ok(remembered(scene, now)),
        ));
    }
    if let Some(drain) = scene.wish.drain {
        all.push(row(
            "weight_as_seen",
            "The weight is the one that was seen",
            "权重与所见一致",
            Ok(as_seen(scene, drain.was, now)),
        ));
        if drain.at_limit == AtLimit::End {
            all.push(row(
                "setting_read",
                "What expire_nodest_conn is can be put back",
                "expire_nodest_conn 的原值可恢复",
                Ok(setting_read(scene, now)),
            ));
        }
    }
    let ends = scene.wish.drain.is_some_and(|drain| drain.at_limit == AtLimit::End);
    if !scene.is_owned() || ends {
        all.push(row(
            "thresholds_read",
            "The real server's thresholds are known, which ipvsadm sets anew",
            "已读到该真实服务器的连接阈值，ipvsadm 会重新设置它们",
            Ok(thresholds_read(scene, now)),
        ));
    }
    if (!scene.is_owned() || ends)
        && scene.seats.iter().any(|s| s.server.forwarding == Forwarding::Tun)
    {
        all.push(plain_tunnel(now));
    }
    all
}

pub(in crate::lvs) fn plain_tunnel(now: Timestamp) -> Interlock {
    let said = Phrase::new(
        "A GUE or GRE tunnel is not seen here, and would become plain",
        "此处看不到 GUE 或 GRE 隧道，更改后会变为普通隧道",
    );
    let title = Phrase::new("The tunnel is plain IP in IP", "隧道为普通 IPIP");
    interlock("plain_tunnel", title, Ok(Finding::warn(said, Some(now))))
}

/// A director's name, its line, and when it was last heard.
pub(in crate::lvs) type Standing<'a> = (&'a str, &'a Link, Option<Timestamp>);

pub(in crate::lvs) fn reached(directors: &[Standing<'_>], now: Timestamp) -> Finding {
    let lost = directors.iter().find(|(_, link, heard_at)| {
        let heard = heard_at.is_some_and(|at| at.age(now) <= STALE_AFTER);
        link.state != LinkState::Up || !heard
    });
    let oldest = directors.iter().filter_map(|(_, _, heard_at)| *heard_at).min().unwrap_or(now);
    match lost {
        None => {
            let names: Vec<&str> = directors.iter().map(|(name, ..)| *name).collect();
            Finding::pass(Phrase::same(names.join(", ")), oldest)
        }
        Some((name, ..)) => Finding::block(
            Phrase::new(
                format!("{name} does not answer the console: the change would make it differ"),
                format!("{name} 不应答控制台：更改会使其不一致"),
            ),
            oldest,
        ),
    }
}

pub(in crate::lvs) fn owner(service: &ServiceView, now: Timestamp) -> Finding {
    let unconfigured = service.on.iter().find(|on| !on.configured);
    match (service.owner, unconfigured) {
        (Owner::Direct, _) => {
            Finding::pass(Phrase::new("set directly: by ipvsadm", "直接设置：使用 ipvsadm"), now)
        }
        (Owner::Keepalived, None) => Finding::pass(
            Phrase::new("keepalived: by its configuration", "keepalived：通过其配置"),
            now,
        ),
        (Owner::Keepalived, Some(on)) => {
            let name = &on.name;
            Finding::block(
                Phrase::new(
                    format!(
                        "The keepalived.conf of {name} has no such service: write it there first, at /vrrp/conf"
                    ),
                    format!("{name} 的 keepalived.conf 中没有该服务：请先在 /vrrp/conf 中写入"),
                ),
                now,
            )
        }
        (Owner::Unknown, _) => Finding::block(
            Phrase::new(
                "A keepalived.conf was not read whole: see /vrrp/conf",
                "有 keepalived.conf 未能完整读取：请查看 /vrrp/conf",
            ),
            now,
        ),
    }
}

fn there(scene: &Scene<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let mut oldest = now;
    for director in &scene.input.directors {
        let (_, at) = fresh(director.table.as_ref(), now)?;
        oldest = oldest.min(at);
        if director.seat(scene.target, scene.wish.server).is_some() {
            continue;
        }
        let (name, server) = (&director.name, scene.wish.server);
        let finding = match (director.service(scene.target), scene.is_owned()) {
            (Some(_), true) => Phrase::new(
                format!(
                    "{name} does not have {server} in its table: keepalived's check of it fails"
                ),
                format!("{name} 的表中没有 {server}：keepalived 对它的检查失败"),
            ),
            (Some(_), false) => Phrase::new(
                format!("{name} does not have {server} in its table"),
                format!("{name} 的表中没有 {server}"),
            ),
            (None, _) => Phrase::new(
                format!("{name} does not have {} in its table", describe(scene.target)),
                format!("{name} 的表中没有 {}", describe(scene.target)),
            ),
        };
        return Ok(Finding::block(finding, at));
    }
    Ok(Finding::pass(Phrase::new("in every table", "各表中都有"), oldest))
}

/// A difference that the change itself mends is told, and does not block.
fn alike(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let differences = &scene.input.service.differences;
    let Some(first) = differences.first() else {
        return Finding::pass(Phrase::new("no difference", "无差异"), now);
    };
    let others = |finding: fn(Phrase, Timestamp) -> Finding| finding(first.clone(), now);
    let then: Vec<Table> = scene.input.directors.iter().map(|d| then(scene, d)).collect();
    let is_mended = then.windows(2).all(|pair| match pair {
        [a, b] => a.differences(b).is_empty(),
        _ => true,
    });
    match is_mended && differences.len() < scene.input.directors.len() {
        true => others(|first, now| Finding::warn(first, Some(now))),
        false => others(Finding::block),
    }
}

/// The director's service with the new weight.
fn then(scene: &Scene<'_>, director: &Director) -> Table {
    let mut services: Vec<_> = director.service(scene.target).cloned().into_iter().collect();
    let servers = services.iter_mut().flat_map(|service| &mut service.real_servers);
    for server in servers {
        if SocketAddr::new(server.address, server.port) == scene.wish.server {
            server.weight = scene.wish.weight;
        }
    }
    Table { services }
}

/// On every director: the one that stands by would be met after a hand-over.
fn another_remains(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let takes = |director: &Director| {
        let service = director.service(scene.target);
        let others = service.iter().flat_map(|service| &service.real_servers);
        let is_other = |address| address != scene.wish.server;
        others.filter(|s| s.weight > 0 && is_other(SocketAddr::new(s.address, s.port))).count()
    };
    let least = scene
        .input
        .directors
        .iter()
        .map(|director| (takes(director), director))
        .min_by_key(|(n, _)| *n);
    match least {
        Some((count, _)) if count > 0 => Finding::pass(
            Phrase::new(
                format!("{count} with a weight above 0"),
                format!("{count} 台的权重大于 0"),
            ),
            now,
        ),
        least => {
            let name = least.map_or("", |(_, director)| director.name.as_str());
            let said = Phrase::new(
                format!(
                    "On {name} no other has a weight above 0: new connections would be refused"
                ),
                format!("{name} 上没有其他权重大于 0 的服务器：新连接将被拒绝"),
            );
            match scene.wish.may_empty {
                true => Finding::warn(said, Some(now)),
                false => Finding::block(
                    Phrase::new(
                        format!("{}. Ask for it with may_empty if it is meant", said.en),
                        format!("{}。如确实需要，请使用 may_empty", said.zh),
                    ),
                    now,
                ),
            }
        }
    }
}

/// Schedulers that hash refuse the clients that they hash to a real server of weight 0, unless they
/// are told to fall back, which dh cannot be (net/netfilter/ipvs/ip_vs_{mh,sh,dh}.c).
fn falls_back(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let Some(options) = &scene.input.service.options else {
        let said = Phrase::new("The scheduler is not seen", "看不到调度算法");
        return Finding::warn(said, None);
    };
    let name = options.scheduler.as_str();
    match name {
        "dh" => Finding::warn(
            Phrase::new(
                "dh refuses every client that it hashes to this real server, until its weight is above 0 or it is deleted",
                "dh 会拒绝哈希到该真实服务器的所有客户端，直到其权重大于 0 或被删除",
            ),
            Some(now),
        ),
        "mh" | "sh" if !options.scheduler_flags.contains(&FALLBACK) => Finding::warn(
            Phrase::new(
                format!(
                    "{name} without {name}-fallback refuses every new connection that it hashes to this real server: set {name}-fallback for the service first"
                ),
                format!(
                    "{name} 未设置 {name}-fallback，会拒绝哈希到该真实服务器的所有新连接：请先为服务设置 {name}-fallback"
                ),
            ),
            Some(now),
        ),
        _ => Finding::pass(Phrase::same(name), now),
    }
}

fn remembered(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let persistent = scene
        .input
        .directors
        .iter()
        .find_map(|director| Some((director.service(scene.target)?.persistent_s?, director)));
    let Some((seconds, director)) = persistent else {
        return Finding::pass(
            Phrase::new(
                "not persistent: the next connection goes elsewhere",
                "无会话保持：下一个连接去往别处",
            ),
            now,
        );
    };
    let at = director.settings.as_ref().map_or(now, |fact| fact.observed_at);
    match director.setting("expire_quiescent_template") {
        Some(1..) => Finding::pass(
            Phrase::new(
                "expire_quiescent_template is on: a remembered client goes elsewhere at its next connection",
                "expire_quiescent_template 已开启：被记住的客户端下次连接去往别处",
            ),
            at,
        ),
        Some(0) => Finding::warn(
            Phrase::new(
                format!(
                    "expire_quiescent_template is off: clients that the service remembers ({seconds} s) still come, and each visit renews that"
                ),
                format!(
                    "expire_quiescent_template 已关闭：被记住的客户端（{seconds} 秒）仍会到来，每次访问都会续期"
                ),
            ),
            Some(at),
        ),
        None => Finding::warn(
            Phrase::new(
                format!(
                    "The service remembers clients for {seconds} s; whether they still come is not known: expire_quiescent_template was not read"
                ),
                format!(
                    "该服务记住客户端 {seconds} 秒；未读到 expire_quiescent_template，不知道他们是否仍会到来"
                ),
            ),
            None,
        ),
    }
}

fn as_seen(scene: &Scene<'_>, was: u32, now: Timestamp) -> Finding {
    let other = scene.seats.iter().find(|seat| seat.server.weight != was);
    match other {
        None => Finding::pass(Phrase::same(was.to_string()), now),
        Some(seat) => {
            let (name, is) = (&seat.director.name, seat.server.weight);
            Finding::block(
                Phrase::new(
                    format!("{name} has weight {is}, not {was}: look again"),
                    format!("{name} 上的权重为 {is}，而非 {was}：请重新查看"),
                ),
                now,
            )
        }
    }
}

fn thresholds_read(scene: &Scene<'_>, now: Timestamp) -> Finding {
    match scene.seats.iter().find(|seat| seat.traffic.is_none()) {
        None => Finding::pass(Phrase::new("read", "已读取"), now),
        Some(seat) => {
            let name = &seat.director.name;
            Finding::block(
                Phrase::new(
                    format!("{name} has not told them: wait until it does"),
                    format!("{name} 尚未报告：请等待"),
                ),
                now,
            )
        }
    }
}

fn setting_read(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let unread =
        scene.seats.iter().find(|seat| seat.director.setting("expire_nodest_conn").is_none());
    match unread {
        None => Finding::pass(Phrase::new("read", "已读取"), now),
        Some(seat) => {
            let (name, why) = (&seat.director.name, seat.director.settings.as_ref().err());
            let why = why.map_or("", String::as_str);
            Finding::block(
                Phrase::new(
                    format!("{name} did not tell it. {why}"),
                    format!("{name} 未报告。{why}"),
                ),
                now,
            )
        }
    }
}

//! When a service may be moved: every real server can be prepared, and works by the new method.

use super::needs::{Needs, gateway, has_address, is_near, via};
use super::steps::asks;
use super::{Preparation, Scene};
use crate::lvs::explain::server::{arp_settings, filter, listener};
use crate::lvs::explain::{Found, ServerSeen, WalkVerdict};
use crate::lvs::{Forwarding, Protocol};
use crate::phrase::Phrase;
use crate::plan::Interlock;
use crate::time::Timestamp;
use crate::vrrp::interlock::{Finding, interlock, no_other_job};

pub(super) fn all(
    scene: &Scene<'_>,
    locks: &[String],
    moves: bool,
    now: Timestamp,
) -> Vec<Interlock> {
    let row =
        |id: &str, en: &str, zh: &str, finding| interlock(id, Phrase::new(en, zh), Ok(finding));
    let mut all = vec![
        row(
            "servers_seen",
            "Every real server is a node of this fleet",
            "每台真实服务器都是受管节点",
            seen(scene, now),
        ),
        row(
            "can_be_prepared",
            "What a real server lacks can be prepared",
            "真实服务器所缺的内容可以准备",
            first(scene, now, "ready", "就绪", can_be_prepared),
        ),
        row(
            "way_back",
            "Answers go the way that the method needs",
            "应答的返回路径符合该方式",
            first(scene, now, "they do", "符合", way_back),
        ),
        row(
            "works_by_it",
            "Programs and packet filters of the real servers take what comes by the method",
            "真实服务器的程序和包过滤接受该方式的请求",
            first(scene, now, "they do", "接受", works_by_it),
        ),
        row(
            "cleaned",
            "What only the old method needed goes",
            "只有旧方式需要的内容被移除",
            cleaned(scene, now),
        ),
        row(
            "clients_ask",
            "A client sees whether the service answers",
            "有客户端确认服务应答",
            client(scene, now),
        ),
    ];
    match scene.wish.forwarding {
        Forwarding::Nat => all.push(row(
            "same_network",
            "Clients are on another network than the real servers",
            "客户端与真实服务器不在同一网络",
            same_network(scene, now),
        )),
        Forwarding::Tun => all.push(row(
            "tunnel_fits",
            "Packets fit into the tunnel",
            "数据包可以放入隧道",
            Finding::warn(tunnel_fits(), Some(now)),
        )),
        Forwarding::Dr | Forwarding::Local => {}
    }
    if moves {
        all.push(row(
            "old_connections",
            "No client's connection is cut",
            "不会中断客户端的连接",
            old_connections(scene, now),
        ));
    } else {
        all.push(row(
            "no_other_job",
            "No other job works on this",
            "没有其他任务占用",
            no_other_job(&scene.input.edit.running, locks, now),
        ));
    }
    all
}

/// What must be mended first on a real server.
pub(super) fn wrong(scene: &Scene<'_>, needs: &Needs<'_>, seen: &ServerSeen) -> Option<Phrase> {
    let checks = [can_be_prepared, way_back, works_by_it];
    checks.into_iter().find_map(|check| check(scene, needs, seen))
}

/// What is wrong with the first real server of which something is.
fn first(
    scene: &Scene<'_>,
    now: Timestamp,
    en: &str,
    zh: &str,
    wrong: fn(&Scene<'_>, &Needs<'_>, &ServerSeen) -> Option<Phrase>,
) -> Finding {
    let mut seen =
        scene.servers.iter().filter_map(|needs| Some((needs, needs.server.seen.as_ref()?)));
    let found =
        seen.find_map(|(needs, seen)| Some((&needs.server.name, wrong(scene, needs, seen)?)));
    match found {
        None => Finding::pass(Phrase::new(en, zh), now),
        Some((name, why)) => Finding::block(
            Phrase::new(format!("{name}: {}", why.en), format!("{name}：{}", why.zh)),
            now,
        ),
    }
}

fn seen(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let address = scene.address.ip();
    let unseen = scene.servers.iter().find(|needs| needs.server.seen.is_none());
    if let Some(Needs { server, .. }) = unseen {
        let by_hand = match scene.wish.forwarding {
            Forwarding::Dr => format!(
                "sysctl net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 && ip addr add {address}/32 dev lo"
            ),
            Forwarding::Tun => format!(
                "modprobe ipip && sysctl net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 net.ipv4.conf.tunl0.rp_filter=2 && ip addr add {address}/32 dev tunl0 && ip link set tunl0 up"
            ),
            Forwarding::Nat | Forwarding::Local => {
                "ip route replace default via ADDRESS-OF-THE-DIRECTOR".to_owned()
            }
        };
        let name = &server.name;
        return Finding::block(
            Phrase::new(
                format!("{name} is not: prepare it by hand ({by_hand}), and edit each real server"),
                format!("{name} 不是：请手动准备（{by_hand}），再逐台编辑真实服务器"),
            ),
            now,
        );
    }
    let mut oldest = now;
    for Needs { server, .. } in &scene.servers {
        let facts = scene.input.facts.get(&server.server.address);
        let Some(seen) = &server.seen else { continue };
        let unread = [
            seen.addresses.as_ref().map(|fact| fact.observed_at),
            seen.settings.as_ref().map(|fact| fact.observed_at),
            facts.map_or(Ok(now), |read| read.as_ref().map(|fact| fact.observed_at)),
        ];
        for read in unread {
            match read {
                Ok(at) => oldest = oldest.min(at),
                Err(why) => {
                    let name = &server.name;
                    let said = Phrase::new(
                        format!("{name} was not read: {why}"),
                        format!("未能读取 {name}：{why}"),
                    );
                    return Finding::block(said, now);
                }
            }
        }
    }
    let names: Vec<&str> = scene.servers.iter().map(|needs| needs.server.name.as_str()).collect();
    Finding::pass(Phrase::same(names.join(", ")), oldest)
}

fn can_be_prepared(scene: &Scene<'_>, needs: &Needs<'_>, seen: &ServerSeen) -> Option<Phrase> {
    let address = scene.address.ip();
    if let (Forwarding::Dr, Some(own)) = (scene.wish.forwarding, has_address(seen, address, "lo")) {
        if own.prefix_len != 32 {
            let prefix = own.prefix_len;
            return Some(Phrase::new(
                format!(
                    "{address}/{prefix} on lo takes the whole network for its own: give it /32"
                ),
                format!("lo 上的 {address}/{prefix} 会把整个网段当成自己的：请改为 /32"),
            ));
        }
        let is_ours =
            |facts: &super::ServerFacts| facts.prepared.contains(&Preparation::Dr { address });
        if !needs.facts.is_some_and(is_ours) {
            return broken(arp_settings(needs.server, seen));
        }
    }
    let (wanted, facts) = (needs.wanted?, needs.facts?);
    let lacks = |en: &str, zh: &str| Some(Phrase::new(en, zh));
    if !facts.has_systemd {
        return lacks(
            "it has no systemd, by whose units it would be prepared: prepare it by hand",
            "没有 systemd，无法通过其单元准备：请手动准备",
        );
    }
    let other_gateway = |prepared: &Preparation| match (prepared, wanted) {
        (Preparation::Nat { server: own, gateway: old }, Preparation::Nat { server, gateway })
            if *own == server && *old != gateway =>
        {
            Some(*old)
        }
        _ => None,
    };
    if let Some(old) = facts.prepared.iter().find_map(other_gateway) {
        let unit = wanted.unit();
        return Some(Phrase::new(
            format!(
                "it is prepared for another gateway, {old}: systemctl disable --now {unit}, and remove its file"
            ),
            format!("已为另一网关 {old} 准备：请执行 systemctl disable --now {unit} 并删除其文件"),
        ));
    }
    match wanted {
        Preparation::Tun { .. } if !facts.has_tunnel => lacks(
            "its kernel has no tunl0 and no module ipip: it cannot take packets out of a tunnel",
            "其内核没有 tunl0，也没有 ipip 模块：无法接受隧道中的数据包",
        ),
        Preparation::Nat { .. } if !facts.has_rules => lacks(
            "its kernel has no routing rules: make the director its default gateway by hand",
            "其内核不支持路由规则：请手动把调度器设为默认网关",
        ),
        Preparation::Nat { .. } if scene.input.path.protocol != Protocol::Tcp => lacks(
            "only answers of TCP can be routed by their port: make the director its default gateway by hand",
            "只有 TCP 应答可以按端口路由：请手动把调度器设为默认网关",
        ),
        _ => None,
    }
}

/// NAT: through the director. Else straight, for the director drops packets from its own address.
fn way_back(scene: &Scene<'_>, needs: &Needs<'_>, seen: &ServerSeen) -> Option<Phrase> {
    let own = needs.server.server.address;
    if scene.wish.forwarding == Forwarding::Nat {
        let is_known = needs.wanted.is_some() || gateway(scene.input, seen, own).is_some();
        return (!is_known).then(|| {
            Phrase::new(
                "no address on its network, besides the service's, is always where the service's is, to be its gateway: carry one more by the same VRRP instance",
                "其网络中除服务地址外没有始终与服务地址同在一台调度器的地址可作网关：请用同一 VRRP 实例再承载一个",
            )
        });
    }
    let via = via(scene.input, seen)?;
    let mut directors = scene.input.path.directors.iter();
    let director = directors.find(|director| {
        let own = director.addresses.iter().flat_map(|fact| &fact.value);
        own.into_iter().any(|own| own.address == via)
    })?;
    let name = &director.name;
    Some(Phrase::new(
        format!(
            "its gateway {via} is {name}, which drops answers that come from its own address: give it another gateway"
        ),
        format!("其网关 {via} 是 {name}，它会丢弃来自自身地址的应答：请改用其他网关"),
    ))
}

fn works_by_it(scene: &Scene<'_>, needs: &Needs<'_>, seen: &ServerSeen) -> Option<Phrase> {
    let mut then = needs.server.clone();
    then.server.forwarding = scene.wish.forwarding;
    let path = &scene.input.path;
    broken(listener(path, &then, seen)).or_else(|| broken(filter(path, &then, seen)))
}

fn broken(found: Found) -> Option<Phrase> {
    if found.verdict != WalkVerdict::Broken {
        return None;
    }
    let Some(mend) = found.mend else { return Some(found.fact) };
    let command = mend.command.map(|command| format!(": {command}")).unwrap_or_default();
    Some(Phrase::new(
        format!("{}. {}{command}", found.fact.en, mend.words.en),
        format!("{}。{}{command}", found.fact.zh, mend.words.zh),
    ))
}

fn cleaned(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let goes = scene.servers.iter().flat_map(|needs| {
        let name = &needs.server.name;
        needs.stale.iter().map(move |stale| format!("{} ({name})", stale.unit()))
    });
    let goes: Vec<String> = goes.collect();
    let left: Vec<&Phrase> = scene.servers.iter().flat_map(|needs| &needs.left).collect();
    let mut said = match goes.is_empty() {
        true => Phrase::new("nothing of ours to remove", "没有需要移除的内容"),
        false => Phrase::same(goes.join(", ")),
    };
    if !left.is_empty() {
        let joined = |side: fn(&Phrase) -> &str| {
            left.iter().map(|phrase| side(phrase)).collect::<Vec<_>>().join("; ")
        };
        said.en = format!("{}. Stays: {}", said.en, joined(|phrase| &phrase.en));
        said.zh = format!("{}。保留：{}", said.zh, joined(|phrase| &phrase.zh));
    }
    Finding::pass(said, now)
}

fn client(scene: &Scene<'_>, now: Timestamp) -> Finding {
    match asks(scene) {
        Some((_, name)) => Finding::pass(Phrase::same(name), now),
        None => Finding::warn(
            Phrase::new(
                "none asks: no node plays a client, or connections alone prove nothing of this service",
                "没有：没有节点充当客户端，或仅凭连接无法验证此服务",
            ),
            Some(now),
        ),
    }
}

/// The kernel keeps the method in each connection's entry (`ip_vs_bind_dest`).
fn old_connections(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let servers = scene.input.edit.service.iter().flat_map(|service| &service.on);
    let active = servers.map(|on| on.active_connections).max().unwrap_or_default();
    let goes = scene.servers.iter().any(|needs| !needs.stale.is_empty());
    match (active, goes) {
        (0, _) => Finding::pass(Phrase::new("none is active", "没有活动连接"), now),
        (_, false) => Finding::pass(
            Phrase::new(
                format!(
                    "{active} active connections go on by the old method; new ones take the new"
                ),
                format!("{active} 个活动连接继续按旧方式；新连接按新方式"),
            ),
            now,
        ),
        (_, true) => Finding::warn(
            Phrase::new(
                format!(
                    "{active} active connections go on by the old method until what it needs is removed: keep that for now, and remove it later by the same operation"
                ),
                format!(
                    "{active} 个活动连接按旧方式继续，直到其所需内容被移除：可先保留，之后用同一操作移除"
                ),
            ),
            Some(now),
        ),
    }
}

fn same_network(scene: &Scene<'_>, now: Timestamp) -> Finding {
    let address = scene.address.ip();
    let near = scene.servers.iter().find_map(|needs| {
        let seen = needs.server.seen.as_ref()?;
        let own = &seen.addresses.as_ref().ok()?.value;
        let own = own.iter().find(|own| own.address == needs.server.server.address)?;
        is_near(own, address).then(|| format!("{}/{}", own.address, own.prefix_len))
    });
    match near {
        None => Finding::pass(Phrase::new("they are", "是"), now),
        Some(network) => Finding::warn(
            Phrase::new(
                format!(
                    "The service's address is on the network of {network}: clients there are answered past the director, and get nothing"
                ),
                format!(
                    "服务地址与 {network} 在同一网络：该网络中的客户端会被绕过调度器应答，得不到结果"
                ),
            ),
            Some(now),
        ),
    }
}

fn tunnel_fits() -> Phrase {
    Phrase::new(
        "Each packet grows by 20 bytes: links from the directors to the real servers need an MTU of 1520, or the directors tell clients to send less, which filters of ICMP prevent; a TCPMSS rule for the address on the real servers helps",
        "每个数据包增加 20 字节：调度器到真实服务器的链路需要 1520 的 MTU，否则调度器会要求客户端减小数据包（可能被 ICMP 过滤阻断）；可在真实服务器上为该地址加 TCPMSS 规则",
    )
}

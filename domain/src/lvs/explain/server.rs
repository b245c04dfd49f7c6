//! One real server: what must be so on it for its mode, and its way back.

use std::net::IpAddr;

use super::director::CLIENT_PORT;
use super::filter::pass_all;
use super::scene::{ServerSeen, interface_of};
use super::{Found, Scene, ServerScene, WalkStep, offer};
use crate::firewall::{ConnectionState, Direction, Packet};
use crate::lvs::{Forwarding, Protocol};
use crate::phrase::Phrase;

pub(super) fn steps(scene: &Scene, server: &ServerScene) -> Vec<WalkStep> {
    let name = &server.name;
    let Some(seen) = &server.seen else {
        let title = Phrase::new(
            format!("{name} is prepared for {}", way(server)),
            format!("{name} 已为 {} 做好准备", way(server)),
        );
        let unknown = Found::unknown(
            "it is no node of this fleet: its addresses, ARP settings, rules and listeners cannot be seen",
            "它不是受管节点：看不到其地址、ARP 设置、规则和监听",
        );
        return vec![unknown.step("server", None, title), reached(scene, server)];
    };
    let node = Some(seen.node);
    let mut steps = Vec::new();
    let mut add = |id: &str, en: String, zh: String, found: Found| {
        steps.push(found.step(id, node, Phrase::new(en, zh)));
    };
    let address = scene.address.ip();
    match server.server.forwarding {
        Forwarding::Dr | Forwarding::Tun => {
            let own = if server.server.forwarding == Forwarding::Dr { "lo" } else { "tunl0" };
            add(
                "virtual_address",
                format!("{name} has {address} on {own}"),
                format!("{name} 在 {own} 上有 {address}"),
                virtual_address(scene, server, seen, own),
            );
            add(
                "arp_settings",
                format!("{name} keeps still about {address}"),
                format!("{name} 不宣告 {address}"),
                arp_settings(server, seen),
            );
            if server.server.forwarding == Forwarding::Tun {
                add(
                    "rp_filter",
                    format!("{name} takes packets out of the tunnel"),
                    format!("{name} 接受隧道中的数据包"),
                    rp_filter(scene, server, seen),
                );
            }
        }
        Forwarding::Nat | Forwarding::Local => {}
    }
    add(
        "server_filter",
        format!("{name} lets the request in and the answer out"),
        format!("{name} 放行请求和应答"),
        filter(scene, server, seen),
    );
    add(
        "listener",
        format!("{name} listens on port {}", server.server.port),
        format!("{name} 监听端口 {}", server.server.port),
        listener(scene, server, seen),
    );
    add(
        "way_back",
        format!("{name}'s answer finds its way back"),
        format!("{name} 的应答能够返回"),
        way_back(scene, server, seen),
    );
    steps.push(reached(scene, server));
    steps
}

fn way(server: &ServerScene) -> &'static str {
    match server.server.forwarding {
        Forwarding::Nat => "NAT",
        Forwarding::Dr => "DR",
        Forwarding::Tun => "TUN",
        Forwarding::Local => "Local",
    }
}

/// The address to which the request comes on the server.
fn asked_address(scene: &Scene, server: &ServerScene) -> IpAddr {
    match server.server.forwarding {
        Forwarding::Dr | Forwarding::Tun => scene.address.ip(),
        Forwarding::Nat | Forwarding::Local => server.server.address,
    }
}

fn virtual_address(scene: &Scene, server: &ServerScene, seen: &ServerSeen, on: &str) -> Found {
    let address = scene.address.ip();
    let fact = match &seen.addresses {
        Ok(fact) => fact,
        Err(why) => return Found::unread(why),
    };
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let add = format!("ip addr add {address}/{bits} dev {on}");
    let its: Vec<_> = fact.value.iter().filter(|own| own.address == address).collect();
    let Some(own) = its.iter().find(|own| own.interface.as_str() == on).or(its.first()) else {
        return Found::broken(
            fact,
            format!("it does not have {address}: it drops what comes for it"),
            format!("没有 {address}：发往它的数据包被丢弃"),
        )
        .mend(Phrase::new("Add it", "添加地址"), add)
        .by(offer::prepare(scene, server));
    };
    let (interface, prefix) = (&own.interface, own.prefix_len);
    if interface.as_str() == on && prefix == bits {
        return Found::pass(fact, format!("{address}/{prefix}"), format!("{address}/{prefix}"));
    }
    if interface.as_str() == "lo" && prefix != bits && address.is_ipv4() {
        return Found::broken(
            fact,
            format!("{address}/{prefix} on lo takes the whole network for the server's own"),
            format!("lo 上的 {address}/{prefix} 会使服务器把整个网段当成自己的"),
        )
        .mend(
            Phrase::new(format!("Give it the prefix /{bits}"), format!("改为 /{bits}")),
            format!("{add} && ip addr del {address}/{prefix} dev lo"),
        );
    }
    Found::pass(fact, format!("on {interface}"), format!("在 {interface} 上"))
}

pub(in crate::lvs) fn arp_settings(server: &ServerScene, seen: &ServerSeen) -> Found {
    let (fact, own) = match (&seen.settings, &seen.addresses) {
        (Ok(fact), Ok(own)) => (fact, own),
        (Err(why), _) | (_, Err(why)) => return Found::unread(why),
    };
    let Some(interface) = interface_of(&own.value, server.server.address) else {
        let address = server.server.address;
        return Found::doubt(
            fact,
            format!("the interface of {address} is not seen"),
            format!("看不到 {address} 所在网卡"),
        );
    };
    let of = |name: &str| fact.value.effective(interface, name);
    let (Some(ignore), Some(announce)) = (of("arp_ignore"), of("arp_announce")) else {
        return Found::doubt(fact, "the settings were not told", "未得到设置");
    };
    let words = Phrase::new(
        format!(
            "arp_ignore {ignore}, arp_announce {announce} on {interface} (the greater of all's and its own)"
        ),
        format!(
            "{interface} 上 arp_ignore 为 {ignore}，arp_announce 为 {announce}（取 all 与自身的较大者）"
        ),
    );
    if ignore >= 1 && announce == 2 {
        return Found::pass(fact, words.en, words.zh);
    }
    Found::broken(fact, words.en, words.zh).mend(
        Phrase::new(
            "It must not answer ARP for the address, nor ask in its name",
            "不得应答该地址的 ARP，也不得以其名义询问",
        ),
        format!(
            "sysctl net.ipv4.conf.{interface}.arp_ignore=1 net.ipv4.conf.{interface}.arp_announce=2"
        ),
    )
}

fn rp_filter(scene: &Scene, server: &ServerScene, seen: &ServerSeen) -> Found {
    let fact = match &seen.settings {
        Ok(fact) => fact,
        Err(why) => return Found::unread(why),
    };
    match fact.value.effective("tunl0", "rp_filter") {
        None => Found::broken(fact, "there is no tunl0", "没有 tunl0")
            .mend(
                Phrase::new("Make the tunnel", "建立隧道"),
                "modprobe ipip && ip link set tunl0 up".to_owned(),
            )
            .by(offer::prepare(scene, server)),
        Some(1) => Found::broken(
            fact,
            "rp_filter is 1: a source that is not routed to the tunnel is dropped",
            "rp_filter 为 1：来源路由不指向隧道的数据包被丢弃",
        )
        .mend(
            Phrase::new("Loosen it", "放宽"),
            "sysctl net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tunl0.rp_filter=0".to_owned(),
        ),
        Some(value) => {
            Found::pass(fact, format!("rp_filter {value}"), format!("rp_filter 为 {value}"))
        }
    }
}

pub(in crate::lvs) fn filter(scene: &Scene, server: &ServerScene, seen: &ServerSeen) -> Found {
    if scene.protocol != Protocol::Tcp {
        return Found::unknown("only TCP is followed", "只跟踪 TCP");
    }
    let Some(client) = scene.clients_address() else {
        return Found::unknown(
            "no client is known that the request would come from",
            "不知道请求会来自哪个客户端",
        );
    };
    let own = seen.addresses.as_ref().map_or(&[][..], |fact| &fact.value);
    let real = interface_of(own, server.server.address).map(str::to_owned);
    let comes_in = match server.server.forwarding {
        Forwarding::Tun => Some("tunl0".to_owned()),
        Forwarding::Nat | Forwarding::Dr | Forwarding::Local => real.clone(),
    };
    let at = (asked_address(scene, server), server.server.port);
    let mut request = Packet::syn(Direction::In, (client, CLIENT_PORT), at);
    request.in_interface = comes_in;
    let mut answer = Packet::syn(Direction::Out, at, (client, CLIENT_PORT));
    answer.state = ConnectionState::Established;
    let route = seen.settings.as_ref().ok().and_then(|settings| settings.value.route(client));
    answer.out_interface = route.map(|route| route.interface.clone()).or(real);
    let packets = [
        (Phrase::new(format!("a request from {client}"), format!("来自 {client} 的请求")), request),
        (Phrase::new(format!("the answer to {client}"), format!("给 {client} 的应答")), answer),
    ];
    pass_all(&seen.filter, &seen.addresses, &packets)
}

pub(in crate::lvs) fn listener(scene: &Scene, server: &ServerScene, seen: &ServerSeen) -> Found {
    if scene.protocol != Protocol::Tcp {
        return Found::unknown("only TCP listeners are seen", "只能看到 TCP 监听");
    }
    let fact = match &seen.listeners {
        Ok(fact) => fact,
        Err(why) => return Found::unread(why),
    };
    let (address, port) = (asked_address(scene, server), server.server.port);
    let on_port: Vec<IpAddr> =
        fact.value.iter().filter(|own| own.port == port).map(|own| own.address).collect();
    let takes = |own: &&IpAddr| {
        **own == address || (own.is_unspecified() && own.is_ipv4() == address.is_ipv4())
    };
    if let Some(own) = on_port.iter().find(takes) {
        return Found::pass(fact, format!("on {own}"), format!("监听 {own}"));
    }
    let others: Vec<String> = on_port.iter().map(ToString::to_string).collect();
    if on_port.iter().any(|own| own.is_unspecified()) {
        return Found::doubt(
            fact,
            format!("only on {}: whether that takes IPv4 is not seen", others.join(", ")),
            format!("只监听 {}：看不到是否接受 IPv4", others.join("、")),
        );
    }
    let broken = if others.is_empty() {
        Found::broken(fact, "nothing listens on it", "没有程序监听")
    } else {
        Found::broken(
            fact,
            format!("on {} alone, not on {address}", others.join(", ")),
            format!("只监听 {}，未监听 {address}", others.join("、")),
        )
    };
    broken.mend(
        Phrase::new(
            format!(
                "Start the server's program, and let it listen on {address} or on all addresses"
            ),
            format!("启动服务程序，并监听 {address} 或全部地址"),
        ),
        None,
    )
}

fn way_back(scene: &Scene, server: &ServerScene, seen: &ServerSeen) -> Found {
    let Some(client) = scene.clients_address() else {
        return Found::unknown("no client is known to answer to", "不知道应答哪个客户端");
    };
    let fact = match &seen.settings {
        Ok(fact) => fact,
        Err(why) => return Found::unread(why),
    };
    let Some(route) = fact.value.route(client) else {
        return Found::broken(
            fact,
            format!("it has no route to {client}"),
            format!("到 {client} 没有路由"),
        )
        .mend(Phrase::new("Add a route", "添加路由"), None);
    };
    if server.server.forwarding != Forwarding::Nat {
        return Found::pass(fact, route.printed.clone(), route.printed.clone());
    }
    let of_director = |via: IpAddr| {
        let addresses = scene.director().into_iter().flat_map(|d| d.addresses.iter());
        addresses.flat_map(|fact| &fact.value).any(|own| own.address == via)
    };
    let gateway = scene.director().map_or("–", |director| &director.name);
    match route.via {
        Some(via) if of_director(via) => {
            Found::pass(fact, route.printed.clone(), route.printed.clone())
        }
        Some(_) => Found::broken(
            fact,
            format!(
                "it answers past the director ({}): with NAT the client gets an answer from an address that it did not ask",
                route.printed
            ),
            format!("应答绕过了调度器（{}）：NAT 模式下客户端会收到来自未请求地址的应答", route.printed),
        )
        .mend(
            Phrase::new(
                format!("Make an address of {gateway} its gateway"),
                format!("把 {gateway} 的地址设为其网关"),
            ),
            None,
        )
        .by(offer::prepare(scene, server)),
        None => Found::broken(
            fact,
            format!("{client} is on its own network: it answers straight, not through {gateway}"),
            format!("{client} 与它在同一网络：直接应答，不经过 {gateway}"),
        )
        .mend(
            Phrase::new(
                "With NAT clients must be on another network than the real servers",
                "NAT 模式下客户端与真实服务器不得在同一网络",
            ),
            None,
        ),
    }
}

/// The director asks the server's own address: whether its program answers at all.
fn reached(scene: &Scene, server: &ServerScene) -> WalkStep {
    let (name, socket) = (&server.name, server.socket());
    let director = scene.director();
    let from = director.map_or("–", |director| &director.name);
    let title = Phrase::new(
        format!("{name} answers {from} on {socket}"),
        format!("{name} 在 {socket} 应答 {from}"),
    );
    let found = match director.map(|director| &director.reach) {
        None => Found::unknown("no director is seen", "看不到调度器"),
        Some(Err(why)) => Found::unread(why),
        Some(Ok(fact)) => match fact.value.iter().find(|reach| reach.server == socket) {
            Some(reach) if reach.reached => Found::pass(fact, "connected", "已连接"),
            Some(_) => Found::broken(fact, "no connection within 2 s", "2 秒内未能连接").mend(
                Phrase::new(
                    format!("Look at {name}: its program, its rules, and its link to {from}"),
                    format!("检查 {name}：程序、规则及到 {from} 的链路"),
                ),
                None,
            ),
            None => Found::doubt(fact, "it was not asked", "未询问"),
        },
    };
    found.step("server_answers", server.seen.as_ref().map(|seen| seen.node), title)
}

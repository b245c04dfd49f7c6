//! From the address to the director's packet filter, table and routes.

use std::net::IpAddr;

use super::filter::pass_all;
use super::scene::interface_of;
use super::{DirectorScene, Found, Scene, WalkStep, offer};
use crate::firewall::{ConnectionState, Direction, Packet};
use crate::lvs::{Forwarding, Protocol};
use crate::phrase::Phrase;

/// A port that a client might choose.
pub(super) const CLIENT_PORT: u16 = 40_000;

pub(super) fn steps(scene: &Scene) -> Vec<WalkStep> {
    let address = scene.address.ip();
    let Some(director) = scene.director() else {
        let title = Phrase::new("A director has the service", "有调度器提供该服务");
        let nobody = Found::unknown("no node of the fleet has it", "没有节点提供该服务");
        return vec![nobody.step("service", None, title)];
    };
    let (name, node) = (&director.name, Some(director.node));
    let mut steps = vec![
        holder(scene).step(
            "holder",
            scene.holder().map(|holder| holder.node),
            Phrase::new(
                format!("One director holds {address}"),
                format!("只有一台调度器持有 {address}"),
            ),
        ),
        arp(scene).step(
            "arp",
            scene.witness.as_ref().map(|witness| witness.node),
            Phrase::new(
                format!("Only its holder answers ARP for {address}"),
                format!("只有持有者应答 {address} 的 ARP"),
            ),
        ),
        filter(scene, director).step(
            "director_filter",
            node,
            Phrase::new(format!("{name} lets the request through"), format!("{name} 放行请求")),
        ),
        entry(scene, director).step(
            "service",
            node,
            Phrase::new(
                format!("{name} has {} in its table", scene.service),
                format!("{name} 的表中有 {}", scene.service),
            ),
        ),
    ];
    if scene.uses(Forwarding::Nat) {
        let title = Phrase::new(format!("{name} forwards packets"), format!("{name} 转发数据包"));
        steps.push(forwards(director).step("ip_forward", node, title));
    }
    let title = Phrase::new(
        format!("{name} has a way to each real server"),
        format!("{name} 到每台真实服务器都有路由"),
    );
    steps.push(routes(scene, director).step("routes", node, title));
    steps
}

fn holder(scene: &Scene) -> Found {
    let address = scene.address.ip();
    let unread = scene.directors.iter().find_map(|d| d.addresses.as_ref().err().map(|w| (d, w)));
    let holders: Vec<&DirectorScene> =
        scene.directors.iter().filter(|d| d.holds(address)).collect();
    let named: Vec<&str> = holders.iter().map(|d| d.name.as_str()).collect();
    let read = scene.directors.iter().find_map(|d| d.addresses.as_ref().ok());
    match (holders.as_slice(), read, unread) {
        ([holder], Some(_), _) => match &holder.addresses {
            Ok(fact) => Found::pass(fact, named.join(", "), named.join(", ")),
            Err(why) => Found::unread(why),
        },
        ([], _, Some((director, why))) => Found::unknown(
            format!("none that is seen does, and {} is not: {why}", director.name),
            format!("可见的调度器均未持有，{} 不可见：{why}", director.name),
        ),
        ([], Some(fact), None) => Found::broken(
            fact,
            "no director has it on an interface",
            "没有调度器在网卡上持有该地址",
        )
        .mend(
            Phrase::new(
                "Look at keepalived's state on the VRRP page: start it, or put a director back",
                "在 VRRP 页面查看 keepalived 的状态：启动它或恢复一台调度器",
            ),
            Some("systemctl start keepalived.service".to_owned()),
        )
        .by(offer::bring_back(scene)),
        (_, Some(fact), _) => Found::broken(
            fact,
            format!("{} hold it at once: a split brain", named.join(" and ")),
            format!("{} 同时持有：脑裂", named.join("、")),
        )
        .mend(
            Phrase::new(
                "End it on the VRRP page: demote one",
                "在 VRRP 页面结束脑裂：降级其中一台",
            ),
            None,
        )
        .by(offer::demote(scene)),
        (_, None, _) => Found::unknown("no director is seen", "看不到任何调度器"),
    }
}

/// A real server that answers is the classic fault of direct routing: clients reach it alone.
fn arp(scene: &Scene) -> Found {
    let address = scene.address.ip();
    let Some(witness) = &scene.witness else {
        return Found::unknown(
            format!("no third node of the fleet is on the network of {address}"),
            format!("没有第三个节点位于 {address} 所在网络"),
        );
    };
    let macs = |of: IpAddr| {
        let answers = witness.answers.value.iter().filter(move |answer| answer.address == of);
        answers.map(|answer| answer.mac.as_str())
    };
    let by = &witness.name;
    let whose = |mac: &str| {
        let own = |own: &IpAddr| *own != address && macs(*own).any(|its| its == mac);
        let directors = scene.directors.iter().find(|director| {
            let addresses = director.addresses.iter().flat_map(|fact| &fact.value);
            addresses.map(|address| &address.address).any(own)
        });
        let server = scene.servers.iter().find(|server| own(&server.server.address));
        match (directors, server) {
            (Some(director), _) => (director.name.clone(), Some(director.node), false),
            (None, Some(server)) => {
                (server.name.clone(), server.seen.as_ref().map(|seen| seen.node), true)
            }
            (None, None) => ("?".to_owned(), None, false),
        }
    };
    let answered: Vec<&str> = macs(address).collect();
    if answered.is_empty() {
        return Found::broken(
            &witness.answers,
            format!("{by} gets no answer to ARP for {address}"),
            format!("{by} 对 {address} 的 ARP 请求没有得到应答"),
        )
        .mend(
            Phrase::new("Look at the holder's link and ARP filters", "检查持有者的链路和 ARP 过滤"),
            None,
        );
    }
    let told: Vec<String> =
        answered.iter().map(|mac| format!("{} ({mac})", whose(mac).0)).collect();
    let told = told.join(", ");
    let of_server = answered.iter().map(|mac| whose(mac)).find(|(_, _, is_server)| *is_server);
    if let Some((server, _, _)) = of_server {
        return Found::broken(
            &witness.answers,
            format!("the real server {server} answers ARP for it. Seen by {by}: {told}"),
            format!("真实服务器 {server} 应答了它的 ARP。由 {by} 观测：{told}"),
        )
        .mend(
            Phrase::new(
                format!("Let {server} keep still about addresses of other interfaces"),
                format!("让 {server} 不应答其他网卡上的地址"),
            ),
            Some(
                "sysctl net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2".to_owned(),
            ),
        );
    }
    let holder = scene.holder().map(|holder| holder.node);
    match answered.as_slice() {
        [mac] if holder.is_some() && whose(mac).1 == holder => Found::pass(
            &witness.answers,
            format!("{told}, seen by {by}"),
            format!("{told}，由 {by} 观测"),
        ),
        [mac] if whose(mac).1.is_none() => Found::doubt(
            &witness.answers,
            format!("{told} answers, which is nobody's that is known. Seen by {by}"),
            format!("{told} 应答，不知道属于谁。由 {by} 观测"),
        ),
        _ => Found::broken(
            &witness.answers,
            format!("{told} answer. Seen by {by}"),
            format!("{told} 应答。由 {by} 观测"),
        ),
    }
}

/// IPVS takes the packet at LOCAL_IN, behind INPUT, and sends it on through OUTPUT.
fn filter(scene: &Scene, director: &DirectorScene) -> Found {
    if scene.protocol != Protocol::Tcp {
        return Found::unknown("only TCP is followed", "只跟踪 TCP");
    }
    let Some(client) = scene.clients_address() else {
        return Found::unknown(
            "no client is known that the request would come from",
            "不知道请求会来自哪个客户端",
        );
    };
    let own = director.addresses.as_ref().map_or(&[][..], |fact| &fact.value);
    let interface = interface_of(own, scene.address.ip()).map(str::to_owned);
    let to = (scene.address.ip(), scene.address.port());
    let syn = |direction, interface, to| {
        let mut packet = Packet::syn(direction, (client, CLIENT_PORT), to);
        match direction {
            Direction::Out => packet.out_interface = interface,
            Direction::In | Direction::Forward => packet.in_interface = interface,
        }
        packet
    };
    let mut packets = vec![(
        Phrase::new(format!("a request from {client}"), format!("来自 {client} 的请求")),
        syn(Direction::In, interface.clone(), to),
    )];
    for server in &scene.servers {
        let (way, name) = (server.server.forwarding, &server.name);
        let sent_to = match way {
            Forwarding::Nat => (server.server.address, server.server.port),
            Forwarding::Dr => to,
            // What goes out is an IPIP packet, and of the director's own.
            Forwarding::Tun | Forwarding::Local => continue,
        };
        let route = director.settings.as_ref().ok();
        let route = route.and_then(|settings| settings.value.route(server.server.address));
        let leaves = route.map(|route| route.interface.clone()).or_else(|| interface.clone());
        packets.push((
            Phrase::new(format!("a request on its way to {name}"), format!("发往 {name} 的请求")),
            syn(Direction::Out, leaves.clone(), sent_to),
        ));
        if way == Forwarding::Nat {
            let (from, to) = ((server.server.address, server.server.port), (client, CLIENT_PORT));
            let mut answer = Packet::syn(Direction::Forward, from, to);
            answer.state = ConnectionState::Established;
            answer.in_interface = leaves;
            answer.out_interface.clone_from(&interface);
            packets.push((
                Phrase::new(format!("the answer of {name}"), format!("{name} 的应答")),
                answer,
            ));
        }
    }
    pass_all(&director.filter, &director.addresses, &packets)
}

fn entry(scene: &Scene, director: &DirectorScene) -> Found {
    let fact = match &director.table {
        Ok(fact) => fact,
        Err(why) => return Found::unread(why),
    };
    if let Some(service) = &fact.value {
        let count = service.real_servers.len();
        let scheduler = &service.scheduler;
        return Found::pass(
            fact,
            format!("{scheduler}, {count} real servers"),
            format!("{scheduler}，{count} 台真实服务器"),
        );
    }
    let broken = Found::broken(fact, "it is not in the table", "不在表中");
    match director.configured {
        Some(_) => broken.mend(
            Phrase::new(
                "keepalived.conf has it: let keepalived make it anew",
                "keepalived.conf 中有：让 keepalived 重新建立",
            ),
            Some("systemctl restart keepalived.service".to_owned()),
        ),
        None => broken
            .mend(
                Phrase::new(
                    "Make it as another director has it: its commands are on the page",
                    "按另一台调度器的样子建立：命令见本页",
                ),
                super::request::add_command(scene),
            )
            .by(offer::add(scene, director)),
    }
}

fn forwards(director: &DirectorScene) -> Found {
    let fact = match &director.settings {
        Ok(fact) => fact,
        Err(why) => return Found::unread(why),
    };
    match fact.value.forwards() {
        Some(true) => Found::pass(fact, "ip_forward is 1", "ip_forward 为 1"),
        Some(false) => Found::broken(
            fact,
            "ip_forward is 0: answers of servers behind NAT are dropped",
            "ip_forward 为 0：NAT 后服务器的应答被丢弃",
        )
        .mend(
            Phrase::new("Let it forward", "打开转发"),
            Some("sysctl net.ipv4.ip_forward=1".to_owned()),
        ),
        None => Found::doubt(fact, "ip_forward was not told", "未得到 ip_forward"),
    }
}

fn routes(scene: &Scene, director: &DirectorScene) -> Found {
    let fact = match &director.settings {
        Ok(fact) => fact,
        Err(why) => return Found::unread(why),
    };
    for server in &scene.servers {
        let (address, name) = (server.server.address, &server.name);
        match (fact.value.route(address), server.server.forwarding) {
            (None, _) => {
                return Found::broken(
                    fact,
                    format!("there is none to {name}, {address}"),
                    format!("到 {name}（{address}）没有路由"),
                )
                .mend(Phrase::new("Add a route", "添加路由"), None);
            }
            (Some(route), Forwarding::Dr) if route.via.is_some() => {
                return Found::broken(
                    fact,
                    format!(
                        "{name} is behind a router ({}): direct routing changes the MAC address alone, so both must be on one network",
                        route.printed
                    ),
                    format!("{name} 在路由器之后（{}）：直接路由只改 MAC，双方须在同一网络", route.printed),
                )
                .mend(Phrase::new("Use TUN or NAT for it", "改用 TUN 或 NAT"), None);
            }
            (Some(_), _) => {}
        }
    }
    let count = scene.servers.len();
    Found::pass(fact, format!("to all {count}"), format!("到全部 {count} 台"))
}

/// Behind the servers, so that what took them out of the table is named first.
pub(super) fn some_server_takes_connections(scene: &Scene) -> WalkStep {
    let title =
        Phrase::new("The table has a real server with a weight", "表中有权重大于 0 的真实服务器");
    let Some(director) = scene.director() else {
        return Found::unknown("no director is seen", "看不到调度器").step("weights", None, title);
    };
    let found = match &director.table {
        Err(why) => Found::unread(why),
        Ok(fact) => {
            let servers = fact.value.as_ref().map_or(&[][..], |service| &service.real_servers);
            let able = servers.iter().filter(|server| server.weight > 0).count();
            let out: Vec<&str> = scene
                .servers
                .iter()
                .filter(|server| !server.in_table)
                .map(|server| server.name.as_str())
                .collect();
            match (able, servers.len(), out.is_empty()) {
                (0, 0, _) => Found::broken(
                    fact,
                    "the service has no real server in the table: keepalived takes out those that fail their check",
                    "该服务在表中没有真实服务器：keepalived 会移除未通过检查者",
                ),
                (0, count, _) => Found::broken(
                    fact,
                    format!("all {count} have weight 0: none takes new connections"),
                    format!("全部 {count} 台权重为 0：都不接受新连接"),
                )
                .mend(
                    Phrase::new("Give one a weight", "给一台设置权重"),
                    super::request::weigh_command(scene),
                )
                .by(offer::weigh(scene, director)),
                (_, _, false) => Found::broken(
                    fact,
                    format!("{} failed its check and was taken out of the table", out.join(", ")),
                    format!("{} 未通过检查，已从表中移除", out.join("、")),
                ),
                (able, count, true) => Found::pass(
                    fact,
                    format!("{able} of {count}"),
                    format!("{count} 台中的 {able} 台"),
                ),
            }
        }
    };
    found.step("weights", Some(director.node), title)
}

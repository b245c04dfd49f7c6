//! IPVS as the lab's directors have it, seen through a real console.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use signalbox_domain::lvs::standing::ServerStretch;
use signalbox_domain::lvs::{
    Connections, DirectorSettings, Forwarding, LvsView, Owner, ServiceView, SyncRole,
};
use signalbox_domain::signal::Signal;

use crate::console::Console;
use crate::directors::{Directors, VIP};

/// A service of each kind on the shared address, one by mark for IPv6, and one that takes traffic.
const ADD: &str = "\
    ipvsadm -A -u 192.168.1.200:5300 -s rr -o
    ipvsadm -a -u 192.168.1.200:5300 -r 192.168.1.102:5300 -i -w 3 -x 500 -y 100
    ipvsadm -A -f 77 -6 -s wlc -p 60
    ipvsadm -a -f 77 -6 -r [fd00::14]:0 -g
    ipvsadm -A -t 192.168.1.200:8081 -s rr -p 60
    ipvsadm -a -t 192.168.1.200:8081 -r 192.168.1.102:80 -m
    ipvsadm -a -t 192.168.1.200:8081 -r 192.168.1.103:80 -m -w 2";
const REMOVE: &str = "\
    ipvsadm -D -u 192.168.1.200:5300; ipvsadm -D -f 77 -6; ipvsadm -D -t 192.168.1.200:8081
    ipvsadm --stop-daemon master 2> /dev/null; ipvsadm --stop-daemon backup 2> /dev/null; true";

const MARKED: &str = "mark6/77";
const ONE_PACKET: &str = "udp/192.168.1.200:5300";
const TAKES_TRAFFIC: &str = "tcp/192.168.1.200:8081";

fn view(console: &Console) -> LvsView {
    serde_json::from_value(console.get("/lvs/services").unwrap()).unwrap()
}

fn service(console: &Console, id: &str) -> Option<ServiceView> {
    view(console).services.into_iter().find(|service| service.id.0 == id)
}

fn await_service(
    console: &Console,
    id: &str,
    what: &str,
    holds: impl Fn(&ServiceView) -> bool,
) -> ServiceView {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let seen = service(console, id);
        if let Some(service) = &seen
            && holds(service)
        {
            return service.clone();
        }
        assert!(Instant::now() < deadline, "{id} does not come to this: {what}: {seen:#?}");
        sleep(Duration::from_millis(100));
    }
}

fn connections(console: &Console, query: &str) -> Connections {
    let node = console.nodes["dir-a"];
    let answer = console.get(&format!("/lvs/{node}/connections?{query}")).unwrap();
    serde_json::from_value(answer["value"].clone()).unwrap()
}

#[test]
fn services_of_each_kind_are_seen_with_their_traffic_differences_and_connections() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let console = Console::over(&directors.lab, &["dir-a", "dir-b", "web-1", "web-2", "client"]);
    for name in ["dir-a", "dir-b", "web-1"] {
        console.await_observed(name);
    }
    let _a = directors.afterwards("dir-a", REMOVE);
    let _b = directors.afterwards("dir-b", REMOVE);
    for director in ["dir-a", "dir-b"] {
        directors.sh(director, ADD);
    }

    let equal = |service: &ServiceView| {
        service.differences.is_empty() && service.on.iter().all(|on| on.options.is_some())
    };
    let web = await_service(&console, "tcp/192.168.1.200:80", "whole", equal);
    assert_eq!((web.owner, web.holder), (Owner::Keepalived, Some(console.nodes["dir-a"])));
    let dns = await_service(&console, ONE_PACKET, "limits are seen", |service| {
        equal(service) && service.servers[0].upper_threshold == 500
    });
    assert_eq!(dns.owner, Owner::Direct);
    assert_eq!(dns.servers[0].forwarding, Forwarding::Tun);
    assert_eq!((dns.servers[0].lower_threshold, dns.servers[0].name.as_str()), (100, "web-1"));
    assert!(dns.options.as_ref().unwrap().one_packet);
    assert!(dns.commands[1].ends_with("-i -w 3 -x 500 -y 100"), "{:?}", dns.commands);
    let marked = await_service(&console, MARKED, "whole", equal);
    assert_eq!(marked.options.unwrap().persistent_s, Some(60));

    // What ipvsadm makes by the commands that are shown is the same service.
    directors
        .sh("dir-b", &format!("ipvsadm -D -u 192.168.1.200:5300\n{}", dns.commands.join("\n")));
    await_service(&console, ONE_PACKET, "made anew by its commands", equal);

    told_differences(&directors, &console);
    told_traffic(&directors, &console);
    told_settings(&directors, &console);
}

#[test]
fn a_server_that_fails_its_check_is_in_the_history_until_it_is_back() {
    const WEB: &str = "tcp/192.168.1.200:80";
    const SERVER: &str = "192.168.1.104:80";
    let Some(directors) = Directors::of_the_lab() else { return };
    let mut console = Console::over(&directors.lab, &["dir-a", "dir-b", "web-3"]);
    for name in ["dir-a", "dir-b"] {
        console.await_observed(name);
    }
    let _up = directors.afterwards("web-3", "systemctl start nginx");
    let stands = |console: &Console, in_table: bool| {
        await_service(console, WEB, "both directors follow its check", |service| {
            let server = service.servers.iter().find(|s| s.socket().to_string() == SERVER);
            server.is_some_and(|server| {
                server.on.len() == 2 && server.on.iter().all(|on| on.in_table == in_table)
            })
        });
        // What was seen is written within a second.
        sleep(Duration::from_secs(2));
        let answer = console.get(&format!("/lvs/standing?service={WEB}")).unwrap();
        let mut stretches: Vec<ServerStretch> = serde_json::from_value(answer).unwrap();
        stretches.retain(|stretch| stretch.server.to_string() == SERVER);
        stretches
    };
    let ids = ["dir-a", "dir-b"].map(|name| console.nodes[name]);
    let of = |stretches: &[ServerStretch], director| -> Vec<(Option<u32>, bool, bool)> {
        let of_director = stretches.iter().filter(|stretch| stretch.director == director);
        of_director.map(|s| (s.weight, s.began_seen, s.ended_at.is_some())).collect()
    };
    let first = stands(&console, true);
    directors.sh("web-3", "systemctl stop nginx");
    let out = stands(&console, false);
    directors.sh("web-3", "systemctl start nginx");
    let back = stands(&console, true);
    for id in ids {
        assert_eq!(of(&first, id), [(Some(1), false, false)]);
        assert_eq!(of(&out, id), [(Some(1), false, true), (None, true, false)]);
        let all = [(Some(1), false, true), (None, true, true), (Some(1), true, false)];
        assert_eq!(of(&back, id), all);
        let times: Vec<_> = back.iter().filter(|s| s.director == id).collect();
        assert_eq!(times[0].ended_at, Some(times[1].began_at), "{times:#?}");
        assert_eq!(times[1].ended_at, Some(times[2].began_at), "{times:#?}");
    }
    // Of the time in which no console looked nothing is claimed.
    console.kill();
    sleep(Duration::from_secs(2));
    console.start_again();
    for name in ["dir-a", "dir-b"] {
        console.await_observed(name);
    }
    let again = stands(&console, true);
    for id in ids {
        assert_eq!(of(&again, id)[2..], [(Some(1), true, true), (Some(1), false, false)]);
    }
}

fn told_differences(directors: &Directors, console: &Console) {
    directors.sh(
        "dir-b",
        "ipvsadm -e -u 192.168.1.200:5300 -r 192.168.1.102:5300 -i -w 5 -x 500 -y 100",
    );
    let differs = await_service(console, ONE_PACKET, "differs", |s| !s.differences.is_empty());
    assert!(differs.differences[0].en.ends_with("weight 3 against 5"), "{differs:#?}");
    assert_eq!(differs.signal, Signal::Danger);
    directors.sh("dir-b", "ipvsadm -D -f 77 -6");
    await_service(console, MARKED, "on one only", |service| {
        service.differences.iter().any(|phrase| phrase.en.contains("on one director only"))
    });
    directors.sh("dir-b", "ipvsadm -A -f 77 -6 -s wlc -p 60");
}

fn told_traffic(directors: &Directors, console: &Console) {
    let ask = format!("for i in $(seq 40); do curl -s -m 2 -o /dev/null http://{VIP}/; done; true");
    directors.sh("client", &ask);
    let web = await_service(console, "tcp/192.168.1.200:80", "counted", |service| {
        service.servers.iter().map(|server| server.connections_in_minute).sum::<u64>() >= 40
    });
    let shares: f64 = web.servers.iter().filter_map(|server| server.observed_share).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{web:#?}");
    let node = console.node("dir-a");
    let traffic = node.observed.lvs_traffic.unwrap().value;
    let counted = traffic.iter().find(|t| format!("{:?}", t.target).contains("200:80")).unwrap();
    let printed = directors.sh("dir-a", "ipvsadm -Ln --stats --exact -t 192.168.1.200:80");
    let conns = printed.lines().find(|line| line.starts_with("TCP")).unwrap();
    let conns: u64 = conns.split_whitespace().nth(2).unwrap().parse().unwrap();
    assert!(counted.counted.connections.abs_diff(conns) <= 5, "{counted:?} against {printed}");
    assert!(counted.counted.in_bytes > 0);

    // The client is not answered through the director's NAT; its attempt is an entry all the same.
    directors.sh("client", &format!("curl -s -m 1 -o /dev/null http://{VIP}:8081/; true"));
    let all = connections(console, "limit=3");
    assert!(all.total >= 41 && all.rows.len() == 3, "{all:#?}");
    let kept = connections(console, &format!("service={TAKES_TRAFFIC}"));
    assert_eq!((kept.matched, kept.matched_templates), (2, 1), "{kept:#?}");
    assert!(kept.rows.iter().all(|row| row.virtual_address.ends_with(":8081")));
    assert!(kept.rows.iter().all(|row| row.client.ip().to_string() == "10.0.0.12"));
    let table = directors.sh("dir-a", "grep -c '1F91' /proc/net/ip_vs_conn");
    assert_eq!(table.trim(), "2");
    assert_eq!(connections(console, "client=203.0.113.9").matched, 0);
    let node = console.nodes["dir-a"];
    for wrong in ["client=nobody", "state=a%20b", "service=x", "server=1.2.3.4"] {
        let refused = console.get(&format!("/lvs/{node}/connections?{wrong}")).unwrap_err();
        assert!(refused.starts_with("422"), "{wrong}: {refused}");
    }
}

fn told_settings(directors: &Directors, console: &Console) {
    let start =
        |role: &str| format!("ipvsadm --start-daemon {role} --mcast-interface eth0 --syncid 77");
    directors.sh("dir-a", &start("master"));
    directors.sh("dir-b", &start("backup"));
    let settings = |name: &str| -> DirectorSettings {
        let answer: Value = console.get(&format!("/lvs/{}/settings", console.nodes[name])).unwrap();
        serde_json::from_value(answer).unwrap()
    };
    let of_a = settings("dir-a").read.value;
    let printed = directors.sh("dir-a", "ipvsadm -Ln --timeout");
    let shown = of_a.timeouts;
    let line = format!("{} {} {}", shown.tcp_s, shown.tcp_fin_s, shown.udp_s);
    assert!(printed.trim_end().ends_with(&line), "{printed} {line}");
    assert_eq!((of_a.daemons[0].role, of_a.daemons[0].sync_id), (SyncRole::Master, 77));
    assert!(of_a.values.contains_key("expire_nodest_conn"));

    // Flows of more packets than sync_threshold are told to the other one.
    let slow = format!("curl -s -m 8 --limit-rate 200 -o /dev/null http://{VIP}/; true");
    let many = format!("for i in $(seq 5); do {slow}; done");
    let known = |all: &DirectorSettings| all.read.value.origins.is_some_and(|o| o.synced > 0);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        directors.sh("client", &many);
        let of_b = settings("dir-b");
        if known(&of_b) {
            let last = &of_b.synchronisation.last().unwrap().en;
            assert!(last.ends_with("came from another director."), "{last}");
            return;
        }
        assert!(Instant::now() < deadline, "nothing was told to dir-b: {of_b:#?}");
    }
}

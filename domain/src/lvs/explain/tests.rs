use std::net::{IpAddr, SocketAddr};

use super::*;
use crate::firewall::Reading;
use crate::lvs::edit::ServiceChange;
use crate::lvs::sharing::Asked;
use crate::lvs::{
    Counted, Forwarding, Protocol, RealServer, Scheduler, ServerTraffic, ServiceTraffic,
    VirtualService, parse,
};
use crate::nodes::{InterfaceAddress, Listener};
use crate::vrrp::InstanceName;
use crate::vrrp::facts::Reach;
use crate::vrrp::split::ArpAnswer;

pub(in crate::lvs) const NOW: Timestamp = Timestamp(1_000_000);
const VIP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 200));

pub(in crate::lvs) fn fact<T>(value: T) -> Fact<T> {
    Fact::new(value, NOW, "seen")
}

pub(in crate::lvs) fn address(interface: &str, address: &str, prefix_len: u8) -> InterfaceAddress {
    InterfaceAddress {
        interface: interface.parse().unwrap(),
        address: address.parse().unwrap(),
        prefix_len,
        up: true,
    }
}

fn rules(input: &str) -> Reading {
    Reading::parse(&format!(
        "== iptables-legacy\n*filter\n:INPUT ACCEPT [9:90]\n:FORWARD ACCEPT [0:0]\n\
         :OUTPUT ACCEPT [0:0]\n{input}COMMIT\n"
    ))
}

fn service() -> VirtualService {
    let text =
        "TCP  C0A801C8:0050 wrr\n  -> C0A80166:0050 Route 2 0 0\n  -> C0A80167:0050 Route 1 0 0\n";
    parse(text).unwrap().services.remove(0)
}

fn server(number: u8) -> ServerScene {
    let own = format!("192.168.1.10{}", number + 1);
    let settings = "ip_forward:0\nconf/all/arp_ignore:0\nconf/all/arp_announce:0\n\
        conf/eth0/arp_ignore:1\nconf/eth0/arp_announce:2\nconf/tunl0/rp_filter:1\nconf/all/rp_filter:0\n\
        route 10.0.0.12 10.0.0.12 via 192.168.1.1 dev eth0 src 192.168.1.102\n";
    ServerScene {
        server: service().real_servers.remove(usize::from(number) - 1),
        in_table: true,
        name: format!("web-{number}"),
        seen: Some(ServerSeen {
            node: NodeId(10 + i64::from(number)),
            addresses: Ok(fact(vec![
                address("eth0", &own, 24),
                address("lo", "192.168.1.200", 32),
            ])),
            listeners: Ok(fact(vec![Listener { address: "0.0.0.0".parse().unwrap(), port: 80 }])),
            settings: Ok(fact(PathSettings::parse(settings))),
            filter: Ok(fact(rules(""))),
        }),
    }
}

fn arp(address: &str, mac: &str) -> ArpAnswer {
    ArpAnswer { address: address.parse().unwrap(), mac: mac.to_owned() }
}

/// Two directors of which the first holds the address, two servers by direct routing, all well.
pub(in crate::lvs) fn scene() -> Scene {
    let director = |node: i64, name: &str, own: &str| DirectorScene {
        node: NodeId(node),
        name: name.to_owned(),
        addresses: Ok(fact(vec![address("eth0", own, 24)])),
        table: Ok(fact(Some(service()))),
        traffic: None,
        configured: Some(service()),
        settings: Ok(fact(PathSettings::parse(
            "ip_forward:0\nroute 192.168.1.102 192.168.1.102 dev eth0\n\
             route 192.168.1.103 192.168.1.103 dev eth0\n",
        ))),
        filter: Ok(fact(rules(""))),
        reach: Ok(fact(
            ["192.168.1.102:80", "192.168.1.103:80"]
                .map(|server| Reach { server: server.parse().unwrap(), reached: true })
                .to_vec(),
        )),
    };
    let mut holder = director(1, "dir-a", "192.168.1.100");
    holder.addresses.as_mut().unwrap().value.push(address("eth0", "192.168.1.200", 32));
    Scene {
        service: ServiceId("tcp/192.168.1.200:80".to_owned()),
        protocol: Protocol::Tcp,
        address: SocketAddr::new(VIP, 80),
        at: NOW,
        directors: vec![holder, director(2, "dir-b", "192.168.1.101")],
        servers: vec![server(1), server(2)],
        vrrp: Some(VrrpScene { instance: InstanceName("VI_1".into()), demote: None, out: None }),
        witness: Some(WitnessScene {
            node: NodeId(8),
            name: "router".to_owned(),
            answers: fact(vec![
                arp("192.168.1.100", "02:00:00:00:00:0a"),
                arp("192.168.1.101", "02:00:00:00:00:0b"),
                arp("192.168.1.102", "02:00:00:00:00:01"),
                arp("192.168.1.200", "02:00:00:00:00:0a"),
            ]),
        }),
        client: Some(ClientScene {
            node: NodeId(9),
            name: "client".to_owned(),
            address: "10.0.0.12".parse().ok(),
            asked: Ok(fact(Asked { connections: 12, answered: 12, refused: 0, silent: 0 })),
        }),
    }
}

/// The first break in few words, of a scene that was spoiled.
fn broken(spoil: impl FnOnce(&mut Scene)) -> String {
    let mut scene = scene();
    spoil(&mut scene);
    let told = explain(&scene);
    let step = told.first_break().unwrap_or_else(|| panic!("nothing is broken: {told:#?}"));
    format!("{}: {}", step.id, step.fact.en)
}

fn of_nat(scene: &mut Scene) {
    let ways = scene.servers.iter_mut().map(|server| &mut server.server.forwarding);
    ways.for_each(|way| *way = Forwarding::Nat);
}

fn seen(scene: &mut Scene) -> &mut ServerSeen {
    scene.servers[0].seen.as_mut().unwrap()
}

#[test]
fn a_service_that_works_has_no_break() {
    let told = explain(&scene());
    assert_eq!(told.first_break, None, "{told:#?}");
    assert!(told.steps.iter().all(|step| step.verdict == WalkVerdict::Pass), "{told:#?}");
    let ids: Vec<&str> = told.steps.iter().map(|step| step.id.as_str()).collect();
    insta::assert_snapshot!(ids.join(" "), @"holder arp director_filter service routes virtual_address arp_settings server_filter listener way_back server_answers virtual_address arp_settings server_filter listener way_back server_answers weights request");
}

#[test]
fn what_breaks_on_the_director_is_named() {
    assert!(
        broken(|s| drop(s.directors[0].addresses.as_mut().unwrap().value.pop()))
            .starts_with("holder: no director")
    );
    let both = |s: &mut Scene| {
        s.directors[1].addresses.as_mut().unwrap().value.push(address("eth0", "192.168.1.200", 32));
    };
    assert!(broken(both).starts_with("holder: dir-a and dir-b hold it"));
    let answers = |s: &mut Scene| {
        s.witness.as_mut().unwrap().answers.value.push(arp("192.168.1.200", "02:00:00:00:00:01"));
    };
    assert!(broken(answers).starts_with("arp: the real server web-1 answers ARP"));
    assert!(broken(|s| s.witness.as_mut().unwrap().answers.value.clear()).contains("no answer"));
    let dropped = "[7:420] -A INPUT -p tcp -m tcp --dport 80 -j DROP\n";
    assert_eq!(
        broken(|s| s.directors[0].filter = Ok(fact(rules(dropped)))),
        "director_filter: iptables-legacy: filter INPUT 1 DROP ends a request from 10.0.0.12, 7 so far"
    );
    let out = "[0:0] -A OUTPUT -p tcp -m tcp --dport 80 -j DROP\n";
    assert!(
        broken(|s| s.directors[0].filter = Ok(fact(rules(out))))
            .contains("ends a request on its way to web-1")
    );
    assert_eq!(
        broken(|s| s.directors[0].table = Ok(fact(None))),
        "service: it is not in the table"
    );
    assert!(broken(of_nat).starts_with("ip_forward: ip_forward is 0"));
    let weightless = |s: &mut Scene| {
        let table = s.directors[0].table.as_mut().unwrap().value.as_mut().unwrap();
        table.real_servers.iter_mut().for_each(|server| server.weight = 0);
    };
    assert!(broken(weightless).starts_with("weights: all 2 have weight 0"));
}

#[test]
fn what_breaks_on_a_real_server_is_named() {
    assert!(
        broken(|s| drop(seen(s).addresses.as_mut().unwrap().value.pop()))
            .starts_with("virtual_address: it does not have 192.168.1.200")
    );
    let wide = |s: &mut Scene| seen(s).addresses.as_mut().unwrap().value[1].prefix_len = 24;
    assert!(broken(wide).contains("takes the whole network"));
    let settings = |text: &str| Ok(fact(PathSettings::parse(text)));
    let loud = "conf/all/arp_ignore:0\nconf/all/arp_announce:0\nconf/eth0/arp_ignore:0\nconf/eth0/arp_announce:2\n";
    assert!(
        broken(|s| seen(s).settings = settings(loud)).starts_with("arp_settings: arp_ignore 0")
    );
    let dropped = "[0:0] -A INPUT -d 192.168.1.200/32 -j DROP\n";
    assert!(broken(|s| seen(s).filter = Ok(fact(rules(dropped)))).starts_with("server_filter: "));
    assert_eq!(
        broken(|s| seen(s).listeners = Ok(fact(Vec::new()))),
        "listener: nothing listens on it"
    );
    let own = vec![Listener { address: "192.168.1.102".parse().unwrap(), port: 80 }];
    assert!(
        broken(|s| seen(s).listeners = Ok(fact(own)))
            .ends_with("on 192.168.1.102 alone, not on 192.168.1.200")
    );
    let past = |s: &mut Scene| {
        of_nat(s);
        s.directors[0].settings = settings(
            "ip_forward:1\nroute 192.168.1.102 192.168.1.102 dev eth0\nroute 192.168.1.103 192.168.1.103 dev eth0\n",
        );
    };
    assert!(broken(past).starts_with("way_back: it answers past the director"));
    let silent = |s: &mut Scene| s.directors[0].reach.as_mut().unwrap().value[0].reached = false;
    assert!(broken(silent).starts_with("server_answers: no connection"));
    let tunnelled = |s: &mut Scene| {
        s.servers[0].server.forwarding = Forwarding::Tun;
        seen(s).addresses.as_mut().unwrap().value[1] = address("tunl0", "192.168.1.200", 32);
    };
    assert!(broken(tunnelled).starts_with("rp_filter: rp_filter is 1"));
    let lost = Asked { connections: 12, answered: 7, refused: 0, silent: 5 };
    assert!(
        broken(|s| s.client.as_mut().unwrap().asked = Ok(fact(lost)))
            .starts_with("request: 7 of 12")
    );
}

#[test]
fn what_cannot_be_seen_is_unknown_and_not_broken() {
    let mut scene = scene();
    scene.servers[1].seen = None;
    scene.witness = None;
    scene.client = None;
    scene.directors[0].settings = Err("no answer".to_owned());
    let told = explain(&scene);
    assert_eq!(told.first_break, None, "{told:#?}");
    let unknown: Vec<&str> = told
        .steps
        .iter()
        .filter(|step| step.verdict == WalkVerdict::Unknown)
        .map(|step| step.id.as_str())
        .collect();
    assert_eq!(
        unknown,
        ["arp", "director_filter", "routes", "server_filter", "way_back", "server", "request"]
    );
}

#[test]
fn a_server_that_was_taken_out_is_named_by_its_cause() {
    let spoil = |s: &mut Scene| {
        s.servers[0].in_table = false;
        seen(s).listeners = Ok(fact(Vec::new()));
    };
    assert!(broken(spoil).starts_with("listener: "));
    let without_cause = |s: &mut Scene| s.servers[0].in_table = false;
    assert!(broken(without_cause).starts_with("weights: web-1 failed its check"));
    let nobody: fn(&mut Scene) = |s| {
        s.directors[0].table.as_mut().unwrap().value.as_mut().unwrap().real_servers =
            Vec::<RealServer>::new();
    };
    assert!(broken(nobody).starts_with("weights: the service has no real server"));
}

/// What the first break of a spoiled scene is mended by.
fn mended_by(spoil: impl FnOnce(&mut Scene)) -> Option<Operation> {
    let mut scene = scene();
    spoil(&mut scene);
    explain(&scene).first_break().unwrap().mend.clone()?.operation
}

#[test]
fn an_operation_is_offered_where_one_mends_the_break() {
    let service = ServiceId("tcp/192.168.1.200:80".to_owned());
    let without_address = |s: &mut Scene| drop(seen(s).addresses.as_mut().unwrap().value.pop());
    let prepares = Operation::LvsMoveMode {
        service: service.clone(),
        forwarding: Forwarding::Dr,
        keep_old: true,
    };
    assert_eq!(mended_by(without_address), Some(prepares));
    // It would move the other, too.
    let mixed = |s: &mut Scene| {
        without_address(s);
        s.servers[1].server.forwarding = Forwarding::Tun;
    };
    assert_eq!(mended_by(mixed), None);

    let weightless = |s: &mut Scene| {
        let table = s.directors[0].table.as_mut().unwrap().value.as_mut().unwrap();
        table.real_servers.iter_mut().for_each(|server| server.weight = 0);
    };
    let weighs = Operation::LvsSetWeight {
        service,
        server: "192.168.1.102:80".parse().unwrap(),
        weight: 2,
        may_empty: false,
    };
    assert_eq!(mended_by(weightless), Some(weighs), "as keepalived.conf has it");

    let both = |s: &mut Scene| {
        s.directors[1].addresses.as_mut().unwrap().value.push(address("eth0", "192.168.1.200", 32));
        s.vrrp.as_mut().unwrap().demote = Some(NodeId(2));
    };
    let instance = || InstanceName("VI_1".into());
    let demotes = Operation::VrrpDemote { instance: instance(), node: NodeId(2) };
    assert_eq!(mended_by(both), Some(demotes));
    let nobody = |s: &mut Scene| {
        drop(s.directors[0].addresses.as_mut().unwrap().value.pop());
        s.vrrp.as_mut().unwrap().out = Some(NodeId(1));
    };
    assert_eq!(mended_by(nobody), Some(Operation::VrrpBringBack { node: NodeId(1) }));
    let quiet = |s: &mut Scene| seen(s).listeners = Ok(fact(Vec::new()));
    assert_eq!(mended_by(quiet), None, "no operation starts a program");
}

#[test]
fn a_missing_service_is_added_as_the_other_director_has_it() {
    let server = |last: u8| ServerTraffic {
        address: format!("192.168.1.{last}").parse().unwrap(),
        port: 80,
        upper_threshold: u32::from(last),
        lower_threshold: 1,
        persistent_connections: 0,
        counted: Counted::default(),
        rates: None,
        connections_in_minute: None,
    };
    let traffic = |engine: Option<&str>| ServiceTraffic {
        target: service().target,
        one_packet: false,
        scheduler_flags: Vec::new(),
        netmask: "255.255.255.255".to_owned(),
        persistence_engine: engine.map(str::to_owned),
        counted: Counted::default(),
        rates: None,
        servers: vec![server(102), server(103)],
    };
    let spoil = |engine: Option<&'static str>, persistent_s| {
        move |s: &mut Scene| {
            s.directors[0].table = Ok(fact(None));
            s.directors.iter_mut().for_each(|director| director.configured = None);
            let table = s.directors[1].table.as_mut().unwrap().value.as_mut().unwrap();
            table.persistent_s = persistent_s;
            s.directors[1].traffic = Some(traffic(engine));
        }
    };
    let Some(Operation::LvsChangeService { change, .. }) = mended_by(spoil(None, Some(60))) else {
        panic!("it is not offered");
    };
    let ServiceChange::AddService { options, servers, directors, .. } = change else {
        panic!("{change:?}");
    };
    assert_eq!((options.scheduler, directors), (Scheduler::Wrr, vec![NodeId(1)]));
    assert_eq!(options.persistence.map(|kept| kept.timeout_s), Some(60));
    let told: Vec<_> =
        servers.iter().map(|s| (s.server.port(), s.weight, s.upper_threshold)).collect();
    assert_eq!(told, [(80, 2, 102), (80, 1, 103)]);
    assert_eq!(mended_by(spoil(Some("sip"), Some(60))), None, "an engine cannot be asked for");
    let owned = |s: &mut Scene| s.directors[0].table = Ok(fact(None));
    assert_eq!(mended_by(owned), None, "keepalived writes its own");
}

use super::*;
use crate::lvs::{Readings, parse};
use crate::nodes::{LinkState, fixtures::record, parse as node_parse};
use crate::vrrp;

const NOW: Timestamp = Timestamp(1_795_366_800_000);

const TABLE: &str = "hz 100\n\
    TCP  C0A801C8:0050 wrr\n  -> C0A80168:0050 Route 1 1 5\n  -> C0A80167:0050 Route 1 2 6\n  \
    -> C0A80166:0050 Route 2 3 7\n\
    TCP  C0A801C9:0CEA wrr\n  -> C0A8016F:0CEA Route 1 4 0\n";

/// Two directors with the same keepalived.conf and table; dir-a has the address of the web.
fn pair() -> Nodes {
    let director = |id: i64, name: &str, own: &str| {
        let mut observed = Observed::nothing(NOW);
        observed.link.state = LinkState::Up;
        observed.heard_at = Some(NOW);
        let addresses = node_parse::addresses(own).unwrap();
        observed.addresses = Some(Fact::new(addresses, NOW, "rtnetlink"));
        let conf = vrrp::conf::parse(include_str!("../vrrp/fixtures/keepalived.conf"));
        observed.vrrp_conf = Some(Fact::new(conf.instances, NOW, "conf"));
        observed.lvs_conf = Some(Fact::new(conf.table, NOW, "conf"));
        (NodeId(id), (record(id, name), observed))
    };
    let mut nodes = Nodes::from([
        director(1, "dir-a", "eth0 up 192.168.1.100/24\neth0 up 192.168.1.200/32\n"),
        director(2, "dir-b", "eth0 up 192.168.1.101/24\n"),
    ]);
    for id in [1, 2] {
        set_table(&mut nodes, id, TABLE);
    }
    nodes
}

fn seen(nodes: &mut Nodes, id: i64) -> &mut Observed {
    &mut nodes.get_mut(&NodeId(id)).unwrap().1
}

fn set_table(nodes: &mut Nodes, id: i64, text: &str) {
    seen(nodes, id).lvs = Some(Fact::new(parse(text).unwrap(), NOW, "/proc/net/ip_vs"));
}

fn web(nodes: &Nodes) -> ServiceView {
    find_service(nodes, "tcp/192.168.1.200:80").unwrap()
}

fn find_service(nodes: &Nodes, id: &str) -> Option<ServiceView> {
    view(nodes, NOW).services.into_iter().find(|service| service.id.0 == id)
}

#[test]
fn a_service_is_told_once_with_both_directors_words() {
    let nodes = pair();
    let web = web(&nodes);
    assert_eq!((web.holder, web.shown, web.owner), (Some(NodeId(1)), NodeId(1), Owner::Keepalived));
    assert_eq!((web.signal, web.differences.len(), web.on.len()), (Signal::Clear, 0, 2));
    let expected: Vec<Option<f64>> = web.servers.iter().map(|s| s.expected_share).collect();
    assert_eq!(expected, [Some(0.5), Some(0.25), Some(0.25)]);
    assert_eq!(web.servers[0].active_connections, 3);
    assert_eq!(web.commands.len(), 4);
}

#[test]
fn what_differs_is_a_fault_and_what_is_old_is_not_compared() {
    let mut nodes = pair();
    set_table(&mut nodes, 2, &TABLE.replace("Route 2 3 7", "Route 9 3 7"));
    let service = web(&nodes);
    assert_eq!(service.signal, Signal::Danger);
    assert_eq!(
        service.differences[0].en,
        "dir-a and dir-b: TCP 192.168.1.200:80 → 192.168.1.102:80: weight 2 against 9"
    );
    seen(&mut nodes, 2).heard_at = Some(Timestamp(NOW.0 - 60_000));
    let service = web(&nodes);
    assert_eq!((service.signal, service.differences.len()), (Signal::Clear, 0));
    assert!(service.on[1].stale);
}

#[test]
fn a_service_that_one_director_lacks_is_a_difference_only_where_they_share_its_address() {
    let mut nodes = pair();
    let more = "UDP  C0A801C8:0035 rr\n  -> C0A80166:0035 Route 1 0 0\n\
        TCP  C0A80164:1F90 rr\n  -> C0A80166:1F90 Masq 1 0 0\n\
        FWM  00000007 rr\n  -> C0A80166:0000 Route 1 0 0\n";
    set_table(&mut nodes, 1, &format!("{TABLE}{more}"));
    let told = |id: &str| find_service(&nodes, id).unwrap().differences;
    assert_eq!(
        told("udp/192.168.1.200:53")[0].en,
        "dir-a and dir-b: UDP 192.168.1.200:53 is on one director only"
    );
    assert_eq!(told("mark/7").len(), 1, "a mark may be on any packet");
    assert_eq!(told("tcp/192.168.1.100:8080"), [], "its own address is nobody else's");
    let own = find_service(&nodes, "tcp/192.168.1.100:8080").unwrap();
    assert_eq!(own.owner, Owner::Direct);
    seen(&mut nodes, 1).unreadable.insert("vrrp_conf".into(), "a group is not followed".into());
    let own = find_service(&nodes, "tcp/192.168.1.100:8080").unwrap();
    assert_eq!(own.owner, Owner::Unknown);
}

#[test]
fn a_configured_server_that_is_not_in_the_table_failed_its_check() {
    let mut nodes = pair();
    for id in [1, 2] {
        set_table(&mut nodes, id, &TABLE.replace("  -> C0A80167:0050 Route 1 2 6\n", ""));
    }
    let service = web(&nodes);
    assert_eq!(service.signal, Signal::Caution, "the others serve");
    let failed = service.servers.iter().find(|s| s.signal == Signal::Danger).unwrap();
    assert_eq!(failed.socket().to_string(), "192.168.1.103:80");
    assert!(failed.fault.as_ref().unwrap().en.ends_with("failed its check on dir-a, dir-b"));
}

#[test]
fn shares_are_of_the_minutes_connections_on_all_directors() {
    let mut nodes = pair();
    for (id, connections) in [(1, [30, 10]), (2, [0, 10])] {
        let mut readings = Readings::default();
        let mut traffic = Vec::new();
        for (at, [a, b]) in [(0, [0, 0]), (10_000, connections)] {
            let text = format!(
                "at {at}\nservice 6 192.168.1.200 80 2 - - {} 0 0 0 0\n\
                 server 192.168.1.102 80 500 100 0 {a} 0 0 0 0\n\
                 server 192.168.1.103 80 0 0 0 {b} 0 0 0 0\n",
                a + b
            );
            traffic = readings.take(&text).unwrap();
        }
        seen(&mut nodes, id).lvs_traffic = Some(Fact::new(traffic, NOW, "netlink"));
    }
    let service = web(&nodes);
    let observed: Vec<Option<f64>> = service.servers.iter().map(|s| s.observed_share).collect();
    assert_eq!(observed, [Some(0.6), Some(0.4), Some(0.0)]);
    assert_eq!(service.rates.unwrap().connections_per_s, 5.0);
    assert_eq!(service.servers[0].upper_threshold, 500);
    let limits = &mut seen(&mut nodes, 2).lvs_traffic.as_mut().unwrap().value[0].servers[0];
    limits.upper_threshold = 0;
    assert!(web(&nodes).differences[0].en.ends_with("thresholds 500/100 against 0/100"));
}

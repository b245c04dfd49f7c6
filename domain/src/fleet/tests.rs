//! The `ha` fleet of the lab, built from frames that its nodes sent, and what goes wrong with it.

use std::collections::BTreeMap;

use super::*;
use crate::engines::ThreadState;
use crate::engines::fixtures::engine;
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::lvs;
use crate::nodes::fixtures::record;
use crate::nodes::{LinkState, NodeRecord, Observed, parse};
use crate::signal::Signal;
use crate::time::Timestamp;
use crate::vrrp::{self, Holder, VrrpState};

const NOW: Timestamp = Timestamp(1_795_367_400_000);

struct Lab {
    nodes: BTreeMap<NodeId, (NodeRecord, Observed)>,
    fleet: Fleet,
    now: Timestamp,
}

impl Lab {
    /// Two directors, three web servers, and a primary with a chain of two replicas.
    fn up() -> Lab {
        let mut lab = Lab { nodes: BTreeMap::new(), fleet: Fleet::default(), now: NOW };
        lab.director(1, "dir-a", &["192.168.1.100", "192.168.1.200"]);
        lab.director(2, "dir-b", &["192.168.1.101", "192.168.1.201"]);
        for (id, name, address) in [(3, "web-1", 102), (4, "web-2", 103), (5, "web-3", 104)] {
            let address = format!("192.168.1.{address}");
            lab.add(id, name, &[&address, "lo 192.168.1.200"], &[80]);
        }
        for (id, name, address, source) in [
            (6, "db-1", "192.168.1.111", None),
            (7, "db-2", "192.168.1.112", Some("192.168.1.111")),
            (8, "db-3", "192.168.1.113", Some("192.168.1.112")),
        ] {
            let vip: &[&str] = if source.is_none() { &["lo 192.168.1.201"] } else { &[] };
            lab.add(id, name, &[&[address], vip].concat(), &[3306]);
            let engine = engine(id, source.as_slice(), source.is_some());
            lab.seen(id).engine = Some(Fact::new(engine, NOW, "socket"));
        }
        lab
    }

    fn director(&mut self, id: i64, name: &str, addresses: &[&str]) {
        self.add(id, name, addresses, &[22]);
        let conf = vrrp::conf::parse(include_str!("../vrrp/fixtures/keepalived.conf"));
        let said = vrrp::parse_json::parse(include_str!("../vrrp/fixtures/keepalived.json"));
        let (mut instances, mut said) = (conf.instances, said.unwrap());
        if id == 2 {
            // The other one of the pair: who has less there has more here.
            for instance in &mut instances {
                instance.priority = 190 - instance.priority;
            }
            for state in &mut said {
                state.base_priority = 190 - state.base_priority;
                state.effective_priority = state.base_priority;
                state.state = match state.state {
                    VrrpState::Master => VrrpState::Backup,
                    _ => VrrpState::Master,
                };
            }
        }
        let table = lvs::parse(
            "hz 0\nTCP  C0A801C9:0CEA wrr\n  -> C0A8016F:0CEA Route 1 4 0\n\
             TCP  C0A801C8:0050 wrr\n  -> C0A80168:0050 Route 1 1 0\n\
             \x20 -> C0A80167:0050 Route 1 2 0\n  -> C0A80166:0050 Route 2 3 0\n",
        );
        let observed = self.seen(id);
        observed.vrrp_conf = Some(Fact::new(instances, NOW, "keepalived.conf"));
        observed.lvs_conf = Some(Fact::new(conf.table, NOW, "keepalived.conf"));
        observed.vrrp_state = Some(Fact::new(said, NOW, "json"));
        observed.lvs = Some(Fact::new(table.unwrap(), NOW, "/proc/net/ip_vs"));
    }

    fn add(&mut self, id: i64, name: &str, addresses: &[&str], ports: &[u16]) {
        let mut observed = Observed::nothing(NOW);
        observed.link.state = LinkState::Up;
        observed.heard_at = Some(NOW);
        let lines: String = addresses
            .iter()
            .map(|text| text.rsplit_once(' ').unwrap_or(("eth0", text)))
            .map(|(interface, address)| format!("{interface} up {address}/24\n"))
            .collect();
        observed.addresses = Some(Fact::new(parse::addresses(&lines).unwrap(), NOW, "rtnetlink"));
        let listeners: String = ports.iter().map(|port| format!("00000000:{port:04X}\n")).collect();
        observed.listeners = Some(Fact::new(parse::listeners(&listeners).unwrap(), NOW, "tcp"));
        self.nodes.insert(NodeId(id), (record(id, name), observed));
    }

    fn seen(&mut self, id: i64) -> &mut Observed {
        &mut self.nodes.get_mut(&NodeId(id)).unwrap().1
    }

    /// Time passes; every node that is up beats.
    fn after_s(&mut self, seconds: i64) -> FleetView {
        for _ in 0..seconds {
            self.now = Timestamp(self.now.0 + 1_000);
            for (_, observed) in self.nodes.values_mut() {
                if observed.link.state == LinkState::Up {
                    observed.heard_at = Some(self.now);
                    observed.vrrp_state.iter_mut().for_each(|fact| fact.observed_at = self.now);
                    observed.addresses.iter_mut().for_each(|fact| fact.observed_at = self.now);
                }
            }
            self.fleet.derive(&self.nodes, &[], &[], self.now);
        }
        self.fleet.derive(&self.nodes, &[], &[], self.now).0
    }

    fn move_address(&mut self, from: i64, to: i64, address: &str) {
        let address: std::net::IpAddr = address.parse().unwrap();
        let own = &mut self.seen(from).addresses.as_mut().unwrap().value;
        let at = own.iter().position(|own| own.address == address).unwrap();
        let moved = own.remove(at);
        self.seen(to).addresses.as_mut().unwrap().value.push(moved);
    }
}

fn titles(view: &FleetView) -> Vec<&str> {
    let open = view.faults.iter().filter(|fault| fault.cleared_at.is_none());
    open.map(|fault| fault.title.en.as_str()).collect()
}

#[test]
fn a_healthy_fleet_is_clear_from_end_to_end() {
    let mut lab = Lab::up();
    let view = lab.after_s(30);
    assert_eq!(titles(&view), Vec::<&str>::new());
    assert!(view.nodes.values().all(|node| node.signal == Signal::Clear), "{:?}", view.nodes);
    let ids: Vec<_> = view.lines.iter().map(|line| (line.id.as_str(), line.signal)).collect();
    assert_eq!(
        ids,
        [("tcp/192.168.1.200:80", Signal::Clear), ("tcp/192.168.1.201:3306", Signal::Clear)]
    );
    insta::assert_json_snapshot!(view.lines);
    let roles: Vec<_> = view.nodes.values().map(|node| node.role).collect();
    assert_eq!(roles[..2], [NodeRole::Director; 2]);
    assert_eq!(roles[2..5], [NodeRole::RealServer; 3]);
    assert_eq!(roles[5..], [NodeRole::Database; 3]);
}

#[test]
fn an_address_that_moves_is_an_event_and_no_fault() {
    let mut lab = Lab::up();
    lab.after_s(1);
    lab.move_address(1, 2, "192.168.1.200");
    for (id, state) in [(1, VrrpState::Backup), (2, VrrpState::Master)] {
        lab.seen(id).vrrp_state.as_mut().unwrap().value[0].state = state;
    }
    let view = lab.after_s(20);
    assert_eq!(titles(&view), Vec::<&str>::new());
    let events: Vec<&str> = view.events.iter().map(|event| event.text.en.as_str()).collect();
    assert_eq!(
        events,
        [
            "dir-b holds VI_WEB, which dir-a held",
            "VI_WEB on dir-b: BACKUP → MASTER",
            "VI_WEB on dir-a: MASTER → BACKUP"
        ]
    );
    let points = view.lines[0].points.as_ref().unwrap();
    assert_eq!(points.holder, Holder::One { node: NodeId(2) });
}

#[test]
fn two_holders_are_a_split_brain_once_it_lasts() {
    let mut lab = Lab::up();
    lab.after_s(1);
    let vip = parse::addresses("eth0 up 192.168.1.200/24").unwrap().remove(0);
    lab.seen(2).addresses.as_mut().unwrap().value.push(vip);
    assert_eq!(titles(&lab.after_s(1)), Vec::<&str>::new());
    let view = lab.after_s(2);
    assert_eq!(
        titles(&view),
        ["dir-a and dir-b hold the addresses of VI_WEB at once: split brain"]
    );
    assert_eq!(view.lines[0].signal, Signal::Danger);
}

#[test]
fn a_holder_that_died_is_no_split_brain_while_its_line_is_not_known_dead() {
    let mut lab = Lab::up();
    lab.after_s(1);
    lab.seen(1).link.state = LinkState::Silent;
    lab.after_s(2);
    let vip = parse::addresses("eth0 up 192.168.1.200/24").unwrap().remove(0);
    lab.seen(2).addresses.as_mut().unwrap().value.push(vip);
    lab.seen(2).vrrp_state.as_mut().unwrap().value[0].state = VrrpState::Master;
    let view = lab.after_s(6);
    assert!(
        !titles(&view).iter().any(|title| title.contains("split brain")),
        "{:?}",
        titles(&view)
    );
    assert_eq!(view.lines[0].points.as_ref().unwrap().holder, Holder::One { node: NodeId(2) });
}

#[test]
fn a_director_that_says_what_is_not_so_is_named() {
    let mut lab = Lab::up();
    lab.seen(2).vrrp_state.as_mut().unwrap().value[0].state = VrrpState::Master;
    assert_eq!(
        titles(&lab.after_s(6)),
        ["dir-b says MASTER of VI_WEB, but its addresses say otherwise"]
    );
}

#[test]
fn a_server_that_keepalived_took_out_is_a_broken_leg() {
    let mut lab = Lab::up();
    for id in [1, 2] {
        let table = &mut lab.seen(id).lvs.as_mut().unwrap().value;
        table.services[0].real_servers.retain(|s| s.address.to_string() != "192.168.1.103");
        table.services[1].real_servers.retain(|s| s.address.to_string() != "192.168.1.103");
    }
    let view = lab.after_s(1);
    assert_eq!(titles(&view), ["dir-a took web-2 out: its check fails"]);
    assert_eq!(view.nodes[&NodeId(4)].signal, Signal::Danger);
    assert_eq!(view.lines[0].signal, Signal::Danger);
}

#[test]
fn a_real_server_is_held_against_its_own_facts() {
    let mut lab = Lab::up();
    lab.seen(3).listeners.as_mut().unwrap().value.clear();
    lab.seen(4).addresses.as_mut().unwrap().value.retain(|a| a.interface.as_str() != "lo");
    assert_eq!(
        titles(&lab.after_s(1)),
        [
            "nothing on web-1 listens on port 80",
            "web-2 does not have 192.168.1.200, which direct routing needs"
        ]
    );
}

#[test]
fn tables_that_stay_different_are_told() {
    let mut lab = Lab::up();
    lab.seen(2).lvs.as_mut().unwrap().value.services[0].real_servers[0].weight = 9;
    assert_eq!(titles(&lab.after_s(9)), Vec::<&str>::new());
    assert_eq!(
        titles(&lab.after_s(2)),
        ["dir-a and dir-b share tcp/192.168.1.200:80 out differently"]
    );
}

#[test]
fn replication_that_stops_or_lags_is_told_by_the_replicas_name() {
    let mut lab = Lab::up();
    lab.seen(7).engine.as_mut().unwrap().value.sources[0].sql = ThreadState::Stopped;
    lab.seen(8).engine.as_mut().unwrap().value.sources[0].seconds_behind = Some(148);
    assert_eq!(
        titles(&lab.after_s(3)),
        ["db-2 does not apply changes from db-1", "db-3 is 148 s behind db-2"]
    );
}

#[test]
fn a_node_that_cannot_be_seen_makes_what_it_shows_unknown_not_clear() {
    let mut lab = Lab::up();
    lab.after_s(1);
    lab.seen(3).link.state = LinkState::Down;
    let view = lab.after_s(12);
    assert_eq!(titles(&view), ["web-1 does not answer"]);
    let leg =
        view.lines.iter().flat_map(|line| &line.legs).find(|leg| leg.name == "web-1").unwrap();
    assert_eq!(leg.signal, Signal::Unknown);
    assert_eq!(view.nodes[&NodeId(3)].signal, Signal::Danger);
    assert_eq!(view.nodes[&NodeId(3)].since, Timestamp(NOW.0 + 2_000));
}

#[test]
fn a_disk_a_clock_and_a_stopped_keepalived_are_told() {
    let mut lab = Lab::up();
    let mut sections = crate::nodes::Sections::default();
    let frame = |name: &str, content: &str| crate::probe::Frame {
        kind: crate::probe::FrameKind::Content,
        name: name.to_owned(),
        node_time: Timestamp(NOW.0 + 2_500),
        content: content.to_owned(),
    };
    for frame in [
        frame("platform", include_str!("../nodes/fixtures/platform")),
        frame("disks", "1000000000 20000000 /\n"),
        frame("vitals", include_str!("../nodes/fixtures/vitals")),
        frame(
            "services",
            "boot_ms 1\nId=keepalived.service\nLoadState=loaded\nActiveState=failed\n",
        ),
        crate::probe::Frame { kind: crate::probe::FrameKind::Sign, ..frame("beat", "") },
    ] {
        sections.apply(lab.seen(2), &frame, NOW);
    }
    assert_eq!(
        titles(&lab.after_s(6)),
        [
            "/ on dir-b is 98 % full",
            "keepalived is failed on dir-b",
            "dir-b's clock is 2.5 s ahead of the console's"
        ]
    );
}

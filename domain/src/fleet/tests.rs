use std::collections::BTreeMap;

use super::*;
use crate::fact::Fact;
use crate::ids::{CredentialId, NodeId};
use crate::lvs::{Forwarding, Protocol, RealServer, Table, Target, VirtualService};
use crate::nodes::{InterfaceAddress, Link, LinkState, Listener, NodeRecord, Observed};
use crate::remote::Elevation;
use crate::signal::Signal;
use crate::time::Timestamp;
use crate::vrrp::{Auth, Holder, InstanceConf, InstanceState, VirtualAddress, VrrpState};

const NOW: Timestamp = Timestamp(1_000_000);
const VIP: &str = "192.168.1.200";

type Nodes = BTreeMap<NodeId, (NodeRecord, Observed)>;

fn fact<T>(value: T) -> Option<Fact<T>> {
    Some(Fact::new(value, NOW, "test"))
}

fn node(id: i64, name: &str, addresses: &[(&str, &str)]) -> (NodeRecord, Observed) {
    let record = NodeRecord {
        id: NodeId(id),
        name: name.parse().unwrap(),
        host: format!("198.18.0.{id}").parse().unwrap(),
        port: 22,
        user: "root".parse().unwrap(),
        elevation: Elevation::None,
        credential: CredentialId(1),
        jump: None,
        tags: Vec::new(),
        host_key: "SHA256:x".to_owned(),
        added_at: NOW,
        version: 1,
    };
    let address = |(interface, address): &(&str, &str)| InterfaceAddress {
        interface: interface.parse().unwrap(),
        address: address.parse().unwrap(),
        prefix_len: 24,
        up: true,
    };
    let mut observed = Observed::nothing(NOW);
    observed.link = Link { state: LinkState::Up, since: NOW, reason: None };
    observed.heard_at = Some(NOW);
    observed.addresses = fact(addresses.iter().map(address).collect());
    (record, observed)
}

fn table(weights: &[u32]) -> Table {
    let servers = weights.iter().zip(102_u8..).map(|(weight, last)| RealServer {
        address: format!("192.168.1.{last}").parse().unwrap(),
        port: 80,
        forwarding: Forwarding::Dr,
        weight: *weight,
        active_connections: 3,
        inactive_connections: 1,
    });
    let target =
        Target::Address { protocol: Protocol::Tcp, address: format!("{VIP}:80").parse().unwrap() };
    let service = VirtualService {
        target,
        scheduler: "wrr".to_owned(),
        persistent_s: None,
        real_servers: servers.collect(),
    };
    Table { services: vec![service] }
}

fn director(id: i64, name: &str, priority: u8, holds: bool) -> (NodeRecord, Observed) {
    let own = format!("192.168.1.{}", 99 + id);
    let mut addresses = vec![("eth0", own.as_str())];
    addresses.extend(holds.then_some(("eth0", VIP)));
    let (record, mut observed) = node(id, name, &addresses);
    observed.lvs = fact(table(&[2, 1]));
    observed.lvs_conf = fact(table(&[2, 1]));
    observed.vrrp_conf = fact(vec![InstanceConf {
        name: "VI_WEB".to_owned(),
        interface: "eth0".parse().unwrap(),
        vrid: 51,
        priority,
        starts_as_master: holds,
        advert_ms: 1000,
        version: 2,
        down_timer_adverts: 3,
        nopreempt: false,
        preempt_delay_ms: 0,
        auth: Auth::None,
        unicast_peers: Vec::new(),
        virtual_addresses: vec![VirtualAddress {
            address: VIP.parse().unwrap(),
            prefix_len: 24,
            interface: None,
        }],
        track_files: Vec::new(),
    }]);
    observed.vrrp_state = fact(vec![InstanceState {
        name: "VI_WEB".to_owned(),
        vrid: 51,
        state: if holds { VrrpState::Master } else { VrrpState::Backup },
        base_priority: priority,
        effective_priority: priority,
        last_transition: None,
        adverts_sent: 0,
        adverts_received: 0,
        became_master: 0,
        auth_failures: 0,
        auth_type_mismatches: 0,
        address_list_errors: 0,
    }]);
    (record, observed)
}

fn web(id: i64) -> (NodeRecord, Observed) {
    let own = format!("192.168.1.{}", 99 + id);
    let (record, mut observed) =
        node(id, &format!("web-{}", id - 2), &[("eth0", &own), ("lo", VIP)]);
    observed.listeners = fact(vec![Listener { address: "0.0.0.0".parse().unwrap(), port: 80 }]);
    (record, observed)
}

/// dir-a holds the address, dir-b stands by, web-1 and web-2 answer.
fn fleet() -> Nodes {
    let all = [director(1, "dir-a", 100, true), director(2, "dir-b", 90, false), web(3), web(4)];
    all.into_iter().map(|(record, observed)| (record.id, (record, observed))).collect()
}

fn picture(nodes: &Nodes) -> Picture {
    derive(nodes, &BTreeMap::new(), &Picture::default(), NOW).0
}

fn observed(nodes: &mut Nodes, id: i64) -> &mut Observed {
    &mut nodes.get_mut(&NodeId(id)).unwrap().1
}

#[test]
fn a_healthy_line_is_clear_from_end_to_end() {
    let picture = picture(&fleet());
    let [line] = picture.lines.as_slice() else { panic!("one line: {:#?}", picture.lines) };
    assert_eq!((line.id.as_str(), line.signal), ("tcp/192.168.1.200:80", Signal::Clear));
    let points = line.points.as_ref().unwrap();
    assert_eq!(points.holder, Holder::One { node: NodeId(1) });
    let names: Vec<&str> = line.legs.iter().map(|leg| leg.name.as_str()).collect();
    assert_eq!(names, ["web-1", "web-2"], "the address on lo is nobody's claim");
    assert_eq!(picture.faults, []);
}

#[test]
fn a_server_that_its_check_took_out_is_a_broken_leg() {
    let mut nodes = fleet();
    for id in [1, 2] {
        observed(&mut nodes, id).lvs = fact(table(&[2]));
    }
    let picture = picture(&nodes);
    assert_eq!(picture.lines[0].signal, Signal::Caution, "web-1 still carries it");
    assert_eq!(picture.lines[0].legs[1].signal, Signal::Danger);
    assert_eq!(picture.faults[0].id, "lvs/tcp/192.168.1.200:80/192.168.1.103:80");
}

#[test]
fn two_holders_are_a_split_brain_and_none_is_an_outage() {
    let mut nodes = fleet();
    let both = director(2, "dir-b", 90, true);
    nodes.insert(NodeId(2), both);
    let split = picture(&nodes);
    assert_eq!(
        split.vrrp.instances[0].holder,
        Holder::Several { nodes: vec![NodeId(1), NodeId(2)] }
    );
    assert_eq!(split.lines[0].signal, Signal::Danger);

    nodes.insert(NodeId(1), director(1, "dir-a", 100, false));
    nodes.insert(NodeId(2), director(2, "dir-b", 90, false));
    assert_eq!(picture(&nodes).vrrp.instances[0].holder, Holder::Nobody);
}

#[test]
fn what_is_not_heard_is_unknown_and_never_clear() {
    let mut nodes = fleet();
    for id in 1..=4 {
        observed(&mut nodes, id).heard_at = Some(Timestamp(NOW.0 - 11_000));
    }
    let picture = picture(&nodes);
    assert_eq!(picture.vrrp.instances[0].holder, Holder::Unknown);
    assert!(picture.nodes.values().all(|node| node.signal == Signal::Unknown));
    assert_eq!(picture.lines[0].signal, Signal::Unknown);
    assert!(picture.lines[0].legs.iter().all(|leg| leg.signal == Signal::Unknown));
}

#[test]
fn a_director_that_says_otherwise_than_its_addresses_is_a_fault() {
    let mut nodes = fleet();
    observed(&mut nodes, 2).vrrp_state.as_mut().unwrap().value[0].state = VrrpState::Master;
    let picture = picture(&nodes);
    assert_eq!(picture.vrrp.instances[0].signal, Signal::Danger);
    assert_eq!(
        picture.faults[0].title.en,
        "dir-b says MASTER of VI_WEB, but its addresses say otherwise"
    );
}

#[test]
fn a_weight_that_differs_between_directors_is_told_once() {
    let mut nodes = fleet();
    observed(&mut nodes, 2).lvs = fact(table(&[2, 5]));
    let picture = picture(&nodes);
    assert_eq!(picture.faults.len(), 1);
    assert_eq!(picture.faults[0].title.en, "The IPVS table of dir-b differs from the holder's");
}

#[test]
fn a_fault_keeps_its_beginning_and_stays_ten_minutes_after_clearing() {
    let healthy = fleet();
    let mut broken = fleet();
    observed(&mut broken, 3).link =
        Link { state: LinkState::Down, since: NOW, reason: Some("connection refused".to_owned()) };
    let at = |seconds: i64| Timestamp(NOW.0 + seconds * 1000);
    let beat = |mut nodes: Nodes, now: Timestamp| {
        nodes.values_mut().for_each(|(_, observed)| observed.heard_at = Some(now));
        nodes
    };
    let step = |nodes: &Nodes, before: &Picture, now| {
        derive(&beat(nodes.clone(), now), &BTreeMap::new(), before, now)
    };
    let (first, events) = step(&broken, &Picture::default(), at(0));
    assert_eq!(events.len(), 1, "{events:#?}");
    let (second, events) = step(&broken, &first, at(30));
    assert_eq!((second.faults[0].since, events), (at(0), vec![]));
    let (third, events) = step(&healthy, &second, at(60));
    assert_eq!((third.faults[0].cleared_at, events.len()), (Some(at(60)), 1));
    let (fourth, _) = step(&healthy, &third, at(659));
    assert_eq!(fourth.faults[0].cleared_at, Some(at(60)));
    let (fifth, events) = step(&healthy, &fourth, at(661));
    assert_eq!((fifth.faults, events), (vec![], vec![]));
}

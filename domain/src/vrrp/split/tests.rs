use std::collections::BTreeMap;
use std::net::IpAddr;

use super::*;
use crate::fact::Fact;
use crate::firewall::Tool;
use crate::firewall::adverts::Passage;
use crate::ids::NodeId;
use crate::nodes::fixtures::record;
use crate::nodes::{InterfaceAddress, Link, LinkState, NodeRecord, Observed};
use crate::time::Timestamp;
use crate::vrrp::daemon;
use crate::vrrp::fixtures::{NOW, conf, seen};
use crate::vrrp::{
    AdvertSender, AdvertsHeard, Auth, Holder, InstanceConf, InstanceState, VirtualAddress,
    VrrpState, view,
};

const VIP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 200));

fn own(node: i64) -> IpAddr {
    IpAddr::from([192, 168, 1, 99 + u8::try_from(node).unwrap()])
}

/// Both directors hold the address; `heard` says whom each hears.
struct Pair {
    nodes: BTreeMap<NodeId, (NodeRecord, Observed)>,
    gathered: Gathered,
}

impl Pair {
    fn split() -> Pair {
        let nodes = [(1, "dir-a", 100), (2, "dir-b", 90)]
            .map(|(id, name, priority)| (NodeId(id), (record(id, name), holding(id, priority))));
        let side = |node: i64| GatheredSide {
            node: NodeId(node),
            filter: Ok(seen(vec![])),
            arp: Some(seen(vec![answer(own(3 - node), "02:00:00:00:00:01")])),
            log: None,
        };
        let gathered = Gathered { at: NOW, sides: vec![side(1), side(2)], witness: None };
        Pair { nodes: nodes.into(), gathered }
    }

    fn seen(&mut self, node: i64) -> &mut Observed {
        &mut self.nodes.get_mut(&NodeId(node)).unwrap().1
    }

    fn conf(&mut self, node: i64) -> &mut InstanceConf {
        &mut self.seen(node).vrrp_conf.as_mut().unwrap().value[0]
    }

    fn hears(&mut self, node: i64) {
        let sender =
            AdvertSender { vrid: 51, from: own(3 - node), priority: 100, heard: vec![NOW] };
        self.seen(node).adverts.as_mut().unwrap().value.senders = vec![sender];
    }

    fn drops(&mut self, node: i64, ways: &[Way]) {
        let by = "filter INPUT 1 DROP".to_owned();
        let trace = |way: &Way| AdvertTrace {
            peer: NodeId(3 - node),
            way: *way,
            passage: Passage::Drops { tool: Tool::IptablesLegacy, by: by.clone(), packets: None },
        };
        let side = self.gathered.sides.iter_mut().find(|s| s.node == NodeId(node)).unwrap();
        side.filter = Ok(seen(ways.iter().map(trace).collect()));
    }

    fn link_cut(&mut self) {
        self.gathered.sides.iter_mut().for_each(|side| side.arp = Some(seen(vec![])));
    }

    fn causes(&self) -> Vec<CauseKind> {
        let view = view(&self.nodes, NOW);
        let [instance] = view.instances.as_slice() else { panic!("{view:#?}") };
        let before = BTreeMap::new();
        let members = instance.members.iter();
        let scene = Scene::of(members, &self.nodes, Some(&self.gathered), &before, NOW);
        causes(&scene).iter().map(|cause| cause.kind).collect()
    }
}

fn holding(id: i64, priority: u8) -> Observed {
    let mut observed = Observed::nothing(NOW);
    observed.link = Link { state: LinkState::Up, since: Timestamp(0), reason: None };
    observed.heard_at = Some(NOW);
    let address = |address| InterfaceAddress {
        interface: "eth0".parse().unwrap(),
        address,
        prefix_len: 24,
        up: true,
    };
    observed.addresses = Some(seen(vec![address(own(id)), address(VIP)]));
    observed.vrrp_conf = Some(seen(vec![conf("VI_WEB", priority)]));
    observed.vrrp_state = Some(seen(vec![InstanceState {
        name: "VI_WEB".into(),
        vrid: 51,
        state: VrrpState::Master,
        base_priority: priority,
        effective_priority: priority,
        last_transition: Some(Timestamp(NOW.0 - 300 * id)),
        adverts_sent: 10,
        adverts_received: 0,
        became_master: 1,
        auth_failures: 0,
        auth_type_mismatches: 0,
        address_list_errors: 0,
    }]));
    observed.vrrp_daemon = Some(seen(daemon::parse("parent R\nvrrp R\n").unwrap()));
    observed.adverts = Some(Fact::new(AdvertsHeard::nothing(Timestamp(0)), NOW, "test"));
    observed
}

fn answer(address: IpAddr, mac: &str) -> ArpAnswer {
    ArpAnswer { address, mac: mac.into() }
}

#[test]
fn each_difference_of_the_configurations_is_named() {
    type Spoil = fn(&mut InstanceConf);
    let table: [(Spoil, CauseKind); 8] = [
        (|conf| conf.vrid = 61, CauseKind::VridDiffers),
        (|conf| conf.version = 3, CauseKind::VersionDiffers),
        (|conf| conf.auth = Auth::None, CauseKind::AuthMissing),
        (|conf| conf.auth = Auth::Ah { digest: "d1".into() }, CauseKind::AuthTypeDiffers),
        (|conf| conf.auth = Auth::Pass { digest: "d2".into() }, CauseKind::AuthPassDiffers),
        (
            |conf| {
                let more = IpAddr::from([192, 168, 1, 204]);
                let address = VirtualAddress { address: more, prefix_len: 24, interface: None };
                conf.virtual_addresses.push(address);
            },
            CauseKind::AddressesDiffer,
        ),
        (|conf| conf.advert_ms = 2_000, CauseKind::AdvertIntervalDiffers),
        (|conf| conf.unicast_peers = vec![own(1)], CauseKind::UnicastDiffers),
    ];
    for (spoil, kind) in table {
        let mut pair = Pair::split();
        spoil(pair.conf(2));
        assert_eq!(pair.causes(), [kind]);
    }
}

#[test]
fn what_version_3_does_not_mind_is_no_cause() {
    let mut pair = Pair::split();
    for node in [1, 2] {
        pair.conf(node).version = 3;
    }
    pair.conf(2).advert_ms = 2_000;
    pair.conf(2).auth = Auth::None;
    assert_eq!(pair.causes(), []);
}

#[test]
fn rules_that_drop_adverts_are_named_by_their_direction() {
    let mut pair = Pair::split();
    pair.drops(2, &[Way::In]);
    assert_eq!(pair.causes(), [CauseKind::FilteredOneWay]);
    pair.drops(2, &[Way::In, Way::Out]);
    assert_eq!(pair.causes(), [CauseKind::FilteredBothWays]);
}

#[test]
fn a_frozen_daemon_and_one_that_is_gone_are_told_apart() {
    let mut pair = Pair::split();
    pair.seen(1).vrrp_daemon = Some(seen(daemon::parse("parent R\nvrrp T\n").unwrap()));
    assert_eq!(pair.causes(), [CauseKind::DaemonFrozen]);
    pair.seen(1).vrrp_daemon = Some(seen(daemon::parse("").unwrap()));
    assert_eq!(pair.causes(), [CauseKind::DaemonGone]);
}

#[test]
fn a_line_is_cut_only_where_not_even_arp_comes_through_and_the_console_reaches_both() {
    let mut pair = Pair::split();
    assert_eq!(pair.causes(), []);
    pair.link_cut();
    assert_eq!(pair.causes(), [CauseKind::LinkCut]);
    pair.hears(1);
    assert_eq!(pair.causes(), [CauseKind::LinkCutOneWay]);
    pair.seen(2).link.state = LinkState::Silent;
    assert_eq!(pair.causes(), []);
}

#[test]
fn a_split_knows_when_it_began_and_who_should_yield() {
    let mut pair = Pair::split();
    let mut book = SplitBook::default();
    let see = |book: &mut SplitBook, pair: &Pair, at: Timestamp| {
        let mut view = view(&pair.nodes, at);
        book.see(&mut view, &pair.nodes, at);
        (view.instances[0].split.clone(), book.settled(at))
    };
    let vip = pair.seen(2).addresses.as_mut().unwrap().value.pop().unwrap();
    assert_eq!(see(&mut book, &pair, Timestamp(NOW.0 - 500)), (None, vec![]));

    pair.seen(2).addresses.as_mut().unwrap().value.push(vip);
    let (split, settled) = see(&mut book, &pair, NOW);
    let split = split.unwrap();
    // Of the two words that they became MASTER the later one counts.
    assert_eq!((split.since, split.found_ms), (Timestamp(NOW.0 - 300), 300));
    assert_eq!((split.demote, settled), (Some(NodeId(2)), vec![]));

    let later = Timestamp(NOW.0 + 800);
    let (_, settled) = see(&mut book, &pair, later);
    assert_eq!(settled[0].found_at, NOW);
    book.gathered(&settled[0].instance, NOW, pair.gathered.clone());
    let (split, _) = see(&mut book, &pair, later);
    assert_eq!(split.unwrap().gathered_at, Some(NOW));

    pair.seen(1).vrrp_daemon = Some(seen(daemon::parse("parent R\nvrrp T\n").unwrap()));
    assert_eq!(see(&mut book, &pair, later).0.unwrap().demote, Some(NodeId(1)));

    pair.seen(1).addresses.as_mut().unwrap().value.pop();
    assert_eq!(see(&mut book, &pair, later), (None, vec![]));
    assert!(book.is_empty());
}

#[test]
fn a_holder_that_falls_silent_does_not_end_a_split() {
    let mut pair = Pair::split();
    let mut book = SplitBook::default();
    let mut see = |pair: &Pair, at: Timestamp| {
        let mut view = view(&pair.nodes, at);
        book.see(&mut view, &pair.nodes, at);
        (view.instances[0].holder.clone(), book.settled(at).first().map(|split| split.found_at))
    };
    see(&pair, NOW);
    let later = Timestamp(NOW.0 + 1_800);
    let survivor = pair.seen(2);
    survivor.addresses.as_mut().unwrap().observed_at = later;
    survivor.heard_at = Some(later);
    let (holder, found_at) = see(&pair, later);
    assert_eq!(holder, Holder::One { node: NodeId(2) });
    assert_eq!(found_at, Some(NOW));

    let other = pair.seen(1).addresses.as_mut().unwrap();
    other.observed_at = later;
    other.value.pop();
    pair.seen(1).heard_at = Some(later);
    assert_eq!(see(&pair, later), (Holder::One { node: NodeId(2) }, None));
}

#[test]
fn a_split_that_was_there_before_the_console_looked_has_no_delay() {
    let pair = Pair::split();
    let mut view = view(&pair.nodes, NOW);
    assert!(matches!(view.instances[0].holder, Holder::Several { .. }));
    SplitBook::default().see(&mut view, &pair.nodes, NOW);
    let split = view.instances[0].split.clone().unwrap();
    assert_eq!((split.since, split.found_ms), (NOW, 0));
}

#[test]
fn a_witness_sees_who_answers_for_the_address() {
    let (a, b) = ("02:00:00:00:00:01", "02:00:00:00:00:02");
    let printed = format!("192.168.1.100 {a}\n192.168.1.101 {b}\n192.168.1.200 {b}\nrubbish\n");
    let answers = seen(parse_arp(&printed));
    let witness = Witness { node: NodeId(9), name: "web-1".into(), answers };
    assert!(witness.sees(own(2), &[VIP]));
    assert!(!witness.sees(own(1), &[VIP]));
    assert!(!witness.sees(IpAddr::from([192, 168, 1, 9]), &[]));
}

#[test]
fn a_third_node_on_the_network_is_a_candidate_and_a_director_is_none() {
    let mut pair = Pair::split();
    let mut web = Observed::nothing(NOW);
    web.link.state = LinkState::Up;
    web.heard_at = Some(NOW);
    let address = |interface: &str, address| InterfaceAddress {
        interface: interface.parse().unwrap(),
        address,
        prefix_len: 24,
        up: true,
    };
    let there = IpAddr::from([192, 168, 1, 102]);
    web.addresses = Some(seen(vec![address("lo", VIP), address("eth0", there)]));
    pair.nodes.insert(NodeId(3), (record(3, "web-1"), web.clone()));
    web.addresses = Some(seen(vec![address("eth0", IpAddr::from([10, 0, 0, 12]))]));
    pair.nodes.insert(NodeId(4), (record(4, "client"), web));
    let found = candidates(&pair.nodes, &[NodeId(1), NodeId(2)], VIP, NOW);
    assert_eq!(found, [(NodeId(3), "eth0".parse().unwrap(), there)]);
}

#[test]
fn only_words_about_refused_adverts_are_taken_from_the_log() {
    let log = "(VI_WEB) Entering MASTER STATE\n(VI_WEB) received an invalid passwd!\n(VI_WEB) received an invalid passwd!\n(VI_DB) received an invalid passwd!\n";
    assert_eq!(refusals(log, "VI_WEB"), ["(VI_WEB) received an invalid passwd!"]);
}

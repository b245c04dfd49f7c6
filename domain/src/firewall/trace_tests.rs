use std::net::IpAddr;

use super::*;
use crate::firewall::{ConnectionState, Direction, Family, Protocol, Transport, parse};

fn rules(text: &str) -> Ruleset {
    parse(text, Family::V4).unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn host() -> Host {
    Host { addresses: Some(vec![ip("192.0.2.1")]), sets: None }
}

/// A new connection from outside to the node.
fn to_port(port: u16) -> Packet {
    let mut packet =
        Packet::syn(Direction::In, (ip("198.51.100.9"), 40_000), (ip("192.0.2.1"), port));
    packet.in_interface = Some("eth0".to_owned());
    packet
}

fn readable(trace: &Trace) -> String {
    let mut text = String::new();
    for step in &trace.steps {
        let rule = step.rule.map_or("policy".to_owned(), |rule| rule.to_string());
        let doubt = if step.truth == Truth::Unknown { " (in doubt)" } else { "" };
        text += &format!(
            "{} {} {} {rule}: {:?}{doubt}\n",
            step.hook, step.table, step.chain, step.deed
        );
    }
    text += &format!("{:?}\n", trace.outcome);
    for assumption in &trace.assumptions {
        text += &format!("assumed: {}\n", assumption.en);
    }
    text
}

#[test]
fn a_packet_goes_through_chains_and_back() {
    let rules = rules(
        "*filter\n:INPUT DROP\n:a -\n:b -\n:c -\n-A INPUT -j a\n-A INPUT -p tcp --dport 22 -j ACCEPT\n\
         -A a -j MARK --set-mark 5\n-A a -g b\n-A a -j DROP\n\
         -A b -m mark --mark 5 -j c\n-A b -j LOG\n-A c -p udp -j DROP\n-A c -j RETURN\n-A c -j DROP\nCOMMIT\n",
    );
    insta::assert_snapshot!(readable(&trace(&rules, &to_port(22), &host())));
    assert_eq!(trace(&rules, &to_port(23), &host()).outcome, Outcome::Dropped);
}

#[test]
fn a_translated_packet_is_routed_by_its_new_destination() {
    let rules = rules(include_str!("fixtures/saved.rules"));
    let mut packet = to_port(8080);
    packet.out_interface = Some("docker0".to_owned());
    let traced = trace(&rules, &packet, &host());
    insta::assert_snapshot!(readable(&traced));
    assert_eq!(traced.packet.destination, ip("172.17.0.2"));
}

#[test]
fn a_doubt_that_changes_nothing_is_no_doubt() {
    let doubtful = |target: &str| {
        rules(&format!(
            "*filter\n:INPUT DROP\n-A INPUT -m recent --rcheck -j {target}\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\n"
        ))
    };
    assert_eq!(trace(&doubtful("ACCEPT"), &to_port(22), &host()).outcome, Outcome::Accepted);
    let possible = vec![Outcome::Accepted, Outcome::Dropped];
    assert_eq!(
        trace(&doubtful("DROP"), &to_port(22), &host()).outcome,
        Outcome::Unknown { possible }
    );
    assert_eq!(trace(&doubtful("LOG"), &to_port(23), &host()).outcome, Outcome::Dropped);
    let doubt = trace(&doubtful("WHATEVER --it does"), &to_port(22), &host());
    assert!(matches!(doubt.outcome, Outcome::Unknown { .. }), "{doubt:?}");
}

#[test]
fn nat_is_asked_only_where_connections_are_tracked() {
    let drops = "*filter\n:INPUT ACCEPT\n-A INPUT -p tcp --dport 80 -j DROP\nCOMMIT\n";
    let nat = "*nat\n:PREROUTING ACCEPT\n-A PREROUTING -p tcp --dport 80 -j ACCEPT\nCOMMIT\n";
    let steps = |text: &str, state| {
        let packet = Packet { state, ..to_port(80) };
        trace(&rules(text), &packet, &host())
            .steps
            .iter()
            .filter(|s| s.table == TableName::Nat)
            .count()
    };
    assert_eq!(steps(&format!("{nat}{drops}"), ConnectionState::New), 0);
    let tracked = drops.replace("-A INPUT", "-A INPUT -m conntrack --ctstate NEW");
    assert_eq!(steps(&format!("{nat}{tracked}"), ConnectionState::New), 1);
    assert_eq!(steps(&format!("{nat}{tracked}"), ConnectionState::Established), 0);
}

#[test]
fn an_untracked_packet_has_no_connection() {
    let rules = rules(
        "*raw\n:PREROUTING ACCEPT\n-A PREROUTING -m conntrack --ctstate NEW -j DROP\n\
         -A PREROUTING -p tcp --dport 80 -j CT --notrack\nCOMMIT\n\
         *filter\n:INPUT ACCEPT\n-A INPUT -m conntrack --ctstate UNTRACKED -j DROP\nCOMMIT\n",
    );
    assert_eq!(trace(&rules, &to_port(80), &host()).outcome, Outcome::Dropped);
    assert_eq!(trace(&rules, &to_port(81), &host()).outcome, Outcome::Accepted);
}

#[test]
fn outgoing_packets_have_no_incoming_interface() {
    let rules = rules(
        "*filter\n:OUTPUT ACCEPT\n:own -\n-A OUTPUT -j own\n-A own -i eth0 -j ACCEPT\n-A own ! -i eth0 -j DROP\nCOMMIT\n",
    );
    let mut packet =
        Packet::syn(Direction::Out, (ip("192.0.2.1"), 40_000), (ip("198.51.100.9"), 80));
    packet.in_interface = Some("eth0".to_owned());
    assert_eq!(trace(&rules, &packet, &host()).outcome, Outcome::Dropped);
}

#[test]
fn an_advert_is_followed_by_its_protocol() {
    let rules = rules("*filter\n:INPUT DROP\n-A INPUT -p 112 -d 224.0.0.18 -j ACCEPT\nCOMMIT\n");
    let advert = Packet {
        protocol: Protocol(112),
        transport: Transport::Other,
        destination: ip("224.0.0.18"),
        ..to_port(0)
    };
    let anywhere = Host::default();
    let traced = trace(&rules, &advert, &anywhere);
    assert_eq!(traced.outcome, Outcome::Accepted);
    assert_eq!(traced.assumptions.len(), 1);
}

#[test]
fn a_circle_of_chains_ends() {
    let rules =
        rules("*filter\n:INPUT DROP\n:a -\n:b -\n-A INPUT -j a\n-A a -j b\n-A b -j a\nCOMMIT\n");
    assert!(matches!(trace(&rules, &to_port(1), &host()).outcome, Outcome::Unknown { .. }));
}

#[test]
fn an_advert_to_the_group_comes_in() {
    let rules = rules("*filter\n:INPUT DROP\n:FORWARD ACCEPT\nCOMMIT\n");
    let mut advert = Packet::syn(Direction::In, (ip("192.0.2.1"), 0), (ip("224.0.0.18"), 0));
    (advert.protocol, advert.transport) = (Protocol(112), Transport::Other);
    let host = Host { addresses: Some(vec![ip("192.0.2.2")]), sets: None };
    assert_eq!(trace(&rules, &advert, &host).outcome, Outcome::Dropped);
}

#[test]
fn an_error_about_a_connection_asks_no_rules_of_nat() {
    let rules = rules(
        "*nat\n:PREROUTING ACCEPT\n-A PREROUTING -j DNAT --to-destination 192.0.2.77\nCOMMIT\n",
    );
    let unreachable = Packet {
        protocol: Protocol::ICMP,
        transport: Transport::Icmp { kind: 3, code: 3 },
        state: ConnectionState::Related,
        ..to_port(0)
    };
    assert_eq!(trace(&rules, &unreachable, &host()).steps, []);
}

#[test]
fn a_translated_packet_leaves_by_an_interface_that_is_not_known() {
    let to = |target: &str, then: &str| {
        let rules = rules(&format!(
            "*nat\n:OUTPUT ACCEPT\n-A OUTPUT -j {target}\nCOMMIT\n\
             *filter\n:OUTPUT ACCEPT\n-A OUTPUT ! -o eth1 -j DROP\nCOMMIT\n\
             *mangle\n:POSTROUTING ACCEPT\n-A POSTROUTING {then} -j DROP\nCOMMIT\n"
        ));
        let mut packet =
            Packet::syn(Direction::Out, (ip("192.0.2.1"), 40_000), (ip("198.51.100.9"), 80));
        packet.out_interface = Some("eth1".to_owned());
        trace(&rules, &packet, &host()).outcome
    };
    let elsewhere = "DNAT --to-destination 203.0.113.5";
    assert!(matches!(to(elsewhere, "-o eth1"), Outcome::Unknown { .. }));
    assert_eq!(to(elsewhere, "-o +"), Outcome::Dropped);
    assert_eq!(to("REDIRECT", "-o lo"), Outcome::Dropped);
    assert_eq!(to("DNAT --to-destination 198.51.100.9", "-o eth1"), Outcome::Dropped);
}

#[test]
fn what_a_translation_chooses_is_in_doubt() {
    let host = Host { addresses: Some(vec![ip("192.0.2.1"), ip("192.0.2.65")]), sets: None };
    let to = |target: &str, asked: &str| {
        let rules = rules(&format!(
            "*nat\n:PREROUTING ACCEPT\n-A PREROUTING -p tcp -j {target}\nCOMMIT\n\
             *mangle\n:FORWARD ACCEPT\n:INPUT ACCEPT\n-A FORWARD -p tcp {asked} -j DROP\n\
             -A INPUT -p tcp {asked} -j DROP\nCOMMIT\n"
        ));
        trace(&rules, &to_port(80), &host).outcome
    };
    let in_doubt = |outcome| matches!(outcome, Outcome::Unknown { .. });
    assert!(in_doubt(to("REDIRECT", "-d 192.0.2.1")));
    assert_eq!(to("REDIRECT", "-d 192.0.2.0/24"), Outcome::Dropped);
    assert_eq!(to("REDIRECT", "-d 192.0.2.128/25"), Outcome::Accepted);
    assert_eq!(to("REDIRECT", "-m addrtype --dst-type LOCAL"), Outcome::Dropped);
    let several = "DNAT --to-destination 10.0.0.4-10.0.0.7:80-90";
    assert!(in_doubt(to(several, "-d 10.0.0.4/31")));
    assert_eq!(to(several, "-d 10.0.0.4/30"), Outcome::Dropped);
    assert!(in_doubt(to(several, "--dport 80")));
    assert_eq!(to(several, "! --dport 100:"), Outcome::Dropped);
}

#[test]
fn the_backends_differ_in_where_security_stands() {
    let both = "*nat\n:INPUT ACCEPT\nCOMMIT\n*security\n:INPUT ACCEPT\nCOMMIT\n\
        *filter\n:INPUT ACCEPT\n-A INPUT -m state --state INVALID -j DROP\nCOMMIT\n";
    let tables = |text: &str| {
        let traced = trace(&rules(text), &to_port(80), &host());
        traced.steps.iter().map(|step| step.table).collect::<Vec<_>>()
    };
    use TableName::{Filter, Nat, Security};
    assert_eq!(tables(both), [Filter, Security, Nat]);
    let nft = format!("# Generated by iptables-save v1.8.9 (nf_tables) on Mon Nov 23\n{both}");
    assert_eq!(tables(&nft), [Filter, Nat, Security]);
}

#[test]
fn a_module_that_asks_by_its_name_alone_is_in_doubt() {
    let rules = rules("*filter\n:INPUT ACCEPT\n-A INPUT -p tcp -m tcp -m socket -j DROP\nCOMMIT\n");
    let outcome = trace(&rules, &to_port(22), &host()).outcome;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}

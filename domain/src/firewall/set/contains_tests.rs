use std::net::IpAddr;

use super::*;
use crate::firewall::evaluate::{Host, Interface};
use crate::firewall::packet::{Direction, Packet};
use crate::firewall::set::{Sets, parse};
use crate::firewall::{Family, Ruleset, Target, Test, parse as parse_rules, trace};

fn sets(text: &str) -> Sets {
    parse(text).unwrap().into_iter().map(|set| (set.name.clone(), Some(set))).collect()
}

fn tcp(from: &str, to: &str, port: u16) -> Packet {
    Packet::syn(Direction::In, (from.parse().unwrap(), 40_000), (to.parse().unwrap(), port))
}

fn of_protocol(protocol: Protocol, transport: Transport) -> Packet {
    Packet { protocol, transport, ..tcp("10.0.0.1", "10.0.0.2", 80) }
}

/// What `-m set …` says of the packet.
fn ask(sets: &str, asked: &str, packet: &Packet) -> Truth {
    asked_of(self::sets(sets), asked, packet).truth
}

fn asked_of(sets: Sets, asked: &str, packet: &Packet) -> Membership {
    let family = if packet.source.is_ipv6() { Family::V6 } else { Family::V4 };
    let rules = format!("*filter\n:INPUT ACCEPT\n-A INPUT -m set {asked} -j DROP\nCOMMIT\n");
    let rules = parse_rules(&rules, family).unwrap();
    let (_, _, rule) = rules.rules().next().unwrap();
    let host = Host { addresses: None, sets: Some(sets) };
    let view = View {
        packet,
        source: None,
        destination: None,
        host: &host,
        in_interface: Interface::Unknown,
        out_interface: Interface::Absent,
        tracked: true,
        changed_sets: &[],
    };
    let Test::Set(asked) = &rule.conditions[0].test else { panic!("{:?}", rule.conditions) };
    membership(asked, &view)
}

#[test]
fn addresses_are_found_by_the_end_that_is_asked_for() {
    let set = "create a hash:ip\nadd a 10.0.0.1\nadd a 10.0.0.9 timeout 3";
    let packet = tcp("10.0.0.1", "10.0.0.2", 80);
    assert_eq!(ask(set, "--match-set a src", &packet), Truth::Yes);
    assert_eq!(ask(set, "--match-set a dst", &packet), Truth::No);
    assert_eq!(ask(set, "--match-set a src,dst", &packet), Truth::Yes);
    assert_eq!(ask(set, "--match-set a src", &tcp("10.0.0.9", "10.0.0.2", 80)), Truth::Yes);
    let masked = "create a hash:ip netmask 24\nadd a 10.0.0.0";
    assert_eq!(ask(masked, "--match-set a src", &tcp("10.0.0.77", "10.0.0.2", 80)), Truth::Yes);
    let bits = "create a hash:ip bitmask 255.255.0.255\nadd a 10.0.0.7";
    assert_eq!(ask(bits, "--match-set a src", &tcp("10.0.9.7", "10.0.0.2", 80)), Truth::Yes);
    assert_eq!(ask(bits, "--match-set a src", &tcp("10.0.9.8", "10.0.0.2", 80)), Truth::No);
}

#[test]
fn the_longest_prefix_decides_and_exceptions_are_not_in_the_set() {
    let set = "create n hash:net\nadd n 10.0.0.0/8\nadd n 10.1.0.0/16 nomatch\nadd n 10.1.2.0/24\nadd n 10.1.2.3 nomatch\nadd n 172.16.0.0/12 nomatch";
    for (address, is_in, is_exception) in [
        ("10.9.9.9", Truth::Yes, Truth::No),
        ("10.1.9.9", Truth::No, Truth::Yes),
        ("10.1.2.9", Truth::Yes, Truth::No),
        ("10.1.2.3", Truth::No, Truth::Yes),
        ("172.16.0.1", Truth::No, Truth::Yes),
        ("192.0.2.1", Truth::No, Truth::No),
    ] {
        let packet = tcp(address, "192.0.2.2", 80);
        assert_eq!(ask(set, "--match-set n src", &packet), is_in, "{address}");
        let asked = "--match-set n src --return-nomatch";
        assert_eq!(ask(set, asked, &packet), is_exception, "{address}");
    }
    let found = asked_of(sets(set), "--match-set n src", &tcp("10.1.2.9", "192.0.2.2", 80));
    assert_eq!(found.entry.unwrap(), "10.1.2.0/24");
}

#[test]
fn a_set_with_two_networks_goes_by_the_first_then_by_the_second() {
    let set = "create n hash:net,net\nadd n 10.0.0.0/8,192.0.2.0/24\nadd n 10.1.0.0/16,192.0.0.0/16 nomatch\nadd n 10.1.0.0/16,192.0.2.5 ";
    let of = |from, to| ask(set, "--match-set n src,dst", &tcp(from, to, 80));
    assert_eq!(of("10.2.0.1", "192.0.2.9"), Truth::Yes);
    assert_eq!(of("10.1.0.1", "192.0.2.9"), Truth::No);
    assert_eq!(of("10.1.0.1", "192.0.2.5"), Truth::Yes);
}

#[test]
fn ports_belong_to_their_protocol() {
    let set = "create p hash:ip,port\nadd p 10.0.0.2,tcp:80\nadd p 10.0.0.2,icmp:echo-request\nadd p 10.0.0.2,vrrp:0\nadd p 10.0.0.1,udp:40000\nadd p 10.0.0.2,sctp:90";
    let of = |packet: &Packet| ask(set, "--match-set p dst,dst", packet);
    assert_eq!(of(&tcp("10.0.0.1", "10.0.0.2", 80)), Truth::Yes);
    assert_eq!(of(&tcp("10.0.0.1", "10.0.0.2", 81)), Truth::No);
    let udp = Transport::Udp { source: 40_000, destination: 80 };
    assert_eq!(of(&of_protocol(Protocol::UDP, udp)), Truth::No);
    assert_eq!(ask(set, "--match-set p src,src", &of_protocol(Protocol::UDP, udp)), Truth::Yes);
    assert_eq!(ask(set, "--match-set p src", &of_protocol(Protocol::UDP, udp)), Truth::No);
    let icmp = |kind| of_protocol(Protocol::ICMP, Transport::Icmp { kind, code: 0 });
    assert_eq!((of(&icmp(8)), of(&icmp(0))), (Truth::Yes, Truth::No));
    assert_eq!(of(&of_protocol(Protocol(112), Transport::Other)), Truth::Yes);
    assert_eq!(of(&of_protocol(Protocol(132), Transport::Other)), Truth::Unknown);
    let bitmap = "create b bitmap:port range 0-1024\nadd b 80";
    let of = |packet: &Packet| ask(bitmap, "--match-set b dst", packet);
    assert_eq!(of(&tcp("10.0.0.1", "10.0.0.2", 80)), Truth::Yes);
    assert_eq!(of(&of_protocol(Protocol::UDP, udp)), Truth::Yes);
    assert_eq!(of(&icmp(8)), Truth::No);
    assert_eq!(of(&of_protocol(Protocol(132), Transport::Other)), Truth::No);
}

#[test]
fn a_list_holds_what_one_of_its_sets_holds() {
    let set = "create a hash:ip\nadd a 10.0.0.1\ncreate p hash:ip,port\nadd p 10.0.0.7,tcp:80\ncreate six hash:net family inet6\nadd six 2001:db8::/32\ncreate other hash:ip,mark\nadd other 10.0.0.8,0x1\ncreate l list:set\nadd l a\nadd l p\nadd l six\ncreate m list:set\nadd m other\nadd m a";
    let of = |asked, packet: &Packet| ask(set, asked, packet);
    assert_eq!(of("--match-set l src", &tcp("10.0.0.1", "10.0.0.2", 80)), Truth::Yes);
    assert_eq!(of("--match-set l dst,dst", &tcp("10.0.0.1", "10.0.0.7", 80)), Truth::Yes);
    // Not enough is given for the set with ports.
    assert_eq!(of("--match-set l dst", &tcp("10.0.0.1", "10.0.0.7", 80)), Truth::No);
    assert_eq!(of("--match-set l src", &tcp("2001:db8::1", "2001:db8::2", 80)), Truth::Yes);
    assert_eq!(of("--match-set m src", &tcp("10.0.0.1", "10.0.0.2", 80)), Truth::Yes);
    assert_eq!(of("--match-set m src", &tcp("10.0.0.3", "10.0.0.2", 80)), Truth::Unknown);
    let found = asked_of(sets(set), "--match-set l src", &tcp("10.0.0.1", "10.0.0.2", 80));
    assert_eq!(found.entry.unwrap(), "a: 10.0.0.1");
}

#[test]
fn what_is_not_known_is_in_doubt() {
    let packet = tcp("10.0.0.1", "10.0.0.2", 80);
    let set = "create a hash:ip counters\nadd a 10.0.0.1 packets 5 bytes 300\ncreate o hash:net,iface\nadd o 10.0.0.0/8,eth0\ncreate m bitmap:ip,mac range 10.0.0.0/24\nadd m 10.0.0.1,02:00:00:00:00:05";
    let of = |asked| ask(set, asked, &packet);
    assert_eq!(of("--match-set nowhere src"), Truth::Unknown);
    assert_eq!(of("--match-set o src,src"), Truth::Unknown);
    assert_eq!(of("--match-set m src,src"), Truth::Unknown);
    assert_eq!(of("--match-set m dst,src"), Truth::No);
    assert_eq!(of("--match-set a src --packets-gt 4"), Truth::Unknown);
    assert_eq!(of("--match-set a dst --packets-gt 4"), Truth::No);
    assert_eq!(of("--match-set a src ! --update-counters"), Truth::Yes);
    let large = Sets::from([("a".to_owned(), None)]);
    assert_eq!(asked_of(large, "--match-set a src", &packet).truth, Truth::Unknown);
    assert_eq!(
        ask("create a hash:ip family inet6\nadd a ::1", "--match-set a src", &packet),
        Truth::No
    );
}

fn rules(text: &str) -> Ruleset {
    parse_rules(&format!("*filter\n:INPUT ACCEPT\n{text}COMMIT\n"), Family::V4).unwrap()
}

#[test]
fn a_rule_that_changes_a_set_leaves_it_in_doubt() {
    let host = Host {
        addresses: Some(vec![IpAddr::from([10, 0, 0, 2])]),
        sets: Some(sets("create a hash:ip\ncreate b hash:ip\n")),
    };
    let of = |text: &str| trace(&rules(text), &tcp("10.0.0.1", "10.0.0.2", 80), &host);
    let ends = "-A INPUT -m set --match-set a src -j DROP\n";
    assert_eq!(of(ends).outcome.to_string(), "accepted");
    let doubt = of(&format!("-A INPUT -j SET --add-set a src\n{ends}"));
    assert_eq!(doubt.outcome.to_string(), "unknown: accepted or dropped");
    let other = of(&format!("-A INPUT -j SET --add-set b src --exist\n{ends}"));
    assert_eq!(other.outcome.to_string(), "accepted");
}

#[test]
fn a_step_tells_the_set_and_the_entry() {
    let sets = Some(sets("create a hash:net\nadd a 10.0.0.0/8\n"));
    let host = Host { addresses: None, sets };
    let rules = rules("-A INPUT -m set --match-set a src -m set ! --match-set a dst -j DROP\n");
    let traced = trace(&rules, &tcp("10.0.0.1", "192.0.2.2", 80), &host);
    let told: Vec<_> =
        traced.steps[0].sets.iter().map(|s| (s.name.as_str(), s.entry.as_deref())).collect();
    assert_eq!(told, [("a", Some("10.0.0.0/8")), ("a", None)]);
}

#[test]
fn every_option_of_the_match_is_read_and_the_text_stays() {
    let text = "-m set ! --match-set a src,dst --return-nomatch ! --update-counters ! --packets-eq 5 --bytes-gt 7 -m tcp --dport 22 -j SET --add-set b src --exist";
    let rules = rules(&format!("-A INPUT -p tcp {text}\n"));
    let (_, _, rule) = rules.rules().next().unwrap();
    assert_eq!(rule.text, format!("-p tcp {text}"));
    assert_eq!(rule.conditions.len(), 3);
    let Test::Set(set) = &rule.conditions[1].test else { panic!("{:?}", rule.conditions) };
    assert!(rule.conditions[1].negated && set.returns_exceptions && set.asks_counters);
    assert_eq!(set.sides, [Side::Source, Side::Destination]);
    assert_eq!(rule.named_sets().collect::<Vec<_>>(), ["a", "b"]);
    assert!(matches!(rule.target, Target::Continue { .. }));
    for wrong in
        ["--match-set a", "--match-set a source", "--match-set a src,src,src,src,src,src,src"]
    {
        let text = format!("*filter\n:INPUT ACCEPT\n-A INPUT -m set {wrong} -j DROP\nCOMMIT\n");
        let error = parse_rules(&text, Family::V4).unwrap_err().to_string();
        assert!(error.contains("at most six of src and dst"), "{error}");
    }
}

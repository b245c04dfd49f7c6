//! Where IPv4 and IPv6 of one node answer the same new connection differently: most often somebody
//! closed a port and forgot the other family.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::evaluate::Host;
use super::model::Ruleset;
use super::packet::{Direction, Packet};
use super::test::Test;
use super::trace::{Outcome, trace};
use super::view::OwnAddress;

/// How one port of one interface is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    pub interface: String,
    /// `None`: the ports that no rule names.
    pub port: Option<u16>,
    pub v4: Answer,
    pub v6: Answer,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub outcome: Outcome,
    /// What decided it.
    pub by: String,
}

/// Of the documentation networks (RFC 5737, RFC 3849), so that no rule for a known network takes it.
const FROM_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 250));
const FROM_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0xfffe));
const CLIENT_PORT: u16 = 40_000;
/// A page shows a few.
const MAX_PORTS: usize = 64;

/// Compares what a stranger meets on every interface that has addresses of both families. What is
/// not known for sure is no disagreement.
pub fn disagreements(v4: &Ruleset, v6: &Ruleset, addresses: &[OwnAddress]) -> Vec<Disagreement> {
    let named: BTreeSet<u16> = [v4, v6].into_iter().flat_map(named_ports).collect();
    let unnamed = (1..=u16::MAX).rev().find(|port| !named.contains(port));
    let ports = named.into_iter().take(MAX_PORTS).map(Some);
    let ports: Vec<Option<u16>> = ports.chain([None]).collect();
    // A set holds addresses of one family: what it says of a stranger is no disagreement.
    let own = Some(addresses.iter().map(|own| own.address).collect());
    let host = Host { addresses: own, sets: None };
    let mut found = Vec::new();
    for (interface, own_v4, own_v6) in both_families(addresses) {
        for port in &ports {
            let Some(number) = port.or(unnamed) else { continue };
            let answer = |rules: &Ruleset, from, to| {
                let mut packet = Packet::syn(Direction::In, (from, CLIENT_PORT), (to, number));
                packet.in_interface = Some(interface.to_owned());
                let trace = trace(rules, &packet, &host);
                Answer { by: trace.deciding(), outcome: trace.outcome }
            };
            let (v4, v6) = (answer(v4, FROM_V4, own_v4), answer(v6, FROM_V6, own_v6));
            if differ(&v4.outcome, &v6.outcome) {
                found.push(Disagreement { interface: interface.to_owned(), port: *port, v4, v6 });
            }
        }
    }
    found
}

/// One is let in and the other surely is not; how it is turned away does not matter.
fn differ(v4: &Outcome, v6: &Outcome) -> bool {
    let is_known = |outcome: &Outcome| !matches!(outcome, Outcome::Unknown { .. });
    let is_in = |outcome: &Outcome| *outcome == Outcome::Accepted;
    is_known(v4) && is_known(v6) && is_in(v4) != is_in(v6)
}

fn named_ports(rules: &Ruleset) -> impl Iterator<Item = u16> {
    let conditions = rules.rules().flat_map(|(_, _, rule)| &rule.conditions);
    conditions.flat_map(|condition| match &condition.test {
        Test::DestinationPort(ports) => vec![ports.first],
        Test::DestinationPorts(several) => several.iter().map(|ports| ports.first).collect(),
        _ => Vec::new(),
    })
}

/// Interfaces with an IPv4 address and an IPv6 address that others can reach.
fn both_families(addresses: &[OwnAddress]) -> Vec<(&str, IpAddr, IpAddr)> {
    let names: BTreeSet<&str> = addresses.iter().map(|own| own.interface.as_str()).collect();
    let of = |name: &str, fits: fn(&IpAddr) -> bool| {
        let mut own = addresses.iter().filter(|own| own.interface == name);
        own.find(|own| !own.address.is_loopback() && fits(&own.address)).map(|own| own.address)
    };
    let is_global_v6 = |address: &IpAddr| match address {
        IpAddr::V6(v6) => !v6.is_unicast_link_local(),
        IpAddr::V4(_) => false,
    };
    let both = names
        .into_iter()
        .filter_map(|name| Some((name, of(name, IpAddr::is_ipv4)?, of(name, is_global_v6)?)));
    both.collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Family, parse};
    use super::*;

    fn own(address: &str) -> OwnAddress {
        OwnAddress {
            address: address.parse().unwrap(),
            prefix_len: 64,
            interface: "eth0".to_owned(),
        }
    }

    fn found(v4: &str, v6: &str, addresses: &[OwnAddress]) -> Vec<(Option<u16>, bool, bool)> {
        let rules = |text: &str, family| {
            parse(&format!("*filter\n:INPUT {text}\nCOMMIT\n"), family).unwrap()
        };
        let all = disagreements(&rules(v4, Family::V4), &rules(v6, Family::V6), addresses);
        let is_in = |answer: &Answer| answer.outcome == Outcome::Accepted;
        all.iter().map(|found| (found.port, is_in(&found.v4), is_in(&found.v6))).collect()
    }

    const OPEN_SSH: &str = "DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT";

    #[test]
    fn a_family_that_was_forgotten_is_told() {
        let both = [own("192.0.2.1"), own("2001:db8:1::1")];
        assert_eq!(found(OPEN_SSH, "ACCEPT", &both), [(None, false, true)]);
        let closed = "ACCEPT\n-A INPUT -p tcp -m tcp --dport 3306 -j DROP";
        assert_eq!(found(closed, "ACCEPT", &both), [(Some(3306), false, true)]);
        assert_eq!(found(OPEN_SSH, OPEN_SSH, &both), []);
        let rejecting = "DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -j REJECT";
        assert_eq!(found(OPEN_SSH, rejecting, &both), [], "turned away either way");
    }

    #[test]
    fn nothing_is_claimed_without_addresses_of_both_or_in_doubt() {
        assert_eq!(found(OPEN_SSH, "ACCEPT", &[own("192.0.2.1"), own("fe80::1")]), []);
        let both = [own("192.0.2.1"), own("2001:db8:1::1")];
        assert_eq!(found("ACCEPT\n-A INPUT -m weather --rain -j DROP", "ACCEPT", &both), []);
    }
}

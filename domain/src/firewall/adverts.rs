//! What a node's rules do to one packet that is no connection's, such as a VRRP advert: every iptables
//! of its family is asked, and nft tables that none of them shows leave a doubt.

use super::evaluate::Host;
use super::model::Family;
use super::packet::Packet;
use super::reading::Reading;
use super::tool::Tool;
use super::trace::{Outcome, Step, Trace, trace};
use super::view::{Other, OwnAddress};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passage {
    Passes,
    /// `by`: the rule or policy, e.g. `filter INPUT 4 DROP`.
    Drops {
        tool: Tool,
        by: String,
        /// What it has counted; a policy's count is of all that came to it.
        packets: Option<u64>,
    },
    Unsure {
        by: String,
    },
}

/// Follows the packet through all rules of its family.
pub fn passage(reading: &Reading, own: &[OwnAddress], packet: &Packet) -> Passage {
    let host = Host {
        addresses: Some(own.iter().map(|own| own.address).collect()),
        sets: reading.sets.sets(),
    };
    let family = if packet.source.is_ipv6() { Family::V6 } else { Family::V4 };
    let mut doubt = reading.others.iter().find_map(in_doubt);
    for (tool, view) in reading.rulesets.iter().filter(|(tool, _)| tool.family() == family) {
        // A tool that is not installed has no rules to speak of.
        let Ok(rules) = tool.parse(&view.text) else { continue };
        let trace = trace(&rules, packet, &host);
        match trace.outcome {
            Outcome::Accepted => {}
            Outcome::Unknown { .. } => {
                doubt.get_or_insert(format!("{tool}: {}", trace.deciding()));
            }
            Outcome::Dropped | Outcome::Rejected { .. } => {
                let packets = trace.steps.last().and_then(|step| counted(reading, *tool, step));
                return Passage::Drops { tool: *tool, by: deciding(&trace), packets };
            }
        }
    }
    doubt.map_or(Passage::Passes, |by| Passage::Unsure { by })
}

/// The last step ends the packet; an earlier one in doubt did not matter.
fn deciding(trace: &Trace) -> String {
    let last = trace.steps.last().cloned();
    Trace { steps: last.into_iter().collect(), ..trace.clone() }.deciding()
}

fn counted(reading: &Reading, tool: Tool, step: &Step) -> Option<u64> {
    let view = reading.rulesets.get(&tool)?;
    let chain = view.counters.get(&format!("{}/{}", step.table, step.chain))?;
    chain.get(&step.rule.unwrap_or(0)).map(|counters| counters.packets)
}

/// Tables of nft are not followed; keepalived's own are about its virtual addresses.
fn in_doubt(table: &Other) -> Option<String> {
    let drops = |line: &&str| {
        line.contains("policy drop")
            || line.split([' ', '\t', ',', ';']).any(|word| word == "drop" || word == "reject")
    };
    let is_keepaliveds = table.name.ends_with(" keepalived");
    let line = table.text.lines().find(drops).filter(|_| !is_keepaliveds)?;
    Some(format!("table {}: {}", table.name, line.trim()))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::firewall::{ConnectionState, Direction, Protocol, Transport};

    fn advert() -> Packet {
        Packet {
            direction: Direction::In,
            in_interface: Some("eth0".into()),
            out_interface: None,
            source: IpAddr::from([192, 168, 1, 100]),
            destination: IpAddr::from([224, 0, 0, 18]),
            protocol: Protocol(112),
            transport: Transport::Other,
            state: ConnectionState::New,
            mark: 0,
        }
    }

    fn read(rules: &str, nft: &str) -> Passage {
        let text = format!("== iptables-legacy\n{rules}== nft\n{nft}");
        passage(&Reading::parse(&text), &[], &advert())
    }

    const DROPPED: &str = "*filter\n:INPUT ACCEPT [9:90]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n[2:80] -A INPUT -i lo -j ACCEPT\n[44:1760] -A INPUT -s 192.168.1.100/32 -p vrrp -j DROP\nCOMMIT\n";

    #[test]
    fn the_rule_that_drops_an_advert_is_named_with_its_count() {
        let by = "filter INPUT 2 DROP".to_owned();
        let expected = Passage::Drops { tool: Tool::IptablesLegacy, by, packets: Some(44) };
        assert_eq!(read(DROPPED, ""), expected);
    }

    #[test]
    fn rules_of_others_let_it_pass() {
        let other = DROPPED.replace("192.168.1.100", "192.168.1.9");
        assert_eq!(read(&other, ""), Passage::Passes);
        assert_eq!(read("", ""), Passage::Passes);
    }

    #[test]
    fn a_table_of_nft_that_drops_something_is_a_doubt() {
        let table = "table inet x {\n\tchain in {\n\t\ttype filter hook input priority 0; policy drop;\n\t}\n}\n";
        assert!(matches!(read("", table), Passage::Unsure { .. }));
    }
}

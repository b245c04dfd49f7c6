//! Fixtures are what the script printed on a real node (Linux 6.18, iptables 1.8.9).

use std::collections::BTreeMap;

use super::super::model::Ruleset;
use super::super::packet::Direction;
use super::super::reading::Reading;
use super::super::view::{OwnAddress, RulesetView};
use super::super::{Tool, canonical, digest};
use super::plan::{TraceInput, trace_for_real};
use super::*;
use crate::fact::Fact;
use crate::firewall::plan::RunningJob;
use crate::ids::{JobId, NodeId};
use crate::nodes::{Observed, fixtures};
use crate::plan::{Action, Draft, Verdict};
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp(1_000_000);
const LEGACY: Tool = Tool::IptablesLegacy;

/// Through a chain of people's own, which ends without a word for TCP, drops UDP and returns ICMP.
const RULES: &str = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:LOGGED - [0:0]\n\
-A INPUT -s 10.0.0.12/32 -p tcp -m tcp --dport 22 -j ACCEPT\n\
-A INPUT -s 10.0.0.12/32 -j LOGGED\n\
-A LOGGED -p icmp -j RETURN\n\
-A LOGGED -p udp -j DROP\nCOMMIT\n";

const LEGACY_TCP: &str = "eth0 - TRACE: raw:PREROUTING:policy:2 \n\
eth0 - TRACE: filter:INPUT:rule:2 \n\
eth0 - TRACE: filter:LOGGED:return:3 \n\
eth0 - TRACE: filter:INPUT:policy:3 \n";
const LEGACY_UDP: &str = "eth0 - TRACE: raw:PREROUTING:policy:2 \n\
eth0 - TRACE: filter:INPUT:rule:2 \n\
eth0 - TRACE: filter:LOGGED:rule:2 \n";
const LEGACY_ICMP: &str = "eth0 - TRACE: raw:PREROUTING:policy:2 \n\
eth0 - TRACE: filter:INPUT:rule:2 \n\
eth0 - TRACE: filter:LOGGED:rule:1 \n\
eth0 - TRACE: filter:INPUT:policy:3 \n";
const NFT_TCP: &str = "eth0 - nft 2 raw PREROUTING rule 1 CONTINUE\n\
- - nft 2 raw PREROUTING return\n\
- - nft 2 raw PREROUTING policy ACCEPT\n\
eth0 - nft 2 filter INPUT rule 2 jump LOGGED\n\
- - nft 2 filter LOGGED return\n\
- - nft 2 filter INPUT return\n\
- - nft 2 filter INPUT policy ACCEPT\n";
const NFT_UDP: &str = "eth0 - nft 2 raw PREROUTING rule 1 CONTINUE\n\
- - nft 2 raw PREROUTING return\n\
- - nft 2 raw PREROUTING policy ACCEPT\n\
eth0 - nft 2 filter INPUT rule 2 jump LOGGED\n\
- - nft 2 filter LOGGED rule 2 DROP\n";
const NFT_ICMP: &str = "eth0 - nft 2 raw PREROUTING rule 1 CONTINUE\n\
- - nft 2 raw PREROUTING return\n\
- - nft 2 raw PREROUTING policy ACCEPT\n\
eth0 - nft 2 filter INPUT rule 2 jump LOGGED\n\
- - nft 2 filter LOGGED rule 1 RETURN\n\
- - nft 2 filter INPUT return\n\
- - nft 2 filter INPUT policy ACCEPT\n";

const TCP: Carried = Carried::Tcp { source_port: 40_000, port: 8443 };
const UDP: Carried = Carried::Udp { source_port: 40_000, port: 514 };

fn packet(carries: Carried) -> SentPacket {
    SentPacket {
        direction: Direction::In,
        source: "10.0.0.12".parse().unwrap(),
        destination: "192.168.1.104".parse().unwrap(),
        carries,
        interface: None,
    }
}

fn input(tool: Tool, carries: Carried, rules: &str) -> TraceInput {
    let text = canonical(&tool.parse(rules).unwrap());
    let view = RulesetView { digest: digest(&text), text, ..RulesetView::default() };
    let mut reading = Reading::parse("== timer\nsystemd-run\n");
    reading.rulesets.insert(tool, view);
    let facts = "perl\ntarget yes\nlogger nf_log_ipv4\nloggers nf_log_ipv4,nfnetlink_log\nfrom eth0\nto lo\n";
    TraceInput {
        node: NodeId(3),
        name: "web-3".to_owned(),
        tool,
        packet: packet(carries),
        reading: Fact::new(reading, NOW, "read"),
        addresses: vec![OwnAddress {
            address: "192.168.1.104".parse().unwrap(),
            prefix_len: 24,
            interface: "eth0".to_owned(),
        }],
        facts: Ok(Fact::new(TraceFacts::parse(facts), NOW, "ask")),
        sender: Some(Sender { node: NodeId(9), name: "client".to_owned(), can_send: Ok(()) }),
        running: Vec::new(),
    }
}

fn spec(draft: &Draft) -> &TraceSpec {
    let actions = draft.steps.iter().flat_map(|step| &step.actions);
    let mut specs = actions.filter_map(|action| match action {
        Action::CollectTrace { trace, .. } => Some(trace),
        _ => None,
    });
    specs.next().unwrap()
}

fn traced(tool: Tool, carries: Carried, rules: &str, printed: &str) -> Traced {
    let draft = trace_for_real(&input(tool, carries, rules), NOW).unwrap();
    spec(&draft).traced(printed, NOW)
}

fn line(step: &TracedStep) -> String {
    let place = step.rule.map_or("policy".to_owned(), |rule| rule.to_string());
    let verdict = step.verdict.as_ref().map(|verdict| format!("{verdict:?}"));
    format!("{} {} {place} {}", step.table, step.chain, verdict.unwrap_or_default())
}

fn rows(traced: &Traced) -> String {
    let side = |step: Option<&TracedStep>| step.map_or("-".to_owned(), line);
    let row = |row: &TracedRow| {
        let foretold = side(row.foretold.as_ref().map(|it| &it.step));
        format!("{foretold} | {}", side(row.kernel.as_ref()))
    };
    traced.rows.iter().map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn both_backends_tell_what_was_foretold() {
    for (tool, printed) in [
        (LEGACY, [LEGACY_TCP, LEGACY_UDP, LEGACY_ICMP]),
        (Tool::IptablesNft, [NFT_TCP, NFT_UDP, NFT_ICMP]),
    ] {
        for (carries, printed) in [TCP, UDP, Carried::Icmp].into_iter().zip(printed) {
            let traced = traced(tool, carries, RULES, printed);
            assert_eq!(traced.comparison, Comparison::Agrees, "{tool} {}", rows(&traced));
            assert!(traced.rows.iter().all(|row| row.foretold.is_some() && row.kernel.is_some()));
        }
    }
    insta::assert_snapshot!(rows(&traced(LEGACY, Carried::Icmp, RULES, LEGACY_ICMP)), @r#"
    filter INPUT 2 Jump { chain: "LOGGED" } | filter INPUT 2 Jump { chain: "LOGGED" }
    filter LOGGED 1 Return | filter LOGGED 1 Return
    filter INPUT policy Accept | filter INPUT policy Accept
    "#);
}

#[test]
fn where_the_kernel_went_otherwise_is_the_row_that_differs() {
    // The rule was not there any more when the packet came.
    let without = LEGACY_UDP.replace("LOGGED:rule:2", "INPUT:policy:3");
    let traced = traced(LEGACY, UDP, RULES, &without);
    assert_eq!(traced.comparison, Comparison::Differs { row: 1 });
    insta::assert_snapshot!(rows(&traced), @r#"
    filter INPUT 2 Jump { chain: "LOGGED" } | filter INPUT 2 Jump { chain: "LOGGED" }
    filter LOGGED 2 Drop | filter INPUT policy Accept
    "#);
}

#[test]
fn silence_is_not_agreement() {
    let traced = traced(LEGACY, TCP, RULES, "");
    assert_eq!(traced.comparison, Comparison::Nothing);
    assert!(traced.why[0].en.contains("never arrived"), "{:?}", traced.why);
    let lost = self::traced(LEGACY, TCP, RULES, "- - lost\n");
    assert_eq!(lost.comparison, Comparison::Nothing);
}

#[test]
fn a_packet_that_routing_dropped_ends_between_two_hooks() {
    let raw =
        "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -p tcp\nCOMMIT\n";
    let printed = "eth0 - TRACE: raw:PREROUTING:rule:2 \neth0 - TRACE: raw:PREROUTING:policy:3 \n";
    let traced = traced(LEGACY, TCP, &format!("{raw}{RULES}"), printed);
    assert_eq!(traced.comparison, Comparison::Differs { row: 2 });
    assert!(traced.why[0].en.contains("reverse path filter"), "{:?}", traced.why);
}

#[test]
fn a_table_of_nft_beside_iptables_is_told_and_may_decide() {
    let beside = format!("{NFT_TCP}- - nft 1 own input rule 1 CONTINUE\n");
    let passed = traced(Tool::IptablesNft, TCP, RULES, &beside);
    assert_eq!(passed.comparison, Comparison::Agrees);
    assert_eq!(passed.rows.last().unwrap().kernel.as_ref().unwrap().table, "inet own");
    let beside = format!("{NFT_TCP}- - nft 1 own input policy DROP\n");
    let dropped = traced(Tool::IptablesNft, TCP, RULES, &beside);
    assert!(matches!(dropped.comparison, Comparison::Differs { .. }));
    assert!(dropped.why[0].en.contains("beside iptables"), "{:?}", dropped.why);
}

/// Of `ip6tables-legacy`: what goes out to the node itself comes in again by the loopback device.
#[test]
fn a_packet_to_the_node_itself_ends_where_it_left() {
    let printed = "- lo TRACE: raw:OUTPUT:policy:2 \n- lo TRACE: filter:OUTPUT:policy:2 \n\
        lo - TRACE: raw:PREROUTING:policy:1 \nlo - TRACE: filter:INPUT:policy:1 \n";
    let rules =
        "*filter\n:INPUT DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp -j DROP\nCOMMIT\n";
    let tool = Tool::Ip6tablesLegacy;
    let own = "::1".parse().unwrap();
    let direction = Direction::Out;
    let packet = SentPacket { direction, source: own, destination: own, ..packet(Carried::Icmp) };
    let draft = trace_for_real(&TraceInput { packet, ..input(tool, UDP, rules) }, NOW).unwrap();
    let traced = spec(&draft).traced(printed, NOW);
    assert_eq!(traced.comparison, Comparison::Agrees);
    assert_eq!(rows(&traced), "filter OUTPUT policy Accept | filter OUTPUT policy Accept");
}

#[test]
fn a_packet_that_ipvs_takes_on_is_no_difference() {
    let rules = RULES.replace("-A LOGGED -p icmp", "-A OUTPUT -p tcp -j ACCEPT\n-A LOGGED -p icmp");
    let on = format!("{LEGACY_TCP}- eth0 TRACE: filter:OUTPUT:rule:1 \n");
    let traced = traced(LEGACY, TCP, &rules, &on);
    assert_eq!(traced.comparison, Comparison::Agrees);
    assert!(traced.why[0].en.contains("IPVS"), "{:?}", traced.why);
    assert_eq!(traced.rows.last().unwrap().foretold, None);
    let elsewhere = self::traced(LEGACY, TCP, RULES, &LEGACY_TCP.replace("eth0", "eth1"));
    assert_eq!(elsewhere.comparison, Comparison::Agrees);
    assert_eq!(elsewhere.why[0].en, "It came by eth1, and was foretold for eth0");
}

#[test]
fn a_doubt_of_the_simulation_is_no_difference() {
    let rules = RULES.replace("-A INPUT -s", "-A INPUT -m weather --rain -j DROP\n-A INPUT -s");
    let printed = "eth0 - TRACE: filter:INPUT:rule:1 \n";
    let traced = traced(LEGACY, TCP, &rules, printed);
    assert_eq!(traced.comparison, Comparison::AgreesSoFar);
}

#[test]
fn what_a_hostile_node_prints_is_capped_and_never_a_panic() {
    let rules: Ruleset = LEGACY.parse(RULES).unwrap();
    let flood = "eth0 - nft 2 filter INPUT rule 1 CONTINUE\n".repeat(100_000);
    let heard = Heard::parse(&flood, &rules, Direction::In);
    assert_eq!((heard.steps.len(), heard.is_cut), (400, true));
    let long = format!("eth0 - nft 2 filter {} rule 1 ACCEPT\n", "x".repeat(100_000));
    for odd in [
        "\n \n  \n",
        "a b nft",
        "a b nft 2 raw PREROUTING rule 0 ACCEPT",
        "a b nft 2 raw PREROUTING rule 99999999999999999999999 ACCEPT",
        "a b nft 2 raw PREROUTING rule ? ACCEPT",
        "a b TRACE: ",
        "a b TRACE: filter:INPUT:rule:0",
        "a b TRACE: filter:NOWHERE:rule:1",
        "a b TRACE: weather:INPUT:rule:1",
        "a b TRACE: :::::",
        "a b \u{1b}[2J",
        &long,
    ] {
        assert_eq!(Heard::parse(odd, &rules, Direction::In).steps, [], "{odd:?}");
    }
    assert_eq!(TraceFacts::parse("target\nlogger\n\0").no_target.as_deref(), Some(""));
}

#[test]
fn the_rule_of_a_trace_is_no_change_of_the_rules() {
    let raw = |rule: &str| format!("*raw\n:PREROUTING ACCEPT [0:0]\n{rule}COMMIT\n");
    let of_trace = "-A PREROUTING -s 10.0.0.12/32 -m limit --limit 1/sec -m comment --comment \"signalbox trace 0a1b2c3d\" -j TRACE\n";
    let own = "-A PREROUTING -s 10.0.0.12/32 -m comment --comment \"signalbox trace x\" -j DROP\n";
    let read = |raw: &str| {
        let reading = Reading::parse(&format!("== iptables-legacy\n{raw}{RULES}"));
        reading.rulesets[&LEGACY].digest.clone()
    };
    assert_eq!(read(&raw(of_trace)), read(""));
    assert_eq!(read(&raw(&format!("{of_trace}{own}"))), read(&raw(own)));
    assert_ne!(read(&raw(own)), read(""), "only a rule that decides nothing is passed over");
}

fn verdicts(input: &TraceInput) -> BTreeMap<String, Verdict> {
    let draft = trace_for_real(input, NOW).unwrap();
    draft.interlocks.into_iter().map(|it| (it.id, it.verdict)).collect()
}

fn blocks(input: &TraceInput) -> Vec<String> {
    let verdicts = verdicts(input).into_iter();
    verdicts.filter(|(_, verdict)| *verdict == Verdict::Block).map(|(id, _)| id).collect()
}

#[test]
fn the_plan_sends_from_where_the_address_lives_and_leaves_nothing() {
    let draft = trace_for_real(&input(LEGACY, TCP, RULES), NOW).unwrap();
    assert_eq!(draft.verdict(), Verdict::Pass, "{:?}", draft.interlocks);
    let action = |action: &Action| match action {
        Action::Run { node, command, .. } | Action::CollectTrace { node, command, .. } => {
            format!("  {node}: {}", command.readable())
        }
        other => format!("  {other:?}"),
    };
    let lines = |actions: &[Action]| actions.iter().map(action).collect::<Vec<_>>().join("\n");
    let steps = draft.steps.iter().map(|step| {
        format!(
            "{}: {}\n{}\n undo\n{}",
            step.id,
            step.title.en,
            lines(&step.actions),
            lines(&step.undo)
        )
    });
    let checks = draft.verification.iter().map(|check| {
        format!("{}: {} {:?}", check.title.en, check.command.readable(), check.expect)
    });
    let all: Vec<String> = steps.chain(checks).chain(draft.locks.clone()).collect();
    insta::assert_snapshot!(all.join("\n"));
    assert_eq!(draft.verification, draft.rolled_back);
    let again = trace_for_real(&input(LEGACY, TCP, RULES), Timestamp(1_000_500)).unwrap();
    assert_eq!(again.hash().unwrap(), draft.hash().unwrap(), "an approval holds");
}

#[test]
fn what_a_trace_lacks_blocks_it() {
    let whole = || input(LEGACY, TCP, RULES);
    let nobody = TraceInput { sender: None, ..whole() };
    assert_eq!(blocks(&nobody), ["sender", "sender_has_perl"]);
    let mute = Sender { can_send: Err("perl: not found".to_owned()), ..whole().sender.unwrap() };
    assert_eq!(blocks(&TraceInput { sender: Some(mute), ..whole() }), ["sender_has_perl"]);
    let facts = |text: &str| Ok(Fact::new(TraceFacts::parse(text), NOW, "ask"));
    let no_nflog = facts("perl\ntarget yes\nlogger NONE\nloggers \n");
    let here = TraceInput { facts: no_nflog.clone(), ..whole() };
    assert_eq!(blocks(&here), ["kernel_traces"]);
    let nft = TraceInput { facts: no_nflog, ..input(Tool::IptablesNft, TCP, RULES) };
    assert!(blocks(&nft).is_empty(), "nf_tables tells without it");
    let no_target = facts("perl\ntarget no No chain/target/match by that name.\n");
    assert_eq!(blocks(&TraceInput { facts: no_target, ..whole() }), ["kernel_traces"]);
    let silent = TraceInput { facts: Err("no answer".to_owned()), ..whole() };
    assert_eq!(blocks(&silent), ["kernel_traces", "node_has_perl"]);
    let locks = vec!["node/3/firewall/iptables-nft".to_owned()];
    let busy = TraceInput { running: vec![RunningJob { id: JobId(7), locks }], ..whole() };
    assert_eq!(blocks(&busy), ["no_other_job"]);
    let read_by_another = facts("perl\ntarget yes\nlogger nfnetlink_log\nloggers nfnetlink_log\n");
    let warned = verdicts(&TraceInput { facts: read_by_another, ..whole() });
    assert_eq!(warned["kernel_traces"], Verdict::Warn);
    let wrong_family = TraceInput { tool: Tool::Ip6tablesLegacy, ..whole() };
    assert!(trace_for_real(&wrong_family, NOW).is_err());
}

#[test]
fn the_sender_is_the_machine_that_has_the_address() {
    let node = |number: i64, addresses: &[(&str, &str)]| {
        let record = fixtures::record(number, &format!("node-{number}"));
        let mut observed = Observed::nothing(NOW);
        let address = |(interface, address): &(&str, &str)| crate::nodes::InterfaceAddress {
            interface: interface.parse().unwrap(),
            address: address.parse().unwrap(),
            prefix_len: 24,
            up: true,
        };
        let addresses = addresses.iter().map(address).collect();
        observed.addresses = Some(Fact::new(addresses, NOW, "ip"));
        observed.link.state = crate::nodes::LinkState::Up;
        observed.heard_at = Some(NOW);
        (NodeId(number), (record, observed))
    };
    let vip = "192.168.1.200";
    let mut nodes = BTreeMap::from([
        node(1, &[("lo", vip)]),
        node(2, &[("eth0", "192.168.1.100"), ("eth0", vip)]),
        node(3, &[("eth0", "192.168.1.104")]),
    ]);
    let from = |source: &str, direction, nodes: &_| {
        let packet = SentPacket { direction, source: source.parse().unwrap(), ..packet(TCP) };
        sender(&packet, NodeId(3), nodes, NOW)
    };
    assert_eq!(from(vip, Direction::In, &nodes), Some(NodeId(2)), "it answers for the address");
    assert_eq!(from("203.0.113.9", Direction::In, &nodes), None);
    assert_eq!(from("192.168.1.104", Direction::Out, &nodes), Some(NodeId(3)));
    assert_eq!(from(vip, Direction::Out, &nodes), None, "not of the node that sends");
    assert_eq!(from("192.168.1.104", Direction::In, &nodes), None, "it would not come in");
    let silent = |observed: &mut Observed| observed.heard_at = Some(Timestamp(0));
    silent(&mut nodes.get_mut(&NodeId(2)).unwrap().1);
    assert_eq!(from(vip, Direction::In, &nodes), Some(NodeId(1)));
}

#[test]
fn only_what_can_be_sent_is() {
    let syn = |port| {
        let (from, to) = ("10.0.0.12".parse().unwrap(), "192.168.1.104".parse().unwrap());
        crate::firewall::Packet::syn(Direction::In, (from, 40_000), (to, port))
    };
    let sent = SentPacket::of(&syn(8443)).unwrap();
    assert_eq!(sent, packet(TCP));
    assert_eq!(sent.to_string(), "TCP 10.0.0.12 → 192.168.1.104 port 8443");
    assert_eq!(SentPacket::of(&syn(0)), Err(NotSendable::Port));
    let state = crate::firewall::ConnectionState::Established;
    let later = crate::firewall::Packet { state, ..syn(8443) };
    assert_eq!(SentPacket::of(&later), Err(NotSendable::State));
    let transport = crate::firewall::Transport::Other;
    let vrrp = crate::firewall::Packet { transport, ..syn(8443) };
    assert_eq!(SentPacket::of(&vrrp), Err(NotSendable::Protocol));
}

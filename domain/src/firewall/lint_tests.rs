use proptest::prelude::*;

use super::*;
use crate::firewall::set::{SetView, SetsView};
use crate::firewall::{Family, parse};

fn said(rules: &str) -> String {
    let ruleset = parse(rules, Family::V4).unwrap();
    let lines = lint(&ruleset).into_iter().map(|finding| {
        let place = finding.rule.map_or(String::new(), |rule| format!(" {rule}"));
        format!(
            "{:?} {:?} {} {}{place}: {}",
            finding.severity, finding.kind, finding.table, finding.chain, finding.says.en
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn in_input(rules: &[&str]) -> String {
    let rules: String = rules.iter().map(|rule| format!("-A INPUT {rule}\n")).collect();
    said(&format!("*filter\n:INPUT DROP [0:0]\n{rules}COMMIT\n"))
}

#[test]
fn a_set_that_the_node_does_not_have_is_an_error() {
    let there = |names: &[&str]| SetsView {
        sets: names.iter().map(|name| ((*name).to_owned(), SetView::default())).collect(),
        unreadable: None,
    };
    let rules = "*filter\n:INPUT ACCEPT\n-A INPUT -m set --match-set a src -j DROP\n\
        -A INPUT -m set ! --match-set b src,dst -j SET --add-set c src\nCOMMIT\n";
    let said = |family, there: &SetsView| {
        let findings = missing_sets(&parse(rules, family).unwrap(), there);
        findings.iter().map(|f| (f.rule.unwrap(), f.says.en.clone())).collect::<Vec<_>>()
    };
    assert_eq!(said(Family::V4, &there(&["a", "b", "c"])), []);
    let missing = said(Family::V4, &there(&["a"]));
    assert_eq!(
        missing,
        [(2, "The set b does not exist on the node: make it first with ipset create b hash:ip,port, or mend the name".to_owned())]
    );
    let missing = said(Family::V6, &there(&["a", "b"]));
    assert!(missing[0].1.contains("ipset create c hash:net family inet6"), "{missing:?}");
    let unreadable = SetsView { unreadable: Some("ipset: not found".to_owned()), ..there(&[]) };
    assert_eq!(said(Family::V4, &unreadable), []);
}

#[test]
fn a_clean_file_has_no_findings() {
    assert_eq!(
        in_input(&[
            "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
            "-s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT",
            "-m limit --limit 5/min -j ACCEPT",
            "-m limit --limit 5/min -p tcp -j ACCEPT",
            "-p tcp -j REJECT --reject-with tcp-reset",
        ]),
        ""
    );
}

#[test]
fn rules_that_never_decide_are_told_with_the_one_that_does() {
    insta::assert_snapshot!(in_input(&[
        "-s 10.0.0.0/8 -j ACCEPT",
        "-s 10.1.0.0/16 -p tcp -m tcp --dport 22 -j DROP",
        "-s 10.2.0.0/16 -j ACCEPT",
        "-p tcp -m multiport --dports 80,443 -j ACCEPT",
        "-p tcp -m tcp --dport 443 -j ACCEPT",
        "! -s 192.0.2.0/24 -p udp -j DROP",
        "-s 203.0.113.7/32 -p udp -j ACCEPT",
        "-p tcp -m multiport --dports 80,443 -j ACCEPT",
        "-i eth+ -j ACCEPT",
        "-i eth1 -p icmp -j DROP",
        "-s 198.51.100.1/32 -j DROP",
        "-s 198.51.100.1/32 -p tcp -j ACCEPT",
        "-j DROP",
        "-p tcp -j ACCEPT",
    ]));
}

#[test]
fn chains_and_targets_that_the_kernel_refuses_are_errors() {
    insta::assert_snapshot!(said(
        "*filter\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:a -\n:b -\n:lonely -\n\
         -A INPUT -j a\n-A INPUT -j nowhere\n-A a -j b\n-A b -j a\n\
         -A INPUT -j REJECT --reject-with tcp-reset\n-A OUTPUT -m owner --uid-owner 0 -j ACCEPT\n\
         -A lonely -j MASQUERADE\nCOMMIT\n\
         *nat\n:PREROUTING ACCEPT\n:POSTROUTING ACCEPT\n-A PREROUTING -j MASQUERADE\n\
         -A POSTROUTING -j DNAT --to-destination 192.0.2.1\nCOMMIT\n"
    ));
}

#[test]
fn a_rule_without_packets_in_a_chain_with_some_is_noted() {
    let file = "*filter\n:INPUT DROP [9:9]\n[5:300] -A INPUT -p tcp -j ACCEPT\n[0:0] -A INPUT -p udp -j ACCEPT\nCOMMIT\n";
    assert!(said(file).contains("Note NeverHit filter INPUT 2"), "{}", said(file));
}

fn condition() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "-s 10.0.0.0/8",
        "-s 10.1.0.0/16",
        "-s 10.1.2.0/255.255.0.255",
        "-d 10.1.0.0/16",
        "-d 10.1.2.3",
        "! -d 10.1.2.3",
        "-i eth0",
        "-i eth+",
        "-o eth0",
        "-p tcp",
        "-p tcp --dport 80",
        "-p tcp --dport 80:90",
        "-p tcp --sport 80",
        "-p tcp -m multiport --dports 80,443",
    ])
}

proptest! {
    /// The index leaves out none of the rules that may cover another.
    #[test]
    fn the_first_rule_that_covers_another_is_found(
        rules in proptest::collection::vec(proptest::collection::vec(condition(), 0..3), 1..12)
    ) {
        let lines: String = rules
            .iter()
            .enumerate()
            .map(|(number, words)| {
                // A comment, so that none is the same as another.
                format!("-A FORWARD {} -m comment --comment {number} -j DROP\n", words.join(" "))
            })
            .collect();
        let ruleset =
            parse(&format!("*filter\n:FORWARD ACCEPT\n{lines}COMMIT\n"), Family::V4).unwrap();
        let rules = &ruleset.tables[0].chains[0].rules;
        let end = rules.iter().position(|rule| rule.conditions.len() == 1).unwrap_or(rules.len());
        let expected: Vec<usize> = (1..rules.len())
            .filter(|at| *at > end || (0..*at).any(|before| {
                crate::firewall::cover::covers(&rules[before], &rules[*at])
            }))
            .map(|at| at + 1)
            .collect();
        let mut found: Vec<usize> = lint(&ruleset).iter().filter_map(|f| f.rule).collect();
        found.sort_unstable();
        prop_assert_eq!(found, expected);
    }
}

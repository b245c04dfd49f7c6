use proptest::prelude::*;

use super::*;
use crate::firewall::{Condition, PortRange, Protocol, Target, Test, render};

/// As iptables-save 1.8.9 of a Docker host printed it, with counters.
const SAVED: &str = include_str!("fixtures/saved.rules");

fn rule(text: &str) -> Rule {
    let file = format!("*filter\n:INPUT ACCEPT [0:0]\n:own - [0:0]\n-A INPUT {text}\nCOMMIT\n");
    let mut ruleset = parse(&file, Family::V4).unwrap();
    ruleset.tables[0].chains[0].rules.remove(0)
}

fn error(file: &str) -> String {
    parse(file, Family::V4).unwrap_err().to_string()
}

#[test]
fn what_the_kernel_printed_comes_back_byte_for_byte() {
    let ruleset = parse(SAVED, Family::V4).unwrap();
    assert_eq!(render(&ruleset), SAVED);
    assert_eq!(ruleset.tables.len(), 4);
    assert_eq!(ruleset.rules().count(), 25);
}

#[test]
fn a_rule_is_understood() {
    let read = rule(
        "-s 192.0.2.0/24 ! -i eth0 -p tcp -m tcp --dport 80:90 -m comment --comment \"a b\" -j own",
    );
    let tests: Vec<(bool, &Test)> = read.conditions.iter().map(|c| (c.negated, &c.test)).collect();
    let expected = [
        (false, Test::Source(super::super::Network::parse("192.0.2.0/24").unwrap())),
        (true, Test::InInterface("eth0".to_owned())),
        (false, Test::Protocol(Protocol::TCP)),
        (false, Test::DestinationPort(PortRange { first: 80, last: 90 })),
        (false, Test::Comment("a b".to_owned())),
    ];
    let expected: Vec<(bool, &Test)> = expected.iter().map(|(n, t)| (*n, t)).collect();
    assert_eq!(tests, expected);
    assert_eq!(read.target, Target::Jump("own".to_owned()));
}

#[test]
fn a_module_that_is_not_known_is_carried_through() {
    let text = "-m quota --quota 100 -m newer ! --to-the stars -p udp -j HOLD --for -1 --ever";
    let read = rule(text);
    assert_eq!(read.text, text);
    let other = |negated, module: &str, words: &[&str]| Condition {
        negated,
        test: Test::Other {
            module: module.to_owned(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
        },
    };
    assert_eq!(read.conditions[0], other(false, "quota", &["--quota", "100"]));
    assert_eq!(read.conditions[1], other(true, "newer", &["--to-the", "stars"]));
    let Target::Other { name, words } = read.target else { panic!("{:?}", read.target) };
    assert_eq!((name.as_str(), words.join(" ").as_str()), ("HOLD", "--for -1 --ever"));
}

#[test]
fn what_people_write_is_carried_out() {
    let file = "*filter\n:INPUT DROP\n-N web\n-A web -j ACCEPT\n-I web -p tcp --syn -j DROP\n\
        -I web 2 -j RETURN\n-P INPUT ACCEPT\n-A INPUT -g web\nCOMMIT\n# end\n";
    assert_eq!(
        render(&parse(file, Family::V4).unwrap()),
        "*filter\n:INPUT ACCEPT\n:web -\n-A INPUT -g web\n-A web -p tcp --syn -j DROP\n\
         -A web -j RETURN\n-A web -j ACCEPT\nCOMMIT\n# end\n"
    );
}

#[test]
fn an_error_says_where_and_what_was_expected() {
    let table = |rule: &str| format!("*filter\n:INPUT ACCEPT [0:0]\n{rule}\nCOMMIT\n");
    let said = [
        error("-A INPUT -j DROP\n"),
        error("*filter\n:INPUT MAYBE\n"),
        error("*filter\n:INPUT ACCEPT\n:web DROP\nCOMMIT\n"),
        error("*filter\n:INPUT ACCEPT\n"),
        error("*broute\nCOMMIT\n"),
        error(&table("-A web -j DROP")),
        error(&table("-A INPUT -p tcp --dport 99999 -j DROP")),
        error(&table("-A INPUT -s 10.0.0.1/33 -j DROP")),
        error(&table("-A INPUT -s 2001:db8::1 -j DROP")),
        error(&table("-A INPUT -m comment --comment \"so -j DROP")),
        error(&table("-A INPUT -j DROP -j ACCEPT")),
        error(&table("-A INPUT --dport 80")),
        error(&table("-A INPUT -p")),
        error(&table("[1:x] -A INPUT -j DROP")),
        error(&table("-t nat -A INPUT")),
    ];
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn every_beginning_of_a_file_is_read_or_refused() {
    for (end, _) in SAVED.char_indices() {
        let cut = &SAVED[..end];
        if let Ok(ruleset) = parse(cut, Family::V4) {
            assert_eq!(render(&ruleset).trim_end(), cut.trim_end());
        }
    }
}

fn option() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("-p tcp -m tcp --dport 22".to_owned()),
        Just("-m conntrack --ctstate RELATED,ESTABLISHED".to_owned()),
        Just("! -i eth+".to_owned()),
        Just("-m mark --mark 0x4000/0x4000".to_owned()),
        Just("-m newer --than this".to_owned()),
        "[a-z\"' \\\\]{0,12}".prop_map(|text| {
            format!("-m comment --comment {}", super::super::token::quoted(&text))
        }),
        (any::<u32>(), 0..33u32).prop_map(|(address, length)| {
            format!("-s {}/{length}", std::net::Ipv4Addr::from_bits(address))
        }),
    ]
}

proptest! {
    #[test]
    fn rules_come_back_as_they_were(options in proptest::collection::vec(option(), 0..6)) {
        let file = format!(
            "*filter\n:INPUT ACCEPT [1:2]\n[3:4] -A INPUT {} -j ACCEPT\nCOMMIT\n", options.join(" ")
        ).replace("INPUT  -j", "INPUT -j");
        prop_assert_eq!(render(&parse(&file, Family::V4).unwrap()), file);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[*:A-Z\\-a-z0-9 \"\\[\\]\n!./,]{0,200}") {
        let _ = parse(&text, Family::V4);
        let _ = parse(&format!("*filter\n:INPUT ACCEPT\n-A INPUT {text}\nCOMMIT"), Family::V6);
    }
}

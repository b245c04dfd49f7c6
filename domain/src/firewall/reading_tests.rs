use super::*;
use crate::firewall::FirewallView;
use crate::ids::NodeId;
use crate::time::Timestamp;

/// Of a lab's director, with the nft part of another machine.
const READ: &str = include_str!("fixtures/read.txt");

#[test]
fn everything_that_decides_is_read() {
    let reading = Reading::parse(READ);
    insta::assert_json_snapshot!(
        "reading",
        FirewallView::new(
            NodeId(1),
            "dir-a".to_owned(),
            Timestamp(0),
            reading.clone(),
            Vec::new(),
            Vec::new(),
        )
    );
    assert!(reading.has_timer && reading.has_scratch && !reading.loads_at_boot);
}

#[test]
fn a_tool_that_is_not_there_or_says_nonsense_is_unreadable_and_not_empty() {
    let reading = Reading::parse(
        "== iptables-nft\n!! iptables-nft-save: not found\n== iptables-legacy\n*filter\n:INPUT\n== line\n\n",
    );
    let why = |tool| reading.rulesets[&tool].unreadable.clone().unwrap();
    assert_eq!(why(Tool::IptablesNft), "iptables-nft-save: not found");
    assert!(why(Tool::IptablesLegacy).contains("line 2"), "{}", why(Tool::IptablesLegacy));
    assert_eq!(why(Tool::Ip6tablesNft), "it was not read");
    assert_eq!(reading.line, None);
}

#[test]
fn what_changes_by_itself_is_not_part_of_the_text() {
    let text = |counters: &str, date: &str| {
        format!(
            "# {date}\n*nat\n:OUTPUT ACCEPT [{counters}]\nCOMMIT\n*filter\n:INPUT DROP [{counters}]\n[{counters}] -A INPUT -j ACCEPT\nCOMMIT\n"
        )
    };
    let of = |text: &str| canonical(&Tool::IptablesLegacy.parse(text).unwrap());
    assert_eq!(of(&text("1:60", "Mon")), of(&text("7:420", "Tue")));
    assert_eq!(
        of(&text("1:60", "Mon")),
        "*filter\n:INPUT DROP [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n"
    );
}

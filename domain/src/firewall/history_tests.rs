use super::*;
use crate::fact::Fact;
use crate::firewall::plan::{self, ApplyInput, Site};
use crate::firewall::{Counters, Reading, digest};
use crate::ids::NodeId;

fn filter(rules: &[&str]) -> String {
    let rules: String = rules.iter().map(|rule| format!("-A {rule}\n")).collect();
    format!("*filter\n:INPUT ACCEPT [0:0]\n{rules}COMMIT\n")
}

/// `INPUT 1` and so on with the second since when the rule is there.
fn ages(newest_first: &[(i64, &str)]) -> Vec<(String, i64)> {
    let mut texts = newest_first.iter();
    let (at, newest) = texts.next().unwrap();
    let mut ages = RuleAges::new(newest, Timestamp(*at));
    for (at, text) in texts {
        ages.before(text, Timestamp(*at));
    }
    let chains = ages.into_since().into_iter();
    chains
        .flat_map(|(chain, rules)| {
            rules.into_iter().map(move |(number, at)| (format!("{chain} {number}"), at.0))
        })
        .collect()
}

fn told(ages: &[(String, i64)]) -> Vec<(&str, i64)> {
    ages.iter().map(|(place, at)| (place.as_str(), *at)).collect()
}

#[test]
fn a_rule_is_as_old_as_the_unbroken_run_that_has_it_wherever_it_stood() {
    let newest = filter(&["INPUT -s 192.0.2.1/32 -j DROP", "INPUT -j ACCEPT"]);
    let between = filter(&["INPUT -j ACCEPT"]);
    let oldest = filter(&["INPUT -j ACCEPT", "INPUT -s 192.0.2.1/32 -j DROP"]);
    let ages = ages(&[(30, &newest), (20, &between), (10, &oldest)]);
    // The first was gone in between, so that it was there before counts for nothing.
    assert_eq!(told(&ages), [("filter/INPUT 1", 30), ("filter/INPUT 2", 10)]);
}

#[test]
fn of_two_rules_that_say_the_same_the_second_is_the_new_one() {
    let one = filter(&["INPUT -j ACCEPT"]);
    let two = filter(&["INPUT -j ACCEPT", "INPUT -j ACCEPT"]);
    let ages = ages(&[(20, &two), (10, &one)]);
    assert_eq!(told(&ages), [("filter/INPUT 1", 10), ("filter/INPUT 2", 20)]);
}

#[test]
fn the_same_words_in_another_chain_or_table_are_another_rule() {
    let newest = "*filter\n:a - [0:0]\n-A a\nCOMMIT\n*nat\n:b - [0:0]\n-A b\nCOMMIT\n";
    let older = "*filter\n:b - [0:0]\n-A b\nCOMMIT\n*nat\n:b - [0:0]\n-A b\nCOMMIT\n";
    let ages = ages(&[(20, newest), (10, older)]);
    assert_eq!(told(&ages), [("filter/a 1", 20), ("nat/b 1", 10)]);
}

#[test]
fn nothing_older_is_asked_for_when_no_rule_is_older() {
    let mut ages = RuleAges::new(&filter(&["INPUT -j ACCEPT"]), Timestamp(20));
    assert!(!ages.is_settled());
    ages.before(&filter(&["INPUT -j DROP"]), Timestamp(10));
    assert!(ages.is_settled());
}

#[test]
fn only_idle_rules_that_are_older_than_the_ruleset_are_told() {
    let rules = ["INPUT -i lo -j ACCEPT", "INPUT -p tcp -j DROP", "INPUT -j ACCEPT"];
    let mut ages = RuleAges::new(&filter(&rules), Timestamp(20));
    ages.before(&filter(&rules[..2]), Timestamp(10));
    let counted = |packets| Counters { packets, bytes: 0 };
    // 0 is the policy's.
    let of_input = [(0, 0), (1, 5), (2, 0), (3, 0)].map(|(at, packets)| (at, counted(packets)));
    let counters = [("filter/INPUT".to_owned(), of_input.into())].into();
    let told = never_hit(&ages.into_since(), &counters, Timestamp(20));
    assert_eq!(told, [("filter/INPUT".to_owned(), [(2, Timestamp(10))].into())].into());
}

#[test]
fn rules_that_came_and_went_are_counted_and_moved_ones_are_not() {
    let before = filter(&["INPUT -i lo -j ACCEPT", "INPUT -p tcp -j DROP", "INPUT -j ACCEPT"]);
    let after = filter(&["INPUT -j ACCEPT", "INPUT -i lo -j ACCEPT", "INPUT -p udp -j DROP"]);
    assert_eq!(Changes::between(&before, &after), Changes { added: 1, removed: 1 });
    assert_eq!(Changes::between("", &after), Changes { added: 3, removed: 0 });
    assert_eq!(Changes::between(&after, &after), Changes { added: 0, removed: 0 });
}

fn input(node: i64, became: &str) -> ApplyInput {
    let tool = Tool::IptablesLegacy;
    let live = "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n";
    let reading = Reading::parse(&format!("== {tool}\n{live}"));
    let site = Site {
        node: NodeId(node),
        name: format!("web-{node}"),
        reading: Fact::new(reading, Timestamp(0), "read"),
        addresses: Vec::new(),
        needs: Vec::new(),
        proved: Vec::new(),
        standing: Vec::new(),
        running: Vec::new(),
    };
    ApplyInput {
        site,
        tool,
        rules: filter(&["INPUT --source 192.0.2.1 -j DROP"]),
        base: None,
        tried: Ok(Fact::new(became.to_owned(), Timestamp(0), "try")),
    }
}

#[test]
fn a_plan_tells_which_rules_it_leaves_to_each_node_in_the_nodes_own_words() {
    let one = filter(&["INPUT -s 192.0.2.1/32 -j DROP"]);
    let other = filter(&["INPUT -s 192.0.2.1/32 -m comment --comment other -j DROP"]);
    let tool = Tool::IptablesLegacy;
    let draft = plan::apply(input(1, &one), 60, Timestamp(0)).unwrap();
    assert_eq!(applied_digest(&draft, NodeId(1), tool), Some(digest(&one).as_str()));
    assert_eq!(applied_digest(&draft, NodeId(1), Tool::IptablesNft), None);
    let waves = vec![vec![input(1, &one)], vec![input(2, &other)]];
    let group = plan::apply_group(waves, 60, Timestamp(0)).unwrap();
    assert_eq!(applied_digest(&group, NodeId(1), tool), Some(digest(&one).as_str()));
    assert_eq!(applied_digest(&group, NodeId(2), tool), Some(digest(&other).as_str()));
    assert_eq!(applied_digest(&group, NodeId(3), tool), None);
}

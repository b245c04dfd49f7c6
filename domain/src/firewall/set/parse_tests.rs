use proptest::prelude::*;

use super::*;
use crate::firewall::set::{Sets, SetsView, canonical, render};

/// As ipset 7.17 printed it.
const SAVED: &str = include_str!("../fixtures/saved.sets");

fn set<'s>(sets: &'s [Set], name: &str) -> &'s Set {
    sets.iter().find(|set| set.name == name).unwrap()
}

fn error(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn what_ipset_saved_comes_back_byte_for_byte() {
    let sets = parse(SAVED).unwrap();
    assert_eq!(render(&sets), SAVED);
    assert_eq!(sets.len(), 14);
}

#[test]
fn entries_have_their_parts_and_options() {
    let sets = parse(SAVED).unwrap();
    let blocked = set(&sets, "blocked");
    assert_eq!((&blocked.kind, blocked.option("timeout")), (&Kind::HashNet, Some("3600")));
    let comment = r"a scanner's net \ seen 2026-11-20".to_owned();
    assert_eq!(
        blocked.entries[0].options,
        [
            EntryOption::Timeout(3599),
            EntryOption::Packets(12),
            EntryOption::Bytes(720),
            EntryOption::Comment(comment)
        ]
    );
    assert!(blocked.entries[1].is_exception() && !blocked.entries[0].is_exception());
    let services = set(&sets, "services");
    let ports = services.entries.iter().filter_map(|entry| match entry.parts.as_slice() {
        [Part::Network(_), Part::Port(port)] => Some((port.protocol.0, port.range.first)),
        _ => None,
    });
    assert_eq!(ports.collect::<Vec<_>>(), [(132, 80), (6, 80), (112, 0), (1, 8 * 256), (17, 53)]);
    let odd = set(&sets, "odd name");
    let network = Network::parse("10.1.2.0/24").unwrap();
    assert_eq!(odd.entries[0].parts, [Part::Network(network)]);
    let carried = set(&sets, "nif");
    assert_eq!(carried.kind, Kind::Other("hash:net,iface".to_owned()));
    assert!(carried.entries[0].parts.is_empty());
}

#[test]
fn an_error_says_where_and_what_was_expected() {
    assert_eq!(
        error("create a hash:net\nadd a 10.0.0.0/33"),
        "line 2, column 7: expected a network; found 10.0.0.0/33"
    );
    assert_eq!(
        error("create a hash:ip,port\nadd a 10.0.0.1,tcp:x"),
        "line 2, column 16: expected a port; found tcp:x"
    );
    assert_eq!(
        error("create a hash:ip,port\nadd a 10.0.0.1"),
        "line 2, column 15: expected as many parts as the set's type has; found the end of the line"
    );
    assert_eq!(
        error("create a hash:ip\nadd b 10.0.0.1"),
        "line 2, column 5: expected a set that is created above; found b"
    );
    assert_eq!(
        error("create a hash:ip\nadd a 10.0.0.1 timeout soon"),
        "line 2, column 24: expected seconds; found soon"
    );
    assert_eq!(
        error("create a hash:ip comment\nadd a 10.0.0.1 comment \"so"),
        "line 2, column 24: expected a text between quotes; found \"so"
    );
    let long = "x".repeat(32);
    assert_eq!(
        error(&format!("create {long} hash:ip")),
        format!("line 1, column 8: expected the name of a set, of at most 31 bytes; found {long}")
    );
    assert!(error("swap a b").starts_with("line 1, column 1: expected create NAME TYPE"));
    assert_eq!(
        error("create a"),
        "line 1, column 9: expected the type of the set; found the end of the line"
    );
    assert!(error("create a hash:ip\ncreate a hash:ip").contains("each set once"));
}

#[test]
fn what_changes_by_itself_is_not_part_of_the_text() {
    let of = |entries: &str| {
        canonical(&parse(&format!("create a hash:ip timeout 9 counters\n{entries}")).unwrap())
    };
    let first = of(
        "add a 10.0.0.1 timeout 8 packets 1 bytes 60\nadd a 10.0.0.2 timeout 0 packets 0 bytes 0\n",
    );
    let later = of(
        "add a 10.0.0.2 timeout 0 packets 0 bytes 0\nadd a 10.0.0.1 timeout 2 packets 7 bytes 420\n",
    );
    assert_eq!(first, later);
    assert_eq!(first, "create a hash:ip timeout 9 counters\nadd a 10.0.0.1\nadd a 10.0.0.2\n");
    let list = "create l list:set size 8\nadd l b\nadd l a\n";
    assert_eq!(canonical(&parse(list).unwrap()), list);
}

/// As the script prints it.
const SECTION: &str = "\
Name: few\nType: hash:net\nRevision: 7\nHeader: family inet counters\nSize in memory: 1\n\
References: 0\nNumber of entries: 2\n\n\
Name: many\nType: hash:ip\nRevision: 6\nHeader: family inet\nSize in memory: 1\n\
References: 1\nNumber of entries: 50000\n\
create few hash:net family inet counters\n\
add few 10.0.0.0/8 packets 3 bytes 4\nadd few 10.1.0.0/16 nomatch packets 0 bytes 0\n";

#[test]
fn a_set_that_is_too_large_is_told_without_its_entries() {
    let view = SetsView::parse(SECTION);
    assert_eq!(view.unreadable, None);
    let (few, many) = (&view.sets["few"], &view.sets["many"]);
    assert_eq!(few.entries.as_deref().unwrap(), ["10.0.0.0/8", "10.1.0.0/16 nomatch"]);
    assert_eq!((few.kind.as_str(), few.count), ("hash:net", 2));
    assert_eq!((many.entries.as_ref(), many.count), (None, 50_000));
    let sets: Sets = view.sets().unwrap();
    assert_eq!(sets["few"].as_ref().unwrap().entries.len(), 2);
    assert_eq!(sets["many"], None);
}

#[test]
fn more_entries_than_are_shown_are_left_out_though_they_were_read() {
    let entries: String =
        (0..5000).map(|at| format!("add a 10.0.{}.{}\n", at / 250, at % 250)).collect();
    let head = "Name: a\nType: hash:ip\nHeader: family inet\nNumber of entries: 1\n";
    let view = SetsView::parse(&format!("{head}create a hash:ip family inet\n{entries}"));
    assert_eq!(view.sets["a"].entries, None);
}

#[test]
fn sets_that_were_not_read_are_not_taken_for_none() {
    assert_eq!(SetsView::parse("").sets(), None);
    assert_eq!(SetsView::parse("!! ipset: not found\n").unreadable.unwrap(), "ipset: not found");
    assert_eq!(SetsView::parse("\n").sets(), Some(Sets::new()));
    let damaged = SetsView::parse(&SECTION.replace("10.0.0.0/8", "10.0.0.0/88"));
    assert!(damaged.unreadable.as_ref().unwrap().contains("expected a network"));
    assert_eq!((damaged.sets.len(), damaged.sets()), (2, None));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(create|add|[a-z]|[0-9.:/,]|[ \n\"\\\\])*") {
        let _ = parse(&text);
    }

    #[test]
    fn a_damaged_text_is_refused_with_its_place_or_read(at in 0..SAVED.len(), what in ".{0,4}") {
        let (Some(before), Some(after)) = (SAVED.get(..at), SAVED.get(at..)) else { return Ok(()) };
        let text = format!("{before}{what}{after}");
        match parse(&text) {
            Ok(sets) => {
                let rendered = render(&sets);
                prop_assert_eq!(render(&parse(&rendered).unwrap()), rendered);
            }
            Err(error) => {
                let line = text.lines().nth(error.line - 1).unwrap();
                prop_assert!((1..=line.chars().count() + 1).contains(&error.column), "{error}");
            }
        }
    }
}

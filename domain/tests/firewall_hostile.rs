//! Text that no `iptables-save` printed: cut off, damaged, or made to harm. It is refused with its
//! place, or read; never a panic, and what is read comes back as it was.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::net::IpAddr;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use signalbox_domain::firewall::{
    Condition, ConnectionState, Direction, Family, Host, Packet, ParseError, Rule, Ruleset, Target,
    lint, parse, render, set, trace,
};

/// As iptables-save 1.8.9 of a Docker host printed it, with counters.
const SAVED: &str = include_str!("../src/firewall/fixtures/saved.rules");
/// As ipset save 7.17 printed them.
const SETS: &str = include_str!("../src/firewall/fixtures/saved.sets");

/// Damage to a file, at a place in thousandths of its length.
#[derive(Debug, Clone)]
enum Damage {
    Cut(usize),
    Flip(usize, u8),
    Delete(usize, usize),
    Repeat(usize, usize),
    Insert(usize, Vec<u8>),
    SwapLines(usize, usize),
}

/// Words that mean something where they do not belong.
const WORDS: [&str; 31] = [
    "!",
    "\"",
    "\\",
    "[",
    "]",
    ":",
    "*filter\n",
    "*nat\n",
    "COMMIT\n",
    "\n",
    "\r",
    "\0",
    "\u{a0}",
    "-A INPUT ",
    "-I INPUT 99999999999999999999 ",
    ":INPUT DROP [18446744073709551616:0]\n",
    " -j DOCKER ",
    " -g INPUT ",
    " -s 0.0.0.0/0 ",
    " -s ::/129 ",
    " --dport 99999:1 ",
    " -m mark --mark 0xffffffffffffffffff/0 ",
    " -j MARK --set-xmark 0xffffffff/0xffffffff ",
    " -j DNAT --to-destination 10.0.0.9-10.0.0.1:9-1 ",
    " -j REDIRECT --to-ports :/ ",
    " -m multiport --ports ,,, ",
    " --tcp-flags ALL ",
    " -m conntrack --ctstate , ",
    " -m set --match-set services src,dst ",
    " --match-set all dst,src,src --return-nomatch ",
    " -j SET --add-set all src ",
];

fn damage() -> impl Strategy<Value = Damage> {
    let place = || 0..1000_usize;
    prop_oneof![
        place().prop_map(Damage::Cut),
        (place(), any::<u8>()).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        (place(), 0..200_usize).prop_map(|(at, length)| Damage::Delete(at, length)),
        (place(), 0..400_usize).prop_map(|(at, length)| Damage::Repeat(at, length)),
        (place(), vec(any::<u8>(), 0..8)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (place(), select(&WORDS[..])).prop_map(|(at, word)| Damage::Insert(at, word.into())),
        (place(), select(&WORDS[..])).prop_map(|(at, word)| Damage::Insert(at, word.into())),
        (place(), place()).prop_map(|(a, b)| Damage::SwapLines(a, b)),
    ]
}

fn damaged(damages: &[Damage]) -> String {
    let mut bytes = SAVED.as_bytes().to_vec();
    for damage in damages {
        let at = |place: usize| bytes.len() * place / 1000;
        let range = |place: usize, length: usize| at(place)..(at(place) + length).min(bytes.len());
        match damage {
            Damage::Cut(place) => bytes.truncate(at(*place)),
            Damage::Flip(place, bits) => {
                let at = at(*place);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= bits);
            }
            Damage::Delete(place, length) => drop(bytes.drain(range(*place, *length))),
            Damage::Repeat(place, length) => {
                let again: Vec<u8> = bytes.drain(range(*place, *length)).collect();
                let at = bytes.len() * place / 1000;
                bytes.splice(at..at, [again.clone(), again].concat());
            }
            Damage::Insert(place, inserted) => {
                let at = at(*place);
                bytes.splice(at..at, inserted.iter().copied());
            }
            Damage::SwapLines(a, b) => {
                let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let (a, b) = (lines.len() * a / 1000, lines.len() * b / 1000);
                lines.swap(a, b);
                bytes = lines.join(&b'\n');
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn packets(family: Family) -> Vec<Packet> {
    let address = |v4: &str, v6: &str| -> IpAddr {
        if family == Family::V4 { v4.parse().unwrap() } else { v6.parse().unwrap() }
    };
    let (outside, own) = (address("198.51.100.9", "2001:db8::9"), address("192.0.2.1", "::2"));
    [Direction::In, Direction::Forward, Direction::Out]
        .into_iter()
        .flat_map(|direction| {
            let packet = Packet::syn(direction, (outside, 40_000), (own, 22));
            [ConnectionState::New, ConnectionState::Established]
                .map(|state| Packet { state, ..packet.clone() })
        })
        .collect()
}

/// What a rule comes to, wherever it stands.
fn meaning(ruleset: &Ruleset) -> Vec<(&str, &str, &[Condition], &Target)> {
    let of = |(_, chain, rule)| {
        let (chain, rule): (&signalbox_domain::firewall::Chain, &Rule) = (chain, rule);
        (chain.name.as_str(), rule.text.as_str(), rule.conditions.as_slice(), &rule.target)
    };
    ruleset.rules().map(of).collect()
}

/// An error has a place in the text, and says what is wrong there.
fn is_placed(error: &ParseError, text: &str) -> bool {
    let lines = text.lines().count().max(1);
    let line = text.lines().nth(error.line.saturating_sub(1)).unwrap_or_default();
    (1..=lines).contains(&error.line)
        && (1..=line.chars().count() + 1).contains(&error.column)
        && !error.expected.is_empty()
        && !error.found.is_empty()
        && error.found.chars().count() <= 60
}

fn survives(text: &str, family: Family) -> Result<(), TestCaseError> {
    let ruleset = match parse(text, family) {
        Ok(ruleset) => ruleset,
        Err(error) => {
            prop_assert!(is_placed(&error, text), "{error:?}");
            return Ok(());
        }
    };
    let rendered = render(&ruleset);
    let again = parse(&rendered, family)
        .map_err(|error| TestCaseError::fail(format!("{error}\n{rendered}")))?;
    prop_assert_eq!(meaning(&ruleset), meaning(&again));
    prop_assert_eq!(render(&again), rendered);
    lint(&ruleset);
    let sets = set::parse(SETS).unwrap().into_iter().map(|set| (set.name.clone(), Some(set)));
    let addresses = Some(vec!["192.0.2.1".parse().unwrap()]);
    let host = Host { addresses, sets: Some(sets.collect()) };
    for packet in packets(family) {
        trace(&ruleset, &packet, &host);
        trace(&ruleset, &packet, &Host::default());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(1500)))]

    #[test]
    fn a_damaged_dump_is_refused_with_its_place_or_read(damages in vec(damage(), 0..5)) {
        let text = damaged(&damages);
        survives(&text, Family::V4)?;
        survives(&text, Family::V6)?;
    }

    #[test]
    fn bytes_are_refused_with_their_place(bytes in vec(any::<u8>(), 0..300)) {
        survives(&String::from_utf8_lossy(&bytes), Family::V4)?;
    }

    #[test]
    fn words_in_any_order_are_refused_or_read(
        words in vec(select(words_of_saved()), 0..14),
        odd in vec((0..14_usize, select(&WORDS[..])), 0..3),
    ) {
        let mut words: Vec<&str> = words;
        for (at, word) in odd {
            words.insert(at.min(words.len()), word);
        }
        let rule = words.join(" ");
        survives(&format!("*filter\n:INPUT DROP [0:0]\n:DOCKER -\n-A INPUT {rule}\nCOMMIT\n"), Family::V4)?;
        survives(&format!("*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER -\n{rule}\nCOMMIT\n"), Family::V4)?;
    }
}

/// `PROPTEST_CASES` goes before, for a night of it.
fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}

fn words_of_saved() -> Vec<&'static str> {
    SAVED.split_whitespace().collect()
}

#[test]
fn odd_space_at_the_end_of_a_line_is_part_of_its_word() {
    for end in ["\u{a0}", "\u{b}", "\r", "\r\r", " \t"] {
        let rule = format!("*filter\n:INPUT DROP\n-A INPUT -m comment --comment a{end}");
        survives(&format!("{rule}\nCOMMIT{end}"), Family::V4).unwrap();
        survives(&format!("# {end}\n{rule}"), Family::V4).unwrap();
    }
}

#[test]
fn a_dump_cut_off_within_a_table_is_refused() {
    for (end, _) in SAVED.char_indices() {
        let cut = SAVED.get(..end).unwrap();
        let within = cut.lines().filter(|line| line.starts_with('*')).count()
            > cut.lines().filter(|line| *line == "COMMIT").count();
        match parse(cut, Family::V4) {
            Ok(_) => assert!(!within, "{cut}"),
            Err(error) => assert!(is_placed(&error, cut), "{error:?}"),
        }
    }
}

#[test]
fn chains_without_an_end_end() {
    let jumps: String =
        (0..2000).map(|to| format!("-A c{to} -j c{}\n", (to * 7 + 1) % 2000)).collect();
    let chains: String = (0..2000).map(|name| format!(":c{name} -\n")).collect();
    let circle = format!("*filter\n:INPUT DROP\n{chains}-A INPUT -j c0\n{jumps}COMMIT\n");
    survives(&circle, Family::V4).unwrap();
    // Each chain calls the next one twice: as many ways as no walk may take.
    let doubling: String =
        (0..40).map(|to| format!("-A c{to} -j c{0}\n-A c{to} -j c{0}\n", to + 1)).collect();
    survives(
        &format!("*filter\n:INPUT DROP\n{chains}-A INPUT -j c0\n{doubling}COMMIT\n"),
        Family::V4,
    )
    .unwrap();
}

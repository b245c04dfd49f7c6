//! keepalived.conf that is cut off, damaged, or made to harm. It is read with its problems placed;
//! never a panic, and an edit changes the line that it is about.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use signalbox_domain::vrrp::conf::{
    Configuration, Document, Files, Finding, NewStatement, Statement, differences, lint, lint_pair,
    parse,
};

/// A director's own file.
const OWN: &str = include_str!("../src/vrrp/fixtures/keepalived.conf");

/// Damage to a file, at a place in thousandths of its length.
#[derive(Debug, Clone)]
enum Damage {
    Cut(usize),
    Flip(usize, u8),
    Delete(usize, usize),
    Repeat(usize, usize),
    Insert(usize, Vec<u8>),
}

/// Words that mean something where they do not belong.
const WORDS: [&str; 34] = [
    "{",
    "}",
    "}}",
    "\"",
    "'",
    "\\",
    "\\\n",
    "#",
    "!",
    "\\#",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "\u{a0}",
    "@dir-a ",
    "@^dir-a ",
    "@",
    "$A=$A\n",
    "$A=x${B} \\\n",
    "$B=$A$A\n",
    "$A",
    "${A}",
    "${_PWD}",
    "${_RANDOM 1 2}",
    "~SEQ(A, 1, 99999999999999999999) ",
    "~SEQx(A, 0, 3) ",
    "~SEQ(A,1,2) ",
    "~LST({A,B},{1,2},{3}) ",
    "include *.conf\n",
    "include keepalived.conf\n",
    "includea {a,b}{c,d}/[a-\n",
    "priority 99999999999999999999\n",
    "virtual_server fwmark 99999999999 {\n",
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
        (place(), select(&WORDS[..])).prop_map(|(at, word)| Damage::Insert(at, word.into())),
    ]
}

fn damaged(damages: &[Damage]) -> String {
    let mut bytes = OWN.as_bytes().to_vec();
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
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn statements<'a>(block: &'a [Statement], all: &mut Vec<&'a Statement>) {
    for statement in block {
        all.push(statement);
        statements(statement.statements(), all);
    }
}

/// A finding stands in its file, and says what is wrong and what to do.
fn is_placed(finding: &Finding, lines: &[&str]) -> bool {
    if !finding.file.ends_with("/keepalived.conf") {
        return true;
    }
    let line = lines.get((finding.line.max(1) - 1) as usize);
    line.is_some_and(|line| finding.line == 0 || finding.column as usize <= line.len() + 1)
        && !finding.says.en.is_empty()
        && !finding.says.zh.is_empty()
}

/// Whether the longer text is the shorter one with something put in at one place.
fn is_one_insertion(shorter: &str, longer: &str) -> bool {
    let same = |(a, b): &(u8, u8)| a == b;
    let before = shorter.bytes().zip(longer.bytes()).take_while(same).count();
    let after = shorter.bytes().rev().zip(longer.bytes().rev()).take_while(same).count();
    shorter.len() < longer.len() && before + after >= shorter.len()
}

fn survives(text: &str) -> Result<(), TestCaseError> {
    let document = Document::parse(text);
    prop_assert_eq!(document.render(), text);
    parse(text);
    let path = "/etc/keepalived/keepalived.conf";
    let files = Files::from([
        (path.to_owned(), text.to_owned()),
        ("/etc/keepalived/other.conf".to_owned(), "include keepalived.conf\n".to_owned()),
    ]);
    let lines: Vec<&str> = text.split('\n').collect();
    let own = Configuration::read(&files, path, "dir-a");
    let effective = own.effective();
    for finding in lint(&own, &effective, None) {
        prop_assert!(is_placed(&finding, &lines), "{finding:?}");
    }
    let other = Configuration::read(&files, path, "dir-b");
    let of_other = other.effective();
    lint_pair((&own, &effective), (&other, &of_other));
    differences(&effective, &of_other);
    edits(text, &own)
}

/// Each statement that stands as it was written can be edited, and no other line changes.
fn edits(text: &str, own: &Configuration) -> Result<(), TestCaseError> {
    let mut all = Vec::new();
    statements(&own.statements, &mut all);
    let main = |statement: &&&Statement| statement.place.file == 0 && statement.verbatim;
    for statement in all.iter().filter(main).step_by(7).take(8) {
        let (line, column) = (statement.place.line, statement.place.column);
        let mut document = Document::parse(text);
        if document.set_argument(line, column, 1, "a#b").is_ok() {
            let rendered = document.render();
            prop_assert_eq!(rendered.split('\n').count(), text.split('\n').count());
            let differs = rendered.split('\n').zip(text.split('\n')).filter(|(a, b)| a != b);
            prop_assert!(differs.count() <= 1);
        }
        let mut document = Document::parse(text);
        let new = NewStatement { words: vec!["priority".into(), "7".into()], block: None };
        if document.add_to_block(line, column, &new).is_ok() {
            prop_assert!(is_one_insertion(text, document.render()), "{}", document.render());
        }
        let mut document = Document::parse(text);
        if document.remove(line, column).is_ok() {
            prop_assert!(is_one_insertion(document.render(), text), "{}", document.render());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(300)))]

    #[test]
    fn a_damaged_file_is_read(damages in vec(damage(), 0..5)) {
        survives(&damaged(&damages))?;
    }

    #[test]
    fn bytes_are_read(bytes in vec(any::<u8>(), 0..300)) {
        survives(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn words_in_any_order_are_read(words in vec(select(words_of_own()), 0..40), odd in vec((0..40_usize, select(&WORDS[..])), 0..6)) {
        let mut words: Vec<&str> = words;
        for (at, word) in odd {
            words.insert(at.min(words.len()), word);
        }
        survives(&words.join(" "))?;
        survives(&words.join("\n"))?;
    }
}

/// `PROPTEST_CASES` goes before, for a night of it.
fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}

fn words_of_own() -> Vec<&'static str> {
    OWN.split_whitespace().collect()
}

#[test]
fn a_file_cut_off_within_a_block_says_so() {
    for (end, _) in OWN.char_indices() {
        let cut = OWN.get(..end).unwrap();
        let files = Files::from([("k".to_owned(), cut.to_owned())]);
        let own = Configuration::read(&files, "k", "dir-a");
        let within = cut.matches('{').count() > cut.matches('}').count();
        assert_eq!(within, !own.problems.is_empty(), "{cut}");
    }
}

#[test]
fn huge_lines_and_deep_blocks_end() {
    for text in [
        "{".repeat(100_000),
        "a {\n".repeat(100_000),
        "}".repeat(100_000),
        "\"".repeat(100_001),
        "\\".repeat(100_001),
        format!("$A={}\n{}", "x".repeat(1_000), "${A} ".repeat(20_000)),
        format!("$A=$A\n{}", "$A\n".repeat(50)),
        format!("x {}", "y".repeat(1_000_000)),
        format!("include {}", "{a,b}".repeat(100)),
        format!("include {}a", "*".repeat(10_000)),
    ] {
        survives(&text).unwrap();
    }
}

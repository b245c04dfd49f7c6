//! The scripts that read sets and try drafts out, run in a network namespace that has sets.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use signalbox_domain::firewall::{Reading, Tool, scripts};
use signalbox_domain::remote::{Elevation, RemoteCommand};

use super::netlink::Netlink;

const SETS: &str = "\
create blocked hash:net counters comment\n\
add blocked 203.0.113.0/24 packets 3 bytes 180 comment \"a scanner's\"\n\
create \"odd name\" hash:ip\n\
create all list:set\n\
add all blocked\n";

/// Runs a command of the console in a network namespace that has these sets.
fn run(command: &RemoteCommand, sets: &str) -> Output {
    let with_sets = "printf '%s' \"$2\" | ipset restore && eval \"$1\"";
    let mut child = Command::new("unshare")
        .args(["--net", "sh", "-c", with_sets, "sh", &command.line(Elevation::None), sets])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("unshare(1), of the package util-linux, makes a network namespace");
    let input = command.stdin.clone().unwrap_or_default();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn is_asked_for() -> bool {
    let asked = std::env::var("SIGNALBOX_LAB").as_deref() == Ok("1");
    if !asked {
        eprintln!("skipped: set SIGNALBOX_LAB=1 to run the scripts in network namespaces");
    }
    asked && Netlink::is_there()
}

fn filter(rules: &str) -> String {
    format!(
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n"
    )
}

#[test]
fn a_draft_that_names_sets_is_tried_out_where_they_are() {
    if !is_asked_for() {
        return;
    }
    for tool in [Tool::IptablesNft, Tool::IptablesLegacy] {
        for set in ["blocked", "all"] {
            let rule = format!("-A INPUT -m set --match-set {set} src -j DROP\n");
            let tried = run(&scripts::try_out(tool, &filter(&rule)), SETS);
            let said = String::from_utf8_lossy(&tried.stderr);
            assert!(tried.status.success(), "{tool} {set}: {said}");
            assert!(String::from_utf8_lossy(&tried.stdout).contains(&rule), "{tool} {set}");
        }
        let rule = "-A INPUT -m set --match-set nowhere src -j DROP\n";
        let tried = run(&scripts::try_out(tool, &filter(rule)), SETS);
        let said = String::from_utf8_lossy(&tried.stderr);
        assert!(
            !tried.status.success() && said.contains("nowhere doesn't exist"),
            "{tool}: {said}"
        );
    }
}

#[test]
fn sets_are_read_and_one_that_is_too_large_by_its_name_alone() {
    if !is_asked_for() {
        return;
    }
    let mut sets = format!("{SETS}create large hash:ip\n");
    for at in 0..5000 {
        writeln!(sets, "add large 10.0.{}.{}", at / 200, at % 200 + 1).unwrap();
    }
    let read = run(&scripts::read(), &sets);
    let reading = Reading::parse(&String::from_utf8(read.stdout).unwrap());
    let view = reading.sets;
    assert_eq!(view.unreadable, None);
    let names: Vec<&str> = view.sets.keys().map(String::as_str).collect();
    assert_eq!(names, ["all", "blocked", "large", "odd name"]);
    let blocked = &view.sets["blocked"];
    assert_eq!((blocked.kind.as_str(), blocked.count), ("hash:net", 1));
    let entries = blocked.entries.as_deref().unwrap();
    assert_eq!(entries, ["203.0.113.0/24 comment \"a scanner's\""]);
    assert_eq!((view.sets["large"].count, view.sets["large"].entries.as_ref()), (5000, None));
    assert_eq!(view.sets["all"].entries.as_deref().unwrap(), ["blocked"]);
    let without = Reading::parse(&String::from_utf8(run(&scripts::read(), "").stdout).unwrap());
    assert!(without.sets.sets.is_empty() && without.sets.unreadable.is_none());
}

#[test]
fn edits_are_tried_on_copies_of_the_sets_whatever_their_names() {
    if !is_asked_for() {
        return;
    }
    let edits = "del blocked 203.0.113.0/24\nadd blocked 198.51.100.9/24 comment \"two words\"\n";
    let tried = run(&scripts::sets::try_out(edits), SETS);
    let said = String::from_utf8_lossy(&tried.stderr);
    assert!(tried.status.success(), "{said}");
    let printed = String::from_utf8(tried.stdout).unwrap();
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines[0].starts_with("change "), "{printed}");
    assert_eq!(
        lines[1..3],
        [
            "- add blocked 203.0.113.0/24 comment \"a scanner's\"",
            "+ add blocked 198.51.100.0/24 comment \"two words\""
        ]
    );
    assert!(lines[3].starts_with("create blocked hash:net "), "{printed}");
    let refused = run(&scripts::sets::try_out("add blocked 203.0.113.7/24\n"), SETS);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("already added"), "{said}");
}

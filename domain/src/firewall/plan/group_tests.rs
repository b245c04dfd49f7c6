use std::collections::BTreeMap;

use super::super::super::reading::{ConsoleLine, Reading};
use super::super::super::view::{OwnAddress, RulesetView};
use super::super::super::{canonical, digest, needs};
use super::super::{RunningJob, Site, Standing};
use super::*;
use crate::fact::Fact;
use crate::ids::JobId;
use crate::plan::{Action, Expect};
use crate::remote::RemoteCommand;

const TOOL: Tool = Tool::IptablesLegacy;
const NOW: Timestamp = Timestamp(1_000_000);

fn filter(rules: &str) -> String {
    let open = ":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]";
    canonical(&TOOL.parse(&format!("*filter\n{open}\n{rules}\nCOMMIT\n")).unwrap())
}

/// A node with one rule, and a draft of another that it takes.
fn input(number: i64) -> ApplyInput {
    let (live, wanted) =
        (filter("-A INPUT -s 192.0.2.1/32 -j DROP"), filter("-A INPUT -s 192.0.2.2/32 -j DROP"));
    let own = format!("198.51.100.{number}").parse().unwrap();
    let line = ConsoleLine { from: "198.51.100.200".parse().unwrap(), to: own, port: 22 };
    let view = RulesetView { digest: digest(&live), text: live.clone(), ..RulesetView::default() };
    let mut reading = Reading::parse("== timer\nsystemd-run\n== scratch\nunshare\n");
    reading.rulesets.insert(TOOL, view);
    reading.line = Some(line);
    let addresses = vec![OwnAddress { address: own, prefix_len: 24, interface: "eth0".to_owned() }];
    let site = Site {
        node: NodeId(number),
        name: format!("web-{number}"),
        reading: Fact::new(reading, NOW, "read"),
        needs: needs::console(&line, &addresses).into(),
        addresses,
        proved: Vec::new(),
        standing: Vec::new(),
        running: Vec::new(),
    };
    ApplyInput {
        site,
        tool: TOOL,
        rules: wanted.clone(),
        base: Some(digest(&live).parse().unwrap()),
        tried: Ok(Fact::new(wanted, NOW, "try")),
    }
}

fn director(number: i64) -> ApplyInput {
    let standing = [1, 2].map(|node| Standing {
        node: NodeId(node),
        name: format!("dir-{node}"),
        instance: "VI_WEB".to_owned(),
        command: RemoteCommand::new("true"),
        line: "BACKUP, holds none".to_owned(),
    });
    let mut director = input(number);
    director.site.standing = standing.into();
    director
}

fn ids(draft: &Draft) -> Vec<&str> {
    draft.steps.iter().map(|step| step.id.as_str()).collect()
}

fn verdicts(draft: &Draft) -> BTreeMap<&str, Verdict> {
    draft.interlocks.iter().map(|i| (i.id.as_str(), i.verdict)).collect()
}

#[test]
fn a_wave_begins_when_the_one_before_was_confirmed_and_all_are_kept_at_the_end() {
    let draft = apply_group(vec![vec![input(1)], vec![input(2), input(3)]], 60, NOW).unwrap();
    assert_eq!(
        ids(&draft),
        [
            "try_1",
            "arm_1",
            "load_1",
            "sign_in_1",
            "confirm_1",
            "try_2",
            "arm_2",
            "load_2",
            "sign_in_2",
            "confirm_2",
            "keep"
        ]
    );
    let nodes = |id: &str| {
        let step = draft.steps.iter().find(|step| step.id == id).unwrap();
        step.actions.iter().filter_map(Action::node).map(|node| node.0).collect::<Vec<_>>()
    };
    assert_eq!(nodes("load_1"), [1]);
    assert_eq!(nodes("load_2"), [2, 3]);
    assert_eq!(nodes("keep"), [1, 2, 3]);
    assert_eq!(draft.verification.len(), 6);
    assert_eq!(draft.rolled_back.len(), 3);
    assert_eq!(draft.locks.len(), 3);
    assert_eq!(draft.verdict(), Verdict::Warn, "the rules are not loaded at boot: {draft:#?}");
}

#[test]
fn the_timer_of_an_early_wave_outlasts_the_later_ones() {
    let draft = apply_group(vec![vec![input(1)], vec![input(2)], vec![input(3)]], 60, NOW).unwrap();
    let seconds = |id: &str| {
        let step = draft.steps.iter().find(|step| step.id == id).unwrap();
        let title = &step.title.en;
        let words: Vec<&str> = title.split_whitespace().collect();
        words[words.len() - 2].parse::<u32>().unwrap()
    };
    assert_eq!(seconds("arm_3"), 70);
    assert!(seconds("arm_2") >= 70 + 60 && seconds("arm_1") >= 70 + 120);
}

#[test]
fn a_node_that_refuses_its_draft_blocks_the_group_and_is_named() {
    let refusing = ApplyInput { tried: Err("unknown option".to_owned()), ..input(2) };
    let draft = apply_group(vec![vec![input(1)], vec![refusing]], 60, NOW).unwrap();
    let first = draft.interlocks.first().unwrap();
    assert_eq!(first.verdict, Verdict::Block);
    assert_eq!(first.id, "2_node_takes_it");
    assert!(first.title.en.starts_with("web-2: "), "{first:?}");
}

#[test]
fn a_job_that_works_on_one_node_blocks_the_group() {
    let locks = vec![format!("node/2/firewall/{TOOL}")];
    let mut busy = input(2);
    busy.site.running = vec![RunningJob { id: JobId(7), locks }];
    let draft = apply_group(vec![vec![input(1), busy]], 60, NOW).unwrap();
    assert_eq!(verdicts(&draft).get("2_no_other_job"), Some(&Verdict::Block));
}

#[test]
fn directors_of_one_instance_never_change_together() {
    let together = apply_group(vec![vec![director(1), director(2)]], 60, NOW).unwrap();
    assert_eq!(verdicts(&together).get("directors_apart"), Some(&Verdict::Block));
    let apart = apply_group(vec![vec![director(1)], vec![director(2)]], 60, NOW).unwrap();
    assert_eq!(verdicts(&apart).get("directors_apart"), Some(&Verdict::Pass));
    let of_both = |draft: &Draft| {
        let fleet = draft.steps.iter().find(|step| step.id.starts_with("fleet")).unwrap();
        fleet.actions.len()
    };
    assert_eq!(of_both(&apart), 3, "one wait, and each director once");
}

#[test]
fn what_is_no_group_is_refused() {
    let twice = apply_group(vec![vec![input(1)], vec![input(1)]], 60, NOW).unwrap_err();
    assert_eq!(twice.to_string(), "expected each node once; found web-1 twice");
    for empty in [vec![], vec![vec![input(1)], vec![]]] {
        assert_eq!(apply_group(empty, 60, NOW).unwrap_err(), PlanError::EmptyWave);
    }
    let soon = apply_group(vec![vec![input(1)]], 5, NOW).unwrap_err();
    assert_eq!(soon, PlanError::Within { found: 5 });
}

#[test]
fn the_new_rules_and_the_old_are_proved_on_every_node() {
    let draft = apply_group(vec![vec![input(1), input(2)]], 60, NOW).unwrap();
    assert_eq!(ids(&draft), ["try", "arm", "load", "sign_in", "confirm", "keep"]);
    let live = digest(&filter("-A INPUT -s 192.0.2.1/32 -j DROP"));
    for check in &draft.rolled_back {
        assert_eq!(check.expect, Expect::Line { line: format!("rules {live}") });
    }
    assert_eq!(draft.rolled_back.iter().map(|c| c.node.0).collect::<Vec<_>>(), [1, 2]);
}

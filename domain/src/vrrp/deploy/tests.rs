//! Two directors of the lab's shape, and what a change of their files is planned to be.

use proptest::prelude::*;

use super::*;
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::nodes::{InterfaceAddress, Link, LinkState};
use crate::plan::{Draft, Verdict};
use crate::time::Timestamp;
use crate::vrrp::{InstanceState, VrrpState};

const NOW: Timestamp = Timestamp(1_000_000);
const MAIN: &str = "/etc/keepalived/keepalived.conf";

fn text(priority: u8) -> String {
    format!(
        "global_defs {{\n    router_id r{priority}\n    reload_check_config\n    enable_script_security\n}}\n\
         vrrp_instance VI {{\n    state BACKUP\n    interface eth0\n    virtual_router_id 51\n    priority {priority}\n    \
         advert_int 1\n    authentication {{\n        auth_type PASS\n        auth_pass secret\n    }}\n    \
         virtual_ipaddress {{\n        192.168.1.200/24\n    }}\n}}\n"
    )
}

fn printed(priority: u8) -> String {
    let text = text(priority);
    format!(
        "daemon running\nboot enabled\nversion Keepalived v2.2.7 (01/16,2022)\nhost r{priority}\nmain {MAIN}\nfile {} {MAIN}\n{text}\n",
        text.len()
    )
}

fn reading(priority: u8) -> ConfReading {
    ConfReading::parse(&printed(priority), &|secret| format!("{:02x}", secret.len())).unwrap()
}

fn director(node: i64, priority: u8, holds: bool) -> Director {
    let state = InstanceState {
        name: "VI".into(),
        vrid: 51,
        state: if holds { VrrpState::Master } else { VrrpState::Backup },
        base_priority: priority,
        effective_priority: priority,
        last_transition: None,
        adverts_sent: 0,
        adverts_received: 0,
        became_master: 0,
        auth_failures: 0,
        auth_type_mismatches: 0,
        address_list_errors: 0,
    };
    let address = InterfaceAddress {
        interface: "eth0".parse().unwrap(),
        address: "192.168.1.200".parse().unwrap(),
        prefix_len: 24,
        up: true,
    };
    Director {
        node: NodeId(node),
        name: format!("dir-{node}"),
        link: Link { state: LinkState::Up, since: NOW, reason: None },
        reading: Fact::new(reading(priority), NOW, "read"),
        files: Vec::new(),
        trial: None,
        said: Some(Fact::new(vec![state], NOW, "said")),
        addresses: Some(Fact::new(if holds { vec![address] } else { Vec::new() }, NOW, "ip")),
        ipvs: None,
        json_signal: Some(Fact::new(36, NOW, "signum")),
    }
}

/// Each of the two with its text edited, where that changes it.
fn input(edit: impl Fn(&str) -> String) -> DeployInput {
    let mut directors = vec![director(1, 100, true), director(2, 90, false)];
    for director in &mut directors {
        let reading = &director.reading.value;
        if edit(&reading.files[MAIN]) == reading.files[MAIN] {
            continue;
        }
        director.files = vec![FileChange {
            path: MAIN.parse().unwrap(),
            base: reading.digests.get(MAIN).cloned(),
            text: edit(&reading.files[MAIN]),
            remove: false,
        }];
        let trial = Trial { now: Vec::new(), then: Vec::new(), exit_status: 0 };
        director.trial = Some(Ok(Fact::new(trial, NOW, "try")));
    }
    DeployInput {
        directors,
        unseen: Vec::new(),
        taken: Vec::new(),
        client: None,
        running: Vec::new(),
    }
}

fn verdict(draft: &Draft, id: &str) -> Verdict {
    draft.interlocks.iter().find(|interlock| interlock.id == id).unwrap().verdict
}

fn step_ids(draft: &Draft) -> Vec<&str> {
    draft.steps.iter().map(|step| step.id.as_str()).collect()
}

#[test]
fn the_standby_is_first_and_a_password_never_leaves_the_node() {
    let draft = deploy(&input(|text| text.replace("51", "51 # x")), NOW).unwrap();
    assert_eq!(step_ids(&draft), ["try", "deploy_2", "deploy_1", "settle"]);
    let all = serde_json::to_string(&draft).unwrap();
    assert!(!all.contains("secret"), "{all}");
    // The client that would measure is all that is missing.
    let warns: Vec<&str> = draft
        .interlocks
        .iter()
        .filter(|interlock| interlock.verdict != Verdict::Pass)
        .map(|interlock| interlock.id.as_str())
        .collect();
    assert_eq!(warns, ["client_measures"]);
}

#[test]
fn adverts_that_do_not_go_together_change_at_once() {
    let add =
        |text: &str| text.replace("192.168.1.200/24", "192.168.1.200/24\n        192.168.1.201/24");
    let draft = deploy(&input(add), NOW).unwrap();
    assert_eq!(step_ids(&draft), ["try", "deploy_together", "settle"]);
    assert_eq!(verdict(&draft, "reloads_in_time"), Verdict::Pass);

    let mut one_alone = input(add);
    one_alone.directors[1].files.clear();
    one_alone.directors[1].trial = None;
    assert_eq!(verdict(&deploy(&one_alone, NOW).unwrap(), "directors_agree"), Verdict::Block);
}

#[test]
fn an_address_that_another_node_has_blocks_where_it_is_new() {
    let add =
        |text: &str| text.replace("192.168.1.200/24", "192.168.1.200/24\n        192.168.1.201/24");
    let taken = |address: &str| {
        let mut input = input(add);
        input.taken = vec![("web-1".into(), address.parse().unwrap())];
        verdict(&deploy(&input, NOW).unwrap(), "addresses_free")
    };
    assert_eq!(taken("192.168.1.201"), Verdict::Block);
    assert_eq!(taken("192.168.1.200"), Verdict::Pass);
}

#[test]
fn adverts_faster_than_two_reloads_block() {
    let mut input = input(|text| text.replace("51", "52"));
    for director in &mut input.directors {
        let fast = |text: &str| text.replace("advert_int 1", "version 3\n    advert_int 0.1");
        for text in director.reading.value.files.values_mut() {
            *text = fast(text);
        }
        director.files[0].text = fast(&director.files[0].text);
    }
    assert_eq!(verdict(&deploy(&input, NOW).unwrap(), "reloads_in_time"), Verdict::Block);
}

#[test]
fn a_priority_that_moves_the_address_is_told() {
    let draft = deploy(&input(|text| text.replace("priority 90", "priority 120")), NOW).unwrap();
    assert_eq!(verdict(&draft, "holders_stay"), Verdict::Warn);
    let checks = draft.verification.iter().map(|check| check.title.en.as_str());
    assert!(checks.into_iter().any(|title| title.starts_with("dir-2 is MASTER of VI")));
}

#[test]
fn what_the_daemon_said_before_is_no_objection() {
    let mut input = input(|text| text.replace("51", "51 # x"));
    let said = |line: u32| vec![format!("({MAIN}: Line {line}) unknown keyword 'x'")];
    let trial = Trial { now: said(3), then: said(9), exit_status: 5 };
    input.directors[0].trial = Some(Ok(Fact::new(trial, NOW, "try")));
    assert_eq!(verdict(&deploy(&input, NOW).unwrap(), "daemon_accepts"), Verdict::Pass);
    let trial = Trial {
        now: said(3),
        then: vec!["(VI) the virtual router id must be set".into()],
        exit_status: 5,
    };
    input.directors[0].trial = Some(Ok(Fact::new(trial, NOW, "try")));
    assert_eq!(verdict(&deploy(&input, NOW).unwrap(), "daemon_accepts"), Verdict::Block);
}

#[test]
fn a_change_that_cannot_be_one_is_refused() {
    let refused = |edit: &dyn Fn(&mut FileChange)| {
        let mut input = input(|text| text.replace("51", "52"));
        edit(&mut input.directors[1].files[0]);
        deploy(&input, NOW).unwrap_err().to_string()
    };
    insta::assert_snapshot!(
        refused(&|file| file.path = "/etc/passwd".parse().unwrap()),
        @"expected a file below /etc/keepalived/ on dir-2; found /etc/passwd"
    );
    insta::assert_snapshot!(
        refused(&|file| file.text = "auth_pass kept-ffff".into()),
        @"kept-ffff in /etc/keepalived/keepalived.conf stands for no password of dir-2: write the password itself, or read the file anew"
    );
    insta::assert_snapshot!(
        refused(&|file| file.text = reading(90).files[MAIN].clone()),
        @"dir-2 has this text already"
    );
}

#[test]
fn a_cut_reading_is_an_error() {
    for length in 0..printed(90).len() - 1 {
        let cut = &printed(90)[..length];
        let parsed = ConfReading::parse(cut, &|_| String::new());
        assert!(parsed.is_err() || parsed.unwrap().files.is_empty(), "{length}");
    }
}

proptest! {
    /// Whatever is written in place of the file, planning ends with a draft or an error.
    #[test]
    fn any_text_is_planned_or_refused(text in "[ -~\n{}]{0,200}") {
        let _ = deploy(&input(|_| text.clone()), NOW);
    }
}

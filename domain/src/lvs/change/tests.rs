use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::ids::JobId;
use crate::lvs::{Counted, ServerTraffic, ServiceTraffic, parse, view};
use crate::nodes::{LinkState, Observed, fixtures::record};
use crate::plan::{Action, Verdict};
use crate::vrrp::deploy::ConfReading;

const NOW: Timestamp = Timestamp(1_795_366_800_000);
const MAIN: &str = "/etc/keepalived/keepalived.conf";
const SERVICE: &str = "tcp/192.168.1.200:8081";

fn table(weights: [u32; 2]) -> String {
    format!(
        "hz 100\nTCP  C0A801C8:1F91 wrr\n  -> C0A80167:0050 Masq {} 1 5\n  -> C0A80166:0050 Masq {} 2 6\n",
        weights[1], weights[0]
    )
}

/// Without thresholds.
fn traffic() -> ServiceTraffic {
    let server = |address: &str| ServerTraffic {
        address: address.parse().unwrap(),
        port: 80,
        upper_threshold: 0,
        lower_threshold: 0,
        persistent_connections: 0,
        counted: Counted::default(),
        rates: None,
        connections_in_minute: None,
    };
    ServiceTraffic {
        target: ServiceId(SERVICE.into()).target().unwrap(),
        one_packet: false,
        scheduler_flags: Vec::new(),
        netmask: "255.255.255.255".to_owned(),
        persistence_engine: None,
        counted: Counted::default(),
        rates: None,
        servers: vec![server("192.168.1.102"), server("192.168.1.103")],
    }
}

/// Two directors with these weights of 192.168.1.102 and 192.168.1.103.
fn input(weights: [[u32; 2]; 2]) -> ChangeInput {
    let mut nodes = BTreeMap::new();
    for (id, (name, weights)) in (1..).zip(["dir-a", "dir-b"].into_iter().zip(weights)) {
        let mut observed = Observed::nothing(NOW);
        observed.link.state = LinkState::Up;
        observed.heard_at = Some(NOW);
        observed.lvs = Some(Fact::new(parse(&table(weights)).unwrap(), NOW, "/proc/net/ip_vs"));
        nodes.insert(NodeId(id), (record(id, name), observed));
    }
    let service = view(&nodes, NOW).services.remove(0);
    let settings = |value: &str| Settings {
        values: BTreeMap::from([
            ("expire_nodest_conn".to_owned(), "0".to_owned()),
            ("expire_quiescent_template".to_owned(), value.to_owned()),
        ]),
        ..Settings::default()
    };
    let director =
        |(id, (record, observed)): (NodeId, (crate::nodes::NodeRecord, Observed))| Director {
            node: id,
            name: record.name.to_string(),
            link: observed.link,
            heard_at: observed.heard_at,
            table: observed.lvs,
            traffic: Some(Fact::new(vec![traffic()], NOW, "netlink")),
            settings: Ok(Fact::new(settings("0"), NOW, "lvs-settings")),
        };
    let directors = nodes.into_iter().map(director).collect();
    ChangeInput { service, directors, deploy: None, running: vec![] }
}

fn wish(weight: u32) -> Wish {
    Wish {
        service: ServiceId(SERVICE.into()),
        server: "192.168.1.102:80".parse().unwrap(),
        weight,
        may_empty: false,
        drain: None,
    }
}

fn drained(at_limit: AtLimit) -> Wish {
    Wish { drain: Some(Drain { was: 2, within_s: 60, at_limit }), ..wish(0) }
}

fn verdict_of(input: &ChangeInput, wish: &Wish, id: &str) -> Verdict {
    let draft = change(input, wish, NOW).unwrap();
    draft.interlocks.iter().find(|interlock| interlock.id == id).unwrap().verdict
}

fn readable(draft: &Draft) -> String {
    let mut text = format!("{} [{}]\n", draft.title.en, draft.locks.join(" "));
    for i in &draft.interlocks {
        text += &format!("  {:?} {}: {} ({})\n", i.verdict, i.id, i.title.en, i.detail.en);
    }
    let words = |action: &Action| match action {
        Action::Run { node, command, .. } => format!("node {node}: {}", command.readable()),
        Action::AwaitAtMost { check, timeout_ms, .. } => {
            format!("node {}: {} for {timeout_ms} ms", check.node, check.command.readable())
        }
        other => format!("{other:?}"),
    };
    for step in &draft.steps {
        text += &format!("{}: {}\n", step.id, step.title.en);
        step.actions.iter().for_each(|action| text += &format!("  {}\n", words(action)));
        step.undo.iter().for_each(|action| text += &format!("  undo {}\n", words(action)));
    }
    for (head, checks) in [("verify", &draft.verification), ("before", &draft.rolled_back)] {
        for check in checks {
            text += &format!("{head}: {} [{:?}]\n", check.title.en, check.expect);
        }
    }
    text + &draft.way_back.en + "\n"
}

#[test]
fn a_weight_is_set_on_both_and_taken_back_on_both() {
    let mut input = input([[2, 1]; 2]);
    input.service.holder = Some(NodeId(1));
    let draft = change(&input, &wish(5), NOW).unwrap();
    assert_eq!(draft.verdict(), Verdict::Pass);
    insta::assert_snapshot!("set_weight", readable(&draft));
}

#[test]
fn a_drain_waits_where_clients_are_and_ends_the_rest_everywhere() {
    let mut input = input([[2, 1]; 2]);
    input.service.holder = Some(NodeId(1));
    let draft = change(&input, &drained(AtLimit::End), NOW).unwrap();
    assert_eq!(draft.verdict(), Verdict::Pass);
    insta::assert_snapshot!("drain", readable(&draft));
    let left = change(&input, &drained(AtLimit::Leave), NOW).unwrap();
    assert_eq!(left.steps.len(), 2);
}

#[test]
fn what_would_differ_or_be_undone_is_blocked() {
    let good = input([[2, 1]; 2]);
    let mut unreached = good.clone();
    unreached.directors[1].link.state = LinkState::Down;
    assert_eq!(verdict_of(&unreached, &wish(5), "directors_reached"), Verdict::Block);
    let mut silent = good.clone();
    silent.directors[0].heard_at = Some(Timestamp(NOW.0 - 60_000));
    assert_eq!(verdict_of(&silent, &wish(5), "directors_reached"), Verdict::Block);
    let mut without = good.clone();
    without.directors[1].table = Some(Fact::new(Table::default(), NOW, "/proc/net/ip_vs"));
    assert_eq!(verdict_of(&without, &wish(5), "server_there"), Verdict::Block);
    let mut unknown = good.clone();
    unknown.service.owner = Owner::Unknown;
    assert_eq!(verdict_of(&unknown, &wish(5), "owner_known"), Verdict::Block);
    let mut unwritten = good.clone();
    unwritten.service.owner = Owner::Keepalived;
    assert_eq!(verdict_of(&unwritten, &wish(5), "owner_known"), Verdict::Block);
    let mut busy = good.clone();
    busy.running = vec![RunningJob { id: JobId(7), locks: vec![format!("lvs/{SERVICE}")] }];
    assert_eq!(verdict_of(&busy, &wish(5), "no_other_job"), Verdict::Block);
    let other =
        Wish { drain: Some(Drain { was: 3, within_s: 60, at_limit: AtLimit::Leave }), ..wish(0) };
    assert_eq!(verdict_of(&good, &other, "weight_as_seen"), Verdict::Block);
    let mut untold = good;
    untold.directors[0].settings = Err("no answer".into());
    assert_eq!(verdict_of(&untold, &drained(AtLimit::End), "setting_read"), Verdict::Block);
    let mut uncounted = input([[2, 1]; 2]);
    uncounted.directors[1].traffic = None;
    assert_eq!(verdict_of(&uncounted, &wish(5), "thresholds_read"), Verdict::Block);
}

#[test]
fn a_service_is_emptied_only_by_somebodys_will() {
    let alone = input([[2, 0]; 2]);
    assert_eq!(verdict_of(&alone, &wish(0), "another_remains"), Verdict::Block);
    let meant = Wish { may_empty: true, ..wish(0) };
    assert_eq!(verdict_of(&alone, &meant, "another_remains"), Verdict::Warn);
    assert_eq!(verdict_of(&input([[2, 1]; 2]), &wish(0), "another_remains"), Verdict::Pass);
}

#[test]
fn a_hash_that_refuses_the_clients_of_a_drained_server_is_told() {
    let by = |scheduler: &str, flags: &[u8]| {
        let mut input = input([[2, 1]; 2]);
        let options = input.service.options.as_mut().unwrap();
        options.scheduler = scheduler.to_owned();
        options.scheduler_flags = flags.to_vec();
        verdict_of(&input, &wish(0), "hash_falls_back")
    };
    assert_eq!(by("mh", &[2]), Verdict::Warn);
    assert_eq!(by("sh", &[]), Verdict::Warn);
    assert_eq!(by("dh", &[1]), Verdict::Warn);
    assert_eq!(
        (by("mh", &[1, 2]), by("sh", &[1]), by("wlc", &[])),
        (Verdict::Pass, Verdict::Pass, Verdict::Pass)
    );
}

#[test]
fn a_difference_that_the_change_mends_is_told_and_any_other_blocks() {
    let differs = input([[2, 1], [3, 1]]);
    assert_eq!(verdict_of(&differs, &wish(2), "tables_equal"), Verdict::Warn);
    let elsewhere = input([[2, 1], [2, 4]]);
    assert_eq!(verdict_of(&elsewhere, &wish(5), "tables_equal"), Verdict::Block);
}

#[test]
fn remembered_clients_are_told_of() {
    let mut persistent = input([[2, 1]; 2]);
    assert_eq!(verdict_of(&persistent, &wish(0), "remembered_clients"), Verdict::Pass);
    for director in &mut persistent.directors {
        director.table.as_mut().unwrap().value.services[0].persistent_s = Some(300);
    }
    assert_eq!(verdict_of(&persistent, &wish(0), "remembered_clients"), Verdict::Warn);
    let settings = &mut persistent.directors[0].settings.as_mut().unwrap().value;
    settings.values.insert("expire_quiescent_template".into(), "1".into());
    assert_eq!(verdict_of(&persistent, &wish(0), "remembered_clients"), Verdict::Pass);
}

#[test]
fn what_cannot_be_asked_for_is_refused_with_what_was_expected() {
    let input = input([[2, 1]; 2]);
    let refused = |wish: &Wish| change(&input, wish, NOW).unwrap_err().to_string();
    assert_eq!(refused(&wish(65_536)), "expected a weight of 0 to 65535; found 65536");
    assert!(refused(&wish(2)).contains("already"));
    let elsewhere = Wish { server: "192.168.1.9:80".parse().unwrap(), ..wish(1) };
    assert!(refused(&elsewhere).contains("no real server 192.168.1.9:80"));
    let long = Wish {
        drain: Some(Drain { was: 2, within_s: 3_601, at_limit: AtLimit::Leave }),
        ..wish(0)
    };
    assert!(refused(&long).contains("1 to 3600 s"));
}

fn reading(text: &str) -> ConfReading {
    let printed = format!(
        "daemon running\nboot enabled\nversion Keepalived v2.2.7 (01/16,2022)\nhost dir-a\nmain {MAIN}\nfile {} {MAIN}\n{text}\n",
        text.len()
    );
    ConfReading::parse(&printed, &|secret| format!("{:02x}", secret.len())).unwrap()
}

fn web() -> Target {
    ServiceId("tcp/192.168.1.200:80".into()).target().unwrap()
}

const CONF: &str = "virtual_server 192.168.1.200 80 {\n    lvs_method DR\n    protocol TCP\n    \
    real_server 192.168.1.102 80 {\n        weight 2 # the big one\n    }\n    \
    real_server 192.168.1.103 8080 {\n        TCP_CHECK {\n        }\n    }\n}\n";

#[test]
fn only_the_weight_line_is_edited_or_one_is_added() {
    let edit = |server: &str, weight| {
        let change = reweighed(&reading(CONF), &web(), server.parse().unwrap(), weight);
        change.unwrap().map(|file| file.text)
    };
    assert_eq!(edit("192.168.1.102:80", 0).unwrap(), CONF.replace("weight 2", "weight 0"));
    assert_eq!(edit("192.168.1.102:80", 2), None);
    // With DR it is the service's port that counts.
    let added = edit("192.168.1.103:80", 3).unwrap();
    let expected =
        CONF.replace("TCP_CHECK {\n        }\n", "TCP_CHECK {\n        }\n        weight 3\n");
    assert_eq!(added, expected);
}

#[test]
fn what_a_line_means_besides_is_not_changed_along() {
    let server = "192.168.1.102:80".parse().unwrap();
    let defined = format!("$W=2\n{}", CONF.replace("weight 2 #", "weight $W #"));
    let edited = reweighed(&reading(&defined), &web(), server, 0);
    // Either the word is replaced where it stands, or it is left to a person.
    if let Ok(Some(file)) = edited {
        assert!(file.text.starts_with("$W=2\n") && file.text.contains("weight 0"), "{}", file.text);
    }
    let twice = format!("{CONF}{CONF}");
    let error = reweighed(&reading(&twice), &web(), server, 0).unwrap_err();
    assert!(matches!(error, ConfEditError::NotOne { found: 2, .. }), "{error}");
    let block = "$RS=real_server 192.168.1.102 80 {\\\n        weight 2\\\n    }\n";
    let shared = format!(
        "{block}virtual_server 192.168.1.200 80 {{\n    protocol TCP\n    $RS\n}}\n\
         virtual_server 192.168.1.201 80 {{\n    protocol TCP\n    $RS\n}}\n"
    );
    let change = reweighed(&reading(&shared), &web(), server, 0);
    assert!(change.is_err(), "{change:?}");
}

proptest! {
    #[test]
    fn what_may_run_changes_every_director_and_takes_each_back_to_its_own(
        weights in prop::array::uniform2(prop::array::uniform2(0_u32..4)),
        new in 0_u32..4,
        down in prop::option::of(0_usize..2),
        old_ms in 0_i64..30_000,
        may_empty: bool,
        drains: bool,
    ) {
        let mut input = input(weights);
        if let Some(index) = down {
            input.directors[index].link.state = LinkState::Down;
        }
        input.directors[1].heard_at = Some(Timestamp(NOW.0 - old_ms));
        let drain = drains.then_some(Drain { was: weights[0][0], within_s: 5, at_limit: AtLimit::End });
        let weight = if drains { 0 } else { new };
        let wish = Wish { may_empty, drain, ..wish(weight) };
        let Ok(draft) = change(&input, &wish, NOW) else { return Ok(()) };
        prop_assert_eq!(draft.verification.len(), 2);
        prop_assert_eq!(draft.rolled_back.len(), 2);
        if let Some(step) = draft.steps.iter().find(|step| step.id == "set_weight") {
            for (director, weights) in input.directors.iter().zip(weights) {
                let told = |actions: &[Action], weight: u32| actions.iter().any(|action| {
                    matches!(action, Action::Run { node, command, .. }
                        if *node == director.node && command.readable().ends_with(&format!("-w {weight}")))
                });
                prop_assert!(told(&step.actions, weight));
                prop_assert!(told(&step.undo, weights[0]));
            }
        }
        if draft.verdict() != Verdict::Block {
            prop_assert!(down.is_none() && old_ms <= 10_000);
            prop_assert!(weight > 0 || may_empty || weights.iter().all(|w| w[1] > 0));
            prop_assert_eq!(weights[0][1], weights[1][1], "no other difference stays");
        }
    }

    #[test]
    fn an_edit_never_panics_and_changes_one_line(
        text in "(virtual_server 192\\.168\\.1\\.200 80 \\{\n|protocol TCP\n|real_server 192\\.168\\.1\\.102 80 \\{\n|weight [0-9]\n|\\}\n|#|!|\\$A=weight 3\n|\\$A\n| ){0,24}",
    ) {
        let server = "192.168.1.102:80".parse().unwrap();
        if let Ok(Some(file)) = reweighed(&reading(&text), &web(), server, 7) {
            let (before, after) = (text.lines().count(), file.text.lines().count());
            prop_assert!(after.abs_diff(before) <= 2);
            let kept = file.text.lines().filter(|line| !text.lines().any(|old| old == *line)).count();
            prop_assert!(kept <= 2, "{}", file.text);
        }
    }
}

use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::fact::Fact;
use crate::nodes::InterfaceAddress;
use crate::plan::{Draft, Interlock, Verdict};
use crate::vrrp::VrrpState::{self, Backup, Fault, Master};
use crate::vrrp::daemon::Daemon;
use crate::vrrp::demote::{RestoreInput, restore};
use crate::vrrp::facts::DirectorFacts;
use crate::vrrp::fixtures::{self, NOW, seen, track_file};
use crate::vrrp::plan::{PlanError, hand_over};

const DB: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 201));

fn director(node: i64, priority: u8, state: VrrpState) -> DirectorFacts {
    fixtures::director(node, if node == 1 { "dir-a" } else { "dir-b" }, priority, state)
}

/// The same director in VI_DB.
fn in_db(mut facts: DirectorFacts) -> DirectorFacts {
    let holds = facts.said.as_ref().is_some_and(|said| said.value.state == Master);
    let conf = &mut facts.conf.value;
    conf.name = "VI_DB".into();
    conf.vrid = 52;
    conf.track_files = vec![track_file("VI_DB", 1)];
    conf.virtual_addresses[0].address = DB;
    facts.said.as_mut().unwrap().value.name = "VI_DB".into();
    let own = |address| InterfaceAddress {
        interface: "eth0".parse().unwrap(),
        address,
        prefix_len: 24,
        up: true,
    };
    facts.addresses = Some(seen(if holds { vec![own(DB)] } else { vec![] }));
    facts
}

fn part(instance: &str, directors: [DirectorFacts; 2]) -> Part {
    let directors = Vec::from(directors);
    Part { instance: InstanceName(instance.into()), other: NodeId(2), directors }
}

/// dir-a holds VI_WEB and stands by for VI_DB.
fn input() -> TakeOutInput {
    TakeOutInput {
        node: NodeId(1),
        name: "dir-a".into(),
        parts: vec![
            part("VI_WEB", [director(1, 100, Master), director(2, 90, Backup)]),
            part("VI_DB", [in_db(director(1, 90, Backup)), in_db(director(2, 100, Master))]),
        ],
        client: Some(fixtures::input().client.unwrap()),
        running: vec![],
    }
}

fn ids(draft: &Draft) -> Vec<&str> {
    draft.steps.iter().map(|step| step.id.as_str()).collect()
}

fn rows(draft: &Draft, verdict: Verdict) -> Vec<&str> {
    let rows = draft.interlocks.iter().filter(|row| row.verdict == verdict);
    rows.map(|row: &Interlock| row.id.as_str()).collect()
}

/// What a step runs on the nodes, as people read it.
fn runs<'a>(draft: &'a Draft, step: &str) -> (Vec<String>, Vec<String>) {
    let step = draft.steps.iter().find(|found| found.id == step).unwrap();
    let readable = |actions: &'a [Action]| {
        let run = actions.iter().filter_map(|action| match action {
            Action::Run { command, .. } => Some(command.readable()),
            _ => None,
        });
        run.collect()
    };
    (readable(&step.actions), readable(&step.undo))
}

#[test]
fn what_it_holds_is_taken_over_before_everything_goes_into_fault() {
    let draft = take_out(&input(), NOW).unwrap();
    assert_eq!(rows(&draft, Verdict::Block), [""; 0], "{:#?}", draft.interlocks);
    assert_eq!(rows(&draft, Verdict::Warn), ["standby_remains"], "{:#?}", draft.interlocks);
    assert_eq!(
        ids(&draft),
        ["measure", "lower_priority_VI_WEB", "take_over_VI_WEB", "leave", "keep_measuring"]
    );
    let file = |name: &str| format!("/etc/keepalived/signalbox/{name}.priority");
    let (web, db) = (file("VI_WEB"), file("VI_DB"));
    let (actions, undo) = runs(&draft, "leave");
    assert_eq!(
        actions,
        [format!("vrrp-priority {web} minus 254 out"), format!("vrrp-priority {db} minus 254 out")]
    );
    assert_eq!(
        undo,
        [format!("vrrp-priority {web} minus 11"), format!("vrrp-priority {db} plus 0")]
    );
    assert_eq!(draft.prediction.unwrap().high_ms, 0);
    assert_eq!(
        draft.locks,
        ["vrrp/VI_DB", "vrrp/VI_WEB", "node/1/keepalived", "node/2/keepalived"]
    );
}

#[test]
fn one_that_holds_nothing_only_stops_standing_by() {
    let mut input = input();
    input.parts.remove(0);
    let draft = take_out(&input, NOW).unwrap();
    assert_eq!(ids(&draft), ["measure", "leave", "keep_measuring"]);
    assert_eq!(rows(&draft, Verdict::Warn), ["standby_remains"], "{:#?}", draft.interlocks);
}

#[test]
fn where_nobody_preempts_the_prediction_is_the_skew() {
    let mut input = input();
    for facts in &mut input.parts[0].directors {
        facts.conf.value.nopreempt = true;
    }
    let draft = take_out(&input, NOW).unwrap();
    assert!(ids(&draft).contains(&"enter_fault_VI_WEB"), "{:?}", ids(&draft));
    // (256 − 90) / 256 of a second, and what ARP adds.
    assert_eq!(draft.prediction.unwrap().high_ms, 678);
}

#[test]
fn it_is_blocked_where_the_other_cannot_take_over() {
    let blocked = |change: &dyn Fn(&mut TakeOutInput), id: &str| {
        let mut input = input();
        change(&mut input);
        let draft = take_out(&input, NOW).unwrap();
        let rows = rows(&draft, Verdict::Block);
        assert!(rows.contains(&id), "{id}: {rows:?}");
    };
    let web = |input: &mut TakeOutInput, to: DirectorFacts| input.parts[0].directors[1] = to;
    blocked(&|input| web(input, director(2, 90, Fault)), "peer_in_backup");
    blocked(&|input| web(input, director(2, 90, Master)), "one_holder");
    blocked(
        &|input| {
            let mut out = director(2, 90, Fault);
            (out.number, out.is_out) = (Some(seen(-254)), true);
            web(input, out);
        },
        "none_out",
    );
    blocked(&|input| input.parts[0].directors[1].reach = None, "real_servers_reachable");
    blocked(
        &|input| input.parts[0].directors[1].ipvs = Some(seen(Default::default())),
        "ipvs_equal",
    );
    blocked(&|input| input.parts[1].directors[1].addresses = Some(seen(vec![])), "one_holder");
    blocked(
        &|input| {
            input.parts[1].directors[0].conf.value.track_files = vec![];
            input.parts[1].directors[0].to_install = Some(Err("no reload_check_config".into()));
        },
        "track_file_there",
    );
}

fn out(mut facts: DirectorFacts) -> DirectorFacts {
    (facts.number, facts.is_out) = (Some(seen(-254)), true);
    facts
}

fn back(instance: &str, directors: [DirectorFacts; 2]) -> (RestoreInput, NodeId) {
    let input = RestoreInput {
        instance: InstanceName(instance.into()),
        node: NodeId(1),
        directors: Vec::from(directors),
        causes: vec![],
        doubts: vec![],
        gathered_at: NOW,
        heard: Some(seen(())),
        running: vec![],
    };
    (input, NodeId(2))
}

fn away() -> BringBackInput {
    BringBackInput {
        node: NodeId(1),
        name: "dir-a".into(),
        parts: vec![
            back("VI_WEB", [out(director(1, 100, Fault)), director(2, 90, Master)]),
            back("VI_DB", [out(in_db(director(1, 90, Fault))), in_db(director(2, 100, Master))]),
        ],
        client: None,
    }
}

#[test]
fn the_plan_to_bring_it_back_says_who_holds_what_then() {
    let draft = bring_back(&away(), NOW).unwrap();
    assert_eq!(draft.verdict(), Verdict::Pass, "{:#?}", draft.interlocks);
    let after = draft.interlocks.iter().find(|row| row.id == "holder_after").unwrap();
    assert_eq!(
        after.detail.en,
        "VI_WEB moves to dir-a within 3609 ms: it preempts, 100 over 90; VI_DB stays on dir-b: 100 over 90"
    );
    let (actions, undo) = runs(&draft, "release_VI_WEB");
    let file = "/etc/keepalived/signalbox/VI_WEB.priority";
    assert_eq!(actions, [format!("vrrp-priority {file} plus 0")]);
    assert_eq!(undo, [format!("vrrp-priority {file} minus 254 out")]);

    let mut waits = away();
    waits.parts[0].0.directors[0].conf.value.nopreempt = true;
    let draft = bring_back(&waits, NOW).unwrap();
    let after = draft.interlocks.iter().find(|row| row.id == "holder_after").unwrap();
    let stays = "VI_WEB stays on dir-b: dir-a has 100 over 90, but nopreempt";
    assert!(after.detail.en.starts_with(stays), "{}", after.detail.en);
    assert_eq!(draft.verification[0].title.en, "dir-a is BACKUP and does not hold 192.168.1.200");
}

#[test]
fn one_comes_back_where_nobody_holds_the_addresses() {
    let mut input = away();
    input.parts.truncate(1);
    let other = &mut input.parts[0].0.directors[1];
    (other.addresses, other.said) = (Some(seen(vec![])), None);
    let blocks = |input: &BringBackInput| {
        let draft = bring_back(input, NOW).unwrap();
        rows(&draft, Verdict::Block).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    // Its keepalived runs and may take them any moment.
    assert!(blocks(&input).contains(&"holder_holds".to_owned()));

    input.parts[0].0.directors[1].daemon = Some(seen(Daemon::default()));
    input.parts[0].0.heard = None;
    assert_eq!(blocks(&input), [""; 0]);
    let draft = bring_back(&input, NOW).unwrap();
    let after = draft.interlocks.iter().find(|row| row.id == "holder_after").unwrap();
    assert_eq!(after.detail.en, "dir-a takes VI_WEB within 3609 ms: nobody holds it");
    assert_eq!(draft.verification[0].title.en, "dir-a is MASTER and holds 192.168.1.200");
    assert_eq!(ids(&draft), ["release_VI_WEB", "one_holder_VI_WEB"]);

    input.parts[0].0.directors[0].reach = None;
    assert_eq!(blocks(&input), ["real_servers_reachable"]);
}

#[test]
fn one_that_is_not_well_stays_out() {
    let blocked = |change: &dyn Fn(&mut BringBackInput), id: &str| {
        let mut input = away();
        change(&mut input);
        let draft = bring_back(&input, NOW).unwrap();
        let rows = rows(&draft, Verdict::Block);
        assert!(rows.contains(&id), "{id}: {rows:?}");
    };
    blocked(&|input| input.parts[1].0.heard = None, "adverts_heard");
    blocked(&|input| input.parts[0].0.directors[0].reach = None, "real_servers_reachable");
    blocked(
        &|input| {
            input.parts[0].0.directors[0].services.as_mut().unwrap().value[0].state =
                "failed".into()
        },
        "keepalived_runs",
    );
}

#[test]
fn other_operations_leave_a_director_alone_that_is_out() {
    let (of_web, _) = away().parts.remove(0);
    assert!(matches!(restore(&of_web, NOW), Err(PlanError::Out { .. })));
    let mut again = input();
    for part in &mut again.parts {
        part.directors[0].is_out = true;
    }
    assert!(matches!(take_out(&again, NOW), Err(PlanError::OutAlready { .. })));
    let mut here = away();
    for (part, _) in &mut here.parts {
        part.directors[0].is_out = false;
    }
    assert!(matches!(bring_back(&here, NOW), Err(PlanError::NotOut { .. })));
    let mut move_to_it = fixtures::input();
    move_to_it.directors[1] = out(director(2, 90, Fault));
    let draft = hand_over(&move_to_it, NOW).unwrap();
    assert_eq!(rows(&draft, Verdict::Block), ["peer_in_backup"]);
}

fn a_state() -> impl Strategy<Value = VrrpState> {
    prop_oneof![Just(Master), Just(Backup), Just(Fault)]
}

proptest! {
    /// Whatever is seen: a plan that may run leaves each instance to a director that was seen well.
    #[test]
    fn somebody_holds_everything_afterwards(
        states in [a_state(), a_state(), a_state(), a_state()],
        is_out in [any::<bool>(), any::<bool>()],
        nopreempt in any::<bool>(),
        age_ms in 0_i64..20_000,
    ) {
        let mut input = input();
        for (at, part) in input.parts.iter_mut().enumerate() {
            let [a, b] = [director(1, 100, states[2 * at]), director(2, 90, states[2 * at + 1])];
            part.directors = if at == 0 { vec![a, b] } else { vec![in_db(a), in_db(b)] };
            part.directors[1].is_out = is_out[at];
            part.directors[1].said.as_mut().unwrap().observed_at.0 -= age_ms;
            for facts in &mut part.directors {
                facts.conf.value.nopreempt = nopreempt;
            }
        }
        let Ok(draft) = take_out(&input, NOW) else { return Ok(()) };
        if draft.verdict() == Verdict::Block { return Ok(()) }
        for (at, part) in input.parts.iter().enumerate() {
            prop_assert!(!is_out[at]);
            let said: &Fact<_> = part.directors[1].said.as_ref().unwrap();
            prop_assert!(said.observed_at.0 + 10_400 >= NOW.0);
            prop_assert!(matches!((states[2 * at], states[2 * at + 1]), (Master, Backup) | (Backup | Fault, Master)));
        }
    }
}

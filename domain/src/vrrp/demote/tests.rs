use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::nodes::LinkState;
use crate::plan::Verdict;
use crate::signal::Signal;
use crate::vrrp::daemon;
use crate::vrrp::facts::DirectorFacts;
use crate::vrrp::fixtures::{NOW, director, seen};
use crate::vrrp::split::{ArpAnswer, Cause, CauseKind, Evidence};
use crate::vrrp::{InstanceName, VrrpState};

const VIP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 200));
const MACS: [&str; 2] = ["02:00:00:00:00:01", "02:00:00:00:00:02"];

/// Both hold; dir-b has the lower priority.
fn input(node: i64) -> DemoteInput {
    DemoteInput {
        instance: InstanceName("VI_WEB".into()),
        node: NodeId(node),
        directors: vec![
            director(1, "dir-a", 100, VrrpState::Master),
            director(2, "dir-b", 90, VrrpState::Master),
        ],
        witness: Some(witness(&[0, 1])),
        client: None,
        running: vec![],
    }
}

/// A third node that got answers for the address from these directors.
fn witness(answers: &[usize]) -> Witness {
    let own = |index: usize| IpAddr::from([192, 168, 1, 100 + u8::try_from(index).unwrap()]);
    let answer = |address, index: usize| ArpAnswer { address, mac: MACS[index].into() };
    let all = [0, 1].map(|index| answer(own(index), index));
    let all = all.into_iter().chain(answers.iter().map(|index| answer(VIP, *index)));
    Witness { node: NodeId(3), name: "web-1".into(), answers: seen(all.collect()) }
}

fn frozen(director: &mut DirectorFacts) {
    director.daemon = Some(seen(daemon::parse("parent R\nvrrp T\n").unwrap()));
}

fn verdict_of(input: &DemoteInput, id: &str) -> Verdict {
    let draft = demote(input, NOW).unwrap();
    draft.interlocks.iter().find(|interlock| interlock.id == id).unwrap().verdict
}

fn readable(draft: &Draft) -> String {
    let mut text = format!("{}\n", draft.title.en);
    for i in &draft.interlocks {
        text += &format!("  {:?} {}: {} ({})\n", i.verdict, i.id, i.title.en, i.detail.en);
    }
    let words = |action: &Action| match action {
        Action::Run { node, command, .. } => format!("node {node}: {}", command.readable()),
        Action::Await { check, .. } => format!("until {}", check.title.en),
        other => format!("{other:?}"),
    };
    for step in &draft.steps {
        text += &format!("{}: {}\n", step.id, step.title.en);
        step.actions.iter().for_each(|action| text += &format!("  {}\n", words(action)));
        step.undo.iter().for_each(|action| text += &format!("  undo {}\n", words(action)));
    }
    for check in &draft.verification {
        text += &format!("verify: {} [{:?}]\n", check.title.en, check.expect);
    }
    text + &draft.way_back.en + "\n"
}

#[test]
fn a_living_director_is_put_into_fault() {
    let draft = demote(&input(2), NOW).unwrap();
    assert_eq!(draft.verdict(), Verdict::Pass);
    insta::assert_snapshot!("fault", readable(&draft));
}

#[test]
fn each_address_is_announced_on_its_own_interface() {
    let mut input = input(2);
    for director in &mut input.directors {
        let addresses = &mut director.conf.value.virtual_addresses;
        let mut outside = addresses[0].clone();
        outside.address = "203.0.113.9".parse().unwrap();
        outside.interface = Some("eth1".parse().unwrap());
        addresses.push(outside);
    }
    let draft = demote(&input, NOW).unwrap();
    let step = draft.steps.iter().find(|step| step.id == "announce").unwrap();
    let commands = step.actions.iter().map(|action| match action {
        Action::Run { command, .. } => command.readable(),
        other => panic!("{other:?}"),
    });
    let commands: Vec<String> = commands.collect();
    assert_eq!(commands, ["vrrp-announce eth0 192.168.1.200", "vrrp-announce eth1 203.0.113.9"]);
}

#[test]
fn a_frozen_one_is_killed_and_its_addresses_are_removed() {
    let mut input = input(1);
    frozen(&mut input.directors[0]);
    let mut of_the_other = input.directors[0].held[0].clone();
    of_the_other.address = "192.168.1.201".parse().unwrap();
    input.directors[0].held.push(of_the_other.clone());
    assert_eq!(verdict_of(&input, "only_this_instance"), Verdict::Warn, "nobody else holds VI_DB");
    input.directors[1].held.push(of_the_other);
    let draft = demote(&input, NOW).unwrap();
    assert_eq!(draft.verdict(), Verdict::Pass);
    insta::assert_snapshot!("kill", readable(&draft));
}

#[test]
fn a_stopped_one_that_is_put_back_is_stopped_again_where_that_fails() {
    let mut input = demoted();
    input.directors[1].daemon = Some(seen(daemon::parse("").unwrap()));
    let text = readable(&restore(&input, NOW).unwrap());
    assert!(text.contains("  node 2: systemctl start keepalived.service\n"), "{text}");
    let undone = "  undo node 2: systemctl stop keepalived.service\n  \
                  undo until dir-b is stopped and does not hold 192.168.1.200\n";
    assert!(text.contains(undone), "{text}");
}

#[test]
fn without_a_track_file_keepalived_is_stopped() {
    let mut input = input(2);
    input.directors[1].conf.value.track_files.clear();
    let draft = demote(&input, NOW).unwrap();
    assert_eq!(draft.steps[0].id, "stop_keepalived");
    assert_eq!(verdict_of(&input, "only_this_instance"), Verdict::Warn);
}

#[test]
fn the_one_that_is_left_must_live_and_be_seen() {
    let mut dead = input(2);
    frozen(&mut dead.directors[0]);
    assert_eq!(verdict_of(&dead, "survivor_holds"), Verdict::Block);
    let mut cut_off = input(2);
    cut_off.witness = Some(witness(&[1]));
    assert_eq!(verdict_of(&cut_off, "witness_sees_survivor"), Verdict::Block);
    let mut nobody = input(2);
    nobody.witness = None;
    assert_eq!(verdict_of(&nobody, "witness_sees_survivor"), Verdict::Warn);
    let mut unreached = input(2);
    unreached.directors[0].link.state = LinkState::Down;
    assert_eq!(verdict_of(&unreached, "console_reaches_both"), Verdict::Block);
}

#[test]
fn the_only_holder_is_never_demoted() {
    let mut input = input(2);
    input.directors[0] = director(1, "dir-a", 100, VrrpState::Backup);
    assert!(matches!(demote(&input, NOW), Err(PlanError::OnlyHolder { .. })));
    let mut other = input.clone();
    other.node = NodeId(1);
    assert!(matches!(demote(&other, NOW), Err(PlanError::NotAHolder { .. })));
}

/// dir-b was demoted; dir-a holds.
fn demoted() -> RestoreInput {
    let mut target = director(2, "dir-b", 90, VrrpState::Fault);
    target.number = Some(seen(-254));
    RestoreInput {
        instance: InstanceName("VI_WEB".into()),
        node: NodeId(2),
        directors: vec![director(1, "dir-a", 100, VrrpState::Master), target],
        causes: vec![],
        doubts: vec![],
        gathered_at: NOW,
        heard: Some(seen(())),
        running: vec![],
    }
}

#[test]
fn a_demoted_director_is_put_back_once_the_cause_is_mended() {
    let draft = restore(&demoted(), NOW).unwrap();
    assert_eq!(draft.verdict(), Verdict::Pass);
    insta::assert_snapshot!("restore", readable(&draft));

    let mut input = demoted();
    input.causes.push(Cause {
        kind: CauseKind::FilteredOneWay,
        title: Phrase::same("A packet filter drops the adverts of dir-a to dir-b"),
        evidence: vec![],
        remedy: Phrase::same("Take that rule out"),
    });
    assert_eq!(restore(&input, NOW).unwrap().verdict(), Verdict::Block);
    let mut unread = demoted();
    unread.doubts.push(Evidence {
        signal: Signal::Unknown,
        fact: Phrase::same("The packet filter of dir-b could not be read: timed out"),
        source: "iptables-save".into(),
        observed_at: None,
    });
    assert_eq!(restore(&unread, NOW).unwrap().verdict(), Verdict::Warn);
    let mut deaf = demoted();
    deaf.heard = None;
    assert_eq!(restore(&deaf, NOW).unwrap().verdict(), Verdict::Block);
    let mut free = demoted();
    free.directors[1].number = Some(seen(0));
    assert!(matches!(restore(&free, NOW), Err(PlanError::NotHeldBack { .. })));
}

#[test]
fn one_that_outranks_the_holder_takes_the_addresses_when_it_is_put_back() {
    let mut input = demoted();
    input.node = NodeId(1);
    let mut target = director(1, "dir-a", 100, VrrpState::Fault);
    target.number = Some(seen(-254));
    input.directors = vec![target, director(2, "dir-b", 90, VrrpState::Master)];
    let draft = restore(&input, NOW).unwrap();
    let titles: Vec<&str> =
        draft.verification.iter().map(|check| check.title.en.as_str()).collect();
    assert_eq!(
        titles,
        [
            "dir-a is MASTER and holds 192.168.1.200",
            "dir-b is BACKUP and does not hold 192.168.1.200"
        ]
    );
}

fn a_state() -> impl Strategy<Value = VrrpState> {
    prop_oneof![
        Just(VrrpState::Master),
        Just(VrrpState::Master),
        Just(VrrpState::Backup),
        Just(VrrpState::Fault),
    ]
}

proptest! {
    /// Whatever is seen: a plan that may run leaves a director that lives, holds and is seen.
    #[test]
    fn never_both(
        states in [a_state(), a_state()],
        deadness in [0_u8..3, 0..3],
        node in 1_i64..3,
        seen_by in prop::collection::vec(0_usize..2, 0..3),
        asked in any::<bool>(),
        age_ms in 0_i64..20_000,
    ) {
        let mut input = input(node);
        for (index, name) in ["dir-a", "dir-b"].into_iter().enumerate() {
            let id = i64::try_from(index).unwrap() + 1;
            let mut facts = director(id, name, 100 - 10 * u8::try_from(index).unwrap(), states[index]);
            match deadness[index] {
                0 => {}
                1 => frozen(&mut facts),
                _ => facts.daemon = Some(seen(daemon::parse("").unwrap())),
            }
            facts.said.as_mut().unwrap().observed_at.0 -= age_ms;
            input.directors[index] = facts;
        }
        input.witness = asked.then(|| witness(&seen_by));
        let Ok(draft) = demote(&input, NOW) else { return Ok(()) };
        if draft.verdict() == Verdict::Block { return Ok(()) }
        let left = usize::from(node == 1);
        prop_assert_eq!(states[left], VrrpState::Master);
        prop_assert_eq!(deadness[left], 0);
        prop_assert!(!asked || seen_by.contains(&left));
        prop_assert!(age_ms <= 10_000);
        let changed = draft.steps.iter().flat_map(|step| &step.actions);
        let wrong = changed.filter(|action| matches!(action, Action::Run { node: at, command, .. }
            if *at != input.node && !command.readable().starts_with("vrrp-announce")));
        prop_assert_eq!(wrong.count(), 0);
    }
}

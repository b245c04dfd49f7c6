use proptest::prelude::*;

use super::super::facts::{AdvertCount, KernelSettings, Reach};
use super::super::fixtures::{NOW, director, input, seen, track_file};
use super::super::packet_filter::FilterFinding;
use super::super::{Auth, VrrpState};
use super::*;
use crate::plan::{Interlock, Verdict};
use crate::remote::Program;

/// Makes one fact bad.
type Spoil = fn(&mut HandOverInput);

/// A plan as a person reads it.
fn readable(draft: &Draft) -> String {
    let mut text = format!("{}\nlocks {:?}\n", draft.title.en, draft.locks);
    for i in &draft.interlocks {
        text += &format!("  {:?} {}: {} ({})\n", i.verdict, i.id, i.title.en, i.detail.en);
    }
    for step in &draft.steps {
        text += &format!("{}: {} ~{} ms\n", step.id, step.title.en, step.estimate_ms);
        for (mark, actions) in [("", &step.actions), ("undo ", &step.undo)] {
            for action in actions {
                text += &format!("  {mark}{}\n", action_text(action));
            }
        }
    }
    for (mark, checks) in [("verify", &draft.verification), ("rolled back", &draft.rolled_back)] {
        for check in checks {
            text += &format!("{mark}: {} [{:?}]\n", check.title.en, check.expect);
        }
    }
    let prediction = draft.prediction.as_ref().unwrap();
    text += &format!("{}–{} ms: {}\n", prediction.low_ms, prediction.high_ms, prediction.basis.en);
    text + &format!("way back: {}\n", draft.way_back.en)
}

fn action_text(action: &Action) -> String {
    match action {
        Action::Run { node, command, .. } => format!("node {node}: {}", command.readable()),
        Action::Await { check, timeout_ms, .. } | Action::AwaitAtMost { check, timeout_ms, .. } => {
            format!("until {} (at most {timeout_ms} ms)", check.title.en)
        }
        Action::StartClientProbe { probe } => {
            format!("node {} asks: {}", probe.node, probe.command.readable())
        }
        Action::StopClientProbe => "stop asking".to_owned(),
        Action::RunAnew { .. }
        | Action::Confirm { .. }
        | Action::Capture { .. }
        | Action::CollectTrace { .. }
        | Action::ProveSharing { .. }
        | Action::AwaitSplit { .. }
        | Action::DiscardCapture => unreachable!(),
    }
}

fn worst(input: &HandOverInput) -> Interlock {
    hand_over(input, NOW).unwrap().interlocks.into_iter().next().unwrap()
}

#[test]
fn a_director_that_preempts_is_let_through_by_lowering_the_other() {
    let draft = hand_over(&input(), NOW).unwrap();
    assert_eq!(draft.verdict(), Verdict::Pass);
    insta::assert_snapshot!("preempt", readable(&draft));
}

#[test]
fn it_is_said_what_becomes_of_open_connections() {
    let said = |scheduler: &str, sloppy_tcp: bool| {
        let mut input = input();
        for director in &mut input.directors {
            let service = &mut director.ipvs.as_mut().unwrap().value.services[0];
            service.scheduler = scheduler.to_owned();
            let mut second = service.real_servers[0].clone();
            second.address = IpAddr::from([192, 168, 1, 103]);
            service.real_servers.push(second);
            director.kernel = Some(seen(KernelSettings { ip_forward: true, sloppy_tcp }));
        }
        hand_over(&input, NOW).unwrap().prediction.unwrap().basis.en
    };
    assert!(said("mh", true).contains("Open connections go on: dir-b sends each to the same"));
    assert!(said("mh", false).contains("not both are seen set"));
    assert!(said("wrr", true).contains("is cut: wrr on dir-b does not know"));
}

#[test]
fn handing_back_takes_the_lowering_back() {
    let mut input = input();
    input.to = NodeId(1);
    input.directors = vec![
        director(1, "dir-a", 100, VrrpState::Backup),
        director(2, "dir-b", 90, VrrpState::Master),
    ];
    input.directors[0].number = Some(seen(-11));
    input.directors[0].said.as_mut().unwrap().value.effective_priority = 89;
    insta::assert_snapshot!("hand_back", readable(&hand_over(&input, NOW).unwrap()));
}

#[test]
fn nopreempt_goes_through_fault() {
    let mut input = input();
    for director in &mut input.directors {
        director.conf.value.nopreempt = true;
    }
    insta::assert_snapshot!("nopreempt", readable(&hand_over(&input, NOW).unwrap()));
}

#[test]
fn without_a_track_file_keepalived_is_stopped_and_the_plan_says_what_that_means() {
    let mut input = input();
    input.directors[0].conf.value.track_files.clear();
    input.directors[0].number = None;
    input.directors[0].to_install = Some(Err("global_defs has no reload_check_config".into()));
    let draft = hand_over(&input, NOW).unwrap();
    assert_eq!(draft.verdict(), Verdict::Warn);
    insta::assert_snapshot!("stop", readable(&draft));
}

#[test]
fn a_track_file_is_installed_where_that_is_possible() {
    let mut input = input();
    let from = &mut input.directors[0];
    let installable = from.conf.value.track_files.remove(0);
    from.number = None;
    from.to_install = Some(Ok(seen(installable)));
    let draft = hand_over(&input, NOW).unwrap();
    assert_eq!(draft.verdict(), Verdict::Warn, "somebody must approve the edit");
    insta::assert_snapshot!("install", readable(&draft));
}

#[test]
fn a_target_only_that_does_not_preempt_leaves_the_other_lowered_after_fault() {
    let mut input = input();
    input.directors[1].conf.value.nopreempt = true;
    let draft = hand_over(&input, NOW).unwrap();
    let stand_by = draft.steps.iter().find(|step| step.id == "stand_by").unwrap();
    assert!(action_text(&stand_by.actions[0]).ends_with("VI_WEB.priority minus 11"));
}

#[test]
fn a_director_held_in_fault_by_its_file_is_released_first() {
    let mut input = input();
    input.to = NodeId(1);
    input.directors = vec![
        director(1, "dir-a", 100, VrrpState::Fault),
        director(2, "dir-b", 90, VrrpState::Master),
    ];
    input.directors[0].number = Some(seen(-254));
    let draft = hand_over(&input, NOW).unwrap();
    assert_eq!(draft.verdict(), Verdict::Warn);
    insta::assert_snapshot!("release_from_fault", readable(&draft));
}

/// Each fault alone blocks, under its own name.
#[test]
fn every_unsafe_fact_blocks_under_its_own_name() {
    let faults: [(&str, Spoil); 14] = [
        ("console_reaches_both", |i| i.directors[0].heard_at = Some(Timestamp(NOW.0 - 11_000))),
        ("keepalived_runs", |i| {
            i.directors[1].services.as_mut().unwrap().value[0].state = "inactive".into();
        }),
        ("peer_in_backup", |i| {
            i.directors[1].said.as_mut().unwrap().value.state = VrrpState::Fault;
        }),
        ("one_holder", |i| {
            i.directors[1].addresses = i.directors[0].addresses.clone();
        }),
        ("no_third_outranks", |i| {
            i.directors.push(director(3, "dir-c", 95, VrrpState::Backup));
        }),
        ("same_vrid", |i| i.directors[1].conf.value.vrid = 52),
        ("same_auth", |i| i.directors[1].conf.value.auth = Auth::Pass { digest: "d2".into() }),
        ("same_advert_interval", |i| i.directors[1].conf.value.advert_ms = 2000),
        ("same_addresses", |i| i.directors[1].conf.value.virtual_addresses[0].prefix_len = 32),
        ("adverts_heard", |i| {
            i.directors[1].adverts = Some(seen(AdvertCount { before: 20, after: 20 }));
        }),
        ("vrrp_not_filtered", |i| {
            let rule = "-A INPUT -p vrrp -j DROP".into();
            i.directors[1].filter = Ok(seen(FilterFinding::Drops { rule }));
        }),
        ("ipvs_equal", |i| {
            i.directors[1].ipvs.as_mut().unwrap().value.services[0].real_servers[0].weight = 1;
        }),
        ("real_servers_reachable", |i| {
            let server = "192.168.1.102:80".parse().unwrap();
            i.directors[1].reach = Some(seen(vec![Reach { server, reached: false }]));
        }),
        ("no_other_job", |i| {
            let locks = vec!["node/2/keepalived".into()];
            i.running.push(super::super::facts::RunningJob { id: crate::ids::JobId(7), locks });
        }),
    ];
    let mut told = String::new();
    for (id, spoil) in faults {
        let mut input = input();
        spoil(&mut input);
        let worst = worst(&input);
        assert_eq!((worst.verdict, worst.id.as_str()), (Verdict::Block, id));
        told += &format!("{id}: {}\n  {}\n", worst.detail.en, worst.detail.zh);
    }
    insta::assert_snapshot!("blocks", told);
}

#[test]
fn stale_and_missing_facts_block() {
    let spoils: [Spoil; 5] = [
        |i| i.directors[1].said.as_mut().unwrap().observed_at = Timestamp(NOW.0 - 11_000),
        |i| i.directors[0].addresses = None,
        |i| i.directors[1].ipvs = None,
        |i| i.directors[0].number = None,
        |i| i.directors[1].reach = None,
    ];
    for spoil in spoils {
        let mut input = input();
        spoil(&mut input);
        assert_eq!(worst(&input).verdict, Verdict::Block, "{}", worst(&input).title.en);
    }
}

#[test]
fn comfort_only_warns() {
    let spoils: [(&str, Spoil); 4] = [
        ("client_measures", |i| i.client = None),
        ("clocks_agree", |i| i.directors[0].clock_ahead_ms = Some(seen(-60_000))),
        ("vrrp_not_filtered", |i| i.directors[0].filter = Err("nft: not found".into())),
        ("vrrp_not_filtered", |i| {
            let rule = "-A INPUT -s 10.0.0.0/8 -j DROP".into();
            i.directors[0].filter = Ok(seen(FilterFinding::Unsure { rule }));
        }),
    ];
    for (id, spoil) in spoils {
        let mut input = input();
        spoil(&mut input);
        let worst = worst(&input);
        assert_eq!((worst.verdict, worst.id.as_str()), (Verdict::Warn, id));
    }
}

#[test]
fn nothing_to_do_is_said() {
    let mut input = input();
    input.to = NodeId(1);
    let error = hand_over(&input, NOW).unwrap_err();
    assert_eq!(error.to_string(), "dir-a already holds VI_WEB");
    input.to = NodeId(5);
    assert!(matches!(hand_over(&input, NOW), Err(PlanError::NotADirector { .. })));
}

#[test]
fn the_hash_is_of_what_runs_and_not_of_ages() {
    let later = Timestamp(NOW.0 + 2_000);
    let (a, b) = (hand_over(&input(), NOW).unwrap(), hand_over(&input(), later).unwrap());
    assert_eq!(a.hash().unwrap(), b.hash().unwrap());
}

/// What the directors' elections come to, worked out apart from the planner.
mod oracle {
    pub(super) struct Member {
        pub(super) node: i64,
        pub(super) base: i32,
        pub(super) weight: i32,
        pub(super) number: i32,
    }

    /// The one that would be MASTER, if it is one.
    pub(super) fn master(members: &[Member]) -> Option<i64> {
        let fault = |m: &Member| match m.weight {
            0 => m.number != 0,
            w => m.number * w <= -254,
        };
        let priority = |m: &Member| (m.base + m.number * m.weight).clamp(1, 254);
        let able: Vec<_> = members.iter().filter(|m| !fault(m)).collect();
        let top = able.iter().map(|m| priority(m)).max()?;
        let best: Vec<_> = able.iter().filter(|m| priority(m) == top).collect();
        (best.len() == 1).then(|| best[0].node)
    }
}

/// The number that a `vrrp-priority` action writes.
fn written(action: &Action) -> Option<(NodeId, i32)> {
    let Action::Run { node, command, .. } = action else { return None };
    match &command.program {
        Program::Script { name, .. } if name == "vrrp-priority" => {}
        _ => return None,
    }
    let amount: i32 = command.args[2].parse().unwrap();
    Some((*node, if command.args[1] == "minus" { -amount } else { amount }))
}

fn weight() -> impl Strategy<Value = i16> {
    prop_oneof![3 => Just(1i16), 1 => Just(0i16), 2 => -5i16..=5, 1 => -254i16..=254]
}

fn number() -> impl Strategy<Value = i32> {
    prop_oneof![2 => Just(0), 2 => -30i32..=30, 1 => -260i32..=260]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever the facts: a plan that may run never leaves an election that both or none can win.
    /// Where nobody preempts, one director at a time is out of the election, never both.
    #[test]
    fn a_plan_that_may_run_leaves_one_able_master(
        priorities in (1u8..=254, 1u8..=254),
        weights in (weight(), weight()),
        numbers in (number(), number()),
        nopreempt in (any::<bool>(), any::<bool>()),
        holder_is_a in any::<bool>(),
        with_files in (prop::bool::weighted(0.9), prop::bool::weighted(0.9)),
    ) {
        let mut input = input();
        let states = if holder_is_a { (VrrpState::Master, VrrpState::Backup) } else { (VrrpState::Backup, VrrpState::Master) };
        input.to = NodeId(if holder_is_a { 2 } else { 1 });
        input.directors = vec![
            director(1, "dir-a", priorities.0, states.0),
            director(2, "dir-b", priorities.1, states.1),
        ];
        let each = [
            (priorities.0, weights.0, numbers.0, nopreempt.0, with_files.0),
            (priorities.1, weights.1, numbers.1, nopreempt.1, with_files.1),
        ];
        let mut members = Vec::new();
        for (facts, (base, weight, number, nopreempt, with_file)) in input.directors.iter_mut().zip(each) {
            let is_holder = facts.said.as_ref().unwrap().value.state == VrrpState::Master;
            let faults = if weight == 0 { number != 0 } else { number * i32::from(weight) <= -254 };
            let number = if !with_file || (is_holder && faults) { 0 } else { number };
            facts.conf.value.nopreempt = nopreempt;
            facts.conf.value.track_files = if with_file { vec![track_file("VI_WEB", weight)] } else { vec![] };
            facts.number = with_file.then(|| seen(number));
            let shifted = (i32::from(base) + number * i32::from(weight)).clamp(1, 254);
            facts.said.as_mut().unwrap().value.effective_priority = u8::try_from(shifted).unwrap();
            members.push(oracle::Member { node: facts.node.0, base: i32::from(base), weight: i32::from(weight), number });
        }
        // Whoever stands by is what its file makes of it.
        let in_fault = |m: &oracle::Member| if m.weight == 0 { m.number != 0 } else { m.number * m.weight <= -254 };
        let holder = usize::from(!holder_is_a);
        if in_fault(&members[1 - holder]) {
            input.directors[1 - holder].said.as_mut().unwrap().value.state = VrrpState::Fault;
        }
        let draft = hand_over(&input, NOW).unwrap();
        if draft.verdict() == Verdict::Block {
            return Ok(());
        }
        let target = input.to.0;
        let stops = draft.steps.iter().any(|step| step.id == "stop_keepalived");
        for step in &draft.steps {
            for action in &step.actions {
                if let Some((node, number)) = written(action) {
                    members.iter_mut().find(|m| m.node == node.0).unwrap().number = number;
                }
                prop_assert!(members.iter().any(|m| !in_fault(m)), "nobody could hold the address");
            }
        }
        let target_preempts = !input.directors[1 - holder].conf.value.nopreempt;
        let source_preempts = !input.directors[holder].conf.value.nopreempt;
        if !stops && (target_preempts || source_preempts) && draft.interlocks.iter().all(|i| i.verdict == Verdict::Pass) {
            let outranks = oracle::master(&members) == Some(target);
            // Through FAULT the old holder may end above the new one only if it does not preempt.
            prop_assert!(outranks || !source_preempts, "{}", readable(&draft));
        }
        prop_assert!(!in_fault(members.iter().find(|m| m.node == target).unwrap()));
    }
}

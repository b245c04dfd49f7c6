use super::*;
use crate::drills::VrrpCase;
use crate::plan::{Action, Draft, Verdict};
use crate::vrrp::VrrpState;
use crate::vrrp::fixtures::{self, NOW};
use crate::vrrp::plan::PlanError;

fn plan_of(case: VrrpCase, spoil: impl Fn(&mut DrillInput)) -> Result<Draft, PlanError> {
    let mut input = DrillInput { case, hand_over: fixtures::input() };
    spoil(&mut input);
    drill(&input, NOW)
}

fn plan(case: VrrpCase) -> Draft {
    plan_of(case, |_| ()).unwrap()
}

fn text(draft: &Draft) -> String {
    let line = |action: &Action| match action {
        Action::Run { node, command, .. } => format!("node {node}: {}", command.readable()),
        Action::Await { check, timeout_ms, .. } => {
            format!("until {} (at most {timeout_ms} ms)", check.title.en)
        }
        Action::AwaitSplit { cause, .. } => format!("until {cause:?} is found"),
        Action::StartClientProbe { .. } => "a client asks".to_owned(),
        Action::StopClientProbe => "stop asking".to_owned(),
        other => format!("{other:?}"),
    };
    let mut text = format!("{}\n", draft.title.en);
    for step in &draft.steps {
        text += &format!("{}: {}\n", step.id, step.title.en);
        step.actions.iter().for_each(|action| text += &format!("  {}\n", line(action)));
        step.undo.iter().for_each(|action| text += &format!("  undo {}\n", line(action)));
    }
    draft.verification.iter().for_each(|check| text += &format!("verify {}\n", check.title.en));
    let prediction = draft.prediction.as_ref().unwrap();
    text + &format!("{} to {} ms\n", prediction.low_ms, prediction.high_ms)
}

#[test]
fn a_killed_daemon_is_measured_and_started_again() {
    insta::assert_snapshot!(text(&plan(VrrpCase::DaemonKilled)));
}

#[test]
fn a_split_is_made_at_the_standby_and_found_by_the_console() {
    let plan_text = text(
        &plan_of(VrrpCase::AdvertsFiltered, |input| {
            input.hand_over.directors[0].own_address = "192.168.1.100".parse().ok();
        })
        .unwrap(),
    );
    insta::assert_snapshot!(plan_text);
}

#[test]
fn a_hand_over_is_taken_back_and_ends_where_it_began() {
    insta::assert_snapshot!(text(&plan(VrrpCase::HandOver)));
}

#[test]
fn every_fault_is_undone_on_the_node_where_it_is_made() {
    for case in VrrpCase::ALL {
        let draft = plan_of(case, |input| {
            input.hand_over.directors[0].own_address = "192.168.1.100".parse().ok();
        });
        let draft = draft.unwrap();
        let makes = |action: &Action| match action {
            Action::Run { node, command, .. } => {
                command.readable().starts_with("drill-fault make").then_some(*node)
            }
            _ => None,
        };
        let mends = |action: &Action| match action {
            Action::Run { node, command, .. } => {
                command.readable().starts_with("drill-fault mend").then_some(*node)
            }
            _ => None,
        };
        let all = draft.steps.iter().flat_map(|step| &step.actions);
        let made: Vec<_> = all.clone().filter_map(makes).collect();
        let mended: Vec<_> = all.filter_map(mends).collect();
        let undone: Vec<_> =
            draft.steps.iter().flat_map(|step| &step.undo).filter_map(mends).collect();
        assert_eq!(made, undone, "{case:?}");
        // A node whose power was cut comes up by itself.
        let by_itself = case == VrrpCase::PowerCut;
        assert_eq!(mended, if by_itself { Vec::new() } else { made.clone() }, "{case:?}");
        assert_eq!(made.len(), usize::from(case != VrrpCase::HandOver), "{case:?}");
        assert!(draft.is_drill());
    }
}

#[test]
fn one_that_does_not_preempt_leaves_the_addresses_where_they_went() {
    let draft = plan_of(VrrpCase::FailBack, |input| {
        input.hand_over.directors.iter_mut().for_each(|own| own.conf.value.nopreempt = true);
    });
    let draft = draft.unwrap();
    assert!(draft.verification[0].title.en.starts_with("dir-b is MASTER"), "{draft:?}");
    let undone = draft.rolled_back.iter().map(|check| check.title.en.as_str());
    let undone: Vec<&str> = undone.collect();
    assert_eq!(
        undone,
        [
            "dir-a takes part in the election of VI_WEB",
            "dir-b takes part in the election of VI_WEB"
        ]
    );
    assert_eq!(draft.prediction.unwrap().high_ms, 0);
    let back = plan(VrrpCase::FailBack);
    assert!(back.verification[0].title.en.starts_with("dir-a is MASTER"));
}

#[test]
fn without_a_director_that_could_take_over_there_is_no_drill() {
    for case in VrrpCase::ALL {
        let draft = plan_of(case, |input| {
            let [holder, standby] = &mut input.hand_over.directors[..] else { unreachable!() };
            holder.own_address = "192.168.1.100".parse().ok();
            standby.said.as_mut().unwrap().value.state = VrrpState::Fault;
        });
        assert_eq!(draft.unwrap().verdict(), Verdict::Block, "{case:?}");
    }
}

#[test]
fn adverts_of_an_unknown_sender_cannot_be_filtered() {
    let refused = plan_of(VrrpCase::AdvertsFiltered, |input| {
        input.hand_over.directors[0].own_address = None;
    });
    assert_eq!(refused.unwrap_err(), PlanError::NoAdvertAddress { director: "dir-a".into() });
}

#[test]
fn a_holder_that_would_yield_is_not_split() {
    let draft = plan_of(VrrpCase::AdvertsFiltered, |input| {
        let [holder, standby] = &mut input.hand_over.directors[..] else { unreachable!() };
        holder.own_address = "192.168.1.100".parse().ok();
        holder.said.as_mut().unwrap().value.effective_priority = 90;
        standby.said.as_mut().unwrap().value.effective_priority = 100;
    });
    let draft = draft.unwrap();
    let row = draft.interlocks.iter().find(|row| row.id == "both_would_hold").unwrap();
    assert_eq!(row.verdict, Verdict::Block, "{}", row.detail.en);
}

#[test]
fn one_drill_runs_at_a_time_and_no_other_job_changes_the_rules_that_it_is_among() {
    let draft = plan_of(VrrpCase::AdvertsFiltered, |input| {
        input.hand_over.directors[0].own_address = "192.168.1.100".parse().ok();
    });
    let locks = draft.unwrap().locks;
    assert!(locks.contains(&"drill".to_owned()));
    assert!(locks.iter().any(|lock| lock.starts_with("node/2/firewall/")), "{locks:?}");
    for case in VrrpCase::ALL.into_iter().filter(|case| *case != VrrpCase::AdvertsFiltered) {
        assert!(plan(case).locks.contains(&"drill".to_owned()), "{case:?}");
    }
}

#[test]
fn silence_costs_two_to_three_adverts_and_the_skew() {
    let prediction = plan(VrrpCase::PowerCut).prediction.unwrap();
    // dir-b with priority 90: its skew is 648 ms.
    assert_eq!((prediction.low_ms, prediction.high_ms), (2_648, 3_678));
}

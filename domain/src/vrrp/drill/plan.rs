//! The plan of a drill.

use std::time::Duration;

use super::expected;
use super::fault::{Made, master_down};
use crate::drills::{Drill, LOCK, VrrpCase};
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Draft, Expect, Interlock, Step};
use crate::remote::RemoteCommand;
use crate::time::Timestamp;
use crate::vrrp::facts::HandOverInput;
use crate::vrrp::interlock::{Finding, interlock, of_take_over};
use crate::vrrp::measuring;
use crate::vrrp::plan::{
    Pair, PlanError, SLACK, Stand, hand_over, locks, millis, question, take_over_time, until,
};
use crate::vrrp::split::CauseKind;

/// What a drill is planned from.
#[derive(Debug, Clone)]
pub struct DrillInput {
    pub case: VrrpCase,
    /// From the holder to the director that stands by.
    pub hand_over: HandOverInput,
}

/// The console must have found a split within this time.
const SPLIT_FOUND_WITHIN: Duration = Duration::from_secs(2);
/// For firmware, kernel and daemons.
const BOOT: Duration = Duration::from_secs(600);

pub fn drill(input: &DrillInput, now: Timestamp) -> Result<Draft, PlanError> {
    let pair = Pair::of(&input.hand_over, now)?;
    if input.case == VrrpCase::HandOver {
        return there_and_back(input, &pair, now);
    }
    let drilled = Drilled::new(input, &pair)?;
    let mut locks = locks(&input.hand_over, &pair);
    locks.extend(drilled.made.locks());
    locks.push(LOCK.to_owned());
    Ok(Draft {
        operation: operation(input),
        title: title(input, &pair),
        run_label: run_label(),
        interlocks: drilled.interlocks(&locks, now),
        steps: drilled.steps(),
        verification: drilled.verification(),
        rolled_back: drilled.rolled_back(),
        prediction: Some(expected::of(input.case, &pair, drilled.returns)),
        way_back: way_back(),
        locks,
    })
}

fn operation(input: &DrillInput) -> Operation {
    let instance = input.hand_over.instance.clone();
    Operation::DrillsRun { drill: Drill::Vrrp { instance, case: input.case } }
}

fn title(input: &DrillInput, pair: &Pair<'_>) -> Phrase {
    let (instance, from, case) = (&pair.from.conf.value.name, &pair.from.name, input.case.title());
    Phrase::new(
        format!("Drill of {instance} on {from}: {}", case.en),
        format!("{from} 上 {instance} 的演练：{}", case.zh),
    )
}

fn run_label() -> Phrase {
    Phrase::new("Run the drill", "运行演练")
}

fn way_back() -> Phrase {
    Phrase::new("The drill mends its fault by itself", "演练会自行消除故障")
}

/// A hand-over whose way back is taken at once.
fn there_and_back(input: &DrillInput, pair: &Pair<'_>, now: Timestamp) -> Result<Draft, PlanError> {
    let draft = hand_over(&input.hand_over, now)?;
    let from = &pair.from.name;
    let undone = draft.steps.iter().rev().flat_map(|step| step.undo.clone());
    let back = Step {
        id: "hand_back".to_owned(),
        title: Phrase::new(format!("Hand back to {from}"), format!("切换回 {from}")),
        actions: undone.filter(|action| *action != Action::StopClientProbe).collect(),
        undo: Vec::new(),
        estimate_ms: millis(master_down(pair)),
        cancellable: false,
    };
    let is_end = |step: &Step| step.actions.contains(&Action::StopClientProbe);
    let mut steps = draft.steps;
    let at = steps.iter().position(is_end).unwrap_or(steps.len());
    steps.insert(at, back);
    let mut locks = draft.locks;
    locks.push(LOCK.to_owned());
    Ok(Draft {
        locks,
        operation: operation(input),
        title: title(input, pair),
        run_label: run_label(),
        steps,
        verification: draft.rolled_back.clone(),
        way_back: way_back(),
        ..draft
    })
}

struct Drilled<'a> {
    input: &'a DrillInput,
    pair: &'a Pair<'a>,
    stand: Stand,
    made: Made<'a>,
    /// Whether the old holder takes the addresses back by itself.
    returns: bool,
}

impl<'a> Drilled<'a> {
    fn new(input: &'a DrillInput, pair: &'a Pair<'a>) -> Result<Drilled<'a>, PlanError> {
        let (source, target) = (pair.from.candidate(), pair.to.candidate());
        let outranks = source.effective > target.effective;
        Ok(Drilled {
            input,
            pair,
            stand: Stand::new(pair)?,
            made: Made::of(input.case, pair)?,
            // Of two that hold the addresses the one with the higher priority keeps them.
            returns: outranks && (source.preempts || input.case.splits()),
        })
    }

    fn interlocks(&self, locks: &[String], now: Timestamp) -> Vec<Interlock> {
        let mut all = of_take_over(&self.input.hand_over, self.pair, locks, now);
        let (from, at) = (&self.pair.from.name, self.pair.from.conf.observed_at);
        let others = self.pair.from.other_instances.join(", ");
        all.push(interlock(
            "only_this_instance",
            Phrase::new("Nothing else is drilled with it", "不会同时影响其他实例"),
            Ok(if others.is_empty() {
                Finding::pass(Phrase::new("no other there", "没有其他实例"), at)
            } else {
                Finding::warn(
                    Phrase::new(
                        format!("{from} also has {others}, which the fault strikes too"),
                        format!("{from} 还有 {others}，故障也会影响它们"),
                    ),
                    Some(at),
                )
            }),
        ));
        if self.input.case == VrrpCase::AdvertsFiltered {
            all.push(self.would_split(at));
        }
        all.push(interlock(
            "ends_where_it_began",
            Phrase::new("Who holds the addresses afterwards is known", "之后的持有者已知"),
            Ok(Finding::pass(self.outcome(), at)),
        ));
        all.sort_by_key(|interlock| interlock.verdict);
        all
    }

    /// A holder that hears a higher priority yields at once.
    fn would_split(&self, at: Timestamp) -> Interlock {
        let (from, to) = (&self.pair.from.name, &self.pair.to.name);
        interlock(
            "both_would_hold",
            Phrase::new("Both would hold the addresses", "两台会同时持有地址"),
            Ok(if self.returns {
                Finding::pass(
                    Phrase::new(
                        format!("{from} outranks {to} and does not yield"),
                        format!("{from} 优先级高于 {to}，不会让出"),
                    ),
                    at,
                )
            } else {
                Finding::block(
                    Phrase::new(
                        format!(
                            "{to} outranks {from}, which would yield to it: hand over to {to} first"
                        ),
                        format!("{to} 优先级高于 {from}，{from} 会让出：请先切换到 {to}"),
                    ),
                    at,
                )
            }),
        )
    }

    fn outcome(&self) -> Phrase {
        let (from, to) = (&self.pair.from.name, &self.pair.to.name);
        if self.returns {
            return Phrase::new(
                format!("{from} again: it outranks {to}"),
                format!("仍为 {from}：其优先级高于 {to}"),
            );
        }
        Phrase::new(
            format!("{to}: {from} does not take them back by itself"),
            format!("{to}：{from} 不会自行取回"),
        )
    }

    fn steps(&self) -> Vec<Step> {
        let client = self.input.hand_over.client.as_ref().zip(question(self.pair));
        let to = self.pair.to.node;
        let begin = client.map(|(client, question)| {
            let bound = take_over_time(self.pair.to) * 6 + BOOT;
            measuring::begin(client, question, bound, to)
        });
        let end = begin.is_some().then(|| measuring::end(to));
        let away = self.made.is_away().then(|| until(self.answers(), BOOT));
        let make = self.made.step(away, self.restored());
        let told = if self.input.case.splits() { self.found() } else { self.taken_over() };
        let mend = self.mend();
        if self.input.case == VrrpCase::FailBack {
            return [Some(make), Some(told), begin, Some(mend), end]
                .into_iter()
                .flatten()
                .collect();
        }
        [begin, Some(make), Some(told), end, Some(mend)].into_iter().flatten().collect()
    }

    fn taken_over(&self) -> Step {
        let (to, addresses) = (&self.pair.to.name, self.pair.addresses());
        Step {
            id: "take_over".to_owned(),
            title: Phrase::new(
                format!("Wait until {to} holds {addresses}"),
                format!("等待 {to} 持有 {addresses}"),
            ),
            actions: vec![until(self.stand.holds(self.pair.to), take_over_time(self.pair.to))],
            undo: Vec::new(),
            estimate_ms: millis(master_down(self.pair)),
            cancellable: true,
        }
    }

    fn found(&self) -> Step {
        let cause = match self.input.case {
            VrrpCase::DaemonFrozen => CauseKind::DaemonFrozen,
            _ => CauseKind::FilteredOneWay,
        };
        let found_within = millis(SPLIT_FOUND_WITHIN);
        Step {
            id: "find_split".to_owned(),
            title: Phrase::new(
                format!(
                    "Both hold the addresses: see the console find it within {found_within} ms and name the cause"
                ),
                format!("两台同时持有地址：确认控制台在 {found_within} 毫秒内发现并指出原因"),
            ),
            actions: vec![Action::AwaitSplit {
                instance: self.input.hand_over.instance.clone(),
                cause,
                found_within_ms: found_within,
                // Until the standby has taken over, and all that is read for the cause has been read.
                timeout_ms: millis(take_over_time(self.pair.to) + SLACK * 3),
            }],
            undo: Vec::new(),
            estimate_ms: millis(master_down(self.pair)) + 3_000,
            cancellable: true,
        }
    }

    fn mend(&self) -> Step {
        let mut actions = Vec::new();
        if self.made.is_away() {
            actions.push(until(self.answers(), BOOT));
        }
        // A node whose power was cut must come up by itself.
        if self.input.case != VrrpCase::PowerCut {
            actions.push(self.made.mend());
        }
        actions.extend(self.after().into_iter().map(|check| until(check, self.settles_within())));
        Step {
            id: "mend_fault".to_owned(),
            title: Phrase::new("Mend it, and see everything settle", "消除故障，并确认一切恢复"),
            actions,
            undo: Vec::new(),
            estimate_ms: millis(master_down(self.pair)) + 2_000,
            cancellable: false,
        }
    }

    fn answers(&self) -> Check {
        let from = self.pair.from;
        Check {
            title: Phrase::new(
                format!("{} answers the console", from.name),
                format!("{} 应答控制台", from.name),
            ),
            node: from.node,
            command: RemoteCommand::new("true"),
            expect: Expect::Success,
        }
    }

    fn settles_within(&self) -> Duration {
        take_over_time(self.pair.from) + SLACK
    }

    /// Where both stand when it is mended.
    fn after(&self) -> Vec<Check> {
        let (from, to) = (self.pair.from, self.pair.to);
        let (holds, stands_back) = if self.returns { (from, to) } else { (to, from) };
        vec![self.stand.holds(holds), self.stand.stands_back(stands_back, "BACKUP")]
    }

    fn before(&self) -> Vec<Check> {
        let (from, to) = (self.pair.from, self.pair.to);
        vec![self.stand.holds(from), self.stand.stands_back(to, "BACKUP")]
    }

    /// Where the holder does not take its addresses back by itself nothing forces them: the other one
    /// holds them well, and may be the only one that can.
    fn rolled_back(&self) -> Vec<Check> {
        if self.returns {
            return self.before();
        }
        vec![self.stand.in_election(self.pair.from), self.stand.in_election(self.pair.to)]
    }

    /// What follows the mending in an undo.
    fn restored(&self) -> Vec<Action> {
        let checks = self.rolled_back().into_iter();
        checks.map(|check| until(check, self.settles_within())).collect()
    }

    fn verification(&self) -> Vec<Check> {
        let mut checks = self.after();
        if let Some((client, question)) =
            self.input.hand_over.client.as_ref().zip(question(self.pair))
        {
            checks.push(measuring::answered(client, question));
        }
        checks
    }
}

//! `vrrp.take_out`: a director gives everything up and stays out.

use super::merged::merged;
use super::{Measured, Part, all_locks, of_instance, set_out};
use crate::ids::NodeId;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Action, Draft, Interlock, Prediction, Step};
use crate::time::Timestamp;
use crate::vrrp::VrrpState;
use crate::vrrp::course::{Course, Way};
use crate::vrrp::election::Lever;
use crate::vrrp::facts::{ClientFacts, DirectorFacts, HandOverInput, RunningJob};
use crate::vrrp::interlock::{Finding, interlock, of_holder};
use crate::vrrp::plan::{
    Pair, PlanError, SLACK, Stand, give_up, install_track_file, set, take_over, until,
};
use crate::vrrp::{interlock as interlocks, prediction};

#[derive(Debug, Clone)]
pub struct TakeOutInput {
    /// The director that shall leave service.
    pub node: NodeId,
    pub name: String,
    pub parts: Vec<Part>,
    pub client: Option<ClientFacts>,
    pub running: Vec<RunningJob>,
}

/// What becomes of one instance.
struct Leaving<'a> {
    part: &'a Part,
    target: &'a DirectorFacts,
    other: &'a DirectorFacts,
    /// `None`: the target does not hold it.
    hand_over: Option<Course>,
    /// What is asked of a hand-over is asked here, too.
    input: HandOverInput,
    stand: Stand,
}

pub fn take_out(input: &TakeOutInput, now: Timestamp) -> Result<Draft, PlanError> {
    let name = &input.name;
    let leaving: Vec<Leaving<'_>> = input
        .parts
        .iter()
        .map(|part| Leaving::of(input, part, now))
        .collect::<Result<_, PlanError>>()?;
    let first = leaving.first().ok_or_else(|| PlanError::NoDirector { director: name.clone() })?;
    if leaving.iter().all(|part| part.target.is_out) {
        return Err(PlanError::OutAlready { director: name.clone() });
    }
    let locks =
        all_locks(leaving.iter().map(|l| (&l.part.instance, [l.target.node, l.other.node])));
    let measured = Measured::of(input.client.as_ref(), first.holder());
    let others: Vec<&DirectorFacts> = leaving.iter().map(|part| part.other).collect();
    let steps = steps(name, &leaving);
    let mut verification: Vec<_> = leaving.iter().flat_map(Leaving::after).collect();
    verification.extend(measured.as_ref().map(Measured::answered));
    Ok(Draft {
        operation: Operation::VrrpTakeOut { node: input.node },
        title: Phrase::new(format!("Take {name} out of service"), format!("使 {name} 停止服务")),
        run_label: Phrase::new(format!("Take {name} out"), format!("停止 {name} 的服务")),
        interlocks: conditions(name, &leaving, &locks, now),
        steps: match &measured {
            Some(measured) => measured.around(&others, steps),
            None => steps,
        },
        verification,
        rolled_back: leaving.iter().flat_map(Leaving::before).collect(),
        prediction: Some(foretold(name, &leaving)),
        way_back: Phrase::new(
            format!(
                "Bring {name} back. Until then it stays in FAULT, over reloads, restarts and boots, and takes nothing even when the other fails"
            ),
            format!(
                "恢复 {name} 的服务。在此之前它保持 FAULT（重新加载、重启和开机后也如此），即使另一台失效也不接管"
            ),
        ),
        locks,
    })
}

impl<'a> Leaving<'a> {
    fn of(input: &TakeOutInput, part: &'a Part, now: Timestamp) -> Result<Self, PlanError> {
        let instance = || part.instance.0.clone();
        let director = |node| {
            part.director(node)
                .ok_or_else(|| PlanError::NotADirector { instance: instance(), to: node })
        };
        let target = director(input.node)?;
        let other = part.director(part.other);
        let other = other.ok_or_else(|| PlanError::OneDirector { instance: instance() })?;
        let hand_over = interlocks::claims(target, now).then(|| Course::choose(target, other));
        Ok(Leaving {
            part,
            target,
            other,
            hand_over,
            input: HandOverInput {
                instance: part.instance.clone(),
                to: other.node,
                directors: Vec::new(),
                client: input.client.clone(),
                running: input.running.clone(),
            },
            stand: Stand::of(target)?,
        })
    }

    /// From whom to whom it goes, or would.
    fn pair(&self) -> Pair<'_> {
        let others = self.part.directors.iter();
        let is_third = |d: &&DirectorFacts| d.node != self.target.node && d.node != self.other.node;
        let others = others.filter(is_third).collect();
        match self.hand_over {
            Some(_) => Pair { from: self.target, to: self.other, others },
            None => Pair { from: self.other, to: self.target, others },
        }
    }

    fn holder(&self) -> &DirectorFacts {
        if self.hand_over.is_some() { self.target } else { self.other }
    }

    /// The number that the target's file has right before it goes into FAULT.
    fn number(&self, lever: &Lever<'_>) -> i32 {
        match self.hand_over.as_ref().map(|course| &course.way) {
            Some(Way::Outrank { lower: Some(write) } | Way::Fault { enter: write, .. }) => write.to,
            _ => lever.number,
        }
    }

    fn before(&self) -> Vec<crate::plan::Check> {
        let stand = &self.stand;
        let says = self.target.said.as_ref().map(|said| said.value.state);
        let word = match says {
            Some(VrrpState::Fault) => "FAULT",
            _ => "BACKUP",
        };
        match self.hand_over {
            Some(_) => {
                vec![stand.holds(self.target), stand.stands_back(self.other, "BACKUP")]
            }
            None => vec![stand.holds(self.other), stand.stands_back(self.target, word)],
        }
    }

    fn after(&self) -> Vec<crate::plan::Check> {
        vec![self.stand.holds(self.other), self.stand.stands_back(self.target, "FAULT")]
    }

    fn conditions(&self, locks: &[String], now: Timestamp) -> Vec<Interlock> {
        let pair = self.pair();
        let mut all = match &self.hand_over {
            Some(course) => interlocks::all(&self.input, &pair, course, locks, now),
            None => of_holder(&pair, now),
        };
        // Both are said of the director as a whole.
        all.retain(|row| !["standby_remains", "only_this_instance"].contains(&row.id.as_str()));
        let (name, at) = (&self.target.name, self.target.conf.observed_at);
        let by_file = match (self.target.candidate().lever, &self.target.to_install) {
            (Some(_), _) => Finding::pass(Phrase::same("track_file"), at),
            (None, why) => {
                let why = why.as_ref().and_then(|tried| tried.as_ref().err());
                let why = why.map_or("", String::as_str);
                Finding::block(
                    Phrase::new(
                        format!(
                            "It has no track file that Signalbox may write, and none can be added. {why}"
                        ),
                        format!("没有 Signalbox 可写的优先级文件，且无法加入。{why}"),
                    ),
                    at,
                )
            }
        };
        all.push(interlock(
            "track_file_there",
            Phrase::new(
                format!("A track file can put {name} into FAULT"),
                format!("可以通过优先级文件使 {name} 进入 FAULT"),
            ),
            Ok(by_file),
        ));
        let others = self.part.directors.iter().filter(|other| other.node != self.target.node);
        let out: Vec<&str> =
            others.filter(|other| other.is_out).map(|other| other.name.as_str()).collect();
        all.push(interlock(
            "none_out",
            Phrase::new("No other director is out of service", "没有其他调度器停止服务"),
            Ok(match out.join(", ") {
                none if none.is_empty() => Finding::pass(Phrase::new("none", "无"), at),
                out => Finding::block(
                    Phrase::new(
                        format!("{out} is. Bring it back first"),
                        format!("{out} 已停止服务。须先恢复"),
                    ),
                    at,
                ),
            }),
        ));
        all
    }
}

fn conditions(
    name: &str,
    leaving: &[Leaving<'_>],
    locks: &[String],
    now: Timestamp,
) -> Vec<Interlock> {
    let of_parts = leaving.iter().map(|part| (&part.part.instance, part.conditions(locks, now)));
    let mut all = merged(of_parts.collect());
    if !all.iter().any(|row| row.id == "no_other_job") {
        let running = leaving.first().map_or(&[][..], |part| &part.input.running);
        all.push(interlock(
            "no_other_job",
            Phrase::new("No other job works on this", "没有其他任务占用"),
            Ok(interlocks::no_other_job(running, locks, now)),
        ));
    }
    let alone = |part: &&Leaving<'_>| part.part.directors.len() == 2;
    let alone: Vec<&str> =
        leaving.iter().filter(alone).map(|part| part.part.instance.0.as_str()).collect();
    all.push(interlock(
        "standby_remains",
        Phrase::new("Another director stands by meanwhile", "期间有其他调度器处于备用"),
        Ok(match alone.join(", ") {
            none if none.is_empty() => Finding::pass(Phrase::same("BACKUP"), now),
            alone => Finding::warn(
                Phrase::new(
                    format!("Until {name} is back nothing stands by for {alone}"),
                    format!("{name} 恢复之前，{alone} 没有备机"),
                ),
                Some(now),
            ),
        }),
    ));
    all.sort_by_key(|row| row.verdict);
    all
}

fn steps(name: &str, leaving: &[Leaving<'_>]) -> Vec<Step> {
    let mut steps = Vec::new();
    for part in leaving {
        let of_this = |step: Step| of_instance(step, &part.part.instance);
        let pair = Pair { from: part.target, to: part.other, others: Vec::new() };
        if part.target.track_file_to_install().is_some() {
            steps.push(of_this(install(part, &pair)));
        }
        if let Some(course) = &part.hand_over {
            steps.push(of_this(give_up(&pair, course, &part.stand)));
            steps.push(of_this(take_over(&pair, course, &part.stand)));
        }
    }
    steps.push(leave(name, leaving));
    steps
}

/// A holder keeps its addresses over the reload; one that stands by keeps standing by.
fn install(part: &Leaving<'_>, pair: &Pair<'_>) -> Step {
    let step = install_track_file(pair, &part.stand);
    if part.hand_over.is_some() {
        return step;
    }
    let run = step.actions.into_iter().take(1);
    let settled = until(part.stand.holds(part.other), SLACK);
    Step { actions: run.chain([settled]).collect(), ..step }
}

fn leave(name: &str, leaving: &[Leaving<'_>]) -> Step {
    let (mut actions, mut undo): (Vec<Action>, Vec<Action>) = (Vec::new(), Vec::new());
    for part in leaving {
        let candidate = part.target.candidate();
        if let Some((lever, fault)) = candidate.lever.zip(candidate.fault_number()) {
            let (node, file) = (part.target.node, &lever.file.path);
            actions.push(set_out(node, file, fault));
            undo.push(set(node, file, part.number(&lever)));
        }
    }
    let stays = |part: &Leaving<'_>| {
        [part.stand.stands_back(part.target, "FAULT"), part.stand.holds(part.other)]
    };
    actions.extend(leaving.iter().flat_map(stays).map(|check| until(check, SLACK)));
    Step {
        id: "leave".to_owned(),
        title: Phrase::new(
            format!("Put every instance of {name} into FAULT, marked as out of service"),
            format!("使 {name} 的全部实例进入 FAULT，并标记为停止服务"),
        ),
        actions,
        undo,
        estimate_ms: 1_000,
        cancellable: true,
    }
}

/// The instance that costs most says what clients lose.
fn foretold(name: &str, leaving: &[Leaving<'_>]) -> Prediction {
    let held = leaving.iter().filter_map(|part| {
        let course = part.hand_over.as_ref()?;
        Some(prediction::of(&part.pair(), course))
    });
    held.max_by_key(|prediction| prediction.high_ms).unwrap_or_else(|| Prediction {
        label: Phrase::new("Clients will get no answer for about", "客户端得不到应答的时间约为"),
        low_ms: 0,
        high_ms: 0,
        basis: Phrase::new(
            format!("{name} holds no address: it only stops standing by"),
            format!("{name} 未持有任何地址：只是不再待命"),
        ),
        parts: Vec::new(),
    })
}

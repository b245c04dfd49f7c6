//! `vrrp.restore`: a demoted director takes part in the election again.

use super::interlock::{holds_all, no_other_job, reached};
use super::locks;
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Check, Draft, Interlock, Step};
use crate::time::Timestamp;
use crate::vrrp::InstanceName;
use crate::vrrp::election::{Outcome, own_track_file};
use crate::vrrp::facts::{DirectorFacts, Holding, Missing, RunningJob, fresh};
use crate::vrrp::interlock::{Finding, interlock};
use crate::vrrp::out::set_out;
use crate::vrrp::plan::{PlanError, Stand, set, systemctl, take_over_time, until};
use crate::vrrp::split::{Cause, Evidence};

#[derive(Debug, Clone)]
pub struct RestoreInput {
    pub instance: InstanceName,
    /// The director that was demoted.
    pub node: NodeId,
    pub directors: Vec<DirectorFacts>,
    /// What would split them again, as it is seen now.
    pub causes: Vec<Cause>,
    /// Where another may lie unseen.
    pub doubts: Vec<Evidence>,
    /// When what those causes are judged by was read.
    pub gathered_at: Timestamp,
    /// When the demoted one last heard an advert of the holder.
    pub heard: Option<Fact<()>>,
    pub running: Vec<RunningJob>,
}

/// keepalived's word, as `vrrp-state` prints it, where it does not run.
const STOPPED: &str = "stopped";

/// What keeps it back.
pub(in crate::vrrp) enum HeldBy {
    /// The number in its track file.
    Number(i32),
    /// The same, and with it the other instances that it has: it is out of service.
    Out(i32),
    /// Its keepalived does not run.
    Stopped,
}

pub fn restore(input: &RestoreInput, now: Timestamp) -> Result<Draft, PlanError> {
    let instance = || input.instance.0.clone();
    let by_node = |node: NodeId| input.directors.iter().find(|director| director.node == node);
    let target = by_node(input.node)
        .ok_or_else(|| PlanError::NotADirector { instance: instance(), to: input.node })?;
    if target.is_out {
        return Err(PlanError::Out { director: target.name.clone() });
    }
    let held_by = held_by(target).ok_or_else(|| PlanError::NotHeldBack {
        instance: instance(),
        director: target.name.clone(),
    })?;
    restored(input, target, &held_by, now)
}

/// The plan for one instance of a director that is kept back.
pub(in crate::vrrp) fn restored(
    input: &RestoreInput,
    target: &DirectorFacts,
    held_by: &HeldBy,
    now: Timestamp,
) -> Result<Draft, PlanError> {
    let instance = || input.instance.0.clone();
    let holder = input
        .directors
        .iter()
        .filter(|other| other.node != target.node)
        .max_by_key(|other| other.holding(now).is_ok_and(|(held, _)| held != Holding::None))
        .ok_or_else(|| PlanError::OneDirector { instance: instance() })?;
    let vacant = is_vacant(input, held_by, now);
    let (returns, stays) = (Stand::of(target)?, Stand::of(holder)?);
    let after = if vacant {
        vec![returns.holds(target), stays.stands_back(holder, STOPPED)]
    } else if takes_over(target, holder, held_by) {
        vec![returns.holds(target), stays.stands_back(holder, "BACKUP")]
    } else {
        vec![returns.stands_back(target, "BACKUP"), stays.holds(holder)]
    };
    let other = if vacant { stays.stands_back(holder, STOPPED) } else { stays.holds(holder) };
    let before = vec![returns.stands_back(target, held_by.word()), other];
    let locks = locks(&input.instance, [target.node, holder.node]);
    let (name, of) = (&target.name, &target.conf.value.name);
    Ok(Draft {
        operation: Operation::VrrpRestore { instance: input.instance.clone(), node: input.node },
        title: Phrase::new(format!("Put {name} back on {of}"), format!("在 {of} 上恢复 {name}")),
        run_label: Phrase::new(format!("Put {name} back"), format!("恢复 {name}")),
        interlocks: interlocks(input, target, holder, held_by, &locks, now),
        steps: steps(target, holder, held_by, &after, &before),
        verification: after,
        rolled_back: before,
        prediction: None,
        way_back: Phrase::new(
            format!("Should they split again, {name} is kept back again"),
            format!("若再次脑裂，{name} 会重新被压制"),
        ),
        locks,
    })
}

impl HeldBy {
    /// keepalived's word meanwhile, as `vrrp-state` prints it.
    fn word(&self) -> &'static str {
        match self {
            HeldBy::Number(_) | HeldBy::Out(_) => "FAULT",
            HeldBy::Stopped => STOPPED,
        }
    }
}

fn held_by(target: &DirectorFacts) -> Option<HeldBy> {
    if target.daemon.as_ref().is_some_and(|daemon| !daemon.value.runs()) {
        return Some(HeldBy::Stopped);
    }
    let lever = target.candidate().lever.filter(|lever| lever.is_fault(lever.number))?;
    own_track_file(&target.conf.value).map(|_| HeldBy::Number(lever.number))
}

/// Nobody has the addresses, and no other director's keepalived, which could take them, runs.
pub(in crate::vrrp) fn is_vacant(input: &RestoreInput, held_by: &HeldBy, now: Timestamp) -> bool {
    let has_none = |director: &DirectorFacts| {
        director.holding(now).is_ok_and(|(holding, _)| holding == Holding::None)
    };
    let is_stopped = |director: &DirectorFacts| {
        director.daemon.as_ref().is_some_and(|daemon| !daemon.value.runs())
    };
    let mut others = input.directors.iter().filter(|director| director.node != input.node);
    matches!(held_by, HeldBy::Out(_))
        && input.directors.iter().all(has_none)
        && others.all(is_stopped)
}

pub(in crate::vrrp) fn takes_over(
    target: &DirectorFacts,
    holder: &DirectorFacts,
    held_by: &HeldBy,
) -> bool {
    let candidate = target.candidate();
    let priority = match held_by {
        HeldBy::Number(_) | HeldBy::Out(_) => match candidate.with_number(0) {
            Outcome::Priority(priority) => priority,
            Outcome::Fault => return false,
        },
        HeldBy::Stopped => i32::from(target.conf.value.priority),
    };
    candidate.preempts && priority > holder.candidate().effective
}

fn interlocks(
    input: &RestoreInput,
    target: &DirectorFacts,
    holder: &DirectorFacts,
    held_by: &HeldBy,
    locks: &[String],
    now: Timestamp,
) -> Vec<Interlock> {
    let (name, holds) = (&target.name, &holder.name);
    let vacant = is_vacant(input, held_by, now);
    let mut all = vec![
        reached([target, holder], now),
        interlock(
            "cause_mended",
            Phrase::new("Nothing is seen that would split them again", "未见会再次导致脑裂的原因"),
            Ok(cause_mended(input)),
        ),
        if vacant { nobody_holds(holds, now) } else { holder_holds(holder, now) },
        interlock(
            "holds_nothing",
            Phrase::new(format!("{name} holds none of them"), format!("{name} 未持有任何地址")),
            holds_nothing(target, now),
        ),
    ];
    if !vacant {
        all.push(interlock(
            "adverts_heard",
            Phrase::new(
                format!("{name} hears the adverts of {holds}"),
                format!("{name} 收到 {holds} 的通告"),
            ),
            Ok(adverts_heard(input, held_by, now)),
        ));
    }
    all.push(no_other_job(&input.running, locks, now));
    all.sort_by_key(|interlock| interlock.verdict);
    all
}

fn holder_holds(holder: &DirectorFacts, now: Timestamp) -> Interlock {
    let holds = &holder.name;
    interlock(
        "holder_holds",
        Phrase::new(
            format!("{holds} is MASTER and holds every address"),
            format!("{holds} 为 MASTER 并持有全部地址"),
        ),
        holds_all(holder, now),
    )
}

fn nobody_holds(other: &str, now: Timestamp) -> Interlock {
    interlock(
        "nobody_holds",
        Phrase::new(
            format!("Nobody holds the addresses, and {other} does not take them"),
            format!("没有调度器持有地址，{other} 也不会接管"),
        ),
        Ok(Finding::pass(Phrase::new("its keepalived does not run", "其 keepalived 未运行"), now)),
    )
}

fn cause_mended(input: &RestoreInput) -> Finding {
    // One that does not run is what this mends.
    let left = input.causes.iter().find(|cause| !cause.kind.is_of_the_daemon());
    match (left, input.doubts.first()) {
        (None, None) => Finding::pass(
            Phrase::new("configurations, packet filters, link", "配置、防火墙、链路"),
            input.gathered_at,
        ),
        (None, Some(doubt)) => Finding::warn(doubt.fact.clone(), Some(input.gathered_at)),
        (Some(cause), _) => Finding::block(
            Phrase::new(
                format!("{}. {}", cause.title.en, cause.remedy.en),
                format!("{}。{}", cause.title.zh, cause.remedy.zh),
            ),
            input.gathered_at,
        ),
    }
}

fn holds_nothing(target: &DirectorFacts, now: Timestamp) -> Result<Finding, Missing> {
    let (holding, at) = target.holding(now)?;
    Ok(match holding {
        Holding::None => Finding::pass(Phrase::new("none", "无"), at),
        _ => Finding::block(
            Phrase::new("It holds some. Demote it first", "它持有部分地址。须先降级"),
            at,
        ),
    })
}

fn adverts_heard(input: &RestoreInput, held_by: &HeldBy, now: Timestamp) -> Finding {
    match (fresh(input.heard.as_ref(), now), held_by) {
        (Ok((_, at)), _) => Finding::pass(Phrase::same("protocol 112"), at),
        (Err(_), HeldBy::Stopped) => Finding::warn(
            Phrase::new(
                "Not seen: only a running keepalived joins the group that they are sent to",
                "未观测到：只有运行中的 keepalived 才会加入通告的组播组",
            ),
            None,
        ),
        (Err(_), HeldBy::Number(_) | HeldBy::Out(_)) => Finding::block(
            Phrase::new(
                "None was heard of late: it would take the addresses again",
                "近期未收到：它会再次夺取地址",
            ),
            now,
        ),
    }
}

fn steps(
    target: &DirectorFacts,
    holder: &DirectorFacts,
    held_by: &HeldBy,
    after: &[Check],
    before: &[Check],
) -> Vec<Step> {
    let (node, name) = (target.node, &target.name);
    let (action, undo) = match (held_by, own_track_file(&target.conf.value)) {
        (HeldBy::Number(number), Some(file)) => {
            (set(node, &file.path, 0), set(node, &file.path, *number))
        }
        (HeldBy::Out(number), Some(file)) => {
            (set(node, &file.path, 0), set_out(node, &file.path, *number))
        }
        // One that ends by itself takes its addresses away; one that is killed leaves them.
        _ => (
            systemctl(node, &["start", "keepalived.service"]),
            systemctl(node, &["stop", "keepalived.service"]),
        ),
    };
    let within = take_over_time(target).max(take_over_time(holder));
    let seen = before.iter().map(|check| until(check.clone(), within));
    vec![
        Step {
            id: "release".to_owned(),
            title: match held_by {
                HeldBy::Number(_) | HeldBy::Out(_) => Phrase::new(
                    format!("Clear the FAULT of {name}"),
                    format!("清除 {name} 的 FAULT"),
                ),
                HeldBy::Stopped => Phrase::new(
                    format!("Start keepalived on {name}"),
                    format!("启动 {name} 上的 keepalived"),
                ),
            },
            actions: vec![action],
            undo: std::iter::once(undo).chain(seen).collect(),
            estimate_ms: 300,
            cancellable: true,
        },
        Step {
            id: "one_holder".to_owned(),
            title: Phrase::new("See one of them hold the addresses", "确认只有一台持有地址"),
            actions: after.iter().map(|check| until(check.clone(), within)).collect(),
            undo: Vec::new(),
            estimate_ms: 4_000,
            cancellable: true,
        },
    ]
}

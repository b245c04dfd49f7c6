//! Where the directors stand before and after.

use super::Finding;
use crate::fact::STALE_AFTER;
use crate::nodes::LinkState;
use crate::phrase::Phrase;
use crate::plan::Verdict;
use crate::time::Timestamp;
use crate::vrrp::VrrpState;
use crate::vrrp::course::Course;
use crate::vrrp::election::own_track_file;
use crate::vrrp::facts::{DirectorFacts, Holding, Missing, fresh};
use crate::vrrp::plan::Pair;

pub(super) fn reached(pair: &Pair<'_>, now: Timestamp) -> Finding {
    let mut oldest = now;
    for director in [pair.from, pair.to] {
        let heard = director.heard_at.filter(|at| at.age(now) <= STALE_AFTER);
        let Some(heard) = heard.filter(|_| director.link.state == LinkState::Up) else {
            let reason = director.link.reason.clone().unwrap_or_default();
            let name = &director.name;
            return Finding {
                verdict: Verdict::Block,
                detail: Phrase::new(
                    format!("{name} does not answer the console. {reason}"),
                    format!("{name} 不应答控制台。{reason}"),
                ),
                observed_at: director.heard_at,
            };
        };
        oldest = oldest.min(heard);
    }
    Finding::pass(Phrase::new("SSH up", "SSH 已连接"), oldest)
}

pub(super) fn keepalived_runs(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let mut oldest = now;
    for director in [pair.from, pair.to] {
        let (services, at) = fresh(director.services.as_ref(), now)?;
        oldest = oldest.min(at);
        let state =
            services.iter().find(|s| s.name == "keepalived").map_or("not found", |s| &s.state);
        if state != "active" {
            let name = &director.name;
            return Ok(Finding::block(
                Phrase::new(
                    format!("keepalived on {name} is {state}. Start it there first"),
                    format!("{name} 上的 keepalived 为 {state}。须先启动"),
                ),
                at,
            ));
        }
    }
    for director in [pair.from, pair.to] {
        let Some(signal) = &director.json_signal else {
            let name = &director.name;
            return Ok(Finding::block(
                Phrase::new(
                    format!(
                        "keepalived on {name} cannot tell its state: it must be built with JSON"
                    ),
                    format!("{name} 上的 keepalived 无法报告状态：须带 JSON 编译"),
                ),
                oldest,
            ));
        };
        oldest = oldest.min(signal.observed_at);
    }
    Ok(Finding::pass(Phrase::same("active"), oldest))
}

pub(super) fn peer_in_backup(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (said, at) = fresh(pair.to.said.as_ref(), now)?;
    let priority = said.effective_priority;
    if pair.to.is_out {
        return Ok(Finding::block(
            Phrase::new("It is out of service. Bring it back first", "它已停止服务。须先恢复服务"),
            at,
        ));
    }
    Ok(match said.state {
        VrrpState::Backup => Finding::pass(
            Phrase::new(format!("priority {priority}"), format!("优先级 {priority}")),
            at,
        ),
        VrrpState::Fault if pair.to_is_held_in_fault() => Finding::warn(
            Phrase::new(
                "FAULT by its track file, which the first step clears",
                "因优先级文件处于 FAULT，第一步会清除",
            ),
            Some(at),
        ),
        state => Finding::block(
            Phrase::new(
                format!("It says {}. Only a director in BACKUP can take over", word(state)),
                format!("其状态为 {}。只有 BACKUP 状态的调度器才能接管", word(state)),
            ),
            at,
        ),
    })
}

pub(super) fn one_holder(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (from, a) = pair.from.holding(now)?;
    let (to, b) = pair.to.holding(now)?;
    let (said, c) = fresh(pair.from.said.as_ref(), now)?;
    let mut at = a.min(b).min(c);
    let mut others = Vec::new();
    for third in &pair.others {
        let (holding, seen) = third.holding(now)?;
        at = at.min(seen);
        if holding != Holding::None {
            others.push(third.name.as_str());
        }
    }
    if to != Holding::None {
        others.push(&pair.to.name);
    }
    let name = &pair.from.name;
    Ok(if !others.is_empty() && from != Holding::None {
        let others = others.join(", ");
        Finding::block(
            Phrase::new(
                format!(
                    "Split-brain: {name} and {others} hold it. Find out why they do not hear each other first"
                ),
                format!("脑裂：{name} 和 {others} 同时持有。须先查明两者为何收不到对方的通告"),
            ),
            at,
        )
    } else if from == Holding::All && said.state == VrrpState::Master {
        Finding::pass(Phrase::same(format!("{name}, MASTER {}", said.effective_priority)), at)
    } else {
        Finding::block(
            Phrase::new(
                format!("{name} says {} and does not hold every address", word(said.state)),
                format!("{name} 自报 {}，且未持有全部地址", word(said.state)),
            ),
            at,
        )
    })
}

pub(super) fn no_third_outranks(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (to, mut at) = fresh(pair.to.said.as_ref(), now)?;
    for third in &pair.others {
        let (said, seen) = fresh(third.said.as_ref(), now)?;
        at = at.min(seen);
        if said.state != VrrpState::Fault && said.effective_priority >= to.effective_priority {
            let (name, priority) = (&third.name, said.effective_priority);
            return Ok(Finding::block(
                Phrase::new(
                    format!("{name} has priority {priority} and would take the addresses instead"),
                    format!("{name} 的优先级为 {priority}，地址会被它接管"),
                ),
                at,
            ));
        }
    }
    let count = pair.others.len();
    Ok(Finding::pass(
        match count {
            0 => Phrase::new("two directors only", "只有两台调度器"),
            _ => Phrase::new(format!("{count} others"), format!("其他 {count} 台")),
        },
        at,
    ))
}

pub(super) fn standby_remains(pair: &Pair<'_>, course: &Course) -> Finding {
    let at = pair.from.conf.observed_at;
    if course.keeps_a_standby() {
        return Finding::pass(Phrase::same("BACKUP"), at);
    }
    let (name, state) = (&pair.from.name, course.old_holder_after());
    Finding::warn(
        Phrase::new(
            format!(
                "It stays {state}, or it would take the addresses back. Until it is handed back nothing stands by"
            ),
            format!("{name} 保持 {state}，否则会夺回地址。切换回来之前没有备用"),
        ),
        Some(at),
    )
}

pub(super) fn priority_known(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    if own_track_file(&pair.from.conf.value).is_none() {
        return Ok(without_track_file(pair.from));
    }
    let mut oldest = now;
    let mut numbers = Vec::new();
    for director in [pair.from, pair.to] {
        if own_track_file(&director.conf.value).is_some() {
            let (number, at) = fresh(director.number.as_ref(), now)?;
            oldest = oldest.min(at);
            numbers.push(format!("{} {number:+}", director.name));
        }
    }
    Ok(Finding::pass(Phrase::same(numbers.join(", ")), oldest))
}

pub(super) fn only_this_instance(pair: &Pair<'_>) -> Finding {
    let at = pair.from.conf.observed_at;
    let others = pair.from.other_instances.join(", ");
    if others.is_empty() {
        return Finding::pass(Phrase::new("no other there", "没有其他实例"), at);
    }
    let name = &pair.from.name;
    Finding::warn(
        Phrase::new(
            format!("keepalived is stopped on {name}, so {others} leave it too"),
            format!("{name} 上的 keepalived 会停止，{others} 也会离开"),
        ),
        Some(at),
    )
}

pub(in crate::vrrp) fn word(state: VrrpState) -> &'static str {
    match state {
        VrrpState::Init => "INIT",
        VrrpState::Backup => "BACKUP",
        VrrpState::Master => "MASTER",
        VrrpState::Fault => "FAULT",
    }
}

/// Whether a director carries part of the addresses or says that it should.
pub(in crate::vrrp) fn claims(director: &DirectorFacts, now: Timestamp) -> bool {
    let holds = director.holding(now).is_ok_and(|(holding, _)| holding != Holding::None);
    holds || director.said.as_ref().is_some_and(|fact| fact.value.state == VrrpState::Master)
}

fn without_track_file(from: &DirectorFacts) -> Finding {
    let (name, instance) = (&from.name, &from.conf.value.name);
    let why = match &from.to_install {
        Some(Ok(fact)) => {
            return Finding::warn(
                Phrase::new(
                    format!(
                        "keepalived.conf on {name} gets a track_file signalbox_{instance} first"
                    ),
                    format!(
                        "先在 {name} 的 keepalived.conf 中加入 track_file signalbox_{instance}"
                    ),
                ),
                Some(fact.observed_at),
            );
        }
        Some(Err(why)) => why.as_str(),
        None => "",
    };
    Finding::warn(
        Phrase::new(
            format!(
                "keepalived.conf on {name} has no track_file signalbox_{instance}, and none can be added. {why}"
            ),
            format!(
                "{name} 的 keepalived.conf 中没有 track_file signalbox_{instance}，且无法加入。{why}"
            ),
        ),
        Some(from.conf.observed_at),
    )
}

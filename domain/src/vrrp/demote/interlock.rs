//! When a director may be made to give addresses up: never the one that is left.

use super::{DemoteInput, Lever, Parting, is_dead};
use crate::fact::STALE_AFTER;
use crate::nodes::LinkState;
use crate::phrase::Phrase;
use crate::plan::Interlock;
use crate::time::Timestamp;
use crate::vrrp::VrrpState;
use crate::vrrp::facts::{DirectorFacts, Holding, Missing, RunningJob, fresh};
use crate::vrrp::interlock::{Finding, interlock, word};

/// The interlock of the third node; without its word the console decides nothing by itself.
const WITNESS: &str = "witness_sees_survivor";

pub(super) fn of_demote(
    input: &DemoteInput,
    parting: &Parting<'_>,
    lever: &Lever,
    locks: &[String],
    now: Timestamp,
) -> Vec<Interlock> {
    let (target, survivor) = (parting.target, parting.survivor);
    let (from, keeps) = (&target.name, &survivor.name);
    let mut all = vec![
        reached([target, survivor], now),
        interlock(
            "still_split",
            Phrase::new(
                format!("{from} and {keeps} both hold the addresses"),
                format!("{from} 和 {keeps} 同时持有地址"),
            ),
            still_split(parting, now),
        ),
        interlock(
            "survivor_holds",
            Phrase::new(
                format!("{keeps} lives, is MASTER and holds every address"),
                format!("{keeps} 正常运行、为 MASTER 并持有全部地址"),
            ),
            holds_all(survivor, now),
        ),
        interlock(
            WITNESS,
            Phrase::new(
                format!("A third node gets the addresses' answer from {keeps}"),
                format!("第三个节点得到 {keeps} 对地址的应答"),
            ),
            Ok(witness(input, survivor, now)),
        ),
        no_other_job(&input.running, locks, now),
    ];
    if let Lever::Fault { .. } = lever {
        all.push(interlock(
            "priority_known",
            Phrase::new("The generated track file is read", "生成的优先级文件可读取"),
            number(target, now),
        ));
    } else {
        all.push(interlock(
            "only_this_instance",
            Phrase::new("Only what both hold moves", "只移动双方都持有的地址"),
            Ok(only_this_instance(target, survivor)),
        ));
    }
    all.sort_by_key(|interlock| interlock.verdict);
    all
}

pub(super) fn reached(directors: [&DirectorFacts; 2], now: Timestamp) -> Interlock {
    let [a, b] = directors.map(|director| &director.name);
    let title = Phrase::new(
        format!("The console reaches {a} and {b}"),
        format!("控制台可以连接 {a} 和 {b}"),
    );
    let lost = directors.iter().find(|director| {
        let heard = director.heard_at.is_some_and(|at| at.age(now) <= STALE_AFTER);
        director.link.state != LinkState::Up || !heard
    });
    let finding = match lost {
        None => {
            let oldest = directors.iter().filter_map(|director| director.heard_at).min();
            Finding::pass(Phrase::new("SSH up", "SSH 已连接"), oldest.unwrap_or(now))
        }
        Some(director) => {
            let (name, reason) = (&director.name, director.link.reason.as_deref().unwrap_or(""));
            Finding::block(
                Phrase::new(
                    format!("{name} does not answer the console. {reason}"),
                    format!("{name} 不应答控制台。{reason}"),
                ),
                director.heard_at.unwrap_or(now),
            )
        }
    };
    interlock("console_reaches_both", title, Ok(finding))
}

fn still_split(parting: &Parting<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (target, a) = parting.target.holding(now)?;
    let (survivor, b) = parting.survivor.holding(now)?;
    let both = target != Holding::None && survivor != Holding::None;
    let at = a.min(b);
    Ok(if both {
        Finding::pass(Phrase::new("seen on both", "两台上均可见"), at)
    } else {
        Finding::block(Phrase::new("It is over", "已结束"), at)
    })
}

pub(super) fn holds_all(director: &DirectorFacts, now: Timestamp) -> Result<Finding, Missing> {
    let (holding, a) = director.holding(now)?;
    let (said, b) = fresh(director.said.as_ref(), now)?;
    let at = a.min(b);
    let (name, state) = (&director.name, word(said.state));
    if is_dead(director) {
        return Ok(Finding::block(
            Phrase::new(
                format!("keepalived on {name} is stopped or gone"),
                format!("{name} 上的 keepalived 已停止或退出"),
            ),
            at,
        ));
    }
    if director.json_signal.is_none() {
        return Ok(Finding::block(
            Phrase::new(
                format!("keepalived on {name} cannot tell its state"),
                format!("{name} 上的 keepalived 无法报告状态"),
            ),
            at,
        ));
    }
    Ok(if holding == Holding::All && said.state == VrrpState::Master {
        let priority = said.effective_priority;
        Finding::pass(Phrase::same(format!("MASTER {priority}")), at)
    } else {
        Finding::block(
            Phrase::new(
                format!("{name} says {state} and does not hold every address"),
                format!("{name} 自报 {state}，且未持有全部地址"),
            ),
            at,
        )
    })
}

/// A director that is cut off from everybody must not be the one that is left. Where there is no
/// third node to ask, a person decides; where there is one and it gets no answer, nobody does.
fn witness(input: &DemoteInput, survivor: &DirectorFacts, now: Timestamp) -> Finding {
    let addresses = survivor.addresses_of_instance();
    let Some(witness) = &input.witness else {
        return Finding::warn(
            Phrase::new(
                "No third node is on the network of the addresses, or none could ask",
                "没有第三个节点位于地址所在网络，或无法询问",
            ),
            None,
        );
    };
    let (at, by, keeps) = (witness.answers.observed_at, &witness.name, &survivor.name);
    let sees = survivor.own_address.is_some_and(|own| witness.sees(own, &addresses));
    if sees && at.age(now) <= STALE_AFTER {
        return Finding::pass(Phrase::new(format!("{by}, by ARP"), format!("{by}，通过 ARP")), at);
    }
    Finding::block(
        Phrase::new(
            format!("{by} gets no answer of {keeps} for every address: {keeps} may be cut off"),
            format!("{by} 未得到 {keeps} 对全部地址的应答：{keeps} 可能已被隔离"),
        ),
        at,
    )
}

pub(super) fn no_other_job(running: &[RunningJob], locks: &[String], now: Timestamp) -> Interlock {
    let title = Phrase::new("No other job works on this", "没有其他任务占用");
    let holder = running.iter().find(|job| job.locks.iter().any(|lock| locks.contains(lock)));
    let finding = match holder {
        None => Finding::pass(Phrase::new("none", "无"), now),
        Some(job) => Finding::block(
            Phrase::new(format!("Job {} works on it", job.id), format!("任务 {} 正在占用", job.id)),
            now,
        ),
    };
    interlock("no_other_job", title, Ok(finding))
}

fn number(target: &DirectorFacts, now: Timestamp) -> Result<Finding, Missing> {
    let (number, at) = fresh(target.number.as_ref(), now)?;
    Ok(Finding::pass(Phrase::same(format!("{} {number:+}", target.name)), at))
}

/// The addresses of a keepalived that does nothing any more are taken away with it, which harms
/// nobody where the other has them all.
fn only_this_instance(target: &DirectorFacts, survivor: &DirectorFacts) -> Finding {
    let (name, keeps) = (&target.name, &survivor.name);
    let others = target.other_instances.join(", ");
    let at = target.conf.observed_at;
    if others.is_empty() {
        return Finding::pass(Phrase::new("no other there", "没有其他实例"), at);
    }
    let has = |address| survivor.held.iter().any(|own| own.address == address);
    if is_dead(target) && target.held.iter().all(|own| has(own.address)) {
        return Finding::pass(
            Phrase::new(
                format!("{keeps} has every address of {others}, too"),
                format!("{keeps} 也持有 {others} 的全部地址"),
            ),
            at,
        );
    }
    Finding::warn(
        Phrase::new(
            format!("keepalived ends on {name}, so {others} leave it too"),
            format!("{name} 上的 keepalived 会结束，{others} 也会离开"),
        ),
        Some(at),
    )
}

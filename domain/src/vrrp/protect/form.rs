//! The fields of the form: what belongs there, and what was found instead.

use std::collections::BTreeMap;

use super::{Limit, Protection};
use crate::phrase::Phrase;
use crate::vrrp::conf::{Effective, Instance};
use crate::vrrp::timers;

/// What the form holds, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectForm {
    pub cpu: LimitForm,
    pub memory: LimitForm,
    pub disk: LimitForm,
    /// Of the file system that `disk` is about.
    pub path: String,
    pub interval_s: String,
    /// Failures in a row until it counts as over, and successes until it does not.
    pub fall: String,
    pub rise: String,
    /// By how much the priority falls; empty: as much as is needed.
    pub weight: String,
}

/// In percent; both empty: not watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitForm {
    pub enter: String,
    pub leave: String,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Cpu,
    Memory,
    Disk,
    Path,
    Interval,
    Fall,
    Rise,
    Weight,
}

/// What is wrong in a field, and what belongs there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub entry: Entry,
    pub says: Phrase,
}

impl Default for ProtectForm {
    /// A load that lasts six seconds moves the addresses; they come back half a minute after it.
    fn default() -> ProtectForm {
        let limit = |enter: &str, leave: &str| LimitForm {
            enter: enter.to_owned(),
            leave: leave.to_owned(),
        };
        ProtectForm {
            cpu: limit("95", "80"),
            memory: limit("90", "80"),
            disk: limit("95", "90"),
            path: "/".to_owned(),
            interval_s: "2".to_owned(),
            fall: "3".to_owned(),
            rise: "15".to_owned(),
            weight: String::new(),
        }
    }
}

type Collected = Vec<Wrong>;

pub(super) fn checked(
    form: &ProtectForm,
    directors: &[&Effective],
) -> Result<Protection, Vec<Wrong>> {
    let mut wrong = Collected::new();
    let mut note = |entry: Entry, says: Phrase| wrong.push(Wrong { entry, says });
    let mut limits = [None; 3];
    let typed = [(Entry::Cpu, &form.cpu), (Entry::Memory, &form.memory), (Entry::Disk, &form.disk)];
    for (at, (entry, typed)) in limits.iter_mut().zip(typed) {
        match limit(typed) {
            Ok(limit) => *at = limit,
            Err(says) => note(entry, says),
        }
    }
    if form.cpu == LimitForm::default()
        && form.memory == LimitForm::default()
        && form.disk == LimitForm::default()
    {
        note(Entry::Cpu, Phrase::new("Watch at least one of them.", "请至少监视其中一项。"));
    }
    if limits[2].is_some() && !is_plain_path(&form.path) {
        note(
            Entry::Path,
            Phrase::new(
                format!("Expected a path such as / or /var; found “{}”.", form.path),
                format!("应为类似 / 或 /var 的路径；当前为“{}”。", form.path),
            ),
        );
    }
    let mut counted = |entry: Entry, typed: &str, most: u32| {
        number(typed, 1, most).map_err(|says| note(entry, says)).unwrap_or_default()
    };
    let interval_s = counted(Entry::Interval, &form.interval_s, 60);
    let fall = counted(Entry::Fall, &form.fall, 100);
    let rise = counted(Entry::Rise, &form.rise, 1000);
    let weight = weight(form, directors).map_err(|says| note(Entry::Weight, says));
    let [cpu, memory, disk] = limits;
    match weight {
        Ok(weight) if wrong.is_empty() => Ok(Protection {
            cpu,
            memory,
            disk,
            path: form.path.clone(),
            interval_s,
            fall,
            rise,
            weight,
            outcomes: outcomes(directors, weight, interval_s * fall, interval_s * rise),
        }),
        _ => Err(wrong),
    }
}

fn limit(typed: &LimitForm) -> Result<Option<Limit>, Phrase> {
    if *typed == LimitForm::default() {
        return Ok(None);
    }
    let enter = number(&typed.enter, 2, 100)?;
    let leave = number(&typed.leave, 1, 99)?;
    if leave >= enter {
        return Err(Phrase::new(
            format!(
                "Expected the limit to leave below {enter}, or the addresses go to and fro; found {leave}."
            ),
            format!("恢复阈值应低于 {enter}，否则地址会来回移动；当前为 {leave}。"),
        ));
    }
    // Both are at most 100.
    Ok(Some(Limit {
        enter: u8::try_from(enter).unwrap_or(100),
        leave: u8::try_from(leave).unwrap_or(99),
    }))
}

fn number(typed: &str, least: u32, most: u32) -> Result<u32, Phrase> {
    let typed = typed.trim();
    typed.parse().ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
        Phrase::new(
            format!("Expected a number from {least} to {most}; found “{typed}”."),
            format!("应为 {least} 到 {most} 的数字；当前为“{typed}”。"),
        )
    })
}

fn is_plain_path(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.".contains(c);
    path.starts_with('/') && path.chars().all(plain)
}

/// Each instance with the directors that have it.
fn by_instance<'a>(directors: &[&'a Effective]) -> BTreeMap<&'a str, Vec<&'a Instance>> {
    let mut all: BTreeMap<&str, Vec<&Instance>> = BTreeMap::new();
    for instance in directors.iter().flat_map(|director| &director.instances) {
        all.entry(instance.name.as_str()).or_default().push(instance);
    }
    all
}

/// Large enough that the other outranks whoever is over a limit, in every instance, and small enough
/// that two that are over one keep their order: keepalived keeps priorities within 1 and 254.
fn weight(form: &ProtectForm, directors: &[&Effective]) -> Result<u8, Phrase> {
    let (mut least, mut most) = (1, 253);
    for (name, seats) in by_instance(directors) {
        if seats.len() < 2 {
            return Err(Phrase::new(
                format!("{name} is on one director only: nobody would take it over."),
                format!("{name} 只在一台调度器上：无人接管。"),
            ));
        }
        if seats.iter().any(|seat| seat.nopreempt && !seat.starts_as_master) {
            return Err(Phrase::new(
                format!(
                    "{name} has nopreempt: nobody takes it over from a director whose priority falls. Take nopreempt out, or let preempt_delay slow the return."
                ),
                format!(
                    "{name} 配置了 nopreempt：优先级下降后无人接管。请去掉 nopreempt，或用 preempt_delay 延缓恢复。"
                ),
            ));
        }
        if seats.iter().any(|seat| seat.priority == 255) {
            return Err(Phrase::new(
                format!("{name} has priority 255, which no weight changes: give it at most 254."),
                format!("{name} 的优先级为 255，不受权重影响：请改为至多 254。"),
            ));
        }
        let priorities = seats.iter().map(|seat| u32::from(seat.priority));
        let (low, high) = (priorities.clone().min().unwrap_or(1), priorities.max().unwrap_or(1));
        least = least.max(high - low + 1);
        most = most.min(low.saturating_sub(1));
    }
    if least > most {
        return Err(Phrase::new(
            format!(
                "The priorities lie too far apart or too low: expected {least} at least and {most} at most. Set priorities such as 150 and 100 first."
            ),
            format!(
                "优先级相差过大或过低：权重至少为 {least}，至多为 {most}。请先设置例如 150 和 100 的优先级。"
            ),
        ));
    }
    let weight = match form.weight.trim() {
        // Twice the distance leaves room for what a hand-over takes away.
        "" => (2 * least).max(20).min(most),
        typed => number(typed, least, most)?,
    };
    Ok(u8::try_from(weight).unwrap_or(253))
}

fn outcomes(directors: &[&Effective], weight: u8, over_s: u32, well_s: u32) -> Vec<Phrase> {
    let told = by_instance(directors).into_iter().filter_map(|(name, seats)| {
        let high = seats.iter().max_by_key(|seat| seat.priority)?;
        let low = seats.iter().map(|seat| seat.priority).filter(|p| *p != high.priority).max()?;
        let (own, fallen) = (high.priority, high.priority.saturating_sub(weight));
        // As `timers::master_down`, of the one that takes over.
        let taken_ms = high.advert_ms * u64::from(high.down_timer_adverts)
            + timers::skew_ms(high.version, high.advert_ms, low);
        let back_ms = high.preempt_delay_ms;
        Some(Phrase::new(
            format!("{name}: after {over_s} s over a limit {own} becomes {fallen}, below {low}: the other takes it over within {taken_ms} ms. After {well_s} s below, and {back_ms} ms of preempt_delay, it comes back."),
            format!("{name}：超限 {over_s} 秒后优先级 {own} 降为 {fallen}，低于 {low}：另一台在 {taken_ms} 毫秒内接管。恢复正常 {well_s} 秒并经过 preempt_delay {back_ms} 毫秒后返回。"),
        ))
    });
    told.collect()
}

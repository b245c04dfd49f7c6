//! One node in the fleet strip: its role, its lamp, and why the lamp is not clear.

use super::model::{NodeRole, NodeSummary};
use super::stations;
use crate::nodes::{Disk, LinkState, NodeRecord, Observed, Service};
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;
use crate::vrrp::VrrpState;

/// A clock this far off makes ages and logs of two machines hard to compare.
const CLOCK_CAUTION_MS: u64 = 1_000;
const DISK_CAUTION_PERCENT: u64 = 10;
const DISK_DANGER_PERCENT: u64 = 5;

pub(super) fn of(
    record: &NodeRecord,
    observed: &Observed,
    before: Option<&NodeSummary>,
    now: Timestamp,
) -> NodeSummary {
    let (signal, reason) = judge(record, observed, now);
    let same = before.filter(|before| before.signal == signal);
    NodeSummary {
        id: record.id,
        name: record.name.to_string(),
        host: record.host.to_string(),
        role: role(observed),
        tags: record.tags.iter().map(ToString::to_string).collect(),
        signal,
        link: observed.link.state,
        since: same.map_or(now, |before| before.since),
        reason,
        os: observed.platform.as_ref().map(|platform| platform.value.os.clone()),
    }
}

fn role(observed: &Observed) -> NodeRole {
    let runs = |names: &[&str]| {
        let services = observed.services.iter().flat_map(|fact| &fact.value);
        services.into_iter().any(|s| names.contains(&s.name.as_str()) && s.state == "active")
    };
    let has_table = observed.lvs.as_ref().is_some_and(|table| !table.value.services.is_empty());
    let has_instances = observed.vrrp_conf.as_ref().is_some_and(|conf| !conf.value.is_empty());
    if has_table || has_instances {
        NodeRole::Director
    } else if observed.engine.is_some() || runs(&["mariadb", "mysql", "mysqld"]) {
        NodeRole::Database
    } else if runs(&["nginx", "apache2", "httpd", "haproxy"]) {
        NodeRole::RealServer
    } else {
        NodeRole::Other
    }
}

type Judged = (Signal, Option<Phrase>);

fn judge(record: &NodeRecord, observed: &Observed, now: Timestamp) -> Judged {
    if let Some(judged) = judge_link(observed, now) {
        return judged;
    }
    let found = [
        services(observed),
        vrrp(observed),
        replication(record, observed),
        disks(observed),
        clock(observed),
    ];
    let worst = found.into_iter().flatten().min_by_key(|(signal, _)| *signal);
    worst.map_or((Signal::Clear, None), |(signal, reason)| (signal, Some(reason)))
}

fn judge_link(observed: &Observed, now: Timestamp) -> Option<Judged> {
    let because = observed.link.reason.clone().unwrap_or_default();
    let judged = |signal, en: &str, zh: &str| {
        let join = |text: &str| {
            if because.is_empty() { text.to_owned() } else { format!("{text}: {because}") }
        };
        Some((signal, Some(Phrase::new(join(en), join(zh)))))
    };
    match observed.link.state {
        LinkState::HostKeyChanged => {
            judged(Signal::Danger, "Its host key changed", "主机密钥已变更")
        }
        LinkState::AccessDenied => {
            judged(Signal::Danger, "It refuses the console", "拒绝控制台登录")
        }
        LinkState::Down => judged(Signal::Danger, "The console cannot reach it", "控制台无法连接"),
        LinkState::Silent => judged(Signal::Unknown, "Its probe is silent", "探针无响应"),
        LinkState::Connecting if observed.heard_at.is_none() => {
            judged(Signal::Unknown, "Not yet heard from", "尚未收到数据")
        }
        LinkState::Connecting | LinkState::Up if observed.is_stale(now) => {
            judged(Signal::Unknown, "Not heard from for over 10 s", "超过 10 秒未收到数据")
        }
        LinkState::Connecting | LinkState::Up => None,
    }
}

fn services(observed: &Observed) -> Option<(Signal, Phrase)> {
    let services = observed.services.iter().flat_map(|fact| &fact.value);
    let failed = services.into_iter().find(|service: &&Service| service.state == "failed")?;
    let name = &failed.name;
    Some((
        Signal::Danger,
        Phrase::new(format!("Service {name} has failed"), format!("服务 {name} 已失败")),
    ))
}

fn vrrp(observed: &Observed) -> Option<(Signal, Phrase)> {
    let states = observed.vrrp_state.iter().flat_map(|fact| &fact.value);
    let fault = states.into_iter().find(|state| state.state == VrrpState::Fault)?;
    let name = &fault.name;
    Some((
        Signal::Danger,
        Phrase::new(format!("{name} is in FAULT here"), format!("{name} 在此处于 FAULT")),
    ))
}

fn replication(record: &NodeRecord, observed: &Observed) -> Option<(Signal, Phrase)> {
    let sources = observed.engine.iter().flat_map(|engine| &engine.value.sources);
    sources.into_iter().find_map(|source| stations::trouble(record.name.as_str(), source))
}

fn disks(observed: &Observed) -> Option<(Signal, Phrase)> {
    let free_percent = |disk: &Disk| disk.free_bytes.saturating_mul(100) / disk.total_bytes.max(1);
    let disks = observed.vitals.iter().flat_map(|vitals| &vitals.value.disks);
    let fullest =
        disks.into_iter().filter(|d| d.total_bytes > 0).min_by_key(|d| free_percent(d))?;
    let (percent, mount) = (free_percent(fullest), &fullest.mount);
    let signal = match percent {
        p if p < DISK_DANGER_PERCENT => Signal::Danger,
        p if p < DISK_CAUTION_PERCENT => Signal::Caution,
        _ => return None,
    };
    Some((
        signal,
        Phrase::new(format!("{mount} has {percent} % left"), format!("{mount} 仅剩 {percent}%")),
    ))
}

fn clock(observed: &Observed) -> Option<(Signal, Phrase)> {
    let ahead_ms = observed.platform.as_ref()?.value.clock_ahead_ms;
    if ahead_ms.unsigned_abs() <= CLOCK_CAUTION_MS {
        return None;
    }
    let seconds = ahead_ms as f64 / 1000.0;
    Some((
        Signal::Caution,
        Phrase::new(
            format!("Its clock is {seconds:+.1} s off the console's"),
            format!("时钟与控制台相差 {seconds:+.1} 秒"),
        ),
    ))
}

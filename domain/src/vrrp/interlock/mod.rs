//! The conditions that make a hand-over safe. A fact that is missing or stale blocks, except
//! where the condition is only about comfort.

mod agreement;
mod path;
mod standing;
mod surroundings;

use super::course::{Course, Way};
use super::facts::{HandOverInput, Missing};
use super::plan::Pair;
use crate::fact::STALE_AFTER;
use crate::phrase::Phrase;
use crate::plan::{Interlock, Verdict};
use crate::time::Timestamp;

pub(super) use standing::{claims, word};
pub(crate) use surroundings::no_other_job;

/// A verdict, its fact in words, and when the oldest fact behind it was observed.
pub(crate) struct Finding {
    verdict: Verdict,
    detail: Phrase,
    observed_at: Option<Timestamp>,
}

pub(super) fn all(
    input: &HandOverInput,
    pair: &Pair<'_>,
    course: &Course,
    locks: &[String],
    now: Timestamp,
) -> Vec<Interlock> {
    let mut all = of_directors(pair, course, now);
    all.extend(of_surroundings(input, pair, locks, now));
    all.sort_by_key(|interlock| interlock.verdict);
    all
}

/// What must hold before something happens to the holder that is not a hand-over.
pub(super) fn of_take_over(
    input: &HandOverInput,
    pair: &Pair<'_>,
    locks: &[String],
    now: Timestamp,
) -> Vec<Interlock> {
    let mut all = of_standing(pair, now);
    all.retain(|interlock| interlock.id != "priority_known");
    all.extend(of_surroundings(input, pair, locks, now));
    all
}

fn of_surroundings(
    input: &HandOverInput,
    pair: &Pair<'_>,
    locks: &[String],
    now: Timestamp,
) -> Vec<Interlock> {
    let mut all = of_agreement(pair, now).to_vec();
    all.extend(of_path(pair, now));
    all.extend([
        interlock(
            "no_other_job",
            Phrase::new("No other job works on this", "没有其他任务占用"),
            Ok(no_other_job(&input.running, locks, now)),
        ),
        interlock(
            "clocks_agree",
            Phrase::new("The clocks agree with the console's", "时钟与控制台一致"),
            Ok(surroundings::clocks_agree(pair, now)),
        ),
        interlock(
            "client_measures",
            Phrase::new("A client measures the outage", "有客户端测量中断"),
            Ok(surroundings::client_measures(input, now)),
        ),
    ]);
    all
}

/// Of an instance that stays where it is: `from` holds it, and `to` does not.
pub(super) fn of_holder(pair: &Pair<'_>, now: Timestamp) -> Vec<Interlock> {
    let all = of_standing(pair, now).into_iter();
    let asked = ["console_reaches_both", "keepalived_runs", "one_holder"];
    all.filter(|interlock| asked.contains(&interlock.id.as_str())).collect()
}

/// What the addresses of `to` would be served by.
pub(super) fn of_services(pair: &Pair<'_>, now: Timestamp) -> Vec<Interlock> {
    let all = of_path(pair, now).into_iter();
    let asked = ["ipvs_equal", "real_servers_reachable"];
    all.filter(|interlock| asked.contains(&interlock.id.as_str())).collect()
}

fn of_directors(pair: &Pair<'_>, course: &Course, now: Timestamp) -> Vec<Interlock> {
    let mut found = of_standing(pair, now);
    found.push(interlock(
        "standby_remains",
        Phrase::new(
            format!("{} stands by afterwards", pair.from.name),
            format!("之后 {} 处于备用", pair.from.name),
        ),
        Ok(standing::standby_remains(pair, course)),
    ));
    if matches!(course.way, Way::Stop { .. }) {
        found.push(interlock(
            "only_this_instance",
            Phrase::new("Only this instance moves", "只移动此实例"),
            Ok(standing::only_this_instance(pair)),
        ));
    }
    found
}

fn of_standing(pair: &Pair<'_>, now: Timestamp) -> Vec<Interlock> {
    let (from, to, addresses) = (&pair.from.name, &pair.to.name, pair.addresses());
    vec![
        interlock(
            "console_reaches_both",
            Phrase::new(
                format!("The console reaches {from} and {to}"),
                format!("控制台可以连接 {from} 和 {to}"),
            ),
            Ok(standing::reached(pair, now)),
        ),
        interlock(
            "keepalived_runs",
            Phrase::new(
                format!("keepalived runs on {from} and {to}"),
                format!("keepalived 运行于 {from} 和 {to}"),
            ),
            standing::keepalived_runs(pair, now),
        ),
        interlock(
            "peer_in_backup",
            Phrase::new(format!("{to} says BACKUP"), format!("{to} 自报 BACKUP")),
            standing::peer_in_backup(pair, now),
        ),
        interlock(
            "one_holder",
            Phrase::new(
                format!("Only {from} holds {addresses}"),
                format!("只有 {from} 持有 {addresses}"),
            ),
            standing::one_holder(pair, now),
        ),
        interlock(
            "no_third_outranks",
            Phrase::new(
                format!("No third director outranks {to}"),
                format!("没有第三台调度器的优先级高于 {to}"),
            ),
            standing::no_third_outranks(pair, now),
        ),
        interlock(
            "priority_known",
            Phrase::new("The generated track files are read", "生成的优先级文件可读取"),
            standing::priority_known(pair, now),
        ),
    ]
}

fn of_agreement(pair: &Pair<'_>, now: Timestamp) -> [Interlock; 4] {
    [
        interlock(
            "same_vrid",
            Phrase::new("Both use the same VRID and VRRP version", "两台的 VRID 和 VRRP 版本相同"),
            agreement::same_vrid(pair, now),
        ),
        interlock(
            "same_auth",
            Phrase::new("Both authenticate adverts the same way", "两台的通告认证相同"),
            agreement::same_auth(pair, now),
        ),
        interlock(
            "same_advert_interval",
            Phrase::new("Both use the same advert interval", "两台的通告间隔相同"),
            agreement::same_interval(pair, now),
        ),
        interlock(
            "same_addresses",
            Phrase::new("Both carry the same virtual IPs", "两台的虚拟 IP 相同"),
            agreement::same_addresses(pair, now),
        ),
    ]
}

fn of_path(pair: &Pair<'_>, now: Timestamp) -> [Interlock; 4] {
    let (from, to) = (&pair.from.name, &pair.to.name);
    [
        interlock(
            "adverts_heard",
            Phrase::new(
                format!("{to} hears the adverts of {from}"),
                format!("{to} 收到 {from} 的通告"),
            ),
            path::adverts_heard(pair, now),
        ),
        interlock(
            "vrrp_not_filtered",
            path::vrrp_not_filtered_title(pair),
            path::vrrp_not_filtered(pair, now),
        ),
        interlock(
            "ipvs_equal",
            Phrase::new("The IPVS tables for these addresses are equal", "这些地址的 IPVS 表相同"),
            path::ipvs_equal(pair, now),
        ),
        interlock(
            "real_servers_reachable",
            Phrase::new(
                format!("{to} reaches every real server in use"),
                format!("{to} 可以连接所有在用的真实服务器"),
            ),
            path::real_servers_reachable(pair, now),
        ),
    ]
}

pub(crate) fn interlock(id: &str, title: Phrase, finding: Result<Finding, Missing>) -> Interlock {
    let Finding { verdict, detail, observed_at } = finding.unwrap_or_else(Finding::missing);
    Interlock { id: id.to_owned(), title, verdict, detail, observed_at }
}

impl Finding {
    pub(crate) fn pass(detail: Phrase, observed_at: Timestamp) -> Finding {
        Finding { verdict: Verdict::Pass, detail, observed_at: Some(observed_at) }
    }

    pub(crate) fn block(detail: Phrase, observed_at: Timestamp) -> Finding {
        Finding { verdict: Verdict::Block, detail, observed_at: Some(observed_at) }
    }

    pub(crate) fn warn(detail: Phrase, observed_at: Option<Timestamp>) -> Finding {
        Finding { verdict: Verdict::Warn, detail, observed_at }
    }

    fn missing(missing: Missing) -> Finding {
        match missing {
            Missing::Never => Finding {
                verdict: Verdict::Block,
                detail: Phrase::new("Not seen yet", "尚未观测到"),
                observed_at: None,
            },
            Missing::Stale { age, observed_at } => Finding::block(
                Phrase::new(
                    format!(
                        "Last seen {} s ago; it must be younger than {} s",
                        age.as_secs(),
                        STALE_AFTER.as_secs()
                    ),
                    format!(
                        "上次观测于 {} 秒前；须在 {} 秒之内",
                        age.as_secs(),
                        STALE_AFTER.as_secs()
                    ),
                ),
                observed_at,
            ),
        }
    }
}

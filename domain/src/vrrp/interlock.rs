//! The conditions that make a hand-over safe. A fact that is missing or stale blocks, except
//! where the condition is only about comfort.

use std::time::Duration;

use super::course::{Course, Way};
use super::election::own_track_file;
use super::facts::{DirectorFacts, HandOverInput, Holding, Missing, fresh};
use super::packet_filter::{FilterFinding, advert_protocol};
use super::plan::Pair;
use super::{Auth, VrrpState};
use crate::fact::STALE_AFTER;
use crate::nodes::LinkState;
use crate::phrase::Phrase;
use crate::plan::{Interlock, Verdict};
use crate::time::Timestamp;

/// A verdict, its fact in words, and when the oldest fact behind it was observed.
struct Finding {
    verdict: Verdict,
    detail: Phrase,
    observed_at: Option<Timestamp>,
}

/// Clocks further apart than this make the job's log hard to read.
const CLOCK_LIMIT: Duration = Duration::from_secs(2);

pub(super) fn all(
    input: &HandOverInput,
    pair: &Pair<'_>,
    course: &Course,
    locks: &[String],
    now: Timestamp,
) -> Vec<Interlock> {
    let (from, to) = (&pair.from.name, &pair.to.name);
    let both = |en: &str, zh: &str| {
        Phrase::new(format!("{en} {from} and {to}"), format!("{zh} {from} 和 {to}"))
    };
    let titled = |id: &str, title: Phrase, finding: Result<Finding, Missing>| {
        let Finding { verdict, detail, observed_at } = finding.unwrap_or_else(Finding::missing);
        Interlock { id: id.to_owned(), title, verdict, detail, observed_at }
    };
    let mut all = vec![
        titled(
            "console_reaches_both",
            both("The console reaches", "控制台可以连接"),
            Ok(reached(pair, now)),
        ),
        titled(
            "keepalived_runs",
            both("keepalived runs on", "keepalived 运行于"),
            keepalived_runs(pair, now),
        ),
        titled(
            "peer_in_backup",
            Phrase::new(format!("{to} says BACKUP"), format!("{to} 自报 BACKUP")),
            peer_in_backup(pair, now),
        ),
        titled(
            "one_holder",
            Phrase::new(
                format!("Only {from} holds {}", pair.addresses()),
                format!("只有 {from} 持有 {}", pair.addresses()),
            ),
            one_holder(pair, now),
        ),
        titled(
            "no_third_outranks",
            Phrase::new(
                format!("No third director outranks {to}"),
                format!("没有第三台调度器的优先级高于 {to}"),
            ),
            no_third_outranks(pair, now),
        ),
        titled(
            "same_vrid",
            Phrase::new("Both use the same VRID and VRRP version", "两台的 VRID 和 VRRP 版本相同"),
            same_vrid(pair, now),
        ),
        titled(
            "same_auth",
            Phrase::new("Both authenticate adverts the same way", "两台的通告认证相同"),
            same_auth(pair, now),
        ),
        titled(
            "same_advert_interval",
            Phrase::new("Both use the same advert interval", "两台的通告间隔相同"),
            same_interval(pair, now),
        ),
        titled(
            "same_addresses",
            Phrase::new("Both carry the same virtual IPs", "两台的虚拟 IP 相同"),
            same_addresses(pair, now),
        ),
        titled(
            "adverts_heard",
            Phrase::new(
                format!("{to} hears the adverts of {from}"),
                format!("{to} 收到 {from} 的通告"),
            ),
            adverts_heard(pair, now),
        ),
        titled("vrrp_not_filtered", vrrp_not_filtered_title(pair), vrrp_not_filtered(pair, now)),
        titled(
            "ipvs_equal",
            Phrase::new("The IPVS tables for these addresses are equal", "这些地址的 IPVS 表相同"),
            ipvs_equal(pair, now),
        ),
        titled(
            "real_servers_reachable",
            Phrase::new(
                format!("{to} reaches every real server in use"),
                format!("{to} 可以连接所有在用的真实服务器"),
            ),
            real_servers_reachable(pair, now),
        ),
        titled(
            "priority_known",
            Phrase::new("The generated track files are read", "生成的优先级文件可读取"),
            priority_known(pair, now),
        ),
        titled(
            "standby_remains",
            Phrase::new(format!("{from} stands by afterwards"), format!("之后 {from} 处于备用")),
            Ok(standby_remains(pair, course)),
        ),
        titled(
            "no_other_job",
            Phrase::new("No other job works on this", "没有其他任务占用"),
            Ok(no_other_job(input, locks, now)),
        ),
        titled(
            "clocks_agree",
            Phrase::new("The clocks agree with the console's", "时钟与控制台一致"),
            Ok(clocks_agree(pair, now)),
        ),
        titled(
            "client_measures",
            Phrase::new("A client measures the outage", "有客户端测量中断"),
            Ok(client_measures(input, now)),
        ),
    ];
    if matches!(course.way, Way::Stop { .. }) {
        all.push(titled(
            "only_this_instance",
            Phrase::new("Only this instance moves", "只移动此实例"),
            Ok(only_this_instance(pair)),
        ));
    }
    all.sort_by_key(|interlock| interlock.verdict);
    all
}

impl Finding {
    fn pass(detail: Phrase, observed_at: Timestamp) -> Finding {
        Finding { verdict: Verdict::Pass, detail, observed_at: Some(observed_at) }
    }

    fn block(detail: Phrase, observed_at: Timestamp) -> Finding {
        Finding { verdict: Verdict::Block, detail, observed_at: Some(observed_at) }
    }

    fn warn(detail: Phrase, observed_at: Option<Timestamp>) -> Finding {
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

/// Both directors' configurations, and when the older one was observed.
fn confs<'a>(
    pair: &Pair<'a>,
    now: Timestamp,
) -> Result<(&'a super::InstanceConf, &'a super::InstanceConf, Timestamp), Missing> {
    let (from, a) = fresh(Some(&pair.from.conf), now)?;
    let (to, b) = fresh(Some(&pair.to.conf), now)?;
    Ok((from, to, a.min(b)))
}

/// Passes when both sides are alike, and says both otherwise.
fn alike(pair: &Pair<'_>, from: &str, to: &str, at: Timestamp) -> Finding {
    if from == to {
        return Finding::pass(Phrase::same(from), at);
    }
    let (a, b) = (&pair.from.name, &pair.to.name);
    Finding::block(
        Phrase::new(
            format!("{a} has {from}, {b} has {to}. Make them equal in keepalived.conf"),
            format!("{a} 为 {from}，{b} 为 {to}。须在 keepalived.conf 中改为一致"),
        ),
        at,
    )
}

fn reached(pair: &Pair<'_>, now: Timestamp) -> Finding {
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

fn keepalived_runs(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
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
    Ok(Finding::pass(Phrase::same("active"), oldest))
}

fn peer_in_backup(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (said, at) = fresh(pair.to.said.as_ref(), now)?;
    let priority = said.effective_priority;
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

fn one_holder(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
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

fn no_third_outranks(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
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

fn same_vrid(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (from, to, at) = confs(pair, now)?;
    let text = |conf: &super::InstanceConf| format!("VRID {}, VRRPv{}", conf.vrid, conf.version);
    Ok(alike(pair, &text(from), &text(to), at))
}

fn same_auth(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (from, to, at) = confs(pair, now)?;
    let kind = |auth: &Auth| match auth {
        Auth::None => "no auth_type",
        Auth::Pass { .. } => "PASS",
        Auth::Ah { .. } => "AH",
    };
    if from.auth != to.auth && kind(&from.auth) == kind(&to.auth) {
        return Ok(Finding::block(
            Phrase::new(
                "The first 8 bytes of auth_pass differ. Make them equal in keepalived.conf",
                "auth_pass 的前 8 个字节不同。须在 keepalived.conf 中改为一致",
            ),
            at,
        ));
    }
    Ok(alike(pair, kind(&from.auth), kind(&to.auth), at))
}

fn same_interval(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (from, to, at) = confs(pair, now)?;
    Ok(alike(pair, &format!("{} ms", from.advert_ms), &format!("{} ms", to.advert_ms), at))
}

fn same_addresses(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (from, to, at) = confs(pair, now)?;
    let text = |conf: &super::InstanceConf| {
        let mut all: Vec<String> = conf
            .virtual_addresses
            .iter()
            .map(|v| format!("{}/{}", v.address, v.prefix_len))
            .collect();
        all.sort();
        all.join(", ")
    };
    Ok(alike(pair, &text(from), &text(to), at))
}

fn adverts_heard(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (count, at) = fresh(pair.to.adverts.as_ref(), now)?;
    let heard = count.after.saturating_sub(count.before);
    Ok(if pair.to_is_held_in_fault() {
        Finding::warn(Phrase::new("In FAULT it counts none", "FAULT 状态下不计数"), Some(at))
    } else if heard > 0 {
        Finding::pass(
            Phrase::new(format!("{} so far", count.after), format!("已收到 {} 个", count.after)),
            at,
        )
    } else {
        Finding::block(
            Phrase::new(
                format!(
                    "The counter stayed at {} over three intervals. See the packet filters and the service network",
                    count.after
                ),
                format!("计数器在三个间隔内停在 {}。须检查防火墙和业务网络", count.after),
            ),
            at,
        )
    })
}

fn vrrp_not_filtered_title(pair: &Pair<'_>) -> Phrase {
    let protocol = advert_protocol(&pair.from.conf.value);
    Phrase::new(
        format!("Neither packet filter drops protocol {protocol}"),
        format!("两台的防火墙均未丢弃协议 {protocol}"),
    )
}

fn vrrp_not_filtered(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let mut worst = Finding::pass(Phrase::same("iptables, nftables"), now);
    for director in [pair.from, pair.to] {
        let name = &director.name;
        let finding = match &director.filter {
            Err(why) => Finding::warn(
                Phrase::new(format!("{name}: not known. {why}"), format!("{name}：未知。{why}")),
                None,
            ),
            Ok(fact) => {
                let (finding, at) = fresh(Some(fact), now)?;
                match finding {
                    FilterFinding::Passes => Finding::pass(worst.detail.clone(), at),
                    FilterFinding::Unsure { rule } => Finding::warn(
                        Phrase::new(
                            format!("{name} may drop it: {rule}"),
                            format!("{name} 可能丢弃：{rule}"),
                        ),
                        Some(at),
                    ),
                    FilterFinding::Drops { rule } => Finding::block(
                        Phrase::new(
                            format!("{name} drops it: {rule}. Remove that rule first"),
                            format!("{name} 丢弃：{rule}。须先删除该规则"),
                        ),
                        at,
                    ),
                }
            }
        };
        if finding.verdict < worst.verdict {
            worst = finding;
        }
    }
    Ok(worst)
}

fn ipvs_equal(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (from, a) = fresh(pair.from.ipvs.as_ref(), now)?;
    let (to, b) = fresh(pair.to.ipvs.as_ref(), now)?;
    let addresses = pair.from.addresses_of_instance();
    let (from, to, at) = (from.on(&addresses), to.on(&addresses), a.min(b));
    let differences = from.differences(&to);
    Ok(match differences.first() {
        None => Finding::pass(
            Phrase::new(
                format!("{} services", from.services.len()),
                format!("{} 个虚拟服务", from.services.len()),
            ),
            at,
        ),
        Some(first) => Finding::block(
            Phrase::new(
                format!("{} differences. {}", differences.len(), first.en),
                format!("{} 处不同。{}", differences.len(), first.zh),
            ),
            at,
        ),
    })
}

fn real_servers_reachable(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (reach, at) = fresh(pair.to.reach.as_ref(), now)?;
    let silent: Vec<String> =
        reach.iter().filter(|r| !r.reached).map(|r| r.server.to_string()).collect();
    Ok(if silent.is_empty() {
        let count = reach.len();
        Finding::pass(Phrase::new(format!("{count} of {count}"), format!("{count} / {count}")), at)
    } else {
        let silent = silent.join(", ");
        Finding::block(
            Phrase::new(
                format!("No TCP connection from there to {silent}"),
                format!("无法从该调度器建立到 {silent} 的 TCP 连接"),
            ),
            at,
        )
    })
}

fn priority_known(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let from = pair.from;
    if own_track_file(&from.conf.value).is_none() {
        let (name, instance) = (&from.name, &from.conf.value.name);
        return Ok(Finding::warn(
            Phrase::new(
                format!(
                    "keepalived.conf on {name} has no track_file signalbox_{instance}, so its priority cannot be changed"
                ),
                format!(
                    "{name} 的 keepalived.conf 中没有 track_file signalbox_{instance}，无法调整其优先级"
                ),
            ),
            Some(from.conf.observed_at),
        ));
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

fn standby_remains(pair: &Pair<'_>, course: &Course) -> Finding {
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

fn no_other_job(input: &HandOverInput, locks: &[String], now: Timestamp) -> Finding {
    let holds = |job: &&super::facts::RunningJob| job.locks.iter().any(|lock| locks.contains(lock));
    match input.running.iter().find(holds) {
        None => Finding::pass(Phrase::new("none", "无"), now),
        Some(job) => Finding::block(
            Phrase::new(format!("Job {} works on it", job.id), format!("任务 {} 正在占用", job.id)),
            now,
        ),
    }
}

fn clocks_agree(pair: &Pair<'_>, now: Timestamp) -> Finding {
    let mut oldest = now;
    let mut worst = Duration::ZERO;
    for director in [pair.from, pair.to] {
        let Some(fact) = &director.clock_ahead_ms else {
            let name = &director.name;
            return Finding::warn(
                Phrase::new(format!("Not known of {name}"), format!("{name} 的时钟未知")),
                None,
            );
        };
        oldest = oldest.min(fact.observed_at);
        worst = worst.max(Duration::from_millis(fact.value.unsigned_abs()));
    }
    let detail = Phrase::new(
        format!("at most {} ms apart", worst.as_millis()),
        format!("最多相差 {} ms", worst.as_millis()),
    );
    if worst > CLOCK_LIMIT {
        Finding::warn(detail, Some(oldest))
    } else {
        Finding::pass(detail, oldest)
    }
}

fn client_measures(input: &HandOverInput, now: Timestamp) -> Finding {
    match &input.client {
        Some(client) if client.answered_at.age(now) <= STALE_AFTER => Finding::pass(
            Phrase::new(format!("{}, 50/s", client.name), format!("{}，每秒 50 次", client.name)),
            client.answered_at,
        ),
        _ => Finding::warn(
            Phrase::new(
                "No node that is neither director nor real server gets an answer through the address. The outage is not measured",
                "没有既非调度器也非真实服务器、且能通过该地址得到应答的节点。将不测量中断",
            ),
            None,
        ),
    }
}

fn only_this_instance(pair: &Pair<'_>) -> Finding {
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

fn word(state: VrrpState) -> &'static str {
    match state {
        VrrpState::Init => "INIT",
        VrrpState::Backup => "BACKUP",
        VrrpState::Master => "MASTER",
        VrrpState::Fault => "FAULT",
    }
}

/// Whether a director carries part of the addresses or says that it should.
pub(super) fn claims(director: &DirectorFacts, now: Timestamp) -> bool {
    let holds = director.holding(now).is_ok_and(|(holding, _)| holding != Holding::None);
    holds || director.said.as_ref().is_some_and(|fact| fact.value.state == VrrpState::Master)
}

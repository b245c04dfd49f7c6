//! When a proof would prove something, and harms nothing.

use super::judge::FEWEST_EXPECTED;
use super::plan::{ProveInput, Subject};
use super::rule::Rule;
use super::{Against, OTHERS_LIMIT};
use crate::fact::STALE_AFTER;
use crate::lvs::{Protocol, Target};
use crate::phrase::Phrase;
use crate::plan::{Interlock, Verdict};
use crate::time::Timestamp;
use crate::vrrp::client::MYSQL_PORTS;

type Found = (Verdict, Phrase);

pub(super) fn all(
    input: &ProveInput,
    subject: &Subject<'_>,
    locks: &[String],
    now: Timestamp,
) -> Vec<Interlock> {
    let table_at = Some(subject.director.table.observed_at);
    let held_at = Some(subject.director.holds.observed_at);
    let interlock = |id: &str, title, observed_at, (verdict, detail): Found| Interlock {
        id: id.to_owned(),
        title,
        verdict,
        detail,
        observed_at,
    };
    let address = subject.address.ip();
    let mut all = vec![
        interlock(
            "one_holder",
            Phrase::new(
                format!("One director holds {address}"),
                format!("只有一台调度器持有 {address}"),
            ),
            held_at,
            one_holder(input, now),
        ),
        interlock(
            "tcp",
            Phrase::new("The service takes TCP connections", "该服务接受 TCP 连接"),
            Some(now),
            tcp(subject),
        ),
        interlock(
            "not_persistent",
            Phrase::new("Each connection is scheduled by itself", "每个连接单独调度"),
            table_at,
            not_persistent(subject),
        ),
        interlock(
            "scheduler",
            Phrase::new("One client can prove this scheduler", "单个客户端可以验证此调度算法"),
            table_at,
            scheduler(subject),
        ),
        interlock(
            "servers",
            Phrase::new("Several servers take connections", "有多台服务器接受连接"),
            table_at,
            servers(subject),
        ),
        interlock(
            "weights",
            Phrase::new(
                "The table has the weights of keepalived.conf",
                "表中的权重与 keepalived.conf 一致",
            ),
            table_at,
            weights(input, subject),
        ),
        interlock(
            "requests",
            Phrase::new(
                "Every server should get five connections or more",
                "每台服务器预期至少得到五个连接",
            ),
            table_at,
            requests(input, subject),
        ),
        interlock(
            "client",
            Phrase::new(
                "A node that is neither director nor real server gets an answer",
                "有既非调度器也非真实服务器的节点能得到应答",
            ),
            input.client.as_ref().map(|client| client.answered_at),
            client(input, now),
        ),
        interlock(
            "no_limits",
            Phrase::new("No server stops at a number of connections", "没有服务器设连接数阈值"),
            subject.director.traffic.as_ref().map(|fact| fact.observed_at),
            no_limits(subject),
        ),
        interlock(
            "others_are_few",
            Phrase::new("Others make few connections", "其他客户端的连接很少"),
            subject.director.traffic.as_ref().map(|fact| fact.observed_at),
            others(input, subject),
        ),
        interlock(
            "no_other_job",
            Phrase::new("No other job works on it", "没有其他任务占用"),
            Some(now),
            no_other_job(input, locks),
        ),
    ];
    all.sort_by_key(|interlock| interlock.verdict);
    all
}

fn pass(en: impl Into<String>, zh: impl Into<String>) -> Found {
    (Verdict::Pass, Phrase::new(en, zh))
}

fn block(en: impl Into<String>, zh: impl Into<String>) -> Found {
    (Verdict::Block, Phrase::new(en, zh))
}

fn warn(en: impl Into<String>, zh: impl Into<String>) -> Found {
    (Verdict::Warn, Phrase::new(en, zh))
}

fn one_holder(input: &ProveInput, now: Timestamp) -> Found {
    let stale = input.directors.iter().find(|director| {
        director.holds.age(now) > STALE_AFTER || director.table.age(now) > STALE_AFTER
    });
    let holders: Vec<&str> = input
        .directors
        .iter()
        .filter(|director| director.holds.value)
        .map(|director| director.name.as_str())
        .collect();
    match (stale, holders.as_slice()) {
        (_, []) => block("None of those that have the service does", "持有该服务的调度器均未持有"),
        (Some(director), [_]) if !director.holds.value => warn(
            format!("{} cannot be seen now", director.name),
            format!("目前看不到 {}", director.name),
        ),
        (Some(director), _) => block(
            format!("{} cannot be seen now", director.name),
            format!("目前看不到 {}", director.name),
        ),
        (None, [holder]) => (Verdict::Pass, Phrase::same(*holder)),
        (None, several) => block(
            format!("{} hold it: it is a split brain", several.join(", ")),
            format!("{} 同时持有：脑裂", several.join("、")),
        ),
    }
}

fn tcp(subject: &Subject<'_>) -> Found {
    match subject.target {
        Target::Address { protocol: Protocol::Tcp, address }
            if MYSQL_PORTS.contains(&address.port()) =>
        {
            block(
                "A MySQL server shuts a client out that makes connections without signing in (max_connect_errors)",
                "MySQL 会封禁只建立连接而不登录的客户端（max_connect_errors）",
            )
        }
        Target::Address { protocol: Protocol::Tcp, .. } => pass("TCP", "TCP"),
        _ => block(
            "Only of TCP it is known when a server took a connection",
            "只有 TCP 能得知服务器是否接受了连接",
        ),
    }
}

fn not_persistent(subject: &Subject<'_>) -> Found {
    match subject.service.persistent_s {
        None => pass("no persistence", "无会话保持"),
        Some(seconds) => block(
            format!(
                "It is persistent for {seconds} s: one client sticks to one server, and cannot prove how clients are shared"
            ),
            format!("会话保持 {seconds} 秒：同一客户端固定到一台服务器，无法证明客户端如何分配"),
        ),
    }
}

fn rule(subject: &Subject<'_>) -> Option<Rule> {
    Some(Rule::of(&subject.service.scheduler, &subject.traffic?.scheduler_flags))
}

fn scheduler(subject: &Subject<'_>) -> Found {
    let name = &subject.service.scheduler;
    match rule(subject) {
        None => block("Its options are not seen yet", "尚未观测到其选项"),
        Some(Rule::Nothing(why)) => {
            let words = why.words();
            block(format!("{name}: {}", words.en), format!("{name}：{}", words.zh))
        }
        Some(rule) => {
            let words = rule.words();
            pass(format!("{name}: {}", words.en), format!("{name}：{}", words.zh))
        }
    }
}

fn servers(subject: &Subject<'_>) -> Found {
    match subject.service.real_servers.iter().filter(|server| server.weight > 0).count() {
        0 => block("None has a weight above 0", "没有权重大于 0 的服务器"),
        1 => warn("Only one: nothing is shared", "只有一台：没有分配可言"),
        several => pass(several.to_string(), several.to_string()),
    }
}

fn weights(input: &ProveInput, subject: &Subject<'_>) -> Found {
    let Some(configured) = subject.configured else {
        return pass(
            "keepalived.conf does not have the service: the table's weights are proved",
            "keepalived.conf 中没有该服务：以表中的权重为准",
        );
    };
    let differs = subject.service.real_servers.iter().find_map(|server| {
        let same = |c: &&crate::lvs::RealServer| {
            (c.address, c.port) == (server.address, server.port) && c.weight != server.weight
        };
        Some((server, configured.real_servers.iter().find(same)?))
    });
    let Some((server, conf)) = differs else { return pass("equal", "一致") };
    let whose = match input.against {
        Against::Configuration => ("those of keepalived.conf", "keepalived.conf 的"),
        Against::Table => ("those of the table", "表中的"),
    };
    warn(
        format!(
            "{} has weight {} in the table and {} in keepalived.conf; {} are proved",
            server.address, server.weight, conf.weight, whose.0
        ),
        format!(
            "{} 在表中权重为 {}，在 keepalived.conf 中为 {}；以{}权重为准",
            server.address, server.weight, conf.weight, whose.1
        ),
    )
}

fn requests(input: &ProveInput, subject: &Subject<'_>) -> Found {
    let Some(rule @ Rule::ByChance { .. }) = rule(subject) else {
        return pass(input.requests.to_string(), input.requests.to_string());
    };
    let mut meant = subject.service.clone();
    for (server, own) in meant.real_servers.iter_mut().zip(&subject.spec.servers) {
        server.weight = own.weight;
    }
    let expected = rule.expected(&meant, u64::from(input.requests)).unwrap_or_default();
    let least = expected.into_iter().filter(|share| *share > 0.0).fold(f64::INFINITY, f64::min);
    if least >= FEWEST_EXPECTED {
        return pass(input.requests.to_string(), input.requests.to_string());
    }
    let needed = (f64::from(input.requests) * FEWEST_EXPECTED / least).ceil();
    block(
        format!("One should get only {least:.1}: make at least {needed:.0} requests"),
        format!("某台预期只有 {least:.1} 个：请至少请求 {needed:.0} 次"),
    )
}

fn client(input: &ProveInput, now: Timestamp) -> Found {
    match &input.client {
        Some(client) if client.answered_at.age(now) <= STALE_AFTER => {
            (Verdict::Pass, Phrase::same(&client.name))
        }
        _ => block("None does: ask why the service does not work", "没有：请查看该服务为何不可用"),
    }
}

fn no_limits(subject: &Subject<'_>) -> Found {
    let limited =
        subject.traffic.and_then(|traffic| traffic.servers.iter().find(|s| s.upper_threshold > 0));
    match limited {
        None => pass("none", "无"),
        Some(server) => warn(
            format!(
                "{} takes no new ones beyond {}: it may be passed over",
                server.address, server.upper_threshold
            ),
            format!("{} 超过 {} 个后不再接受：可能被跳过", server.address, server.upper_threshold),
        ),
    }
}

fn others(input: &ProveInput, subject: &Subject<'_>) -> Found {
    let Some(rates) = subject.traffic.and_then(|traffic| traffic.rates) else {
        return warn("Not seen yet", "尚未观测到");
    };
    // Connections in turn take some two milliseconds each.
    let meanwhile = rates.connections_per_s * f64::from(input.requests) * 0.002;
    let rate = rates.connections_per_s;
    if meanwhile > OTHERS_LIMIT * f64::from(input.requests) {
        return warn(
            format!("{rate:.1} new connections a second now: theirs are counted, too"),
            format!("目前每秒 {rate:.1} 个新连接：也会计入"),
        );
    }
    pass(format!("{rate:.1} a second"), format!("每秒 {rate:.1} 个"))
}

fn no_other_job(input: &ProveInput, locks: &[String]) -> Found {
    let holds =
        |job: &&crate::vrrp::facts::RunningJob| job.locks.iter().any(|lock| locks.contains(lock));
    match input.running.iter().find(holds) {
        None => pass("none", "无"),
        Some(job) => {
            block(format!("Job {} works on it", job.id), format!("任务 {} 正在占用", job.id))
        }
    }
}

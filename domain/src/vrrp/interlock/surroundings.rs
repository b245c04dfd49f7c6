//! Other jobs, clocks, and who measures.

use std::time::Duration;

use super::Finding;
use crate::fact::STALE_AFTER;
use crate::phrase::Phrase;
use crate::time::Timestamp;
use crate::vrrp::facts::{HandOverInput, RunningJob};
use crate::vrrp::plan::Pair;

/// Clocks further apart than this make the job's log hard to read.
const CLOCK_LIMIT: Duration = Duration::from_secs(2);

pub(crate) fn no_other_job(running: &[RunningJob], locks: &[String], now: Timestamp) -> Finding {
    let holds = |job: &&RunningJob| job.locks.iter().any(|lock| locks.contains(lock));
    match running.iter().find(holds) {
        None => Finding::pass(Phrase::new("none", "无"), now),
        Some(job) => Finding::block(
            Phrase::new(format!("Job {} works on it", job.id), format!("任务 {} 正在占用", job.id)),
            now,
        ),
    }
}

pub(super) fn clocks_agree(pair: &Pair<'_>, now: Timestamp) -> Finding {
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

pub(super) fn client_measures(input: &HandOverInput, now: Timestamp) -> Finding {
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

//! What must hold for a backup to be worth taking.

use super::inventory::Inventory;
use super::plan::{Candidate, TakeInput};
use crate::amount::bytes;
use crate::engines::{EngineState, Flavour, ThreadState};
use crate::phrase::Phrase;
use crate::plan::{Interlock, Verdict};
use crate::time::Timestamp;

/// Behind by more than this, a copy is older than people think.
const LAG_WARN_S: u64 = 60;
const LAG_BLOCK_S: u64 = 3600;

pub(super) fn take(input: &TakeInput, source: &Candidate, now: Timestamp) -> Vec<Interlock> {
    let mut all = vec![seen(source, now), spares_primary(input, source)];
    if !source.primary {
        all.push(follows(source));
    }
    if source.state.value.flavour == Flavour::MySql {
        all.push(locks_briefly(source));
    }
    all.extend([has_coordinates(source), fits(input), covered(input)]);
    all
}

/// Seconds behind the primary; `None` when a thread is stopped or the server cannot tell.
pub(super) fn lag_s(state: &EngineState) -> Option<u64> {
    let sources = &state.sources;
    let running = |s: &&crate::engines::ReplicationSource| {
        s.io == ThreadState::Running && s.sql == ThreadState::Running
    };
    if sources.is_empty() || !sources.iter().all(|s| running(&s)) {
        return None;
    }
    sources.iter().map(|s| s.seconds_behind).collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// SQL text rarely compresses to more than the data's own size; a tenth on top for the unknown.
pub(super) fn needed_bytes(inventory: &Inventory) -> u64 {
    const LEAST: u64 = 64 << 20;
    inventory.data_bytes.saturating_add(inventory.data_bytes / 10).max(LEAST)
}

fn seen(source: &Candidate, now: Timestamp) -> Interlock {
    let age_s = source.state.age(now).as_secs();
    let (verdict, detail) = if source.stale {
        (
            Verdict::Block,
            Phrase::new(
                format!("Last seen {age_s} s ago. It clears when the console hears from it again."),
                format!("{age_s} 秒前最后一次观测到。恢复通信后解除。"),
            ),
        )
    } else {
        (Verdict::Pass, Phrase::same(source.state.value.version.clone()))
    };
    Interlock {
        id: "source_seen".to_owned(),
        title: Phrase::new(format!("{} answers", source.name), format!("{} 有响应", source.name)),
        verdict,
        detail,
        observed_at: Some(source.state.observed_at),
    }
}

fn spares_primary(input: &TakeInput, source: &Candidate) -> Interlock {
    let replicas = input.candidates.iter().filter(|c| !c.primary).count();
    let (verdict, detail) = match (source.primary, replicas) {
        (false, _) => (Verdict::Pass, Phrase::same(source.name.clone())),
        (true, 0) => (
            Verdict::Warn,
            Phrase::new(
                "The tree has no replica: the dump reads the primary while it serves.",
                "该拓扑没有从库：导出期间会读取正在服务的主库。",
            ),
        ),
        (true, _) => (
            Verdict::Warn,
            Phrase::new(
                "The primary was chosen as the source although there are replicas.",
                "虽有从库，但选择了主库作为来源。",
            ),
        ),
    };
    Interlock {
        id: "primary_spared".to_owned(),
        title: Phrase::new("The dump does not read the primary", "导出不读取主库"),
        verdict,
        detail,
        observed_at: Some(source.state.observed_at),
    }
}

fn follows(source: &Candidate) -> Interlock {
    let state = &source.state.value;
    let (verdict, detail) = match lag_s(state) {
        None => (
            Verdict::Block,
            Phrase::new(
                format!(
                    "A replication thread of {} is not running. Start replication, or choose another source.",
                    source.name
                ),
                format!("{} 的复制线程未运行。请启动复制或选择其他来源。", source.name),
            ),
        ),
        Some(lag) if lag > LAG_BLOCK_S => (
            Verdict::Block,
            Phrase::new(
                format!("{} is {lag} s behind: wait until it has caught up.", source.name),
                format!("{} 延迟 {lag} 秒：请等待追平。", source.name),
            ),
        ),
        Some(lag) if lag > LAG_WARN_S => (
            Verdict::Warn,
            Phrase::new(
                format!("{} is {lag} s behind; the backup will be that much older.", source.name),
                format!("{} 延迟 {lag} 秒；备份数据会相应滞后。", source.name),
            ),
        ),
        Some(lag) => {
            (Verdict::Pass, Phrase::new(format!("{lag} s behind"), format!("延迟 {lag} 秒")))
        }
    };
    Interlock {
        id: "source_follows".to_owned(),
        title: Phrase::new(
            format!("{} follows its primary", source.name),
            format!("{} 正常跟随主库", source.name),
        ),
        verdict,
        detail,
        observed_at: Some(source.state.observed_at),
    }
}

/// MariaDB takes the position from the snapshot itself; mysqldump takes it under FLUSH TABLES WITH
/// READ LOCK.
fn locks_briefly(source: &Candidate) -> Interlock {
    let (verdict, detail) = if source.primary {
        (
            Verdict::Warn,
            Phrase::new(
                "MySQL locks all tables while it takes the position: a long statement makes writes wait until it ends.",
                "MySQL 获取位点时会锁定所有表：若有长语句，写入会等待其结束。",
            ),
        )
    } else {
        (Verdict::Pass, Phrase::new("a replica: no client writes here", "从库：没有客户端写入"))
    };
    Interlock {
        id: "writes_go_on".to_owned(),
        title: Phrase::new("Writes go on while it is dumped", "导出期间写入不中断"),
        verdict,
        detail,
        observed_at: Some(source.state.observed_at),
    }
}

fn has_coordinates(source: &Candidate) -> Interlock {
    let binlog = source.state.value.binlog.as_ref();
    let (verdict, detail) = match binlog {
        Some(position) => (Verdict::Pass, Phrase::same(position.file.clone())),
        None => (
            Verdict::Block,
            Phrase::new(
                format!(
                    "{} writes no binary log, so the dump would not say from where to replay. Turn on log_bin and log_slave_updates.",
                    source.name
                ),
                format!(
                    "{} 未写入二进制日志，导出无法记录回放起点。请启用 log_bin 与 log_slave_updates。",
                    source.name
                ),
            ),
        ),
    };
    Interlock {
        id: "coordinates".to_owned(),
        title: Phrase::new("The dump carries binlog coordinates", "导出包含 binlog 坐标"),
        verdict,
        detail,
        observed_at: Some(source.state.observed_at),
    }
}

fn fits(input: &TakeInput) -> Interlock {
    let (needs, free) = (needed_bytes(&input.inventory.value), input.free_bytes.value);
    let (needs_shown, free_shown) = (bytes(needs), bytes(free));
    let (verdict, detail) = if free < needs {
        (
            Verdict::Block,
            Phrase::new(
                format!(
                    "Needs up to {needs_shown}; {free_shown} are free where the console keeps backups. Free space there."
                ),
                format!("最多需要 {needs_shown}；备份目录仅剩 {free_shown}。请清理空间。"),
            ),
        )
    } else {
        (Verdict::Pass, Phrase::new(format!("{free_shown} free"), format!("剩余 {free_shown}")))
    };
    Interlock {
        id: "space".to_owned(),
        title: Phrase::new("The backup disk has room", "备份磁盘空间充足"),
        verdict,
        detail,
        observed_at: Some(input.free_bytes.observed_at),
    }
}

fn covered(input: &TakeInput) -> Interlock {
    let outside = &input.inventory.value.not_transactional;
    let (verdict, detail) = if outside.is_empty() {
        let n = input.inventory.value.tables;
        (Verdict::Pass, Phrase::new(format!("{n} tables"), format!("{n} 张表")))
    } else {
        let named = outside.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        (
            Verdict::Warn,
            Phrase::new(
                format!(
                    "Tables without transactions ({}) may change while they are read: {named}",
                    outside.len()
                ),
                format!("{} 张非事务表在读取期间可能变化：{named}", outside.len()),
            ),
        )
    };
    Interlock {
        id: "one_snapshot".to_owned(),
        title: Phrase::new("One transaction covers every table", "单个事务覆盖所有表"),
        verdict,
        detail,
        observed_at: Some(input.inventory.observed_at),
    }
}

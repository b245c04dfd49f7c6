//! What a job says of itself, in both languages.

use std::time::Duration;

use signalbox_domain::firewall::kernel_trace::{Comparison, Traced};
use signalbox_domain::ids::NodeId;
use signalbox_domain::jobs::JobView;
use signalbox_domain::lvs::sharing::Sharing;
use signalbox_domain::phrase::{Language, Phrase};
use signalbox_domain::plan::{Check, Draft, Step};

use super::StepError;
use super::check::Proof;

/// What cut a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Interruption {
    /// The console was restarted, or its database failed for a while.
    Console,
    /// A node gave no answer to a command that may have run.
    Line(Phrase),
}

impl Interruption {
    pub(super) fn phrase(&self) -> Phrase {
        match self {
            Interruption::Console => Phrase::new(
                "The console was interrupted during this job",
                "控制台在任务执行中中断过",
            ),
            Interruption::Line(error) => Phrase::new(
                format!("A command's outcome is unknown ({})", error.en),
                format!("一条命令的结果未知（{}）", error.zh),
            ),
        }
    }
}

/// How much of a stream arrived, and how fast.
pub(super) fn arrived(bytes: u64, took: Duration) -> Phrase {
    const MIB: f64 = 1_048_576.0;
    #[allow(clippy::cast_precision_loss)]
    let mib = bytes as f64 / MIB;
    let rate = mib / took.as_secs_f64().max(0.001);
    Phrase::new(
        format!("{mib:.1} MiB read, {rate:.1} MiB/s"),
        format!("已读取 {mib:.1} MiB，{rate:.1} MiB/s"),
    )
}

/// What a wait that has an end of its own last saw.
pub(super) fn waited(seen: &str, waited: Duration, at_most: Duration) -> Phrase {
    let (waited, at_most) = (waited.as_secs().min(at_most.as_secs()), at_most.as_secs());
    Phrase::new(
        format!("{seen}, after {waited} of at most {at_most} s"),
        format!("{seen}，已等待 {waited} 秒，最长 {at_most} 秒"),
    )
}

/// Accepted, not begun.
pub fn queued() -> Phrase {
    Phrase::new("Waiting to begin", "等待开始")
}

pub(super) fn waiting_for(node: NodeId) -> Phrase {
    Phrase::new(
        format!("Node {node} does not answer; trying again"),
        format!("节点 {node} 无应答，正在重试"),
    )
}

pub(super) fn verifying() -> Phrase {
    Phrase::new("Checking the new state", "正在检查新状态")
}

pub(super) fn looking(interruption: &Interruption) -> Phrase {
    let cut = interruption.phrase();
    Phrase::new(format!("{}. Looking at the nodes", cut.en), format!("{}，正在查看各节点", cut.zh))
}

pub(super) fn rolling_back(reason: &Phrase) -> Phrase {
    Phrase::new(format!("Rolling back: {}", reason.en), format!("正在回滚：{}", reason.zh))
}

/// What cancelling does while the step at `position` runs.
pub(super) fn cancel(draft: &Draft, position: usize) -> Phrase {
    let begun = draft.steps.iter().take(position + 1);
    let undone = begun.filter(|step| step.undo.iter().any(|a| a.node().is_some())).count();
    if undone == 0 {
        Phrase::new("Cancel; no node was changed", "取消；未改动任何节点")
    } else {
        Phrase::new("Cancel and roll back", "取消并回滚")
    }
}

pub(super) fn done(view: &JobView) -> Phrase {
    if let Some(traced) = &view.traced {
        return compared(traced);
    }
    if let Some(sharing) = &view.sharing {
        return proved(sharing);
    }
    match &view.measurement {
        Some(seen) => Phrase::new(
            format!(
                "Every check holds. Clients lost {} of {} requests; longest gap {} ms",
                seen.lost, seen.asked, seen.outage_ms
            ),
            format!(
                "全部检查通过。客户端 {} 次请求中丢失 {} 次，最长中断 {} 毫秒",
                seen.asked, seen.lost, seen.outage_ms
            ),
        ),
        None => Phrase::new("Every step ran and every check holds", "全部步骤已执行，全部检查通过"),
    }
}

/// The kernel's word against the simulation's.
pub(super) fn compared(traced: &Traced) -> Phrase {
    match traced.comparison {
        Comparison::Agrees => Phrase::new(
            "The kernel and the simulation agree in every step",
            "内核与模拟的每一步均一致",
        ),
        Comparison::AgreesSoFar => Phrase::new(
            "The kernel and the simulation agree as far as the simulation is sure",
            "在模拟能够确定的范围内，内核与模拟一致",
        ),
        Comparison::Differs { row } => Phrase::new(
            format!("The kernel and the simulation differ at step {}", row + 1),
            format!("内核与模拟在第 {} 步不同", row + 1),
        ),
        Comparison::Nothing => Phrase::new("The kernel saw no such packet", "内核没有看到该数据包"),
    }
}

/// The verdict on a service's sharing, and why.
pub(super) fn proved(sharing: &Sharing) -> Phrase {
    let verdict = sharing.verdict.words();
    let reasons = |language| -> String {
        let why = sharing.why.iter().map(|why: &Phrase| why.get(language));
        why.collect::<Vec<_>>().join("; ")
    };
    let with = |head: String, reasons: String| match reasons.is_empty() {
        true => head,
        false => format!("{head}: {reasons}"),
    };
    Phrase::new(
        with(format!("The sharing is {}", verdict.en), reasons(Language::En)),
        with(format!("分配{}", verdict.zh), reasons(Language::Zh)),
    )
}

pub(super) fn split_named() -> Phrase {
    Phrase::new("the console finds the split and names its cause", "控制台发现脑裂并指出原因")
}

pub(super) fn done_after(interruption: &Interruption) -> Phrase {
    let cut = interruption.phrase();
    Phrase::new(
        format!("{}; every check of the new state holds", cut.en),
        format!("{}；新状态的全部检查通过", cut.zh),
    )
}

pub(super) fn waits_on(interruption: &Interruption) -> Phrase {
    let cut = interruption.phrase();
    Phrase::new(
        format!("{}; every check of the new state holds, and the wait begins anew", cut.en),
        format!("{}；新状态的全部检查通过，重新开始等待", cut.zh),
    )
}

pub(super) fn rolled_back(reason: &Phrase) -> Phrase {
    Phrase::new(
        format!("Rolled back; the old state was seen again. Reason: {}", reason.en),
        format!("已回滚，已确认恢复到原状态。原因：{}", reason.zh),
    )
}

pub(super) fn without_effect(reason: &Phrase) -> Phrase {
    Phrase::new(
        format!("Failed; no node was changed. Reason: {}", reason.en),
        format!("失败；未改动任何节点。原因：{}", reason.zh),
    )
}

pub(super) fn unproved(reason: &Phrase, seen: &Phrase) -> Phrase {
    Phrase::new(
        format!("Undone, but the old state is not proved: {}. Reason: {}", seen.en, reason.en),
        format!("已撤销，但未能确认原状态：{}。原因：{}", seen.zh, reason.zh),
    )
}

pub(super) fn undo_failed(reason: &Phrase, failures: &[Phrase], proof: &Proof) -> Phrase {
    let list = |language| {
        failures.iter().map(|failure| failure.get(language)).collect::<Vec<_>>().join("; ")
    };
    let old = match proof {
        Proof::Held => Phrase::new("the checks of the old state hold", "原状态检查通过"),
        Proof::Refuted(seen) | Proof::NoAnswer(seen) => Phrase::new(
            format!("the old state is not proved: {}", seen.en),
            format!("未能确认原状态：{}", seen.zh),
        ),
    };
    Phrase::new(
        format!("The rollback failed ({}); {}. Reason: {}", list(Language::En), old.en, reason.en),
        format!("回滚失败（{}）；{}。原因：{}", list(Language::Zh), old.zh, reason.zh),
    )
}

/// A step whose undo failed, and why.
pub(super) fn failure(step: &Step, why: &StepError) -> Phrase {
    let why = error(why);
    Phrase::new(format!("{}: {}", step.title.en, why.en), format!("{}：{}", step.title.zh, why.zh))
}

/// A check, and what was seen instead of what it wants.
pub(super) fn seen(check: &Check, detail: &str) -> Phrase {
    Phrase::new(format!("{}: {detail}", check.title.en), format!("{}：{detail}", check.title.zh))
}

pub(super) fn not_there(seen: &Phrase) -> Phrase {
    Phrase::new(
        format!("the new state is not there: {}", seen.en),
        format!("未达到新状态：{}", seen.zh),
    )
}

pub(super) fn not_seen(seen: &Phrase) -> Phrase {
    Phrase::new(
        format!("the new state cannot be seen: {}", seen.en),
        format!("无法查看新状态：{}", seen.zh),
    )
}

pub(super) fn no_check() -> Phrase {
    Phrase::new("the plan has no check of it", "计划中没有对应的检查")
}

pub(super) fn not_completed(position: usize) -> Phrase {
    let number = position + 1;
    Phrase::new(format!("step {number} was not completed"), format!("第 {number} 步未完成"))
}

pub(super) fn cancelled(by: &str) -> Phrase {
    Phrase::new(format!("cancelled by {by}"), format!("由 {by} 取消"))
}

pub(super) fn again() -> Phrase {
    Phrase::new("the rollback begins again", "重新开始回滚")
}

pub(super) fn both(one: &Phrase, other: &Phrase) -> Phrase {
    Phrase::new(format!("{}; {}", one.en, other.en), format!("{}；{}", one.zh, other.zh))
}

/// The job cannot go on: the console's own database fails.
pub(super) fn database_failed(error: &str) -> Phrase {
    Phrase::new(
        format!("The console cannot write its database ({error}); nothing is sent until it can"),
        format!("控制台无法写入数据库（{error}）；恢复之前不会向节点发送任何命令"),
    )
}

/// Why an action failed. What a node or the system said stays in its own words.
pub(super) fn error(error: &StepError) -> Phrase {
    let zh = match error {
        StepError::Refused { node, exit_status, excerpt } => {
            format!("节点 {node} 拒绝：退出状态 {exit_status}：{excerpt}")
        }
        StepError::Unexpected { node, expected, excerpt } => {
            format!("节点 {node} 应输出 {expected}，实际输出：{excerpt}")
        }
        StepError::NoAnswer { node, source } => format!("节点 {node} 无应答：{source}"),
        StepError::Waited { title, waited, last } => {
            format!("等待 {} 秒未满足：{}。最后看到：{last}", waited.as_secs(), title.zh)
        }
        StepError::NoProbe { node, source } => {
            format!("客户端探测无法在节点 {node} 上启动：{source}")
        }
        StepError::SilentProbe { node, within } => {
            format!("节点 {node} 上的客户端探测在 {} 秒内没有发出请求", within.as_secs())
        }
        StepError::NoStream { node, source } => format!("无法在节点 {node} 上开始传输：{source}"),
        StepError::Sharing(_) => "无法读取计数结果".to_owned(),
        StepError::Capture(source) => format!("备份不完整：{source}"),
        StepError::File(source) => format!("无法删除已写入的文件：{source}"),
        StepError::NotKept { within } => format!("{} 秒内无人保留", within.as_secs()),
        StepError::Cancelled { by } => format!("由 {by} 取消"),
        StepError::Store(source) => format!("控制台数据库出错：{source}"),
    };
    Phrase::new(error.chain(), zh)
}

//! What a job says of itself, in both languages.

use std::time::Duration;

use signalbox_domain::ids::NodeId;
use signalbox_domain::jobs::JobView;
use signalbox_domain::phrase::Phrase;
use signalbox_domain::plan::Draft;

use super::check::Proof;

/// What cut a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Interruption {
    /// The console was restarted, or its database failed for a while.
    Console,
    /// A node gave no answer to a command that may have run.
    Line(String),
}

impl Interruption {
    pub(super) fn phrase(&self) -> Phrase {
        match self {
            Interruption::Console => Phrase::new(
                "The console was interrupted during this job",
                "控制台在任务执行中中断过",
            ),
            Interruption::Line(error) => Phrase::new(
                format!("A command's outcome is unknown ({error})"),
                format!("一条命令的结果未知（{error}）"),
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

pub(super) fn rolling_back(reason: &str) -> Phrase {
    Phrase::new(format!("Rolling back: {reason}"), format!("正在回滚：{reason}"))
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
    match &view.measurement {
        Some(seen) => Phrase::new(
            format!(
                "Every check holds. Clients lost {} of {} requests; longest gap {} ms",
                seen.lost, seen.asked, seen.outage_ms
            ),
            format!(
                "全部检查通过。客户端 {} 次请求中丢失 {} 次，最长中断 {} ms",
                seen.asked, seen.lost, seen.outage_ms
            ),
        ),
        None => Phrase::new("Every step ran and every check holds", "全部步骤已执行，全部检查通过"),
    }
}

pub(super) fn done_after(interruption: &Interruption) -> Phrase {
    let cut = interruption.phrase();
    Phrase::new(
        format!("{}; every check of the new state holds", cut.en),
        format!("{}；新状态的全部检查通过", cut.zh),
    )
}

pub(super) fn rolled_back(reason: &str) -> Phrase {
    Phrase::new(
        format!("Rolled back; the old state was seen again. Reason: {reason}"),
        format!("已回滚，已确认恢复到原状态。原因：{reason}"),
    )
}

pub(super) fn without_effect(reason: &str) -> Phrase {
    Phrase::new(
        format!("Failed; no node was changed. Reason: {reason}"),
        format!("失败；未改动任何节点。原因：{reason}"),
    )
}

pub(super) fn unproved(reason: &str, seen: &str) -> Phrase {
    Phrase::new(
        format!("Rolled back, but the old state is not proved: {seen}. Reason: {reason}"),
        format!("已回滚，但未能确认原状态：{seen}。原因：{reason}"),
    )
}

pub(super) fn undo_failed(reason: &str, failures: &[String], proof: &Proof) -> Phrase {
    let failures = failures.join("; ");
    let (en, zh) = match proof {
        Proof::Held => ("the checks of the old state hold".to_owned(), "原状态检查通过".to_owned()),
        Proof::Refuted(seen) | Proof::NoAnswer(seen) => {
            (format!("the old state is not proved: {seen}"), format!("未能确认原状态：{seen}"))
        }
    };
    Phrase::new(
        format!("The rollback failed ({failures}); {en}. Reason: {reason}"),
        format!("回滚失败（{failures}）；{zh}。原因：{reason}"),
    )
}

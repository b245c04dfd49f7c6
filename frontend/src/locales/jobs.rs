use signalbox_domain::jobs::JobState;

use crate::locale::{Text, text};

pub fn state(state: JobState) -> Text {
    match state {
        JobState::Queued => text("Queued", "排队中"),
        JobState::Running => text("Running", "运行中"),
        JobState::Verifying => text("Verifying", "验证中"),
        JobState::RollingBack => text("Rolling back", "回滚中"),
        JobState::Done => text("Done", "已完成"),
        JobState::RolledBack => text("Rolled back", "已回滚"),
        JobState::Failed => text("Failed", "失败"),
        JobState::NeedsOperator => text("Needs an operator", "需要人工处理"),
    }
}

pub const JOBS: Text = text("Jobs", "任务");
pub const ALL: Text = text("All", "全部");
pub const RUNNING: Text = text("Running", "运行中");
pub const TROUBLE: Text = text("Not done", "未完成");
pub const NONE: Text = text("No job yet", "尚无任务");
pub const NONE_HELP: Text = text(
    "Every change becomes a job: hand over a virtual IP or take a backup.",
    "每次变更都是一个任务：例如主备切换或备份。",
);
pub const NUMBER: Text = text("Job", "任务");
pub const WHAT: Text = text("What", "内容");
pub const BY: Text = text("Started by", "发起人");
pub const STARTED: Text = text("Started", "开始于");
pub const STEPS_DONE: Text = text("{0} of {1} done", "已完成 {0} / {1}");
pub const BY_AT: Text = text("by {0}", "由 {0} 发起");
pub const STEPS: Text = text("Steps", "步骤");
pub const CANCEL: Text = text("Cancel", "取消任务");
pub const CANCEL_DOES: Text = text("Cancel does this", "取消的结果");
pub const CANNOT_CANCEL: Text = text("This job cannot be cancelled now", "当前无法取消此任务");
pub const ROLL_BACK: Text = text("Roll back", "回滚");
pub const OUTAGE: Text = text("Measured outage", "实测中断");
pub const ASKS: Text = text("{0} asks {1} every {2} ms", "{0} 每 {2} 毫秒请求 {1}");
pub const LOST: Text = text("{0} of {1} requests lost", "{1} 个请求中丢失 {0} 个");
pub const NONE_LOST: Text = text("no request lost of {0}", "{0} 个请求无一丢失");
pub const NO_PROBE: Text = text("No client measures this job.", "此任务没有客户端测量。");
pub const PROBE_WAITS: Text = text("The client has not reported yet.", "客户端尚未上报。");
pub const VERIFICATION: Text = text("Verification", "验证");
pub const HELD: Text = text("{0} of {1} hold", "{0} / {1} 通过");
pub const NEXT: Text = text("next", "待检查");
pub const ESTIMATED_IN_ALL: Text = text("estimated, in all", "预计合计");
pub const MEASURED: Text = text("measured", "实测");
pub const ESTIMATE_SPAN: Text = text("estimated {0}", "预计 {0}");
pub const WAY_BACK: Text = text("Way back", "如何恢复");
pub const LOG: Text = text("Log", "日志");
pub const COPY_LOG: Text = text("Copy log", "复制日志");
pub const EVERY_NODE: Text = text("All nodes", "全部节点");
pub const COMMANDS: Text = text("Commands", "命令");
pub const EVERYTHING: Text = text("Everything", "全部");
pub const FOLLOWING: Text = text("following", "自动滚动");
pub const FOLLOW: Text = text("Follow", "滚动到最新");
pub const CANCELLING: Text =
    text("The job stops at its next safe point", "任务将在下一个安全点停止");
pub const OPEN_PAGE: Text = text("Open the job's page", "打开任务页面");
pub const ESC_CLOSES: Text = text("Esc closes, the job goes on", "Esc 关闭，任务继续运行");
pub const OPEN_JOB: Text = text("Open job", "打开任务");

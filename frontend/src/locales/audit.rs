use signalbox_domain::audit::AuditPhase;

use crate::locale::{Text, text};

pub const AUDIT: Text = text("Audit", "审计");
pub const READING: Text = text("Reading the audit log", "正在读取审计日志");
pub const HOLDS: Text = text("The chain holds over {0} rows", "哈希链完整，共 {0} 行");
pub const BROKEN: Text =
    text("Row {0} does not follow from the row before it", "第 {0} 行与前一行不衔接");
pub const BROKEN_HELP: Text = text(
    "A row was altered, removed or inserted. The rows before it hold; compare with the program's log.",
    "有行被修改、删除或插入。此前的行完整；请与程序日志核对。",
);
pub const CHECKING: Text = text("Checking the chain", "正在校验哈希链");
pub const UNCHECKED: Text = text("The chain could not be checked", "无法校验哈希链");
pub const CHECK_AGAIN: Text = text("Check the chain", "校验哈希链");
pub const HEAD: Text = text("head {0}", "链尾 {0}");
pub const LOG: Text = text("Log", "日志");
pub const ROW: Text = text("Row", "行");
pub const WHO: Text = text("Who", "操作者");
pub const FROM: Text = text("From", "来源");
pub const ACTION: Text = text("Action", "动作");
pub const ACTION_HELP: Text = text("Its beginning, e.g. vrrp.", "其开头，例如 vrrp.");
pub const OBJECT: Text = text("Object", "对象");
pub const PHASE: Text = text("Phase", "阶段");
pub const JOB: Text = text("Job", "任务");
pub const DETAIL: Text = text("Detail", "详情");
pub const HASH: Text = text("Hash", "哈希");
pub const ALL: Text = text("All", "全部");
pub const SHOW: Text = text("Show", "筛选");
pub const EVERYTHING: Text = text("Clear filter", "清除筛选");
pub const NEWEST: Text = text("Newest", "最新");
pub const OLDER: Text = text("Older", "更早");
pub const NONE: Text = text("No row matches", "没有匹配的行");
pub const NONE_HELP: Text = text(
    "Every change writes a row before it begins and one when it ends.",
    "每次变更在开始前与结束时各写一行。",
);

pub fn phase(phase: AuditPhase) -> Text {
    match phase {
        AuditPhase::Intent => text("Intent", "意图"),
        AuditPhase::Done => text("Done", "已完成"),
        AuditPhase::Failed => text("Failed", "失败"),
        AuditPhase::Refused => text("Refused", "被拒绝"),
    }
}

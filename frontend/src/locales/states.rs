use crate::locale::{Text, text};

pub const NO_ANSWER: Text = text("The console does not answer", "控制台没有应答");
pub const REFUSED: Text = text("The console refused this", "控制台拒绝了该请求");
pub const STALE_SINCE: Text = text("Stale since {0}", "数据停留在 {0}");
pub const STALE_HELP: Text = text(
    "Reading works. Plans need data younger than 10 s. Nodes and running jobs go on without this page.",
    "仍可浏览。执行计划需要 10 秒内的数据。节点与运行中的任务不受影响。",
);
pub const TRY_NOW: Text = text("Try now", "立即重试");
pub const NOT_FRESH: Text = text("Plans need data younger than 10 s", "执行计划需要 10 秒内的数据");
pub const NO_ROLE: Text =
    text("Your role {0} may read this, not run it", "您的角色 {0} 可以查看，不能执行");
pub const NOT_FOUND: Text = text("Nothing is at this address", "此地址没有内容");
pub const NOT_FOUND_HELP: Text = text(
    "The page may have been removed. Ctrl-K finds everything.",
    "页面可能已移除。按 Ctrl-K 查找。",
);
pub const TO_OVERVIEW: Text = text("Go to Overview", "前往总览");

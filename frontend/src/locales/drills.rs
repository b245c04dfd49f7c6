use signalbox_domain::drills::Ending;

use crate::locale::{Text, text};

pub const DRILLS: Text = text("Drills", "演练");
pub const READING: Text = text("the drills", "演练");
pub const ABOUT: Text = text(
    "A drill makes a fault on purpose, measures what clients see of it, mends it, and proves that all is as it was.",
    "演练会有意制造故障，测量客户端所见，消除故障，并证明一切恢复原状。",
);
pub const OF: Text = text("Of", "对象");
pub const EVERYTHING: Text = text("Everything", "全部");
pub const DRILL: Text = text("Drill", "演练");
pub const SUBJECT: Text = text("Of", "对象");
pub const EXPECTED: Text = text("Expected", "预期");
pub const MEASURED: Text = text("Measured", "实测");
pub const VERDICT: Text = text("Verdict", "结论");
pub const LAST: Text = text("Last run", "上次运行");
pub const BY_ITSELF: Text = text("By itself", "自动运行");
pub const NEVER_RUN: Text = text("never run", "从未运行");
pub const NO_SCHEDULE: Text = text("no", "否");
pub const EVERY: Text = text("every {0} d at {1} UTC, next", "每 {0} 天 UTC {1}，下次");
pub const RUN: Text = text("Run", "运行");
pub const SCHEDULE: Text = text("Schedule", "设为自动");
pub const UNSCHEDULE: Text = text("Unschedule", "取消自动");
pub const EVERY_DAYS: Text = text("Every so many days", "间隔天数");
pub const DAYS_HELP: Text = text("1 to 366, for Schedule", "1 至 366，用于“设为自动”");
pub const DAYS_WRONG: Text = text("Expected 1 to 366", "须为 1 至 366");
pub const AT: Text = text("At (UTC)", "时间（UTC）");
pub const AT_HELP: Text = text("Hours and minutes, e.g. 03:00", "时:分，例如 03:00");
pub const AT_WRONG: Text = text("Expected HH:MM, e.g. 03:00", "须为 HH:MM，例如 03:00");
pub const TIMES_FIRST: Text =
    text("Say above how often and at what time", "请先在上方填写间隔和时间");
pub const REPORTS: Text = text("Reports", "报告");
pub const BY: Text = text("By", "操作者");
pub const JOB: Text = text("Job", "任务");
pub const NEWEST: Text = text("Newest", "最新");
pub const OLDER: Text = text("Older", "更早");
pub const NONE: Text = text("No drill can be run here", "这里没有可运行的演练");
pub const NONE_HELP: Text = text(
    "A VRRP instance needs two directors, a service two real servers on nodes of this fleet.",
    "VRRP 实例需要两台调度器，服务需要两台属于本集群节点的真实服务器。",
);
pub const NO_REPORT: Text = text("No drill was run yet", "尚未运行过演练");
pub const NO_REPORT_HELP: Text = text(
    "Each run leaves what was expected, what was measured, and whether the one is as the other.",
    "每次运行都会留下预期、实测及二者是否一致。",
);

pub fn ending(ending: Ending) -> Text {
    match ending {
        Ending::Running => text("running", "运行中"),
        Ending::AsExpected => text("as expected", "符合预期"),
        Ending::NotAsExpected => text("not as expected", "不符合预期"),
        Ending::NotMeasured => text("not measured", "未测量"),
        Ending::RolledBack => text("rolled back", "已回滚"),
        Ending::NeedsOperator => text("needs an operator", "需要人工处理"),
    }
}

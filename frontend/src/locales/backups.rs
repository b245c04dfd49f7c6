use crate::locale::{Text, text};

pub const BACKUPS: Text = text("Backups", "备份");
pub const SUMMARY: Text =
    text("{0} in the catalogue, {1} of {2} free", "目录中 {0} 份，可用 {1} / {2}");
pub const BACK_UP_NOW: Text = text("Back up now", "立即备份");
pub const TARGET: Text = text("target {0}", "目标 {0}");
pub const SINCE_FULL: Text = text("since the last full", "距上次全量");
pub const NEVER: Text = text("never backed up", "从未备份");
pub const CATALOGUE: Text = text("Catalogue", "目录");
pub const TAKEN: Text = text("Taken", "时间");
pub const ENGINE: Text = text("Engine", "引擎");
pub const KIND: Text = text("Kind", "类型");
pub const HOT_LOGICAL_FULL: Text = text("hot full, logical", "全量热备（逻辑）");
pub const FROM: Text = text("Read from", "来源");
pub const SIZE: Text = text("Size", "大小");
pub const RAW: Text = text("As SQL", "SQL 大小");
pub const COORDINATES: Text = text("Replay from", "回放起点");
pub const RESTORE: Text = text("Verified restore", "恢复验证");
pub const NOT_YET: Text = text("not yet", "尚未");
pub const DAMAGED: Text = text("file missing or changed", "文件缺失或已改变");
pub const JOB: Text = text("Job {0}", "任务 {0}");
pub const DOWNLOAD: Text = text("Download", "下载");
pub const NO_ENGINE: Text = text("No database server was seen", "未观测到数据库服务器");
pub const NO_ENGINE_HELP: Text = text(
    "A tree appears when a node that runs MariaDB is added.",
    "添加运行 MariaDB 的节点后，拓扑会出现在这里。",
);
pub const EMPTY: Text = text("No backup yet", "尚无备份");
pub const EMPTY_HELP: Text = text(
    "A backup is entered here when all of it arrived and was read back.",
    "备份完整到达并回读校验后才会列在这里。",
);
pub const NONE_MATCHES: Text = text("No backup matches", "没有匹配的备份");
pub const SELECTED: Text = text("Chosen backup", "所选备份");
pub const NOTHING_CHOSEN: Text = text(
    "Choose a row to see its checksum, coordinates and how to restore it.",
    "选择一行以查看校验和、坐标与恢复方法。",
);
pub const CHECKSUM: Text = text("SHA-256", "SHA-256");
pub const FILE: Text = text("File", "文件");
pub const SERVER: Text = text("Server", "服务器");
pub const RESTORE_BY: Text = text("Into an empty server", "恢复到空实例");
pub const NOT_COVERED: Text = text("May be inconsistent: {0}", "可能不一致：{0}");

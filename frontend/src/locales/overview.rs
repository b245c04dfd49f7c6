use crate::locale::{Text, text};

pub const NODES: Text = text("{0} nodes", "{0} 个节点");
pub const ONE_NODE: Text = text("1 node", "1 个节点");
pub const LINES: Text = text("Lines", "线路");
pub const SERVICES: Text = text("{0} services", "{0} 个服务");
pub const AS_LIST: Text = text("View as list", "列表视图");
pub const AS_TRACK: Text = text("View as track", "线路图");
pub const CLIENTS: Text = text("Clients", "客户端");
pub const VIRTUAL_IP: Text = text("Virtual IP", "虚拟 IP");
pub const POINTS: Text = text("Points (VRRP)", "道岔（VRRP）");
pub const SERVICE: Text = text("Service (IPVS)", "服务（IPVS）");
pub const REAL_SERVERS: Text = text("Real servers and engines", "真实服务器与数据库引擎");
pub const FLOW: Text = text("flow", "有流量");
pub const SET_AGAINST: Text = text("set against", "未开通");
pub const BROKEN: Text = text("broken", "中断");
pub const PER_S: Text = text("{0} conn/s", "{0} 连接/秒");
pub const ACTIVE: Text = text("{0} active", "{0} 活动");
pub const WEIGHT: Text = text("weight {0}", "权重 {0}");
pub const CARRY: Text = text("{0} of {1}", "{0}/{1}");
pub const CARRYING: Text = text("{0} of {1} carry", "{0}/{1} 承载");
pub const PRIMARY: Text = text("primary", "主库");
pub const REPLICA: Text = text("replica", "从库");
pub const SEMI_SYNC: Text = text("semi-sync", "半同步");
pub const ASYNC: Text = text("async", "异步");
pub const CASCADING: Text = text("cascading", "级联");
pub const STOPPED: Text = text("stopped", "已停止");
pub const BEHIND: Text = text("{0} s", "{0} 秒");
pub const HAND_OVER: Text = text("Hand over to {0}", "切换到 {0}");
pub const PRIORITY: Text = text("{0}, priority {1}", "{0}，优先级 {1}");
pub const HOLDS: Text = text("holds the address", "持有地址");
pub const STANDS_BY: Text = text("stands by", "待命");
pub const LINE_LABEL: Text = text("Line {0}: {1}", "线路 {0}：{1}");
pub const NO_LINES: Text = text("No line yet", "尚无线路");
pub const NO_LINES_HELP: Text = text(
    "A line appears when a director with an IPVS service is among the nodes.",
    "当节点中有提供 IPVS 服务的调度器时，线路会出现。",
);
pub const ADD_NODE: Text = text("Add a node", "添加节点");
pub const WRONG_NOW: Text = text("Wrong now", "当前异常");
pub const NOTHING_WRONG: Text = text("Nothing is wrong", "没有异常");
pub const CLEARED: Text = text("cleared", "已恢复");
pub const OPEN: Text = text("Open", "打开");
pub const RUNNING: Text = text("Running", "正在运行");
pub const NOTHING_RUNS: Text = text("No job is running", "没有运行中的任务");
pub const FRESHNESS: Text = text("Backup freshness", "备份时效");
pub const NO_ENGINE: Text = text("No engine is known yet", "尚未发现数据库引擎");
pub const NEVER: Text = text("never", "从未");
pub const TICK: Text = text("Tick marks the target age.", "竖线为目标时限。");
pub const BACK_UP_NOW: Text = text("Back up now", "立即备份");
pub const EVENTS: Text = text("Recent events", "最近事件");
pub const NO_EVENT: Text =
    text("Nothing has happened since the console started", "控制台启动以来没有事件");
pub const LB: Text = text("LB", "LB");
pub const WEB: Text = text("WEB", "WEB");
pub const DB: Text = text("DB", "DB");
pub const AUX: Text = text("AUX", "AUX");

use crate::locale::{Text, text};

pub const OVERVIEW: Text = text("Overview", "总览");
pub const NODES: Text = text("Nodes", "节点");
pub const BACKUPS: Text = text("Backups", "备份");
pub const FIREWALL: Text = text("Firewall", "防火墙");
pub const LOAD_BALANCING: Text = text("Load balancing", "负载均衡");
pub const VRRP: Text = text("VRRP", "VRRP");
pub const DRILLS: Text = text("Drills", "演练");
pub const JOBS: Text = text("Jobs", "任务");
pub const AUDIT: Text = text("Audit", "审计");
pub const SETTINGS: Text = text("Settings", "设置");
pub const MORE: Text = text("More", "更多");

pub const MAIN_NAVIGATION: Text = text("Main navigation", "主导航");
pub const COLLAPSE: Text = text("Collapse", "收起");
pub const EXPAND: Text = text("Expand", "展开");
pub const SKIP: Text = text("Skip to the page", "跳到页面内容");
pub const FLEET: Text = text("Fleet", "全部节点");

pub const LIVE: Text = text("Live", "实时");
pub const CONNECTING: Text = text("Connecting", "正在连接");
pub const RECONNECTING: Text = text("Reconnecting", "正在重连");

pub const SEARCH: Text = text("Search or run a command", "搜索或执行命令");
pub const TO_LIGHT: Text = text("Change to the light theme", "切换到浅色主题");
pub const TO_DARK: Text = text("Change to the dark theme", "切换到深色主题");
/// Named in the language that it changes to.
pub const OTHER_LANGUAGE: Text = text("切换到中文", "Change to English");
pub const ACCOUNT: Text = text("Account", "账号");
pub const SIGN_OUT: Text = text("Sign out", "退出登录");

pub const ACTIONS: Text = text("Actions", "操作");
pub const PAGES: Text = text("Pages", "页面");
pub const NOTHING_FOUND: Text = text("Nothing matches {0}", "没有与 {0} 匹配的内容");
pub const OPENS_PLAN: Text = text("opens the plan", "打开执行计划");
pub const PALETTE_KEYS: Text =
    text("try > actions, @ nodes, # jobs", "可用 > 操作、@ 节点、# 任务");
pub const MOVE: Text = text("move", "移动");
pub const OPEN: Text = text("open", "打开");

pub const SHORTCUTS: Text = text("Keyboard shortcuts", "键盘快捷键");
pub const KEY_PALETTE: Text = text("Search or run a command", "搜索或执行命令");
pub const KEY_GO: Text = text(
    "Go to Overview, Nodes, Backups, VRRP, Jobs, Audit, Settings",
    "前往总览、节点、备份、VRRP、任务、审计、设置",
);
pub const KEY_FILTER: Text = text("Filter the list", "筛选列表");
pub const KEY_REGIONS: Text = text("Move between regions", "在区域间移动");
pub const KEY_HELP: Text = text("This list", "此列表");
pub const KEYS_ON: Text = text("Letter shortcuts are on", "启用字母快捷键");

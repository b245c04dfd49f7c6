use crate::locale::{Text, text};

pub const SHOW: Text = text("{0}, opens a plan", "{0}，打开执行计划");
pub const RUNS_WHEN_CLEAR: Text =
    text("Runs at once when every interlock passes", "所有联锁通过时立即执行");
pub const NOTHING_HAS_RUN: Text = text("plan, nothing has run", "执行计划，尚未执行");
pub const CHECKED: Text = text("made {0}, checked again every 2 s", "生成于 {0}，每 2 秒复查");
pub const MAKING: Text =
    text("Reading the nodes and making the plan", "正在读取节点并生成执行计划");
pub const INTERLOCKS: Text = text("Interlocks", "联锁");
pub const TALLY: Text = text("{0} pass, {1} warn, {2} block", "{0} 通过，{1} 警告，{2} 阻断");
pub const BLOCKS: Text = text("blocks", "阻断");
pub const WARNS: Text = text("warns", "警告");
pub const STEPS: Text = text("Steps", "步骤");
pub const STEPS_ON: Text = text("{0}, on {1}", "{0} 步，涉及 {1}");
pub const ONE_NODE: Text = text("1 node", "1 个节点");
pub const NODES: Text = text("{0} nodes", "{0} 个节点");
pub const READABLE: Text = text("Readable", "易读");
pub const SCRIPT: Text = text("Script", "脚本");
pub const VERIFY: Text = text("Verify", "验证");
pub const ROLLBACK: Text = text(
    "A failure in any step takes back what ran before it, in reverse order.",
    "任一步骤失败，将按相反顺序撤销已执行的步骤。",
);
pub const WAY_BACK: Text = text("Way back: {0}", "如何恢复：{0}");
pub const RECORDED: Text = text("Recorded in Audit with every command", "每条命令都记入审计");
pub const BLOCKED: Text = text("{0} block", "{0} 项阻断");
pub const WARNED: Text = text("{0} warn", "{0} 项警告");
pub const STARTING: Text = text("Starting", "正在启动");
pub const CHANGED: Text = text(
    "The state changed since this plan was made. This is the new plan.",
    "生成计划后状态已变化。以下为新计划。",
);
pub const PROBE: Text =
    text("ask through the virtual IP every {0} ms", "每 {0} 毫秒经虚拟 IP 请求一次");
pub const PROBE_STOP: Text = text("count what the client lost", "统计客户端丢失的请求");
pub const DISCARD: Text =
    text("remove what the cut backup left on the console", "清除中断的备份在控制台上的残留");
pub const ANEW: Text = text("by a new connection: {0}", "用新连接：{0}");
pub const CONFIRM: Text =
    text("wait {0} s for somebody to keep it, then roll back", "等待 {0} 秒供人保留，否则回滚");
pub const AWAIT: Text = text("until {0}", "直到 {0}");
pub const AWAIT_AT_MOST: Text = text("until {0}, at most {1} s", "直到 {0}，最长 {1} 秒");
pub const AWAIT_SPLIT: Text = text(
    "until the console itself finds the split of {0} and names its cause, at most {1} s",
    "直到控制台自行发现 {0} 的脑裂并指出原因，最长 {1} 秒",
);
pub const INPUT_LINES: Text = text("fed {0} lines, which the script has", "输入 {0} 行，见脚本");

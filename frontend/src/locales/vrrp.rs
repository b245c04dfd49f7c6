use crate::locale::{Text, text};

pub const VRRP: Text = text("VRRP", "VRRP");
pub const SUMMARY: Text = text("{0} instances on {1} directors", "{1} 个调度器上的 {0} 个实例");
pub const HAND_OVER: Text = text("Hand over to {0}", "切换到 {0}");
pub const INSTANCES: Text = text("Instances", "实例");
pub const INSTANCE: Text = text("Instance", "实例");
pub const DIRECTOR: Text = text("Director", "调度器");
pub const SAYS: Text = text("Says", "自述");
pub const HOLDS: Text = text("Holds the address", "持有地址");
pub const YES: Text = text("yes", "是");
pub const NO: Text = text("no", "否");
pub const NOT_SEEN: Text = text("not seen", "未观测到");
pub const BASE: Text = text("Base", "基础");
pub const EFFECTIVE: Text = text("Effective", "有效");
pub const PREEMPTS: Text = text("Preempts", "抢占");
pub const ADVERTS: Text = text("Adverts, last 60 s", "通告（60 秒）");
pub const SINCE: Text = text("In this state", "处于该状态");
pub const SEEN: Text = text("Seen", "观测于");
pub const PRIORITY: Text = text("priority {0}", "优先级 {0}");
pub const DOWN_AFTER: Text = text("master down after {0} on {1}", "{1} 在 {0} 后判定主机失效");
pub const VRID: Text = text("VRID {0}, VRRPv{1}", "VRID {0}，VRRPv{1}");
pub const DIAGRAM: Text = text("{0}: {1}", "{0}：{1}");
pub const HELD_BY: Text = text("held by {0}", "由 {0} 持有");
pub const HELD_BY_NOBODY: Text = text("held by nobody", "无人持有");
pub const HELD_BY_SEVERAL: Text = text("held by {0} at once", "{0} 同时持有");
pub const HOLDER_UNKNOWN: Text = text("holder not known", "持有者未知");
pub const NONE: Text = text("No VRRP instance was seen", "未观测到 VRRP 实例");
pub const NONE_HELP: Text = text(
    "Instances appear when a node with a keepalived.conf is added.",
    "添加带有 keepalived.conf 的节点后，实例会出现在这里。",
);
pub const TIMERS: Text = text("Timers and tracking", "定时器与跟踪");
pub const TRACK_FILE: Text = text("Track file", "跟踪文件");
pub const NO_TRACK_FILE: Text = text("none", "无");
pub const SENDS_EVERY: Text = text("sends every {0}", "每 {0} 发送");
pub const HEARS_EVERY: Text = text("hears every {0}", "每 {0} 收到");
pub const SENDS_HELP: Text =
    text("Its adverts, as the other directors hear them", "其他调度器收到的它的通告");
pub const HEARS_HELP: Text =
    text("Adverts that reach it behind its packet filter", "经过包过滤后到达它的通告");
pub const SILENT_FOR: Text = text("silent for {0}", "静默 {0}");
pub const NO_ADVERT: Text = text("no advert heard", "未收到通告");
pub const WIRE: Text = text("Adverts on the wire", "线路上的通告");
pub const WIRE_HELP: Text = text(
    "Listens on every interface of a director, before its packet filter, and tells who sends adverts for which VRID: strangers, too. Nothing is changed.",
    "在调度器的所有接口上、包过滤之前监听，显示谁在为哪个 VRID 发送通告，包括陌生设备。不作任何更改。",
);
pub const LISTEN: Text = text("Listen for {0} s", "监听 {0} 秒");
pub const LISTEN_ON: Text = text("On the director", "所在调度器");
pub const HEARD_IN: Text = text("{0} senders heard in {1}", "{1} 内听到 {0} 个发送者");
pub const NO_ADVERTS: Text =
    text("{0} packets of VRRP that are no adverts", "{0} 个 VRRP 数据包不是通告");
pub const SENDER: Text = text("Sender", "发送者");
pub const BEATS: Text = text("Interval", "间隔");
pub const EVERY: Text = text("every {0}, says {1}", "每 {0}，声明 {1}");
pub const ONCE: Text = text("heard once, says {0}", "只听到一次，声明 {0}");
pub const SAYS_ADDRESSES: Text = text("Addresses in it", "其中的地址");
pub const VERSION: Text = text("Version", "版本");
pub const NOTICED: Text = text("Noticed", "发现");
pub const OUTGOING: Text = text("going out", "发出");
pub const INCOMING: Text = text("coming in", "收到");
pub const GIVES_UP: Text = text("gives up", "放弃");
pub const NO_AUTHENTICATION: Text = text("no authentication", "无认证");
pub const PASSWORD: Text = text("password", "密码");
pub const HEADER: Text = text("authentication header", "认证头");
pub const WHO_HELD: Text = text("Who held what", "持有记录");
pub const LAST_DAY: Text = text("24 h, as it was seen", "24 小时，按观测");
pub const HOLDS_NOW: Text = text("holds", "持有");
pub const STANDS_BY: Text = text("stands by", "待命");
pub const BOTH_HOLD: Text = text("both hold", "同时持有");
pub const HELD_FOR: Text = text("{0} held it for {1}", "{0} 持有 {1}");
pub const NOT_SEEN_FOR: Text = text("not seen for {0}", "{0} 未观测");
pub const SPLIT_FELT: Text = text(
    "{0}, for {1}. Each of them answers some clients, and knows nothing of the other's connections.",
    "{0}，已持续 {1}。两台各自应答部分客户端，互不知晓对方的连接。",
);
pub const DEMOTE: Text = text("Demote {0} on {1}", "在 {1} 上降级 {0}");
pub const PUT_BACK: Text = text("Put {0} back", "恢复 {0}");
pub const LIKELY_CAUSE: Text = text("Likely cause", "可能原因");
pub const SEEN_AFTER: Text = text("split seen after {0}", "脑裂于 {0} 后发现");
pub const CAUSE_SOUGHT: Text =
    text("Reading packet filters, ARP and journals", "正在读取防火墙、ARP 和日志");
pub const NO_CAUSE: Text = text("No cause is seen", "未发现原因");
pub const LOOKED_AT: Text = text("Looked at", "已检查");
pub const POLICY: Text = text("On split brain", "脑裂时");
pub const POLICY_HELP: Text = text(
    "Automatic: the console demotes one director by itself, once, where a third node sees the other",
    "自动：当第三个节点能看到另一台时，控制台自行降级一台，每次脑裂仅一次",
);
pub const POLICY_OFF: Text = text("Only tell", "仅告知");
pub const POLICY_ASK: Text = text("Ask", "询问");
pub const POLICY_AUTOMATIC: Text = text("Automatic", "自动");
pub const FROZEN: Text = text("frozen", "已冻结");
pub const NOT_RUNNING: Text = text("not running", "未运行");
pub const DIRECTORS: Text = text("Directors", "调度器");
pub const IN_SERVICE: Text = text("in service", "服务中");
pub const OUT_OF_SERVICE: Text = text("out of service", "已停止服务");
pub const OUT_IN_PART: Text =
    text("out of service in {0} of {1} instances", "{1} 个实例中有 {0} 个已停止服务");
pub const TAKE_OUT: Text = text("Take {0} out of service", "停止 {0} 的服务");
pub const BRING_BACK: Text = text("Bring {0} back", "恢复 {0} 的服务");
pub const CHANGE_PRIORITY: Text = text(
    "Change priority and preemption in keepalived.conf",
    "在 keepalived.conf 中修改优先级与抢占",
);

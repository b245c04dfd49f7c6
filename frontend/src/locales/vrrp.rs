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
pub const ADVERTS: Text = text("Adverts", "通告");
pub const SENT: Text = text("sent {0}", "已发 {0}");
pub const HEARD: Text = text("heard {0}", "已收 {0}");
pub const SINCE: Text = text("In this state", "处于该状态");
pub const SEEN: Text = text("Seen", "观测于");
pub const PRIORITY: Text = text("priority {0}", "优先级 {0}");
pub const ADVERT_EVERY: Text = text("advert every {0}", "每 {0} 一次通告");
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

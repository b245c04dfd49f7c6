//! A new instance by a form.

use crate::locale::{Text, text};

pub const NEW: Text = text("New instance", "新建实例");
pub const WHAT_COMES: Text = text(
    "This puts text at the end of both directors' files. Nothing goes to a node before you deploy.",
    "此表单会在两台调度器的文件末尾添加文本。部署之前不会对节点做任何更改。",
);
pub const NAME: Text = text("Name", "名称");
pub const VRID: Text = text("VRID (1 to 255)", "VRID（1 至 255）");
pub const VERSION: Text = text("VRRP version", "VRRP 版本");
pub const ADVERT: Text = text("Between adverts, ms", "通告间隔（毫秒）");
pub const PREEMPTS: Text =
    text("The higher priority takes the addresses back", "优先级高者恢复后收回地址");
pub const UNICAST: Text =
    text("Adverts by unicast, for networks without multicast", "单播通告，用于没有组播的网络");
pub const PASSWORD: Text = text("Password (PASS)", "密码（PASS）");
pub const PASSWORD_HELP: Text =
    text("It guards against mistakes, not against attackers.", "仅防误配，不防攻击。");
pub const ADDRESSES: Text = text("Addresses that move", "漂移地址");
pub const ADDRESSES_HELP: Text = text(
    "With the prefix, between commas: 192.168.1.200/24",
    "带前缀，用逗号分隔：192.168.1.200/24",
);
pub const DIRECTOR: Text = text("Director {0}", "调度器 {0}");
pub const NODE: Text = text("Node", "节点");
pub const CHOOSE: Text = text("choose", "请选择");
pub const INTERFACE: Text = text("Interface", "网络接口");
pub const PRIORITY: Text = text("Priority (1 to 254)", "优先级（1 至 254）");
pub const MAIL: Text = text("Mail at each transition", "状态变化时发送邮件");
pub const MAIL_HELP: Text = text(
    "For files without global_defs; those that have one keep their own.",
    "用于没有 global_defs 的文件；已有的保持不变。",
);
pub const MAIL_TO: Text = text("To", "收件人");
pub const MAIL_FROM: Text = text("From", "发件人");
pub const MAIL_SERVER: Text = text("SMTP server", "SMTP 服务器");
pub const SERVICE: Text = text("Virtual service {0}", "虚拟服务 {0}");
pub const ADD_SERVICE: Text = text("Add a virtual service", "添加虚拟服务");
pub const REMOVE_SERVICE: Text = text("Remove virtual service {0}", "删除虚拟服务 {0}");
pub const PORT: Text = text("Port", "端口");
pub const PROTOCOL: Text = text("Protocol", "协议");
pub const SCHEDULER: Text = text("Scheduler", "调度算法");
pub const FORWARDING: Text = text("Forwarding", "转发方式");
pub const PERSISTENCE: Text = text("Persistence, s", "会话保持（秒）");
pub const CHECK: Text = text("Health check", "健康检查");
pub const CHECK_NONE: Text = text("none", "无");
pub const CHECK_ARGUMENT: Text = text("Path, name or program", "路径、名称或程序");
pub const REAL_SERVERS: Text = text("Real servers", "真实服务器");
pub const REAL_SERVERS_HELP: Text = text(
    "One on each line, the weight behind it: 192.168.1.102:80 2",
    "每行一台，权重在后：192.168.1.102:80 2",
);
pub const PUT_IN: Text = text("Put into both files", "写入两个文件");
pub const NOT_CHOSEN: Text = text("Choose two different nodes.", "请选择两个不同的节点。");
pub const NOT_READ: Text =
    text("{0}: its files are not read yet, or cannot be.", "{0}：文件尚未读取或无法读取。");
pub const NOT_WRITTEN: Text = text("{0}: not put into the file: {1}", "{0}：未写入文件：{1}");

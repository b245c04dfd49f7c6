use signalbox_domain::lvs::{Expectation, Forwarding, Owner};

use crate::locale::{Text, text};

pub const TITLE: Text = text("Load balancing", "负载均衡");
pub const SUMMARY: Text = text("{0} services, {1} real servers", "{0} 个服务，{1} 台真实服务器");
pub const TABLES_MATCH: Text = text("tables match on {0}", "{0} 的表一致");
pub const TABLES_DIFFER: Text = text("directors differ", "调度器不一致");
pub const SERVICES: Text = text("Virtual services", "虚拟服务");
pub const NONE: Text = text("No virtual service was seen", "未观测到虚拟服务");
pub const NONE_HELP: Text = text(
    "Services appear when a node with an IPVS table is added.",
    "添加带有 IPVS 表的节点后，服务会出现在这里。",
);
pub const PER_S: Text = text("{0}/s", "{0}/秒");
pub const MARK: Text = text("firewall mark {0}", "防火墙标记 {0}");
pub const NO_PERSISTENCE: Text = text("no persistence", "无会话保持");
pub const PERSISTENT: Text = text("persistent {0} s, mask {1}", "会话保持 {0} 秒，掩码 {1}");
pub const ONE_PACKET: Text = text("each packet by itself", "逐包调度");
pub const HELD_BY: Text = text("held by {0}", "由 {0} 持有");
pub const NO_HOLDER: Text = text("no director is known to hold it", "不知道由哪台调度器持有");
pub const SHOW_COMMANDS: Text = text("Show ipvsadm", "显示 ipvsadm");
pub const COMMANDS_HELP: Text = text(
    "The commands that would make this service as {0} has it. Nothing is run.",
    "按 {0} 上的样子建立此服务的命令。不会执行。",
);
pub const DIFFER: Text = text("Directors differ", "调度器不一致");
pub const PATHS: Text = text("How packets go", "数据包路径");
pub const IN_USE: Text = text("in use", "使用中");
pub const MASQUERADING: Text = text("Masquerading", "地址伪装");
pub const DIRECT_ROUTING: Text = text("Direct routing", "直接路由");
pub const TUNNELLING: Text = text("IP tunnelling", "IP 隧道");
pub const CLIENT: Text = text("client", "客户端");
pub const BACK_THROUGH: Text =
    text("reply returns through {0}, src → VIP", "应答经 {0} 返回，源 → VIP");
pub const STRAIGHT: Text = text("reply straight to client, src = VIP", "应答直达客户端，源 = VIP");
pub const MAC_ONLY: Text = text("MAC only", "仅改 MAC");
pub const MOVE_TO: Text = text("Move to {0}", "改为 {0}");
pub const PREPARE_FOR: Text = text("Prepare for {0}", "为 {0} 做准备");
pub const KEEP_OLD: Text = text(
    "Keep what the old method needs, for open connections",
    "保留旧方式所需内容，供现有连接使用",
);
pub const CHECK_READINESS: Text = text("Check the real servers", "检查真实服务器");
pub const READINESS_HELP: Text = text(
    "Whether each is prepared for a method is read on the nodes when asked. A move prepares them, changes every director and removes what only the old method needed.",
    "点击后在节点上读取每台是否已为各方式做好准备。更改时会先准备真实服务器，再更改每台调度器，最后移除只有旧方式需要的内容。",
);
pub const REAL_SERVERS: Text = text("Real servers", "真实服务器");
pub const SERVER: Text = text("Real server", "真实服务器");
pub const ADDRESS: Text = text("Address", "地址");
pub const FORWARDING: Text = text("Forwarding", "转发");
pub const WEIGHT: Text = text("Weight", "权重");
pub const ACTIVE: Text = text("Active", "活动");
pub const INACTIVE: Text = text("Inactive", "非活动");
pub const CONN_S: Text = text("Conn/s", "连接/秒");
pub const MINUTES: Text = text("15 min", "15 分钟");
pub const SHARE: Text = text("Share: expected | observed", "份额：预期 | 实际");
pub const CHECK: Text = text("Check", "检查");
pub const IN_SERVICE: Text = text("in the table", "在表中");
pub const SINCE: Text = text("since {0}", "自 {0} 起");
pub const SEEN_SINCE: Text = text("seen so since {0}", "自 {0} 起观测如此");
pub const STANDING: Text = text("Real servers over time", "真实服务器历史");
pub const LAST_DAY: Text = text("last 24 hours", "最近 24 小时");
pub const TAKES_NEW: Text = text("takes new connections", "接收新连接");
pub const WEIGHT_0: Text = text("weight 0", "权重 0");
pub const TAKEN_OUT: Text = text("taken out by its check", "检查失败，已摘除");
pub const NOT_SEEN: Text = text("not seen", "未观测到");
pub const OUT_FOR: Text = text("{0} was out on {1} for {2}.", "{0} 在 {1} 上被摘除 {2}。");
pub const AT: Text = text("At", "时间");
pub const CHANGED_TO: Text = text("Changed to", "变为");
pub const CHECK_FAILED: Text = text("out of the table: its check failed", "不在表中：检查失败");
pub const IN_WITH: Text = text("in the table with weight {0}", "在表中，权重 {0}");
pub const LIMITS: Text = text("limits {0} / {1}", "阈值 {0} / {1}");
pub const NO_EXPECTATION: Text = text("none", "无");
pub const NO_TRAFFIC: Text = text("no new connection", "无新连接");
pub const OF_MINUTE: Text =
    text("{0} new connections in the last minute", "最近一分钟 {0} 个新连接");
pub const DIRECTORS: Text = text("Directors side by side", "调度器对照");
pub const DIRECTOR: Text = text("Director", "调度器");
pub const SCHEDULER: Text = text("Scheduler", "调度算法");
pub const WEIGHTS: Text = text("Weights", "权重");
pub const NOT_IN_TABLE: Text = text("not in its table", "不在其表中");
pub const TRAFFIC: Text = text("In / out", "入 / 出");
pub const PACKETS: Text = text("Packets/s in / out", "包/秒 入 / 出");
pub const HOLDS: Text = text("holds the address", "持有地址");
pub const CONNECTIONS: Text = text("Connection table on {0}", "{0} 的连接表");
pub const READ_TABLE: Text = text("Read the table", "读取连接表");
pub const READ_AGAIN: Text = text("Read again", "重新读取");
pub const OF_SERVICE: Text = text("of this service", "此服务的");
pub const ALL: Text = text("all", "全部");
pub const CLIENT_ADDRESS: Text = text("Client's address", "客户端地址");
pub const STATE: Text = text("State", "状态");
pub const ENTRIES: Text = text("entries", "条目");
pub const ENTRIES_TEXT: Text =
    text("{0}, of which {1} persistence templates", "{0}，其中会话保持模板 {1}");
pub const MATCHED: Text = text("asked for", "所查");
pub const SYNCED: Text = text("from other directors", "来自其他调度器");
pub const AT_LEAST: Text = text(
    "The table is too large to be read whole: each count is at least so many.",
    "表过大，未读完：每个计数至少为此值。",
);
pub const SHOWN: Text = text("{0} shown, a fair sample", "显示 {0} 条，公平抽样");
pub const ASKED: Text = text("Asked for", "请求地址");
pub const EXPIRES: Text = text("Ends in", "剩余");
pub const TEMPLATE: Text = text("template", "模板");
pub const SETTINGS: Text = text("Timeouts and settings on {0}", "{0} 的超时与设置");
pub const SYNC: Text = text("synchronisation", "同步");
pub const TIMEOUTS: Text = text("timeouts", "超时");
pub const TIMEOUTS_TEXT: Text =
    text("TCP {0}, after FIN {1}, UDP {2}", "TCP {0}，FIN 之后 {1}，UDP {2}");

pub const CHANGE: Text = text("Change", "更改");
pub const NEW_WEIGHT: Text = text("New weight", "新权重");
pub const WEIGHT_HELP: Text =
    text("0 to 65535; 0 takes no new connections", "0 到 65535；0 不接收新连接");
pub const WEIGHT_WRONG: Text = text("Expected a number from 0 to 65535", "需要 0 到 65535 的数字");
pub const WEIGHT_FIRST: Text =
    text("Type a new weight above the table first", "请先在表格上方填写新权重");
pub const WEIGHT_SAME: Text = text("It has this weight", "已是此权重");
pub const SET_WEIGHT: Text = text("Weight {0}", "权重 {0}");
pub const SET_A_WEIGHT: Text = text("Weight …", "权重…");
pub const WAIT: Text = text("Drain waits at most, s", "排空最长等待（秒）");
pub const WAIT_HELP: Text =
    text("1 to 3600, for connections and remembered clients", "1 到 3600，等待连接与会话保持记录");
pub const WAIT_WRONG: Text = text("Expected a number from 1 to 3600", "需要 1 到 3600 的数字");
pub const THEN: Text = text("What is left then", "届时剩余的连接");
pub const LEAVE: Text = text("goes on", "保留");
pub const END: Text = text("is ended", "结束");
pub const MAY_EMPTY: Text = text("No other needs to take over", "可以没有其他服务器接替");
pub const DRAIN: Text = text("Drain", "排空");
pub const PUT_BACK: Text = text("Put back {0}", "恢复 {0}");

pub const ADD_SERVICE: Text = text("Add service", "添加服务");
pub const EDIT: Text = text("Edit", "编辑");
pub const EDIT_SERVICE: Text = text("Edit the service", "编辑服务");
pub const APPLY_OPTIONS: Text = text("Set options", "设置选项");
pub const DELETE_SERVICE: Text = text("Delete service", "删除服务");
pub const ADD_SERVER: Text = text("Add real server", "添加真实服务器");
pub const EDIT_SERVER: Text = text("Edit real server", "编辑真实服务器");
pub const DELETE_SERVER: Text = text("Delete real server", "删除真实服务器");
pub const KIND: Text = text("By", "类型");
pub const MARK_V4: Text = text("firewall mark, IPv4", "防火墙标记，IPv4");
pub const MARK_V6: Text = text("firewall mark, IPv6", "防火墙标记，IPv6");
pub const SERVICE_ADDRESS: Text = text("Address:port or mark", "地址:端口 或标记");
pub const SERVICE_ADDRESS_HELP: Text =
    text("192.168.1.200:80, [fd00::1]:80 or 7", "192.168.1.200:80、[fd00::1]:80 或 7");
pub const SERVICE_WRONG: Text = text(
    "Type an address with a port, such as 192.168.1.200:80, or the number of a mark",
    "请填写带端口的地址，例如 192.168.1.200:80，或标记的数字",
);
pub const SCHEDULER_HELP: Text =
    text("its kernel module is loaded when it is first used", "首次使用时加载其内核模块");
pub const SCHEDULER_WRONG: Text = text("Choose a scheduler", "请选择调度算法");
pub const FALLBACK: Text = text("Falls back to another server", "回退到其他服务器");
pub const BY_PORT: Text = text("The client's port counts, too", "同时按客户端端口");
pub const PERSISTENCE: Text = text("Persistence, s", "会话保持（秒）");
pub const PERSISTENCE_HELP: Text = text("empty: none", "留空：无");
pub const PERSISTENCE_WRONG: Text = text(
    "Expected a persistence of 1 to 2678400 s, or none",
    "会话保持应为 1 到 2678400 秒，或留空",
);
pub const NETMASK: Text = text("Netmask", "掩码");
pub const NETMASK_HELP: Text = text(
    "255.255.255.0 or a prefix length for IPv6; empty: each client",
    "255.255.255.0，IPv6 用前缀长度；留空：逐个客户端",
);
pub const NETMASK_WRONG: Text = text(
    "Expected a netmask such as 255.255.255.0, or for IPv6 a prefix length of 1 to 128",
    "掩码应如 255.255.255.0，IPv6 则为 1 到 128 的前缀长度",
);
pub const SERVER_LINES_HELP: Text = text(
    "One on each line: 192.168.1.102:80 DR 2 500/100 (forwarding, weight, thresholds)",
    "每行一台：192.168.1.102:80 DR 2 500/100（转发方式、权重、阈值）",
);
pub const SERVER_LINE_WRONG: Text = text(
    "Expected a line such as 192.168.1.102:80 DR 2 500/100; found “{0}”",
    "应为形如 192.168.1.102:80 DR 2 500/100 的一行；当前为“{0}”",
);
pub const ON_DIRECTORS: Text = text("On these directors", "在这些调度器上");
pub const DIRECTOR_FIRST: Text = text("Choose at least one director", "请至少选择一台调度器");
pub const NEW_SERVER: Text = text("a new one", "新的");
pub const STAYS: Text = text("as it is", "保持不变");
pub const SERVER_ADDRESS_HELP: Text = text("192.168.1.102:80", "192.168.1.102:80");
pub const SERVER_ADDRESS_WRONG: Text = text(
    "Type the real server's address with its port, such as 192.168.1.102:80",
    "请填写真实服务器的地址和端口，例如 192.168.1.102:80",
);
pub const FORWARDING_HELP: Text = text("only NAT changes the port", "只有 NAT 能改变端口");
pub const EMPTY_STAYS: Text =
    text("empty: as it is; 1 for a new one", "留空：保持不变；新服务器为 1");
pub const UPPER: Text = text("Upper threshold", "上限阈值");
pub const UPPER_HELP: Text = text(
    "with so many connections it gets no new ones; 0: no limit",
    "达到此连接数后不再接收新连接；0：不限",
);
pub const LOWER: Text = text("Lower threshold", "下限阈值");
pub const LOWER_HELP: Text =
    text("below so many it gets new ones again", "低于此连接数后重新接收新连接");
pub const NUMBER_WRONG: Text =
    text("A weight is 0 to 65535, a threshold a whole number", "权重为 0 到 65535，阈值为整数");
pub const NOTHING_TYPED: Text = text("Type what shall be different", "请填写要更改的内容");

pub fn owner(owner: Owner) -> Text {
    match owner {
        Owner::Keepalived => text(
            "owned by keepalived: a change goes through keepalived.conf of every director, tried first and taken back on all when one fails",
            "由 keepalived 管理：更改通过每台调度器的 keepalived.conf 进行，先试运行，任一台失败则全部撤回",
        ),
        Owner::Direct => text(
            "set directly, not by keepalived: a change goes by ipvsadm on every director, taken back on all when one fails",
            "直接设置，不由 keepalived 管理：更改通过每台调度器上的 ipvsadm 进行，任一台失败则全部撤回",
        ),
        Owner::Unknown => text(
            "whether keepalived owns it is not known, as its configuration was not read whole: nothing can be changed here",
            "不知道是否由 keepalived 管理，因为其配置未能完整读取：此处无法更改",
        ),
    }
}

pub fn expectation(expectation: Expectation) -> Text {
    match expectation {
        Expectation::ByWeight => text("shares as the weights are", "按权重分配"),
        Expectation::Equal => text("equal shares", "平均分配"),
        Expectation::Highest => text("all to the highest weight", "全部分给最高权重"),
        Expectation::ByHash => text("by hash, no expectation", "按哈希，无预期份额"),
        Expectation::Unknown => text("no expectation of this scheduler", "此调度算法无预期份额"),
    }
}

pub fn forwarding(forwarding: Forwarding) -> &'static str {
    match forwarding {
        Forwarding::Nat => "NAT",
        Forwarding::Dr => "DR",
        Forwarding::Tun => "TUN",
        Forwarding::Local => "Local",
    }
}

pub const PROOF: Text = text("Proof of the sharing", "分配验证");
pub const PROVE: Text = text("Prove the sharing", "验证分配");
pub const NO_PROOF: Text = text(
    "Nobody has proved it yet. A proof makes 300 connections from a client and compares what each server got of them with its due.",
    "尚未验证。验证会从客户端建立 300 个连接，并将每台服务器得到的数量与应得的比较。",
);
pub const PROVED_BY: Text = text("by {0}, job {1}", "由 {0} 发起，任务 {1}");
pub const EXPECTED: Text = text("Due", "应得");
pub const OBSERVED: Text = text("Got", "得到");
pub const CHI_SQUARE: Text = text("χ² = {0}, {1} df, p = {2}", "χ² = {0}，自由度 {1}，p = {2}");
pub const ASKED_TEXT: Text = text(
    "{0} connections made, {1} answered, {2} counted by the director",
    "建立 {0} 个连接，{1} 个得到应答，调度器计到 {2} 个",
);

pub const ITS_PATH: Text = text("Its path", "请求路径");
pub const WHY_NOT: Text = text("Why does it not work?", "为什么不可用？");
pub const SET_WEIGHT_OF: Text = text("Give {0} weight {1}", "将 {0} 的权重设为 {1}");
pub const OPEN_FIREWALL: Text = text("Open its firewall", "打开其防火墙页面");
pub const OPEN_VRRP: Text = text("Open VRRP", "打开 VRRP 页面");
pub const WHY_NOT_HELP: Text = text(
    "Walks the path from the address to the real servers and back, on the nodes, now, and names the first thing that is broken. Nothing is changed; a client makes a dozen connections.",
    "现在在各节点上检查从地址到真实服务器再返回的路径，指出第一个断点。不作更改；客户端会建立十余个连接。",
);
pub const BREAKS_AT: Text = text("Broken first: {0}", "首个断点：{0}");
pub const NOTHING_BROKEN: Text = text("Nothing on its path is broken", "路径上没有断点");
pub const NOTHING_BROKEN_SEEN: Text =
    text("Nothing that could be seen is broken", "在可见范围内没有断点");
pub const STEP_PASSES: Text = text("holds", "成立");
pub const STEP_BROKEN: Text = text("broken", "不成立");
pub const STEP_UNKNOWN: Text = text("not known", "未知");

pub const SYNC_DAEMONS: Text = text("Synchronisation of connections", "连接同步");
pub const SYNC_HELP: Text = text(
    "A director that sends its connections lets another one continue them after a hand-over. Both on each, by one sync id, is the usual arrangement. Where keepalived.conf has lvs_sync_daemon it changes there, else by ipvsadm until the next boot.",
    "发送连接的调度器让另一台在切换后继续这些连接。通常每台都启动两种守护进程，使用同一同步 ID。keepalived.conf 中有 lvs_sync_daemon 时在其中更改，否则用 ipvsadm 设置，重启后失效。",
);
pub const DIRECTORS_OF_SYNC: Text = text("On", "调度器");
pub const SYNC_ALL: Text = text("All directors of the service", "该服务的全部调度器");
pub const SYNC_INTERFACE: Text = text("Interface", "网卡");
pub const SYNC_INTERFACE_HELP: Text =
    text("On which the directors hear each other.", "各调度器之间互通的网卡。");
pub const SYNC_INTERFACE_WRONG: Text =
    text("To start them, name an interface, such as eth0.", "启动前请填写网卡名。");
pub const SYNC_ID: Text = text("Sync id", "同步 ID");
pub const SYNC_ID_HELP: Text =
    text("1 to 255, the same on all that exchange.", "1 至 255，相互交换的调度器须相同。");
pub const SYNC_ID_WRONG: Text =
    text("Choose a sync id of 1 to 255.", "请填写 1 至 255 的同步 ID。");
pub const SYNC_GROUP: Text = text("Multicast group", "组播组");
pub const SYNC_GROUP_HELP: Text = text("Empty: 224.0.0.81.", "留空：224.0.0.81。");
pub const SYNC_PORT: Text = text("Port", "端口");
pub const SYNC_PORT_HELP: Text = text("Empty: 8848.", "留空：8848。");
pub const SYNC_TTL: Text = text("TTL", "生存时间");
pub const SYNC_TTL_HELP: Text = text("Empty: 1.", "留空：1。");
pub const SYNC_BYTES: Text = text("Largest message, bytes", "最大消息，字节");
pub const SYNC_BYTES_HELP: Text =
    text("Empty: what fits into a packet.", "留空：一个数据包可容纳的大小。");
pub const SYNC_FIELD_WRONG: Text = text("{0}: {1} cannot be read.", "{0}：无法识别 {1}。");
pub const SYNC_OPTIONS_WRONG: Text = text(
    "Expected an IPv4 multicast group, a port and a TTL above 0, and at most 65507 bytes.",
    "组播组应为 IPv4 组播地址，端口和生存时间应大于 0，消息最多 65507 字节。",
);
pub const SYNC_ROLES: Text = text("Daemons", "守护进程");
pub const SYNC_BOTH: Text = text("both", "两者");
pub const SYNC_SENDS: Text = text("sends", "发送");
pub const SYNC_RECEIVES: Text = text("receives", "接收");
pub const SYNC_IN_CONF: Text = text(
    "Write them into keepalived.conf, so that they outlast a boot",
    "写入 keepalived.conf，重启后仍有效",
);
pub const SYNC_START: Text = text("Start", "启动");
pub const SYNC_STOP: Text = text("Stop", "停止");

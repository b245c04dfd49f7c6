use crate::locale::{Text, text};

pub const FIREWALL: Text = text("Firewall", "防火墙");
pub const NODE: Text = text("Node", "节点");
pub const WHICH: Text = text("Which iptables", "iptables 版本");
pub const NO_NODE: Text = text("No node yet", "尚无节点");
pub const NO_NODE_HELP: Text =
    text("The rules of a node appear when it is added.", "添加节点后，其规则会出现在这里。");
pub const NOTHING_READABLE: Text = text("No iptables can be read", "无法读取 iptables");
pub const UNREADABLE: Text = text("{0}: {1}", "{0}：{1}");
pub const TOTAL: Text = text("{0} in 5 hooks, {1}", "5 个钩子共 {0}，{1}");
pub const OTHERS: Text = text("Something else decides, too", "另有机制同时生效");
pub const OTHERS_HELP: Text = text(
    "A packet must pass {0} as well. The rules and the tracer here are about {1} only.",
    "数据包还须通过 {0}。此处的规则与跟踪只涉及 {1}。",
);
pub const FAMILIES: Text = text("IPv4 and IPv6 disagree", "IPv4 与 IPv6 不一致");
pub const FAMILY_ANSWERS: Text = text(
    "a new TCP connection on {0} to port {1}: IPv4 {2}, IPv6 {3}",
    "{0} 上到端口 {1} 的新 TCP 连接：IPv4 {2}，IPv6 {3}",
);
pub const OTHER_PORTS: Text = text("that no rule names", "（未被规则提及）");
pub const NFT_TABLE: Text = text("nft table {0}", "nft 表 {0}");
pub const NOT_AT_BOOT: Text = text("not loaded at boot", "启动时不装入");

pub const FLOW: Text = text("Packet flow", "数据包流向");
pub const FLOW_HELP: Text = text("choose a table to list its rules", "选择表以列出规则");
pub const FLOW_LABEL: Text = text("Packet flow through five hooks", "数据包经过五个钩子");
pub const AS_LIST: Text = text("View as list", "以列表查看");
pub const AS_DIAGRAM: Text = text("View as diagram", "以图查看");
pub const ROUTING: Text = text("routing", "路由");
pub const THIS_HOST: Text = text("this host", "本机");
pub const IPVS: Text = text("IPVS takes {0}", "IPVS 接管 {0}");
pub const IPVS_MANY: Text = text("IPVS takes {0} addresses", "IPVS 接管 {0} 个地址");
pub const TRACED: Text = text("traced packet", "跟踪的数据包");
pub const TABLE_BUTTON: Text = text("{0} {1}, {2} rules", "{0} {1}，{2} 条规则");

pub const CHAINS: Text = text("Chains of {0}", "{0} 的链");
pub const CONSOLES: Text = text("Lets the console itself in", "放行控制台自身的连接");
pub const ONE_RULE: Text = text("1 rule", "1 条规则");
pub const COUNT: Text = text("{0} rules", "{0} 条规则");
pub const COUNT_BOTH: Text = text("{0} in draft, {1} live", "草稿 {0} 条，现行 {1} 条");
pub const REFERRED: Text = text("entered from {0}", "由 {0} 进入");
pub const NOT_REFERRED: Text = text("no rule enters it", "没有规则进入");
pub const ANOTHERS: Text = text("of another program, left as it is", "属于其他程序，保持不变");
pub const TARGET: Text = text("Target", "目标");
pub const PROTOCOL: Text = text("Proto", "协议");
pub const SOURCE: Text = text("Source", "来源");
pub const DESTINATION: Text = text("Destination", "目的");
pub const MATCH: Text = text("Match", "匹配");
pub const PACKETS: Text = text("Packets", "数据包");
pub const RATE: Text = text("Rate", "速率");
pub const TEN_MIN: Text = text("10 min", "10 分");
pub const PER_S: Text = text("{0}/s", "{0}/秒");
pub const ANY: Text = text("any", "任意");
pub const ALL: Text = text("all", "全部");
pub const COUNTS: Text = text("counts", "计数");
pub const IN: Text = text("in", "入");
pub const OUT: Text = text("out", "出");
pub const NOT: Text = text("not", "非");
pub const NEW: Text = text("new", "新");
pub const POLICY: Text =
    text("policy: everything no rule decided", "默认策略：未被规则决定的数据包");
pub const RETURNS: Text = text("end: back to the chain that jumped here", "链尾：返回跳转来源");
pub const NO_RULES: Text = text("No rule in this chain", "此链没有规则");
pub const NO_MATCHING: Text = text("No rule has this text", "没有规则包含此文字");
pub const RULES_OF: Text = text("{0} {1}", "{0} {1}");

pub const SETS: Text = text("Sets", "集合");
pub const SET_BUTTON: Text = text("Set {0}, {1}, {2} entries", "集合 {0}，{1}，{2} 个条目");
pub const SET_OF: Text = text("Set {0}", "集合 {0}");
pub const SET_ASKED: Text = text("named by", "引用它的规则");
pub const SET_NOT_ASKED: Text = text("no rule names it", "没有规则引用");
pub const SET_EMPTY: Text = text("The set is empty", "集合为空");
pub const NO_ENTRY: Text = text("No entry has this text", "没有条目包含此文字");
pub const ENTRY: Text = text("Entry", "条目");
pub const SET_TOO_LARGE: Text = text(
    "Its {0} entries are not shown: of all sets of a node together, 4,096 are. Whether a packet is in it is not known here.",
    "其 {0} 个条目不予显示：每个节点的全部集合合计最多显示 4,096 个条目。此处无法得知数据包是否在其中。",
);
pub const SETS_UNREADABLE: Text = text("The entries cannot be read: {0}", "无法读取条目：{0}");
pub const IN_SET: Text = text("in set {0}: {1}", "在集合 {0} 中：{1}");
pub const NOT_IN_SET: Text = text("not in set {0}", "不在集合 {0} 中");
pub const SET_MAYBE: Text =
    text("set {0}: not known whether the packet is in it", "集合 {0}：不确定数据包是否在其中");
pub const SET_DRAFT: Text = text("Draft of the sets", "集合草稿");
pub const SET_EDITS: Text = text("{0} edits of sets wait to be applied", "{0} 项集合编辑等待应用");
pub const SET_EDITS_HELP: Text = text(
    "create, add, del, flush and destroy, a line each, as ipset restore reads them",
    "create、add、del、flush、destroy，每行一项，格式同 ipset restore",
);
pub const DISCARD_SETS: Text = text("Discard edits", "放弃编辑");
pub const APPLY_SETS: Text = text("Apply to sets", "应用到集合");
pub const SHOW_SETS_PLAN: Text = text("Show plan", "查看计划");
pub const NEW_SET: Text = text("New set", "新建集合");
pub const SET_NAME: Text = text("Name of the set", "集合的名称");
pub const SET_KIND: Text = text("Type", "类型");
pub const SET_OPTIONS: Text = text("Options", "选项");
pub const NEW_ENTRY: Text = text("New entry", "新条目");
pub const NEW_ENTRY_HELP: Text = text(
    "An address, a network or what the type asks for; then timeout, nomatch, comment \"…\"",
    "地址、网络或该类型要求的内容；其后可加 timeout、nomatch、comment \"…\"",
);
pub const ADD_ENTRY: Text = text("Add entry", "添加条目");
pub const TAKE_OUT: Text = text("Take {0} out", "移除 {0}");
pub const NOT_THIS_EDIT: Text = text("Drop the edit {0}", "撤销编辑 {0}");
pub const EMPTY_SET: Text = text("Empty the set", "清空集合");
pub const DESTROY_SET: Text = text("Destroy the set", "销毁集合");

pub const DRAFT: Text = text("Draft", "草稿");
pub const DRAFT_IS: Text =
    text("draft: {0} added, {1} removed, {2} changed", "草稿：新增 {0}，删除 {1}，修改 {2}");
pub const DRAFT_OTHERS: Text = text("{0} chains or policies", "链或策略 {0} 项");
pub const DISCARD: Text = text("Discard draft", "放弃草稿");
pub const SHOW_DIFF: Text = text("Show diff", "查看差异");
pub const APPLY: Text = text("Apply draft", "应用草稿");
pub const EDIT_TEXT: Text = text("Edit as text", "编辑文本");
pub const ADD_RULE: Text = text("Add rule", "添加规则");
pub const ADD_BEFORE: Text = text("Insert before {0}", "在第 {0} 条前插入");
pub const EDIT: Text = text("Edit rule", "编辑规则");
pub const MOVE_UP: Text = text("Move up", "上移");
pub const MOVE_DOWN: Text = text("Move down", "下移");
pub const DELETE: Text = text("Delete rule", "删除规则");
pub const CHOSEN: Text = text("Rule {0}", "第 {0} 条");
pub const EDITS_HELP: Text = text(
    "Enter edits, Delete deletes, Alt and arrows move",
    "回车编辑，Delete 删除，Alt 加方向键移动",
);
pub const SET_POLICY: Text = text("Make the policy {0}", "策略改为 {0}");
pub const NEW_CHAIN: Text = text("New chain", "新建链");
pub const CHAIN_NAME: Text = text("Name of the chain", "链的名称");
pub const RENAME_CHAIN: Text = text("Rename chain", "重命名链");
pub const FLUSH_CHAIN: Text = text("Flush chain", "清空链");
pub const TEMPLATES: Text = text("Templates", "模板");
pub const TEMPLATE: Text = text("Template", "模板");
pub const TEMPLATE_HELP: Text =
    text("Its rules go before the others of their chains.", "其规则会放在各链其他规则之前。");
pub const DELETE_CHAIN: Text = text("Delete chain", "删除链");
pub const NO_EDIT_ROLE: Text =
    text("Your role may read rules, not draft them", "您的角色可以查看规则，不能起草");
pub const NOTHING_CHANGED: Text = text("The draft changes nothing", "草稿没有更改");
pub const RULE_ERRORS: Text =
    text("The draft has {0} errors that the kernel refuses", "草稿有 {0} 处内核会拒绝的错误");

pub const CHANGED_UNDER: Text =
    text("The rules changed on the node under this draft", "节点上的规则在草稿之后发生了变化");
pub const CHANGED_UNDER_HELP: Text = text(
    "Rebase makes the draft's edits on the rules as they are now.",
    "变基会把草稿的更改应用到当前规则上。",
);
pub const REBASE: Text = text("Rebase draft", "变基草稿");
pub const REBASED: Text =
    text("The draft is made from the rules as they are now", "草稿已基于当前规则");
pub const CONFLICT: Text = text(
    "{0} {1} changed on both sides. Draft: {2}. Node: {3}",
    "{0} {1} 两边都有更改。草稿：{2}。节点：{3}",
);
pub const NO_LINES: Text = text("nothing", "无");

pub const RULE_IN: Text = text("{0} {1}: rule {2}", "{0} {1}：第 {2} 条");
pub const RULE_TEXT: Text = text("Rule, as behind -A {0}", "规则，即 -A {0} 之后的部分");
pub const RULE_HELP: Text = text(
    "The fields below write it; anything iptables takes may be typed.",
    "下面的字段会写入此处；也可直接输入 iptables 接受的任何内容。",
);
pub const PLACE: Text = text("Place", "位置");
pub const PORT: Text = text("Destination port", "目的端口");
pub const IN_INTERFACE: Text = text("In interface", "入接口");
pub const PUT_IN: Text = text("Put into draft", "放入草稿");
pub const COLUMN: Text =
    text("Column {0}: expected {1}; found {2}", "第 {0} 列：应为 {1}；实为 {2}");
pub const LINE_COLUMN: Text =
    text("Line {0}, column {1}: expected {2}; found {3}", "第 {0} 行第 {1} 列：应为 {2}；实为 {3}");
pub const ALL_RULES: Text = text("All rules of {0} as text", "{0} 的全部规则文本");
pub const AS_SAVED: Text = text(
    "As iptables-save prints them, as iptables-restore reads them",
    "与 iptables-save 的输出、iptables-restore 的输入相同",
);
pub const FROM_FILE: Text = text("Load a file", "载入文件");
pub const FILE_TOO_LARGE: Text =
    text("{0} is larger than 8 MiB, which is more than rules can be", "{0} 超过 8 MiB 的上限");
pub const TO_FILE: Text = text("Save as file", "存为文件");
pub const GO_TO_ERROR: Text = text("Go to the error", "转到错误处");
pub const DIFF_OF: Text = text("What the draft changes on {0}", "草稿对 {0} 的更改");
pub const CHAIN_NEW: Text = text("new chain", "新链");
pub const CHAIN_GONE: Text = text("chain taken out", "链已删除");
pub const POLICY_DIFF: Text = text("policy {0} becomes {1}", "策略由 {0} 变为 {1}");

pub const HISTORY: Text = text("History", "历史");
pub const HISTORY_OF: Text = text("History of {0} on {1}", "{1} 上 {0} 的历史");
pub const FIRST_SEEN: Text = text("First seen", "首次看到");
pub const LAST_SEEN: Text = text("Last seen", "最后看到");
pub const MADE_BY: Text = text("Made by", "来源");
pub const RULES: Text = text("Rules", "规则");
pub const DIGEST: Text = text("Digest", "摘要");
pub const NOW: Text = text("now", "现行");
pub const BY_JOB: Text = text("job {0}", "任务 {0}");
pub const BY_HAND: Text = text("changed on the node", "在节点上更改");
pub const FOUND: Text = text("there when first read", "首次读取时已有");
pub const NO_PAST: Text = text("Nothing seen yet", "尚无记录");
pub const NO_PAST_HELP: Text = text(
    "The rules of this node appear here once they have been read.",
    "读取此节点的规则后，将显示在这里。",
);
pub const CHOOSE_PAST: Text =
    text("Choose rules to see what going back to them changes", "选择一项以查看恢复它会带来的更改");
pub const GOING_BACK: Text =
    text("What going back to these rules changes now", "恢复到这些规则会带来的更改");
pub const SAME_AS_NOW: Text = text("The node has these rules", "节点现有的规则与此相同");
pub const MAKE_DRAFT: Text = text("Make it the draft", "作为草稿");
pub const REPLACES_DRAFT: Text =
    text("It takes the place of the draft that you have", "将取代您现有的草稿");
pub const NO_PACKET_SINCE: Text = text(
    "0 packets counted; the rule has been there since at least {0}",
    "计数为 0 个数据包；此规则至少自 {0} 起存在",
);

pub const TRACER: Text = text("Packet tracer", "数据包跟踪");
pub const SWAP: Text = text("Swap direction", "交换方向");
pub const FROM: Text = text("From", "来源");
pub const TO: Text = text("To", "目的");
pub const TRACE_PROTOCOL: Text = text("Protocol", "协议");
pub const TRACE_PORT: Text = text("Port", "端口");
pub const ARRIVES: Text = text("Arrives on", "到达接口");
pub const LEAVES: Text = text("Leaves by", "离开接口");
pub const NOT_SAID: Text = text("not said", "未指定");
pub const STATE: Text = text("State", "状态");
pub const WAY: Text = text("Way", "方向");
pub const WAY_IN: Text = text("to this node", "到本机");
pub const WAY_FORWARD: Text = text("through it", "经过本机");
pub const WAY_OUT: Text = text("from this node", "自本机");
pub const BAD_ADDRESS: Text = text("An address of this family", "此协议族的地址");
pub const BAD_PROTOCOL: Text = text("A protocol's name or number", "协议名称或编号");
pub const BAD_PORT: Text = text("A port, 0 to 65535", "端口，0 到 65535");
pub const LIVE_RULES: Text = text("Live rules", "现行规则");
pub const NO_DRAFT: Text = text("none", "无");
pub const LIVE: Text = text("Live", "现行");
pub const PATH_DRAFT: Text = text("Path in the draft", "草稿中的路径");
pub const PATH_LIVE: Text = text("Path in the live rules", "现行规则中的路径");
pub const ACCEPTED: Text = text("Accepted", "接受");
pub const DROPPED: Text = text("Dropped", "丢弃");
pub const REJECTED: Text = text("Rejected", "拒绝");
pub const MAY_BE: Text = text("Not known", "未知");
pub const BY_RULE: Text = text("{0} {1} rule {2}", "{0} {1} 第 {2} 条");
pub const BY_POLICY: Text = text("{0} {1} policy", "{0} {1} 默认策略");
pub const BY_NOTHING: Text = text("no rule decides", "没有规则决定");
pub const ENTERS: Text = text("enters", "进入");
pub const SENT_HERE: Text = text("a process of this node", "本机进程");
pub const NETWORK: Text = text("the network", "网络");
pub const NONE_MATCH: Text = text("{0} rules, none match", "{0} 条规则，均不匹配");
pub const RULE_DOES: Text = text("{0} rule {1}: {2}", "{0} 第 {1} 条：{2}");
pub const POLICY_DOES: Text = text("{0} policy: {1}", "{0} 默认策略：{1}");
pub const IN_KERNEL: Text = text("In the kernel", "内核中");
pub const SEND_IT: Text = text("Send it for real", "真实发送");
pub const SEND_IT_HELP: Text = text(
    "Sends this packet from the machine that has its address, through the live rules, and shows what the kernel itself says of it.",
    "由持有该源地址的机器发送此数据包，使其经过现行规则，并显示内核自身的追踪。",
);
pub const NOT_SENT_PROTOCOL: Text = text(
    "TCP, UDP and ICMP echo requests can be sent for real.",
    "可真实发送 TCP、UDP 与 ICMP 回显请求。",
);
pub const NOT_SENT_STATE: Text = text(
    "What is sent for real is the first packet of a connection: choose NEW.",
    "真实发送的是连接的首个数据包：请选择 NEW。",
);
pub const KERNEL_AGREES: Text = text("The kernel agrees", "内核与模拟一致");
pub const KERNEL_AGREES_SO_FAR: Text =
    text("The kernel agrees as far as the simulation is sure", "在模拟能确定的范围内一致");
pub const KERNEL_DIFFERS: Text =
    text("The kernel differs at step {0}", "内核与模拟在第 {0} 步不同");
pub const KERNEL_SAW_NOTHING: Text = text("The kernel saw no such packet", "内核没有看到该数据包");
pub const AGO: Text = text("{0} ago", "{0}前");
pub const SIMULATED: Text = text("Simulated", "模拟");
pub const KERNELS: Text = text("The kernel's own", "内核自身");
pub const CONTINUES: Text = text("goes on", "继续");
pub const MAYBE: Text = text("not known whether it matches", "不确定是否匹配");
pub const JUMP: Text = text("jump to {0}", "跳转到 {0}");
pub const GOTO: Text = text("goto {0}", "转到 {0}");
pub const GOES_ON: Text = text("{0}, goes on", "{0}，继续");
pub const UNKNOWN_TARGET: Text = text("{0}, which is not known", "{0}，未知");
pub const ASSUMES: Text = text("Assumed", "假设");
pub const LEAVES_AS: Text = text("Goes on as {0} → {1}", "继续前往：{0} → {1}");
pub const MULTICAST: Text = text(
    "Multicast is for this node, too, if a process of it listens",
    "若本机有进程监听，组播也会送达本机",
);

pub const KEEP: Text = text("Keep", "保留");
pub const NEXT_WAVE: Text = text("Go on with the next wave", "放行下一批");
pub const ROLL_BACK_NOW: Text = text("Roll back now", "立即回滚");
pub const NO_KEEP_ROLE: Text =
    text("Your role may watch this job, not decide on it", "您的角色可以查看此任务，不能决定");
pub const KEEP_KEY: Text = text("keep", "保留");
pub const ROLL_BACK_KEY: Text = text("roll back", "回滚");
pub const IS_LIVE: Text = text("The change is live on {0}", "更改已在 {0} 上生效");
pub const IS_LIVE_HELP: Text = text(
    "Keep it if everything below still works. Do nothing and {0} rolls back by itself at {1}.",
    "若以下各项仍然正常，请保留。不操作则 {0} 会在 {1} 自动回滚。",
);
pub const OF_S: Text = text("of {0} s", "共 {0} 秒");
pub const TIMER_RUNS: Text = text(
    "The timer runs on the node. It rolls back even if this page, the console or the network is gone.",
    "定时器在节点上运行。即使此页面、控制台或网络中断，也会回滚。",
);
pub const SECONDS_LEFT: Text = text("{0} s to keep it", "还有 {0} 秒可保留");
pub const OFFLINE: Text = text(
    "The page is offline. The node rolls back by itself unless the rules are kept elsewhere.",
    "页面已离线。除非在别处保留，节点会自动回滚。",
);
pub const CHECKED: Text = text("Checked since they went live", "生效后的检查");
pub const DROPPED_PER_S: Text =
    text("Packets dropped per s, before and since", "每秒丢弃的数据包（之前与之后）");
pub const DROPPED_BY: Text = text("Dropped by new rules", "被新规则丢弃");
pub const WAITING_CHECKS: Text = text("done", "已完成");
pub const NODE_TIMER: Text = text("{0} timer", "{0} 定时器");
pub const AT: Text = text("at {0}", "{0}");

pub const MORE_NODES: Text = text("Apply on more nodes", "应用到更多节点");
pub const GROUP_TITLE: Text = text("The draft on more nodes", "在更多节点上应用草稿");
pub const GROUP_HELP: Text = text(
    "The draft's edits are made on each node's own rules. {0} changes first; unless every wave works, all nodes restore their old rules.",
    "草稿的更改会应用到各节点自己的规则上。{0} 最先更改；若有任一批不正常，所有节点恢复旧规则。",
);
pub const OTHER_NODES: Text = text("Other nodes", "其他节点");
pub const NO_OTHER_NODE: Text = text("There is no other node", "没有其他节点");
pub const HAS_IT: Text = text("has this already", "已是如此");
pub const CANNOT: Text = text("cannot take it", "无法应用");
pub const WOULD: Text =
    text("{0}: {1} added, {2} removed, {3} changed", "{0}：新增 {1}，删除 {2}，修改 {3}");
pub const WAVES: Text = text("Then", "随后");
pub const ONE_BY_ONE: Text = text("one node after the other", "逐个节点");
pub const ALL_AT_ONCE: Text = text("all others together", "其余节点同时");
pub const SHOW_GROUP_PLAN: Text = text("Show plan for {0} nodes", "查看 {0} 个节点的执行计划");
pub const CHOOSE_NODES: Text =
    text("Choose at least one node that takes it", "请至少选择一个可应用的节点");

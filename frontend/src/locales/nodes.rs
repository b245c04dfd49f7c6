use signalbox_domain::fleet::NodeRole;
use signalbox_domain::nodes::LinkState;
use signalbox_domain::remote::Elevation;

use crate::locale::{Text, text};

pub const NODES: Text = text("Nodes", "节点");
pub const ADD_NODE: Text = text("Add node", "添加节点");
pub const NONE: Text = text("No node yet", "尚无节点");
pub const NONE_HELP: Text = text(
    "A node is a machine that Signalbox reaches over SSH. It installs nothing there.",
    "节点是 Signalbox 通过 SSH 连接的机器，不在其上安装任何程序。",
);
pub const NONE_MATCHES: Text = text("No node matches", "没有匹配的节点");
pub const ALL: Text = text("All", "全部");
pub const NOT_CLEAR: Text = text("Not clear", "异常");
pub const HOST: Text = text("Address", "地址");
pub const OS: Text = text("System", "系统");
pub const TAGS: Text = text("Tags", "标签");
pub const SINCE: Text = text("Since", "自");
pub const SINCE_AT: Text = text("since {0}", "自 {0}");
pub const REASON: Text = text("Why", "原因");

pub const CPU: Text = text("CPU", "CPU");
pub const CORES: Text = text("{0} cores", "{0} 核");
pub const ONE_CORE: Text = text("1 core", "1 核");
pub const LOAD: Text = text("Load, 1 min", "负载（1 分钟）");
pub const LOAD_FULL: Text = text("{0} is full", "满载为 {0}");
pub const MEMORY: Text = text("Memory", "内存");
pub const OF: Text = text("of {0}", "共 {0}");
pub const AVAILABLE: Text = text("{0} available", "可用 {0}");
pub const DISK: Text = text("Disk {0}", "磁盘 {0}");
pub const FREE: Text = text("{0} free of {1}", "剩余 {0}，共 {1}");
pub const RECEIVED: Text = text("Network in", "网络流入");
pub const SENT: Text = text("Network out", "网络流出");
pub const ALL_INTERFACES: Text = text("all interfaces but lo", "除 lo 外的所有接口");
pub const VITALS: Text = text("Vitals", "运行指标");
pub const READ_AGO: Text = text("read {0} ago", "读取于 {0}前");
pub const AGO: Text = text("{0} ago", "{0}前");
pub const NOT_CURRENT: Text = text("not current, last read {0} ago", "非当前值，上次读取于 {0}前");
pub const NEVER_READ: Text = text("Not read yet", "尚未读取");
pub const UP_FOR: Text = text("up {0}", "已运行 {0}");

pub const SERVICES: Text = text("Services", "服务");
pub const WATCHED: Text = text("{0} watched", "监视 {0} 项");
pub const NO_SERVICE: Text =
    text("No service that Signalbox watches runs here.", "此处没有 Signalbox 监视的服务。");
pub const UNIT: Text = text("Unit", "单元");
pub const LISTENS: Text = text("Listens on", "监听");
pub const ADDRESSES: Text = text("Addresses", "地址");
pub const INTERFACE: Text = text("Interface", "接口");
pub const UP: Text = text("up", "启用");
pub const DOWN: Text = text("down", "停用");
pub const WRONG: Text = text("Wrong on this node", "本节点的异常");
pub const NOTHING_WRONG: Text = text("Nothing is wrong here", "没有异常");
pub const UNREADABLE: Text = text("{0} could not be read", "无法读取 {0}");
pub const SOFTWARE: Text = text("Installed software", "已安装软件");

pub const REACH: Text = text("How Signalbox reaches it", "连接方式");
pub const OVER_SSH: Text = text("agentless, over SSH", "无代理，经 SSH");
pub const HOST_KEY: Text = text("Host key", "主机密钥");
pub const LOGIN: Text = text("Login", "登录");
pub const THROUGH: Text = text("Through", "经由");
pub const DIRECTLY: Text = text("reached directly", "直接连接");
pub const ELEVATION: Text = text("Elevation", "提权");
pub const SESSION: Text = text("Session", "会话");
pub const LAST_HEARD: Text = text("Last heard", "最近应答");
pub const CLOCK: Text = text("Clock", "时钟");
pub const CLOCK_AHEAD: Text = text("{0} ms against this console", "与控制台相差 {0} 毫秒");
pub const ADDED: Text = text("Added", "添加于");

pub const EDIT_TAGS: Text = text("Edit tags", "编辑标签");
pub const TAGS_OF: Text = text("Tags of {0}", "{0} 的标签");
pub const TAGS_HELP: Text = text("Separated by commas or spaces.", "以逗号或空格分隔。");
pub const TAGS_RULE: Text = text(
    "Each tag has 1 to 40 characters and does not begin with -",
    "每个标签 1 至 40 个字符，不以 - 开头",
);
pub const SAVE_TAGS: Text = text("Save tags", "保存标签");
pub const TAGS_SAVED: Text = text("Tags of {0} are saved", "{0} 的标签已保存");
pub const REMOVE: Text = text("Remove", "移除");
pub const REMOVE_TITLE: Text = text("Remove {0}?", "移除 {0}？");
pub const REMOVE_HELP: Text = text(
    "Signalbox forgets this node, its pinned host key, and signs out of it. Nothing changes on the machine.",
    "Signalbox 将移除此节点及其固定的主机密钥，并断开连接。机器本身不变。",
);
pub const REMOVED: Text = text("{0} is removed", "{0} 已移除");

pub const OTHER_KEY: Text = text("{0} offers another host key", "{0} 出示了另一个主机密钥");
pub const OTHER_KEY_HELP: Text = text(
    "Nothing is sent to it and every plan that touches it is blocked until an admin has compared the keys.",
    "在管理员核对密钥之前，不向其发送任何内容，涉及它的执行计划均被阻断。",
);
pub const COMPARE_KEYS: Text = text("Compare the keys", "核对密钥");
pub const PINNED_KEY: Text = text("Pinned", "已固定");
pub const OFFERED_KEY: Text = text("Offered now", "当前出示");
pub const PIN: Text = text("Pin this key", "固定此密钥");
pub const KEEP_PINNED: Text = text("Keep the pinned key", "保留原密钥");
pub const PINNED: Text = text("The key of {0} is pinned", "{0} 的密钥已固定");
pub const ASKING_KEY: Text = text("Asking {0} for its key", "正在读取 {0} 的密钥");

pub const OFFERED_BY: Text = text("offered by {0}", "由 {0} 出示");
pub const GROUPS_HELP: Text = text(
    "Blocks of four are easier to read aloud on the phone. The picture on the right is what ssh -o VisualHostKey=yes prints.",
    "四字一组便于电话核对。右图即 ssh -o VisualHostKey=yes 所显示。",
);
pub const READ_IT: Text = text("Read it on the machine:", "在机器上读取：");
pub const PASTE: Text = text(
    "Paste the fingerprint you read there, to compare every character",
    "粘贴在机器上读到的指纹，逐字比对",
);
pub const SAME: Text = text("Pasted fingerprint matches", "粘贴的指纹一致");
pub const SAME_COUNT: Text = text("{0} of {0} characters", "{0} / {0} 个字符");
pub const PART: Text = text("The same so far", "目前一致");
pub const PART_COUNT: Text = text("{0} of {1} characters", "{0} / {1} 个字符");
pub const DIFFERS: Text = text("Pasted fingerprint differs", "粘贴的指纹不一致");
pub const DIFFERS_AT: Text = text("from character {0} on", "自第 {0} 个字符起");
pub const NOT_PASTED: Text = text("No fingerprint pasted yet", "尚未粘贴指纹");
pub const WITHOUT: Text =
    text("Or say why this key is trusted without comparing", "或说明为何不比对即信任此密钥");
pub const WITHOUT_HELP: Text = text(
    "The audit log keeps the reason, e.g. \"machine installed today on this desk\".",
    "原因将写入审计日志，例如“机器今日在本地安装”。",
);
pub const NEEDS_PROOF: Text = text(
    "Paste the matching fingerprint, or give a reason of at least {0} characters",
    "请粘贴一致的指纹，或给出至少 {0} 个字符的原因",
);
pub const DIFFERENT_KEY: Text =
    text("The pasted fingerprint is another key's", "粘贴的指纹属于另一密钥");

pub fn role(role: NodeRole) -> Text {
    match role {
        NodeRole::Director => text("Directors", "调度器"),
        NodeRole::RealServer => text("Real servers", "真实服务器"),
        NodeRole::Database => text("Databases", "数据库"),
        NodeRole::Other => text("Others", "其他"),
    }
}

/// What the line to a node is; `None` when it is up and the lamp tells all.
pub fn link(link: LinkState) -> Option<Text> {
    Some(match link {
        LinkState::Up => return None,
        LinkState::Connecting => text("connecting", "正在连接"),
        LinkState::Silent => text("silent", "无应答"),
        LinkState::Down => text("unreachable", "无法连接"),
        LinkState::HostKeyChanged => text("host key changed", "主机密钥已变"),
        LinkState::AccessDenied => text("access denied", "拒绝登录"),
    })
}

pub const CONNECTED: Text = text("connected", "已连接");

pub fn elevation(elevation: Elevation) -> Text {
    match elevation {
        Elevation::None => text("none", "无"),
        Elevation::Sudo => text("sudo", "sudo"),
    }
}

pub const ONE: Text = text("One node", "单个节点");
pub const SEVERAL: Text = text("Several at once", "批量添加");
pub const STEP_ADDRESS: Text = text("Address and login", "地址与登录");
pub const STEP_KEY: Text = text("Confirm the host key", "确认主机密钥");
pub const STEP_READ: Text = text("Sign in and read", "登录并读取");
pub const STEP_READ_HELP: Text = text("nothing is changed", "不做任何更改");
pub const YOU_ARE_HERE: Text = text("you are here", "当前步骤");
pub const NAME: Text = text("Name", "名称");
pub const NAME_HELP: Text = text("Empty: the address.", "留空则使用地址。");
pub const NAME_RULE: Text = text(
    "1 to 63 characters without slashes, not beginning with -",
    "1 至 63 个字符，不含斜杠，不以 - 开头",
);
pub const HOST_RULE: Text = text("A host name or an IP address", "主机名或 IP 地址");
pub const PORT: Text = text("SSH port", "SSH 端口");
pub const PORT_RULE: Text = text("1 to 65535", "1 至 65535");
pub const USER: Text = text("User", "用户");
pub const USER_RULE: Text = text(
    "A login name of letters, digits, _ . and -, at most 32",
    "登录名：字母、数字、_ . -，至多 32 个字符",
);
pub const ELEVATION_HELP: Text = text(
    "sudo asks for no password; a file for /etc/sudoers.d is at /api/v1/nodes/sudoers?user=NAME.",
    "sudo 须免密码；/etc/sudoers.d 文件见 /api/v1/nodes/sudoers?user=NAME。",
);
pub const JUMP: Text = text("Reached through", "经由节点");
pub const CREDENTIAL: Text = text("Sign in with", "登录凭据");
pub const STORED: Text = text("Stored credential", "已存凭据");
pub const PASSWORD: Text = text("Password", "密码");
pub const PRIVATE_KEY: Text = text("Private key", "私钥");
pub const PRIVATE_KEY_HELP: Text = text(
    "OpenSSH or PEM text. It is stored encrypted and never shown again.",
    "OpenSSH 或 PEM 文本。加密保存，不再显示。",
);
pub const PASSPHRASE: Text = text("Passphrase of the key, if it has one", "私钥口令（如有）");
pub const NO_STORED: Text = text("None is stored yet", "尚无已存凭据");
pub const CREDENTIAL_RULE: Text =
    text("Give a password, a key or a stored credential", "请提供密码、私钥或已存凭据");
pub const READ_KEY: Text = text("Read its host key", "读取主机密钥");
pub const IS_THIS: Text = text("Is this the key of {0}?", "这是 {0} 的密钥吗？");
pub const IS_THIS_HELP: Text = text(
    "Signalbox has not sent a password or key yet. Compare this fingerprint with one you read on the machine itself. From then on Signalbox refuses to connect if the key changes.",
    "Signalbox 尚未发送任何密码或密钥。请将此指纹与在机器上读到的比对。此后若密钥改变，Signalbox 将拒绝连接。",
);
pub const BACK: Text = text("Back", "返回");
pub const STOP: Text = text("It differs, stop", "不一致，停止");
pub const STOPPED: Text = text(
    "Nothing was sent to {0}. Find out which machine answers there before trying again.",
    "未向 {0} 发送任何内容。请先查明是哪台机器在应答。",
);
pub const TRUST: Text = text("Trust this key", "信任此密钥");
pub const ADDED_NODE: Text = text("{0} is added", "{0} 已添加");
pub const NEXT: Text = text("What happens next", "接下来");
pub const NEXT_HELP: Text = text(
    "Signalbox logs in, reads, and shows what it found. It installs nothing on the node.",
    "Signalbox 登录、读取并显示所见，不在节点上安装任何程序。",
);
pub const IF_CHANGED: Text = text("If the key changes later", "若密钥日后改变");
pub const IF_CHANGED_HELP: Text = text(
    "Every plan that touches the node is blocked. You see both keys side by side and decide.",
    "涉及该节点的执行计划均被阻断。您将并排看到两个密钥并作决定。",
);
pub const LINES: Text = text(
    "One machine a line: name user@host:port tags=a,b",
    "每行一台：name user@host:port tags=a,b",
);
pub const LINES_HELP: Text = text(
    "user@, :port and tags may be left out; lines that begin with # are skipped.",
    "user@、:port 与 tags 可省略；以 # 开头的行被忽略。",
);
pub const READ_KEYS: Text = text("Read their host keys", "读取主机密钥");
pub const FINGERPRINTS: Text = text(
    "Paste the fingerprints you read, each after its machine's name",
    "粘贴读到的指纹，每行以机器名称开头",
);
pub const FINGERPRINTS_HELP: Text = text(
    "For example: db-1 256 SHA256:… root@db-1 (ED25519)",
    "例如：db-1 256 SHA256:… root@db-1 (ED25519)",
);
pub const MATCHES: Text = text("matches", "一致");
pub const DIFFERS_SHORT: Text = text("differs", "不一致");
pub const NOT_COMPARED: Text = text("not compared", "未比对");
pub const ADDED_SHORT: Text = text("added", "已添加");
pub const TRUST_MATCHING: Text =
    text("Trust and add the {0} that match", "信任并添加一致的 {0} 台");
pub const NONE_MATCH: Text = text("No pasted fingerprint matches yet", "尚无一致的指纹");
pub const LINE: Text = text("Line", "行");

pub const PLACE: Text = text("Its place on the line", "线路位置");
pub const ON_NO_LINE: Text = text("No line passes through this node.", "没有线路经过此节点。");
pub const OPEN_LINE: Text = text("Open the lines", "打开线路");
pub const STANDS_BY: Text = text("stands by", "待命");
pub const WEIGHT: Text = text("weight {0}", "权重 {0}");
pub const SERVERS: Text = text("{0} real servers", "{0} 台真实服务器");
pub const SERVERS_UP: Text = text("{0} take connections", "{0} 台接受连接");
pub const DEPENDS: Text = text("What depends on it", "依赖此节点");
pub const NOTHING_DEPENDS: Text =
    text("Nothing that Signalbox sees goes through it.", "未发现经过它的服务。");
pub const REPLICATES: Text = text("replicates from it", "从它复制");
pub const HOLDS_ALONE: Text = text("it holds the address, no other can", "由它持有，无其他备机");
pub const HOLDS_WITH: Text = text("it holds the address, {0} stands by", "由它持有，{0} 待命");
pub const STANDS_BY_FOR: Text = text("it stands by for {0}", "为 {0} 待命");
pub const CARRIES_NOTHING: Text = text("takes no connections now", "当前不接受连接");
pub const CARRIES_ALONE: Text = text("the only server", "唯一的服务器");
pub const CARRIES: Text = text(
    "carries {0} of {1} connections, {2} others do too",
    "承载 {1} 个连接中的 {0} 个，另有 {2} 台",
);
pub const CHANGES: Text = text("Changed here", "变更");
pub const NO_CHANGE: Text = text("Nothing was changed here yet.", "尚无变更。");
pub const OPEN_AUDIT: Text = text("Audit", "审计");
pub const CHANGED_BY: Text = text("{0}: {1}, {2}", "{0}：{1}，{2}");
pub const JOB: Text = text("job {0}", "任务 {0}");
pub const LINE_LOG: Text = text("What the line went through", "线路记录");

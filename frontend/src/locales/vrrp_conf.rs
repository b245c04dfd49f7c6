use crate::locale::{Text, text};

pub const TITLE: Text = text("keepalived.conf", "keepalived.conf");
pub const EDIT: Text = text("Edit configuration", "编辑配置");
pub const NONE: Text = text("No VRRP instance was seen", "未观测到 VRRP 实例");
pub const NONE_HELP: Text = text(
    "Files appear when a node with a keepalived.conf is added.",
    "添加带有 keepalived.conf 的节点后，文件会出现在这里。",
);
pub const NOTHING_EDITED: Text = text("Nothing is edited", "没有修改");
pub const EDITED: Text = text("Files edited: {0}", "已修改的文件：{0}");
pub const RUNNING: Text = text("runs", "运行中");
pub const STOPPED: Text = text("is stopped", "已停止");
pub const MISSING: Text = text("is not installed", "未安装");
pub const READ: Text = text("read", "读取于");
pub const READ_AGAIN: Text = text("Read again", "重新读取");
pub const DEPLOY_NOTHING: Text = text("Deploy", "部署");
pub const DEPLOY: Text = text("Deploy to {0}", "部署到 {0}");
pub const DISCARD: Text = text("Discard edits", "放弃修改");
pub const FORM: Text = text("Form", "表单");
pub const TEXT: Text = text("Text", "文本");
pub const SHOWN_AS: Text = text("Shown as", "显示方式");
pub const FILE: Text = text("File", "文件");
pub const FINDINGS: Text = text("Findings", "检查结果");
pub const FINDINGS_COUNT: Text = text("{0}, as you type", "{0} 项，随输入更新");
pub const NO_FINDING: Text = text("Nothing was found.", "没有发现问题。");
pub const DIFFERENCES: Text = text("What the directors do differently", "调度器之间的差异");
pub const NO_DIFFERENCE: Text = text("They do the same.", "两者行为一致。");
pub const ONE_DIRECTOR: Text = text("There is one director only.", "只有一台调度器。");
pub const WHAT: Text = text("What", "内容");
pub const ABSENT: Text = text("absent", "无");
pub const UNEXPECTED: Text = text("look at this", "需要留意");
pub const MORE: Text =
    text("{0} more: narrow them with the filter", "另有 {0} 项：请用筛选缩小范围");
pub const REMOVE: Text = text("Remove {0}", "删除 {0}");
pub const ADD: Text = text("keyword value, or name {", "关键字 值，或 名称 {");
pub const ADD_TO: Text = text("Add to {0}", "添加到 {0}");
pub const UNWRITABLE: Text = text(
    "Not put into the file: keepalived has no way to write a quote, a line break, or a backslash at the end. Leave these out.",
    "未写入文件：keepalived 无法表示引号、换行或结尾的反斜杠。请去掉它们。",
);
pub const IS_DEFINITION: Text = text(
    "Not put into the file: keepalived would take it for a definition ($NAME). Write it in the text.",
    "未写入文件：keepalived 会把它当作定义（$NAME）。请在文本中编写。",
);
pub const OTHER_TEXT: Text = text(
    "Not put into the file: this line is not there any more. Look at the text.",
    "未写入文件：该行已不存在。请查看文本。",
);

use crate::locale::{Text, text};

pub const TITLE: Text = text("Notification", "通知");
pub const WHAT_COMES: Text = text(
    "keepalived itself sends mail, and runs a script at each transition. It is put into the files of all directors, where you look at it and deploy it. The console's own events need neither.",
    "由 keepalived 自行发送邮件，并在每次状态变化时运行脚本。内容写入所有调度器的文件，由您检查并部署。控制台自身的事件不依赖这些设置。",
);
pub const TO: Text = text("Mail goes to", "收件地址");
pub const TO_HELP: Text = text("Empty: nobody gets mail", "留空：不发送邮件");
pub const FROM: Text = text("Mail comes from", "发件地址");
pub const SERVER: Text = text("Mail server", "邮件服务器");
pub const ROUTER_ID: Text = text("{0} is called", "{0} 的名称（router_id）");
pub const TRANSITIONS: Text = text("Mail at each transition, too", "状态变化时也发送邮件");
pub const JOURNAL: Text =
    text("Write each transition to the node's journal", "将每次状态变化写入节点日志");
pub const PUT_IN: Text = text("Put into all files", "写入所有文件");
pub const NOT_WRITTEN: Text = text("{0}: not put into the file: {1}", "{0}：未写入文件：{1}");

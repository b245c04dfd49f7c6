use crate::locale::{Text, text};

pub const TITLE: Text = text("Load protection", "过载保护");
pub const WHAT_COMES: Text = text(
    "Every director runs a script. Over a limit its priority falls in every instance, and the other director takes the addresses over before this one dies. It is put into both files, where you look at it and deploy it.",
    "每台调度器运行一个脚本。超过阈值时，其所有实例的优先级下降，另一台在它失效之前接管地址。内容写入两个文件，由您检查并部署。",
);
pub const CPU: Text = text("Processor over, %", "CPU 超过（%）");
pub const CPU_LEAVE: Text = text("well below, %", "低于则恢复（%）");
pub const MEMORY: Text = text("Memory used over, %", "内存占用超过（%）");
pub const MEMORY_LEAVE: Text = text("memory well below, %", "内存低于则恢复（%）");
pub const DISK: Text = text("Disk used over, %", "磁盘占用超过（%）");
pub const DISK_LEAVE: Text = text("disk well below, %", "磁盘低于则恢复（%）");
pub const PATH: Text = text("File system of", "文件系统路径");
pub const INTERVAL: Text = text("Looks every, s", "检查间隔（秒）");
pub const FALL: Text = text("Times over", "连续超限次数");
pub const RISE: Text = text("Times well", "连续正常次数");
pub const WEIGHT: Text = text("Priority falls by", "优先级降低");
pub const WEIGHT_HELP: Text = text("Empty: as much as is needed", "留空：按需要计算");
pub const LIMIT_HELP: Text = text("Both empty: not watched", "两者留空：不监视");
pub const FLAPS: Text = text(
    "Where the load comes with the address, it goes when the address leaves, and comes back with it. Many times well, or preempt_delay, keep the addresses from going to and fro.",
    "若负载由该地址带来，地址离开后负载消失，返回时又会出现。增大连续正常次数或设置 preempt_delay 可避免来回切换。",
);
pub const PUT_IN: Text = text("Put into both files", "写入两个文件");
pub const TAKE_OUT: Text = text("Take out of both files", "从两个文件中移除");
pub const NOT_WRITTEN: Text = text("{0}: not put into the file: {1}", "{0}：未写入文件：{1}");

//! Words that many pages share.

use crate::locale::{Text, text};

pub const CLEAR: Text = text("clear", "正常");
pub const CAUTION: Text = text("caution", "注意");
pub const DANGER: Text = text("failed", "故障");
pub const TRANSIT: Text = text("in transit", "切换中");
pub const UNKNOWN: Text = text("unknown", "未知");

pub const CLOSE: Text = text("Close", "关闭");
pub const CANCEL: Text = text("Cancel", "取消");
pub const COPY: Text = text("Copy", "复制");
pub const COPIED: Text = text("Copied", "已复制");
pub const NOT_COPIED: Text = text(
    "Nothing is copied: browsers allow it over HTTPS only",
    "未复制：浏览器仅在 HTTPS 下允许复制",
);
pub const TRY_AGAIN: Text = text("Try again", "重试");
pub const NODE: Text = text("Node", "节点");
pub const STATE: Text = text("State", "状态");
pub const NAME: Text = text("Name", "名称");
pub const WHEN: Text = text("When", "时间");
pub const TOOK: Text = text("Took", "用时");
pub const FILTER: Text = text("Filter", "筛选");
pub const READING: Text = text("Reading {0}", "正在读取 {0}");

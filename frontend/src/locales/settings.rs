use signalbox_domain::access::AccountKind;

use crate::locale::{Text, text};

pub const SETTINGS: Text = text("Settings", "设置");
pub const SIGNED_IN_AS: Text = text("Signed in as {0}, {1}", "已登录：{0}（{1}）");
pub const OWN_ACCOUNT: Text = text("Your account", "您的账号");
pub const ROLE: Text = text("Role", "角色");
pub const CURRENT_PASSWORD: Text = text("Current password", "当前密码");
pub const CURRENT_PASSWORD_HELP: Text =
    text("Leave it empty if the account has none yet.", "若账号尚无密码，请留空。");
pub const CHANGE_PASSWORD: Text = text("Change password", "修改密码");
pub const PASSWORD_CHANGED: Text = text(
    "The password is changed; your other browsers are signed out",
    "密码已修改，其他浏览器已退出",
);
pub const BROWSERS: Text = text("Signed-in browsers", "已登录的浏览器");
pub const BROWSER: Text = text("Browser", "浏览器");
pub const FROM: Text = text("From", "来源");
pub const SIGNED_IN: Text = text("Signed in", "登录于");
pub const LAST_SEEN: Text = text("Last seen", "最近活动");
pub const ENDS: Text = text("Ends", "到期");
pub const THIS_ONE: Text = text("this one", "当前");
pub const SIGN_OUT_OTHERS: Text = text("Sign out the others", "退出其他浏览器");
pub const OTHERS_SIGNED_OUT: Text = text("Your other browsers are signed out", "其他浏览器已退出");
pub const TOKENS: Text = text("API tokens", "API 令牌");
pub const TOKENS_HELP: Text = text(
    "Scripts send one as Authorization: Bearer …. The API is described at /api/v1/openapi.json.",
    "脚本以 Authorization: Bearer … 发送。API 说明见 /api/v1/openapi.json。",
);
pub const NEW_TOKEN: Text = text("New token", "新建令牌");
pub const MAKE_TOKEN: Text = text("Make token", "创建令牌");
pub const NO_TOKEN: Text = text("No API token", "没有 API 令牌");
pub const PURPOSE: Text = text("What it is for", "用途");
pub const PURPOSE_RULE: Text = text("1 to 64 characters", "1 至 64 个字符");
pub const EXPIRES_DAYS: Text = text("Days until it expires, 1 to 365", "有效天数，1 至 365");
pub const OWNER: Text = text("Account", "账号");
pub const LAST_USED: Text = text("Last used", "最近使用");
pub const EXPIRES: Text = text("Expires", "到期");
pub const NEVER: Text = text("never", "从未");
pub const REVOKE: Text = text("Revoke", "撤销");
pub const REVOKED: Text = text("{0} is revoked", "已撤销 {0}");
pub const SHOWN_ONCE: Text = text(
    "It is shown this once. Signalbox keeps only its hash.",
    "仅显示这一次。Signalbox 只保存其哈希。",
);
pub const TOKEN_MADE: Text = text("Token {0}", "令牌 {0}");
pub const ACCOUNTS: Text = text("Accounts", "账号");
pub const NEW_ACCOUNT: Text = text("New account", "新建账号");
pub const MAKE_ACCOUNT: Text = text("Make account", "创建账号");
pub const NAME_RULE: Text = text(
    "1 to 64 letters, digits, . _ - or @, the first a letter or digit",
    "1 至 64 个字母、数字或 . _ - @，以字母或数字开头",
);
pub const KIND: Text = text("Kind", "类型");
pub const PASSWORD: Text = text("Password", "密码");
pub const SET: Text = text("set", "已设置");
pub const NOT_SET: Text = text("none", "无");
pub const MADE: Text = text("Made", "创建于");
pub const NEW_LINK: Text = text("New sign-in link", "新登录链接");
pub const SIGN_OUT: Text = text("Sign out", "退出登录");
pub const SIGNED_OUT: Text = text("{0} is signed out everywhere", "{0} 已在所有浏览器退出");
pub const REMOVE: Text = text("Remove", "移除");
pub const REMOVE_TITLE: Text = text("Remove {0}?", "移除 {0}？");
pub const REMOVE_HELP: Text = text(
    "Its sessions and tokens end at once. What it did stays in the audit log.",
    "其会话与令牌立即失效。其操作记录保留在审计日志中。",
);
pub const REMOVED: Text = text("{0} is removed", "{0} 已移除");
pub const ROLE_CHANGED: Text = text("{0} is {1} from now on", "{0} 的角色现为 {1}");
pub const LINK_MADE: Text = text("Sign-in link for {0}", "{0} 的登录链接");
pub const LINK_HELP: Text = text(
    "Whoever opens it first is signed in as this account and sets a password. It is shown this once.",
    "首个打开者即以该账号登录并设置密码。仅显示这一次。",
);
pub const READING: Text = text("Reading {0}", "正在读取{0}");

pub fn kind(kind: AccountKind) -> Text {
    match kind {
        AccountKind::Person => text("person", "个人"),
        AccountKind::Script => text("script", "脚本"),
    }
}

pub const SHORTCUTS: Text = text("Keyboard shortcuts", "键盘快捷键");
pub const SHORTCUTS_HELP: Text =
    text("in this browser: Ctrl K, g, /, ?, F6", "在此浏览器中：Ctrl K、g、/、?、F6");

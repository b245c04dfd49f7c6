use signalbox_domain::access::Role;

use crate::locale::{Text, text};

pub const SIGN_IN: Text = text("Sign in", "登录");
pub const SIGN_IN_TO: Text = text("Sign in to Signalbox", "登录 Signalbox");
pub const USER: Text = text("User", "用户");
pub const PASSWORD: Text = text("Password", "密码");
pub const NEW_PASSWORD: Text = text("Password, at least 12 characters", "密码，至少 12 个字符");
pub const REPEAT_PASSWORD: Text = text("The same password again", "再次输入密码");
pub const NEEDED: Text = text("Fill this in", "请填写");
pub const TOO_SHORT: Text = text("{0} of 12 characters", "已输入 {0}，至少 12 个字符");
pub const DIFFERS: Text = text("The two passwords differ", "两次输入的密码不一致");
pub const FIRST_RUN: Text = text("First run", "首次使用");
pub const SET_UP: Text = text("Make the first account", "创建首个账号");
pub const SET_UP_HELP: Text = text(
    "It is an admin. Signalbox has no default account and no default password.",
    "该账号是管理员。Signalbox 没有默认账号，也没有默认密码。",
);
pub const SET_UP_TOKEN: Text = text("Set-up token", "初始化令牌");
pub const SET_UP_TOKEN_HELP: Text = text(
    "On the console's machine, `signalbox setup-link` prints it.",
    "在控制台所在机器上运行 `signalbox setup-link` 可得。",
);
pub const MAKE_ACCOUNT: Text = text("Make account", "创建账号");
pub const LINK_SPENT: Text = text("This sign-in link cannot be used", "此登录链接无法使用");
pub const SIGNING_IN: Text = text("Signing in", "正在登录");

pub fn role(role: Role) -> Text {
    match role {
        Role::Viewer => text("viewer", "查看者"),
        Role::Operator => text("operator", "操作员"),
        Role::Admin => text("admin", "管理员"),
    }
}

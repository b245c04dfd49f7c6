//! `/api/v1/session` and `/api/v1/access/…`

mod accounts;
mod session;
mod tokens;

use axum::http::StatusCode;
use signalbox_domain::access::{PASSWORD_LEAST_CHARACTERS, PASSWORD_MOST_BYTES};
use signalbox_domain::phrase::Phrase;
use utoipa_axum::router::OpenApiRouter;

use crate::app::access::AccessError;
use crate::http::error::Problem;
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(session::routes()).merge(accounts::routes()).merge(tokens::routes())
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Problem {
        let conflict = |code, detail| Problem::new(StatusCode::CONFLICT, code, detail);
        let unauthorized = |code, detail| Problem::new(StatusCode::UNAUTHORIZED, code, detail);
        let refused = |code, detail| Problem::new(StatusCode::FORBIDDEN, code, detail);
        match error {
            AccessError::WrongCredentials => unauthorized(
                "wrong_credentials",
                Phrase::new("The name or the password is not right.", "名称或密码不正确。"),
            ),
            AccessError::TooManyAttempts(wait) => {
                let seconds = wait.as_secs() + 1;
                let detail = Phrase::new(
                    format!("Too many attempts. The next one is possible in {seconds} s."),
                    format!("尝试过多，{seconds} 秒后可再试。"),
                );
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail)
                    .retry_after_s(seconds)
            }
            AccessError::LinkRefused => unauthorized(
                "link_refused",
                Phrase::new(
                    "The link was used already or is too old. Make a new one on the console's machine: signalbox setup-link, or signalbox sign-in-link.",
                    "链接已使用或已过期。请在控制台所在机器上重新生成：signalbox setup-link 或 signalbox sign-in-link。",
                ),
            ),
            AccessError::SessionEnded => unauthorized(
                "session_ended",
                Phrase::new("The session has ended. Sign in again.", "会话已结束，请重新登录。"),
            ),
            AccessError::TokenRefused => unauthorized(
                "token_refused",
                Phrase::new(
                    "The API token is not known, has expired or was revoked.",
                    "API 令牌未知、已过期或已撤销。",
                ),
            ),
            AccessError::SessionNeeded => refused(
                "session_needed",
                Phrase::new(
                    "An API token cannot do this. Sign in.",
                    "API 令牌不能执行此操作，请登录。",
                ),
            ),
            AccessError::BeyondOwnRole { own } => refused(
                "beyond_own_role",
                Phrase::new(
                    format!("A token's role goes up to its account's, {own}."),
                    format!("令牌的角色不能高于其账户的角色 {own}。"),
                ),
            ),
            AccessError::TokenLife { most_days } => Problem::invalid(Phrase::new(
                format!("expires_days: expected 1 to {most_days}."),
                format!("expires_days：应为 1 至 {most_days}。"),
            )),
            AccessError::TokenName => Problem::invalid(Phrase::new(
                "name: expected 1 to 64 characters.",
                "name：应为 1 至 64 个字符。",
            )),
            AccessError::PasswordLength => Problem::invalid(Phrase::new(
                format!(
                    "A password has at least {PASSWORD_LEAST_CHARACTERS} characters and at most {PASSWORD_MOST_BYTES} bytes."
                ),
                format!(
                    "密码至少 {PASSWORD_LEAST_CHARACTERS} 个字符，至多 {PASSWORD_MOST_BYTES} 字节。"
                ),
            )),
            AccessError::NameTaken(name) => conflict(
                "name_taken",
                Phrase::new(
                    format!("There is an account {name} already."),
                    format!("账户 {name} 已存在。"),
                ),
            ),
            AccessError::NoSuchAccount => Problem::not_found("The account", "该账户"),
            AccessError::NoSuchToken => Problem::not_found("The token", "该令牌"),
            AccessError::ScriptAccount(name) => conflict(
                "script_account",
                Phrase::new(
                    format!("{name} is a script's account and does not sign in."),
                    format!("{name} 是脚本账户，不能登录。"),
                ),
            ),
            AccessError::LastAdmin => conflict(
                "last_admin",
                Phrase::new(
                    "This is the last admin. Make another account an admin first.",
                    "这是最后一个管理员。请先将另一账户设为管理员。",
                ),
            ),
            AccessError::Hash(_)
            | AccessError::Sign(_)
            | AccessError::CutOff(_)
            | AccessError::Store(_) => Problem::internal(&error),
        }
    }
}

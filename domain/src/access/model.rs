//! Accounts, sessions and API tokens as the API shows them.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Permission, Role};
use crate::ids::{AccountId, TokenId};
use crate::time::Timestamp;
use crate::values::InvalidValue;

/// Fewest characters of a password. Length is the only rule: rules on kinds of characters make
/// passwords that are hard to keep in mind and easy to guess (NIST SP 800-63B, 5.1.1).
pub const PASSWORD_LEAST_CHARACTERS: usize = 12;
/// Most bytes of a password: hashing more would only cost time.
pub const PASSWORD_MOST_BYTES: usize = 1024;

/// 1 to 64 letters, digits, `.`, `_`, `-` or `@`, the first a letter or digit. Upper and lower
/// case name the same account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct AccountName(String);

impl AccountName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for AccountName {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<AccountName, InvalidValue> {
        let inner = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
        let valid = text.len() <= 64
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(inner);
        if valid {
            Ok(AccountName(text))
        } else {
            Err(InvalidValue {
                expected: "1 to 64 letters, digits, '.', '_', '-' or '@', the first a letter or digit",
                found: text.chars().take(80).collect(),
            })
        }
    }
}

impl std::str::FromStr for AccountName {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<AccountName, InvalidValue> {
        text.to_owned().try_into()
    }
}

impl From<AccountName> for String {
    fn from(name: AccountName) -> String {
        name.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    pub id: AccountId,
    pub name: AccountName,
    pub kind: AccountKind,
    pub role: Role,
    /// Without one the account signs in by one-time link or API token only.
    pub has_password: bool,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AccountKind {
    Person,
    /// Holds API tokens and cannot sign in.
    Script,
}

impl AccountKind {
    pub fn as_str(self) -> &'static str {
        match self {
            AccountKind::Person => "person",
            AccountKind::Script => "script",
        }
    }
}

/// Who is asking, as `GET /api/v1/session` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    pub account: AccountId,
    pub name: String,
    pub role: Role,
    pub permissions: BTreeSet<Permission>,
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedInBrowser {
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    /// Where it signed in from.
    pub peer: String,
    pub user_agent: String,
    /// Whether this is the browser that asks.
    pub current: bool,
}

/// A script's bearer token, without the token itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiToken {
    pub id: TokenId,
    pub account: AccountId,
    pub account_name: AccountName,
    pub name: String,
    /// The token may what this role and its account's role both may.
    pub role: Role,
    /// Narrows the token further; absent: all that the role may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<BTreeSet<Permission>>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// To the minute.
    pub last_used_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_names_are_short_and_plain() {
        for good in ["a", "ops.lead", "kim@example.net", "7", &"x".repeat(64)] {
            assert!(good.parse::<AccountName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "@a", "a b", "a\n", "é", "a/b", &"x".repeat(65)] {
            assert!(bad.parse::<AccountName>().is_err(), "{bad}");
        }
    }
}

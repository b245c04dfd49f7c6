//! Accounts, sessions, API tokens and one-time links.

mod accounts;
mod links;
mod sessions;
mod tokens;

use signalbox_domain::access::{AccountName, Role};

use super::StoreError;

pub use accounts::{AccountChangeError, Credentials};
pub use sessions::{LiveSession, NewSession};
pub use tokens::{LiveToken, NewToken};

/// SHA-256 of a random secret; the secret itself is never stored.
pub type SecretHash = [u8; 32];

fn role(text: String) -> Result<Role, StoreError> {
    text.parse().map_err(|_| StoreError::Unreadable { column: "role", found: text })
}

fn account_name(text: String) -> Result<AccountName, StoreError> {
    text.clone()
        .try_into()
        .map_err(|_| StoreError::Unreadable { column: "accounts.name", found: text })
}

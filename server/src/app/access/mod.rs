//! Who is asking, and what they may do.

mod accounts;
mod limits;
mod links;
mod passwords;
mod sessions;
mod tokens;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::IpAddr;
use std::time::Duration;

use rand::RngCore;
use sha2::{Digest, Sha256};
use signalbox_domain::access::{
    AccountName, PASSWORD_LEAST_CHARACTERS, PASSWORD_MOST_BYTES, Permission, Role, SessionView,
};
use signalbox_domain::audit::CONSOLE;
use signalbox_domain::ids::{AccountId, TokenId};

use crate::secret::Secret;
use crate::store::{AccountChangeError, SecretHash, StoreError};

pub use accounts::{
    Invitation, change_password, invite, invite_again, remove_account, set_role, set_up,
};
pub use limits::Limits;
pub use links::{LINK_LIFE, new_set_up_link, new_sign_in_link};
pub use passwords::Passwords;
pub use sessions::{
    Client, Cookie, SessionKeys, SignedIn, actor_of_cookie, sign_in_by_link, sign_in_by_password,
    sign_out, sign_out_browsers, still_admitted,
};
pub use tokens::{
    IssuedToken, TokenRequest, actor_of_token, issue_script_token, issue_token, revoke_token,
};

/// The signed-in account that a request is answered for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub account: AccountId,
    /// The account's name; for an API token `account/token`.
    pub name: String,
    pub role: Role,
    /// The other end's address.
    pub peer: String,
    pub via: Via,
    /// What an API token is narrowed to; `None`: all that the role may.
    pub scope: Option<BTreeSet<Permission>>,
}

/// How an actor showed who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    Session(SecretHash),
    Token(TokenId),
    /// The console itself.
    Console,
}

impl Actor {
    /// The console, which does by itself what a policy says and nothing else.
    pub fn console(may: Permission) -> Actor {
        Actor {
            // No account has this number.
            account: AccountId(0),
            name: CONSOLE.to_owned(),
            role: may.least_role(),
            peer: "local".to_owned(),
            via: Via::Console,
            scope: Some(BTreeSet::from([may])),
        }
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
            && self.scope.as_ref().is_none_or(|scope| scope.contains(&permission))
    }

    pub fn view(&self) -> SessionView {
        SessionView {
            account: self.account,
            name: self.name.clone(),
            role: self.role,
            permissions: Permission::ALL.into_iter().filter(|p| self.may(*p)).collect(),
        }
    }

    /// The session that the request came with; `None` for an API token.
    fn session(&self) -> Option<&SecretHash> {
        match &self.via {
            Via::Session(id_hash) => Some(id_hash),
            Via::Token(_) | Via::Console => None,
        }
    }
}

/// Why somebody was not let in, or an account stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("the name or the password is not right")]
    WrongCredentials,
    #[error("too many attempts to sign in; the next one is possible in {} s", .0.as_secs() + 1)]
    TooManyAttempts(Duration),
    #[error("the link was used already, is too old, or is not of this console")]
    LinkRefused,
    #[error("the session has ended")]
    SessionEnded,
    #[error("the API token is not known, has expired or was revoked")]
    TokenRefused,
    #[error("an API token cannot do this; sign in")]
    SessionNeeded,
    #[error("a token's role goes up to its account's, {own}")]
    BeyondOwnRole { own: Role },
    #[error("a token lives from 1 to {most_days} days")]
    TokenLife { most_days: u32 },
    #[error("a token's name has 1 to 64 characters")]
    TokenName,
    #[error(
        "a password has at least {PASSWORD_LEAST_CHARACTERS} characters and at most {PASSWORD_MOST_BYTES} bytes"
    )]
    PasswordLength,
    #[error("the name {0} is taken")]
    NameTaken(AccountName),
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("there is no such token")]
    NoSuchToken,
    #[error("{0} is a script's account and does not sign in")]
    ScriptAccount(AccountName),
    #[error("this is the last admin: make another account an admin first")]
    LastAdmin,
    #[error("a password cannot be hashed")]
    Hash(#[source] argon2::password_hash::Error),
    #[error("the cookie cannot be signed")]
    Sign(#[source] jsonwebtoken::errors::Error),
    #[error("the work was cut off")]
    CutOff(#[from] tokio::task::JoinError),
    #[error("the database failed")]
    Store(#[from] StoreError),
}

impl From<AccountChangeError> for AccessError {
    fn from(error: AccountChangeError) -> AccessError {
        match error {
            AccountChangeError::Missing => AccessError::NoSuchAccount,
            AccountChangeError::LastAdmin => AccessError::LastAdmin,
            AccountChangeError::Store(error) => AccessError::Store(error),
        }
    }
}

/// 256 random bits in hex: a link's, a token's or a session's secret.
fn new_secret() -> Secret<String> {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    Secret::new(bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

/// What the store keeps of a secret. A fast hash is enough: 256 random bits cannot be guessed.
fn hash_of(secret: &str) -> SecretHash {
    Sha256::digest(secret).into()
}

fn peer_text(peer: Option<IpAddr>) -> String {
    peer.map_or_else(|| "local".to_owned(), |peer| peer.to_string())
}

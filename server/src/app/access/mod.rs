//! Who is asking, and what they may do.

use std::collections::BTreeSet;

use signalbox_domain::access::{Permission, Role};
use signalbox_domain::ids::AccountId;

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
    Session,
    Token,
}

impl Actor {
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
            && self.scope.as_ref().is_none_or(|scope| scope.contains(&permission))
    }
}

//! API tokens for scripts.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use signalbox_domain::access::{AccountKind, AccountName, Permission, Role};
use signalbox_domain::audit::Deed;
use signalbox_domain::ids::{AccountId, TokenId};
use signalbox_domain::time::Timestamp;

use super::{AccessError, Actor, Via, hash_of, new_secret, peer_text};
use crate::app::audit;
use crate::clock;
use crate::secret::Secret;
use crate::state::App;
use crate::store::{NewToken, Store};

/// Tells a token of this console from other texts, for those who scan for leaked ones.
const PREFIX: &str = "sbx_";
const MOST_DAYS: u32 = 365;
const DAY: Duration = Duration::from_secs(24 * 3600);
const LAST_USE_PRECISION: Duration = Duration::from_secs(60);

/// What a token shall be good for.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    pub name: String,
    pub role: Role,
    /// Narrows the token to these; `None`: all that the role may.
    pub permissions: Option<BTreeSet<Permission>>,
    pub expires_days: u32,
}

/// A new token. Its secret is in no other place.
#[derive(Debug)]
pub struct IssuedToken {
    pub id: TokenId,
    pub secret: Secret<String>,
    pub expires_at: Timestamp,
}

/// Makes a token for the actor's own account. A token cannot make tokens: a leaked one would
/// outlive its own end.
pub async fn issue_token(
    app: &App,
    actor: &Actor,
    request: &TokenRequest,
) -> Result<IssuedToken, AccessError> {
    if actor.session().is_none() {
        return Err(AccessError::SessionNeeded);
    }
    if request.role > actor.role {
        return Err(AccessError::BeyondOwnRole { own: actor.role });
    }
    let deed = audit::deed(actor, "access.issue_token", &request.name);
    audit::attempt(&app.store, &deed, issue(&app.store, actor.account, request)).await
}

/// Makes a token for a script's account of the same name, which is made when it is absent. For
/// whoever owns the console's machine.
pub async fn issue_script_token(
    store: &Store,
    account: &AccountName,
    request: &TokenRequest,
) -> Result<IssuedToken, AccessError> {
    let deed = Deed::by_console("access.issue_token", &request.name);
    audit::attempt(store, &deed, async {
        let held_by = match store.account_named(account).await? {
            Some(existing) if existing.kind == AccountKind::Person => {
                return Err(AccessError::NameTaken(existing.name));
            }
            Some(existing) => existing,
            None => store
                .add_account(account, AccountKind::Script, request.role, clock::now())
                .await?
                .ok_or_else(|| AccessError::NameTaken(account.clone()))?,
        };
        if request.role > held_by.role {
            return Err(AccessError::BeyondOwnRole { own: held_by.role });
        }
        issue(store, held_by.id, request).await
    })
    .await
}

async fn issue(
    store: &Store,
    account: AccountId,
    request: &TokenRequest,
) -> Result<IssuedToken, AccessError> {
    if !(1..=MOST_DAYS).contains(&request.expires_days) {
        return Err(AccessError::TokenLife { most_days: MOST_DAYS });
    }
    if request.name.trim().is_empty() || request.name.chars().count() > 64 {
        return Err(AccessError::TokenName);
    }
    let now = clock::now();
    let expires_at = now.plus(DAY * request.expires_days);
    let secret = format!("{PREFIX}{}", new_secret().reveal());
    let id = store
        .add_token(&NewToken {
            account,
            name: &request.name,
            secret_hash: &hash_of(&secret),
            role: request.role,
            permissions: request.permissions.as_ref(),
            created_at: now,
            expires_at,
        })
        .await?;
    Ok(IssuedToken { id, secret: Secret::new(secret), expires_at })
}

/// Who sent this bearer token.
pub async fn actor_of_token(
    app: &App,
    secret: &str,
    peer: Option<IpAddr>,
) -> Result<Actor, AccessError> {
    let now = clock::now();
    let token =
        app.store.live_token(&hash_of(secret), now).await?.ok_or(AccessError::TokenRefused)?;
    if token.last_used_at.is_none_or(|used| used.age(now) > LAST_USE_PRECISION) {
        // A full disk must not keep anybody from seeing that it is full.
        if let Err(error) = app.store.token_used(token.id, now).await {
            tracing::warn!(token = token.id.0, %error, "a token's use is not noted");
        }
    }
    let account = token.account_name.as_str();
    let name = if token.name == account { token.name } else { format!("{account}/{}", token.name) };
    Ok(Actor {
        account: token.account,
        name,
        role: token.role,
        peer: peer_text(peer),
        via: Via::Token(token.id),
        scope: token.permissions,
    })
}

/// Revokes a token: an admin any, others their own.
pub async fn revoke_token(app: &App, actor: &Actor, id: TokenId) -> Result<(), AccessError> {
    let of = (!actor.may(Permission::AccessAdmin)).then_some(actor.account);
    let deed = audit::deed(actor, "access.revoke_token", format!("token {id}"));
    audit::attempt(&app.store, &deed, async {
        if app.store.remove_token(id, of).await? { Ok(()) } else { Err(AccessError::NoSuchToken) }
    })
    .await
}

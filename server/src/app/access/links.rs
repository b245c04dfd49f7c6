//! Links that let somebody in once: the first admin, or whoever has an account and no password.

use std::time::Duration;

use signalbox_domain::access::{AccountKind, AccountName, Role};
use signalbox_domain::audit::{AuditPhase, Deed};
use signalbox_domain::ids::AccountId;

use super::{AccessError, hash_of, new_secret};
use crate::app::audit;
use crate::clock;
use crate::secret::Secret;
use crate::store::{Store, StoreError};

/// How long a link that is printed on the console's machine is good.
pub const LINK_LIFE: Duration = Duration::from_secs(15 * 60);

/// A link with which the first admin is made. `url` is the console's address.
pub async fn new_set_up_link(store: &Store, url: &str) -> Result<Secret<String>, StoreError> {
    let secret = new_link(store, None, LINK_LIFE).await?;
    audit::record(store, &Deed::by_console("access.set_up_link", "console"), AuditPhase::Done, "")
        .await?;
    Ok(Secret::new(format!("{}/setup#link={}", url.trim_end_matches('/'), secret.reveal())))
}

/// A link that signs in to the account named; the account is made, with `role` and without a
/// password, when it is absent. For whoever owns the console's machine.
pub async fn new_sign_in_link(
    store: &Store,
    url: &str,
    name: &AccountName,
    role: Role,
) -> Result<Secret<String>, AccessError> {
    let account = match store.account_named(name).await? {
        Some(account) if account.kind == AccountKind::Script => {
            return Err(AccessError::ScriptAccount(account.name));
        }
        Some(account) => account,
        None => store
            .add_account(name, AccountKind::Person, role, clock::now())
            .await?
            .ok_or_else(|| AccessError::NameTaken(name.clone()))?,
    };
    let deed = Deed::by_console("access.sign_in_link", account.name.as_str());
    let link = sign_in_link(store, url, account.id, LINK_LIFE).await?;
    audit::record(store, &deed, AuditPhase::Done, "").await?;
    Ok(link)
}

/// The page reads the secret from the part after `#`, which browsers send to no server and no log.
pub(super) async fn sign_in_link(
    store: &Store,
    url: &str,
    account: AccountId,
    life: Duration,
) -> Result<Secret<String>, StoreError> {
    let secret = new_link(store, Some(account), life).await?;
    Ok(Secret::new(format!("{}/sign-in#link={}", url.trim_end_matches('/'), secret.reveal())))
}

async fn new_link(
    store: &Store,
    account: Option<AccountId>,
    life: Duration,
) -> Result<Secret<String>, StoreError> {
    let secret = new_secret();
    let now = clock::now();
    store.add_link(&hash_of(secret.reveal()), account, now.plus(life), now).await?;
    Ok(secret)
}

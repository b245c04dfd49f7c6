//! Accounts: the first admin, who else there is, and their passwords.

use std::time::Duration;

use signalbox_domain::access::{Account, AccountKind, AccountName, Role};
use signalbox_domain::ids::AccountId;
use signalbox_domain::time::Timestamp;

use super::links::sign_in_link;
use super::sessions::{begin, refused};
use super::{AccessError, Actor, Client, SignedIn, hash_of};
use crate::app::audit;
use crate::clock;
use crate::secret::Secret;
use crate::state::App;

/// How long the link is good that an admin hands to somebody.
const INVITATION_LIFE: Duration = Duration::from_secs(24 * 3600);

/// An account, and the link with which its person signs in and sets a password. No admin ever
/// knows another's password.
#[derive(Debug)]
pub struct Invitation {
    pub account: Account,
    pub link: Secret<String>,
    pub expires_at: Timestamp,
}

/// Makes the first admin and signs in. Uses the set-up link up.
pub async fn set_up(
    app: &App,
    client: &Client,
    link: &Secret<String>,
    name: &AccountName,
    password: &Secret<String>,
) -> Result<SignedIn, AccessError> {
    let now = clock::now();
    app.limits.count(None, client.peer, now)?;
    let password_hash = app.passwords.hash(password).await?;
    let link = hash_of(link.reveal());
    let Some(admin) = app.store.add_first_admin(&link, name, &password_hash, now).await? else {
        refused(app, client, "set-up", "link used, too old or unknown").await?;
        return Err(AccessError::LinkRefused);
    };
    app.limits.forgive(None, client.peer);
    begin(app, client, admin.id, "as the first admin").await
}

/// Makes an account.
pub async fn invite(
    app: &App,
    actor: &Actor,
    name: &AccountName,
    role: Role,
) -> Result<Invitation, AccessError> {
    let deed = audit::deed(actor, "access.add_account", name.as_str());
    audit::attempt(&app.store, &deed, async {
        let account = app
            .store
            .add_account(name, AccountKind::Person, role, clock::now())
            .await?
            .ok_or_else(|| AccessError::NameTaken(name.clone()))?;
        invitation(app, account).await
    })
    .await
}

/// Makes a new link for an account whose person cannot sign in any more.
pub async fn invite_again(
    app: &App,
    actor: &Actor,
    id: AccountId,
) -> Result<Invitation, AccessError> {
    let account = app.store.account(id).await?.ok_or(AccessError::NoSuchAccount)?;
    if account.kind == AccountKind::Script {
        return Err(AccessError::ScriptAccount(account.name));
    }
    let deed = audit::deed(actor, "access.sign_in_link", account.name.as_str());
    audit::attempt(&app.store, &deed, invitation(app, account)).await
}

async fn invitation(app: &App, account: Account) -> Result<Invitation, AccessError> {
    let expires_at = clock::now().plus(INVITATION_LIFE);
    let url = app.origins.address();
    let link = sign_in_link(&app.store, url, account.id, INVITATION_LIFE).await?;
    Ok(Invitation { account, link, expires_at })
}

pub async fn set_role(
    app: &App,
    actor: &Actor,
    id: AccountId,
    role: Role,
) -> Result<Account, AccessError> {
    let account = app.store.account(id).await?.ok_or(AccessError::NoSuchAccount)?;
    let deed = audit::deed(actor, "access.set_role", format!("{} to {role}", account.name));
    audit::attempt(&app.store, &deed, async {
        app.store.set_role(id, role).await?;
        Ok(Account { role, ..account })
    })
    .await
}

/// Removes an account with its sessions and tokens.
pub async fn remove_account(app: &App, actor: &Actor, id: AccountId) -> Result<(), AccessError> {
    let account = app.store.account(id).await?.ok_or(AccessError::NoSuchAccount)?;
    let deed = audit::deed(actor, "access.remove_account", account.name.as_str());
    audit::attempt(&app.store, &deed, async {
        app.store.remove_account(id).await.map_err(AccessError::from)
    })
    .await
}

/// Changes the actor's own password and signs its other browsers out. `current` is not asked of an
/// account that has none.
pub async fn change_password(
    app: &App,
    actor: &Actor,
    current: &Secret<String>,
    new: &Secret<String>,
) -> Result<(), AccessError> {
    let session = actor.session().ok_or(AccessError::SessionNeeded)?;
    let deed = audit::deed(actor, "access.change_password", &actor.name);
    audit::attempt(&app.store, &deed, async {
        // A browser left open is no place to guess the password from.
        app.limits.count(Some(&actor.name), None, clock::now())?;
        let credentials =
            app.store.credentials(&actor.name).await?.ok_or(AccessError::NoSuchAccount)?;
        if let Some(expected) = &credentials.password_hash
            && !app.passwords.verify(Some(expected), current).await?
        {
            return Err(AccessError::WrongCredentials);
        }
        app.limits.forgive(Some(&actor.name), None);
        let new_hash = app.passwords.hash(new).await?;
        Ok(app.store.set_password(actor.account, &new_hash, Some(session)).await?)
    })
    .await
}

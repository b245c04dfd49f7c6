//! Accounts, for admins.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use signalbox_domain::access::{Account, AccountName, Role};
use signalbox_domain::ids::AccountId;
use signalbox_domain::time::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::access;
use crate::http::actor::Actor;
use crate::http::error::Problem;
use crate::state::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(set_role, remove))
        .routes(routes!(make_link))
        .routes(routes!(sign_out))
}

/// All accounts.
#[utoipa::path(get, path = "/api/v1/access/accounts", tag = "access", responses((status = 200, body = Vec<Account>)))]
async fn list(State(app): State<App>) -> Result<Json<Vec<Account>>, Problem> {
    Ok(Json(app.store.accounts().await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    name: AccountName,
    role: Role,
}

/// An account and the link with which its person signs in once and sets a password.
#[derive(Serialize, ToSchema)]
struct Invitation {
    account: Account,
    /// Shown this once.
    link: String,
    expires_at: Timestamp,
}

impl From<access::Invitation> for Invitation {
    fn from(invitation: access::Invitation) -> Invitation {
        Invitation {
            account: invitation.account,
            link: invitation.link.reveal().clone(),
            expires_at: invitation.expires_at,
        }
    }
}

/// Makes an account. Its person signs in by the link in the answer and sets a password.
#[utoipa::path(post, path = "/api/v1/access/accounts", tag = "access", request_body = NewAccount, responses((status = 201, body = Invitation)))]
async fn add(
    State(app): State<App>,
    actor: Actor,
    Json(new): Json<NewAccount>,
) -> Result<(StatusCode, Json<Invitation>), Problem> {
    let invitation = access::invite(&app, &actor, &new.name, new.role).await?;
    Ok((StatusCode::CREATED, Json(invitation.into())))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RoleChange {
    role: Role,
}

/// Gives the account another role, which counts from its next request on.
#[utoipa::path(patch, path = "/api/v1/access/accounts/{id}", tag = "access", params(("id" = i64, Path)), request_body = RoleChange, responses((status = 200, body = Account)))]
async fn set_role(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<AccountId>,
    Json(change): Json<RoleChange>,
) -> Result<Json<Account>, Problem> {
    Ok(Json(access::set_role(&app, &actor, id, change.role).await?))
}

/// Removes the account with its sessions and tokens.
#[utoipa::path(delete, path = "/api/v1/access/accounts/{id}", tag = "access", params(("id" = i64, Path)), responses((status = 204)))]
async fn remove(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<AccountId>,
) -> Result<StatusCode, Problem> {
    access::remove_account(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a one-time link for a person who cannot sign in any more.
#[utoipa::path(post, path = "/api/v1/access/accounts/{id}/link", tag = "access", params(("id" = i64, Path)), responses((status = 201, body = Invitation)))]
async fn make_link(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<AccountId>,
) -> Result<(StatusCode, Json<Invitation>), Problem> {
    let invitation = access::invite_again(&app, &actor, id).await?;
    Ok((StatusCode::CREATED, Json(invitation.into())))
}

/// Signs out every browser of the account.
#[utoipa::path(delete, path = "/api/v1/access/accounts/{id}/browsers", tag = "access", params(("id" = i64, Path)), responses((status = 204)))]
async fn sign_out(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<AccountId>,
) -> Result<StatusCode, Problem> {
    access::sign_out_browsers(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

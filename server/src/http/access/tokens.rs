//! API tokens for scripts.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use signalbox_domain::access::{ApiToken, Permission, Role};
use signalbox_domain::ids::TokenId;
use signalbox_domain::time::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::access::{self, TokenRequest};
use crate::http::actor::Actor;
use crate::http::error::Problem;
use crate::state::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, issue)).routes(routes!(revoke))
}

/// One's own tokens; for an admin, all.
#[utoipa::path(get, path = "/api/v1/access/tokens", tag = "access", responses((status = 200, body = Vec<ApiToken>)))]
async fn list(State(app): State<App>, actor: Actor) -> Result<Json<Vec<ApiToken>>, Problem> {
    let of = (!actor.may(Permission::AccessAdmin)).then_some(actor.account);
    Ok(Json(app.store.tokens(of).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// What it is for, 1 to 64 characters.
    name: String,
    /// Up to one's own.
    role: Role,
    /// Narrows the token to these; absent: all that the role may.
    permissions: Option<BTreeSet<Permission>>,
    /// 1 to 365.
    expires_days: u32,
}

#[derive(Serialize, ToSchema)]
struct IssuedToken {
    id: TokenId,
    /// Send it as `Authorization: Bearer …`. Shown this once.
    token: String,
    expires_at: Timestamp,
}

/// Makes a token for one's own account. Only a person who is signed in can.
#[utoipa::path(post, path = "/api/v1/access/tokens", tag = "access", request_body = NewToken, responses((status = 201, body = IssuedToken)))]
async fn issue(
    State(app): State<App>,
    actor: Actor,
    Json(new): Json<NewToken>,
) -> Result<(StatusCode, Json<IssuedToken>), Problem> {
    let request = TokenRequest {
        name: new.name,
        role: new.role,
        permissions: new.permissions,
        expires_days: new.expires_days,
    };
    let issued = access::issue_token(&app, &actor, &request).await?;
    let answer = IssuedToken {
        id: issued.id,
        token: issued.secret.reveal().clone(),
        expires_at: issued.expires_at,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Revokes one of one's own tokens; an admin, any.
#[utoipa::path(delete, path = "/api/v1/access/tokens/{id}", tag = "access", params(("id" = i64, Path)), responses((status = 204)))]
async fn revoke(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<TokenId>,
) -> Result<StatusCode, Problem> {
    access::revoke_token(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Signing in and out, one's own password and browsers, and the first admin.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse};
use serde::{Deserialize, Serialize};
use signalbox_domain::access::{AccountName, SessionView, SignedInBrowser};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::access::{self, Client, SignedIn, Via};
use crate::clock;
use crate::http::actor::{Actor, clear_cookie, set_cookie};
use crate::http::error::Problem;
use crate::secret::Secret;
use crate::state::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(who_am_i, sign_in, sign_out))
        .routes(routes!(set_up_needed, set_up))
        .routes(routes!(change_password))
        .routes(routes!(browsers, sign_out_browsers))
}

/// Who is asking, and what they may do.
#[utoipa::path(get, path = "/api/v1/session", tag = "access", responses((status = 200, body = SessionView)))]
async fn who_am_i(actor: Actor) -> Json<SessionView> {
    Json(actor.view())
}

#[derive(Deserialize, ToSchema)]
#[serde(untagged, deny_unknown_fields)]
enum SignInRequest {
    Password {
        name: String,
        #[schema(value_type = String)]
        password: Secret<String>,
    },
    /// The part after `#link=` of a one-time link.
    Link {
        #[schema(value_type = String)]
        link: Secret<String>,
    },
}

/// Signs in by name and password, or by a one-time link. The session is in a cookie.
#[utoipa::path(post, path = "/api/v1/session", tag = "access", request_body = SignInRequest, responses((status = 200, body = SessionView)))]
async fn sign_in(
    State(app): State<App>,
    client: Client,
    Json(request): Json<SignInRequest>,
) -> Result<impl IntoResponse, Problem> {
    let signed_in = match request {
        SignInRequest::Password { name, password } => {
            access::sign_in_by_password(&app, &client, &name, &password).await?
        }
        SignInRequest::Link { link } => access::sign_in_by_link(&app, &client, &link).await?,
    };
    with_cookie(&app, StatusCode::OK, signed_in)
}

/// Signs this browser out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "access", responses((status = 204)))]
async fn sign_out(State(app): State<App>, actor: Actor) -> Result<impl IntoResponse, Problem> {
    access::sign_out(&app, &actor).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, clear_cookie(&app.origins)?)])))
}

#[derive(Serialize, ToSchema)]
struct SetUpState {
    /// Nobody can sign in yet: the console waits for its set-up link to be used.
    needed: bool,
}

/// Whether the first admin is still to be made.
#[utoipa::path(get, path = "/api/v1/access/setup", tag = "access", responses((status = 200, body = SetUpState)))]
async fn set_up_needed(State(app): State<App>) -> Result<Json<SetUpState>, Problem> {
    Ok(Json(SetUpState { needed: app.store.needs_set_up().await? }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetUpRequest {
    /// The part after `#link=` of the set-up link.
    #[schema(value_type = String)]
    link: Secret<String>,
    name: AccountName,
    /// At least 12 characters.
    #[schema(value_type = String)]
    password: Secret<String>,
}

/// Makes the first admin, with the link that the console printed on its machine, and signs in.
#[utoipa::path(post, path = "/api/v1/access/setup", tag = "access", request_body = SetUpRequest, responses((status = 201, body = SessionView)))]
async fn set_up(
    State(app): State<App>,
    client: Client,
    Json(request): Json<SetUpRequest>,
) -> Result<impl IntoResponse, Problem> {
    let SetUpRequest { link, name, password } = request;
    let signed_in = access::set_up(&app, &client, &link, &name, &password).await?;
    with_cookie(&app, StatusCode::CREATED, signed_in)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    /// Not asked of an account that has none yet.
    #[schema(value_type = Option<String>)]
    current: Option<Secret<String>>,
    /// At least 12 characters.
    #[schema(value_type = String)]
    new: Secret<String>,
}

/// Changes one's own password and signs one's other browsers out.
#[utoipa::path(put, path = "/api/v1/access/password", tag = "access", request_body = PasswordChange, responses((status = 204)))]
async fn change_password(
    State(app): State<App>,
    actor: Actor,
    Json(change): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    let current = change.current.unwrap_or_else(|| Secret::new(String::new()));
    access::change_password(&app, &actor, &current, &change.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where one is signed in.
#[utoipa::path(get, path = "/api/v1/access/browsers", tag = "access", responses((status = 200, body = Vec<SignedInBrowser>)))]
async fn browsers(
    State(app): State<App>,
    actor: Actor,
) -> Result<Json<Vec<SignedInBrowser>>, Problem> {
    let current = match &actor.via {
        Via::Session(id_hash) => Some(id_hash),
        Via::Token(_) | Via::Console => None,
    };
    Ok(Json(app.store.browsers(actor.account, current, clock::now()).await?))
}

/// Signs one's other browsers out.
#[utoipa::path(delete, path = "/api/v1/access/browsers", tag = "access", responses((status = 204)))]
async fn sign_out_browsers(State(app): State<App>, actor: Actor) -> Result<StatusCode, Problem> {
    access::sign_out_browsers(&app, &actor, actor.account).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn with_cookie(
    app: &App,
    status: StatusCode,
    signed_in: SignedIn,
) -> Result<impl IntoResponse + use<>, Problem> {
    let cookie = set_cookie(&app.origins, &signed_in.cookie)?;
    Ok((status, AppendHeaders([(SET_COOKIE, cookie)]), Json(signed_in.view)))
}

//! `/api/v1/nodes/…`

#![allow(unused_qualifications)] // in what the macro makes of `params`

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};
use serde::{Deserialize, Serialize};
use signalbox_domain::ids::{CredentialId, NodeId};
use signalbox_domain::nodes::{
    CredentialRecord, HostKey, ImportRequest, ImportRow, NewCredential, NewNode, NodeEdit,
    NodeHistory, NodeView, PinRequest, ScanRequest,
};
use signalbox_domain::phrase::Phrase;
use signalbox_domain::values::UserName;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::nodes::{self, NodesError};
use crate::http::actor::Actor;
use crate::http::error::Problem;
use crate::http::page;
use crate::ssh::SshError;
use crate::state::App;
use crate::store::NodeChangeError;

const PAGE_NODES: usize = 100;
const PAGE_MOST_NODES: usize = 500;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(scan))
        .routes(routes!(import_scan))
        .routes(routes!(sudoers))
        .routes(routes!(credentials, add_credential))
        .routes(routes!(remove_credential))
        .routes(routes!(show, edit, remove))
        .routes(routes!(history))
        .routes(routes!(scan_node))
        .routes(routes!(pin))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only nodes with a greater id; `next_after` of the page that was read last.
    after: Option<i64>,
    /// Nodes on the page, 1 to 500.
    #[param(default = 100)]
    limit: Option<usize>,
}

#[derive(Serialize, ToSchema)]
struct NodePage {
    /// By id.
    nodes: Vec<NodeView>,
    /// Asks for the next page; null on the last one.
    next_after: Option<NodeId>,
}

/// The nodes with what was seen of them, each fact with its age.
#[utoipa::path(get, path = "/api/v1/nodes", tag = "nodes", params(ListQuery), responses((status = 200, body = NodePage)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<NodePage>, Problem> {
    let limit = query.limit.unwrap_or(PAGE_NODES).clamp(1, PAGE_MOST_NODES);
    let mut nodes = nodes::views(&app).await?;
    nodes.retain(|node| query.after.is_none_or(|after| node.record.id.0 > after));
    let next_after = page::cut(&mut nodes, limit, |node| node.record.id);
    Ok(Json(NodePage { nodes, next_after }))
}

/// One node with what was seen of it.
#[utoipa::path(get, path = "/api/v1/nodes/{id}", tag = "nodes", params(("id" = i64, Path)), responses((status = 200, body = NodeView, headers(("etag" = String, description = "The version, for If-Match.")))))]
async fn show(
    State(app): State<App>,
    Path(id): Path<NodeId>,
) -> Result<impl IntoResponse, Problem> {
    Ok(with_version(StatusCode::OK, nodes::view_of(&app, id).await?))
}

/// The last five minutes of its vitals, and what its SSH line went through, as this console has seen
/// them since it started.
#[utoipa::path(get, path = "/api/v1/nodes/{id}/history", tag = "nodes", params(("id" = i64, Path)), responses((status = 200, body = NodeHistory)))]
async fn history(
    State(app): State<App>,
    Path(id): Path<NodeId>,
) -> Result<Json<NodeHistory>, Problem> {
    Ok(Json(app.fleet.history(id).ok_or(NodesError::NoSuchNode)?))
}

/// The host key that a machine shows, to be compared before the node is added. Nothing but the key
/// exchange is sent to it.
#[utoipa::path(post, path = "/api/v1/nodes/scan", tag = "nodes", request_body = ScanRequest, responses((status = 200, body = HostKey), (status = 502, description = "node_unreachable, node_timed_out …")))]
async fn scan(
    State(app): State<App>,
    Json(request): Json<ScanRequest>,
) -> Result<Json<HostKey>, Problem> {
    Ok(Json(nodes::scan(&app, &request).await?))
}

/// Adds a node: connects with the confirmed host key, signs in, tries `sudo -n` where it is asked for,
/// and stores it when all of that went well.
#[utoipa::path(post, path = "/api/v1/nodes", tag = "nodes", request_body = NewNode, responses((status = 201, body = NodeView), (status = 409, description = "name_taken"), (status = 502, description = "node_unreachable, node_host_key_changed, node_access_denied, node_sudo_refused, node_timed_out …")))]
async fn add(
    State(app): State<App>,
    actor: Actor,
    Json(new): Json<NewNode>,
) -> Result<impl IntoResponse, Problem> {
    Ok(with_version(StatusCode::CREATED, nodes::add(&app, &actor, new).await?))
}

/// The host keys of several machines side by side, from pasted lines `name user@host:port tags=a,b`.
/// Each is confirmed by adding its node.
#[utoipa::path(post, path = "/api/v1/nodes/import/scan", tag = "nodes", request_body = ImportRequest, responses((status = 200, body = Vec<ImportRow>)))]
async fn import_scan(
    State(app): State<App>,
    Json(request): Json<ImportRequest>,
) -> Result<Json<Vec<ImportRow>>, Problem> {
    Ok(Json(nodes::scan_import(&app, &request).await?))
}

/// Changes a node's name, tags, address, account or credential. A changed line is tried first.
#[utoipa::path(patch, path = "/api/v1/nodes/{id}", tag = "nodes", params(("id" = i64, Path), ("if-match" = String, Header, description = "The version that was read.")), request_body = NodeEdit, responses((status = 200, body = NodeView), (status = 412, description = "stale_version"), (status = 428, description = "version_needed")))]
async fn edit(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<NodeId>,
    headers: HeaderMap,
    Json(edit): Json<NodeEdit>,
) -> Result<impl IntoResponse, Problem> {
    let version = version_in(&headers)?;
    Ok(with_version(StatusCode::OK, nodes::edit(&app, &actor, id, version, edit).await?))
}

/// Removes the node from the console. Nothing changes on the machine.
#[utoipa::path(delete, path = "/api/v1/nodes/{id}", tag = "nodes", params(("id" = i64, Path)), responses((status = 204), (status = 409, description = "node_is_jump_host")))]
async fn remove(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<NodeId>,
) -> Result<StatusCode, Problem> {
    nodes::remove(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The host key that the node shows now, to be compared before it is pinned.
#[utoipa::path(post, path = "/api/v1/nodes/{id}/scan", tag = "nodes", params(("id" = i64, Path)), responses((status = 200, body = HostKey)))]
async fn scan_node(
    State(app): State<App>,
    Path(id): Path<NodeId>,
) -> Result<Json<HostKey>, Problem> {
    Ok(Json(nodes::scan_node(&app, id).await?))
}

/// Pins the host key that the node shows now, when it is exactly the one in the request.
#[utoipa::path(post, path = "/api/v1/nodes/{id}/pin", tag = "nodes", params(("id" = i64, Path)), request_body = PinRequest, responses((status = 200, body = NodeView), (status = 409, description = "other_key_shown, with the shown host_key")))]
async fn pin(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<NodeId>,
    Json(request): Json<PinRequest>,
) -> Result<impl IntoResponse, Problem> {
    Ok(with_version(StatusCode::OK, nodes::pin(&app, &actor, id, request).await?))
}

/// The stored credentials, without their secrets.
#[utoipa::path(get, path = "/api/v1/nodes/credentials", tag = "nodes", responses((status = 200, body = Vec<CredentialRecord>)))]
async fn credentials(State(app): State<App>) -> Result<Json<Vec<CredentialRecord>>, Problem> {
    Ok(Json(app.store.node_credentials().await?))
}

/// Stores a password or private key, encrypted, for several nodes.
#[utoipa::path(post, path = "/api/v1/nodes/credentials", tag = "nodes", request_body = NewCredential, responses((status = 201, body = CredentialRecord)))]
async fn add_credential(
    State(app): State<App>,
    actor: Actor,
    Json(new): Json<NewCredential>,
) -> Result<(StatusCode, Json<CredentialRecord>), Problem> {
    Ok((StatusCode::CREATED, Json(nodes::add_credential(&app, &actor, new).await?)))
}

/// Removes a credential that no node is signed in to with.
#[utoipa::path(delete, path = "/api/v1/nodes/credentials/{id}", tag = "nodes", params(("id" = i64, Path)), responses((status = 204), (status = 409, description = "credential_in_use")))]
async fn remove_credential(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<CredentialId>,
) -> Result<StatusCode, Problem> {
    nodes::remove_credential(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SudoersQuery {
    /// The account that the console signs in with.
    #[param(value_type = String)]
    user: UserName,
}

/// A file for `/etc/sudoers.d` with which the account can be used with elevation `sudo`.
#[utoipa::path(get, path = "/api/v1/nodes/sudoers", tag = "nodes", params(SudoersQuery), responses((status = 200, body = String, content_type = "text/plain")))]
async fn sudoers(Query(query): Query<SudoersQuery>) -> impl IntoResponse {
    (AppendHeaders([(CONTENT_TYPE, "text/plain; charset=utf-8")]), nodes::sudoers(&query.user))
}

fn with_version(status: StatusCode, node: NodeView) -> impl IntoResponse {
    let version = format!("\"{}\"", node.record.version);
    (status, AppendHeaders([(ETAG, version)]), Json(node))
}

fn version_in(headers: &HeaderMap) -> Result<i64, Problem> {
    let sent = headers.get(IF_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    sent.trim().trim_matches('"').parse().map_err(|_| {
        Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "version_needed",
            Phrase::new(
                "Send If-Match with the version that was read, e.g. If-Match: \"3\".",
                "请以 If-Match 附上所读的版本，例如 If-Match: \"3\"。",
            ),
        )
    })
}

impl From<NodesError> for Problem {
    fn from(error: NodesError) -> Problem {
        match error {
            NodesError::NoSuchNode => Problem::not_found("The node", "该节点"),
            NodesError::NoSuchCredential => Problem::not_found("The credential", "该凭据"),
            NodesError::CredentialName => Problem::invalid(Phrase::new(
                "name: expected 1 to 63 characters on one line.",
                "name：应为一行内 1 至 63 个字符。",
            )),
            NodesError::NotAFingerprint { found } => Problem::invalid(Phrase::new(
                format!("host_key: expected SHA256: and 43 characters of base64; found {found:?}."),
                format!("host_key：应为 SHA256: 加 43 个 base64 字符；实为 {found:?}。"),
            )),
            NodesError::OtherKeyShown { shown } => Problem::new(
                StatusCode::CONFLICT,
                "other_key_shown",
                Phrase::new(
                    format!("The node shows {}. Compare that one.", shown.fingerprint),
                    format!("节点出示的是 {}。请核对该密钥。", shown.fingerprint),
                ),
            )
            .with("host_key", &shown),
            NodesError::TooManyLines { most, found } => Problem::invalid(Phrase::new(
                format!("lines: expected at most {most}; found {found}."),
                format!("lines：至多 {most} 行；实为 {found} 行。"),
            )),
            NodesError::Change(error) => error.into(),
            NodesError::Ssh(error) => error.into(),
            NodesError::Seal(_) | NodesError::Json(_) | NodesError::Store(_) => {
                Problem::internal(&error)
            }
        }
    }
}

impl From<NodeChangeError> for Problem {
    fn from(error: NodeChangeError) -> Problem {
        let conflict = |code, detail| Problem::new(StatusCode::CONFLICT, code, detail);
        match error {
            NodeChangeError::Missing => Problem::not_found("The node", "该节点"),
            NodeChangeError::NameTaken(name) => conflict(
                "name_taken",
                Phrase::new(
                    format!("There is a node {name} already."),
                    format!("节点 {name} 已存在。"),
                ),
            ),
            NodeChangeError::Stale { found } => Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "stale_version",
                Phrase::new(
                    format!(
                        "Somebody has changed the node: it is at version {found}. Read it again."
                    ),
                    format!("节点已被他人修改，当前版本为 {found}。请重新读取。"),
                ),
            )
            .with("version", &found),
            NodeChangeError::IsJumpHost => conflict(
                "node_is_jump_host",
                Phrase::new(
                    "Other nodes are reached through this one. Give them another way first.",
                    "其他节点经由此节点连接。请先为它们更换路径。",
                ),
            ),
            NodeChangeError::CredentialInUse => conflict(
                "credential_in_use",
                Phrase::new(
                    "Nodes are signed in to with this credential. Give them another one first.",
                    "仍有节点使用此凭据。请先为它们更换凭据。",
                ),
            ),
            NodeChangeError::Store(error) => error.into(),
        }
    }
}

/// The node's fault, not the console's: never a 500 but for the two that are the console's.
impl From<SshError> for Problem {
    fn from(error: SshError) -> Problem {
        let status = match &error {
            SshError::LocalSocket(_) | SshError::Directory(_) => return Problem::internal(&error),
            SshError::NoSuchNode(_) => StatusCode::NOT_FOUND,
            SshError::BadKey(_) => StatusCode::UNPROCESSABLE_ENTITY,
            SshError::TimedOut(_) => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        };
        let problem = Problem::new(status, error.code(), error.phrase());
        match &error {
            SshError::HostKeyChanged { pinned, found, .. } => {
                problem.with("pinned", pinned).with("found", found)
            }
            _ => problem,
        }
    }
}

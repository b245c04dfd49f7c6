//! `/api/v1/vrrp`. Handing over is an operation: `POST /api/v1/jobs`.

#![allow(unused_qualifications)] // in what the macro makes of `params`

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use signalbox_domain::fact::Fact;
use signalbox_domain::ids::NodeId;
use signalbox_domain::phrase::Phrase;
use signalbox_domain::vrrp::deploy::ConfView;
use signalbox_domain::vrrp::split::{PolicyView, SplitPolicy};
use signalbox_domain::vrrp::wire::Wire;
use signalbox_domain::vrrp::{HolderStretch, VrrpView};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::vrrp::VrrpError;
use crate::app::vrrp_wire::{self, ListenError};
use crate::app::{vrrp_conf, vrrp_holders, vrrp_split};
use crate::http::actor::Actor;
use crate::http::error::Problem;
use crate::state::App;

const HOURS: u64 = 24;
const MOST_HOURS: u64 = 30 * 24;

/// How long it is listened, s.
const LISTENED: u32 = 3;
const MOST_LISTENED: u32 = 10;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(vrrp))
        .routes(routes!(holders))
        .routes(routes!(conf))
        .routes(routes!(wire))
        .routes(routes!(policy, set_policy))
}

/// Every VRRP instance: who holds it, and what each director says of itself.
#[utoipa::path(get, path = "/api/v1/vrrp", tag = "vrrp", responses((status = 200, body = VrrpView)))]
async fn vrrp(State(app): State<App>) -> Json<VrrpView> {
    Json(app.fleet.vrrp())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HoldersQuery {
    /// How far back, 1 to 720.
    #[param(default = 24)]
    hours: Option<u64>,
}

/// Who was seen to hold each instance, oldest first. Of the time between two stretches nothing is
/// known: the console or a director could not be seen. The end of a stretch that still lasts is
/// written every 30 s.
#[utoipa::path(get, path = "/api/v1/vrrp/holders", tag = "vrrp", params(HoldersQuery), responses((status = 200, body = Vec<HolderStretch>)))]
async fn holders(
    State(app): State<App>,
    Query(query): Query<HoldersQuery>,
) -> Result<Json<Vec<HolderStretch>>, Problem> {
    let hours = query.hours.unwrap_or(HOURS).clamp(1, MOST_HOURS);
    Ok(Json(vrrp_holders::of_last(&app, Duration::from_secs(hours * 3600)).await?))
}

/// What the console does by itself when several directors hold the same addresses.
#[utoipa::path(get, path = "/api/v1/vrrp/policy", tag = "vrrp", responses((status = 200, body = PolicyView)))]
async fn policy(State(app): State<App>) -> Result<Json<PolicyView>, Problem> {
    Ok(Json(app.store.split_policy().await?))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPolicy {
    split_brain: SplitPolicy,
}

/// Sets it. With `automatic` the console demotes one of them by itself, once in a split, and only
/// where a third node sees the one that is left.
#[utoipa::path(put, path = "/api/v1/vrrp/policy", tag = "vrrp", request_body = NewPolicy, responses((status = 200, body = PolicyView)))]
async fn set_policy(
    State(app): State<App>,
    actor: Actor,
    Json(new): Json<NewPolicy>,
) -> Result<Json<PolicyView>, Problem> {
    Ok(Json(vrrp_split::set_policy(&app, &actor, new.split_brain).await?))
}

/// keepalived's files on a node, read now. In the place of each password is a word that stands for
/// it, and that a deployment may use. Deploying is an operation: `POST /api/v1/plans`.
#[utoipa::path(get, path = "/api/v1/vrrp/conf/{node}", tag = "vrrp", params(("node" = i64, Path)), responses((status = 200, body = ConfView), (status = 502)))]
async fn conf(State(app): State<App>, Path(node): Path<NodeId>) -> Result<Json<ConfView>, Problem> {
    Ok(Json(vrrp_conf::view(&app, node).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WireQuery {
    /// How long it is listened, 1 to 10.
    #[param(default = 3)]
    seconds: Option<u32>,
}

/// Who sends adverts: a sniffer listens on the node's interfaces for some seconds, before the packet
/// filter for what comes in and behind it for what goes out. Changes nothing.
#[utoipa::path(get, path = "/api/v1/vrrp/wire/{node}", tag = "vrrp", params(("node" = i64, Path), WireQuery), responses((status = 200, body = Fact<Wire>), (status = 502)))]
async fn wire(
    State(app): State<App>,
    Path(node): Path<NodeId>,
    Query(query): Query<WireQuery>,
) -> Result<Json<Fact<Wire>>, Problem> {
    let seconds = query.seconds.unwrap_or(LISTENED).clamp(1, MOST_LISTENED);
    Ok(Json(vrrp_wire::listen(&app, node, seconds).await?))
}

impl From<ListenError> for Problem {
    fn from(error: ListenError) -> Problem {
        match error {
            ListenError::NoSuchNode(node) => {
                Problem::not_found(&format!("Node {node}"), &format!("节点 {node} "))
            }
            ListenError::Deaf { .. } => Problem::new(
                StatusCode::BAD_GATEWAY,
                "node_refused",
                Phrase::same(error.to_string()),
            ),
        }
    }
}

impl From<VrrpError> for Problem {
    fn from(error: VrrpError) -> Problem {
        match error {
            VrrpError::NoSuchInstance(name) => {
                Problem::not_found(&format!("VRRP instance {name}"), &format!("VRRP 实例 {name} "))
            }
            VrrpError::NoSuchNode(node) => {
                Problem::not_found(&format!("Node {node}"), &format!("节点 {node} "))
            }
            VrrpError::Unreadable { .. } => Problem::new(
                StatusCode::BAD_GATEWAY,
                "node_refused",
                Phrase::same(error.to_string()),
            ),
            VrrpError::Change(error) => Problem::invalid(Phrase::same(error.to_string())),
            VrrpError::Plan(error) => Problem::invalid(Phrase::same(error.to_string())),
            VrrpError::Store(error) => error.into(),
        }
    }
}

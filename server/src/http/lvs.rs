//! `/api/v1/lvs`

#![allow(unused_qualifications)] // in what the macro makes of `params`

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use signalbox_domain::fact::Fact;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::explain::Explanation;
use signalbox_domain::lvs::history::TrafficCurves;
use signalbox_domain::lvs::mode::Readiness;
use signalbox_domain::lvs::sharing::Proof;
use signalbox_domain::lvs::standing::ServerStretch;
use signalbox_domain::lvs::{
    ConnectionFilter, Connections, DirectorSettings, LvsView, ServiceId, Table,
};
use signalbox_domain::phrase::Phrase;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::lvs::{self, LvsError};
use crate::app::lvs_change::LvsChangeError;
use crate::app::lvs_edit::LvsEditError;
use crate::app::lvs_explain::{self, ExplainError};
use crate::app::lvs_mode::{self, LvsMoveError};
use crate::app::lvs_sharing::{self, SharingError};
use crate::app::lvs_standing;
use crate::app::lvs_sync::LvsSyncError;
use crate::clock;
use crate::http::error::Problem;
use crate::state::App;

/// Connections in an answer, unless more are asked for.
const ROWS: u16 = 50;
const MOST_ROWS: u16 = 500;

/// Of history, unless more is asked for.
const HOURS: u64 = 24;
const MOST_HOURS: u64 = 720;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(tables))
        .routes(routes!(services))
        .routes(routes!(history))
        .routes(routes!(standing))
        .routes(routes!(proofs))
        .routes(routes!(explained))
        .routes(routes!(readiness))
        .routes(routes!(settings))
        .routes(routes!(connections))
}

/// One director's IPVS.
#[derive(Debug, Serialize, ToSchema)]
struct DirectorTables {
    node: NodeId,
    name: String,
    /// The node cannot be seen now: the tables are what was seen last.
    stale: bool,
    table: Option<Fact<Table>>,
    /// What keepalived.conf has: a server that is not in `table` failed its check.
    configured: Option<Fact<Table>>,
}

/// The IPVS table of each director.
#[utoipa::path(get, path = "/api/v1/lvs", tag = "lvs", responses((status = 200, body = Vec<DirectorTables>)))]
async fn tables(State(app): State<App>) -> Json<Vec<DirectorTables>> {
    let now = clock::now();
    let nodes = app.fleet.nodes().into_values();
    let directors = nodes.filter(|(_, observed)| {
        let services = |fact: &Option<Fact<Table>>| {
            fact.as_ref().is_some_and(|fact| !fact.value.services.is_empty())
        };
        services(&observed.lvs) || services(&observed.lvs_conf)
    });
    let tables = directors.map(|(record, observed)| DirectorTables {
        node: record.id,
        name: record.name.to_string(),
        stale: !observed.is_current(now),
        table: observed.lvs,
        configured: observed.lvs_conf,
    });
    Json(tables.collect())
}

/// Each virtual service once, with what every director says of it, and what differs.
#[utoipa::path(get, path = "/api/v1/lvs/services", tag = "lvs", responses((status = 200, body = LvsView)))]
async fn services(State(app): State<App>) -> Json<LvsView> {
    Json(app.fleet.lvs())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HistoryQuery {
    /// A service's id, e.g. `tcp/192.168.1.200:80`: its real servers are told, too.
    service: Option<String>,
}

/// New connections per second over the last fifteen minutes, a point each ten seconds, as far as
/// this console has seen them.
#[utoipa::path(get, path = "/api/v1/lvs/history", tag = "lvs", params(HistoryQuery), responses((status = 200, body = TrafficCurves)))]
async fn history(State(app): State<App>, Query(query): Query<HistoryQuery>) -> Json<TrafficCurves> {
    Json(app.fleet.lvs_curves(query.service.map(ServiceId).as_ref()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StandingQuery {
    /// A service's id, e.g. `tcp/192.168.1.200:80`.
    service: String,
    /// How far back, 1 to 720.
    #[param(default = 24)]
    hours: Option<u64>,
}

/// How directors were seen to treat a service's real servers: with which weight, or taken out by a check,
/// oldest first, at most the newest 2,000. What lies between two was not seen.
#[utoipa::path(get, path = "/api/v1/lvs/standing", tag = "lvs", params(StandingQuery), responses((status = 200, body = Vec<ServerStretch>)))]
async fn standing(
    State(app): State<App>,
    Query(query): Query<StandingQuery>,
) -> Result<Json<Vec<ServerStretch>>, Problem> {
    let hours = query.hours.unwrap_or(HOURS).clamp(1, MOST_HOURS);
    let span = Duration::from_secs(hours * 3600);
    Ok(Json(lvs_standing::of_last(&app, &ServiceId(query.service), span).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ProofsQuery {
    /// A service's id, e.g. `tcp/192.168.1.200:80`.
    service: String,
}

/// What was found when somebody had it proved how a service is shared among its real servers, newest
/// first, at most ten.
#[utoipa::path(get, path = "/api/v1/lvs/proofs", tag = "lvs", params(ProofsQuery), responses((status = 200, body = Vec<Proof>)))]
async fn proofs(
    State(app): State<App>,
    Query(query): Query<ProofsQuery>,
) -> Result<Json<Vec<Proof>>, Problem> {
    Ok(Json(lvs_sharing::proofs(&app, &ServiceId(query.service)).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExplainQuery {
    /// A service's id, e.g. `tcp/192.168.1.200:80`.
    service: String,
    /// The node that plays the client. Absent: one that is neither director nor real server.
    #[param(value_type = Option<i64>)]
    from: Option<NodeId>,
}

/// Why a service does not work: its path is walked on the real nodes, now, and the first thing that is
/// broken is named. Changes nothing; a client makes a dozen connections.
#[utoipa::path(get, path = "/api/v1/lvs/explain", tag = "lvs", params(ExplainQuery), responses((status = 200, body = Explanation), (status = 404)))]
async fn explained(
    State(app): State<App>,
    Query(query): Query<ExplainQuery>,
) -> Result<Json<Explanation>, Problem> {
    Ok(Json(lvs_explain::walk(&app, &ServiceId(query.service), query.from).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReadinessQuery {
    /// E.g. `tcp/192.168.1.200:80`.
    service: String,
}

/// Whether each real server of a service is ready for NAT, DR and TUN, and what it lacks, read now.
/// Changes nothing.
#[utoipa::path(get, path = "/api/v1/lvs/readiness", tag = "lvs", params(ReadinessQuery), responses((status = 200, body = Readiness), (status = 404), (status = 422)))]
async fn readiness(
    State(app): State<App>,
    Query(query): Query<ReadinessQuery>,
) -> Result<Json<Readiness>, Problem> {
    Ok(Json(lvs_mode::look(&app, &ServiceId(query.service)).await?))
}

/// A director's timeouts, sync daemons and kernel settings, read now.
#[utoipa::path(get, path = "/api/v1/lvs/{node}/settings", tag = "lvs", params(("node" = i64, Path)), responses((status = 200, body = DirectorSettings), (status = 502)))]
async fn settings(
    State(app): State<App>,
    Path(node): Path<NodeId>,
) -> Result<Json<DirectorSettings>, Problem> {
    Ok(Json(DirectorSettings::of(lvs::settings(&app, node).await?)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ConnectionsQuery {
    /// A service's id, e.g. `tcp/192.168.1.200:80` or `mark/7`. Of a service by firewall mark only
    /// the persistence templates are known to be its own.
    service: Option<String>,
    /// A real server, `ADDRESS:PORT`.
    server: Option<String>,
    /// A client's address.
    client: Option<String>,
    /// As the kernel names it, e.g. `ESTABLISHED`.
    state: Option<String>,
    /// How many connections are told at most, 0 to 500.
    #[param(default = 50)]
    limit: Option<u16>,
}

/// A director's connection table, read now: counted and filtered on the node, with a fair sample of
/// the connections that were asked for.
#[utoipa::path(get, path = "/api/v1/lvs/{node}/connections", tag = "lvs", params(("node" = i64, Path), ConnectionsQuery), responses((status = 200, body = Fact<Connections>), (status = 422), (status = 502)))]
async fn connections(
    State(app): State<App>,
    Path(node): Path<NodeId>,
    Query(query): Query<ConnectionsQuery>,
) -> Result<Json<Fact<Connections>>, Problem> {
    let rows = query.limit.unwrap_or(ROWS).min(MOST_ROWS);
    let filter = query.filter()?;
    Ok(Json(lvs::connections(&app, node, &filter, rows).await?))
}

impl ConnectionsQuery {
    fn filter(self) -> Result<ConnectionFilter, Problem> {
        let target = self.service.map(|id| {
            let id = ServiceId(id);
            id.target().ok_or_else(|| not_a("a service's id", &id.0))
        });
        Ok(ConnectionFilter {
            target: target.transpose()?,
            server: given::<SocketAddr>(self.server, "ADDRESS:PORT")?,
            client: given::<IpAddr>(self.client, "an IP address")?,
            state: given(self.state, "a state such as ESTABLISHED")?,
        })
    }
}

fn given<T: FromStr>(text: Option<String>, expected: &str) -> Result<Option<T>, Problem> {
    text.map(|text| text.parse().map_err(|_| not_a(expected, &text))).transpose()
}

fn not_a(expected: &str, found: &dyn Display) -> Problem {
    Problem::invalid(Phrase::new(
        format!("Expected {expected}; found {found:.80}."),
        format!("需要 {expected}，而不是 {found:.80}。"),
    ))
}

impl From<ExplainError> for Problem {
    fn from(error: ExplainError) -> Problem {
        match error {
            ExplainError::NoSuchService(id) => {
                Problem::not_found(&format!("Service {id}"), &format!("服务 {id} "))
            }
            ExplainError::NoSuchNode(node) => {
                Problem::not_found(&format!("Node {node}"), &format!("节点 {node} "))
            }
            ExplainError::ByMark(_) => Problem::invalid(Phrase::same(error.to_string())),
        }
    }
}

impl From<SharingError> for Problem {
    fn from(error: SharingError) -> Problem {
        match error {
            SharingError::Prove(error) => Problem::invalid(Phrase::same(error.to_string())),
            SharingError::Store(error) => error.into(),
        }
    }
}

impl From<LvsError> for Problem {
    fn from(error: LvsError) -> Problem {
        match error {
            LvsError::NoSuchNode(node) => {
                Problem::not_found(&format!("Node {node}"), &format!("节点 {node} "))
            }
            LvsError::Unreachable { .. }
            | LvsError::Refused { .. }
            | LvsError::Settings(_)
            | LvsError::Connections(_) => Problem::new(
                StatusCode::BAD_GATEWAY,
                "node_refused",
                Phrase::same(error.to_string()),
            ),
        }
    }
}

impl From<LvsChangeError> for Problem {
    fn from(error: LvsChangeError) -> Problem {
        match error {
            LvsChangeError::Plan(error) => Problem::invalid(Phrase::same(error.to_string())),
            LvsChangeError::Vrrp(error) => error.into(),
            LvsChangeError::Store(error) => error.into(),
        }
    }
}

impl From<LvsEditError> for Problem {
    fn from(error: LvsEditError) -> Problem {
        match error {
            LvsEditError::Edit(error) => Problem::invalid(Phrase::same(error.to_string())),
            LvsEditError::NoSuchNode(node) => {
                Problem::not_found(&format!("Node {node}"), &format!("节点 {node} "))
            }
            LvsEditError::Vrrp(error) => error.into(),
            LvsEditError::Store(error) => error.into(),
        }
    }
}

impl From<LvsMoveError> for Problem {
    fn from(error: LvsMoveError) -> Problem {
        match error {
            LvsMoveError::Move(error) => Problem::invalid(Phrase::same(error.to_string())),
            LvsMoveError::Edit(error) => error.into(),
            LvsMoveError::Explain(error) => error.into(),
        }
    }
}

impl From<LvsSyncError> for Problem {
    fn from(error: LvsSyncError) -> Problem {
        match error {
            LvsSyncError::Sync(error) => Problem::invalid(Phrase::same(error.to_string())),
            LvsSyncError::NoSuchNode(node) => {
                Problem::not_found(&format!("Node {node}"), &format!("节点 {node} "))
            }
            LvsSyncError::Vrrp(error) => error.into(),
            LvsSyncError::Store(error) => error.into(),
        }
    }
}

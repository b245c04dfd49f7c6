//! `/api/v1/firewall`. Applying a draft is an operation: `POST /api/v1/jobs`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use signalbox_domain::firewall::FirewallView;
use signalbox_domain::ids::NodeId;
use signalbox_domain::phrase::Phrase;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::firewall::{self, FirewallError};
use crate::http::error::Problem;
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(rules))
}

/// All that decides on packets on a node, read now: the rules of each iptables with their
/// counters, and the nft tables that no iptables shows.
#[utoipa::path(get, path = "/api/v1/firewall/{node}", tag = "firewall", params(("node" = i64, Path)), responses((status = 200, body = FirewallView), (status = 502)))]
async fn rules(
    State(app): State<App>,
    Path(node): Path<NodeId>,
) -> Result<Json<FirewallView>, Problem> {
    Ok(Json(firewall::view(&app, node).await?))
}

impl From<FirewallError> for Problem {
    fn from(error: FirewallError) -> Problem {
        match error {
            FirewallError::NoSuchNode(node) => {
                Problem::not_found(&format!("Node {node}"), &format!("节点 {node} "))
            }
            FirewallError::Unreachable { .. }
            | FirewallError::Refused { .. }
            | FirewallError::TooMany(_) => Problem::new(
                StatusCode::BAD_GATEWAY,
                "node_refused",
                Phrase::same(error.to_string()),
            ),
            FirewallError::Plan(error) => Problem::invalid(Phrase::same(error.to_string())),
            FirewallError::Store(error) => error.into(),
        }
    }
}

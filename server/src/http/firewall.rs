//! `/api/v1/firewall`. Applying a draft is an operation: `POST /api/v1/jobs`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use signalbox_domain::firewall::FirewallView;
use signalbox_domain::firewall::history::{PastRules, PastRuleset};
use signalbox_domain::ids::{NodeId, RulesetId};
use signalbox_domain::phrase::Phrase;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::firewall::{self, FirewallError};
use crate::app::firewall_history;
use crate::http::error::Problem;
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(rules))
        .routes(routes!(past_rulesets))
        .routes(routes!(past_rules))
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

/// Which rules each iptables of a node had, newest first, without their texts. Rules are read while
/// somebody looks at them, every quarter of an hour besides, and after a job that changed them; 200
/// rulesets of each iptables are kept. Restoring one is an operation, too: apply its text.
#[utoipa::path(get, path = "/api/v1/firewall/{node}/history", tag = "firewall", params(("node" = i64, Path)), responses((status = 200, body = Vec<PastRuleset>)))]
async fn past_rulesets(
    State(app): State<App>,
    Path(node): Path<NodeId>,
) -> Result<Json<Vec<PastRuleset>>, Problem> {
    Ok(Json(firewall_history::of(&app, node).await?))
}

/// One ruleset of the history, with its rules.
#[utoipa::path(get, path = "/api/v1/firewall/{node}/history/{id}", tag = "firewall", params(("node" = i64, Path), ("id" = i64, Path)), responses((status = 200, body = PastRules)))]
async fn past_rules(
    State(app): State<App>,
    Path((node, id)): Path<(NodeId, RulesetId)>,
) -> Result<Json<PastRules>, Problem> {
    Ok(Json(firewall_history::rules(&app, node, id).await?))
}

impl From<FirewallError> for Problem {
    fn from(error: FirewallError) -> Problem {
        match error {
            FirewallError::NoSuchNode(node) => {
                Problem::not_found(&format!("Node {node}"), &format!("节点 {node} "))
            }
            FirewallError::NoSuchRuleset { id, .. } => {
                Problem::not_found(&format!("Ruleset {id}"), &format!("规则集 {id} "))
            }
            FirewallError::Unreachable { .. }
            | FirewallError::Refused { .. }
            | FirewallError::TooMany(_) => Problem::new(
                StatusCode::BAD_GATEWAY,
                "node_refused",
                Phrase::same(error.to_string()),
            ),
            FirewallError::Plan(error) => Problem::invalid(Phrase::same(error.to_string())),
            FirewallError::Trace(error) => Problem::invalid(Phrase::same(error.to_string())),
            FirewallError::Store(error) => error.into(),
        }
    }
}

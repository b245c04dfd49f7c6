//! `/api/v1/lvs`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use signalbox_domain::fact::Fact;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::Table;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::clock;
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(tables))
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

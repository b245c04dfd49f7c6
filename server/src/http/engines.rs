//! `/api/v1/engines`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use signalbox_domain::engines::EngineState;
use signalbox_domain::fact::Fact;
use signalbox_domain::ids::NodeId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::clock;
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(engines))
}

/// One MariaDB or MySQL server.
#[derive(Debug, Serialize, ToSchema)]
struct Engine {
    node: NodeId,
    name: String,
    /// The node cannot be seen now: the state is what was seen last.
    stale: bool,
    state: Option<Fact<EngineState>>,
    /// Why it cannot be asked.
    unreadable: Option<String>,
}

/// Every database server and how it replicates.
#[utoipa::path(get, path = "/api/v1/engines", tag = "engines", responses((status = 200, body = Vec<Engine>)))]
async fn engines(State(app): State<App>) -> Json<Vec<Engine>> {
    let now = clock::now();
    let engines = app.fleet.nodes().into_values().filter_map(|(record, observed)| {
        let unreadable = observed.unreadable.get("engine").cloned();
        (observed.engine.is_some() || unreadable.is_some()).then(|| Engine {
            node: record.id,
            name: record.name.to_string(),
            stale: !observed.is_current(now),
            state: observed.engine,
            unreadable,
        })
    });
    Json(engines.collect())
}

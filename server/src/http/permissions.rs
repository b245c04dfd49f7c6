//! What each route asks for, in one table. A route without a row here answers nobody.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use signalbox_domain::access::Permission;
use signalbox_domain::phrase::Phrase;

use crate::http::actor;
use crate::http::error::Problem;
use crate::state::App;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody who reaches the console.
    Public,
    /// Whoever is signed in and has this permission.
    Needs(Permission),
}

pub struct Row {
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
}

const fn row(method: Method, path: &'static str, access: Access) -> Row {
    Row { method, path, access }
}

/// Sorted by feature, then path.
pub static TABLE: &[Row] = &[
    row(Method::GET, "/api/v1/health", Access::Public),
    row(Method::GET, "/api/v1/openapi.json", Access::Public),
    row(Method::POST, "/api/v1/session", Access::Public),
    row(Method::GET, "/api/v1/session", Access::Needs(Permission::AccessSelf)),
    row(Method::DELETE, "/api/v1/session", Access::Needs(Permission::AccessSelf)),
    row(Method::GET, "/api/v1/access/setup", Access::Public),
    row(Method::POST, "/api/v1/access/setup", Access::Public),
    row(Method::PUT, "/api/v1/access/password", Access::Needs(Permission::AccessSelf)),
    row(Method::GET, "/api/v1/access/browsers", Access::Needs(Permission::AccessSelf)),
    row(Method::DELETE, "/api/v1/access/browsers", Access::Needs(Permission::AccessSelf)),
    row(Method::GET, "/api/v1/access/tokens", Access::Needs(Permission::AccessSelf)),
    row(Method::POST, "/api/v1/access/tokens", Access::Needs(Permission::AccessSelf)),
    row(Method::DELETE, "/api/v1/access/tokens/{id}", Access::Needs(Permission::AccessSelf)),
    row(Method::GET, "/api/v1/access/accounts", Access::Needs(Permission::AccessAdmin)),
    row(Method::POST, "/api/v1/access/accounts", Access::Needs(Permission::AccessAdmin)),
    row(Method::PATCH, "/api/v1/access/accounts/{id}", Access::Needs(Permission::AccessAdmin)),
    row(Method::DELETE, "/api/v1/access/accounts/{id}", Access::Needs(Permission::AccessAdmin)),
    row(Method::POST, "/api/v1/access/accounts/{id}/link", Access::Needs(Permission::AccessAdmin)),
    row(
        Method::DELETE,
        "/api/v1/access/accounts/{id}/browsers",
        Access::Needs(Permission::AccessAdmin),
    ),
    row(Method::GET, "/api/v1/audit", Access::Needs(Permission::AuditRead)),
    row(Method::GET, "/api/v1/audit/verify", Access::Needs(Permission::AuditRead)),
    row(Method::GET, "/api/v1/backups", Access::Needs(Permission::BackupsRead)),
    row(Method::GET, "/api/v1/backups/{id}", Access::Needs(Permission::BackupsRead)),
    row(Method::GET, "/api/v1/backups/{id}/file", Access::Needs(Permission::BackupsDownload)),
    row(Method::GET, "/api/v1/drills", Access::Needs(Permission::DrillsRead)),
    row(Method::GET, "/api/v1/drills/reports", Access::Needs(Permission::DrillsRead)),
    row(Method::PUT, "/api/v1/drills/schedule", Access::Needs(Permission::DrillsRun)),
    row(Method::GET, "/api/v1/engines", Access::Needs(Permission::EnginesRead)),
    row(Method::GET, "/api/v1/firewall/{node}", Access::Needs(Permission::FirewallRead)),
    row(Method::GET, "/api/v1/firewall/{node}/history", Access::Needs(Permission::FirewallRead)),
    row(
        Method::GET,
        "/api/v1/firewall/{node}/history/{id}",
        Access::Needs(Permission::FirewallRead),
    ),
    row(Method::GET, "/api/v1/fleet", Access::Needs(Permission::FleetRead)),
    // Each topic asks for its own permission besides.
    row(Method::GET, "/api/v1/live", Access::Needs(Permission::FleetRead)),
    row(Method::GET, "/api/v1/lvs", Access::Needs(Permission::LvsRead)),
    // A client makes a dozen connections, and nodes are asked.
    row(Method::GET, "/api/v1/lvs/explain", Access::Needs(Permission::LvsProve)),
    row(Method::GET, "/api/v1/lvs/readiness", Access::Needs(Permission::LvsProve)),
    row(Method::GET, "/api/v1/lvs/history", Access::Needs(Permission::LvsRead)),
    row(Method::GET, "/api/v1/lvs/proofs", Access::Needs(Permission::LvsRead)),
    row(Method::GET, "/api/v1/lvs/services", Access::Needs(Permission::LvsRead)),
    row(Method::GET, "/api/v1/lvs/standing", Access::Needs(Permission::LvsRead)),
    row(Method::GET, "/api/v1/lvs/{node}/connections", Access::Needs(Permission::LvsRead)),
    row(Method::GET, "/api/v1/lvs/{node}/settings", Access::Needs(Permission::LvsRead)),
    row(Method::GET, "/api/v1/nodes", Access::Needs(Permission::NodesRead)),
    row(Method::POST, "/api/v1/nodes", Access::Needs(Permission::NodesWrite)),
    row(Method::GET, "/api/v1/nodes/credentials", Access::Needs(Permission::NodesWrite)),
    row(Method::POST, "/api/v1/nodes/credentials", Access::Needs(Permission::NodesWrite)),
    row(Method::DELETE, "/api/v1/nodes/credentials/{id}", Access::Needs(Permission::NodesWrite)),
    row(Method::POST, "/api/v1/nodes/import/scan", Access::Needs(Permission::NodesWrite)),
    row(Method::POST, "/api/v1/nodes/scan", Access::Needs(Permission::NodesWrite)),
    row(Method::GET, "/api/v1/nodes/sudoers", Access::Needs(Permission::NodesRead)),
    row(Method::GET, "/api/v1/nodes/{id}", Access::Needs(Permission::NodesRead)),
    row(Method::GET, "/api/v1/nodes/{id}/history", Access::Needs(Permission::NodesRead)),
    row(Method::PATCH, "/api/v1/nodes/{id}", Access::Needs(Permission::NodesWrite)),
    row(Method::DELETE, "/api/v1/nodes/{id}", Access::Needs(Permission::NodesWrite)),
    row(Method::POST, "/api/v1/nodes/{id}/pin", Access::Needs(Permission::NodesWrite)),
    row(Method::POST, "/api/v1/nodes/{id}/scan", Access::Needs(Permission::NodesWrite)),
    row(Method::GET, "/api/v1/jobs", Access::Needs(Permission::JobsRead)),
    // The operation's own permission is asked for besides, here and where plans are made.
    row(Method::POST, "/api/v1/jobs", Access::Needs(Permission::JobsRead)),
    row(Method::GET, "/api/v1/jobs/{id}", Access::Needs(Permission::JobsRead)),
    row(Method::GET, "/api/v1/jobs/{id}/log", Access::Needs(Permission::JobsRead)),
    row(Method::POST, "/api/v1/jobs/{id}/cancel", Access::Needs(Permission::JobsControl)),
    row(Method::POST, "/api/v1/jobs/{id}/confirm", Access::Needs(Permission::JobsControl)),
    row(Method::POST, "/api/v1/jobs/{id}/rollback", Access::Needs(Permission::JobsControl)),
    row(Method::POST, "/api/v1/plans", Access::Needs(Permission::JobsRead)),
    row(Method::GET, "/api/v1/plans/{id}", Access::Needs(Permission::JobsRead)),
    row(Method::GET, "/api/v1/vrrp", Access::Needs(Permission::VrrpRead)),
    row(Method::GET, "/api/v1/vrrp/conf/{node}", Access::Needs(Permission::VrrpRead)),
    row(Method::GET, "/api/v1/vrrp/holders", Access::Needs(Permission::VrrpRead)),
    row(Method::GET, "/api/v1/vrrp/wire/{node}", Access::Needs(Permission::VrrpRead)),
    row(Method::GET, "/api/v1/vrrp/policy", Access::Needs(Permission::VrrpRead)),
    row(Method::PUT, "/api/v1/vrrp/policy", Access::Needs(Permission::VrrpPolicy)),
];

/// What the route asks for; `None` when the table does not know it.
pub fn access(method: &Method, path: &str) -> Option<Access> {
    // axum answers HEAD by the handler of GET.
    let method = if method == Method::HEAD { &Method::GET } else { method };
    TABLE.iter().find(|row| row.method == method && row.path == path).map(|row| row.access)
}

/// Lets a request through to its handler when its origin, its sign-in and its permission allow it.
pub async fn guard(
    State(app): State<App>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    if let Err(problem) = app.origins.check(request.method(), request.headers()) {
        return problem.into_response();
    }
    let Some(access) = access(request.method(), path.as_str()) else {
        return no_row(request.method(), path.as_str()).into_response();
    };
    let (mut head, body) = request.into_parts();
    match actor::admit(&app, access, &mut head).await {
        Ok(renewed) => renewed.attach(next.run(Request::from_parts(head, body)).await),
        Err(problem) => problem.into_response(),
    }
}

/// The method is not one of the path's, or somebody added a route without its row: neither reaches
/// a handler.
fn no_row(method: &Method, path: &str) -> Problem {
    if TABLE.iter().all(|row| row.path != path) {
        tracing::error!(%method, path, "this route has no row in http::permissions::TABLE");
        return forbidden();
    }
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        Phrase::new(format!("{path} does not take {method}."), format!("{path} 不接受 {method}。")),
    )
}

pub fn forbidden() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "forbidden",
        Phrase::new(
            "Your role does not allow this. An admin can change it under Settings.",
            "你的角色无权执行此操作。管理员可在“设置”中更改。",
        ),
    )
}

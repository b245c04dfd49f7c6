//! `/api/v1/backups`. Taking one is an operation: `POST /api/v1/jobs`.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use signalbox_domain::backups::{Backup, BackupsView};
use signalbox_domain::ids::BackupId;
use signalbox_domain::phrase::Phrase;
use tokio_util::io::ReaderStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::backups::{self, BackupError};
use crate::http::actor::Actor;
use crate::http::error::Problem;
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(download))
}

/// Freshness by replication tree, and the newest backups.
#[utoipa::path(get, path = "/api/v1/backups", tag = "backups", responses((status = 200, body = BackupsView)))]
async fn list(State(app): State<App>) -> Result<Json<BackupsView>, Problem> {
    Ok(Json(backups::view(&app.store, &app.backup_files, &app.fleet.nodes()).await?))
}

#[utoipa::path(get, path = "/api/v1/backups/{id}", tag = "backups", params(("id" = i64, Path)), responses((status = 200, body = Backup)))]
async fn show(State(app): State<App>, Path(id): Path<i64>) -> Result<Json<Backup>, Problem> {
    Ok(Json(backups::get(&app, BackupId(id)).await?))
}

/// The compressed dump. Restore it into an empty server with `zstd -dc FILE | mariadb`.
#[utoipa::path(get, path = "/api/v1/backups/{id}/file", tag = "backups", params(("id" = i64, Path)), responses((status = 200, content_type = "application/zstd")))]
async fn download(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let (backup, file) = backups::open(&app, &actor, BackupId(id)).await?;
    let mut response = Body::from_stream(ReaderStream::new(file)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zstd"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(backup.size_bytes));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", backup.file)) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Problem {
        match &error {
            BackupError::Unknown(id) => {
                Problem::not_found(&format!("Backup {id}"), &format!("备份 {id}"))
            }
            BackupError::Gone { file, .. } => Problem::new(
                StatusCode::GONE,
                "backup_gone",
                Phrase::new(
                    format!("The file {file} is no longer where the console keeps backups."),
                    format!("备份目录中已没有文件 {file}。"),
                ),
            ),
            BackupError::Plan(_) => Problem::invalid(Phrase::same(error.to_string())),
            BackupError::Unreachable { .. }
            | BackupError::Refused { .. }
            | BackupError::Inventory { .. } => Problem::new(
                StatusCode::BAD_GATEWAY,
                "node_refused",
                Phrase::same(error.to_string()),
            ),
            BackupError::Files(_) | BackupError::Store(_) => Problem::internal(&error),
        }
    }
}

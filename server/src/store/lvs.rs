//! Proofs of how services are shared, as jobs have them.

use signalbox_domain::ids::JobId;
use signalbox_domain::lvs::ServiceId;
use signalbox_domain::lvs::sharing::Proof;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError};

impl Store {
    /// Newest first, at most `limit`.
    pub async fn proofs_of_sharing(
        &self,
        service: &ServiceId,
        limit: u32,
    ) -> Result<Vec<Proof>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, started_by, sharing FROM jobs
             WHERE sharing IS NOT NULL AND json_extract(operation, '$.service') = ?
             ORDER BY id DESC LIMIT ?",
        )
        .bind(&service.0)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &SqliteRow) -> Result<Proof, StoreError> {
    Ok(Proof {
        job: JobId(row.try_get("id")?),
        by: row.try_get("started_by")?,
        sharing: serde_json::from_str(row.try_get("sharing")?)?,
    })
}

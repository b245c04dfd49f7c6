//! Plans that were made and shown.

use signalbox_domain::ids::PlanId;
use signalbox_domain::plan::{Draft, Plan};
use signalbox_domain::time::Timestamp;
use sqlx::Row;

use super::{Store, StoreError};

impl Store {
    /// Keeps a plan under a number of its own.
    pub async fn add_plan(
        &self,
        draft: Draft,
        hash: String,
        made_at: Timestamp,
        made_by: &str,
    ) -> Result<Plan, StoreError> {
        let id =
            sqlx::query("INSERT INTO plans (made_at, made_by, hash, draft) VALUES (?, ?, ?, ?)")
                .bind(made_at.0)
                .bind(made_by)
                .bind(&hash)
                .bind(serde_json::to_string(&draft)?)
                .execute(&self.pool)
                .await?
                .last_insert_rowid();
        Ok(Plan { id: PlanId(id), made_at, hash, draft })
    }

    /// A plan as it was made.
    pub async fn plan(&self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        let row = sqlx::query("SELECT made_at, hash, draft FROM plans WHERE id = ?")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| {
            Ok(Plan {
                id,
                made_at: Timestamp(row.try_get("made_at")?),
                hash: row.try_get("hash")?,
                draft: serde_json::from_str(row.try_get("draft")?)?,
            })
        })
        .transpose()
    }
}

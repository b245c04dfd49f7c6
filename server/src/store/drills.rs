//! Drills that ran, and those that run by themselves.

use signalbox_domain::drills::{Drill, Schedule};
use signalbox_domain::ids::JobId;
use signalbox_domain::time::Timestamp;
use sqlx::Row;

use super::{Store, StoreError};

impl Store {
    /// Jobs that ran a drill, newest first: one drill, or any.
    pub async fn drill_jobs(
        &self,
        drill: Option<&Drill>,
        before: Option<JobId>,
        limit: u32,
    ) -> Result<Vec<JobId>, StoreError> {
        let drill = drill.map(serde_json::to_string).transpose()?;
        let ids: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM jobs
             WHERE json_extract(operation, '$.operation') = 'drills.run'
               AND (?1 IS NULL OR json_extract(operation, '$.drill') = json(?1)) AND id < ?2
             ORDER BY id DESC LIMIT ?3",
        )
        .bind(drill)
        .bind(before.map_or(i64::MAX, |job| job.0))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(JobId).collect())
    }

    pub async fn last_drill(&self, drill: &Drill) -> Result<Option<JobId>, StoreError> {
        Ok(self.drill_jobs(Some(drill), None, 1).await?.into_iter().next())
    }

    pub async fn drill_schedules(&self) -> Result<Vec<(Drill, Schedule)>, StoreError> {
        let rows = sqlx::query("SELECT drill, every_days, at_minute, next_at FROM drill_schedules ORDER BY next_at, drill")
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            let schedule = Schedule {
                every_days: row.try_get("every_days")?,
                at_minute: row.try_get("at_minute")?,
                next_at: Timestamp(row.try_get("next_at")?),
            };
            Ok((serde_json::from_str(row.try_get("drill")?)?, schedule))
        };
        rows.iter().map(read).collect()
    }

    pub async fn set_drill_schedule(
        &self,
        drill: &Drill,
        schedule: &Schedule,
        by: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO drill_schedules (drill, every_days, at_minute, next_at, set_by)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (drill) DO UPDATE SET
                 every_days = ?2, at_minute = ?3, next_at = ?4, set_by = ?5",
        )
        .bind(serde_json::to_string(drill)?)
        .bind(schedule.every_days)
        .bind(schedule.at_minute)
        .bind(schedule.next_at.0)
        .bind(by)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Only its next time. False where it was changed or removed meanwhile.
    pub async fn move_drill_schedule(
        &self,
        drill: &Drill,
        from: &Schedule,
        to: &Schedule,
    ) -> Result<bool, StoreError> {
        let moved = sqlx::query(
            "UPDATE drill_schedules SET next_at = ?
             WHERE drill = ? AND next_at = ? AND every_days = ? AND at_minute = ?",
        )
        .bind(to.next_at.0)
        .bind(serde_json::to_string(drill)?)
        .bind(from.next_at.0)
        .bind(from.every_days)
        .bind(from.at_minute)
        .execute(&self.pool)
        .await?;
        Ok(moved.rows_affected() == 1)
    }

    pub async fn remove_drill_schedule(&self, drill: &Drill) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM drill_schedules WHERE drill = ?")
            .bind(serde_json::to_string(drill)?)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

//! The catalogue of backups.

use signalbox_domain::backups::Backup;
use signalbox_domain::ids::{BackupId, JobId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError};

impl Store {
    /// Enters a backup that is whole. Its id is given by the database, whatever `backup.id` says.
    pub async fn add_backup(&self, backup: &Backup) -> Result<BackupId, StoreError> {
        let result = sqlx::query(
            "INSERT INTO backups (engine, job, file, started_at, entry) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(&backup.engine)
        .bind(backup.job.0)
        .bind(&backup.file)
        .bind(backup.started_at.0)
        .bind(serde_json::to_string(backup)?)
        .execute(&self.pool)
        .await?;
        Ok(BackupId(result.last_insert_rowid()))
    }

    /// The newest `limit` backups, newest first.
    pub async fn backups(&self, limit: u32) -> Result<Vec<Backup>, StoreError> {
        let rows = sqlx::query("SELECT id, entry FROM backups ORDER BY started_at DESC LIMIT ?")
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    pub async fn backup(&self, id: BackupId) -> Result<Option<Backup>, StoreError> {
        let row = sqlx::query("SELECT id, entry FROM backups WHERE id = ?")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The backup that a job took. A job takes at most one.
    pub async fn backup_of_job(&self, job: JobId) -> Result<Option<Backup>, StoreError> {
        let row = sqlx::query("SELECT id, entry FROM backups WHERE job = ?")
            .bind(job.0)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Writes what is now known of a catalogued backup.
    pub async fn update_backup(&self, backup: &Backup) -> Result<(), StoreError> {
        sqlx::query("UPDATE backups SET entry = ? WHERE id = ?")
            .bind(serde_json::to_string(backup)?)
            .bind(backup.id.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn read(row: &SqliteRow) -> Result<Backup, StoreError> {
    let entry: String = row.try_get("entry")?;
    let mut backup: Backup = serde_json::from_str(&entry)
        .map_err(|_| StoreError::Unreadable { column: "backups.entry", found: entry })?;
    backup.id = BackupId(row.try_get("id")?);
    Ok(backup)
}

//! How directors were seen to treat real servers.

use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::ServiceId;
use signalbox_domain::lvs::standing::ServerStretch;
use signalbox_domain::time::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError};

impl Store {
    /// Enters stretches that began, and the ends of those that ended.
    pub async fn save_standing(&self, changes: &[ServerStretch]) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for change in changes {
            let written = match change.ended_at {
                None => sqlx::query(
                    "INSERT INTO lvs_standing (director, service, server, weight, began_at, began_seen)
                     VALUES (?, ?, ?, ?, ?, ?)",
                )
                .bind(change.director.0)
                .bind(&change.service.0)
                .bind(change.server.to_string())
                .bind(change.weight)
                .bind(change.began_at.0)
                .bind(change.began_seen),
                Some(ended_at) => sqlx::query(
                    "UPDATE lvs_standing SET ended_at = ?
                     WHERE ended_at IS NULL AND director = ? AND service = ? AND server = ?",
                )
                .bind(ended_at.0)
                .bind(change.director.0)
                .bind(&change.service.0)
                .bind(change.server.to_string()),
            };
            written.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Notes until when directors were seen.
    pub async fn save_standing_seen(&self, seen: &[(NodeId, Timestamp)]) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for (director, seen_until) in seen {
            sqlx::query(
                "INSERT INTO lvs_standing_seen (director, seen_until) VALUES (?, ?)
                 ON CONFLICT (director) DO UPDATE SET seen_until = excluded.seen_until",
            )
            .bind(director.0)
            .bind(seen_until.0)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Ends what a console that ended left open, when its directors were last seen.
    pub async fn end_standing(&self) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE lvs_standing SET ended_at = max(began_at, coalesce(
                 (SELECT seen_until FROM lvs_standing_seen AS seen
                  WHERE seen.director = lvs_standing.director), began_at))
             WHERE ended_at IS NULL",
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// What was seen of a service's real servers since a moment: the newest `limit`, oldest first.
    pub async fn standing_since(
        &self,
        service: &ServiceId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<ServerStretch>, StoreError> {
        let rows = sqlx::query(
            "SELECT director, service, server, weight, began_at, began_seen, ended_at
             FROM lvs_standing WHERE service = ? AND (ended_at IS NULL OR ended_at >= ?)
             ORDER BY began_at DESC, id DESC LIMIT ?",
        )
        .bind(&service.0)
        .bind(since.0)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().rev().map(read).collect()
    }

    pub async fn forget_standing_before(&self, moment: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM lvs_standing WHERE ended_at < ?")
            .bind(moment.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn read(row: &SqliteRow) -> Result<ServerStretch, StoreError> {
    let server: String = row.try_get("server")?;
    Ok(ServerStretch {
        director: NodeId(row.try_get("director")?),
        service: ServiceId(row.try_get("service")?),
        server: server
            .parse()
            .map_err(|_| StoreError::Unreadable { column: "lvs_standing.server", found: server })?,
        weight: row.try_get("weight")?,
        began_at: Timestamp(row.try_get("began_at")?),
        began_seen: row.try_get("began_seen")?,
        ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(Timestamp),
    })
}

//! Who was seen to hold which VRRP instance.

use signalbox_domain::time::Timestamp;
use signalbox_domain::vrrp::split::{PolicyView, SplitPolicy};
use signalbox_domain::vrrp::{HolderStretch, InstanceName};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::word::{from_word, word};
use super::{Store, StoreError};

impl Store {
    /// Enters stretches, or moves the ends of those that are there.
    pub async fn save_holders(&self, stretches: &[HolderStretch]) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for stretch in stretches {
            sqlx::query(
                "INSERT INTO vrrp_holders (instance, nodes, began_at, seen_until) VALUES (?, ?, ?, ?)
                 ON CONFLICT (instance, began_at) DO UPDATE SET seen_until = excluded.seen_until",
            )
            .bind(&stretch.instance.0)
            .bind(serde_json::to_string(&stretch.nodes)?)
            .bind(stretch.began_at.0)
            .bind(stretch.seen_until.0)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// What was seen since a moment, oldest first.
    pub async fn holders_since(&self, since: Timestamp) -> Result<Vec<HolderStretch>, StoreError> {
        let rows = sqlx::query(
            "SELECT instance, nodes, began_at, seen_until FROM vrrp_holders
             WHERE seen_until >= ? ORDER BY began_at, id",
        )
        .bind(since.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    pub async fn forget_holders_before(&self, moment: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM vrrp_holders WHERE seen_until < ?")
            .bind(moment.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// What the console does by itself when several directors hold the same addresses.
    pub async fn split_policy(&self) -> Result<PolicyView, StoreError> {
        let row: Option<(String, String, i64)> =
            sqlx::query_as("SELECT split_brain, set_by, set_at FROM vrrp_policy")
                .fetch_optional(&self.pool)
                .await?;
        let Some((split_brain, set_by, set_at)) = row else { return Ok(PolicyView::default()) };
        Ok(PolicyView {
            split_brain: from_word("vrrp_policy.split_brain", split_brain)?,
            set_by: Some(set_by),
            set_at: Some(Timestamp(set_at)),
        })
    }

    pub async fn set_split_policy(
        &self,
        policy: SplitPolicy,
        by: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO vrrp_policy (id, split_brain, set_by, set_at) VALUES (1, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET split_brain = excluded.split_brain,
                 set_by = excluded.set_by, set_at = excluded.set_at",
        )
        .bind(word(&policy)?)
        .bind(by)
        .bind(at.0)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn read(row: &SqliteRow) -> Result<HolderStretch, StoreError> {
    let nodes: String = row.try_get("nodes")?;
    Ok(HolderStretch {
        instance: InstanceName(row.try_get("instance")?),
        nodes: serde_json::from_str(&nodes)
            .map_err(|_| StoreError::Unreadable { column: "vrrp_holders.nodes", found: nodes })?,
        began_at: Timestamp(row.try_get("began_at")?),
        seen_until: Timestamp(row.try_get("seen_until")?),
    })
}

//! Links that are good for one use.

use signalbox_domain::ids::AccountId;
use signalbox_domain::time::Timestamp;

use super::SecretHash;
use crate::store::{Store, StoreError};

impl Store {
    /// `account` is `None` for a set-up link. Takes expired links away.
    pub async fn add_link(
        &self,
        secret: &SecretHash,
        account: Option<AccountId>,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM one_time_links WHERE expires_at <= ?")
            .bind(now.0)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO one_time_links (secret_hash, account, expires_at) VALUES (?, ?, ?)",
        )
        .bind(secret.as_slice())
        .bind(account.map(|account| account.0))
        .bind(expires_at.0)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Uses up a sign-in link; `None` when it is none, was used or is too old.
    pub async fn take_sign_in_link(
        &self,
        secret: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<AccountId>, StoreError> {
        let account: Option<i64> = sqlx::query_scalar(
            "DELETE FROM one_time_links
             WHERE secret_hash = ? AND account IS NOT NULL AND expires_at > ? RETURNING account",
        )
        .bind(secret.as_slice())
        .bind(now.0)
        .fetch_optional(&self.pool)
        .await?;
        Ok(account.map(AccountId))
    }
}

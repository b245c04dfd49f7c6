//! Browsers that are signed in.

use signalbox_domain::access::{AccountName, Role, SignedInBrowser};
use signalbox_domain::ids::AccountId;
use signalbox_domain::time::Timestamp;
use sqlx::FromRow;

use super::{SecretHash, account_name, role};
use crate::store::{Store, StoreError};

#[derive(Debug)]
pub struct NewSession<'a> {
    pub id_hash: &'a SecretHash,
    pub account: AccountId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub peer: &'a str,
    pub user_agent: &'a str,
}

/// A session that was neither revoked nor is at its end, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    pub account: AccountId,
    pub name: AccountName,
    pub role: Role,
    pub expires_at: Timestamp,
}

impl Store {
    /// Adds a session and takes those that ended away.
    pub async fn add_session(&self, session: &NewSession<'_>) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM sessions WHERE expires_at <= ?")
            .bind(session.created_at.0)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO sessions (id_hash, account, created_at, last_seen_at, expires_at, peer, user_agent)
             VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6)",
        )
        .bind(session.id_hash.as_slice())
        .bind(session.account.0)
        .bind(session.created_at.0)
        .bind(session.expires_at.0)
        .bind(session.peer)
        .bind(session.user_agent)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    pub async fn live_session(
        &self,
        id_hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<LiveSession>, StoreError> {
        let row: Option<(i64, String, String, i64)> = sqlx::query_as(
            "SELECT accounts.id, accounts.name, accounts.role, sessions.expires_at
             FROM sessions JOIN accounts ON accounts.id = sessions.account
             WHERE sessions.id_hash = ? AND sessions.expires_at > ?",
        )
        .bind(id_hash.as_slice())
        .bind(now.0)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|(account, name, role_text, expires_at)| {
            Ok(LiveSession {
                account: AccountId(account),
                name: account_name(name)?,
                role: role(role_text)?,
                expires_at: Timestamp(expires_at),
            })
        })
        .transpose()
    }

    pub async fn session_seen(
        &self,
        id_hash: &SecretHash,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET last_seen_at = ? WHERE id_hash = ?")
            .bind(now.0)
            .bind(id_hash.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn remove_session(&self, id_hash: &SecretHash) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE id_hash = ?")
            .bind(id_hash.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Signs out every browser of the account but `keep`; returns how many.
    pub async fn remove_sessions(
        &self,
        account: AccountId,
        keep: Option<&SecretHash>,
    ) -> Result<u64, StoreError> {
        let removed = sqlx::query("DELETE FROM sessions WHERE account = ? AND id_hash IS NOT ?")
            .bind(account.0)
            .bind(keep.map(SecretHash::as_slice))
            .execute(&self.pool)
            .await?;
        Ok(removed.rows_affected())
    }

    /// The account's live sessions, the one seen last first.
    pub async fn browsers(
        &self,
        account: AccountId,
        current: Option<&SecretHash>,
        now: Timestamp,
    ) -> Result<Vec<SignedInBrowser>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT * FROM sessions WHERE account = ? AND expires_at > ? ORDER BY last_seen_at DESC",
        )
        .bind(account.0)
        .bind(now.0)
        .fetch_all(&self.pool)
        .await?;
        let browser = |row: Row| SignedInBrowser {
            created_at: Timestamp(row.created_at),
            last_seen_at: Timestamp(row.last_seen_at),
            expires_at: Timestamp(row.expires_at),
            peer: row.peer,
            user_agent: row.user_agent,
            current: current.is_some_and(|current| current.as_slice() == row.id_hash),
        };
        Ok(rows.into_iter().map(browser).collect())
    }
}

#[derive(FromRow)]
struct Row {
    id_hash: Vec<u8>,
    created_at: i64,
    last_seen_at: i64,
    expires_at: i64,
    peer: String,
    user_agent: String,
}

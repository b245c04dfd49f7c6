//! Bearer tokens of scripts.

use std::collections::BTreeSet;

use signalbox_domain::access::{AccountName, ApiToken, Permission, Role};
use signalbox_domain::ids::{AccountId, TokenId};
use signalbox_domain::time::Timestamp;
use sqlx::FromRow;

use super::{SecretHash, account_name, role};
use crate::store::{Store, StoreError};

#[derive(Debug)]
pub struct NewToken<'a> {
    pub account: AccountId,
    pub name: &'a str,
    pub secret_hash: &'a SecretHash,
    pub role: Role,
    pub permissions: Option<&'a BTreeSet<Permission>>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A token that is good, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveToken {
    pub id: TokenId,
    pub name: String,
    pub account: AccountId,
    pub account_name: AccountName,
    /// The lesser of the token's and its account's.
    pub role: Role,
    pub permissions: Option<BTreeSet<Permission>>,
    pub last_used_at: Option<Timestamp>,
}

impl Store {
    pub async fn add_token(&self, token: &NewToken<'_>) -> Result<TokenId, StoreError> {
        let permissions = token.permissions.map(serde_json::to_string).transpose()?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO api_tokens (account, name, secret_hash, role, permissions, created_at, expires_at)
             VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(token.account.0)
        .bind(token.name)
        .bind(token.secret_hash.as_slice())
        .bind(token.role.as_str())
        .bind(permissions)
        .bind(token.created_at.0)
        .bind(token.expires_at.0)
        .fetch_one(&self.pool)
        .await?;
        Ok(TokenId(id))
    }

    pub async fn live_token(
        &self,
        secret_hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<LiveToken>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT api_tokens.*, accounts.name AS account_name, accounts.role AS account_role
             FROM api_tokens JOIN accounts ON accounts.id = api_tokens.account
             WHERE secret_hash = ? AND expires_at > ?",
        )
        .bind(secret_hash.as_slice())
        .bind(now.0)
        .fetch_optional(&self.pool)
        .await?;
        row.map(LiveToken::try_from).transpose()
    }

    pub async fn token_used(&self, id: TokenId, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE api_tokens SET last_used_at = ? WHERE id = ?")
            .bind(now.0)
            .bind(id.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn live_token_by_id(
        &self,
        id: TokenId,
        now: Timestamp,
    ) -> Result<Option<LiveToken>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT api_tokens.*, accounts.name AS account_name, accounts.role AS account_role
             FROM api_tokens JOIN accounts ON accounts.id = api_tokens.account
             WHERE api_tokens.id = ? AND expires_at > ?",
        )
        .bind(id.0)
        .bind(now.0)
        .fetch_optional(&self.pool)
        .await?;
        row.map(LiveToken::try_from).transpose()
    }

    /// All tokens, or those of one account; expired ones too.
    pub async fn tokens(&self, of: Option<AccountId>) -> Result<Vec<ApiToken>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT api_tokens.*, accounts.name AS account_name, accounts.role AS account_role
             FROM api_tokens JOIN accounts ON accounts.id = api_tokens.account
             WHERE ?1 IS NULL OR api_tokens.account = ?1
             ORDER BY api_tokens.created_at DESC, api_tokens.id DESC",
        )
        .bind(of.map(|account| account.0))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(ApiToken::try_from).collect()
    }

    /// Revokes a token, of this account when one is given; `false` when there is none.
    pub async fn remove_token(
        &self,
        id: TokenId,
        of: Option<AccountId>,
    ) -> Result<bool, StoreError> {
        let removed =
            sqlx::query("DELETE FROM api_tokens WHERE id = ?1 AND (?2 IS NULL OR account = ?2)")
                .bind(id.0)
                .bind(of.map(|account| account.0))
                .execute(&self.pool)
                .await?;
        Ok(removed.rows_affected() == 1)
    }
}

#[derive(FromRow)]
struct Row {
    id: i64,
    account: i64,
    account_name: String,
    account_role: String,
    name: String,
    role: String,
    permissions: Option<String>,
    created_at: i64,
    expires_at: i64,
    last_used_at: Option<i64>,
}

impl TryFrom<Row> for ApiToken {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<ApiToken, StoreError> {
        Ok(ApiToken {
            id: TokenId(row.id),
            account: AccountId(row.account),
            account_name: account_name(row.account_name)?,
            name: row.name,
            role: role(row.role)?,
            permissions: row.permissions.as_deref().map(serde_json::from_str).transpose()?,
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            last_used_at: row.last_used_at.map(Timestamp),
        })
    }
}

impl TryFrom<Row> for LiveToken {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<LiveToken, StoreError> {
        let account_role = role(row.account_role.clone())?;
        let token = ApiToken::try_from(row)?;
        Ok(LiveToken {
            id: token.id,
            name: token.name,
            account: token.account,
            account_name: token.account_name,
            role: token.role.min(account_role),
            permissions: token.permissions,
            last_used_at: token.last_used_at,
        })
    }
}

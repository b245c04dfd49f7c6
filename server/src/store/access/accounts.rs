//! Who there is, with which role.

use signalbox_domain::access::{Account, AccountKind, AccountName, Role};
use signalbox_domain::ids::AccountId;
use signalbox_domain::time::Timestamp;
use sqlx::{FromRow, Sqlite, Transaction};

use super::super::word::from_word;
use super::{SecretHash, account_name, role};
use crate::store::{Store, StoreError};

/// What a sign-in by password is checked against.
#[derive(Debug)]
pub struct Credentials {
    pub account: AccountId,
    /// argon2id in PHC form.
    pub password_hash: Option<String>,
}

/// Why an account stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum AccountChangeError {
    #[error("there is no such account")]
    Missing,
    #[error("it is the last admin")]
    LastAdmin,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for AccountChangeError {
    fn from(error: sqlx::Error) -> AccountChangeError {
        AccountChangeError::Store(error.into())
    }
}

impl Store {
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let rows: Vec<Row> =
            sqlx::query_as("SELECT * FROM accounts ORDER BY name").fetch_all(&self.pool).await?;
        rows.into_iter().map(Account::try_from).collect()
    }

    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let row: Option<Row> = sqlx::query_as("SELECT * FROM accounts WHERE id = ?")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        row.map(Account::try_from).transpose()
    }

    pub async fn account_named(&self, name: &AccountName) -> Result<Option<Account>, StoreError> {
        let row: Option<Row> = sqlx::query_as("SELECT * FROM accounts WHERE name = ?")
            .bind(name.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.map(Account::try_from).transpose()
    }

    /// Of a person's account; a script's cannot sign in.
    pub async fn credentials(&self, name: &str) -> Result<Option<Credentials>, StoreError> {
        let row: Option<(i64, Option<String>)> = sqlx::query_as(
            "SELECT id, password_hash FROM accounts WHERE name = ? AND kind = 'person'",
        )
        .bind(name)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(id, password_hash)| Credentials { account: AccountId(id), password_hash }))
    }

    /// `None` when the name is taken.
    pub async fn add_account(
        &self,
        name: &AccountName,
        kind: AccountKind,
        role: Role,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "INSERT INTO accounts (name, kind, role, created_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (name) DO NOTHING RETURNING *",
        )
        .bind(name.as_str())
        .bind(kind.as_str())
        .bind(role.as_str())
        .bind(now.0)
        .fetch_optional(&self.pool)
        .await?;
        row.map(Account::try_from).transpose()
    }

    /// Whether nobody can sign in yet: the console waits for its set-up link to be used.
    pub async fn needs_set_up(&self) -> Result<bool, StoreError> {
        let people: i64 = sqlx::query_scalar("SELECT count(*) FROM accounts WHERE kind = 'person'")
            .fetch_one(&self.pool)
            .await?;
        Ok(people == 0)
    }

    /// Uses up a set-up link and makes the first admin, both or neither. `None` when the link is
    /// not good or somebody was first.
    pub async fn add_first_admin(
        &self,
        link: &SecretHash,
        name: &AccountName,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.write().await?;
        let used = sqlx::query(
            "DELETE FROM one_time_links WHERE secret_hash = ? AND account IS NULL AND expires_at > ?",
        )
        .bind(link.as_slice())
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
        if used.rows_affected() == 0 {
            return Ok(None);
        }
        let row: Option<Row> = sqlx::query_as(
            "INSERT INTO accounts (name, kind, role, password_hash, created_at)
             SELECT ?, 'person', 'admin', ?, ?
             WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE kind = 'person')
             ON CONFLICT (name) DO NOTHING RETURNING *",
        )
        .bind(name.as_str())
        .bind(password_hash)
        .bind(now.0)
        .fetch_optional(&mut *transaction)
        .await?;
        let account = row.map(Account::try_from).transpose()?;
        if account.is_some() {
            transaction.commit().await?;
        }
        Ok(account)
    }

    /// # Errors
    /// [`AccountChangeError::LastAdmin`] when nobody would be left who can manage accounts.
    pub async fn set_role(&self, id: AccountId, role: Role) -> Result<(), AccountChangeError> {
        let mut transaction = self.write().await?;
        let before = admins(&mut transaction).await?;
        let changed = sqlx::query("UPDATE accounts SET role = ? WHERE id = ?")
            .bind(role.as_str())
            .bind(id.0)
            .execute(&mut *transaction)
            .await?;
        if changed.rows_affected() == 0 {
            return Err(AccountChangeError::Missing);
        }
        commit_with_an_admin(transaction, before).await
    }

    /// Removes the account with its sessions, tokens and links.
    ///
    /// # Errors
    /// [`AccountChangeError::LastAdmin`] when nobody would be left who can manage accounts.
    pub async fn remove_account(&self, id: AccountId) -> Result<(), AccountChangeError> {
        let mut transaction = self.write().await?;
        let before = admins(&mut transaction).await?;
        let removed = sqlx::query("DELETE FROM accounts WHERE id = ?")
            .bind(id.0)
            .execute(&mut *transaction)
            .await?;
        if removed.rows_affected() == 0 {
            return Err(AccountChangeError::Missing);
        }
        commit_with_an_admin(transaction, before).await
    }

    /// Sets the password and signs out every browser but the one that asked.
    pub async fn set_password(
        &self,
        id: AccountId,
        password_hash: &str,
        keep: Option<&SecretHash>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query("UPDATE accounts SET password_hash = ? WHERE id = ?")
            .bind(password_hash)
            .bind(id.0)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM sessions WHERE account = ? AND id_hash IS NOT ?")
            .bind(id.0)
            .bind(keep.map(SecretHash::as_slice))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Commits unless the change took away the last admin.
async fn commit_with_an_admin(
    mut transaction: Transaction<'static, Sqlite>,
    admins_before: i64,
) -> Result<(), AccountChangeError> {
    if admins_before > 0 && admins(&mut transaction).await? == 0 {
        return Err(AccountChangeError::LastAdmin);
    }
    transaction.commit().await?;
    Ok(())
}

/// Admins who can sign in. Scripts do not count: their tokens expire.
async fn admins(transaction: &mut Transaction<'static, Sqlite>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM accounts WHERE kind = 'person' AND role = 'admin'")
        .fetch_one(&mut **transaction)
        .await
}

#[derive(FromRow)]
struct Row {
    id: i64,
    name: String,
    kind: String,
    role: String,
    password_hash: Option<String>,
    created_at: i64,
}

impl TryFrom<Row> for Account {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Account, StoreError> {
        Ok(Account {
            id: AccountId(row.id),
            name: account_name(row.name)?,
            kind: from_word("accounts.kind", row.kind)?,
            role: role(row.role)?,
            has_password: row.password_hash.is_some(),
            created_at: Timestamp(row.created_at),
        })
    }
}

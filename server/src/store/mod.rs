//! All SQL. One file a feature; `migrations/sqlite` has the tables.

mod access;
mod audit;
pub mod backup_files;
mod backups;
mod drills;
mod firewall;
mod jobs;
mod lvs;
mod lvs_standing;
mod nodes;
mod plans;
mod vrrp;
mod word;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, SqlitePool, Transaction};

pub use access::{
    AccountChangeError, Credentials, LiveSession, LiveToken, NewSession, NewToken, SecretHash,
};
pub use audit::AuditFilter;
pub use firewall::{KEPT as KEPT_RULESETS, SeenRules};
pub use jobs::{
    Admission, HeldLocks, JobRecord, JournalPhase, JournalRow, LogEntry, NewJob, Outcome, Reopening,
};
pub use nodes::{CredentialEntry, NodeChangeError, StoredNode};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// The console's database. Clones share one pool.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database {path} cannot be opened")]
    Open {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    #[error(
        "the database is of a newer Signalbox: it has migration {found}, this program knows up to {known}. Start the newer program, or restore the copy of the data directory from before the upgrade"
    )]
    Newer { found: i64, known: i64 },
    #[error("the database cannot be brought up to date")]
    Migrate(#[source] MigrateError),
    #[error("the database refused a statement")]
    Sql(#[from] sqlx::Error),
    #[error("column {column} holds {found:?}, which this program cannot read")]
    Unreadable { column: &'static str, found: String },
    #[error("{0} is gone, although it is never removed")]
    Missing(String),
    #[error("a value cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl Store {
    /// Opens the database, makes it when it is absent, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer program wrote it: its tables are left as they are.
    pub async fn open(path: &Path) -> Result<Store, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL, not WAL's usual NORMAL: a job's journal must survive a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(8)
            // On a full disk SQLite ends a transaction by itself. sqlx holds such a connection to be
            // in it for ever and begins no other. The ping comes after a rollback on its way.
            .after_release(|connection, _| {
                Box::pin(async move {
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
            .connect_with(options)
            .await
            .map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
        MIGRATIONS.run(&pool).await.map_err(|error| match error {
            MigrateError::VersionMissing(found) => {
                StoreError::Newer { found, known: newest_known() }
            }
            other => StoreError::Migrate(other),
        })?;
        Ok(Store { pool })
    }

    /// Begins a transaction that will write. It takes the write lock at once: one that reads first
    /// and then finds somebody else writing cannot wait, it can only fail.
    pub(super) async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Writes what is in memory to the file and closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn newest_known() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_disk_that_was_full_is_written_to_as_soon_as_it_has_room() {
        const INSERT: &str = "INSERT INTO ballast VALUES (zeroblob(1000000))";
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("signalbox.db")).await.unwrap();
        sqlx::query("CREATE TABLE ballast (bytes BLOB)").execute(&store.pool).await.unwrap();
        let mut transaction = store.write().await.unwrap();
        // As large as it is, and no larger: on this connection alone.
        sqlx::query("PRAGMA max_page_count = 1").execute(&mut *transaction).await.unwrap();
        let full = sqlx::query(INSERT).execute(&mut *transaction).await.unwrap_err();
        assert!(full.to_string().contains("full"), "{full}");
        drop(transaction);

        // Whichever connections the pool has, each is good.
        for _ in 0..20 {
            let mut transaction = store.write().await.unwrap();
            sqlx::query(INSERT).execute(&mut *transaction).await.unwrap();
            transaction.commit().await.unwrap();
        }
    }
}

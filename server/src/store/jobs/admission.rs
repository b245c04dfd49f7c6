//! A job begins: its locks and its row are taken in one transaction, so that two jobs never work
//! on one thing.

use signalbox_domain::ids::{AccountId, JobId};
use signalbox_domain::jobs::{CheckView, JobState, StepState};
use signalbox_domain::phrase::Phrase;
use signalbox_domain::plan::Plan;
use signalbox_domain::time::Timestamp;
use sqlx::{Row, Sqlite, Transaction};

use super::super::{Store, StoreError};
use super::word;

/// A job that somebody asked for.
#[derive(Debug)]
pub struct NewJob<'a> {
    pub plan: &'a Plan,
    pub account: AccountId,
    pub started_by: &'a str,
    pub peer: &'a str,
    pub idempotency_key: Option<&'a str>,
    /// Hex SHA-256 of the request, to tell a repetition from a key used twice.
    pub request_hash: &'a str,
    pub at: Timestamp,
    pub status: Phrase,
}

/// What came of asking for a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    Created(JobId),
    /// This account sent the same request with this key before.
    Repeated(JobId),
    /// This account used the key for another request.
    KeyReused(JobId),
    /// Another job works on `object`.
    Locked {
        object: String,
        holder: JobId,
    },
}

impl Store {
    /// Enters a job with its locks, or says why not. Nothing is written unless it is created.
    pub async fn admit_job(&self, new: NewJob<'_>) -> Result<Admission, StoreError> {
        let mut transaction = self.write().await?;
        if let Some(earlier) = repeated(&mut transaction, &new).await? {
            return Ok(earlier);
        }
        for object in &new.plan.draft.locks {
            if let Some(holder) = holder(&mut transaction, object).await? {
                return Ok(Admission::Locked { object: object.clone(), holder });
            }
        }
        let job = insert(&mut transaction, &new).await?;
        transaction.commit().await?;
        Ok(Admission::Created(job))
    }

    /// Gives a job that waits for an operator its locks again and sets it to rolling back.
    pub async fn reopen_job(&self, job: JobId, locks: &[String]) -> Result<Reopening, StoreError> {
        let mut transaction = self.write().await?;
        let reopened =
            sqlx::query("UPDATE jobs SET state = ?, finished_at = NULL WHERE id = ? AND state = ?")
                .bind(word(&JobState::RollingBack)?)
                .bind(job.0)
                .bind(word(&JobState::NeedsOperator)?)
                .execute(&mut *transaction)
                .await?;
        if reopened.rows_affected() == 0 {
            return Ok(Reopening::NotWaiting);
        }
        for object in locks {
            if let Some(holder) = holder(&mut transaction, object).await?
                && holder != job
            {
                return Ok(Reopening::Locked { object: object.clone(), holder });
            }
            lock(&mut transaction, object, job).await?;
        }
        transaction.commit().await?;
        Ok(Reopening::Reopened)
    }

    /// The job that an earlier request with this key made, if there was one.
    pub async fn job_of_key(
        &self,
        account: AccountId,
        key: &str,
        request_hash: &str,
    ) -> Result<Option<Admission>, StoreError> {
        let row = sqlx::query(
            "SELECT id, request_hash FROM jobs WHERE account = ? AND idempotency_key = ?",
        )
        .bind(account.0)
        .bind(key)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| same_request(&row, request_hash)).transpose()
    }

    /// What each unfinished job holds, oldest job first.
    pub async fn held_locks(&self) -> Result<Vec<HeldLocks>, StoreError> {
        let rows = sqlx::query("SELECT job, object FROM job_locks ORDER BY job, object")
            .fetch_all(&self.pool)
            .await?;
        let mut held: Vec<HeldLocks> = Vec::new();
        for row in &rows {
            let (job, object) = (JobId(row.try_get("job")?), row.try_get("object")?);
            match held.last_mut() {
                Some(last) if last.job == job => last.objects.push(object),
                _ => held.push(HeldLocks { job, objects: vec![object] }),
            }
        }
        Ok(held)
    }

    /// The first of these objects that an unfinished job holds, and that job.
    pub async fn lock_holder(
        &self,
        objects: &[String],
    ) -> Result<Option<(String, JobId)>, StoreError> {
        let held = self.held_locks().await?;
        Ok(objects.iter().find_map(|object| {
            let holder = held.iter().find(|held| held.objects.contains(object))?;
            Some((object.clone(), holder.job))
        }))
    }
}

/// What came of asking for another rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reopening {
    Reopened,
    /// The job does not wait for an operator.
    NotWaiting,
    /// Another job works on `object` now.
    Locked {
        object: String,
        holder: JobId,
    },
}

/// What an unfinished job holds for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLocks {
    pub job: JobId,
    pub objects: Vec<String>,
}

async fn repeated(
    transaction: &mut Transaction<'static, Sqlite>,
    new: &NewJob<'_>,
) -> Result<Option<Admission>, StoreError> {
    let row =
        sqlx::query("SELECT id, request_hash FROM jobs WHERE account = ? AND idempotency_key = ?")
            .bind(new.account.0)
            .bind(new.idempotency_key)
            .fetch_optional(&mut **transaction)
            .await?;
    row.map(|row| same_request(&row, new.request_hash)).transpose()
}

fn same_request(
    row: &sqlx::sqlite::SqliteRow,
    request_hash: &str,
) -> Result<Admission, StoreError> {
    let job = JobId(row.try_get("id")?);
    let earlier: &str = row.try_get("request_hash")?;
    Ok(if earlier == request_hash { Admission::Repeated(job) } else { Admission::KeyReused(job) })
}

async fn holder(
    transaction: &mut Transaction<'static, Sqlite>,
    object: &str,
) -> Result<Option<JobId>, StoreError> {
    let holder: Option<i64> = sqlx::query_scalar("SELECT job FROM job_locks WHERE object = ?")
        .bind(object)
        .fetch_optional(&mut **transaction)
        .await?;
    Ok(holder.map(JobId))
}

async fn insert(
    transaction: &mut Transaction<'static, Sqlite>,
    new: &NewJob<'_>,
) -> Result<JobId, StoreError> {
    let draft = &new.plan.draft;
    let unchecked: Vec<CheckView> = draft
        .verification
        .iter()
        .map(|check| CheckView {
            title: check.title.clone(),
            node: check.node,
            held: None,
            detail: String::new(),
        })
        .collect();
    let job = sqlx::query(
        "INSERT INTO jobs (plan, title, operation, state, status, account, started_by, peer,
                           idempotency_key, request_hash, created_at, verification)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(new.plan.id.0)
    .bind(serde_json::to_string(&draft.title)?)
    .bind(serde_json::to_string(&draft.operation.abridged())?)
    .bind(word(&JobState::Queued)?)
    .bind(serde_json::to_string(&new.status)?)
    .bind(new.account.0)
    .bind(new.started_by)
    .bind(new.peer)
    .bind(new.idempotency_key)
    .bind(new.request_hash)
    .bind(new.at.0)
    .bind(serde_json::to_string(&unchecked)?)
    .execute(&mut **transaction)
    .await?
    .last_insert_rowid();
    for (position, _) in (0_i64..).zip(&draft.steps) {
        sqlx::query("INSERT INTO job_steps (job, position, state) VALUES (?, ?, ?)")
            .bind(job)
            .bind(position)
            .bind(word(&StepState::Planned)?)
            .execute(&mut **transaction)
            .await?;
    }
    for object in &draft.locks {
        lock(transaction, object, JobId(job)).await?;
    }
    Ok(JobId(job))
}

/// Takes an object that nobody else holds. A plan may name one twice.
async fn lock(
    transaction: &mut Transaction<'static, Sqlite>,
    object: &str,
    job: JobId,
) -> Result<(), StoreError> {
    sqlx::query("INSERT OR IGNORE INTO job_locks (object, job) VALUES (?, ?)")
        .bind(object)
        .bind(job.0)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

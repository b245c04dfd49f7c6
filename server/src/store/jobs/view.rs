//! Jobs as people see them, kept up to date while they run.

use std::collections::BTreeSet;

use signalbox_domain::ids::{BackupId, JobId, NodeId, PlanId};
use signalbox_domain::jobs::{JobState, JobSummary, JobView, StepState, StepView};
use signalbox_domain::plan::{Action, Draft, Step};
use signalbox_domain::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};

use super::super::{Store, StoreError};
use super::{from_integer, from_word, word};

/// All that the runner needs to take a job up.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRecord {
    pub view: JobView,
    pub draft: Draft,
    /// Whence it was asked for, for the audit log.
    pub peer: String,
    pub cancelled_by: Option<String>,
}

/// One job, or those before one, all or of one node, newest first; [`read_summary`] reads the rows.
const SUMMARIES: &str = "
    SELECT id, title, operation, state, status, started_by, created_at, finished_at,
           (SELECT COUNT(*) FROM job_steps WHERE job = jobs.id AND state = 'done') AS steps_done,
           (SELECT COUNT(*) FROM job_steps WHERE job = jobs.id) AS steps_total
    FROM jobs
    WHERE (?1 IS NULL OR id = ?1) AND id < ?2
      AND (?4 IS NULL OR id IN (SELECT job FROM job_journal WHERE node = ?4))
    ORDER BY id DESC LIMIT ?3";

impl Store {
    /// At most `limit` jobs older than `before`, newest first; with `node` those that did something
    /// there.
    pub async fn jobs(
        &self,
        before: Option<JobId>,
        node: Option<NodeId>,
        limit: u32,
    ) -> Result<Vec<JobSummary>, StoreError> {
        let rows = sqlx::query(SUMMARIES)
            .bind(None::<i64>)
            .bind(before.map_or(i64::MAX, |job| job.0))
            .bind(limit)
            .bind(node.map(|node| node.0))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read_summary).collect()
    }

    /// Jobs that have not come to an end, oldest first.
    pub async fn unfinished_jobs(&self) -> Result<Vec<JobId>, StoreError> {
        let ids: Vec<i64> =
            sqlx::query_scalar("SELECT id FROM jobs WHERE finished_at IS NULL ORDER BY id")
                .fetch_all(&self.pool)
                .await?;
        Ok(ids.into_iter().map(JobId).collect())
    }

    pub async fn job(&self, id: JobId) -> Result<Option<JobRecord>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let summary = sqlx::query(SUMMARIES)
            .bind(Some(id.0))
            .bind(i64::MAX)
            .bind(1)
            .bind(None::<i64>)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(summary) = summary.as_ref().map(read_summary).transpose()? else {
            return Ok(None);
        };
        let row = sqlx::query(
            "SELECT plan, hash, draft, peer, cancelled_by, verification, measurement, traced, sharing, split, backup,
                    (SELECT COALESCE(MAX(seq), 0) FROM job_log WHERE job = jobs.id) AS log_len
             FROM jobs JOIN plans ON plans.id = jobs.plan WHERE jobs.id = ?",
        )
        .bind(id.0)
        .fetch_one(&mut *transaction)
        .await?;
        let steps = sqlx::query(
            "SELECT state, started_at, finished_at, progress, error
             FROM job_steps WHERE job = ? ORDER BY position",
        )
        .bind(id.0)
        .fetch_all(&mut *transaction)
        .await?;
        read_record(summary, &row, &steps).map(Some)
    }

    /// Writes what can change of a job. A final state gives its locks back.
    pub async fn save_job(&self, view: &JobView) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        save_job_in(&mut transaction, view).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Remembers that a job shall be taken back, so that a restart does not forget it.
    pub async fn mark_cancelled(&self, job: JobId, by: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE jobs SET cancelled_by = ? WHERE id = ?")
            .bind(by)
            .bind(job.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

pub(in crate::store) async fn save_job_in(
    transaction: &mut Transaction<'static, Sqlite>,
    view: &JobView,
) -> Result<(), StoreError> {
    let JobView { summary, .. } = view;
    let measurement = view.measurement.as_ref().map(serde_json::to_string).transpose()?;
    let traced = view.traced.as_ref().map(serde_json::to_string).transpose()?;
    let sharing = view.sharing.as_ref().map(serde_json::to_string).transpose()?;
    let split = view.split.as_ref().map(serde_json::to_string).transpose()?;
    sqlx::query(
        "UPDATE jobs SET state = ?, status = ?, finished_at = ?, verification = ?,
                         measurement = ?, traced = ?, sharing = ?, split = ?, backup = ?
         WHERE id = ?",
    )
    .bind(word(&summary.state)?)
    .bind(serde_json::to_string(&summary.status)?)
    .bind(summary.finished_at.map(|at| at.0))
    .bind(serde_json::to_string(&view.verification)?)
    .bind(measurement)
    .bind(traced)
    .bind(sharing)
    .bind(split)
    .bind(view.backup.map(|backup| backup.0))
    .bind(summary.id.0)
    .execute(&mut **transaction)
    .await?;
    for (position, step) in (0_i64..).zip(&view.steps) {
        let progress = step.progress.as_ref().map(serde_json::to_string).transpose()?;
        sqlx::query(
            "UPDATE job_steps SET state = ?, started_at = ?, finished_at = ?, progress = ?, error = ?
             WHERE job = ? AND position = ?",
        )
        .bind(word(&step.state)?)
        .bind(step.started_at.map(|at| at.0))
        .bind(step.finished_at.map(|at| at.0))
        .bind(progress)
        .bind(&step.error)
        .bind(summary.id.0)
        .bind(position)
        .execute(&mut **transaction)
        .await?;
    }
    if summary.state.is_final() {
        sqlx::query("DELETE FROM job_locks WHERE job = ?")
            .bind(summary.id.0)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

fn read_summary(row: &SqliteRow) -> Result<JobSummary, StoreError> {
    let state: JobState = from_word("state", row.try_get("state")?)?;
    let finished_at: Option<i64> = row.try_get("finished_at")?;
    Ok(JobSummary {
        id: JobId(row.try_get("id")?),
        title: serde_json::from_str(row.try_get("title")?)?,
        operation: serde_json::from_str(row.try_get("operation")?)?,
        state,
        started_by: row.try_get("started_by")?,
        created_at: Timestamp(row.try_get("created_at")?),
        finished_at: finished_at.map(Timestamp),
        steps_done: from_integer("steps_done", row.try_get("steps_done")?)?,
        steps_total: from_integer("steps_total", row.try_get("steps_total")?)?,
        status: serde_json::from_str(row.try_get("status")?)?,
    })
}

fn read_record(
    summary: JobSummary,
    row: &SqliteRow,
    steps: &[SqliteRow],
) -> Result<JobRecord, StoreError> {
    let draft: Draft = serde_json::from_str(row.try_get("draft")?)?;
    let steps = draft
        .steps
        .iter()
        .zip(steps)
        .map(|(step, row)| read_step(step, row))
        .collect::<Result<Vec<StepView>, StoreError>>()?;
    let measurement: Option<&str> = row.try_get("measurement")?;
    let traced: Option<&str> = row.try_get("traced")?;
    let sharing: Option<&str> = row.try_get("sharing")?;
    let split: Option<&str> = row.try_get("split")?;
    let backup: Option<i64> = row.try_get("backup")?;
    let view = JobView {
        summary,
        plan: PlanId(row.try_get("plan")?),
        plan_hash: row.try_get("hash")?,
        steps,
        verification: serde_json::from_str(row.try_get("verification")?)?,
        prediction: draft.prediction.clone(),
        measurement: measurement.map(serde_json::from_str).transpose()?,
        traced: traced.map(serde_json::from_str).transpose()?,
        sharing: sharing.map(serde_json::from_str).transpose()?,
        split: split.map(serde_json::from_str).transpose()?,
        backup: backup.map(BackupId),
        // Only a job that runs now can be cancelled; the runner knows how.
        confirm_until: None,
        cancel: None,
        way_back: draft.way_back.clone(),
        log_len: from_integer("log_len", row.try_get("log_len")?)?,
    };
    Ok(JobRecord {
        view,
        draft,
        peer: row.try_get("peer")?,
        cancelled_by: row.try_get("cancelled_by")?,
    })
}

fn read_step(step: &Step, row: &SqliteRow) -> Result<StepView, StoreError> {
    let state: StepState = from_word("state", row.try_get("state")?)?;
    let started_at: Option<i64> = row.try_get("started_at")?;
    let finished_at: Option<i64> = row.try_get("finished_at")?;
    let progress: Option<&str> = row.try_get("progress")?;
    Ok(StepView {
        id: step.id.clone(),
        title: step.title.clone(),
        nodes: nodes_of(step),
        state,
        estimate_ms: step.estimate_ms,
        started_at: started_at.map(Timestamp),
        finished_at: finished_at.map(Timestamp),
        progress: progress.map(serde_json::from_str).transpose()?,
        error: row.try_get("error")?,
    })
}

/// The nodes that a step works on or asks, each once.
fn nodes_of(step: &Step) -> Vec<NodeId> {
    let nodes: BTreeSet<NodeId> = step.actions.iter().filter_map(Action::node).collect();
    nodes.into_iter().collect()
}

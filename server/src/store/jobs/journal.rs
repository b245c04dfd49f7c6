//! A job's journal: written before and after each action, never changed.

use serde::{Deserialize, Serialize};
use signalbox_domain::ids::{JobId, NodeId};
use signalbox_domain::time::Timestamp;
use sqlx::Row;

use super::super::{Store, StoreError};
use super::{from_integer, from_word, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalPhase {
    /// A step's actions.
    Run,
    /// What takes a step back.
    Undo,
    /// Checks of the new state or of the old one.
    Verify,
}

/// One row: an intent, or with `outcome` what came of the intent before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    pub at: Timestamp,
    pub phase: JournalPhase,
    /// Position in the plan; `None` in [`JournalPhase::Verify`].
    pub step: Option<usize>,
    /// Position within the step's actions or its undo.
    pub action: usize,
    pub node: Option<NodeId>,
    /// The action as people read it.
    pub text: String,
    pub outcome: Option<Outcome>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It did what it should.
    Done { exit_status: Option<u32> },
    /// The node answered, and the answer was no.
    Failed { exit_status: Option<u32>, reason: String },
    /// The node did not answer: it may or may not have carried the action out.
    Unknown { reason: String },
}

impl Store {
    /// Adds a row and returns when it is on disk.
    pub async fn append_journal(&self, job: JobId, row: &JournalRow) -> Result<(), StoreError> {
        let outcome = row.outcome.as_ref().map(serde_json::to_string).transpose()?;
        sqlx::query(
            "INSERT INTO job_journal (job, at, phase, step, action, node, text, outcome)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(job.0)
        .bind(row.at.0)
        .bind(word(&row.phase)?)
        .bind(row.step.map(|step| i64::try_from(step).unwrap_or(i64::MAX)))
        .bind(i64::try_from(row.action).unwrap_or(i64::MAX))
        .bind(row.node.map(|node| node.0))
        .bind(&row.text)
        .bind(outcome)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// A job's whole journal in the order in which it was written.
    pub async fn journal(&self, job: JobId) -> Result<Vec<JournalRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT at, phase, step, action, node, text, outcome
             FROM job_journal WHERE job = ? ORDER BY id",
        )
        .bind(job.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let step: Option<i64> = row.try_get("step")?;
                let node: Option<i64> = row.try_get("node")?;
                let outcome: Option<&str> = row.try_get("outcome")?;
                Ok(JournalRow {
                    at: Timestamp(row.try_get("at")?),
                    phase: from_word("phase", row.try_get("phase")?)?,
                    step: step.map(|step| from_integer("step", step)).transpose()?,
                    action: from_integer("action", row.try_get("action")?)?,
                    node: node.map(NodeId),
                    text: row.try_get("text")?,
                    outcome: outcome.map(serde_json::from_str).transpose()?,
                })
            })
            .collect()
    }
}

//! A job's log: durable, numbered without gaps, read in pages.

use signalbox_domain::ids::{JobId, NodeId};
use signalbox_domain::jobs::{LogKind, LogLine};
use signalbox_domain::time::Timestamp;
use sqlx::Row;

use super::super::{Store, StoreError};
use super::{from_integer, from_word, word};

/// A line that has no number yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    pub at: Timestamp,
    pub node: Option<NodeId>,
    pub kind: LogKind,
    pub text: String,
}

impl Store {
    /// Adds lines in one transaction and returns them numbered.
    pub async fn append_job_log(
        &self,
        job: JobId,
        entries: Vec<LogEntry>,
    ) -> Result<Vec<LogLine>, StoreError> {
        let mut transaction = self.write().await?;
        let last: i64 =
            sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM job_log WHERE job = ?")
                .bind(job.0)
                .fetch_one(&mut *transaction)
                .await?;
        let mut lines = Vec::with_capacity(entries.len());
        for (seq, entry) in (last + 1..).zip(entries) {
            sqlx::query(
                "INSERT INTO job_log (job, seq, at, node, kind, text) VALUES (?, ?, ?, ?, ?, ?)",
            )
            .bind(job.0)
            .bind(seq)
            .bind(entry.at.0)
            .bind(entry.node.map(|node| node.0))
            .bind(word(&entry.kind)?)
            .bind(&entry.text)
            .execute(&mut *transaction)
            .await?;
            let LogEntry { at, node, kind, text } = entry;
            lines.push(LogLine { seq: from_integer("seq", seq)?, at, node, kind, text });
        }
        transaction.commit().await?;
        Ok(lines)
    }

    /// At most `limit` lines after number `after`.
    pub async fn job_log(
        &self,
        job: JobId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<LogLine>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, at, node, kind, text FROM job_log
             WHERE job = ? AND seq > ? ORDER BY seq LIMIT ?",
        )
        .bind(job.0)
        .bind(i64::try_from(after).unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let node: Option<i64> = row.try_get("node")?;
                Ok(LogLine {
                    seq: from_integer("seq", row.try_get("seq")?)?,
                    at: Timestamp(row.try_get("at")?),
                    node: node.map(NodeId),
                    kind: from_word("kind", row.try_get("kind")?)?,
                    text: row.try_get("text")?,
                })
            })
            .collect()
    }
}

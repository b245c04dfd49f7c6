//! Rows of the audit log: added, read, never changed.

use signalbox_domain::audit::{AuditEntry, AuditPhase, AuditVerdict, ChainWalk, Deed};
use signalbox_domain::ids::JobId;
use signalbox_domain::time::Timestamp;
use sqlx::FromRow;

use super::word::from_word;
use super::{Store, StoreError};

/// Which rows to read; an absent field does not narrow.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub before: Option<i64>,
    pub actor: Option<String>,
    /// Beginning of the action's name, e.g. `vrrp.` for all of a feature.
    pub action: Option<String>,
    pub object: Option<String>,
    pub phase: Option<AuditPhase>,
    pub job: Option<JobId>,
}

const CHAIN_CHUNK_ROWS: i64 = 1000;

impl Store {
    /// Adds a row at the end of the chain.
    pub async fn append_audit(
        &self,
        at: Timestamp,
        deed: &Deed,
        phase: AuditPhase,
        detail: &str,
    ) -> Result<AuditEntry, StoreError> {
        let mut transaction = self.write().await?;
        let last: Option<(i64, String)> =
            sqlx::query_as("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
                .fetch_optional(&mut *transaction)
                .await?;
        let (last_seq, last_hash) = last.unwrap_or_default();
        let mut entry = AuditEntry {
            seq: last_seq + 1,
            at,
            actor: deed.actor.clone(),
            peer: deed.peer.clone(),
            action: deed.action.clone(),
            object: deed.object.clone(),
            phase,
            job: deed.job,
            plan_hash: deed.plan_hash.clone(),
            detail: detail.to_owned(),
            hash: String::new(),
        };
        entry.hash = entry.expected_hash(&last_hash)?;
        sqlx::query(
            "INSERT INTO audit (seq, at, actor, peer, action, object, phase, job, plan_hash, detail, hash)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(entry.seq)
        .bind(entry.at.0)
        .bind(&entry.actor)
        .bind(&entry.peer)
        .bind(&entry.action)
        .bind(&entry.object)
        .bind(entry.phase.as_str())
        .bind(entry.job.map(|job| job.0))
        .bind(&entry.plan_hash)
        .bind(&entry.detail)
        .bind(&entry.hash)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(entry)
    }

    /// At most `limit` rows that pass the filter, newest first.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT * FROM audit
             WHERE (?1 IS NULL OR seq < ?1)
               AND (?2 IS NULL OR actor = ?2)
               AND (?3 IS NULL OR substr(action, 1, length(?3)) = ?3)
               AND (?4 IS NULL OR object = ?4)
               AND (?5 IS NULL OR phase = ?5)
               AND (?6 IS NULL OR job = ?6)
             ORDER BY seq DESC LIMIT ?7",
        )
        .bind(filter.before)
        .bind(&filter.actor)
        .bind(&filter.action)
        .bind(&filter.object)
        .bind(filter.phase.map(AuditPhase::as_str))
        .bind(filter.job.map(|job| job.0))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(AuditEntry::try_from).collect()
    }

    /// Walks the whole chain and says up to where it holds.
    pub async fn verify_audit(&self) -> Result<AuditVerdict, StoreError> {
        let mut walk = ChainWalk::default();
        let mut after = i64::MIN;
        loop {
            let rows: Vec<Row> =
                sqlx::query_as("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?")
                    .bind(after)
                    .bind(CHAIN_CHUNK_ROWS)
                    .fetch_all(&self.pool)
                    .await?;
            let Some(last) = rows.last() else { return Ok(walk.verdict()) };
            after = last.seq;
            for row in rows {
                if !walk.step(&row.try_into()?) {
                    return Ok(walk.verdict());
                }
            }
        }
    }
}

#[derive(FromRow)]
struct Row {
    seq: i64,
    at: i64,
    actor: String,
    peer: String,
    action: String,
    object: String,
    phase: String,
    job: Option<i64>,
    plan_hash: Option<String>,
    detail: String,
    hash: String,
}

impl TryFrom<Row> for AuditEntry {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<AuditEntry, StoreError> {
        Ok(AuditEntry {
            seq: row.seq,
            at: Timestamp(row.at),
            actor: row.actor,
            peer: row.peer,
            action: row.action,
            object: row.object,
            phase: from_word("audit.phase", row.phase)?,
            job: row.job.map(JobId),
            plan_hash: row.plan_hash,
            detail: row.detail,
            hash: row.hash,
        })
    }
}

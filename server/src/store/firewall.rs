//! Which rules each iptables of a node had: the newest [`KEPT`] of each.

use signalbox_domain::firewall::Tool;
use signalbox_domain::firewall::history::{Changes, PastRules, PastRuleset, applied_digest};
use signalbox_domain::ids::{JobId, NodeId, RulesetId};
use signalbox_domain::jobs::JobState;
use signalbox_domain::plan::Draft;
use signalbox_domain::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};

use super::word::{from_word, word};
use super::{Store, StoreError};

/// Rulesets that are kept of each iptables of a node; older ones are forgotten. Where a program bans
/// addresses all the time they reach back two days, less where somebody looks at them change.
pub const KEPT: u32 = 200;

/// Rules as they were read.
#[derive(Debug, Clone, Copy)]
pub struct SeenRules<'a> {
    pub node: NodeId,
    pub tool: Tool,
    pub digest: &'a str,
    pub text: &'a str,
    /// When the node was asked, and when it had answered.
    pub asked_at: Timestamp,
    pub seen_at: Timestamp,
    /// When the newest ruleset was last seen, where that is not written yet.
    pub before: Option<(RulesetId, Timestamp)>,
}

impl Store {
    /// Enters rules in the history, or moves on when they were last seen, and gives their entry.
    ///
    /// `None`, and nothing is entered, where a job applied other rules to this iptables while they
    /// were read: nobody knows yet whether those stay.
    pub async fn record_rules(
        &self,
        seen: &SeenRules<'_>,
    ) -> Result<Option<PastRuleset>, StoreError> {
        let mut transaction = self.write().await?;
        let newest = newest(&mut transaction, seen).await?;
        if let Some(newest) = newest.as_ref().filter(|n| n.ruleset.digest == seen.digest) {
            move_on(&mut transaction, newest.ruleset.id, seen.seen_at).await?;
            transaction.commit().await?;
            let last_seen_at = seen.seen_at.max(newest.ruleset.last_seen_at);
            return Ok(Some(PastRuleset { last_seen_at, ..newest.ruleset.clone() }));
        }
        if is_being_changed(&mut transaction, seen).await? {
            return Ok(None);
        }
        if let Some((id, at)) = seen.before {
            move_on(&mut transaction, id, at).await?;
        }
        let after = newest.as_ref().map(|newest| newest.ruleset.first_seen_at);
        let job = applied_by(&mut transaction, seen, after).await?;
        let changes = newest.map(|newest| Changes::between(&newest.text, seen.text));
        let entered = enter(&mut transaction, seen, job, changes).await?;
        forget_oldest(&mut transaction, seen).await?;
        transaction.commit().await?;
        Ok(Some(entered))
    }

    /// The rules of an entry were seen again.
    pub async fn rules_seen_again(&self, id: RulesetId, at: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        move_on(&mut transaction, id, at).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// What each iptables of a node had, newest first.
    pub async fn past_rulesets(&self, node: NodeId) -> Result<Vec<PastRuleset>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, tool, digest, first_seen_at, last_seen_at, job, added, removed
             FROM firewall_history WHERE node = ? ORDER BY id DESC",
        )
        .bind(node.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    pub async fn past_rules(
        &self,
        node: NodeId,
        id: RulesetId,
    ) -> Result<Option<PastRules>, StoreError> {
        let row = sqlx::query("SELECT * FROM firewall_history WHERE node = ? AND id = ?")
            .bind(node.0)
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read_with_text).transpose()
    }

    /// What an iptables had before this entry.
    pub async fn rules_before(
        &self,
        node: NodeId,
        tool: Tool,
        id: RulesetId,
    ) -> Result<Option<PastRules>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM firewall_history WHERE node = ? AND tool = ? AND id < ?
             ORDER BY id DESC LIMIT 1",
        )
        .bind(node.0)
        .bind(tool.as_str())
        .bind(id.0)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(read_with_text).transpose()
    }
}

type InTransaction<'a> = &'a mut Transaction<'static, Sqlite>;

async fn newest(
    transaction: InTransaction<'_>,
    seen: &SeenRules<'_>,
) -> Result<Option<PastRules>, StoreError> {
    let row = sqlx::query(
        "SELECT * FROM firewall_history WHERE node = ? AND tool = ? ORDER BY id DESC LIMIT 1",
    )
    .bind(seen.node.0)
    .bind(seen.tool.as_str())
    .fetch_optional(&mut **transaction)
    .await?;
    row.as_ref().map(read_with_text).transpose()
}

async fn move_on(
    transaction: InTransaction<'_>,
    id: RulesetId,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE firewall_history SET last_seen_at = max(last_seen_at, ?) WHERE id = ?")
        .bind(at.0)
        .bind(id.0)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Whether a job changes the rules now, or ended while they were read.
async fn is_being_changed(
    transaction: InTransaction<'_>,
    seen: &SeenRules<'_>,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM firewall_applies WHERE node = ? AND tool = ?
                        AND (finished_at IS NULL OR finished_at BETWEEN ? AND ?))",
    )
    .bind(seen.node.0)
    .bind(seen.tool.as_str())
    .bind(seen.asked_at.0)
    .bind(seen.seen_at.0)
    .fetch_one(&mut **transaction)
    .await?)
}

/// The job that made these rules: the last one that left its own on the node, if it ended after the
/// rules before were first seen. One that needs an operator may have left them, too.
async fn applied_by(
    transaction: InTransaction<'_>,
    seen: &SeenRules<'_>,
    after: Option<Timestamp>,
) -> Result<Option<JobId>, StoreError> {
    let row = sqlx::query(
        "SELECT job, finished_at, draft FROM firewall_applies JOIN plans ON plans.id = plan
         WHERE node = ? AND tool = ? AND state IN (?, ?) ORDER BY finished_at DESC, job DESC LIMIT 1",
    )
    .bind(seen.node.0)
    .bind(seen.tool.as_str())
    .bind(word(&JobState::Done)?)
    .bind(word(&JobState::NeedsOperator)?)
    .fetch_optional(&mut **transaction)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let finished_at = Timestamp(row.try_get("finished_at")?);
    let draft: Draft = serde_json::from_str(row.try_get("draft")?)?;
    let is_its = applied_digest(&draft, seen.node, seen.tool) == Some(seen.digest)
        && after.is_none_or(|after| finished_at >= after);
    Ok(if is_its { Some(JobId(row.try_get("job")?)) } else { None })
}

async fn enter(
    transaction: InTransaction<'_>,
    seen: &SeenRules<'_>,
    job: Option<JobId>,
    changes: Option<Changes>,
) -> Result<PastRuleset, StoreError> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO firewall_history (node, tool, digest, text, first_seen_at, last_seen_at, job,
                                       added, removed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8) RETURNING id",
    )
    .bind(seen.node.0)
    .bind(seen.tool.as_str())
    .bind(seen.digest)
    .bind(seen.text)
    .bind(seen.seen_at.0)
    .bind(job.map(|job| job.0))
    .bind(changes.map(|changes| changes.added))
    .bind(changes.map(|changes| changes.removed))
    .fetch_one(&mut **transaction)
    .await?;
    Ok(PastRuleset {
        id: RulesetId(id),
        tool: seen.tool,
        digest: seen.digest.to_owned(),
        first_seen_at: seen.seen_at,
        last_seen_at: seen.seen_at,
        job,
        changes,
    })
}

async fn forget_oldest(
    transaction: InTransaction<'_>,
    seen: &SeenRules<'_>,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM firewall_history WHERE id IN (
             SELECT id FROM firewall_history WHERE node = ? AND tool = ?
             ORDER BY id DESC LIMIT -1 OFFSET ?)",
    )
    .bind(seen.node.0)
    .bind(seen.tool.as_str())
    .bind(KEPT)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

fn read(row: &SqliteRow) -> Result<PastRuleset, StoreError> {
    let job: Option<i64> = row.try_get("job")?;
    let (added, removed) = (row.try_get("added")?, row.try_get("removed")?);
    Ok(PastRuleset {
        id: RulesetId(row.try_get("id")?),
        tool: from_word("firewall_history.tool", row.try_get("tool")?)?,
        digest: row.try_get("digest")?,
        first_seen_at: Timestamp(row.try_get("first_seen_at")?),
        last_seen_at: Timestamp(row.try_get("last_seen_at")?),
        job: job.map(JobId),
        changes: Option::zip(added, removed).map(|(added, removed)| Changes { added, removed }),
    })
}

fn read_with_text(row: &SqliteRow) -> Result<PastRules, StoreError> {
    Ok(PastRules { ruleset: read(row)?, text: row.try_get("text")? })
}

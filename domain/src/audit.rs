//! Who did what, from where, and how it ended.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::JobId;
use crate::time::Timestamp;

/// What somebody set out to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Account or token name; [`CONSOLE`] for what it did by itself.
    pub actor: String,
    /// The peer's address.
    pub peer: String,
    /// Slug, dot, verb: `vrrp.hand_over`, `nodes.add`, `access.sign_in` …
    pub action: String,
    /// What it was done to, e.g. `VI_WEB`, `node 3`.
    pub object: String,
    pub job: Option<JobId>,
    pub plan_hash: Option<String>,
}

/// The actor of what the console does by itself.
pub const CONSOLE: &str = "console";

impl Deed {
    pub fn by_console(action: impl Into<String>, object: impl Into<String>) -> Deed {
        Deed {
            actor: CONSOLE.to_owned(),
            peer: "local".to_owned(),
            action: action.into(),
            object: object.into(),
            job: None,
            plan_hash: None,
        }
    }
}

/// One row of the audit log. Before an operation an intent row is written, after it an outcome row;
/// each row carries the hash of the one before it, so that a removed or altered row is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// 1 for the first row, without gaps.
    pub seq: i64,
    pub at: Timestamp,
    /// Account or token name; `console` for what it did by itself.
    pub actor: String,
    /// The peer's address.
    pub peer: String,
    /// `vrrp.hand_over`, `nodes.add`, `access.sign_in` …
    pub action: String,
    pub object: String,
    pub phase: AuditPhase,
    pub job: Option<JobId>,
    pub plan_hash: Option<String>,
    /// Commands with exit statuses, or the reason of a refusal.
    pub detail: String,
    /// Hex SHA-256 over the previous row's hash and this row's fields.
    pub hash: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuditPhase {
    Intent,
    Done,
    Failed,
    Refused,
}

impl AuditPhase {
    pub const ALL: [AuditPhase; 4] =
        [AuditPhase::Intent, AuditPhase::Done, AuditPhase::Failed, AuditPhase::Refused];

    pub fn as_str(self) -> &'static str {
        match self {
            AuditPhase::Intent => "intent",
            AuditPhase::Done => "done",
            AuditPhase::Failed => "failed",
            AuditPhase::Refused => "refused",
        }
    }
}

impl AuditEntry {
    /// The hash that this row must carry when `previous` is the hash of the row before it; empty
    /// for the first row.
    pub fn expected_hash(&self, previous: &str) -> Result<String, serde_json::Error> {
        // As a JSON list no field's end can be taken for another's beginning.
        let fields = (
            previous,
            self.seq,
            self.at,
            &self.actor,
            &self.peer,
            &self.action,
            &self.object,
            self.phase,
            self.job,
            &self.plan_hash,
            &self.detail,
        );
        let digest = Sha256::digest(serde_json::to_vec(&fields)?);
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// A page of the log, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditPage {
    pub entries: Vec<AuditEntry>,
    /// `before` of the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_before: Option<i64>,
}

/// What a walk along the whole chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditVerdict {
    /// Rows that hold, from the first one on.
    pub sound_rows: i64,
    /// Hash of the last of them. Kept elsewhere, it also shows that no later row was cut off.
    pub head: String,
    /// The first row that does not follow from the one before it; absent when all do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_at: Option<i64>,
}

/// Walks the chain row by row.
#[derive(Debug, Default)]
pub struct ChainWalk {
    sound_rows: i64,
    head: String,
    broken_at: Option<i64>,
}

impl ChainWalk {
    /// Looks at the next row; `false` when it does not hold, after which looking on has no sense.
    pub fn step(&mut self, entry: &AuditEntry) -> bool {
        let follows = entry.seq == self.sound_rows.saturating_add(1)
            && entry.expected_hash(&self.head).is_ok_and(|hash| hash == entry.hash);
        if follows {
            self.sound_rows = entry.seq;
            self.head.clone_from(&entry.hash);
        } else {
            self.broken_at = Some(self.sound_rows.saturating_add(1));
        }
        follows
    }

    pub fn verdict(self) -> AuditVerdict {
        AuditVerdict { sound_rows: self.sound_rows, head: self.head, broken_at: self.broken_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: i64) -> Vec<AuditEntry> {
        let mut previous = String::new();
        (1..=length)
            .map(|seq| {
                let mut entry = AuditEntry {
                    seq,
                    at: Timestamp(1_000 * seq),
                    actor: "kim".into(),
                    peer: "10.0.0.9".into(),
                    action: "vrrp.hand_over".into(),
                    object: "VI_WEB".into(),
                    phase: AuditPhase::Intent,
                    job: Some(JobId(seq)),
                    plan_hash: None,
                    detail: String::new(),
                    hash: String::new(),
                };
                entry.hash = entry.expected_hash(&previous).unwrap();
                previous.clone_from(&entry.hash);
                entry
            })
            .collect()
    }

    fn walk(entries: &[AuditEntry]) -> AuditVerdict {
        let mut walk = ChainWalk::default();
        let _ = entries.iter().all(|entry| walk.step(entry));
        walk.verdict()
    }

    #[test]
    fn an_untouched_chain_holds() {
        let entries = chain(5);
        let verdict = walk(&entries);
        assert_eq!((verdict.sound_rows, verdict.broken_at), (5, None));
        assert_eq!(verdict.head, entries[4].hash);
    }

    #[test]
    fn an_altered_removed_or_swapped_row_breaks_it_there() {
        let alterations: [fn(&mut AuditEntry); 5] = [
            |entry| entry.actor = "eve".into(),
            |entry| entry.at = Timestamp(1),
            |entry| entry.phase = AuditPhase::Done,
            |entry| entry.job = None,
            // The same text, cut elsewhere.
            |entry| {
                entry.action = "vrrp.hand_overVI".into();
                entry.object = "_WEB".into();
            },
        ];
        for alter in alterations {
            let mut entries = chain(5);
            alter(&mut entries[2]);
            assert_eq!(walk(&entries).broken_at, Some(3));
        }
        let mut removed = chain(5);
        removed.remove(2);
        assert_eq!(walk(&removed).broken_at, Some(3));
        let mut swapped = chain(5);
        swapped.swap(2, 3);
        assert_eq!(walk(&swapped).broken_at, Some(3));
    }
}

use std::time::Duration;

use super::model::{Backup, BackupState, Freshness};
use crate::ids::NodeId;
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;

/// How old the newest whole backup of `engine` is against `target_age`. An engine without any is
/// in danger: nothing of it could be brought back.
pub fn freshness(
    engine: &str,
    node: NodeId,
    catalogue: &[Backup],
    target_age: Duration,
    now: Timestamp,
) -> Freshness {
    let newest = catalogue
        .iter()
        .filter(|b| b.engine == engine && b.state == BackupState::Complete)
        .max_by_key(|b| b.started_at);
    let (signal, note) = match newest {
        None => (
            Signal::Danger,
            Some(Phrase::new("No whole backup in the catalogue", "目录中没有完整的备份")),
        ),
        Some(backup) if backup.started_at.age(now) > target_age => {
            (Signal::Caution, Some(Phrase::new("Older than its target age", "已超过目标时限")))
        }
        Some(_) => (Signal::Clear, None),
    };
    Freshness {
        engine: engine.to_owned(),
        node,
        // What a restore brings back is the state at the dump's start.
        newest_at: newest.map(|b| b.started_at),
        target_age_s: target_age.as_secs(),
        signal,
        note,
    }
}

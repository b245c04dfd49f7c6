//! What the audit log is told of a job.

use std::fmt::Write;

use signalbox_domain::audit::{AuditPhase, Deed};
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::JobState;
use signalbox_domain::phrase::Phrase;

use crate::app::audit;
use crate::store::{JobRecord, JournalRow, Outcome, Store, StoreError};

/// Who set out to do what. The object is the first thing that the plan takes for itself.
pub fn deed(record: &JobRecord) -> Deed {
    let summary = &record.view.summary;
    Deed {
        actor: summary.started_by.clone(),
        peer: record.peer.clone(),
        action: summary.operation.name().to_owned(),
        object: record.draft.locks.first().cloned().unwrap_or_default(),
        job: Some(summary.id),
        plan_hash: Some(record.view.plan_hash.clone()),
    }
}

/// Writes how a job ended, with every command that was sent and its exit status.
pub(super) async fn outcome(
    store: &Store,
    deed: &Deed,
    job: JobId,
    state: JobState,
    status: &Phrase,
) -> Result<(), StoreError> {
    let phase = match state {
        JobState::Done => AuditPhase::Done,
        _ => AuditPhase::Failed,
    };
    let journal = store.journal(job).await?;
    audit::record(store, deed, phase, &detail(status, &journal)).await?;
    Ok(())
}

fn detail(status: &Phrase, journal: &[JournalRow]) -> String {
    let mut detail = status.en.clone();
    for (index, row) in journal.iter().enumerate().filter(|(_, row)| row.node.is_some()) {
        let Some(node) = row.node else { continue };
        let ended = match &row.outcome {
            Some(Outcome::Done { exit_status: Some(status) }) => format!("exit status {status}"),
            Some(Outcome::Done { exit_status: None }) => "done".to_owned(),
            Some(Outcome::Failed { exit_status: Some(status), reason }) => {
                format!("exit status {status}: {reason}")
            }
            Some(Outcome::Failed { exit_status: None, reason }) => format!("failed: {reason}"),
            Some(Outcome::Unknown { reason }) => format!("outcome unknown: {reason}"),
            // Its outcome is told in the row after it.
            None if journal.get(index + 1).is_some_and(|next| is_outcome_of(next, row)) => continue,
            None => "outcome unknown: the console was interrupted".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = write!(detail, "\nnode {node}: {} → {ended}", row.text);
    }
    detail
}

fn is_outcome_of(row: &JournalRow, intent: &JournalRow) -> bool {
    row.outcome.is_some()
        && (row.phase, row.step, row.action) == (intent.phase, intent.step, intent.action)
}

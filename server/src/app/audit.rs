//! The audit log: an intent row before each change, an outcome row after it.

use std::fmt::Display;
use std::future::Future;

use signalbox_domain::audit::{AuditEntry, AuditPhase, Deed};

use crate::app::access::Actor;
use crate::clock;
use crate::store::{Store, StoreError};

const REASON_MOST_CHARACTERS: usize = 500;

/// What `actor` sets out to do to `object`; `action` is slug, dot, verb.
pub fn deed(actor: &Actor, action: &str, object: impl Into<String>) -> Deed {
    Deed {
        actor: actor.name.clone(),
        peer: actor.peer.clone(),
        action: action.to_owned(),
        object: object.into(),
        job: None,
        plan_hash: None,
    }
}

/// Writes one row. It also goes to the program's log: whoever keeps that on another machine can
/// tell by the hashes when rows were cut off the end of the chain.
pub async fn record(
    store: &Store,
    deed: &Deed,
    phase: AuditPhase,
    detail: &str,
) -> Result<AuditEntry, StoreError> {
    let entry = store.append_audit(clock::now(), deed, phase, detail).await?;
    tracing::info!(
        seq = entry.seq,
        actor = entry.actor,
        peer = entry.peer,
        action = entry.action,
        object = entry.object,
        phase = entry.phase.as_str(),
        hash = entry.hash,
        "audit"
    );
    Ok(entry)
}

/// Writes the intent, runs the change, and writes how it ended. What cannot be audited does not
/// run.
pub async fn attempt<T, E>(
    store: &Store,
    deed: &Deed,
    change: impl Future<Output = Result<T, E>>,
) -> Result<T, E>
where
    E: Display + From<StoreError>,
{
    attempt_because(store, deed, "", change).await
}

/// As [`attempt`]; the intent row carries the reason that the person gave.
pub async fn attempt_because<T, E>(
    store: &Store,
    deed: &Deed,
    because: &str,
    change: impl Future<Output = Result<T, E>>,
) -> Result<T, E>
where
    E: Display + From<StoreError>,
{
    let because: String = because.chars().take(REASON_MOST_CHARACTERS).collect();
    record(store, deed, AuditPhase::Intent, &because).await?;
    let outcome = change.await;
    match &outcome {
        Ok(_) => record(store, deed, AuditPhase::Done, "").await?,
        Err(error) => record(store, deed, AuditPhase::Failed, &error.to_string()).await?,
    };
    outcome
}

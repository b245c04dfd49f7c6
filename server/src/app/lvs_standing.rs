//! Keeps how directors were seen to treat real servers.

use std::time::Duration;

use signalbox_domain::lvs::ServiceId;
use signalbox_domain::lvs::standing::ServerStretch;
use signalbox_domain::time::Timestamp;
use tokio::time::{MissedTickBehavior, interval};

use crate::clock;
use crate::state::App;
use crate::store::StoreError;

const WRITE_EVERY: Duration = Duration::from_secs(1);

/// How many times of writing pass until it is noted that the directors are still seen: after a crash of
/// the console so much at most is not known.
const NOTE_SEEN_EVERY: u64 = 30;

const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// In one answer.
const MOST_STRETCHES: u32 = 2_000;

/// Writes what changed for as long as the console runs.
pub async fn keep_current(app: App) {
    if let Err(error) = app.store.end_standing().await {
        tracing::error!(%error, "real servers' history of the last run stays open");
    }
    let mut tick = interval(WRITE_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0_u64.. {
        tick.tick().await;
        if let Err(error) = write(&app, round.is_multiple_of(NOTE_SEEN_EVERY)).await {
            tracing::error!(%error, "how directors treat real servers is not written down");
        }
    }
}

async fn write(app: &App, note_seen: bool) -> Result<(), StoreError> {
    let changes = app.fleet.standing_changes();
    if !changes.is_empty() {
        app.store.save_standing(&changes).await?;
    }
    if note_seen {
        app.store.save_standing_seen(&app.fleet.standing_seen()).await?;
        app.store.forget_standing_before(ago(KEPT)).await?;
    }
    Ok(())
}

/// The stretches of a service's real servers in the last while.
pub async fn of_last(
    app: &App,
    service: &ServiceId,
    span: Duration,
) -> Result<Vec<ServerStretch>, StoreError> {
    app.store.standing_since(service, ago(span), MOST_STRETCHES).await
}

fn ago(span: Duration) -> Timestamp {
    let span_ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    Timestamp(clock::now().0.saturating_sub(span_ms))
}

//! Keeps who was seen to hold which VRRP instance.

use std::time::Duration;

use signalbox_domain::live::Topic;
use signalbox_domain::nodes::LinkState;
use signalbox_domain::time::Timestamp;
use signalbox_domain::vrrp::{HolderRecorder, HolderStretch};
use tokio::time::{MissedTickBehavior, interval};

use crate::clock;
use crate::state::App;
use crate::store::StoreError;

/// How often it is written that things are as they were: after a crash of the console so much at most
/// is not known.
const WRITE_EVERY: Duration = Duration::from_secs(30);

const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Follows the fleet for as long as the console runs.
pub async fn keep_current(app: App) {
    let Some(mut client) = app.hub.client() else { return };
    client.subscribe(Topic::Vrrp, None, None);
    let mut recorder = HolderRecorder::default();
    let mut write = interval(WRITE_EVERY);
    write.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let written = tokio::select! {
            _ = client.next() => {
                match is_seen(&app) {
                    true => save(&app, &recorder.see(&app.fleet.vrrp(), clock::now())).await,
                    false => Ok(()),
                }
            }
            _ = write.tick() => write_open(&app, &recorder).await,
        };
        if let Err(error) = written {
            tracing::error!(%error, "who holds the VRRP instances is not written down");
        }
    }
}

/// Until each node has been heard or found to be away, a director that holds may not be known yet.
fn is_seen(app: &App) -> bool {
    let nodes = app.fleet.nodes();
    nodes.values().all(|(_, observed)| {
        observed.heard_at.is_some() || observed.link.state != LinkState::Connecting
    })
}

async fn write_open(app: &App, recorder: &HolderRecorder) -> Result<(), StoreError> {
    let open: Vec<HolderStretch> = recorder.open().cloned().collect();
    save(app, &open).await?;
    app.store.forget_holders_before(ago(KEPT)).await
}

async fn save(app: &App, stretches: &[HolderStretch]) -> Result<(), StoreError> {
    match stretches {
        [] => Ok(()),
        stretches => app.store.save_holders(stretches).await,
    }
}

/// The stretches of the last while.
pub async fn of_last(app: &App, span: Duration) -> Result<Vec<HolderStretch>, StoreError> {
    app.store.holders_since(ago(span)).await
}

fn ago(span: Duration) -> Timestamp {
    let span_ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    Timestamp(clock::now().0.saturating_sub(span_ms))
}

//! A drill's split: whether the console itself finds it.

use std::sync::Arc;
use std::time::Duration;

use signalbox_domain::jobs::FoundSplit;
use signalbox_domain::vrrp::InstanceName;
use signalbox_domain::vrrp::split::{CauseKind, SplitView};
use tokio::time::{Instant, sleep};

use super::run::Run;
use super::{StepError, words};

/// What the console now sees of an instance that several directors hold.
pub type SplitSight = Arc<dyn Fn(&InstanceName) -> Option<SplitView> + Send + Sync>;

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What is waited for.
pub(super) struct Wanted<'a> {
    pub(super) instance: &'a InstanceName,
    pub(super) cause: CauseKind,
    pub(super) found_within_ms: u64,
    pub(super) timeout: Duration,
}

impl Run {
    /// Waits until a split is seen and its cause is named, and enters what was found, also when it
    /// is another cause.
    pub(super) async fn await_split(&self, wanted: &Wanted<'_>) -> Result<(), StepError> {
        let begun = Instant::now();
        let mut last = "one holder".to_owned();
        loop {
            if let Some(split) = (self.splits)(wanted.instance) {
                let named = split.causes.first().map(|cause| cause.kind);
                let found = FoundSplit {
                    made: wanted.cause,
                    named,
                    found_ms: split.found_ms,
                    found_within_ms: wanted.found_within_ms,
                };
                self.board.change(|view| view.split = Some(found)).await?;
                let title = split.causes.first().map(|cause| cause.title.en.clone());
                last = title.unwrap_or_else(|| "no cause named".to_owned());
                if named == Some(wanted.cause) {
                    self.board.note(format!("found after {} ms: {last}", split.found_ms)).await?;
                    return Ok(());
                }
            }
            if begun.elapsed() >= wanted.timeout {
                let (title, waited) = (words::split_named(), wanted.timeout);
                return Err(StepError::Waited { title, waited, last });
            }
            tokio::select! {
                () = sleep(LOOK_EVERY) => {}
                cancelled = self.cancellation.cancelled() => return Err(cancelled),
            }
        }
    }
}

//! Cancelling a job at a safe point.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::StepError;

/// The job is at a point where stopping would be worse than going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the running step cannot be cancelled")]
pub struct NotCancellable;

/// Whether a job may be cancelled now, and whether it was. Once accepted, no further step begins.
#[derive(Debug, Default)]
pub(super) struct Cancellation {
    gate: Mutex<Gate>,
    token: CancellationToken,
}

#[derive(Debug, Default)]
struct Gate {
    open: bool,
    asked_by: Option<String>,
}

impl Cancellation {
    /// Cancels the job, if the running step allows it.
    pub(super) fn ask(&self, by: &str) -> Result<(), NotCancellable> {
        let mut gate = self.gate();
        if !gate.open {
            return Err(NotCancellable);
        }
        gate.asked_by = Some(by.to_owned());
        self.token.cancel();
        Ok(())
    }

    /// The job comes to another point: from here it may be cancelled, or not.
    ///
    /// # Errors
    /// [`StepError::Cancelled`] when it was cancelled before it came here.
    pub(super) fn arrive(&self, open: bool) -> Result<(), StepError> {
        let mut gate = self.gate();
        if let Some(by) = &gate.asked_by {
            return Err(StepError::Cancelled { by: by.clone() });
        }
        gate.open = open;
        Ok(())
    }

    /// From here the job is taken back or ends; cancelling means nothing.
    pub(super) fn close(&self) {
        self.gate().open = false;
    }

    /// Fails when the job was cancelled.
    pub(super) fn check(&self) -> Result<(), StepError> {
        match &self.gate().asked_by {
            Some(by) => Err(StepError::Cancelled { by: by.clone() }),
            None => Ok(()),
        }
    }

    /// Waits until the job is cancelled.
    pub(super) async fn cancelled(&self) -> StepError {
        self.token.cancelled().await;
        StepError::Cancelled { by: self.gate().asked_by.clone().unwrap_or_default() }
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Whether somebody said that what a job did shall stay.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// The job does not wait for this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing waits to be kept")]
pub struct NothingToKeep;

#[derive(Debug, Default)]
pub(super) struct Confirmation {
    stands: watch::Sender<Stands>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Stands {
    #[default]
    NotAsked,
    Asked,
    Given {
        by: String,
    },
}

impl Confirmation {
    /// Waits for somebody to give it, and tells who; `None` when nobody does in time.
    pub(super) async fn wait(&self, within: Duration) -> Option<String> {
        let mut stands = self.stands.subscribe();
        self.stands.send_replace(Stands::Asked);
        let given = stands.wait_for(|stands| matches!(stands, Stands::Given { .. }));
        let given = timeout(within, given).await.ok().and_then(Result::ok).map(|s| s.clone());
        self.close();
        match given {
            Some(Stands::Given { by }) => Some(by),
            _ => None,
        }
    }

    /// Nothing waits any more.
    pub(super) fn close(&self) {
        self.stands.send_replace(Stands::NotAsked);
    }

    pub(super) fn give(&self, by: &str) -> Result<(), NothingToKeep> {
        let given = self.stands.send_if_modified(|stands| {
            let asked = *stands == Stands::Asked;
            if asked {
                *stands = Stands::Given { by: by.to_owned() };
            }
            asked
        });
        given.then_some(()).ok_or(NothingToKeep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_given_once_and_only_while_it_is_waited_for() {
        let confirmation = Confirmation::default();
        assert_eq!(confirmation.give("ann"), Err(NothingToKeep));
        let (by, given) = tokio::join!(confirmation.wait(Duration::from_secs(60)), async {
            tokio::task::yield_now().await;
            confirmation.give("ann")
        });
        assert_eq!((by.as_deref(), given), (Some("ann"), Ok(())));
        assert_eq!(confirmation.give("ben"), Err(NothingToKeep));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_keeps_what_was_waited_for_too_long() {
        let confirmation = Confirmation::default();
        assert_eq!(confirmation.wait(Duration::from_secs(60)).await, None);
        assert_eq!(confirmation.give("ann"), Err(NothingToKeep));
    }
}

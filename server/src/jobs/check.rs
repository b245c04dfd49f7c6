//! Looking at the nodes: one check, and whether all of a list hold.

use std::time::Duration;

use futures::future::join_all;
use signalbox_domain::ids::NodeId;
use signalbox_domain::jobs::{CheckView, LogKind};
use signalbox_domain::phrase::Phrase;
use signalbox_domain::plan::{Check, Expect};
use tokio::time::{Instant, sleep};

use super::journal::Entry;
use super::log::{entry, excerpt, output_entries};
use super::run::Run;
use super::words;
use crate::ssh::Output;
use crate::store::{JournalPhase, LogEntry, Outcome, StoreError};

/// What one look at a check gave.
pub(super) struct Seen {
    /// `None`: no answer.
    pub held: Option<bool>,
    pub detail: String,
    /// For the log, if this differs from what was seen before.
    lines: Vec<LogEntry>,
}

/// Which state the checks are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The plan's `verification`.
    New,
    /// The plan's `rolled_back`.
    Old,
}

/// What all checks of a list said together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    Held,
    /// A node answered, and for long enough the answer was no: which check, and what was seen.
    Refuted(Phrase),
    /// A node did not answer for as long as is waited.
    NoAnswer(Phrase),
}

impl Run {
    /// Looks once. Asking changes nothing, so no journal.
    pub(super) async fn look(&self, check: &Check) -> Seen {
        let begun = Instant::now();
        let answer = self.remote.run(check.node, &check.command).await;
        let node = Some(check.node);
        let mut lines = vec![entry(node, LogKind::Command, check.command.readable())];
        match answer {
            Ok(output) => {
                lines.extend(output_entries(check.node, &output, begun.elapsed()));
                let held = check.expect.holds(output.exit_status, &output.stdout);
                let detail = check_detail(&check.expect, &output);
                let verdict = if held { "holds" } else { "does not hold yet" };
                lines.push(entry(node, LogKind::Note, format!("{verdict}: {}", check.title.en)));
                Seen { held: Some(held), detail, lines }
            }
            Err(error) => {
                lines.push(entry(node, LogKind::Error, error.to_string()));
                Seen { held: None, detail: error.to_string(), lines }
            }
        }
    }

    /// Logs what was seen unless it is what was seen before.
    pub(super) async fn log_if_new(
        &self,
        seen: &mut Seen,
        before: &mut Option<(Option<bool>, String)>,
    ) -> Result<(), StoreError> {
        let now = (seen.held, seen.detail.clone());
        if before.as_ref() != Some(&now) {
            self.board.log(std::mem::take(&mut seen.lines)).await?;
            *before = Some(now);
        }
        Ok(())
    }

    /// Whether all checks of one state hold at once, retried as [`super::Limits`] says.
    pub(super) async fn prove(&self, wanted: Wanted) -> Result<Proof, StoreError> {
        let (checks, text) = match wanted {
            Wanted::New => (&self.draft.verification, "check the new state"),
            Wanted::Old => (&self.draft.rolled_back, "check the old state"),
        };
        let row = Entry {
            phase: JournalPhase::Verify,
            step: None,
            action: 0,
            node: None,
            text: text.to_owned(),
        };
        self.write(&row, None).await?;
        let proof = self.until_proved(wanted, checks).await?;
        let outcome = match &proof {
            Proof::Held => Outcome::Done { exit_status: None },
            Proof::Refuted(seen) => Outcome::Failed { exit_status: None, reason: seen.en.clone() },
            Proof::NoAnswer(seen) => Outcome::Unknown { reason: seen.en.clone() },
        };
        self.write(&row, Some(outcome)).await?;
        Ok(proof)
    }

    async fn until_proved(&self, wanted: Wanted, checks: &[Check]) -> Result<Proof, StoreError> {
        let begun = Instant::now();
        let mut refuted_since: Option<Instant> = None;
        let mut before = vec![None; checks.len()];
        let mut pause = self.limits.verify_every;
        loop {
            let mut round = join_all(checks.iter().map(|check| self.look(check))).await;
            for (seen, before) in round.iter_mut().zip(&mut before) {
                self.log_if_new(seen, before).await?;
            }
            if wanted == Wanted::New {
                self.show_verification(checks, &round).await?;
            }
            let named = || checks.iter().zip(&round);
            let refuted = named().find(|(_, seen)| seen.held == Some(false));
            let silent = named().find(|(_, seen)| seen.held.is_none());
            match (refuted, silent) {
                (None, None) => return Ok(Proof::Held),
                (Some((check, seen)), _) => {
                    let since = *refuted_since.get_or_insert_with(Instant::now);
                    if since.elapsed() >= self.limits.verify_for {
                        return Ok(Proof::Refuted(words::seen(check, &seen.detail)));
                    }
                    pause = self.limits.verify_every;
                }
                (None, Some((check, seen))) => {
                    refuted_since = None;
                    if begun.elapsed() >= self.limits.reach_for {
                        return Ok(Proof::NoAnswer(words::seen(check, &seen.detail)));
                    }
                    self.show_waiting(check.node).await?;
                    pause = longer(pause, self.limits.pause_at_most);
                }
            }
            sleep(pause).await;
        }
    }

    async fn show_verification(&self, checks: &[Check], round: &[Seen]) -> Result<(), StoreError> {
        let views: Vec<CheckView> = checks
            .iter()
            .zip(round)
            .map(|(check, seen)| CheckView {
                title: check.title.clone(),
                node: check.node,
                held: seen.held,
                detail: seen.detail.clone(),
            })
            .collect();
        if self.board.view().await.verification == views {
            return Ok(());
        }
        self.board.change(|view| view.verification = views).await
    }

    pub(super) async fn show_waiting(&self, node: NodeId) -> Result<(), StoreError> {
        let status = words::waiting_for(node);
        if self.board.view().await.summary.status == status {
            return Ok(());
        }
        self.board.change(|view| view.summary.status = status).await
    }
}

/// What an output means for what was expected of it, in a few words.
pub(super) fn check_detail(expect: &Expect, output: &Output) -> String {
    if output.exit_status != 0 {
        return format!("exit status {}: {}", output.exit_status, excerpt(output));
    }
    match expect {
        Expect::Success => "exit status 0".to_owned(),
        Expect::Line { line } if expect.holds(0, &output.stdout) => line.clone(),
        Expect::NoLine { line } if !expect.holds(0, &output.stdout) => line.clone(),
        Expect::NoLine { line } => format!("no {line:?}"),
        Expect::Line { .. } => excerpt(output),
    }
}

/// A pause that grows from one attempt to the next.
pub(super) fn longer(pause: Duration, at_most: Duration) -> Duration {
    (pause * 2).min(at_most)
}

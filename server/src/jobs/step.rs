//! Carrying out one step.

use std::time::Duration;

use signalbox_domain::firewall::kernel_trace::TraceSpec;
use signalbox_domain::ids::NodeId;
use signalbox_domain::jobs::{LogKind, StepState};
use signalbox_domain::lvs::sharing::{Asked, Count, SharingSpec};
use signalbox_domain::plan::{Action, Check, Expect, Step};
use signalbox_domain::remote::RemoteCommand;
use tokio::time::{Instant, sleep};

use super::check::check_detail;
use super::journal::Entry;
use super::log::{entry, excerpt, output_entries};
use super::probe::Probe;
use super::run::Run;
use super::split::Wanted;
use super::{StepError, words};
use crate::clock;
use crate::ssh::Output;
use crate::store::JournalPhase;

impl Run {
    /// Carries a step out, from its first action to its last.
    pub(super) async fn step(&self, position: usize, step: &Step) -> Result<(), StepError> {
        self.cancellation.arrive(step.cancellable)?;
        let cancel = step.cancellable.then(|| words::cancel(&self.draft, position));
        let total = self.draft.steps.len();
        self.board.note(format!("Step {} of {total}: {}", position + 1, step.title.en)).await?;
        self.board
            .change(|view| {
                view.summary.status = step.title.clone();
                view.cancel = cancel;
                if let Some(view) = view.steps.get_mut(position) {
                    view.state = StepState::Running;
                    view.started_at = Some(clock::now());
                }
            })
            .await?;
        let result = self.actions(position, step).await;
        let (state, error) = match &result {
            Ok(()) => (StepState::Done, None),
            // Nothing can be saved now; the journal tells how far it came.
            Err(StepError::Store(_)) => return result,
            // What happened is found out before the step is called failed.
            Err(StepError::NoAnswer { .. }) => (StepState::Running, None),
            Err(error) => (StepState::Failed, Some(error.chain())),
        };
        if let Some(error) = &error {
            self.board.error(None, format!("Step {} failed: {error}", position + 1)).await?;
        }
        self.end_step(position, state, error).await?;
        result
    }

    pub(super) async fn end_step(
        &self,
        position: usize,
        state: StepState,
        error: Option<String>,
    ) -> Result<(), StepError> {
        let ended = (state != StepState::Running).then(clock::now);
        self.board
            .change(|view| {
                view.cancel = None;
                if let Some(view) = view.steps.get_mut(position) {
                    view.state = state;
                    view.finished_at = ended;
                    view.error = error.or(view.error.take());
                }
            })
            .await?;
        Ok(())
    }

    async fn actions(&self, position: usize, step: &Step) -> Result<(), StepError> {
        for (index, action) in step.actions.iter().enumerate() {
            self.cancellation.check()?;
            let row = Entry::of(JournalPhase::Run, position, index, action);
            self.journaled(row, self.act(JournalPhase::Run, position, action)).await?;
        }
        Ok(())
    }

    /// Does what the action says. Yields the exit status of a command.
    pub(super) async fn act(
        &self,
        phase: JournalPhase,
        step: usize,
        action: &Action,
    ) -> Result<Option<u32>, StepError> {
        match action {
            Action::Run { node, command, expect } => {
                self.command(*node, command, expect, Way::Line).await
            }
            Action::RunAnew { node, command, expect } => {
                self.command(*node, command, expect, Way::Anew).await
            }
            Action::Confirm { within_ms } => {
                self.confirm(Duration::from_millis(*within_ms)).await.map(|()| None)
            }
            Action::Await { check, every_ms, timeout_ms } => {
                let every = Duration::from_millis(*every_ms);
                let at_most = Duration::from_millis(*timeout_ms);
                self.wait_until(phase, check, every, at_most).await.map(|()| None)
            }
            Action::AwaitAtMost { check, every_ms, timeout_ms } => {
                let every = Duration::from_millis(*every_ms);
                let at_most = Duration::from_millis(*timeout_ms);
                self.wait_at_most(step, check, every, at_most).await.map(|()| None)
            }
            Action::StartClientProbe { probe } => {
                self.board
                    .log(vec![entry(Some(probe.node), LogKind::Command, probe.command.readable())])
                    .await?;
                let started = Probe::start(&self.remote, &self.board, probe).await?;
                *self.probe.lock().await = Some(started);
                Ok(None)
            }
            Action::StopClientProbe => self.stop_probe().await.map(|()| None).map_err(Into::into),
            Action::Capture { node, command, capture } => {
                let backup = self.take_backup(step, *node, command, capture).await?;
                self.board.change(|view| view.backup = Some(backup)).await?;
                Ok(None)
            }
            Action::CollectTrace { node, command, trace } => {
                self.collect_trace(*node, command, trace).await
            }
            Action::ProveSharing { node, count, ask, sharing } => {
                self.prove_sharing(*node, count, ask, sharing).await
            }
            Action::AwaitSplit { instance, cause, found_within_ms, timeout_ms } => {
                let timeout = Duration::from_millis(*timeout_ms);
                let (cause, found_within_ms) = (*cause, *found_within_ms);
                let wanted = Wanted { instance, cause, found_within_ms, timeout };
                self.await_split(&wanted).await.map(|()| None)
            }
            Action::DiscardCapture => self.discard_capture().await.map(|()| None),
        }
    }

    /// Enters what the kernel told of a packet, beside what was foretold.
    async fn collect_trace(
        &self,
        node: NodeId,
        command: &RemoteCommand,
        trace: &TraceSpec,
    ) -> Result<Option<u32>, StepError> {
        let output = self.output(node, command, &Expect::Success, Way::Line).await?;
        let traced = trace.traced(&output.stdout, clock::now());
        self.board.note(words::compared(&traced).en).await?;
        self.board.change(|view| view.traced = Some(traced)).await?;
        Ok(Some(output.exit_status))
    }

    /// Enters what each real server got of the client's connections.
    async fn prove_sharing(
        &self,
        director: NodeId,
        count: &RemoteCommand,
        ask: &RemoteCommand,
        sharing: &SharingSpec,
    ) -> Result<Option<u32>, StepError> {
        let before = self.output(director, count, &Expect::Success, Way::Line).await?;
        let asked = self.output(sharing.client, ask, &Expect::Success, Way::Line).await?;
        let after = self.output(director, count, &Expect::Success, Way::Line).await?;
        let proved = sharing.judge(
            &Count::parse(&before.stdout)?,
            Asked::parse(&asked.stdout)?,
            &Count::parse(&after.stdout)?,
            clock::now(),
        );
        self.board.note(words::proved(&proved).en).await?;
        self.board.change(|view| view.sharing = Some(proved)).await?;
        Ok(Some(after.exit_status))
    }

    async fn command(
        &self,
        node: NodeId,
        command: &RemoteCommand,
        expect: &Expect,
        way: Way,
    ) -> Result<Option<u32>, StepError> {
        let output = self.output(node, command, expect, way).await?;
        Ok(Some(output.exit_status))
    }

    /// What the command printed, which is as expected.
    async fn output(
        &self,
        node: NodeId,
        command: &RemoteCommand,
        expect: &Expect,
        way: Way,
    ) -> Result<Output, StepError> {
        self.board.log(vec![entry(Some(node), LogKind::Command, command.readable())]).await?;
        let begun = Instant::now();
        let answer = match way {
            Way::Line => self.remote.run(node, command).await,
            Way::Anew => self.remote.run_anew(node, command).await,
        };
        let output = match answer {
            Ok(output) => output,
            Err(source) => {
                self.board.error(Some(node), format!("no answer: {source}")).await?;
                return Err(StepError::NoAnswer { node, source });
            }
        };
        self.board.log(output_entries(node, &output, begun.elapsed())).await?;
        if expect.holds(output.exit_status, &output.stdout) {
            return Ok(output);
        }
        if output.exit_status != 0 {
            let exit_status = output.exit_status;
            return Err(StepError::Refused { node, exit_status, excerpt: excerpt(&output) });
        }
        Err(StepError::Unexpected {
            node,
            expected: expected(expect),
            excerpt: check_detail(expect, &output),
        })
    }

    /// Waits until somebody says that what was done shall stay.
    async fn confirm(&self, within: Duration) -> Result<(), StepError> {
        let until = clock::now().plus(within);
        self.board.change(|view| view.confirm_until = Some(until)).await?;
        let kept = tokio::select! {
            by = self.confirmation.wait(within) => by.ok_or(StepError::NotKept { within }),
            cancelled = self.cancellation.cancelled() => Err(cancelled),
        };
        self.confirmation.close();
        self.board.change(|view| view.confirm_until = None).await?;
        kept.map(drop)
    }

    /// Waits until a check holds, no longer than `at_most`, and shows what is seen meanwhile.
    async fn wait_at_most(
        &self,
        step: usize,
        check: &Check,
        every: Duration,
        at_most: Duration,
    ) -> Result<(), StepError> {
        let begun = Instant::now();
        let mut before = None;
        loop {
            let mut seen = self.look(check).await;
            let is_over = begun.elapsed() >= at_most;
            let progress = words::waited(&seen.detail, begun.elapsed(), at_most);
            if is_over && seen.held != Some(true) {
                self.board.note(progress.en.clone()).await?;
            }
            self.log_if_new(&mut seen, &mut before).await?;
            self.board
                .show(|view| {
                    if let Some(view) = view.steps.get_mut(step) {
                        view.progress = Some(progress);
                    }
                })
                .await;
            if seen.held == Some(true) || is_over {
                return Ok(());
            }
            tokio::select! {
                () = sleep(every) => {}
                cancelled = self.cancellation.cancelled() => return Err(cancelled),
            }
        }
    }

    async fn wait_until(
        &self,
        phase: JournalPhase,
        check: &Check,
        every: Duration,
        at_most: Duration,
    ) -> Result<(), StepError> {
        let begun = Instant::now();
        let mut before = None;
        loop {
            let mut seen = self.look(check).await;
            self.log_if_new(&mut seen, &mut before).await?;
            if seen.held == Some(true) {
                return Ok(());
            }
            if begun.elapsed() >= at_most {
                return Err(StepError::Waited {
                    title: check.title.clone(),
                    waited: at_most,
                    last: seen.detail,
                });
            }
            tokio::select! {
                () = sleep(every) => {}
                // An undo is not cancelled by what caused it.
                cancelled = self.cancellation.cancelled(), if phase == JournalPhase::Run => {
                    return Err(cancelled);
                }
            }
        }
    }
}

/// By which connection a command goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The node's standing line.
    Line,
    /// One made for it.
    Anew,
}

fn expected(expect: &Expect) -> String {
    match expect {
        Expect::Success => "anything, with exit status 0".to_owned(),
        Expect::Line { line } => format!("the line {line:?}"),
        Expect::NoLine { line } => format!("no line {line:?}"),
    }
}

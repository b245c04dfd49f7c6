//! One stage of the tests: run it with a limit of time, and count. Lanes of stages go side by side.

use std::{
    fmt,
    io::{BufRead, BufReader},
    ops::AddAssign,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    exec::{InterruptGuard, is_interrupted, line, step},
    failure::Failure,
};

/// A program that is not done by then hangs: with nothing cached, all stages together take less.
const PATIENCE_S: &str = "3600";

/// How many tests passed and failed. A check, such as a lint, counts as one.
#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Counts {
    pub(super) passed: u32,
    pub(super) failed: u32,
}

pub(super) struct Outcome {
    stage: &'static str,
    pub(super) counts: Counts,
    took: Duration,
}

impl Outcome {
    pub(super) fn failed(&self) -> bool {
        self.counts.failed > 0
    }
}

/// What a program's end says.
#[derive(Clone, Copy)]
enum Kind {
    /// A step that tests need: it counts only when it fails.
    Task,
    /// It passes or fails as a whole.
    Check,
    /// It runs tests and says how many passed.
    Tests,
}

/// When what a program prints is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Show {
    AsItComes,
    /// In one piece, because another program prints at the same time.
    AtItsEnd,
}

/// Stages that follow one another. Without what a task was to do, the rest is left out.
#[derive(Default)]
pub(super) struct Lane {
    stages: Vec<(&'static str, Kind, Command)>,
}

impl Lane {
    pub(super) fn task(mut self, stage: &'static str, command: Command) -> Self {
        self.stages.push((stage, Kind::Task, command));
        self
    }

    pub(super) fn tests(mut self, stage: &'static str, command: Command) -> Self {
        self.stages.push((stage, Kind::Tests, command));
        self
    }

    fn run(self, show: Show) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for (stage, kind, mut command) in self.stages {
            let outcome = program(stage, kind, show, &mut command);
            let ends = outcome.failed() && matches!(kind, Kind::Task);
            outcomes.push(outcome);
            if ends {
                break;
            }
        }
        outcomes
    }
}

/// Runs lanes at the same time. The first one's output comes as it is printed, the others' stage by
/// stage.
pub(super) fn side_by_side(lanes: impl IntoIterator<Item = Lane>) -> Vec<Outcome> {
    thread::scope(|scope| {
        let shows = std::iter::once(Show::AsItComes).chain(std::iter::repeat(Show::AtItsEnd));
        let running: Vec<_> = lanes
            .into_iter()
            .zip(shows)
            .map(|(lane, show)| scope.spawn(move || lane.run(show)))
            .collect();
        let lost = |_| vec![Outcome { stage: "lane", counts: FAILED, took: Duration::ZERO }];
        running.into_iter().flat_map(|lane| lane.join().unwrap_or_else(lost)).collect()
    })
}

const FAILED: Counts = Counts { passed: 0, failed: 1 };

/// A step that tests need: it counts only when it fails.
pub(super) fn task(stage: &'static str, run: impl FnOnce() -> Result<(), Failure>) -> Outcome {
    step(&format!("Test: {stage}"));
    measure(stage, || run().map(|()| Counts::default()))
}

/// A program that passes or fails as a whole.
pub(super) fn check(stage: &'static str, command: &mut Command) -> Outcome {
    program(stage, Kind::Check, Show::AsItComes, command)
}

/// A program that runs tests and says how many passed.
pub(super) fn tests(stage: &'static str, command: &mut Command) -> Outcome {
    program(stage, Kind::Tests, Show::AsItComes, command)
}

fn program(stage: &'static str, kind: Kind, show: Show, command: &mut Command) -> Outcome {
    if show == Show::AsItComes {
        step(&format!("Test: {stage}"));
    }
    measure(stage, || {
        let printed = watch(command, show)?;
        if show == Show::AtItsEnd {
            step(&format!("Test: {stage}"));
            print!("{}", printed.kept);
        }
        Ok(match (kind, printed.success) {
            (Kind::Task, true) => Counts::default(),
            (Kind::Check, true) => Counts { passed: 1, failed: 0 },
            (Kind::Task | Kind::Check, false) => FAILED,
            // It did not compile, or did not come to its end.
            (Kind::Tests, false) if printed.counts.failed == 0 => {
                Counts { failed: 1, ..printed.counts }
            }
            (Kind::Tests, _) => printed.counts,
        })
    })
}

fn measure(stage: &'static str, run: impl FnOnce() -> Result<Counts, Failure>) -> Outcome {
    let start = Instant::now();
    if is_interrupted() {
        return Outcome { stage, counts: FAILED, took: start.elapsed() };
    }
    let counts = run().unwrap_or_else(|failure| {
        eprintln!("{failure}");
        FAILED
    });
    if counts.failed > 0 {
        println!("  {stage} failed; going on with the others");
    }
    Outcome { stage, counts, took: start.elapsed() }
}

struct Printed {
    counts: Counts,
    /// What is yet to be shown.
    kept: String,
    success: bool,
}

/// Runs a program, shows or keeps what it prints, and counts in it.
fn watch(command: &Command, show: Show) -> Result<Printed, Failure> {
    let failed = |source| Failure::Start {
        program: line(command),
        source,
        advice: "install what is missing: cargo xtask setup",
    };
    let mut child = limited(command).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let _guard = InterruptGuard::of(&child);
    let (mut counts, mut kept) = (Counts::default(), String::new());
    let mut tell = |text: &str| match show {
        Show::AsItComes => println!("{text}"),
        Show::AtItsEnd => kept.extend([text, "\n"]),
    };
    tell(&format!("  {}", line(command)));
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            tell(&line);
            counts += counts_in(&line);
        }
    }
    let success = child.wait().map_err(failed)?.success();
    Ok(Printed { counts, kept, success })
}

/// The same command under timeout(1), which ends it with all that it started.
fn limited(command: &Command) -> Command {
    let mut limited = Command::new("timeout");
    limited.args(["--kill-after=30", PATIENCE_S]);
    limited.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        limited.current_dir(dir);
    }
    limited
}

/// Reads cargo's `test result: ok. 12 passed; 0 failed; …`, one for each test program, and
/// Playwright's last lines, `  12 passed (7.0s)` and `  1 failed`.
fn counts_in(line: &str) -> Counts {
    let before = |text: &str, word: &str| -> Option<u32> {
        let (number, _) = text.split_once(word)?;
        number.trim().parse().ok()
    };
    let result = line.strip_prefix("test result: ").and_then(|result| result.split_once(". "));
    let (passed, failed) = match result {
        Some((_, counts)) => (
            before(counts, " passed;"),
            counts.split_once("; ").and_then(|(_, rest)| before(rest, " failed;")),
        ),
        None => (
            before(line, " passed ("),
            line.trim().strip_suffix(" failed").and_then(|n| n.parse().ok()),
        ),
    };
    Counts { passed: passed.unwrap_or_default(), failed: failed.unwrap_or_default() }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.failed() { "FAILED" } else { "ok" };
        let (stage, seconds) = (self.stage, self.took.as_secs());
        write!(f, "{mark:<7} {stage:<15} {seconds:>5} s   {}", self.counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u32, failed: u32) -> Counts {
        Counts { passed, failed }
    }

    #[test]
    fn counts_what_cargo_test_reports() {
        let line =
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(counts_in(line), counts(12, 3));
        assert_eq!(counts_in("test firewall::parse ... ok"), counts(0, 0));
    }

    #[test]
    fn counts_what_playwright_reports() {
        assert_eq!(counts_in("  14 passed (7.0s)"), counts(14, 0));
        assert_eq!(counts_in("  2 failed"), counts(0, 2));
        assert_eq!(counts_in("    [chromium] › sign-in has failed"), counts(0, 0));
    }

    #[test]
    fn a_program_that_fails_without_counting_has_failed() {
        assert_eq!(tests("x", &mut Command::new("false")).counts, counts(0, 1));
        assert_eq!(check("x", &mut Command::new("true")).counts, counts(1, 0));
        assert_eq!(check("x", &mut Command::new("no-such-program")).counts, counts(0, 1));
    }
}

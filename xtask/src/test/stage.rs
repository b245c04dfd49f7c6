//! One stage of the tests: run it with a limit of time, and count.

use std::{
    fmt,
    io::{BufRead, BufReader},
    ops::AddAssign,
    process::{Command, Stdio},
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

/// A step that tests need: it counts only when it fails.
pub(super) fn task(stage: &'static str, run: impl FnOnce() -> Result<(), Failure>) -> Outcome {
    measure(stage, || run().map(|()| Counts::default()))
}

/// A program that passes or fails as a whole.
pub(super) fn check(stage: &'static str, command: &mut Command) -> Outcome {
    measure(stage, || {
        let (_, success) = watch(command)?;
        Ok(Counts { passed: success.into(), failed: (!success).into() })
    })
}

/// A program that runs tests and says how many passed.
pub(super) fn tests(stage: &'static str, command: &mut Command) -> Outcome {
    measure(stage, || {
        let (mut counts, success) = watch(command)?;
        if !success && counts.failed == 0 {
            counts.failed = 1; // It did not compile, or did not come to its end.
        }
        Ok(counts)
    })
}

fn measure(stage: &'static str, run: impl FnOnce() -> Result<Counts, Failure>) -> Outcome {
    let start = Instant::now();
    let failed = Counts { passed: 0, failed: 1 };
    if is_interrupted() {
        return Outcome { stage, counts: failed, took: start.elapsed() };
    }
    step(&format!("Test: {stage}"));
    let counts = run().unwrap_or_else(|failure| {
        eprintln!("{failure}");
        failed
    });
    if counts.failed > 0 {
        println!("  {stage} failed; going on with the others");
    }
    Outcome { stage, counts, took: start.elapsed() }
}

/// Runs a program, shows what it prints, and returns the counts in it and whether it succeeded.
fn watch(command: &Command) -> Result<(Counts, bool), Failure> {
    println!("  {}", line(command));
    let failed = |source| Failure::Start {
        program: line(command),
        source,
        advice: "install what is missing: cargo xtask setup",
    };
    let mut child = limited(command).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let _guard = InterruptGuard::of(&child);
    let mut counts = Counts::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            println!("{line}");
            counts += counts_in(&line);
        }
    }
    Ok((counts, child.wait().map_err(failed)?.success()))
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

//! `cargo xtask test`: every stage, even after one failed, then a summary.
//!
//! The last line, `N passed, N failed`, is read by CI.

use std::{
    io::{BufRead, BufReader},
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use crate::{
    exec::{cargo, is_installed, line, step},
    failure::Failure,
    places::Places,
    setup,
};

/// A stage that is not done by then hangs: all of them together take less when nothing is cached.
const STAGE_TIMEOUT_S: &str = "1800";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which tests to run.
    #[arg(value_enum, default_value_t = Suite::All)]
    suite: Suite,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq)]
enum Suite {
    /// Formatting, lints and the tests of all crates but the server.
    Unit,
    /// The tests of the server.
    Server,
    /// Everything, after setting the machine up.
    All,
}

/// How many tests of a stage passed and failed. A check, such as a lint, counts as one.
#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
struct Counts {
    passed: u32,
    failed: u32,
}

struct Outcome {
    stage: &'static str,
    counts: Counts,
    took: Duration,
}

pub(crate) fn test(places: &Places, args: &Args) -> Result<ExitCode, Failure> {
    if args.suite == Suite::All {
        setup::setup(places, &setup::Args::default())?;
    }
    let mut outcomes = Vec::new();
    if matches!(args.suite, Suite::Unit | Suite::All) {
        outcomes.extend(unit(places));
    }
    if matches!(args.suite, Suite::Server | Suite::All) {
        outcomes.push(server(places));
    }
    Ok(summary(&outcomes))
}

fn unit(places: &Places) -> Vec<Outcome> {
    let mut outcomes = vec![
        check("formatting", cargo(places).args(["fmt", "--all", "--check"])),
        check(
            "lints",
            cargo(places).args(["clippy", "--workspace", "--all-targets", "--", "-Dwarnings"]),
        ),
        check(
            "lints, browser",
            cargo(places)
                .args(["clippy", "--package=signalbox-domain", "--package=signalbox-frontend"])
                .args(["--features=signalbox-frontend/hydrate", "--target=wasm32-unknown-unknown"])
                .args(["--profile=wasm-dev", "--", "-Dwarnings"])
                .env("CARGO_TARGET_DIR", &places.wasm_target),
        ),
        tests("unit", cargo(places).args(["test", "--workspace", "--exclude=signalbox-server"])),
    ];
    if is_installed("cargo-deny") {
        let deny = ["deny", "--offline", "check", "bans", "licenses", "sources"];
        outcomes.push(check("dependencies", cargo(places).args(deny)));
    }
    outcomes
}

fn server(places: &Places) -> Outcome {
    tests("server", cargo(places).args(["test", "--package=signalbox-server"]))
}

/// Runs a stage that passes or fails as a whole.
fn check(stage: &'static str, command: &mut Command) -> Outcome {
    measure(stage, || {
        let (_, success) = watch(command, |_| Counts::default())?;
        Ok(Counts { passed: success.into(), failed: (!success).into() })
    })
}

/// Runs a stage of tests, counted as the program that runs them reports.
fn tests(stage: &'static str, command: &mut Command) -> Outcome {
    command.arg("--no-fail-fast");
    measure(stage, || {
        let (mut counts, success) = watch(command, cargo_test_counts)?;
        if !success && counts.failed == 0 {
            counts.failed = 1; // It did not compile, or did not come to its end.
        }
        Ok(counts)
    })
}

fn measure(stage: &'static str, run: impl FnOnce() -> Result<Counts, Failure>) -> Outcome {
    step(&format!("Test: {stage}"));
    let start = Instant::now();
    let counts = run().unwrap_or_else(|failure| {
        eprintln!("{failure}");
        Counts { passed: 0, failed: 1 }
    });
    if counts.failed > 0 {
        println!("  {stage} failed; going on with the others");
    }
    Outcome { stage, counts, took: start.elapsed() }
}

/// Runs a program with a limit of time, shows what it prints, and adds up what `count` finds in it.
fn watch(command: &mut Command, count: fn(&str) -> Counts) -> Result<(Counts, bool), Failure> {
    println!("  {}", line(command));
    let mut limited = Command::new("timeout");
    limited
        .args(["--kill-after=30", STAGE_TIMEOUT_S])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            limited.env(name, value);
        }
    }
    if let Some(dir) = command.get_current_dir() {
        limited.current_dir(dir);
    }
    let failed = |source| Failure::Start {
        program: line(command),
        source,
        advice: "install what is missing: cargo xtask setup",
    };
    let mut child = limited.stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut counts = Counts::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            println!("{line}");
            counts += count(&line);
        }
    }
    let status = child.wait().map_err(failed)?;
    Ok((counts, status.success()))
}

/// Reads `test result: ok. 12 passed; 0 failed; …`, which each test program ends with.
fn cargo_test_counts(line: &str) -> Counts {
    let Some(result) = line.strip_prefix("test result: ") else { return Counts::default() };
    let before = |word: &str| {
        let (number, _) = result.split_once(word)?;
        number.trim().rsplit(' ').next()?.parse().ok()
    };
    Counts {
        passed: before(" passed").unwrap_or_default(),
        failed: before(" failed").unwrap_or_default(),
    }
}

fn summary(outcomes: &[Outcome]) -> ExitCode {
    step("Summary");
    let mut total = Counts::default();
    for Outcome { stage, counts, took } in outcomes {
        let Counts { passed, failed } = *counts;
        let mark = if failed == 0 { "ok    " } else { "FAILED" };
        println!(
            "  {mark}  {stage:<16} {passed:>5} passed {failed:>4} failed {:>5} s",
            took.as_secs()
        );
        total += *counts;
    }
    println!("\n{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_a_test_program_reports() {
        let line =
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(cargo_test_counts(line), Counts { passed: 12, failed: 3 });
        assert_eq!(cargo_test_counts("test firewall::parse ... ok"), Counts::default());
    }
}

//! `cargo xtask test`: every stage, even after one failed, then a summary.
//!
//! The last line, `N passed, N failed`, is read by CI.

mod stage;

use std::process::{Command, ExitCode};

use signalbox_lab::{Lab, UpOptions};

use self::stage::{Counts, Outcome};
use crate::{
    build, demo,
    exec::{cargo, catch_interrupts, step},
    failure::Failure,
    places::Places,
    setup,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which tests to run.
    #[arg(value_enum, default_value_t = Suite::All)]
    suite: Suite,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq)]
enum Suite {
    /// Formatting, lints, dependencies and the tests of all crates but the server.
    Unit,
    /// The tests of the server.
    Server,
    /// The tests that need real nodes.
    Lab,
    /// The browser tests, on the real console over real nodes.
    E2e,
    /// Everything, after setting the machine up.
    All,
}

pub(crate) fn test(places: &Places, args: &Args) -> Result<ExitCode, Failure> {
    catch_interrupts()?;
    if args.suite == Suite::All {
        setup::setup(places, &setup::Args::default())?;
    }
    let wanted = |suite| args.suite == suite || args.suite == Suite::All;
    let mut outcomes = Vec::new();
    if wanted(Suite::Unit) {
        outcomes.extend(checks(places));
    }
    match args.suite {
        Suite::Unit => outcomes.push(unit(places)),
        Suite::Server => outcomes.push(server(places)),
        Suite::All => outcomes.push(unit_and_server(places)),
        Suite::Lab | Suite::E2e => {}
    }
    if wanted(Suite::Lab) || wanted(Suite::E2e) {
        let lab_was_up = Lab::attach().is_ok();
        if wanted(Suite::Lab) {
            outcomes.extend(lab(places));
        }
        if wanted(Suite::E2e) {
            outcomes.extend(e2e(places));
        }
        if !lab_was_up {
            outcomes.push(stage::task("lab down", || {
                Ok(signalbox_lab::down_all(&mut |line| println!("  {line}"))?)
            }));
        }
    }
    Ok(summary(&outcomes))
}

fn checks(places: &Places) -> Vec<Outcome> {
    vec![
        stage::check("formatting", cargo(places).args(["fmt", "--all", "--check"])),
        stage::check(
            "lints",
            cargo(places).args(["clippy", "--workspace", "--all-targets", "--", "-Dwarnings"]),
        ),
        stage::check(
            "lints, browser",
            cargo(places)
                .args(["clippy", "--package=signalbox-domain", "--package=signalbox-frontend"])
                .args(["--features=signalbox-frontend/hydrate", "--target=wasm32-unknown-unknown"])
                .args(["--profile=wasm-dev", "--", "-Dwarnings"])
                .env("CARGO_TARGET_DIR", &places.wasm_target),
        ),
        stage::task("cargo-deny", || setup::install_cargo_deny(places)),
        stage::check(
            "dependencies",
            Command::new(setup::cargo_deny(places))
                .args(["--offline", "check", "bans", "licenses", "sources"])
                .current_dir(&places.checkout),
        ),
    ]
}

fn unit(places: &Places) -> Outcome {
    let others = ["--workspace", "--exclude=signalbox-server"];
    stage::tests("unit", cargo(places).args(["test", "--no-fail-fast"]).args(others))
}

fn server(places: &Places) -> Outcome {
    let package = "--package=signalbox-server";
    stage::tests("server", cargo(places).args(["test", "--no-fail-fast", package]))
}

/// As `unit` and `server`, built once: cargo builds what a part of the workspace needs with other
/// features than what all of it needs.
fn unit_and_server(places: &Places) -> Outcome {
    let all = ["test", "--no-fail-fast", "--workspace"];
    stage::tests("unit and server", cargo(places).args(all))
}

/// The tests that need real nodes: the programs named `lab…`, and the modules and tests in the
/// server's that have `lab` in their names. They change the nodes, so they run one at a time.
fn lab(places: &Places) -> Vec<Outcome> {
    let up = stage::task("lab up", || {
        Lab::up(&UpOptions::default(), &mut |line| println!("  {line}"))?;
        Ok(())
    });
    if up.failed() {
        return vec![up];
    }
    let on_lab = |which: &[&str], filter: &[&str]| {
        let mut test = cargo(places);
        test.args(["test", "--no-fail-fast", "--workspace"]).args(which);
        test.args(["--", "--test-threads=1"]).args(filter);
        test.env("SIGNALBOX_LAB", "1");
        test
    };
    vec![
        up,
        stage::tests("lab", &mut on_lab(&["--test=lab*"], &[])),
        stage::tests("lab, server", &mut on_lab(&["--test=it"], &["lab"])),
    ]
}

fn e2e(places: &Places) -> Vec<Outcome> {
    let mut ours = false;
    let mut outcomes = vec![stage::task("demo up", || {
        ours = !demo::is_running(places)?;
        if ours {
            let built = build::build(places, build::Args { release: false })?;
            demo::start(places, built, Some("ha"))?;
        }
        Ok(())
    })];
    if outcomes.iter().all(|outcome| !outcome.failed()) {
        let mut playwright = Command::new("npx");
        playwright.args(["playwright", "test"]).current_dir(places.playwright());
        outcomes.push(stage::tests("browser", &mut playwright));
    }
    if ours {
        outcomes.push(stage::task("demo down", || demo::stop(places)));
    }
    outcomes
}

fn summary(outcomes: &[Outcome]) -> ExitCode {
    step("Summary");
    let mut total = Counts::default();
    for outcome in outcomes {
        println!("  {outcome}");
        total += outcome.counts;
    }
    println!("\n{total}");
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

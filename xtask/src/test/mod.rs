//! `cargo xtask test`: every stage, even after one failed, then a summary.
//!
//! The last line, `N passed, N failed`, is read by CI.

mod stage;

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use signalbox_lab::{Lab, UpOptions};

use self::stage::{Counts, Lane, Outcome};
use crate::{
    build, demo,
    exec::{cargo, catch_interrupts, run, step},
    failure::Failure,
    places::Places,
    setup,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which tests to run.
    #[arg(value_enum, default_value_t = Suite::All)]
    suite: Suite,
    /// The console's program for the browser tests, where it is built already.
    #[arg(long)]
    console: Option<PathBuf>,
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
    match args.suite {
        Suite::Lab | Suite::All => outcomes.extend(on_nodes(places, args.suite)?),
        Suite::E2e => outcomes.extend(e2e(places, args.console.as_deref())),
        Suite::Unit | Suite::Server => {}
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
        // It judges the crates of every platform, of which a build fetches only this one's.
        stage::task("all crates", || {
            run(cargo(places).args(["fetch", "--locked"]), "is the registry reachable?")
        }),
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

/// Tests of the directors by their names' parts. Their emulated machines are slow, so that most of
/// the time is waiting.
const OF_DIRECTORS: [&str; 4] = ["drills", "lvs", "split_brain", "vrrp"];

/// The tests that need real nodes: the programs named `lab…`, the modules and tests in the server's
/// that have `lab` in their names, and the browser's. They change the nodes, so they run one at a
/// time, in two lanes with a lab each.
fn on_nodes(places: &Places, suite: Suite) -> Result<Vec<Outcome>, Failure> {
    let lab = signalbox_lab::lab_id()?;
    let lab_was_up = Lab::attach().is_ok();
    let mut outcomes = vec![
        stage::check("build", cargo(places).args(["test", "--workspace", "--no-run"])),
        stage::task("lab up", || {
            Lab::up(&UpOptions::default(), &mut |line| println!("  {line}"))?;
            Ok(())
        }),
    ];
    if outcomes.iter().all(|outcome| !outcome.failed()) {
        let second = lab.wrapping_add(100);
        let mut lanes = vec![directors(places, lab), others(places, suite, second)?];
        if suite == Suite::All {
            lanes.push(site()?);
        }
        outcomes.extend(stage::side_by_side(lanes));
    }
    if !lab_was_up {
        outcomes.push(stage::task("lab down", || {
            Ok(signalbox_lab::down_all(&mut |line| println!("  {line}"))?)
        }));
    }
    Ok(outcomes)
}

fn directors(places: &Places, lab: u8) -> Lane {
    Lane::default().tests("lab, directors", on_lab(places, lab, &["--test=lab*"], &OF_DIRECTORS))
}

/// What the browser's tests will need, built from what the others leave of the processors.
fn site() -> Result<Lane, Failure> {
    let mut nice = Command::new("nice");
    nice.args(["-n", "19"]).arg(this_program()?).args(["build", "--site-only"]);
    Ok(Lane::default().task("site", nice))
}

fn this_program() -> Result<PathBuf, Failure> {
    env::current_exe().map_err(|source| Failure::Start {
        program: "xtask".into(),
        source,
        advice: "run it by cargo",
    })
}

fn others(places: &Places, suite: Suite, lab: u8) -> Result<Lane, Failure> {
    let skip: Vec<&str> = OF_DIRECTORS.iter().flat_map(|name| ["--skip", name]).collect();
    let xtask = this_program()?;
    let xtask = |args: &[&str]| {
        let mut command = Command::new(&xtask);
        command.args(args).env("SIGNALBOX_LAB_ID", lab.to_string());
        command
    };
    let mut lane = Lane::default()
        .task("second lab up", xtask(&["lab", "up"]))
        .tests("lab, others", on_lab(places, lab, &["--test=lab*"], &skip))
        .tests("lab, server", on_lab(places, lab, &["--test=it"], &["lab"]));
    if suite == Suite::All {
        let mut browser = xtask(&["test", "e2e"]);
        browser.arg("--console").arg(places.target.join("debug/signalbox"));
        lane = lane.tests("browser", browser);
    }
    Ok(lane.task("second lab down", xtask(&["lab", "down"])))
}

fn on_lab(places: &Places, lab: u8, which: &[&str], filter: &[&str]) -> Command {
    let mut test = cargo(places);
    test.args(["test", "--no-fail-fast", "--workspace"]).args(which);
    test.args(["--", "--test-threads=1"]).args(filter);
    test.env("SIGNALBOX_LAB", "1").env("SIGNALBOX_LAB_ID", lab.to_string());
    test
}

fn e2e(places: &Places, console: Option<&Path>) -> Vec<Outcome> {
    let mut ours = false;
    let mut outcomes = vec![stage::task("demo up", || {
        ours = !demo::is_running(places)?;
        if ours {
            let built = match console {
                Some(console) => {
                    build::Built { console: console.to_owned(), site: build::site(places, false)? }
                }
                None => build::build(places, build::Args::default())?,
            };
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

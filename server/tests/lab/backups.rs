//! Backups of the lab's real MariaDB servers: taken, and cut at every point.

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signalbox_domain::backups::{Backup, BackupsView};
use signalbox_domain::jobs::JobState;
use signalbox_domain::plan::Plan;

use crate::console::Console;
use crate::directors::Directors;

pub(crate) const DATABASES: [&str; 3] = ["db-1", "db-2", "db-3"];

pub(crate) fn lab() -> Option<(Directors, Console)> {
    let directors = Directors::of_the_lab()?;
    let console = Console::over(&directors.lab, &DATABASES);
    Some((directors, console))
}

pub(crate) fn operation(console: &Console) -> Value {
    json!({
        "operation": "backups.take",
        "engine": console.nodes["db-1"],
        "kind": "hot_logical_full",
    })
}

/// Plans until the whole tree has been seen and its leaf is chosen.
pub(crate) fn plan(console: &Console) -> Plan {
    for _ in 0..60 {
        let plan = console.plan_of_that_may_run(&operation(console));
        if plan.draft.locks.contains(&format!("node/{}/dump", console.nodes["db-3"])) {
            return plan;
        }
        sleep(Duration::from_millis(500));
    }
    panic!("the tree db-1, db-2, db-3 was not seen");
}

pub(crate) fn catalogue(console: &Console) -> Vec<Backup> {
    let view: BackupsView = serde_json::from_value(console.get("/backups").unwrap()).unwrap();
    view.catalogue
}

pub(crate) fn files(console: &Console) -> Vec<String> {
    let entries = std::fs::read_dir(console.data().join("backups")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Holds a table so that a dump of db-3 stops in its middle; given up when the sleep ends.
pub(crate) fn hold_a_table(directors: &Directors, seconds: u32) {
    let statement = format!("LOCK TABLES orders.purchase WRITE; SELECT SLEEP({seconds})");
    directors.sh("db-3", &format!("setsid mariadb -e '{statement}' >/dev/null 2>&1 </dev/null &"));
    sleep(Duration::from_millis(500));
}

pub(crate) fn release_the_table(directors: &Directors) {
    directors.sh("db-3", "pkill -f '[S]ELECT SLEEP' || true");
}

pub(crate) fn no_dump_runs(directors: &Directors) -> bool {
    directors.sh("db-3", "pgrep -x mariadb-dump || true").is_empty()
}

#[test]
fn a_console_killed_in_mid_dump_leaves_nothing_that_looks_like_a_backup() {
    let Some((directors, mut console)) = lab() else { return };
    let planned = plan(&console);
    hold_a_table(&directors, 60);
    let job = console.run(&planned);
    console.await_step(job, "dump");
    directors.until("the dump has begun to arrive", || {
        files(&console).iter().any(|name| name.ends_with(".part"))
    });
    console.kill();
    console.start_again();
    let ended = console.finish(job);
    release_the_table(&directors);
    eprintln!("killed in mid-dump: {:?}, {}", ended.summary.state, ended.summary.status.en);
    assert!(matches!(ended.summary.state, JobState::RolledBack | JobState::Failed));
    assert_eq!((files(&console), catalogue(&console)), (vec![], vec![]));
    directors.until("the dump has ended on db-3", || no_dump_runs(&directors));

    let again = console.run(&plan(&console));
    console.finish_well(again);
    assert_eq!(catalogue(&console).len(), 1);
}

type Reached = fn(&Console) -> bool;

/// Points of a backup's way onto the disk and into the catalogue.
const POINTS: [(&str, Reached); 4] = [
    ("accepted", |_| true),
    ("begun to arrive", |console| !files(console).is_empty()),
    ("under its final name", |console| files(console).iter().any(|name| name.ends_with(".zst"))),
    ("in the catalogue", |console| !catalogue(console).is_empty()),
];

#[test]
fn a_console_killed_at_any_point_of_a_backup_claims_it_only_when_it_is_whole() {
    let Some(directors) = Directors::of_the_lab() else { return };
    for (point, reached) in POINTS {
        let mut console = Console::over(&directors.lab, &DATABASES);
        let job = console.run(&plan(&console));
        let deadline = Instant::now() + Duration::from_secs(60);
        // Without a pause: some points are passed within a millisecond.
        while !reached(&console) {
            assert!(Instant::now() < deadline, "never {point}: {}", console.log(job));
        }
        console.kill();
        console.start_again();
        let ended = console.finish(job);
        eprintln!("killed when {point}: {:?}", ended.summary.state);
        let catalogue = catalogue(&console);
        match ended.summary.state {
            JobState::Done => {
                let [backup] = catalogue.try_into().unwrap();
                assert_eq!(sha256_of(&console, &backup), backup.sha256);
                assert_eq!(files(&console), [backup.file]);
            }
            JobState::RolledBack | JobState::Failed => {
                assert_eq!((files(&console), catalogue), (vec![], vec![]));
            }
            other => panic!("{other:?}: {}", console.log(job)),
        }
        directors.until("the dump has ended on db-3", || no_dump_runs(&directors));
    }
}

/// As the system's own program sums it.
pub(crate) fn sha256_of(console: &Console, backup: &Backup) -> String {
    let file = console.data().join("backups").join(&backup.file);
    let summed = Command::new("sha256sum").arg(&file).output().unwrap();
    String::from_utf8(summed.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

#[test]
fn a_cancelled_backup_ends_on_the_server_too() {
    let Some((directors, console)) = lab() else { return };
    let planned = plan(&console);
    hold_a_table(&directors, 60);
    let job = console.run(&planned);
    console.await_step(job, "dump");
    let answered = console.post(&format!("/jobs/{job}/cancel"), &Value::Null);
    let ended = console.finish(job);
    release_the_table(&directors);
    assert!(answered.is_ok(), "{answered:?}");
    assert!(matches!(ended.summary.state, JobState::RolledBack | JobState::Failed), "{ended:?}");
    assert_eq!((files(&console), catalogue(&console)), (vec![], vec![]));
    directors.until("the dump has ended on db-3", || no_dump_runs(&directors));
}

#[test]
fn a_dump_that_its_server_cuts_is_no_backup() {
    let Some((directors, console)) = lab() else { return };
    let planned = plan(&console);
    hold_a_table(&directors, 60);
    let job = console.run(&planned);
    console.await_step(job, "dump");
    directors.until("the dump has begun", || !no_dump_runs(&directors));
    directors.sh("db-3", "pkill -9 -x mariadb-dump");
    let ended = console.finish(job);
    release_the_table(&directors);
    assert!(matches!(ended.summary.state, JobState::RolledBack | JobState::Failed), "{ended:?}");
    assert!(ended.steps[0].error.is_some(), "{ended:?}");
    assert_eq!((files(&console), catalogue(&console)), (vec![], vec![]));
}

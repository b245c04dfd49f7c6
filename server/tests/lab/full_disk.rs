//! The console's own disk is full.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;
use signalbox_domain::jobs::JobState;
use tempfile::TempDir;

use crate::backups::{
    DATABASES, catalogue, files, hold_a_table, lab, no_dump_runs, operation, plan,
    release_the_table,
};
use crate::console::Console;
use crate::directors::Directors;

/// A file system of its own in memory.
struct Disk {
    mounted_on: PathBuf,
}

/// The least that a backup asks for, twice.
const SIZE: &str = "size=160m";

impl Disk {
    fn mount(on: &Path) -> Disk {
        let options = ["-t", "tmpfs", "-o", SIZE, "signalbox-test"];
        let mounted = Command::new("mount").args(options).arg(on).status().unwrap();
        assert!(mounted.success());
        Disk { mounted_on: on.to_owned() }
    }

    /// Leaves no free block.
    fn fill(&self) {
        let zero = fs::File::open("/dev/zero").unwrap();
        let mut ballast = fs::File::create(self.ballast()).unwrap();
        let full = std::io::copy(&mut std::io::Read::take(zero, 1 << 30), &mut ballast);
        assert_eq!(full.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    }

    fn free(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.mounted_on.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // What is still open on it goes with whoever has it open.
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.mounted_on).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
        // The test's own directory, when that is what it was mounted on.
        let _ = fs::remove_dir(&self.mounted_on);
    }
}

#[test]
fn a_backup_whose_disk_fills_up_fails_and_says_so_and_the_next_one_succeeds() {
    let Some((directors, console)) = lab() else { return };
    let disk = Disk::mount(&console.data().join("backups"));
    let planned = plan(&console);
    hold_a_table(&directors, 60);
    let job = console.run(&planned);
    directors.until("the dump has begun to arrive", || {
        files(&console).iter().any(|name| name.ends_with(".part"))
    });
    disk.fill();
    release_the_table(&directors);
    let ended = console.finish(job);
    assert!(matches!(ended.summary.state, JobState::RolledBack | JobState::Failed), "{ended:?}");
    let error = ended.steps[0].error.as_deref().unwrap_or_default();
    assert!(error.contains("No space left on device"), "{error}");
    assert!(ended.summary.status.en.contains("No space left on device"), "{:?}", ended.summary);
    assert_eq!((files(&console), catalogue(&console)), (vec!["ballast".to_owned()], vec![]));
    directors.until("the dump has ended on db-3", || no_dump_runs(&directors));

    let blocked = console.post("/jobs", &json!({ "operation": operation(&console) })).unwrap_err();
    assert!(blocked.contains("interlocked") && blocked.contains("\"space\""), "{blocked}");
    disk.free();
    let again = console.run(&plan(&console));
    console.finish_well(again);
    assert_eq!(catalogue(&console).len(), 1);
}

/// Database and backups on one disk: while it is full not even the failure can be written down.
#[test]
fn a_console_whose_whole_disk_fills_up_takes_its_job_to_a_true_end_when_there_is_room() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let data = TempDir::new().unwrap();
    let disk = Disk::mount(data.path());
    let mut console = Console::in_directory(data, &directors.lab, &DATABASES);
    let planned = plan(&console);
    hold_a_table(&directors, 120);
    let job = console.run(&planned);
    directors.until("the dump has begun to arrive", || {
        files(&console).iter().any(|name| name.ends_with(".part"))
    });
    disk.fill();
    release_the_table(&directors);
    directors.until("the cut dump has left the disk", || files(&console).is_empty());
    // It may have made the room that the journal needed: take that, too.
    let ended = |console: &Console| console.job(job).summary.state.is_final();
    if !ended(&console) {
        assert!(console.get("/health").is_ok() && console.get("/nodes").is_ok());
        assert_eq!(catalogue(&console), []);
    }
    // A console that is started again meanwhile does not lose the job.
    console.kill();
    console.start_again();
    let deadline = Instant::now() + Duration::from_secs(5);
    while !ended(&console) && Instant::now() < deadline {
        sleep(Duration::from_millis(200));
    }
    disk.free();
    let job = console.finish(job);
    assert!(matches!(job.summary.state, JobState::RolledBack | JobState::Failed), "{job:?}");
    assert_eq!((files(&console), catalogue(&console)), (vec![], vec![]));
    directors.until("the dump has ended on db-3", || no_dump_runs(&directors));
    let again = console.run(&plan(&console));
    console.finish_well(again);
    assert_eq!(catalogue(&console).len(), 1);
    drop(console);
}

//! The host processes that a lab started. A process id alone is no proof: the number may have gone
//! to somebody else's process, so each is remembered with the time at which it started.

use std::fs;

use serde::{Deserialize, Serialize};

use crate::command::{self, CommandError};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StartedProcess {
    pub pid: u32,
    /// Clock ticks since the machine booted (`/proc/PID/stat`, field 22; proc(5)).
    pub start_time: u64,
}

struct Stat {
    state: char,
    parent: u32,
    start_time: u64,
}

impl StartedProcess {
    /// Remembers a process that is running now.
    pub(crate) fn remember(pid: u32) -> Option<Self> {
        Some(Self { pid, start_time: stat(pid)?.start_time })
    }

    pub(crate) fn alive(&self) -> bool {
        self.stat().is_some()
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stat().is_some_and(|stat| matches!(stat.state, 'T' | 't'))
    }

    /// Whether another process steps it, as User Mode Linux does with those that run in it.
    pub(crate) fn traced(&self) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        status
            .lines()
            .any(|line| line.strip_prefix("TracerPid:").is_some_and(|pid| pid.trim() != "0"))
    }

    fn stat(&self) -> Option<Stat> {
        stat(self.pid).filter(|stat| stat.start_time == self.start_time && stat.state != 'Z')
    }

    /// The process and everything that descends from it, parents first.
    pub(crate) fn tree(&self) -> Vec<Self> {
        if !self.alive() {
            return Vec::new();
        }
        let all: Vec<(u32, Stat)> = pids().filter_map(|pid| Some((pid, stat(pid)?))).collect();
        let mut tree = vec![self.clone()];
        let mut next = 0;
        while let Some(parent) = tree.get(next).map(|process| process.pid) {
            let children =
                all.iter().filter(|(_, stat)| stat.parent == parent && stat.state != 'Z');
            tree.extend(
                children.map(|(pid, stat)| Self { pid: *pid, start_time: stat.start_time }),
            );
            next += 1;
        }
        tree
    }
}

/// Sends `signal` (a name such as `KILL`) to those of `processes` that still live.
pub(crate) fn signal(signal: &str, processes: &[StartedProcess]) -> Result<(), CommandError> {
    let option = format!("-{signal}");
    for process in processes.iter().filter(|process| process.alive()) {
        match command::run("kill", &[&option, &process.pid.to_string()]) {
            // One that ended in between is as wanted.
            Err(CommandError::Failed { .. }) if !process.alive() => {}
            result => drop(result?),
        }
    }
    Ok(())
}

/// Processes whose command line holds `argument` as one whole argument: how a lab that crashed
/// before it wrote its state finds the nodes that it had started, since their directories are named
/// in no other process's arguments.
pub(crate) fn with_argument(argument: &str) -> Vec<StartedProcess> {
    let holds = |pid: &u32| {
        fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| line.split(|byte| *byte == 0).any(|part| part == argument.as_bytes()))
    };
    pids().filter(holds).filter_map(StartedProcess::remember).collect()
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// `/proc/PID/stat`: the command's name in brackets may hold anything, so fields count from its
/// last bracket.
fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    // State is field 3 and parent field 4, so field 22 is the eighteenth from here.
    let start_time = fields.nth(17)?.parse().ok()?;
    Some(Stat { state, parent, start_time })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_itself_and_not_a_process_that_reuses_its_number() {
        let me = StartedProcess::remember(std::process::id()).unwrap();
        assert!(me.alive() && !me.stopped());
        let other = StartedProcess { start_time: me.start_time + 1, ..me };
        assert!(!other.alive());
        assert!(other.tree().is_empty());
    }

    #[test]
    fn signals_a_whole_tree() {
        let mut shell =
            std::process::Command::new("sh").args(["-c", "sleep 600 & wait"]).spawn().unwrap();
        let tree = loop {
            let tree = StartedProcess::remember(shell.id()).unwrap().tree();
            if tree.len() == 2 {
                break tree;
            }
        };
        signal("KILL", &tree).unwrap();
        shell.wait().unwrap();
        // A signal is on its way for a moment. A process that it never reaches fails the test by
        // its time limit.
        while tree.iter().any(StartedProcess::alive) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

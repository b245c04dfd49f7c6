//! A process that a demo started. Its number alone is no proof, since numbers are given again: it is
//! remembered with the time that it started.

use std::{
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::{exec, failure::Failure};

/// How long the console may take to finish what it is doing.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Process {
    pid: u32,
    /// Clock ticks since the machine booted: field 22 of `/proc/PID/stat`, proc(5).
    start_ticks: u64,
}

impl Process {
    /// Remembers a process that is running now.
    pub(crate) fn remember(pid: u32) -> Option<Self> {
        Some(Self { pid, start_ticks: start_ticks(pid)? })
    }

    pub(crate) fn is_alive(&self) -> bool {
        start_ticks(self.pid) == Some(self.start_ticks)
    }

    /// Asks the process to end, and after a while makes it.
    pub(crate) fn end(&self) -> Result<(), Failure> {
        for signal in ["-TERM", "-KILL"] {
            if !self.is_alive() {
                return Ok(());
            }
            let mut kill = Command::new("kill");
            exec::run(kill.arg(signal).arg(self.pid.to_string()), "it may be another user's")?;
            let asked = Instant::now();
            while self.is_alive() && asked.elapsed() < PATIENCE {
                thread::sleep(Duration::from_millis(50));
            }
        }
        Ok(())
    }
}

/// None when there is no such process, or when it has ended and only its parent has not looked.
fn start_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name is in brackets and may hold anything, so fields count from the last one.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    let start_ticks = fields.nth(18)?.parse().ok()?;
    (state != "Z").then_some(start_ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_the_process_that_it_remembers() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let process = Process::remember(child.id()).unwrap();
        assert!(process.is_alive());
        process.end().unwrap();
        assert!(!process.is_alive());
        child.wait().unwrap();
    }

    #[test]
    fn leaves_a_process_alone_that_has_taken_the_number() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let real = Process::remember(child.id()).unwrap();
        let earlier = Process { pid: real.pid, start_ticks: real.start_ticks - 1 };
        assert!(!earlier.is_alive());
        earlier.end().unwrap();
        assert!(real.is_alive());
        real.end().unwrap();
        child.wait().unwrap();
    }
}

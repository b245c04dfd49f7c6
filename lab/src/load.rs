//! Clients that read and write through the virtual IPs, and what became of what they were told.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::command::CommandError;
use crate::error::{LabError, file};
use crate::lab::Lab;
use crate::topology::Role;

const CLIENT: &str = include_str!("../nodes/load.pl");

#[derive(Debug, Clone, Copy)]
pub struct LoadOptions {
    pub duration: Duration,
    pub requests_per_second: u32,
    pub writes_per_second: u32,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { duration: Duration::from_secs(10), requests_per_second: 50, writes_per_second: 20 }
    }
}

/// What the clients saw.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LoadReport {
    pub pages: Tally,
    /// Answers by the server that gave them.
    pub served_by: BTreeMap<String, u64>,
    pub writes: Tally,
    pub ledger: LedgerCheck,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tally {
    pub ok: u64,
    pub failed: u64,
    /// Longest time from one good answer to the next.
    pub longest_gap_ms: f64,
    pub latency_p50_ms: f64,
    pub latency_p99_ms: f64,
}

/// What the database holds of the writes that it acknowledged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LedgerCheck {
    pub acknowledged: u64,
    /// Acknowledged and not there: lost.
    pub lost: Vec<u64>,
    /// There though the client got no answer, as may be.
    pub unacknowledged: u64,
}

/// The writes of one run that were acknowledged, kept to be checked at any later time.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    run: String,
    acknowledged: BTreeSet<u64>,
}

#[derive(Debug, PartialEq)]
enum Event {
    Page { at_ms: f64, served: Option<(String, f64)> },
    Write { at_ms: f64, sequence: u64, latency_ms: Option<f64> },
}

impl Lab {
    /// Runs clients on the client node for a while, and then asks the database for each write that
    /// it acknowledged.
    pub fn load(
        &self,
        options: &LoadOptions,
        progress: &mut dyn FnMut(&str),
    ) -> Result<LoadReport, LabError> {
        let run = run_name()?;
        let events = self.run_clients(&run, options, progress)?;
        let mut report = report(&events);
        let acknowledged = events.iter().filter_map(Event::acknowledged).collect();
        let record = Record { run, acknowledged };
        if report.writes != Tally::default() {
            self.keep(&record)?;
            report.ledger = self.check(&record)?;
        }
        Ok(report)
    }

    /// Checks all runs since the lab came up again: run → what is there.
    pub fn check_load(&self) -> Result<BTreeMap<String, LedgerCheck>, LabError> {
        let directory = self.load_directory();
        let mut checks = BTreeMap::new();
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            let bytes = fs::read(&path).map_err(file("read", &path))?;
            let record: Record = serde_json::from_slice(&bytes)
                .map_err(|source| LabError::State { path, source })?;
            checks.insert(record.run.clone(), self.check(&record)?);
        }
        Ok(checks)
    }

    fn run_clients(
        &self,
        run: &str,
        options: &LoadOptions,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Vec<Event>, LabError> {
        let seconds = options.duration.as_secs().to_string();
        let (web, database) = (self.service(80), self.service(3306));
        let rate = |service: &Option<String>, rate: u32| {
            if service.is_some() { rate } else { 0 }.to_string()
        };
        let (requests, writes) =
            (rate(&web, options.requests_per_second), rate(&database, options.writes_per_second));
        let (web, database) = (web.unwrap_or_default(), database.unwrap_or_default());
        let arguments = ["perl", "-", run, &seconds, &web, &requests, &database, &writes];

        let mut child = Command::new("ssh")
            .args(self.ssh_command(&self.client()?, &arguments)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| CommandError::Start { program: "ssh".to_owned(), source })?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin
                .write_all(CLIENT.as_bytes())
                .map_err(file("write the client's program to", &PathBuf::from("ssh")))?;
        }
        let output =
            child.stdout.take().into_iter().flat_map(|output| BufReader::new(output).lines());
        let (mut events, mut last_told) = (Vec::new(), Instant::now());
        for event in output.map_while(Result::ok).filter_map(|line| parse(&line)) {
            events.push(event);
            if last_told.elapsed() >= Duration::from_secs(1) {
                last_told = Instant::now();
                let so_far = report(&events);
                progress(&format!(
                    "  pages {} ok {} failed, writes {} acknowledged {} failed",
                    so_far.pages.ok, so_far.pages.failed, so_far.writes.ok, so_far.writes.failed
                ));
            }
        }
        let status = child.wait().map_err(file("wait for", &PathBuf::from("ssh")))?;
        if status.success() {
            return Ok(events);
        }
        let stderr = format!("the client's program ended early ({status})");
        Err(LabError::NodeRefused { node: self.client()?, what: "load".to_owned(), stderr })
    }

    fn check(&self, record: &Record) -> Result<LedgerCheck, LabError> {
        let Some(service) = self.service(3306) else { return Ok(LedgerCheck::default()) };
        let (host, port) = service.split_once(':').unwrap_or((&service, "3306"));
        let query = format!("SELECT sequence FROM ledger WHERE run = '{}'", record.run);
        // A database that is being moved just now gets a while to come back.
        const ASK: &str = "export MYSQL_PWD=app-password; \
                           until mariadb --no-defaults --host=\"$1\" --port=\"$2\" --user=app \
                           --connect-timeout=2 --batch --skip-column-names --execute=\"$3\" lab; \
                           do sleep 0.5; done";
        let client = self.client()?;
        let printed =
            self.ssh_ok(&client, &["timeout", "30", "sh", "-c", ASK, "ask", host, port, &query])?;
        let present: BTreeSet<u64> =
            printed.lines().filter_map(|line| line.trim().parse().ok()).collect();
        Ok(LedgerCheck {
            acknowledged: record.acknowledged.len() as u64,
            lost: record.acknowledged.difference(&present).copied().collect(),
            unacknowledged: present.difference(&record.acknowledged).count() as u64,
        })
    }

    fn keep(&self, record: &Record) -> Result<(), LabError> {
        let directory = self.load_directory();
        fs::create_dir_all(&directory).map_err(file("create", &directory))?;
        let path = directory.join(format!("{}.json", record.run));
        let bytes = serde_json::to_vec(record)
            .map_err(|source| LabError::State { path: path.clone(), source })?;
        fs::write(&path, bytes).map_err(file("write", &path))
    }

    fn load_directory(&self) -> PathBuf {
        self.site.run_directory().join("load")
    }

    fn client(&self) -> Result<String, LabError> {
        let client = self.nodes().iter().find(|node| node.role == Role::Client);
        client
            .map(|node| node.name.clone())
            .ok_or_else(|| LabError::NotInThisLab("it has no client node".to_owned()))
    }

    /// `address:port` of the first virtual server on `port`.
    fn service(&self, port: u16) -> Option<String> {
        let vip = self.virtual_addresses().iter().find(|vip| vip.port == Some(port))?;
        Some(format!("{}:{port}", vip.address))
    }
}

impl Event {
    fn acknowledged(&self) -> Option<u64> {
        match self {
            Self::Write { sequence, latency_ms: Some(_), .. } => Some(*sequence),
            _ => None,
        }
    }
}

/// A line of `load.pl`; None for one that was cut.
fn parse(line: &str) -> Option<Event> {
    let fields: Vec<&str> = line.split(' ').collect();
    let at_ms = fields.get(1)?.parse().ok()?;
    match *fields.as_slice() {
        ["page", _, "ok", server, latency] => {
            Some(Event::Page { at_ms, served: Some((server.to_owned(), latency.parse().ok()?)) })
        }
        ["page", _, "failed", _] => Some(Event::Page { at_ms, served: None }),
        ["write", _, "ok", sequence, latency] => Some(Event::Write {
            at_ms,
            sequence: sequence.parse().ok()?,
            latency_ms: Some(latency.parse().ok()?),
        }),
        ["write", _, "failed", sequence] => {
            Some(Event::Write { at_ms, sequence: sequence.parse().ok()?, latency_ms: None })
        }
        _ => None,
    }
}

fn report(events: &[Event]) -> LoadReport {
    let mut served_by = BTreeMap::new();
    let (mut pages, mut writes) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::Page { at_ms, served } => {
                if let Some((server, _)) = served {
                    *served_by.entry(server.clone()).or_default() += 1;
                }
                pages.push((*at_ms, served.as_ref().map(|(_, latency)| *latency)));
            }
            Event::Write { at_ms, latency_ms, .. } => writes.push((*at_ms, *latency_ms)),
        }
    }
    LoadReport {
        pages: tally(&pages),
        served_by,
        writes: tally(&writes),
        ledger: LedgerCheck::default(),
    }
}

/// Of answers in the order in which they were asked for: when, and the latency of the good ones.
fn tally(answers: &[(f64, Option<f64>)]) -> Tally {
    let good: Vec<(f64, f64)> = answers
        .iter()
        .filter_map(|(at, latency)| latency.map(|latency| (at + latency, latency)))
        .collect();
    let gaps = good.iter().zip(good.iter().skip(1)).map(|((before, _), (after, _))| after - before);
    let mut latencies: Vec<f64> = good.iter().map(|(_, latency)| *latency).collect();
    latencies.sort_by(f64::total_cmp);
    let percentile = |percent: usize| {
        latencies
            .get((latencies.len().saturating_sub(1)) * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    Tally {
        ok: good.len() as u64,
        failed: (answers.len() - good.len()) as u64,
        longest_gap_ms: gaps.fold(0.0, f64::max),
        latency_p50_ms: percentile(50),
        latency_p99_ms: percentile(99),
    }
}

/// Twelve hexadecimal digits that no other run has.
fn run_name() -> Result<String, LabError> {
    let path = PathBuf::from("/proc/sys/kernel/random/uuid");
    let uuid = fs::read_to_string(&path).map_err(file("read", &path))?;
    Ok(uuid.chars().filter(char::is_ascii_hexdigit).take(12).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_what_the_clients_print() {
        let lines = [
            "page 0.0 ok web-1 2.0",
            "page 20.0 ok web-2 4.0",
            "page 40.0 failed connect",
            "page 1040.0 ok web-1 10.0",
            "write 0.0 ok 1 3.0",
            "write 50.0 failed 2",
            "write 1050.0 ok 3 5.0",
            "write 1100.0 o",
        ];
        let events: Vec<Event> = lines.iter().filter_map(|line| parse(line)).collect();
        assert_eq!(events.iter().filter_map(Event::acknowledged).collect::<Vec<_>>(), [1, 3]);
        let report = report(&events);
        assert_eq!(
            (report.pages.ok, report.pages.failed, report.pages.longest_gap_ms),
            (3, 1, 1026.0)
        );
        assert_eq!(
            report.served_by,
            BTreeMap::from([("web-1".to_owned(), 2), ("web-2".to_owned(), 1)])
        );
        assert_eq!(
            (report.writes.ok, report.writes.failed, report.writes.longest_gap_ms),
            (2, 1, 1052.0)
        );
        assert_eq!((report.pages.latency_p50_ms, report.writes.latency_p99_ms), (4.0, 3.0));
    }

    #[test]
    fn of_nothing_all_is_zero() {
        assert_eq!(report(&[]), LoadReport::default());
    }
}

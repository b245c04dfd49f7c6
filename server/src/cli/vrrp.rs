//! `signalbox vrrp`: keepalived.conf without a node, for scripts and CI.
//!
//! Exit status 0: clean. 1: there are findings or differences. 2: a file cannot be read, or not
//! all of it.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use signalbox_domain::vrrp::conf::{
    Configuration, Difference, Document, Effective, Finding, Severity, Version, differences, lint,
    lint_pair, outline,
};

use self::gather::{Gathered, gather};

mod gather;

#[derive(Debug, Subcommand)]
pub enum VrrpCommand {
    /// Tell what keepalived -t does not: of each file, and of the directors' files together.
    Lint(LintArgs),
    /// Print a file as it is, once all of it was read.
    Render {
        /// keepalived.conf; - reads from standard input.
        file: PathBuf,
    },
    /// Print what one node reads: includes in place, conditions decided, definitions put in.
    Effective(EffectiveArgs),
    /// Print what two directors do differently.
    Diff(DiffArgs),
}

#[derive(Debug, Args)]
pub struct LintArgs {
    /// keepalived.conf of a director; several are directors of one cluster.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Name that the node's @ conditions go by, one for each file or several for one file. Without
    /// it, a file is read for each name that it asks for.
    #[arg(long = "host")]
    hosts: Vec<String>,
    /// Version of keepalived on the nodes, such as 2.2.7.
    #[arg(long)]
    keepalived: Option<Version>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct EffectiveArgs {
    /// keepalived.conf; - reads from standard input.
    file: PathBuf,
    /// Short name of the node, or what its keepalived has behind -i.
    #[arg(long)]
    host: String,
    /// Print JSON, with the defaults.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// keepalived.conf of two directors, or one file that both read.
    #[arg(required = true, num_args = 1..=2)]
    files: Vec<PathBuf>,
    /// Name of each director.
    #[arg(long = "host", num_args = 1)]
    hosts: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum VrrpError {
    #[error("{} cannot be read", .file.display())]
    Read {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "expected one --host for each file, or one file and several; found {files} files and {hosts} names"
    )]
    Hosts { files: usize, hosts: usize },
    #[error("{}: {count} places cannot be read as keepalived would; signalbox vrrp lint tells them", .file.display())]
    Problems { file: PathBuf, count: usize },
    #[error("the answer cannot be written")]
    Write(#[from] io::Error),
    #[error("the answer cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Whether there is nothing to complain of.
pub fn run(command: &VrrpCommand) -> Result<bool, VrrpError> {
    match command {
        VrrpCommand::Lint(args) => {
            let findings = args.findings()?;
            answer(args.json, &findings, || findings.iter().map(finding_text).collect())?;
            Ok(findings.is_empty())
        }
        VrrpCommand::Render { file } => {
            let gathered = gather(file, &[])?;
            let configuration = gathered.read("");
            io::stdout().lock().write_all(Document::parse(gathered.text()).render().as_bytes())?;
            match configuration.problems.len() {
                0 => Ok(true),
                count => Err(VrrpError::Problems { file: file.clone(), count }),
            }
        }
        VrrpCommand::Effective(args) => {
            let gathered = gather(&args.file, std::slice::from_ref(&args.host))?;
            let configuration = gathered.read(&args.host);
            let effective = configuration.effective();
            answer(args.json, &effective, || outline(&configuration.statements))?;
            match configuration.problems.len() + effective.unread.len() {
                0 => Ok(true),
                count => Err(VrrpError::Problems { file: args.file.clone(), count }),
            }
        }
        VrrpCommand::Diff(args) => {
            let directors = directors(&args.files, &args.hosts)?;
            let [(_, first), (_, second)] = directors.as_slice() else {
                let (files, hosts) = (args.files.len(), args.hosts.len());
                return Err(VrrpError::Hosts { files, hosts });
            };
            let found = differences(first, second);
            answer(args.json, &found, || found.iter().map(difference_text).collect())?;
            Ok(found.iter().all(|difference| difference.expected))
        }
    }
}

impl LintArgs {
    fn findings(&self) -> Result<Vec<Finding>, VrrpError> {
        let directors = directors(&self.files, &self.hosts)?;
        let mut findings: Vec<Finding> = Vec::new();
        let one_by_one = directors
            .iter()
            .flat_map(|(configuration, effective)| lint(configuration, effective, self.keepalived));
        findings.extend(one_by_one);
        if let Some(((configuration, effective), others)) = directors.split_first() {
            for (other, of_other) in others {
                findings.extend(lint_pair((configuration, effective), (other, of_other)));
            }
        }
        // What two directors read of one file is wrong once.
        findings.sort_by(|a, b| {
            (a.severity, &a.file, a.line, a.column, a.code, &a.says.en)
                .cmp(&(b.severity, &b.file, b.line, b.column, b.code, &b.says.en))
        });
        findings.dedup();
        Ok(findings)
    }
}

/// Each director's reading. One file may serve several; one that asks for names by `@` does.
fn directors(
    files: &[PathBuf],
    hosts: &[String],
) -> Result<Vec<(Configuration, Effective)>, VrrpError> {
    let read = |gathered: &Gathered, host: &str| {
        let configuration = gathered.read(host);
        let effective = configuration.effective();
        (configuration, effective)
    };
    let mut directors = Vec::new();
    match (files, hosts) {
        ([file], []) => {
            let gathered = gather(file, &[])?;
            let named = gathered.read("").hosts;
            let names =
                if named.is_empty() { vec![String::new()] } else { named.into_iter().collect() };
            let gathered = gather(file, &names)?;
            directors.extend(names.iter().map(|host| read(&gathered, host)));
        }
        ([file], hosts) => {
            let gathered = gather(file, hosts)?;
            directors.extend(hosts.iter().map(|host| read(&gathered, host)));
        }
        (files, hosts) if hosts.is_empty() || hosts.len() == files.len() => {
            let unnamed = String::new();
            for (at, file) in files.iter().enumerate() {
                let host = hosts.get(at).unwrap_or(&unnamed);
                directors.push(read(&gather(file, std::slice::from_ref(host))?, host));
            }
        }
        _ => return Err(VrrpError::Hosts { files: files.len(), hosts: hosts.len() }),
    }
    Ok(directors)
}

fn answer<T: Serialize>(
    json: bool,
    value: &T,
    text: impl FnOnce() -> String,
) -> Result<(), VrrpError> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, value)?;
        writeln!(out)?;
    } else {
        out.write_all(text().as_bytes())?;
    }
    Ok(())
}

fn finding_text(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let place = match finding.line {
        0 => finding.file.clone(),
        line => format!("{}:{line}:{}", finding.file, finding.column),
    };
    format!("{place}: {severity} {}: {}\n", finding.code.as_str(), finding.says.en)
}

fn difference_text(difference: &Difference) -> String {
    let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    let (first, second) = (side(&difference.first), side(&difference.second));
    let expected = if difference.expected { "  (as it should)" } else { "" };
    format!("{}: {first} against {second}{expected}\n", difference.path.join(" > "))
}

//! `signalbox firewall`: the model, the tracer and the lint of rules, for scripts and CI.
//!
//! Exit status 0: clean, or the packet is accepted. 1: there are findings, or it is not. 2: the
//! file cannot be read.

use std::fs;
use std::io::{self, Read as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use signalbox_domain::firewall::{
    AskedSet, ConnectionState, Direction, Family, Finding, Host, Outcome, Packet, ParseError,
    Protocol, Ruleset, Step, Trace, Transport, Truth, lint, parse, render, set, trace,
};

#[derive(Debug, Subcommand)]
pub enum FirewallCommand {
    /// Tell of rules that do not do what they look like.
    Lint(FileArgs),
    /// Print the rules as iptables-save does.
    Render(FileArgs),
    /// Follow a packet through the rules.
    Trace(Box<TraceArgs>),
}

#[derive(Debug, Args)]
pub struct FileArgs {
    /// What iptables-save printed; - reads from standard input.
    file: PathBuf,
    /// The rules are of ip6tables.
    #[arg(long)]
    ipv6: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct TraceArgs {
    #[command(flatten)]
    file: FileArgs,
    /// Interface that the packet comes in by. Without it, and without --local, rules that ask are
    /// in doubt.
    #[arg(long = "in")]
    in_interface: Option<String>,
    /// Interface that it leaves by.
    #[arg(long = "out")]
    out_interface: Option<String>,
    #[arg(long)]
    src: IpAddr,
    #[arg(long)]
    dst: IpAddr,
    /// Name or number of the protocol.
    #[arg(long, value_parser = protocol)]
    proto: Protocol,
    #[arg(long, default_value_t = 40_000)]
    sport: u16,
    #[arg(long)]
    dport: Option<u16>,
    /// ICMP type, 8 (echo request) for ICMP and 128 for ICMPv6 where it is left out.
    #[arg(long)]
    icmp_type: Option<u8>,
    /// What connection tracking makes of it.
    #[arg(long, value_enum, default_value_t = State::New)]
    state: State,
    #[arg(long, default_value_t = 0)]
    mark: u32,
    /// The packet is sent by this node.
    #[arg(long)]
    local: bool,
    /// The node's own addresses; they tell whether a packet is delivered or forwarded.
    #[arg(long = "own", value_delimiter = ',')]
    own_addresses: Vec<IpAddr>,
    /// What ipset save printed; without it rules that ask for sets are in doubt.
    #[arg(long)]
    sets: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum State {
    New,
    Established,
    Related,
    Invalid,
    Untracked,
}

#[derive(Debug, thiserror::Error)]
pub enum FirewallError {
    #[error("{} cannot be read", .file.display())]
    Read {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}: {source}", .file.display())]
    Rules { file: PathBuf, source: ParseError },
    #[error("the answer cannot be written")]
    Write(#[from] io::Error),
    #[error("the answer cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Whether there is nothing to complain of.
pub fn run(command: &FirewallCommand) -> Result<bool, FirewallError> {
    let mut out = io::stdout().lock();
    match command {
        FirewallCommand::Lint(args) => {
            let findings = lint(&args.rules()?);
            args.answer(&mut out, &findings, || lint_text(&findings))?;
            Ok(findings.is_empty())
        }
        FirewallCommand::Render(args) => {
            let rules = args.rules()?;
            args.answer(&mut out, &rules, || render(&rules))?;
            Ok(true)
        }
        FirewallCommand::Trace(args) => {
            let host = Host {
                addresses: (!args.own_addresses.is_empty()).then(|| args.own_addresses.clone()),
                sets: args.sets.as_deref().map(sets).transpose()?,
            };
            let traced = trace(&args.file.rules()?, &args.packet(), &host);
            args.file.answer(&mut out, &traced, || trace_text(&traced))?;
            Ok(traced.outcome == Outcome::Accepted)
        }
    }
}

impl FileArgs {
    fn rules(&self) -> Result<Ruleset, FirewallError> {
        let family = if self.ipv6 { Family::V6 } else { Family::V4 };
        let file = self.file.clone();
        let text = read(&self.file)
            .map_err(|source| FirewallError::Read { file: file.clone(), source })?;
        parse(&text, family).map_err(|source| FirewallError::Rules { file, source })
    }

    fn answer<T: Serialize>(
        &self,
        out: &mut impl io::Write,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), FirewallError> {
        if self.json {
            serde_json::to_writer_pretty(&mut *out, value)?;
            writeln!(out)?;
        } else {
            out.write_all(text().as_bytes())?;
        }
        Ok(())
    }
}

fn read(file: &Path) -> io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    fs::read_to_string(file)
}

fn sets(file: &Path) -> Result<set::Sets, FirewallError> {
    let error = |source| FirewallError::Read { file: file.to_owned(), source };
    let read = set::parse(&read(file).map_err(error)?);
    let read = read.map_err(|source| FirewallError::Rules { file: file.to_owned(), source })?;
    Ok(read.into_iter().map(|set| (set.name.clone(), Some(set))).collect())
}

fn protocol(text: &str) -> Result<Protocol, String> {
    let message = "expected a protocol's name or number, such as tcp, udp, icmp, vrrp or 112";
    Protocol::parse(text).ok_or_else(|| message.to_owned())
}

impl TraceArgs {
    fn packet(&self) -> Packet {
        const SYN: u8 = 0x02;
        const ACK: u8 = 0x10;
        let (source, destination) = (self.sport, self.dport.unwrap_or(0));
        let is_new = matches!(self.state, State::New);
        let icmp = |request| Transport::Icmp { kind: self.icmp_type.unwrap_or(request), code: 0 };
        let transport = match self.proto {
            Protocol::TCP => {
                Transport::Tcp { source, destination, flags: if is_new { SYN } else { ACK } }
            }
            Protocol::UDP => Transport::Udp { source, destination },
            Protocol::ICMP => icmp(8),
            Protocol::ICMPV6 => icmp(128),
            _ => Transport::Other,
        };
        let direction = match (self.local, &self.out_interface) {
            (true, _) => Direction::Out,
            (false, Some(_)) => Direction::Forward,
            (false, None) => Direction::In,
        };
        Packet {
            direction,
            in_interface: self.in_interface.clone(),
            out_interface: self.out_interface.clone(),
            source: self.src,
            destination: self.dst,
            protocol: self.proto,
            transport,
            state: self.state.into(),
            mark: self.mark,
        }
    }
}

impl From<State> for ConnectionState {
    fn from(state: State) -> ConnectionState {
        match state {
            State::New => ConnectionState::New,
            State::Established => ConnectionState::Established,
            State::Related => ConnectionState::Related,
            State::Invalid => ConnectionState::Invalid,
            State::Untracked => ConnectionState::Untracked,
        }
    }
}

fn lint_text(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let place = match finding.rule {
            Some(rule) => {
                format!("line {}, {} {} rule {rule}", finding.line, finding.table, finding.chain)
            }
            None => format!("{} {}", finding.table, finding.chain),
        };
        format!(
            "{:<8}{place}: {}\n",
            format!("{:?}", finding.severity).to_lowercase(),
            finding.says.en
        )
    };
    findings.iter().map(line).collect()
}

fn asked_set(set: &AskedSet) -> String {
    let found = match (&set.entry, set.truth) {
        (Some(entry), _) => entry.as_str(),
        (None, Truth::Unknown) => "in doubt",
        (None, _) => "not in it",
    };
    format!("  set {}: {found}", set.name)
}

fn trace_text(trace: &Trace) -> String {
    let step = |step: &Step| {
        let rule = step.rule.map_or("policy".to_owned(), |rule| format!("rule {rule}"));
        let doubt = if step.truth == Truth::Unknown { "  in doubt" } else { "" };
        let sets: String = step.sets.iter().map(asked_set).collect();
        format!(
            "{:<12}{:<9}{} {rule}: {}{doubt}{sets}\n",
            step.hook, step.table, step.chain, step.deed
        )
    };
    let mut text: String = trace.steps.iter().map(step).collect();
    for assumption in &trace.assumptions {
        text += &format!("assumed: {}\n", assumption.en);
    }
    text + &format!("{}\n", trace.outcome)
}

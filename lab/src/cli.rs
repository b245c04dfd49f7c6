//! `cargo xtask lab …`

use std::io::Write as _;
use std::process;
use std::time::Duration;

use clap::Subcommand;

use crate::error::LabError;
use crate::faults::Slowness;
use crate::lab::{Lab, down_all};
use crate::load::{LedgerCheck, LoadOptions, LoadReport};
use crate::up::UpOptions;

/// Prints a line. Whoever reads may stop reading, as `head` does: what is being done goes on.
macro_rules! say {
    ($($argument:tt)*) => {{ let _ = writeln!(std::io::stdout(), $($argument)*); }};
}

/// A fleet of real nodes on this machine.
#[derive(Debug, Subcommand)]
pub enum LabCommand {
    /// Bring the lab up; the first time builds the nodes' image (some two minutes)
    Up {
        /// `ha` or `nat`
        #[arg(long, default_value = "ha")]
        topology: String,
        /// What else to bring up: `mysql`, a MySQL server of Debian's unstable suite
        #[arg(long, value_delimiter = ',')]
        with: Vec<String>,
    },
    /// End the lab and leave nothing of it
    Down,
    /// Say how each node is
    Status {
        #[arg(long)]
        json: bool,
    },
    /// Run a command on a node as root, or open a shell
    Ssh {
        node: String,
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Cut the wire between two nodes; the management network stays
    Cut {
        a: String,
        b: String,
        /// B no longer hears A, and A still hears B
        #[arg(long)]
        one_way: bool,
    },
    /// Mend every cut
    Heal,
    /// Stop a node in the middle of whatever it does
    Freeze { node: String },
    /// Let a frozen node go on
    Thaw { node: String },
    /// Cut a node's power
    Kill { node: String },
    /// Switch a node on
    Boot { node: String },
    /// Leave a node's disk no free block
    FillDisk { node: String },
    /// Give a node's disk its room again
    FreeDisk { node: String },
    /// Make a node answer late
    Slow {
        node: String,
        /// 0 makes it as fast as it was
        #[arg(long, default_value_t = 200)]
        delay_ms: u32,
    },
    /// Let clients ask for pages and write rows through the virtual IPs, and check each
    /// acknowledged write
    Load {
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        #[arg(long, default_value_t = 50)]
        requests_per_second: u32,
        #[arg(long, default_value_t = 20)]
        writes_per_second: u32,
        /// Run no clients; check the writes of all runs since the lab came up
        #[arg(long)]
        check: bool,
        #[arg(long)]
        json: bool,
    },
}

impl LabCommand {
    /// Runs the command, printing what it does. `ssh` ends this process with the remote command's
    /// exit status.
    pub fn run(self) -> Result<(), LabError> {
        let mut progress = |line: &str| say!("{line}");
        match self {
            Self::Up { topology, with } => {
                let lab = Lab::up(&UpOptions { topology, with }, &mut progress)?;
                print_status(&lab);
                say!("sign in with: cargo xtask lab ssh NODE");
                Ok(())
            }
            Self::Down => down_all(&mut progress),
            Self::Status { json: false } => {
                print_status(&Lab::attach()?);
                Ok(())
            }
            Self::Status { json: true } => {
                let text =
                    serde_json::to_string_pretty(&Lab::attach()?.status()).unwrap_or_default();
                say!("{text}");
                Ok(())
            }
            Self::Ssh { node, command } => {
                process::exit(Lab::attach()?.ssh_interactive(&node, &command)?)
            }
            Self::Cut { a, b, one_way } => Lab::attach()?.cut(&a, &b, one_way),
            Self::Heal => Lab::attach()?.heal(),
            Self::Freeze { node } => Lab::attach()?.freeze(&node),
            Self::Thaw { node } => Lab::attach()?.thaw(&node),
            Self::Kill { node } => Lab::attach()?.kill(&node),
            Self::Boot { node } => Lab::attach()?.boot(&node),
            Self::FillDisk { node } => Lab::attach()?.fill_disk(&node),
            Self::FreeDisk { node } => Lab::attach()?.free_disk(&node),
            Self::Slow { node, delay_ms } => {
                if Lab::attach()?.slow(&node, delay_ms)? == Slowness::Processor {
                    say!(
                        "this machine's kernel cannot delay frames (sch_netem), so {node} is kept \
                         from its processor instead: 1 ms in each {delay_ms}"
                    );
                }
                Ok(())
            }
            Self::Load { check: true, .. } => {
                for (run, check) in Lab::attach()?.check_load()? {
                    say!("run {run}: {}", in_words(&check));
                }
                Ok(())
            }
            Self::Load { seconds, requests_per_second, writes_per_second, json, .. } => {
                let duration = Duration::from_secs(seconds);
                let options = LoadOptions { duration, requests_per_second, writes_per_second };
                if json {
                    let report = Lab::attach()?.load(&options, &mut |_| ())?;
                    say!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
                } else {
                    print_load(&Lab::attach()?.load(&options, &mut progress)?);
                }
                Ok(())
            }
        }
    }
}

fn print_load(report: &LoadReport) {
    for (what, tally) in [("pages", &report.pages), ("writes", &report.writes)] {
        say!(
            "{what}: {} ok, {} failed, longest gap {:.0} ms, latency p50 {:.1} ms, p99 {:.1} ms",
            tally.ok,
            tally.failed,
            tally.longest_gap_ms,
            tally.latency_p50_ms,
            tally.latency_p99_ms
        );
    }
    for (server, pages) in &report.served_by {
        say!("  {server} served {pages}");
    }
    say!("ledger: {}", in_words(&report.ledger));
}

fn in_words(check: &LedgerCheck) -> String {
    let (lost, unacknowledged) = (check.lost.len(), check.unacknowledged);
    format!(
        "{} writes acknowledged, {lost} of them lost; {unacknowledged} there without an answer",
        check.acknowledged
    )
}

fn print_status(lab: &Lab) {
    say!("topology {}", lab.topology());
    for node in lab.status() {
        let state = format!("{:?}", node.state).to_lowercase();
        say!(
            "  {:<10} {:<12} {:<15} {state:<8} {}",
            node.name,
            node.role,
            node.management,
            node.host_key_fingerprint
        );
    }
    for vip in lab.virtual_addresses() {
        let instance = vip.instance.as_deref().unwrap_or("-");
        let port = vip.port.map(|port| format!(" port {port}")).unwrap_or_default();
        say!("  {instance:<10} {}{port}", vip.address);
    }
    for cut in lab.cuts().unwrap_or_default() {
        say!("  cut: {} does not hear {}", cut.to, cut.from);
    }
    for missing in lab.missing() {
        say!("  without {missing}");
    }
}

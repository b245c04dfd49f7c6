//! The lab's commands by themselves; `cargo xtask lab` has the same.

use std::error::Error as _;
use std::process::ExitCode;

use clap::Parser;
use signalbox_lab::cli::LabCommand;

#[derive(Parser)]
#[command(name = "signalbox-lab", about = "A fleet of real nodes on this machine")]
struct Arguments {
    #[command(subcommand)]
    command: LabCommand,
}

#[allow(clippy::print_stderr, reason = "this is where a command says why it failed")]
fn main() -> ExitCode {
    let Err(error) = Arguments::parse().command.run() else { return ExitCode::SUCCESS };
    eprint!("{error}");
    let mut cause = error.source();
    while let Some(reason) = cause {
        eprint!(": {reason}");
        cause = reason.source();
    }
    eprintln!();
    ExitCode::FAILURE
}

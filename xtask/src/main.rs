//! The project's commands. `cargo xtask` lists them.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what these commands do")]
#![allow(clippy::disallowed_methods, reason = "there is no async runtime here to block")]

mod bench;
mod build;
mod demo;
mod exec;
mod failure;
mod places;
mod setup;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{failure::Failure, places::Places};

/// Commands to build, try and test Signalbox.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the build, the lab and the browser tests need. Does only what is missing.
    Setup(setup::Args),
    /// Build the console and the files that it serves.
    Build(build::Args),
    /// Start the console over a fleet of real nodes on this machine.
    Demo(demo::Args),
    /// Make, look at and break the fleet of real nodes.
    #[command(subcommand)]
    Lab(signalbox_lab::cli::LabCommand),
    /// Measure something; the figures come as JSON.
    Bench(bench::Args),
    /// Run the tests. The last line says how many passed and failed.
    Test(test::Args),
}

fn main() -> ExitCode {
    match dispatch(Cli::parse().command) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("\x1b[31merror\x1b[0m: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Result<ExitCode, Failure> {
    let places = Places::from_env()?;
    match command {
        Command::Setup(args) => setup::setup(&places, &args)?,
        Command::Build(args) if args.site_only => {
            println!("  site     {}", build::site(&places, args.release)?.display());
        }
        Command::Build(args) => {
            let built = build::build(&places, args)?;
            println!("  console  {}", built.console.display());
            println!("  site     {}", built.site.display());
        }
        Command::Demo(args) => demo::demo(&places, &args)?,
        Command::Lab(command) => command.run()?,
        Command::Bench(args) => bench::bench(&places, &args)?,
        Command::Test(args) => return test::test(&places, &args),
    }
    Ok(ExitCode::SUCCESS)
}

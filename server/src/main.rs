use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use signalbox_server::cli::{self, Cli, Command};
use signalbox_server::local;
use signalbox_server::serve::serve;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let filter =
        EnvFilter::try_from_env("SIGNALBOX_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    let ended: Result<(), Box<dyn Error>> = match Cli::parse().command {
        Command::Serve(config) => serve(config).await.map_err(Into::into),
        Command::SetupLink(link) => local::set_up_link(&link).await.map_err(Into::into),
        Command::SignInLink { link, account, role } => {
            local::sign_in_link(&link, &account, role).await.map_err(Into::into)
        }
        Command::Token(create) => local::create_token(&create).await.map_err(Into::into),
        Command::Firewall(command) => return told(cli::firewall::run(&command)),
        Command::Vrrp(command) => return told(cli::vrrp::run(&command)),
        Command::Lvs(command) => return told(cli::lvs::run(&command)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

/// As `diff` does it: 0 for nothing to tell, 1 for something, 2 for trouble.
fn told<E: Error>(clean: Result<bool, E>) -> ExitCode {
    match clean {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            report(&error);
            ExitCode::from(2)
        }
    }
}

/// One line for the error, one for each of its causes.
#[allow(clippy::print_stderr)]
fn report(error: &dyn Error) {
    eprintln!("signalbox: {error}");
    for cause in std::iter::successors(error.source(), |&cause| cause.source()) {
        eprintln!("  because: {cause}");
    }
}

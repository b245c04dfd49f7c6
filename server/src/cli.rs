//! `signalbox`: the console and the commands for whoever owns its machine.

pub mod firewall;
pub mod lvs;
pub mod vrrp;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use signalbox_domain::access::{AccountName, Role};

use crate::config::Config;

#[derive(Debug, Parser)]
#[command(
    name = "signalbox",
    version,
    about = "One console for databases, firewalls, load balancers and virtual IPs"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the console.
    Serve(Config),
    /// Print the one-time link with which the first admin account is made.
    SetupLink(LinkArgs),
    /// Print a one-time link that signs in to an account; the account is made when it is absent.
    SignInLink {
        #[command(flatten)]
        link: LinkArgs,
        /// Name of the account.
        #[arg(long)]
        account: AccountName,
        /// Role of the account when it is made now.
        #[arg(long, default_value = "admin")]
        role: Role,
    },
    /// API tokens for scripts.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Rules of iptables in a file: no console, no node.
    #[command(subcommand)]
    Firewall(firewall::FirewallCommand),
    /// A keepalived.conf in a file: no console, no node.
    #[command(subcommand)]
    Vrrp(vrrp::VrrpCommand),
    /// An IPVS table in a file: no console, no node.
    #[command(subcommand)]
    Lvs(lvs::LvsCommand),
}

#[derive(Debug, clap::Args)]
pub struct LinkArgs {
    #[arg(long, env = "SIGNALBOX_DATA", default_value = "data")]
    pub data: PathBuf,
    /// Address of the console, as browsers reach it.
    #[arg(long, env = "SIGNALBOX_PUBLIC_URL", default_value = "http://127.0.0.1:8480")]
    pub url: String,
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it. It is shown this once.
    Create {
        #[arg(long, env = "SIGNALBOX_DATA", default_value = "data")]
        data: PathBuf,
        /// What the token is for; also the name of the script account that holds it.
        #[arg(long)]
        name: AccountName,
        #[arg(long)]
        role: Role,
        /// From 1 to 365.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=365))]
        expires_days: u32,
    },
}

//! `signalbox lvs`: an IPVS table in a file, for scripts.
//!
//! Exit status 0: it was read. 2: it cannot be.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use signalbox_domain::lvs::{ListingError, listing};

#[derive(Debug, Subcommand)]
pub enum LvsCommand {
    /// Print a table of ipvsadm -Ln, ipvsadm -Sn or /proc/net/ip_vs in one form.
    Parse(ParseArgs),
}

#[derive(Debug, Args)]
pub struct ParseArgs {
    /// What ipvsadm printed; - reads from standard input.
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum LvsError {
    #[error("{} cannot be read", .file.display())]
    Read {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}: {source}", .file.display())]
    Table { file: PathBuf, source: ListingError },
    #[error("the answer cannot be written")]
    Write(#[from] io::Error),
    #[error("the answer cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Whether there is nothing to complain of.
pub fn run(command: &LvsCommand) -> Result<bool, LvsError> {
    let LvsCommand::Parse(args) = command;
    let file = args.file.clone();
    let text = read(&args.file).map_err(|source| LvsError::Read { file: file.clone(), source })?;
    let table = listing(&text).map_err(|source| LvsError::Table { file, source })?;
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &table)?;
        io::Write::write_all(&mut out, b"\n")?;
    } else {
        io::Write::write_all(&mut out, table.to_text().as_bytes())?;
    }
    Ok(true)
}

fn read(file: &Path) -> io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    fs::read_to_string(file)
}

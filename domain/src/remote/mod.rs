//! A command on a node, as data.
//!
//! Nothing else in the product turns values into a command line: words that code fixes and values
//! of parsed types go in, and [`RemoteCommand::line`] quotes them for the node's shell.

mod quote;

use serde::{Deserialize, Serialize};

use crate::values::Argument;

pub use quote::quote;

/// A fixed POSIX sh text that takes its values as positional arguments (`$1`, `$2` …).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script {
    /// Shown in plans and logs, and `$0` of the script.
    pub name: &'static str,
    pub text: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// A program found in the node's system directories.
    Tool(String),
    /// A [`Script`], whole, so that a journaled plan can be run by a newer console as approved.
    Script { name: String, text: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RemoteCommand {
    pub program: Program,
    pub args: Vec<String>,
    /// Fed to standard input, which is then closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin: Option<String>,
    /// After this long the channel is closed and the call fails.
    pub timeout_ms: u64,
}

/// How the account that signed in becomes root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Elevation {
    /// It is root, or shall stay what it is.
    None,
    /// `sudo -n`: never asks.
    Sudo,
}

/// English messages, and where a node's tools are whatever its account's own PATH says.
macro_rules! environment {
    () => {
        "LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    };
}

/// What `env` sets for a command under sudo; a sudoers entry can ask for exactly this.
pub const SUDO_ENVIRONMENT: &str = environment!();

const DEFAULT_TIMEOUT_MS: u64 = 10_000;

impl RemoteCommand {
    pub fn new(program: &'static str) -> RemoteCommand {
        RemoteCommand::with_program(Program::Tool(program.to_owned()))
    }

    pub fn script(script: &Script) -> RemoteCommand {
        RemoteCommand::with_program(Program::Script {
            name: script.name.to_owned(),
            text: script.text.to_owned(),
        })
    }

    fn with_program(program: Program) -> RemoteCommand {
        RemoteCommand { program, args: Vec::new(), stdin: None, timeout_ms: DEFAULT_TIMEOUT_MS }
    }

    /// Adds words that the code fixes: subcommands and flags.
    #[must_use]
    pub fn words(mut self, words: &[&'static str]) -> RemoteCommand {
        self.args.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    /// Adds a value that came from a person, a node or the database.
    #[must_use]
    pub fn value(mut self, value: &impl Argument) -> RemoteCommand {
        self.args.push(value.as_argument());
        self
    }

    #[must_use]
    pub fn stdin(mut self, text: impl Into<String>) -> RemoteCommand {
        self.stdin = Some(text.into());
        self
    }

    #[must_use]
    pub fn timeout_ms(mut self, timeout_ms: u64) -> RemoteCommand {
        self.timeout_ms = timeout_ms;
        self
    }

    /// The line that goes to the node's login shell, exactly.
    pub fn line(&self, elevation: Elevation) -> String {
        let mut line = match elevation {
            Elevation::None => environment!().to_owned(),
            // The first one is for sudo itself: its refusals are told by their English words.
            Elevation::Sudo => concat!("LC_ALL=C sudo -n -- env ", environment!()).to_owned(),
        };
        for word in self.argv() {
            line.push(' ');
            line.push_str(&quote(word));
        }
        line
    }

    /// The command as people read it in plans and logs: a script goes by its name.
    pub fn readable(&self) -> String {
        let name = match &self.program {
            Program::Tool(name) | Program::Script { name, .. } => name,
        };
        let words = std::iter::once(name).chain(&self.args).map(|word| quote(word));
        words.collect::<Vec<_>>().join(" ")
    }

    fn argv(&self) -> impl Iterator<Item = &str> {
        let head: Vec<&str> = match &self.program {
            Program::Tool(name) => vec![name],
            Program::Script { name, text } => vec!["sh", "-c", text, name],
        };
        head.into_iter().chain(self.args.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests;

//! keepalived.conf: what is written, what a node reads of it, and what it means there.
//!
//! [`Document`] keeps every byte of a file and changes only the line that is edited.
//! [`Configuration`] is what one node reads: includes in place, `@` conditions decided, definitions
//! put in. [`Effective`] is what it does by that, with the defaults. [`lint()`] and [`lint_pair`]
//! tell what `keepalived -t` does not, and [`differences`] compares two directors.

use std::collections::BTreeSet;

mod definitions;
mod diff;
mod document;
mod expand;
mod files;
mod keywords;
mod line;
mod lint;
mod model;
mod outline;
mod probed;
mod problem;
mod read;
mod secrets;
mod sequence;
mod tree;
mod version;

pub use diff::{Difference, differences};
pub use document::{Document, EditError, NewStatement};
pub use expand::Wanted;
pub use files::{Files, alternatives, is_match, is_wildcard};
pub use lint::{Code, Finding, Severity, lint, lint_pair};
pub use model::*;
pub use outline::outline;
pub use probed::{Probed, parse, probed};
pub use problem::{Place, Problem, Trap};
pub use secrets::{KeptSecret, keep_secrets, kept_words, written_secrets};
pub use tree::Statement;
pub use version::Version;

/// What one node reads of its files.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// What `-i` gives, or the short host name.
    pub host: String,
    /// The files that were read, in their order: [`Place::file`] counts in them.
    pub files: Vec<String>,
    pub statements: Vec<Statement>,
    /// What `include` asked for, found or not.
    pub wanted: BTreeSet<Wanted>,
    /// Names that `@` conditions ask for.
    pub hosts: BTreeSet<String>,
    pub problems: Vec<Problem>,
}

impl Configuration {
    /// Reads the file at `path`, which `files` has, as the node `host` does.
    pub fn read(files: &Files, path: &str, host: &str) -> Configuration {
        let mut expansion = expand::expand(files, path, host);
        let statements = tree::tree(&mut expansion);
        Configuration {
            host: host.to_owned(),
            files: expansion.files.iter().map(|path| (*path).to_owned()).collect(),
            statements,
            wanted: expansion.wanted,
            hosts: expansion.hosts,
            problems: expansion.problems,
        }
    }

    pub fn effective(&self) -> Effective {
        read::effective(&self.statements)
    }
}

#[cfg(test)]
mod tests;

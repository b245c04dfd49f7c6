//! What somebody wants to be in the files, and what a node says of it before it counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::reading::ConfReading;
use crate::ids::NodeId;
use crate::values::{RemotePath, Sha256Hex};
use crate::vrrp::conf::kept_words;

/// Files below this folder are changed, and no others.
const FOLDER: &str = "/etc/keepalived/";
/// keepalived.conf of 2,000 services is shorter.
const MOST_BYTES: usize = 4 << 20;

/// One node's part of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NodeChange {
    pub node: NodeId,
    pub files: Vec<FileChange>,
}

/// A file's new text. A password that stays is the word that stands for it (`kept-…`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FileChange {
    pub path: RemotePath,
    /// The digest of the file that the text was made from; absent: the file is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Sha256Hex>,
    #[serde(default)]
    pub text: String,
    /// The file goes; what it was made from must still be there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remove: bool,
}

/// Why a change cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    #[error("expected a file below {FOLDER} on {node}; found {path}")]
    Outside { node: String, path: String },
    #[error(
        "{path} on {node} cannot be removed: expected a file with its digest as base and no text, and not the one that keepalived begins with"
    )]
    Removed { node: String, path: String },
    #[error("{path} is there twice for {node}")]
    Twice { node: String, path: String },
    #[error("{path} for {node} is longer than {MOST_BYTES} bytes")]
    TooLong { node: String, path: String },
    #[error(
        "{word} in {path} stands for no password of {node}: write the password itself, or read the file anew"
    )]
    NoSuchPassword { node: String, path: String, word: String },
    #[error("{node} has this text already")]
    Nothing { node: String },
    #[error("{node} is there twice")]
    NodeTwice { node: String },
    #[error("expected at least one node with a changed file")]
    Empty,
}

/// Whether a node's change can be planned at all.
pub fn check_changes(
    node: &str,
    reading: &ConfReading,
    files: &[FileChange],
) -> Result<(), ChangeError> {
    let node = || node.to_owned();
    let known: BTreeSet<&str> = reading.secrets.iter().map(|s| s.word.as_str()).collect();
    let mut seen = BTreeSet::new();
    for FileChange { path, text, remove, base } in files {
        let path = path.as_str();
        if !path.starts_with(FOLDER) || path.ends_with('/') || path.contains("//") {
            return Err(ChangeError::Outside { node: node(), path: path.to_owned() });
        }
        if *remove && (path == reading.main || base.is_none() || !text.is_empty()) {
            return Err(ChangeError::Removed { node: node(), path: path.to_owned() });
        }
        if !seen.insert(path) {
            return Err(ChangeError::Twice { node: node(), path: path.to_owned() });
        }
        if text.len() > MOST_BYTES {
            return Err(ChangeError::TooLong { node: node(), path: path.to_owned() });
        }
        if let Some(word) = kept_words(text).into_iter().find(|word| !known.contains(word)) {
            let (path, word) = (path.to_owned(), word.to_owned());
            return Err(ChangeError::NoSuchPassword { node: node(), path, word });
        }
    }
    let is_as_it_was = |file: &FileChange| {
        !file.remove && reading.files.get(file.path.as_str()) == Some(&file.text)
    };
    match files.iter().all(is_as_it_was) {
        true => Err(ChangeError::Nothing { node: node() }),
        false => Ok(()),
    }
}

/// What `vrrp-conf-change` reads, and the name that the change goes by on the node.
pub(super) fn instruction(reading: &ConfReading, files: &[FileChange]) -> (Sha256Hex, String) {
    let mut text = String::new();
    let used: BTreeSet<&str> = files.iter().flat_map(|file| kept_words(&file.text)).collect();
    // Writing to a string cannot fail.
    for file in files {
        let was = file.base.as_ref().map_or("absent", Sha256Hex::as_str);
        let _ = writeln!(text, "was {was} {}", file.path);
    }
    let mut told = BTreeSet::new();
    for secret in &reading.secrets {
        if used.contains(secret.word.as_str()) && told.insert(&secret.word) {
            let (word, offset, len) = (&secret.word, secret.offset, secret.len);
            let _ = writeln!(text, "kept {word} {offset} {len} {}", secret.path);
        }
    }
    for file in files {
        let _ = match file.remove {
            true => writeln!(text, "gone {}", file.path),
            false => writeln!(text, "file {} {}\n{}", file.text.len(), file.path, file.text),
        };
    }
    (Sha256Hex::of(&text), text)
}

/// The changed files by their paths; one that goes says nothing any more.
pub(super) fn texts(files: &[FileChange]) -> BTreeMap<&str, &str> {
    files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect()
}

/// What `keepalived -t` on the node says of the files as they are and as they would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    pub now: Vec<String>,
    pub then: Vec<String>,
    pub exit_status: u32,
}

impl Trial {
    /// `None`: the node did not come to its end.
    pub fn parse(printed: &str) -> Option<Trial> {
        let of = |head: &str| {
            printed.lines().filter_map(|line| line.strip_prefix(head)).map(str::to_owned).collect()
        };
        let last = printed.lines().find_map(|line| line.strip_prefix("then-exit "))?;
        Some(Trial { now: of("now "), then: of("then "), exit_status: last.parse().ok()? })
    }

    /// What is said of the new files and was not said of the old ones, wherever it stood.
    pub fn new_complaints(&self) -> Vec<&str> {
        let known: BTreeSet<&str> = self.now.iter().map(|line| without_place(line)).collect();
        self.then
            .iter()
            .map(String::as_str)
            .filter(|line| !known.contains(without_place(line)))
            .collect()
    }
}

/// `(/etc/keepalived/keepalived.conf: Line 25) number …` without its brackets.
fn without_place(line: &str) -> &str {
    match line.split_once(": Line ") {
        Some((head, rest)) if head.starts_with('(') => {
            rest.split_once(") ").map_or(line, |(_, said)| said)
        }
        _ => line,
    }
}

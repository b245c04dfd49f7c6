//! keepalived's files as a node has them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::NodeId;
use crate::time::Timestamp;
use crate::values::Sha256Hex;
use crate::vrrp::conf::{Configuration, Effective, Files, KeptSecret, Version, keep_secrets};

/// What `vrrp-conf-read` printed, without the passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfReading {
    pub daemon: Daemon,
    /// Whether it is started with the node.
    pub starts_at_boot: bool,
    pub version: Option<Version>,
    /// What `-i` gives, or the short host name: `@` conditions ask for it.
    pub host: String,
    /// The file that keepalived begins with.
    pub main: String,
    pub files: Files,
    /// Of the files as they are on the node, with their passwords.
    pub digests: BTreeMap<String, Sha256Hex>,
    pub secrets: Vec<KeptSecret>,
    /// Files that cannot be read, with why.
    pub lost: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Daemon {
    Running,
    Stopped,
    /// keepalived is not installed.
    Missing,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("keepalived's files: expected {expected}; found {found:?}")]
pub struct ReadError {
    pub expected: &'static str,
    pub found: String,
}

/// A node's keepalived.conf and what it includes. `GET /api/v1/vrrp/conf/{node}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfView {
    pub node: NodeId,
    pub node_name: String,
    pub read_at: Timestamp,
    pub daemon: Daemon,
    /// Of keepalived, e.g. `2.2.7`.
    pub version: Option<String>,
    /// What `@` conditions ask for.
    pub host: String,
    /// The file that keepalived begins with.
    pub main: String,
    /// By their paths. Each password is a word `kept-…`, which stands for it in a deployment, too.
    pub files: BTreeMap<String, ConfFile>,
    /// Files that cannot be read, with why.
    pub lost: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfFile {
    pub text: String,
    /// Of the file on the node: a deployment names it as what it was made from.
    pub digest: Sha256Hex,
}

impl ConfReading {
    /// `name` makes a password's word; see [`keep_secrets`].
    pub fn parse(printed: &str, name: &dyn Fn(&str) -> String) -> Result<ConfReading, ReadError> {
        let mut rest = printed;
        let daemon = match line(&mut rest, "daemon ")? {
            "running" => Daemon::Running,
            "stopped" => Daemon::Stopped,
            "missing" => Daemon::Missing,
            other => return Err(wrong("running, stopped or missing", other)),
        };
        let starts_at_boot = line(&mut rest, "boot ")?.starts_with("enabled");
        let version = line(&mut rest, "version ")?;
        let version = version.split([' ', 'v', '(', ',']).find_map(|word| word.parse().ok());
        let host = line(&mut rest, "host ")?.to_owned();
        let main = line(&mut rest, "main ")?.to_owned();
        let (mut files, mut lost) = (Files::new(), Vec::new());
        while !rest.is_empty() {
            if rest.starts_with("lost ") {
                let line = line(&mut rest, "lost ")?;
                let (path, why) = line.split_once(' ').unwrap_or((line, "unreadable"));
                lost.push((path.to_owned(), why.to_owned()));
                continue;
            }
            let head = line(&mut rest, "file ")?;
            let (bytes, path) = head.split_once(' ').ok_or_else(|| wrong("a path", head))?;
            let bytes: usize = bytes.parse().map_err(|_| wrong("a length", head))?;
            let text = rest.get(..bytes).ok_or_else(|| wrong("the whole file", path))?;
            files.insert(path.to_owned(), text.to_owned());
            rest = rest.get(bytes + 1..).unwrap_or_default();
        }
        let digests =
            files.iter().map(|(path, text)| (path.clone(), Sha256Hex::of(text))).collect();
        let (files, secrets) = keep_secrets(&files, name);
        Ok(ConfReading {
            daemon,
            starts_at_boot,
            version,
            host,
            main,
            files,
            digests,
            secrets,
            lost,
        })
    }

    pub fn view(self, node: NodeId, node_name: String, read_at: Timestamp) -> ConfView {
        let mut digests = self.digests;
        let files = self.files.into_iter().filter_map(|(path, text)| {
            let digest = digests.remove(&path)?;
            Some((path, ConfFile { text, digest }))
        });
        ConfView {
            node,
            node_name,
            read_at,
            daemon: self.daemon,
            version: self.version.map(|version| version.to_string()),
            host: self.host,
            main: self.main,
            files: files.collect(),
            lost: self.lost.into_iter().collect(),
        }
    }

    /// What the node reads of these files, its own but for those that are given.
    pub fn with(&self, changed: &BTreeMap<&str, &str>) -> (Configuration, Effective) {
        let mut files = self.files.clone();
        files.extend(changed.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
        let configuration = Configuration::read(&files, &self.main, &self.host);
        let effective = configuration.effective();
        (configuration, effective)
    }
}

fn line<'a>(rest: &mut &'a str, head: &'static str) -> Result<&'a str, ReadError> {
    let (line, after) = rest.split_once('\n').ok_or_else(|| wrong(head, rest))?;
    *rest = after;
    line.strip_prefix(head).ok_or_else(|| wrong(head, line))
}

fn wrong(expected: &'static str, found: &str) -> ReadError {
    ReadError { expected, found: found.chars().take(80).collect() }
}

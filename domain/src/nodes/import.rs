//! Pasted lines, one machine each: `name user@host:port tags=a,b`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::nodes::SSH_PORT;
use crate::phrase::Phrase;
use crate::values::{Host, InvalidValue, NodeName, Tag, UserName};

/// More lines than this are not read at once.
pub const IMPORT_MOST_LINES: usize = 200;

const DEFAULT_USER: &str = "root";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportEntry {
    pub name: NodeName,
    pub user: UserName,
    pub host: Host,
    pub port: u16,
    pub tags: Vec<Tag>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("expected a name, then user@host:port; found only {found:?}")]
    NoAddress { found: String },
    #[error("{word:?}: {source}")]
    Value {
        word: String,
        #[source]
        source: InvalidValue,
    },
    #[error("expected a port from 1 to 65535; found {found:?}")]
    Port { found: String },
    #[error("expected tags=a,b or the end of the line; found {found:?}")]
    Word { found: String },
    #[error("expected a name of its own; found {name}, which line {first} has")]
    Repeated { name: NodeName, first: u32 },
}

impl ImportError {
    pub fn phrase(&self) -> Phrase {
        let zh = match self {
            ImportError::NoAddress { found } => {
                format!("应为名称，然后是 user@host:port；只有 {found:?}")
            }
            ImportError::Value { word, source } => {
                format!("{word:?} 无效（{}）", source.expected)
            }
            ImportError::Port { found } => format!("端口应为 1 至 65535；实为 {found:?}"),
            ImportError::Word { found } => format!("应为 tags=a,b 或行尾；实为 {found:?}"),
            ImportError::Repeated { name, first } => {
                format!("名称应各不相同；{name} 已在第 {first} 行")
            }
        };
        Phrase::new(self.to_string(), zh)
    }
}

/// Reads pasted lines, each with its number from 1. Blank lines and those that begin with `#` are
/// left out; `user@` and `:port` may be, and an IPv6 address with a port stands in brackets.
pub fn parse_import(text: &str) -> Vec<(u32, Result<ImportEntry, ImportError>)> {
    let mut rows: Vec<(u32, Result<ImportEntry, ImportError>)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let entry = parse_line(line).and_then(|entry| match first_with(&rows, &entry.name) {
            Some(first) => Err(ImportError::Repeated { name: entry.name, first }),
            None => Ok(entry),
        });
        rows.push((number, entry));
    }
    rows
}

fn first_with(rows: &[(u32, Result<ImportEntry, ImportError>)], name: &NodeName) -> Option<u32> {
    let has_name = |row: &&(u32, Result<ImportEntry, ImportError>)| {
        row.1.as_ref().is_ok_and(|entry| entry.name == *name)
    };
    rows.iter().find(has_name).map(|row| row.0)
}

fn parse_line(line: &str) -> Result<ImportEntry, ImportError> {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    let Some(address) = words.next() else {
        return Err(ImportError::NoAddress { found: excerpt(name) });
    };
    let mut tags = Vec::new();
    for word in words {
        let Some(list) = word.strip_prefix("tags=") else {
            return Err(ImportError::Word { found: excerpt(word) });
        };
        for tag in list.split(',').filter(|tag| !tag.is_empty()) {
            tags.push(value(tag)?);
        }
    }
    let name = value(name)?;
    let (user, place) = address.split_once('@').unwrap_or((DEFAULT_USER, address));
    let (host, port) = host_and_port(place)?;
    Ok(ImportEntry { name, user: value(user)?, host: value(host)?, port, tags })
}

fn host_and_port(place: &str) -> Result<(&str, u16), ImportError> {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        // More than one colon and no brackets: an IPv6 address alone.
        None if place.matches(':').count() > 1 => (place, None),
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let Some(port) = port else { return Ok((host, SSH_PORT)) };
    match port.parse() {
        Ok(number) if number > 0 => Ok((host, number)),
        _ => Err(ImportError::Port { found: excerpt(port) }),
    }
}

fn value<T: FromStr<Err = InvalidValue>>(word: &str) -> Result<T, ImportError> {
    word.parse().map_err(|source| ImportError::Value { word: excerpt(word), source })
}

fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_a_line_a_machine() {
        let rows = parse_import(
            "# directors\n\
             dir-a root@198.18.0.100\n\
             \n\
             db-1   ops@db-1.example.org:2222 tags=db,primary\n\
             前端-1 [2001:db8::1]:22 tags=web\n\
             v6 2001:db8::2\n",
        );
        let shown: Vec<String> = rows
            .iter()
            .map(|(line, entry)| {
                let entry = entry.as_ref().unwrap();
                let tags: Vec<&str> = entry.tags.iter().map(Tag::as_str).collect();
                let ImportEntry { name, user, host, port, .. } = entry;
                format!("{line}: {name} {user} {host} {port} {}", tags.join("+"))
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        2: dir-a root 198.18.0.100 22 
        4: db-1 ops db-1.example.org 2222 db+primary
        5: 前端-1 root 2001:db8::1 22 web
        6: v6 root 2001:db8::2 22 
        ");
    }

    #[test]
    fn an_error_names_its_line_what_was_expected_and_what_was_found() {
        let rows = parse_import(
            "lonely\n-rf root@h\na root@h:70000\nb root@h;reboot\nc root@h rack=3\nd h\nd h2\n",
        );
        let shown: Vec<String> = rows
            .iter()
            .filter_map(|(line, entry)| {
                entry.as_ref().err().map(|error| format!("{line}: {error}"))
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        1: expected a name, then user@host:port; found only "lonely"
        2: "-rf": expected 1 to 63 characters without control characters or slashes, not beginning with - or a space; found "-rf"
        3: expected a port from 1 to 65535; found "70000"
        4: "h;reboot": expected a host name or an IP address; found "h;reboot"
        5: expected tags=a,b or the end of the line; found "rack=3"
        7: expected a name of its own; found d, which line 6 has
        "#);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in any::<String>()) {
            for (line, entry) in parse_import(&text) {
                prop_assert!(line as usize <= text.lines().count());
                if let Err(error) = entry {
                    prop_assert!(!error.phrase().zh.is_empty());
                }
            }
        }
    }
}

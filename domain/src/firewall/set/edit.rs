//! Edits of sets, in the words of `ipset restore` (ipset(8)).

use std::collections::BTreeMap;
use std::fmt;

use super::model::{Entry, Kind, Set};
use super::parse::{Words, create, entry};
use super::view::SetsView;
use crate::firewall::parse::ParseError;

/// One line of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub set: String,
    pub act: Act,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Create {
        kind: Kind,
        header: Vec<String>,
    },
    Add(Entry),
    Remove(Entry),
    /// Takes all entries out.
    Flush,
    Destroy,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error(transparent)]
    Line(#[from] ParseError),
    #[error("the sets of the node are not known: {0}")]
    Unknown(String),
    #[error("line {line}: expected a set that is there; found {set}")]
    NoSet { line: usize, set: String },
    #[error("line {line}: expected the name of a new set; {set} is there already")]
    SetExists { line: usize, set: String },
    #[error("line {line}: {set} has {entry} already")]
    EntryExists { line: usize, set: String, entry: String },
    #[error("line {line}: {set} has no {entry}")]
    NoEntry { line: usize, set: String, entry: String },
    #[error("line {line}: {set} is destroyed above: make the new one by another change")]
    MadeAgain { line: usize, set: String },
    #[error("expected at least one edit; found none")]
    Nothing,
}

const COMMANDS: &str =
    "create NAME TYPE, add NAME ENTRY, del NAME ENTRY, flush NAME, destroy NAME, or a comment";
const NAME: &str =
    "a set's name of letters, digits, _, ., : and -, which begins with none of . : -";

/// Reads edits, each of which must make sense after those before it.
pub fn edits(text: &str, there: &SetsView) -> Result<Vec<Edit>, EditError> {
    if let Some(why) = &there.unreadable {
        return Err(EditError::Unknown(why.clone()));
    }
    let mut sets = Sets::of(there);
    let mut all = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
            all.push(sets.edit(line, index + 1)?);
        }
    }
    if all.is_empty() { Err(EditError::Nothing) } else { Ok(all) }
}

/// Whether every edit, each by itself, would change nothing any more.
pub fn are_made(text: &str, there: &SetsView) -> bool {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.enumerate().all(|(index, line)| Sets::of(there).has_made(line, index + 1))
}

/// The sets as the edits so far leave them.
struct Sets {
    /// With whether all entries are known.
    there: BTreeMap<String, (Set, bool)>,
    destroyed: Vec<String>,
}

impl Sets {
    fn of(view: &SetsView) -> Sets {
        let there = view.sets.iter().map(|(name, view)| match view.set(name) {
            Some(set) => (name.clone(), (set, true)),
            None => (name.clone(), (view.empty(name), false)),
        });
        Sets { there: there.collect(), destroyed: Vec::new() }
    }

    fn edit(&mut self, line: &str, number: usize) -> Result<Edit, EditError> {
        let mut words = Words::new(line, number);
        let act = words.next().unwrap_or_default();
        if act == "create" {
            return self.create(&mut words, number);
        }
        if !matches!(act, "add" | "del" | "flush" | "destroy") {
            return Err(words.expected_at(0, COMMANDS, act).into());
        }
        let name = words.next().unwrap_or_default();
        let no_set = || EditError::NoSet { line: number, set: name.to_owned() };
        let (set, all_known) = self.there.get_mut(name).ok_or_else(no_set)?;
        let act = match act {
            "add" => Act::Add(set.add(*all_known, &mut words, number)?),
            "del" => Act::Remove(set.remove(*all_known, &mut words, number)?),
            "flush" => {
                set.entries.clear();
                *all_known = true;
                Act::Flush
            }
            _ => {
                self.there.remove(name);
                self.destroyed.push(name.to_owned());
                Act::Destroy
            }
        };
        nothing_more(&mut words, line)?;
        Ok(Edit { set: name.to_owned(), act })
    }

    fn has_made(&mut self, line: &str, number: usize) -> bool {
        let mut words = line.split(' ').skip(1);
        let named = words.next().and_then(|name| self.there.get(name));
        let is_empty = named.is_some_and(|(set, known)| *known && set.entries.is_empty());
        match self.edit(line, number) {
            Ok(Edit { act: Act::Flush, .. }) => is_empty,
            Ok(_) => false,
            Err(
                EditError::EntryExists { .. }
                | EditError::SetExists { .. }
                | EditError::NoEntry { .. },
            ) => true,
            Err(EditError::NoSet { .. }) => !line.starts_with("add"),
            Err(_) => false,
        }
    }

    fn create(&mut self, words: &mut Words<'_>, line: usize) -> Result<Edit, EditError> {
        let set = create(words)?;
        let name = set.name.clone();
        if !is_plain(&name) {
            return Err(words.expected_at("create ".len(), NAME, &name).into());
        }
        if self.there.contains_key(&name) {
            return Err(EditError::SetExists { line, set: name });
        }
        if self.destroyed.contains(&name) {
            return Err(EditError::MadeAgain { line, set: name });
        }
        let act = Act::Create { kind: set.kind.clone(), header: set.header.clone() };
        self.there.insert(name.clone(), (set, true));
        Ok(Edit { set: name, act })
    }
}

/// Names of other forms exist, but neither the node's scripts nor iptables-save can tell their end.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    name.chars().all(plain) && !name.starts_with(['.', ':', '-'])
}

fn nothing_more(words: &mut Words<'_>, line: &str) -> Result<(), ParseError> {
    match words.next() {
        Some(word) => Err(words.expected_at(line.len() - word.len(), "the end of the line", word)),
        None => Ok(()),
    }
}

impl Set {
    fn add(
        &mut self,
        all_known: bool,
        words: &mut Words<'_>,
        line: usize,
    ) -> Result<Entry, EditError> {
        let entry = entry(self, words)?;
        if all_known && self.place(&entry).is_some() {
            let (set, entry) = (self.name.clone(), entry.text);
            return Err(EditError::EntryExists { line, set, entry });
        }
        self.entries.push(entry.clone());
        Ok(entry)
    }

    /// Takes the entry out that is the same, and answers it as the set wrote it.
    fn remove(
        &mut self,
        all_known: bool,
        words: &mut Words<'_>,
        line: usize,
    ) -> Result<Entry, EditError> {
        let asked = entry(self, words)?;
        match self.place(&asked) {
            Some(place) => {
                let Entry { text, parts, .. } = self.entries.remove(place);
                Ok(Entry { text, parts, options: Vec::new() })
            }
            None if all_known => {
                let (set, entry) = (self.name.clone(), asked.text);
                Err(EditError::NoEntry { line, set, entry })
            }
            None => Ok(Entry { options: Vec::new(), ..asked }),
        }
    }

    fn place(&self, asked: &Entry) -> Option<usize> {
        let same = |entry: &Entry| {
            entry.text == asked.text || (!entry.parts.is_empty() && entry.parts == asked.parts)
        };
        self.entries.iter().position(same)
    }
}

/// The line for `ipset restore`.
impl fmt::Display for Edit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = &self.set;
        match &self.act {
            Act::Create { kind, header } => {
                write!(out, "create {set} {kind}")?;
                header.iter().try_for_each(|word| write!(out, " {word}"))
            }
            Act::Add(entry) => write!(out, "add {set} {entry}"),
            Act::Remove(entry) => write!(out, "del {set} {entry}"),
            Act::Flush => write!(out, "flush {set}"),
            Act::Destroy => write!(out, "destroy {set}"),
        }
    }
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;

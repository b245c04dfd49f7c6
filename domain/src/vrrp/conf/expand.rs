//! What one node reads of its files: includes in place, `@` conditions decided, definitions put in
//! and repetitions carried out. Each line knows where it was written.
//!
//! Everything is bounded, so that no file can take more than some seconds: what was left out is a
//! problem with its place.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::definitions::{self, Definition, Definitions, LONGEST_LINE, Surroundings, Trouble};
use super::files::{self, Files};
use super::line;
use super::problem::{Place, Problem, Trap};
use super::sequence::{self, Repetition};

/// Includes, definitions and repetitions within each other.
const DEEPEST: usize = 64;
/// Lines that are looked at, and substitutions, in all files together.
const MOST_STEPS: usize = 1_500_000;
/// Text that definitions and repetitions make.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// A file that an `include` asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// With its wildcards, as a path from where the first file's path counts.
    pub pattern: String,
}

/// The lines that a node reads.
#[derive(Debug, Default)]
pub(super) struct Expansion<'a> {
    pub(super) lines: Vec<Logical<'a>>,
    pub(super) files: Vec<&'a str>,
    pub(super) wanted: BTreeSet<Wanted>,
    /// Names that `@` conditions ask for.
    pub(super) hosts: BTreeSet<String>,
    pub(super) problems: Vec<Problem>,
}

#[derive(Debug)]
pub(super) struct Logical<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) place: Place,
    /// It stands so in its file, so that places within it are places in the file.
    pub(super) verbatim: bool,
}

enum Feed<'a> {
    File { number: u32, lines: std::iter::Enumerate<std::str::Split<'a, char>> },
    Included { paths: std::vec::IntoIter<&'a str>, place: Place },
    Definition { lines: std::vec::IntoIter<String>, place: Place },
    Repetition { repetition: Repetition, place: Place },
}

struct Reader<'a> {
    files: &'a Files,
    host: &'a str,
    definitions: Definitions,
    feeds: Vec<Feed<'a>>,
    steps: usize,
    bytes: usize,
    done: Expansion<'a>,
}

/// Reads the file at `path` as the node whose `-i` or short host name is `host` does.
pub(super) fn expand<'a>(files: &'a Files, path: &'a str, host: &'a str) -> Expansion<'a> {
    expand_in(files, path, host, MOST_STEPS)
}

fn expand_in<'a>(
    files: &'a Files,
    path: &'a str,
    host: &'a str,
    most_steps: usize,
) -> Expansion<'a> {
    let mut reader = Reader {
        files,
        host,
        definitions: Definitions::default(),
        feeds: Vec::new(),
        steps: 0,
        bytes: 0,
        done: Expansion::default(),
    };
    reader.open(path);
    while reader.step() {
        reader.steps += 1;
        if reader.steps > most_steps || reader.bytes > MOST_BYTES {
            let place = reader.done.lines.last().map_or(Place::default(), |line| line.place);
            reader.trap(place, Trap::TooMuch);
            break;
        }
    }
    reader.done
}

impl<'a> Reader<'a> {
    fn open(&mut self, path: &'a str) {
        let Some(text) = self.files.get(path) else { return };
        let number = u32::try_from(self.done.files.len()).unwrap_or(u32::MAX);
        self.done.files.push(path);
        self.feeds.push(Feed::File { number, lines: text.split('\n').enumerate() });
    }

    fn trap(&mut self, place: Place, trap: Trap) {
        // A definition that is used a thousand times is wrong once.
        let problem = Problem { place, trap };
        if self.done.problems.last() != Some(&problem) {
            self.done.problems.push(problem);
        }
    }

    /// Whether there was anything to read.
    fn step(&mut self) -> bool {
        let Some(feed) = self.feeds.last_mut() else { return false };
        match feed {
            Feed::File { number, lines } => {
                let file = *number;
                match lines.next() {
                    Some((index, raw)) => self.raw(file, index, raw),
                    None => drop(self.feeds.pop()),
                }
            }
            Feed::Included { paths, place } => {
                let place = *place;
                match paths.next() {
                    Some(path) if self.is_open(path) => {
                        self.trap(place, Trap::Cycle { path: path.to_owned() });
                    }
                    Some(path) => self.open(path),
                    None => drop(self.feeds.pop()),
                }
            }
            Feed::Definition { lines, place } => {
                let place = *place;
                match lines.next() {
                    Some(text) => self.process(Cow::Owned(text), place, false, false),
                    None => drop(self.feeds.pop()),
                }
            }
            Feed::Repetition { repetition, place } => {
                let place = *place;
                match repetition.next() {
                    Some(values) => {
                        for (name, value) in repetition.names.iter().zip(values) {
                            self.definitions.set(name, value);
                        }
                        self.bytes += repetition.text.len();
                        let text = Cow::Owned(repetition.text.clone());
                        self.process(text, place, false, false);
                    }
                    None => drop(self.feeds.pop()),
                }
            }
        }
        true
    }

    fn is_open(&self, path: &str) -> bool {
        let mut open = self.feeds.iter().filter_map(|feed| match feed {
            Feed::File { number, .. } => self.done.files.get(*number as usize),
            _ => None,
        });
        open.any(|open| *open == path)
    }

    fn folder(&self) -> &'a str {
        let file = self.feeds.iter().rev().find_map(|feed| match feed {
            Feed::File { number, .. } => self.done.files.get(*number as usize),
            _ => None,
        });
        file.map_or(".", |path| files::folder(path))
    }

    /// A line of a file.
    fn raw(&mut self, file: u32, index: usize, raw: &'a str) {
        let raw = raw.trim_end_matches('\r');
        let read = line::read(raw);
        let at = |column: usize| Place {
            file,
            line: u32::try_from(index + 1).unwrap_or(u32::MAX),
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
        };
        if raw.len() > LONGEST_LINE {
            self.trap(at(0), Trap::LongLine { bytes: raw.len() });
        }
        if read.unclosed {
            self.trap(at(read.raw(0)), Trap::UnclosedQuote);
        }
        let (start, continues) = (read.raw(0), read.continues);
        if let Some(comment) = read.comment
            && let Some(before) = raw.get(..comment)
            && let Some(word) = before.rsplit([' ', '\t']).next()
            && !word.is_empty()
            && !word.ends_with(['{', '}', ';'])
            && raw
                .get(comment + 1..)
                .is_some_and(|rest| rest.starts_with(|c: char| !c.is_whitespace()))
        {
            let place = at(comment);
            // Whoever reads the finding must not read the password in it.
            self.trap(place, Trap::CutWord { word: first_word(&read.content).to_owned() });
        }
        if !read.content.is_empty() || continues {
            self.process(read.content, at(start), true, continues);
        }
    }

    /// A line without its comment, as often as definitions put something new in it.
    fn process(&mut self, text: Cow<'a, str>, place: Place, verbatim: bool, continues: bool) {
        let (mut text, mut verbatim, mut was_put_in) = (text, verbatim, false);
        loop {
            if was_put_in && text.starts_with('@') {
                self.trap(place, Trap::DefinedCondition);
            }
            match self.condition(&text) {
                Some(None) => return,
                Some(Some(from)) => {
                    let skipped = u32::try_from(from).unwrap_or(0);
                    let place = Place { column: place.column + skipped, ..place };
                    let rest = rest_of(text, from);
                    return self.unconditional(rest, place, verbatim, continues);
                }
                None => {}
            }
            match self.substituted(&text, place) {
                Some(new) if !is_looked_at_again(&new) => {
                    return self.emit(Cow::Owned(new), place, false, continues);
                }
                Some(new) => (text, verbatim, was_put_in) = (Cow::Owned(new), false, true),
                None => return self.finish(text, place, verbatim, continues),
            }
        }
    }

    /// `None`: it is under no condition. `Some(None)`: the condition does not hold. Else where
    /// what is under it begins.
    fn condition(&mut self, text: &str) -> Option<Option<usize>> {
        let condition = text.strip_prefix('@')?;
        let name = condition.strip_prefix('^');
        let (named, is_negated) = name.map_or((condition, false), |name| (name, true));
        // Nothing is under it.
        let Some(end) = named.find([' ', '\t']) else { return Some(None) };
        let (id, rest) = named.split_at_checked(end)?;
        if !self.done.hosts.contains(id) {
            self.done.hosts.insert(id.to_owned());
        }
        let holds = (id == self.host) != is_negated;
        Some(holds.then(|| text.len() - rest.trim_start_matches([' ', '\t']).len()))
    }

    fn unconditional(&mut self, text: Cow<'a, str>, place: Place, verbatim: bool, continues: bool) {
        let (mut text, mut verbatim) = (text, verbatim);
        // A condition counts once, and again where a definition put it in.
        while let Some(new) = self.substituted(&text, place) {
            if new.starts_with('@') {
                return self.process(Cow::Owned(new), place, false, continues);
            }
            if !is_looked_at_again(&new) {
                return self.emit(Cow::Owned(new), place, false, continues);
            }
            (text, verbatim) = (Cow::Owned(new), false);
        }
        self.finish(text, place, verbatim, continues);
    }

    /// The line with its definitions put in; `None`: there is nothing to put in.
    fn substituted(&mut self, text: &str, place: Place) -> Option<String> {
        if text.starts_with('~') || definitions::defined(text).is_some() || !text.contains('$') {
            return None;
        }
        let at = Surroundings { folder: self.folder(), host: self.host };
        let done = self.definitions.substitute(text, at);
        self.steps += done.replaced;
        self.bytes += done.text.len();
        if done.unknown {
            self.trap(place, Trap::Unknown { text: first_word(text).to_owned() });
        }
        match done.trouble {
            Some(Trouble::Endless) => self.trap(place, Trap::Endless),
            Some(Trouble::TooLong) => self.trap(place, Trap::Grown),
            None => {}
        }
        if !done.then.is_empty() {
            if self.feeds.len() >= DEEPEST {
                self.trap(place, Trap::Endless);
            } else {
                self.feeds.push(Feed::Definition { lines: done.then.into_iter(), place });
            }
        }
        (done.replaced > 0 && done.trouble.is_none()).then_some(done.text)
    }

    /// A line that nothing is put into any more.
    fn finish(&mut self, text: Cow<'a, str>, place: Place, verbatim: bool, continues: bool) {
        if let Some((name, value)) = definitions::defined(&text) {
            return self.define(name, value, continues);
        }
        if text.starts_with('~') {
            let at = Surroundings { folder: self.folder(), host: self.host };
            let known = &self.definitions;
            match sequence::repetition(&text, |bounds| known.substitute(bounds, at).text) {
                Some(Ok(repetition)) if self.feeds.len() < DEEPEST => {
                    return self.feeds.push(Feed::Repetition { repetition, place });
                }
                Some(_) => return self.trap(place, Trap::Repetition),
                None => {}
            }
        }
        self.emit(text, place, verbatim, continues);
    }

    /// A line that is no definition and no repetition.
    fn emit(&mut self, text: Cow<'a, str>, place: Place, verbatim: bool, continues: bool) {
        let is_comment = !verbatim && text.starts_with(['#', '!']);
        if is_comment || text.is_empty() && !continues {
            return;
        }
        if let Some(pattern) = included(&text) {
            return self.include(pattern, place);
        }
        let text = if continues {
            self.trap(place, Trap::Backslash);
            Cow::Owned(format!("{text}\\"))
        } else {
            text
        };
        self.done.lines.push(Logical { text, place, verbatim });
    }

    fn define(&mut self, name: &str, value: &str, continues: bool) {
        let mut lines = vec![value.to_owned()];
        let mut more = continues;
        let multiline = continues;
        while more && let Some(Feed::File { lines: rest, .. }) = self.feeds.last_mut() {
            let Some((_, raw)) = rest.next() else { break };
            let raw = raw.trim_end_matches('\r');
            let read = line::read(raw);
            self.steps += 1;
            if read.content.is_empty() {
                // A comment ends no definition, an empty line does.
                more = read.continues || !raw.is_empty();
                continue;
            }
            more = read.continues;
            lines.push(read.content.into_owned());
        }
        if multiline && value.is_empty() {
            lines.remove(0);
        }
        self.definitions.set_lines(name, Definition { lines, multiline });
    }

    fn include(&mut self, pattern: &str, place: Place) {
        if pattern.contains('"') {
            self.trap(place, Trap::QuotedInclude);
        }
        let pattern = files::joined(self.folder(), pattern);
        let paths = files::matching(self.files, &pattern);
        self.steps += if files::is_wildcard(&pattern) { self.files.len() } else { 0 };
        self.done.wanted.insert(Wanted { pattern: pattern.clone() });
        if paths.is_empty() {
            return self.trap(place, Trap::MissingInclude { pattern });
        }
        if self.feeds.len() >= DEEPEST {
            return self.trap(place, Trap::TooMuch);
        }
        self.feeds.push(Feed::Included { paths: paths.into_iter(), place });
    }
}

/// Whether keepalived looks for a condition, a definition or a repetition in what definitions made.
fn is_looked_at_again(text: &str) -> bool {
    text.starts_with('@') || text.contains('$')
}

fn rest_of(text: Cow<'_, str>, from: usize) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(from..).unwrap_or_default()),
        Cow::Owned(mut text) => {
            text.drain(..from.min(text.len()));
            Cow::Owned(text)
        }
    }
}

fn first_word(text: &str) -> &str {
    text.split([' ', '\t']).next().unwrap_or_default()
}

/// The path of an `include`: all that follows it, blanks and quotes too.
fn included(text: &str) -> Option<&str> {
    let (keyword, rest) = text.split_once([' ', '\t'])?;
    let kinds = ["include", "includer", "includem", "includew", "includeb", "includea"];
    let rest = rest.trim_matches([' ', '\t']);
    (kinds.contains(&keyword) && !rest.is_empty()).then_some(rest)
}

#[cfg(test)]
#[path = "expand_tests.rs"]
mod tests;

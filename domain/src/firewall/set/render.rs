//! Printing sets as `ipset save` does.

use std::fmt;
use std::fmt::Write as _;

use super::model::{Entry, EntryOption, Set};

/// The text for `ipset restore`: byte for byte what `ipset save` printed.
pub fn render(sets: &[Set]) -> String {
    let mut text = String::new();
    for set in sets {
        // Writing to a String cannot fail.
        let _ = write!(text, "create {} {}", set.name, set.kind);
        for word in &set.header {
            let _ = write!(text, " {word}");
        }
        text.push('\n');
        for entry in &set.entries {
            let _ = writeln!(text, "add {} {entry}", set.name);
        }
    }
    text
}

/// All behind the name of the set.
impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)?;
        self.options.iter().try_for_each(|option| write!(out, " {option}"))
    }
}

impl fmt::Display for EntryOption {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntryOption::NoMatch => out.write_str("nomatch"),
            EntryOption::Timeout(seconds) => write!(out, "timeout {seconds}"),
            EntryOption::Packets(packets) => write!(out, "packets {packets}"),
            EntryOption::Bytes(bytes) => write!(out, "bytes {bytes}"),
            EntryOption::Comment(text) => write!(out, "comment \"{text}\""),
            EntryOption::Other(word) => out.write_str(word),
        }
    }
}

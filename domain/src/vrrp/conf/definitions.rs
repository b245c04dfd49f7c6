//! `$NAME=text` definitions and where their text is put (keepalived's `replace_param`).
//!
//! The text is looked up where it is used, not where it is defined. `$NAME` counts before a blank,
//! a comma, a closing parenthesis or the end of the line, `${NAME}` anywhere. A definition of
//! several lines only counts at the end of a line.

use std::collections::BTreeMap;

/// Longest line that keepalived keeps together (`MAXBUF`, with its end).
pub(super) const LONGEST_LINE: usize = 1022;
/// More in one line are a definition that names itself.
const MOST_IN_A_LINE: usize = 2_000;

#[derive(Debug, Clone, Default)]
pub(super) struct Definitions {
    by_name: BTreeMap<String, Definition>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Definition {
    pub(super) lines: Vec<String>,
    pub(super) multiline: bool,
}

/// What keepalived knows by itself at a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    /// Folder of the file that is being read.
    pub(super) folder: &'a str,
    /// What `-i` gives, or the short host name.
    pub(super) host: &'a str,
}

#[derive(Debug, Default)]
pub(super) struct Substituted {
    pub(super) text: String,
    /// Lines that follow, of a definition of several.
    pub(super) then: Vec<String>,
    pub(super) replaced: usize,
    /// What only the running daemon knows stood in it; it stays in the text as it was.
    pub(super) unknown: bool,
    pub(super) trouble: Option<Trouble>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// keepalived would never end reading the line.
    Endless,
    /// The line grows beyond what keepalived keeps together.
    TooLong,
}

impl Definitions {
    pub(super) fn set(&mut self, name: &str, value: String) {
        let definition = Definition { lines: vec![value], multiline: false };
        self.by_name.insert(name.to_owned(), definition);
    }

    pub(super) fn set_lines(&mut self, name: &str, definition: Definition) {
        self.by_name.insert(name.to_owned(), definition);
    }

    /// Puts in what the line's `$` stand for, from left to right, and again in what was put in.
    pub(super) fn substitute(&self, line: &str, at: Surroundings<'_>) -> Substituted {
        let mut done = Substituted { text: line.to_owned(), ..Substituted::default() };
        let mut from = 0;
        while let Some(place) = done.text.get(from..).and_then(|rest| rest.find('$')) {
            let dollar = from + place;
            let Some(reference) = Reference::at(&done.text, dollar) else {
                from = dollar + 1;
                continue;
            };
            let Some(value) = self.value(&reference, at, &mut done) else {
                from = dollar + 1;
                continue;
            };
            let end = dollar + reference.length;
            done.text.replace_range(dollar..end, &value);
            done.replaced += 1;
            from = dollar;
            if done.replaced > MOST_IN_A_LINE {
                done.trouble = Some(Trouble::Endless);
                break;
            }
            if done.text.len() > LONGEST_LINE {
                done.trouble = Some(Trouble::TooLong);
                break;
            }
            if value.trim_start_matches([' ', '\t']).starts_with('~') {
                break;
            }
        }
        done
    }

    fn value(
        &self,
        reference: &Reference,
        at: Surroundings<'_>,
        done: &mut Substituted,
    ) -> Option<String> {
        if let Some(definition) = self.by_name.get(&reference.name) {
            let mut lines = definition.lines.iter();
            let first = lines.next().cloned().unwrap_or_default();
            if definition.multiline {
                if !reference.ends_line {
                    return None;
                }
                done.then = lines.cloned().collect();
            }
            return Some(first);
        }
        match reference.name.as_str() {
            "_PWD" => Some(at.folder.to_owned()),
            "_INSTANCE" => Some(at.host.to_owned()),
            "_HASH" => Some("#".to_owned()),
            "_BANG" => Some("!".to_owned()),
            "_RANDOM" | "_ENV" => {
                done.unknown = true;
                None
            }
            _ => None,
        }
    }
}

/// `$NAME` or `${NAME}` in a line.
struct Reference {
    name: String,
    /// Bytes, with the `$` and the braces.
    length: usize,
    ends_line: bool,
}

impl Reference {
    fn at(line: &str, dollar: usize) -> Option<Reference> {
        let rest = line.get(dollar + 1..)?;
        let braced = rest.strip_prefix('{');
        let name = name_at(braced.unwrap_or(rest))?;
        let mut length = 1 + name.len();
        let after = match braced {
            Some(inside) => {
                let rest = inside.get(name.len()..)?;
                let end = rest.find('}')?;
                let parameters = rest.get(..end)?;
                let is_parameter = |c: char| c == ' ' || c == '_' || c.is_ascii_alphanumeric();
                let has_blank = parameters.is_empty() || parameters.starts_with(' ');
                if !has_blank || !parameters.chars().all(is_parameter) {
                    return None;
                }
                length += 2 + end;
                rest.get(end + 1..)?
            }
            None => {
                let after = rest.get(name.len()..)?;
                if !(after.is_empty() || after.starts_with([' ', '\t', ',', ')'])) {
                    return None;
                }
                after
            }
        };
        Some(Reference { name: name.to_owned(), length, ends_line: after.is_empty() })
    }
}

fn name_at(text: &str) -> Option<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let length = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let name = text.get(..length)?;
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins.then_some(name)
}

/// Whether keepalived could take a part of a value for a definition.
pub(super) fn names_a_definition(value: &str) -> bool {
    let mut dollars = value.match_indices('$');
    dollars.any(|(at, _)| Reference::at(value, at).is_some())
}

/// `$NAME=value`, without a blank before the `=`.
pub(super) fn defined(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix('$')?;
    let name = name_at(rest)?;
    let value = rest.get(name.len()..)?.strip_prefix('=')?;
    Some((name, value.trim_start_matches([' ', '\t'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Surroundings<'_> = Surroundings { folder: "/etc/keepalived", host: "dir-a" };

    fn definitions() -> Definitions {
        let mut definitions = Definitions::default();
        definitions.set("A", "x".to_owned());
        definitions.set("B", "${A}1".to_owned());
        definitions
    }

    /// Each as `keepalived -t` 2.2.7 told of it.
    #[test]
    fn a_name_counts_before_a_blank_and_a_few_marks() {
        for (line, expected) in [
            ("$A", "x"),
            ("${A}y", "xy"),
            ("$Ay", "$Ay"),
            ("y$A", "yx"),
            ("$A,", "x,"),
            ("$A.", "$A."),
            ("($A)", "(x)"),
            ("\"$A\"", "\"$A\""),
            ("\"$A z\"", "\"x z\""),
            ("$A\tq", "x\tq"),
            ("$B", "x1"),
            ("$C ${C}", "$C ${C}"),
            ("${_PWD}x", "/etc/keepalivedx"),
            ("${_INSTANCE}", "dir-a"),
        ] {
            assert_eq!(definitions().substitute(line, AT).text, expected, "{line}");
        }
    }

    #[test]
    fn what_only_the_daemon_knows_stays() {
        let done = definitions().substitute("priority ${_RANDOM 1 9}", AT);
        assert_eq!((done.text.as_str(), done.unknown), ("priority ${_RANDOM 1 9}", true));
    }

    #[test]
    fn one_that_names_itself_ends() {
        let mut definitions = definitions();
        definitions.set("S", "$S".to_owned());
        definitions.set("L", "x$L".to_owned());
        assert_eq!(definitions.substitute("$S", AT).trouble, Some(Trouble::Endless));
        let long = definitions.substitute("$L", AT).trouble;
        assert!(long.is_some(), "either is true of it");
    }

    #[test]
    fn a_blank_before_the_equals_sign_makes_it_no_definition() {
        assert_eq!(defined("$A= b c"), Some(("A", "b c")));
        assert_eq!(defined("$A =b"), None);
        assert_eq!(defined("$1=b"), None);
    }
}

//! Reading what `ipset save` prints (ipset(8), and the writer of ipset 7).

use super::model::{Dimension, Entry, EntryOption, Kind, NAME_BYTES, Part, Port, Set};
use crate::firewall::address::{AddressRange, Network};
use crate::firewall::parse::ParseError;
use crate::firewall::ports::PortRange;
use crate::firewall::test::Protocol;
use crate::firewall::words::{icmp_v4, icmp_v6};

const COMMANDS: &str = "create NAME TYPE, add NAME ENTRY, or a comment that begins with #";

/// Reads sets with their entries.
pub fn parse(text: &str) -> Result<Vec<Set>, ParseError> {
    let mut sets: Vec<Set> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut words = Words::new(line, index + 1);
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        match words.next() {
            Some("create") => {
                let set = create(&mut words)?;
                if sets.iter().any(|other| other.name == set.name) {
                    return Err(words.expected_at(0, "each set once", &set.name));
                }
                sets.push(set);
            }
            Some("add") => {
                let set = of_entry(&mut sets, &mut words)?;
                let entry = entry(set, &mut words)?;
                set.entries.push(entry);
            }
            found => return Err(words.expected_at(0, COMMANDS, found.unwrap_or_default())),
        }
    }
    Ok(sets)
}

/// All behind `add NAME `, as [`Entry`] prints it.
pub(super) fn parse_entry(set: &Set, text: &str) -> Result<Entry, ParseError> {
    entry(set, &mut Words::new(text, 1))
}

pub(super) fn create(words: &mut Words<'_>) -> Result<Set, ParseError> {
    let place = words.at;
    let all: Vec<&str> = words.rest().split(' ').collect();
    // A name may hold spaces, a kind always holds a colon.
    let kind_at = all.iter().skip(1).position(|word| word.contains(':')).map_or(1, |at| at + 1);
    let name = all.get(..kind_at).unwrap_or_default().join(" ");
    if name.is_empty() || name.len() > NAME_BYTES {
        return Err(words.expected_at(place, "the name of a set, of at most 31 bytes", &name));
    }
    let kind = all.get(kind_at).copied().unwrap_or_default();
    if kind.is_empty() {
        return Err(words.expected_at(words.line.len(), "the type of the set", ""));
    }
    let header = all.iter().skip(kind_at + 1).filter(|word| !word.is_empty());
    Ok(Set {
        name,
        kind: Kind::of(kind),
        header: header.map(|word| (*word).to_owned()).collect(),
        entries: Vec::new(),
    })
}

/// The set that an entry belongs to, which mostly is the last.
fn of_entry<'s>(sets: &'s mut [Set], words: &mut Words<'_>) -> Result<&'s mut Set, ParseError> {
    let (rest, place) = (words.rest(), words.at);
    let belongs =
        |set: &Set| rest.strip_prefix(set.name.as_str()).is_some_and(|rest| rest.starts_with(' '));
    let last = sets.len().saturating_sub(1);
    let found = match sets.last() {
        Some(set) if belongs(set) => Some(last),
        _ => sets.iter().position(belongs),
    };
    let set = found.and_then(|at| sets.get_mut(at)).ok_or_else(|| {
        let name = rest.split(' ').next().unwrap_or_default();
        words.expected_at(place, "a set that is created above", name)
    })?;
    words.at += set.name.len() + 1;
    Ok(set)
}

pub(super) fn entry(set: &Set, words: &mut Words<'_>) -> Result<Entry, ParseError> {
    let place = words.at;
    let text = words.next().ok_or_else(|| words.expected_at(place, "an entry", ""))?;
    let parts = match set.kind.dimensions() {
        Some(dimensions) => parts(set, dimensions, text).map_err(|(within, expected)| {
            let found = text.get(within..).unwrap_or_default();
            words.expected_at(words.word_at + within, expected, found)
        })?,
        None => Vec::new(),
    };
    let mut options = Vec::new();
    while let Some(word) = words.next() {
        options.push(match word {
            "nomatch" => EntryOption::NoMatch,
            "timeout" => EntryOption::Timeout(words.number("seconds")?),
            "packets" => EntryOption::Packets(words.number("a count of packets")?),
            "bytes" => EntryOption::Bytes(words.number("a count of bytes")?),
            "comment" => EntryOption::Comment(words.quoted()?.to_owned()),
            other => EntryOption::Other(other.to_owned()),
        });
    }
    Ok(Entry { text: text.to_owned(), parts, options })
}

type Misread = (usize, &'static str);

/// One part for each dimension, or where one is wrong, in bytes from the element's beginning.
fn parts(set: &Set, dimensions: &[Dimension], text: &str) -> Result<Vec<Part>, Misread> {
    if dimensions == [Dimension::Member] {
        return Ok(vec![Part::Member(text.to_owned())]);
    }
    let mask = set.option("netmask").or_else(|| set.option("bitmask"));
    let mut parts = Vec::with_capacity(dimensions.len());
    let (mut rest, mut at) = (Some(text), 0);
    for dimension in dimensions {
        let Some(left) = rest else {
            // The hardware address may be learnt later.
            if *dimension == Dimension::Mac {
                parts.push(Part::Other);
                continue;
            }
            return Err((at, "as many parts as the set's type has"));
        };
        let (word, behind) = match left.split_once(',') {
            Some((word, behind)) => (word, Some(behind)),
            None => (left, None),
        };
        parts.push(part(*dimension, word, mask).map_err(|expected| (at, expected))?);
        at += word.len() + usize::from(behind.is_some());
        rest = behind;
    }
    match rest {
        Some(_) => Err((at, "no more parts than the set's type has")),
        None => Ok(parts),
    }
}

fn part(dimension: Dimension, word: &str, mask: Option<&str>) -> Result<Part, &'static str> {
    match dimension {
        Dimension::Address => address(word, mask).ok_or("an address"),
        Dimension::Network => match Network::parse(word) {
            Some(network) => Ok(Part::Network(network)),
            // The kernel makes networks of it, in a way of its own.
            None if AddressRange::parse(word).is_some() => Ok(Part::Other),
            None => Err("a network"),
        },
        Dimension::Port => port(word),
        Dimension::PortAlone => {
            let range = PortRange::parse(&word.replacen('-', ":", 1));
            range.map(Part::PortAlone).ok_or("a port")
        }
        Dimension::Mac => Ok(Part::Other),
        Dimension::Member => Ok(Part::Member(word.to_owned())),
    }
}

fn address(word: &str, mask: Option<&str>) -> Option<Part> {
    if let Some(mask) = mask {
        return Network::parse(&format!("{word}/{mask}")).map(Part::Network);
    }
    Network::parse(word).map(Part::Network).or_else(|| AddressRange::parse(word).map(Part::Range))
}

/// `80`, `tcp:80`, `udp:80-90`, `icmp:8/0`, `icmp:echo-request`, `vrrp:0`.
fn port(word: &str) -> Result<Part, &'static str> {
    let (protocol, port) = word.split_once(':').unwrap_or(("tcp", word));
    let Some(protocol) = Protocol::parse(protocol) else {
        // The node's own /etc/protocols may know more.
        return Ok(Part::Other);
    };
    let one = |number| PortRange { first: number, last: number };
    let range = match protocol {
        Protocol::ICMP | Protocol::ICMPV6 => match icmp(protocol, port) {
            Some(number) => one(number),
            None => return Ok(Part::Other),
        },
        _ => PortRange::parse(&port.replacen('-', ":", 1)).ok_or("a port")?,
    };
    Ok(Part::Port(Port { protocol, range }))
}

/// `type/code` or a name of one.
fn icmp(protocol: Protocol, text: &str) -> Option<u16> {
    let (kind, code) = match text.split_once('/') {
        Some((kind, code)) => (kind.parse().ok()?, code.parse().ok()?),
        None => {
            let by_name = if protocol == Protocol::ICMP { icmp_v4 } else { icmp_v6 };
            let (kind, code) = by_name(text)?;
            (kind, code.unwrap_or(0))
        }
    };
    Some(u16::from_be_bytes([kind, code]))
}

pub(super) struct Words<'a> {
    line: &'a str,
    line_number: usize,
    /// In bytes.
    at: usize,
    /// Where the last word began.
    word_at: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a str, line_number: usize) -> Words<'a> {
        Words { line, line_number, at: 0, word_at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or_default()
    }

    /// Takes the next word and the space behind it.
    pub(super) fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let word = rest.trim_start_matches(' ');
        self.at += rest.len() - word.len();
        self.word_at = self.at;
        let end = word.find(' ').unwrap_or(word.len());
        let word = word.get(..end).filter(|word| !word.is_empty())?;
        self.at += end;
        self.at += usize::from(self.rest().starts_with(' '));
        Some(word)
    }

    fn number<T: std::str::FromStr>(&mut self, expected: &str) -> Result<T, ParseError> {
        let place = self.at;
        let word = self.next().unwrap_or_default();
        word.parse().map_err(|_| self.expected_at(place, expected, word))
    }

    /// Between quotes nothing is escaped, and no quote can stand.
    fn quoted(&mut self) -> Result<&'a str, ParseError> {
        let place = self.at;
        let rest = self.rest();
        let (text, behind) = rest
            .strip_prefix('"')
            .and_then(|rest| rest.split_once('"'))
            .ok_or_else(|| self.expected_at(place, "a text between quotes", rest))?;
        self.at = self.line.len() - behind.len();
        Ok(text)
    }

    pub(super) fn expected_at(&self, byte: usize, expected: &str, found: &str) -> ParseError {
        let before = self.line.get(..byte).unwrap_or(self.line);
        let found = if found.is_empty() { "the end of the line" } else { found };
        ParseError {
            line: self.line_number,
            column: before.chars().count() + 1,
            expected: expected.to_owned(),
            found: found.chars().take(60).collect(),
        }
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;

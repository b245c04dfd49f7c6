//! Reading a whole file (iptables-restore(8), and the grammar of iptables 1.8).

use super::model::{Chain, Counters, Family, Policy, Rule, Ruleset, Table, TableName};
use super::rule;
use super::token::{Token, Unclosed, tokens};

/// What is wrong, and where. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: expected {expected}; found {found}")]
pub struct ParseError {
    pub line: usize,
    pub column: usize,
    pub expected: String,
    /// The word in question, at most 60 characters of it.
    pub found: String,
}

/// A word that is not what it should be, by its place among the rule's words.
pub(super) struct Wanted {
    pub(super) place: usize,
    pub(super) expected: String,
}

const COMMANDS: &str =
    "*TABLE, :CHAIN POLICY, -A, -I, -N, -P, COMMIT, or a comment that begins with #";
/// Longest name of a chain (XT_EXTENSION_MAXNAMELEN, with its end).
const CHAIN_NAME_BYTES: usize = 28;

/// Reads a file of rules.
pub fn parse(text: &str, family: Family) -> Result<Ruleset, ParseError> {
    let mut reader = Reader { family, tables: Vec::new(), open: None, loose: Vec::new() };
    for (index, line) in text.lines().enumerate() {
        reader.line(line.trim_end_matches('\r'), index + 1)?;
    }
    match reader.open {
        Some(open) => Err(ParseError {
            line: text.lines().count(),
            column: 1,
            expected: format!("COMMIT, which ends the table {}", open.table.name),
            found: "the end of the file".to_owned(),
        }),
        None => Ok(Ruleset { family, tables: reader.tables, trailer: reader.loose }),
    }
}

struct Reader {
    family: Family,
    tables: Vec<Table>,
    open: Option<Open>,
    /// Comments and blank lines that belong to no table yet.
    loose: Vec<String>,
}

/// The table that is being read. Rules mostly come chain by chain, so the last one is kept.
struct Open {
    table: Table,
    last: usize,
}

impl Reader {
    fn line(&mut self, text: &str, line: usize) -> Result<(), ParseError> {
        let body = text.trim_start_matches([' ', '\t']);
        if body.is_empty() || body.starts_with('#') {
            self.loose.push(text.to_owned());
            return Ok(());
        }
        let at = Place { line, column: 1 + text.len() - body.len() };
        match (&mut self.open, body.as_bytes().first()) {
            (None, Some(b'*')) => self.begin(body, at),
            (None, _) => Err(at.expected("*TABLE", body)),
            (Some(_), Some(b'*')) => Err(at.expected("COMMIT before the next table", body)),
            (Some(_), _) if body.trim_end() == "COMMIT" => {
                self.tables.extend(self.open.take().map(|open| open.table));
                Ok(())
            }
            (Some(open), Some(b':')) => open.declare(body, at),
            (Some(open), _) => open.command(body, at, self.family),
        }
    }

    fn begin(&mut self, body: &str, at: Place) -> Result<(), ParseError> {
        let name = body.trim_start_matches('*').trim();
        let name: TableName = name.parse().map_err(|()| {
            at.expected("one of the tables raw, mangle, nat, filter, security", name)
        })?;
        if self.tables.iter().any(|table| table.name == name) {
            return Err(at.expected("each table once", body));
        }
        let preamble = std::mem::take(&mut self.loose);
        self.open = Some(Open { table: Table { name, preamble, chains: Vec::new() }, last: 0 });
        Ok(())
    }
}

impl Open {
    /// `:INPUT DROP [12:3456]`
    fn declare(&mut self, body: &str, at: Place) -> Result<(), ParseError> {
        let mut words = body.trim_start_matches(':').split_ascii_whitespace();
        let name = words.next().unwrap_or_default();
        if name.is_empty() || name.len() > CHAIN_NAME_BYTES {
            return Err(at.expected("the name of a chain, of at most 28 bytes", name));
        }
        let policy = words.next().unwrap_or_default();
        let built_in = self.table.name.built_in_chains().contains(&name);
        let policy = match policy {
            "ACCEPT" if built_in => Some(Policy::Accept),
            "DROP" if built_in => Some(Policy::Drop),
            "-" if !built_in => None,
            found if built_in => return Err(at.expected("the policy ACCEPT or DROP", found)),
            found => {
                return Err(
                    at.expected("- in place of a policy, which only built-in chains have", found)
                );
            }
        };
        let counters = match words.next() {
            Some(word) => Some(counters(word).ok_or_else(|| at.expected("[packets:bytes]", word))?),
            None => None,
        };
        if self.table.chain(name).is_some() {
            return Err(at.expected("each chain once", name));
        }
        self.table.chains.push(Chain {
            name: name.to_owned(),
            policy,
            counters,
            rules: Vec::new(),
        });
        Ok(())
    }

    fn command(&mut self, body: &str, at: Place, family: Family) -> Result<(), ParseError> {
        let (counted, rest, at) = match body.starts_with('[') {
            false => (None, body, at),
            true => {
                let end = body.find(']').map_or(body.len(), |end| end + 1);
                let (word, rest) = body.split_at(end);
                let counted = counters(word).ok_or_else(|| at.expected("[packets:bytes]", word))?;
                let trimmed = rest.trim_start_matches([' ', '\t']);
                let column = at.column + body.len() - trimmed.len();
                (Some(counted), trimmed, Place { column, ..at })
            }
        };
        let words = tokens(rest, at.column).map_err(|Unclosed { column }| {
            Place { column, ..at }.expected("a closing quote", "the end of the line")
        })?;
        let word = |place: usize| words.get(place).map_or("", |token| token.text.as_ref());
        match word(0) {
            "-A" | "--append" => {
                let rule = read_rule(rest, &words, 2, at, family, counted)?;
                self.chain(word(1), at)?.rules.push(rule);
            }
            "-I" | "--insert" => {
                let numbered = word(2).parse::<usize>().ok().filter(|number| *number > 0);
                let first = if numbered.is_some() { 3 } else { 2 };
                let rule = read_rule(rest, &words, first, at, family, counted)?;
                let rules = &mut self.chain(word(1), at)?.rules;
                let place = numbered.unwrap_or(1) - 1;
                if place > rules.len() {
                    return Err(at.expected("a place within the chain", word(2)));
                }
                rules.insert(place, rule);
            }
            "-N" | "--new-chain" => return self.declare(&format!(":{} -", word(1)), at),
            "-P" | "--policy" => {
                let policy = match word(2) {
                    "ACCEPT" => Policy::Accept,
                    "DROP" => Policy::Drop,
                    found => return Err(at.expected("the policy ACCEPT or DROP", found)),
                };
                match &mut self.chain(word(1), at)?.policy {
                    Some(old) => *old = policy,
                    None => {
                        return Err(at.expected("a built-in chain, which has a policy", word(1)));
                    }
                }
            }
            "-F" | "--flush" => self.chain(word(1), at)?.rules.clear(),
            found => return Err(at.expected(COMMANDS, found)),
        }
        Ok(())
    }

    fn chain(&mut self, name: &str, at: Place) -> Result<&mut Chain, ParseError> {
        let chains = &self.table.chains;
        if chains.get(self.last).is_none_or(|chain| chain.name != name) {
            let place = chains.iter().position(|chain| chain.name == name);
            self.last = place.ok_or_else(|| at.expected("a chain that is declared above", name))?;
        }
        self.table.chains.get_mut(self.last).ok_or_else(|| at.expected("a chain", name))
    }
}

fn read_rule(
    text: &str,
    words: &[Token<'_>],
    first: usize,
    at: Place,
    family: Family,
    counters: Option<Counters>,
) -> Result<Rule, ParseError> {
    let own = words.get(first..).unwrap_or_default();
    let read = rule::read(own, family).map_err(|wanted| {
        let found = own.get(wanted.place);
        let column = found.map_or(at.column + text.chars().count(), |token| token.column);
        let found = found.map_or("the end of the line", |token| token.text.as_ref());
        Place { column, ..at }.expected(&wanted.expected, found)
    })?;
    let text = match own.first() {
        Some(token) => text.get(byte_of(text, token.column - at.column)..).unwrap_or_default(),
        None => "",
    };
    Ok(Rule {
        text: text.trim_end_matches([' ', '\t']).to_owned(),
        line: at.line,
        counters,
        conditions: read.conditions,
        target: read.target,
    })
}

fn byte_of(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(byte, _)| byte)
}

fn counters(word: &str) -> Option<Counters> {
    let (packets, bytes) = word.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
    Some(Counters { packets: packets.parse().ok()?, bytes: bytes.parse().ok()? })
}

#[derive(Clone, Copy)]
struct Place {
    line: usize,
    column: usize,
}

impl Place {
    fn expected(self, expected: &str, found: &str) -> ParseError {
        let found = if found.is_empty() { "nothing" } else { found };
        ParseError {
            line: self.line,
            column: self.column,
            expected: expected.to_owned(),
            found: found.chars().take(60).collect(),
        }
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;

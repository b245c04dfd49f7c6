//! keepalived.conf as a tree of statements, with conditions and definitions carried out
//! (keepalived.conf(5), checked against keepalived 2.2.7). It is what the daemon would read, not a
//! model to write back from.

/// A line and, where one follows, its block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Statement {
    pub words: Vec<String>,
    pub block: Vec<Statement>,
}

impl Statement {
    pub(super) fn keyword(&self) -> &str {
        self.word(0)
    }

    /// A word by its place, empty where there is none.
    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    /// The last statement of this name in the block: a repeated scalar counts as last given.
    pub(super) fn last(&self, keyword: &str) -> Option<&Statement> {
        self.block.iter().rev().find(|statement| statement.keyword() == keyword)
    }

    /// The argument of the last statement of this name.
    pub(super) fn argument(&self, keyword: &str) -> Option<&str> {
        self.last(keyword).map(|statement| statement.word(1)).filter(|word| !word.is_empty())
    }
}

/// Definitions can name each other: beyond this the text is taken as it is.
const LARGEST_EXPANSION: usize = 1024 * 1024;
const DEEPEST_EXPANSION: usize = 8;
/// Deeper blocks than these are in no keepalived.conf; they are read as if closed.
const DEEPEST_BLOCK: usize = 32;

/// `config_id` is what `-i` gives or else the short host name; `@id` lines are for it.
pub(super) fn parse(text: &str, config_id: &str) -> Vec<Statement> {
    let mut open: Vec<Vec<Statement>> = vec![Vec::new()];
    for token in tokens(&expanded(text, config_id)) {
        let depth = open.len();
        let Some(statements) = open.last_mut() else { break };
        match token {
            Token::Statement(words) => statements.push(Statement { words, block: Vec::new() }),
            Token::Open if depth <= DEEPEST_BLOCK => open.push(Vec::new()),
            Token::Open => {}
            Token::Close if depth > 1 => close(&mut open),
            Token::Close => {}
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().unwrap_or_default()
}

/// Gives the innermost block to the statement before it.
fn close(open: &mut Vec<Vec<Statement>>) {
    let Some(block) = open.pop() else { return };
    let Some(outer) = open.last_mut() else { return };
    match outer.last_mut() {
        Some(owner) => owner.block.extend(block),
        None => outer.push(Statement { words: Vec::new(), block }),
    }
}

enum Token {
    Statement(Vec<String>),
    Open,
    Close,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut words = Vec::new();
        let end_statement = |words: &mut Vec<String>, found: &mut Vec<Token>| {
            if !words.is_empty() {
                found.push(Token::Statement(std::mem::take(words)));
            }
        };
        for word in words_of(line) {
            match word {
                Word::Open => {
                    end_statement(&mut words, &mut found);
                    found.push(Token::Open);
                }
                Word::Close => {
                    end_statement(&mut words, &mut found);
                    found.push(Token::Close);
                }
                Word::Text(text) => words.push(text),
            }
        }
        end_statement(&mut words, &mut found);
    }
    found
}

enum Word {
    Open,
    Close,
    Text(String),
}

/// Outside quotes `#` and `!` begin a comment anywhere, and braces stand alone.
fn words_of(line: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(closing), c) if c == closing => quote = None,
            (Some('"'), '\\') | (None, '\\') => {
                word.get_or_insert_default().extend(chars.next());
            }
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#' | '!') => break,
            (None, '{' | '}') => {
                words.extend(word.take().map(Word::Text));
                words.push(if c == '{' { Word::Open } else { Word::Close });
            }
            (None, c) if c.is_whitespace() => words.extend(word.take().map(Word::Text)),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word.map(Word::Text));
    words
}

/// Carries out `@id` conditions and `$NAME=` definitions.
fn expanded(text: &str, config_id: &str) -> String {
    let mut definitions: Vec<(String, String)> = Vec::new();
    let mut output = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(line) = chosen(line, config_id) else { continue };
        if let Some((name, value)) = definition(line) {
            let mut value = value.to_owned();
            while value.ends_with('\\') {
                value.pop();
                value.push('\n');
                value.push_str(lines.next().unwrap_or_default());
            }
            definitions.retain(|(known, _)| known != name);
            definitions.push((name.to_owned(), value));
            continue;
        }
        output.push_str(&substituted(line, &definitions));
        output.push('\n');
        if output.len() > LARGEST_EXPANSION {
            break;
        }
    }
    output
}

/// The line without its condition, when that holds.
fn chosen<'a>(line: &'a str, config_id: &str) -> Option<&'a str> {
    let Some(condition) = line.trim_start().strip_prefix('@') else { return Some(line) };
    let (id, rest) = condition.split_once(char::is_whitespace).unwrap_or((condition, ""));
    let holds = match id.strip_prefix('^') {
        Some(other) => other != config_id,
        None => id == config_id,
    };
    holds.then_some(rest)
}

fn definition(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim().strip_prefix('$')?.split_once('=')?;
    let name = name.trim_end();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then(|| (name, value.trim_start()))
}

fn substituted(line: &str, definitions: &[(String, String)]) -> String {
    let mut text = line.to_owned();
    for _ in 0..DEEPEST_EXPANSION {
        let before = text.clone();
        for (name, value) in definitions {
            text = text.replace(&format!("${{{name}}}"), value);
            text = text.replace(&format!("${name}"), value);
            if text.len() > LARGEST_EXPANSION {
                return line.to_owned();
            }
        }
        if text == before {
            break;
        }
    }
    text
}

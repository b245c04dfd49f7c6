//! A file of which every byte is kept, and edits that touch the line they are about.

use super::definitions::names_a_definition;
use super::line::{self, Piece, pieces, written};

/// keepalived.conf as it is written. What nobody edits stays as it is, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    text: String,
}

/// A statement to write, with the block behind it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewStatement {
    pub words: Vec<String>,
    pub block: Option<Vec<NewStatement>>,
}

/// Why an edit was not made. The file is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("expected a statement at line {line}, column {column}; found none")]
    NoStatement { line: u32, column: u32 },
    #[error(
        "expected a block behind the statement at line {line}; found none, or one that does not end"
    )]
    NoBlock { line: u32 },
    #[error("line {line}: expected at most {found} arguments before the one to set")]
    NoArgument { line: u32, found: usize },
    /// keepalived has no way to write it: a `"`, a line break, or a `\` before the closing quote.
    #[error("expected a value without quotes, line breaks and a backslash at its end")]
    Unwritable,
    #[error("expected a value that keepalived does not take for a definition ($NAME, ${{NAME}})")]
    Definition,
}

/// A word of the text, by its bytes in the whole file.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
}

/// A piece of the file, by its bytes in it.
#[derive(Debug, Clone, Copy)]
enum At {
    Word(Span),
    Open(usize),
    Close(usize),
    LineEnd,
}

impl Document {
    pub fn parse(text: &str) -> Document {
        Document { text: text.to_owned() }
    }

    /// The file: what was parsed, but for what was edited.
    pub fn render(&self) -> &str {
        &self.text
    }

    /// Sets an argument, from 1, of the statement whose keyword is at a place; the one behind the
    /// last is added.
    pub fn set_argument(
        &mut self,
        line: u32,
        column: u32,
        argument: usize,
        value: &str,
    ) -> Result<(), EditError> {
        let statement = self.statement(line, column)?;
        let found = statement.len().saturating_sub(1);
        let value = written_value(value)?;
        let (span, new) = match statement.get(argument.max(1)) {
            Some(span) => (*span, value),
            None if argument == found + 1 => {
                let end = statement.last().map_or(0, |last| last.to);
                (Span { from: end, to: end }, format!(" {value}"))
            }
            None => return Err(EditError::NoArgument { line, found }),
        };
        let mut text = self.text.clone();
        text.replace_range(span.from..span.to, &new);
        // Two words that touched may have become one.
        let touches =
            |at: usize| text.as_bytes().get(at).is_some_and(|b| !b" \t\r\n{}#!".contains(b));
        let end = span.from + new.len();
        if touches(end) {
            text.insert(end, ' ');
        }
        if text.get(..span.from).is_some_and(|before| !before.ends_with([' ', '\t']))
            && !new.starts_with(' ')
        {
            text.insert(span.from, ' ');
        }
        self.text = text;
        Ok(())
    }

    /// Adds a statement as the last of the block behind the statement at a place.
    pub fn add_to_block(
        &mut self,
        line: u32,
        column: u32,
        new: &NewStatement,
    ) -> Result<(), EditError> {
        let (open, close) = self.block(line, column)?;
        let end = self.line_end();
        let close_line = self.line_start(close);
        let close_indent = self.indent(close_line).to_owned();
        let inner = self.last_indent(open, close).unwrap_or_else(|| format!("{close_indent}    "));
        let lines = rendered(new, &inner, end)?;
        let before_close = self.text.get(close_line..close).unwrap_or_default();
        if before_close.trim().is_empty() {
            self.text.insert_str(close_line, &lines);
        } else {
            // The block ends on a line that has something else.
            let broken = format!("{end}{lines}{close_indent}");
            self.text.insert_str(close, &broken);
        }
        Ok(())
    }

    /// Adds a statement at the end of the file.
    pub fn add_to_end(&mut self, new: &NewStatement) -> Result<(), EditError> {
        let end = self.line_end();
        let lines = rendered(new, "", end)?;
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push_str(end);
        }
        self.text.push_str(&lines);
        Ok(())
    }

    /// The same below an empty line.
    pub fn add_section(&mut self, new: &NewStatement) -> Result<(), EditError> {
        let mut longer = self.clone();
        if !longer.text.is_empty() {
            let end = longer.line_end();
            if !longer.text.ends_with('\n') {
                longer.text.push_str(end);
            }
            longer.text.push_str(end);
        }
        longer.add_to_end(new)?;
        *self = longer;
        Ok(())
    }

    /// Adds a statement above the line of the one at a place, and an empty line behind it.
    pub fn add_section_before(
        &mut self,
        line: u32,
        column: u32,
        new: &NewStatement,
    ) -> Result<(), EditError> {
        let from = self.statement(line, column)?.first().map_or(0, |word| word.from);
        let end = self.line_end();
        let lines = rendered(new, "", end)?;
        let start = self.line_start(from);
        self.text.insert_str(start, &format!("{lines}{end}"));
        Ok(())
    }

    /// Takes out what [`Document::add_section_before`] added.
    pub fn remove_section(&mut self, line: u32, column: u32) -> Result<(), EditError> {
        let from = self.statement(line, column)?.first().map_or(0, |word| word.from);
        let start = self.line_start(from);
        self.remove(line, column)?;
        let end = self.line_end();
        if self.text.get(start..).is_some_and(|rest| rest.starts_with(end)) {
            self.text.replace_range(start..start + end.len(), "");
        }
        Ok(())
    }

    /// Takes out the statement at a place and the block behind it. Its lines go where nothing
    /// else is on them.
    pub fn remove(&mut self, line: u32, column: u32) -> Result<(), EditError> {
        let statement = self.statement(line, column)?;
        let from = statement.first().map_or(0, |word| word.from);
        let to = match self.block(line, column) {
            Ok((_, close)) => close + 1,
            Err(EditError::NoBlock { .. }) if !self.opens(line, column) => {
                statement.last().map_or(from, |word| word.to)
            }
            Err(error) => return Err(error),
        };
        let start = self.line_start(from);
        let before = self.text.get(start..from).unwrap_or_default().trim();
        let is_condition = before.starts_with('@') && !before.contains([' ', '\t']);
        let alone_before = before.is_empty() || is_condition;
        let after = self.text.get(to..).unwrap_or_default();
        let rest = after.split_inclusive('\n').next().unwrap_or_default();
        let alone_after = rest.trim().is_empty() || rest.trim_start().starts_with(['#', '!']);
        if alone_before && alone_after {
            self.text.replace_range(start..to + rest.len(), "");
        } else {
            self.text.replace_range(from..to, "");
        }
        Ok(())
    }

    /// The words of the statement at a place.
    fn statement(&self, line: u32, column: u32) -> Result<Vec<Span>, EditError> {
        let mut words = Vec::new();
        for at in self.from(line, column)? {
            match at {
                At::Word(span) => words.push(span),
                _ => break,
            }
        }
        match words.is_empty() {
            true => Err(EditError::NoStatement { line, column }),
            false => Ok(words),
        }
    }

    fn opens(&self, line: u32, column: u32) -> bool {
        let pieces = self.from(line, column).into_iter().flatten();
        let mut rest = pieces.skip_while(|at| matches!(at, At::Word(_) | At::LineEnd));
        matches!(rest.next(), Some(At::Open(_))) && self.block_opening(line, column).is_some()
    }

    /// The bytes of `{` and `}` of the block behind the statement at a place.
    fn block(&self, line: u32, column: u32) -> Result<(usize, usize), EditError> {
        let open = self.block_opening(line, column).ok_or(EditError::NoBlock { line })?;
        let mut depth = 0_usize;
        for at in self.from(line, column)? {
            match at {
                At::Open(_) => depth += 1,
                At::Close(close) if depth == 1 => return Ok((open, close)),
                At::Close(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        Err(EditError::NoBlock { line })
    }

    /// The byte of the `{` that belongs to the statement: on its line, or first on a later one.
    fn block_opening(&self, line: u32, column: u32) -> Option<usize> {
        let mut ended = false;
        for at in self.from(line, column).ok()? {
            match at {
                At::Open(open) => return Some(open),
                At::Close(_) => return None,
                At::LineEnd => ended = true,
                At::Word(_) if ended => return None,
                At::Word(_) => {}
            }
        }
        None
    }

    /// The pieces of the file from the word at a place on.
    fn from(&self, line: u32, column: u32) -> Result<impl Iterator<Item = At>, EditError> {
        let missing = EditError::NoStatement { line, column };
        let (Some(index), Some(byte)) = (line.checked_sub(1), column.checked_sub(1)) else {
            return Err(missing);
        };
        let mut start = 0;
        let mut lines = self.text.split_inclusive('\n');
        for _ in 0..index {
            start += lines.next().ok_or(missing.clone())?.len();
        }
        let first = start + byte as usize;
        let mut pieces = lines
            .scan(start, |start, raw| {
                let at = *start;
                *start += raw.len();
                Some(pieces_of(raw, at))
            })
            .flatten()
            .skip_while(move |at| !matches!(at, At::Word(span) if span.from >= first))
            .peekable();
        match pieces.peek() {
            Some(At::Word(span)) if span.from == first => Ok(pieces),
            _ => Err(missing),
        }
    }

    /// As the file's lines end.
    fn line_end(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text.get(..at).is_some_and(|line| line.ends_with('\r')) => "\r\n",
            _ => "\n",
        }
    }

    fn line_start(&self, at: usize) -> usize {
        self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
    }

    fn indent(&self, start: usize) -> &str {
        let line = self.text.get(start..).unwrap_or_default();
        let length = line.find(|c| c != ' ' && c != '\t').unwrap_or(line.len());
        line.get(..length).unwrap_or_default()
    }

    /// Of the first line within a block.
    fn last_indent(&self, open: usize, close: usize) -> Option<String> {
        let inside = self.text.get(open + 1..close)?;
        let first = open + 1 + inside.find('\n')? + 1;
        let has_text = self.text.get(first..close)?.lines().next()?.trim();
        (!has_text.is_empty()).then(|| self.indent(first).to_owned())
    }
}

fn pieces_of(raw: &str, start: usize) -> Vec<At> {
    let body = raw.trim_end_matches(['\n', '\r']);
    let read = line::read(body);
    let place = |at: usize| start + read.raw(at);
    let end = |from: usize, to: usize| place(to.max(from + 1) - 1) + 1;
    // A condition is no part of its statement.
    let conditional = read.content.starts_with('@');
    let found = pieces(&read.content).into_iter().skip(usize::from(conditional));
    let mut all: Vec<At> = found
        .map(|piece| match piece {
            Piece::Word { from, to, .. } => At::Word(Span { from: place(from), to: end(from, to) }),
            Piece::Open(at) => At::Open(place(at)),
            Piece::Close(at) => At::Close(place(at)),
        })
        .collect();
    all.push(At::LineEnd);
    all
}

fn written_value(value: &str) -> Result<String, EditError> {
    if names_a_definition(value) {
        return Err(EditError::Definition);
    }
    written(value).map(std::borrow::Cow::into_owned).ok_or(EditError::Unwritable)
}

/// The lines of a statement, each with its end.
fn rendered(new: &NewStatement, indent: &str, end: &str) -> Result<String, EditError> {
    let words: Result<Vec<String>, EditError> =
        new.words.iter().map(|word| written_value(word)).collect();
    let mut text = format!("{indent}{}", words?.join(" "));
    if let Some(block) = &new.block {
        text.push_str(" {");
        text.push_str(end);
        for inner in block {
            text.push_str(&rendered(inner, &format!("{indent}    "), end)?);
        }
        text.push_str(indent);
        text.push('}');
    }
    text.push_str(end);
    Ok(text)
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;

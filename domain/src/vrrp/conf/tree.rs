//! The statements and blocks that a node reads.
//!
//! Blocks are what braces say. keepalived itself goes by its keywords: it drops the `{` behind one
//! that it does not know, and its `}` then closes the block outside. The lint tells of each such
//! place; the tree is what was meant.

use super::expand::Expansion;
use super::line::{Piece, pieces};
use super::problem::{Place, Problem, Trap};

/// Deeper blocks are in no configuration; they are read as if they were not there.
const DEEPEST_BLOCK: usize = 32;

/// A keyword, its arguments, and the block behind it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statement {
    /// Never without a first one, but for a block that has no keyword.
    pub words: Vec<String>,
    pub place: Place,
    pub block: Option<Vec<Statement>>,
    /// It stands so in its file: no definition, no repetition made it.
    pub verbatim: bool,
}

impl Statement {
    pub fn keyword(&self) -> &str {
        self.word(0)
    }

    /// A word by its place, empty where there is none.
    pub fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    pub fn arguments(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }

    pub fn statements(&self) -> &[Statement] {
        self.block.as_deref().unwrap_or_default()
    }

    /// The last statement of any of these names in the block: a repeated scalar counts as last
    /// given.
    pub fn last(&self, keywords: &[&str]) -> Option<&Statement> {
        self.statements().iter().rev().find(|statement| keywords.contains(&statement.keyword()))
    }

    pub fn all<'a>(&'a self, keywords: &'a [&'a str]) -> impl Iterator<Item = &'a Statement> {
        self.statements().iter().filter(|statement| keywords.contains(&statement.keyword()))
    }

    /// The argument of the last statement of this name.
    pub fn argument(&self, keyword: &str) -> Option<&str> {
        self.last(&[keyword]).map(|statement| statement.word(1)).filter(|word| !word.is_empty())
    }

    /// The word behind a word: `eth0` of `10.0.0.1 dev eth0` for `dev`.
    pub fn after(&self, word: &str) -> Option<&str> {
        let at = self.words.iter().position(|found| found == word)?;
        self.words.get(at + 1).map(String::as_str)
    }
}

/// Puts the lines of a node together. Problems of the braces are added to the expansion's.
pub(super) fn tree(expansion: &mut Expansion<'_>) -> Vec<Statement> {
    let mut builder = Builder { open: vec![Vec::new()], opened: Vec::new(), problems: Vec::new() };
    for logical in std::mem::take(&mut expansion.lines) {
        let mut words = Vec::new();
        let mut place = logical.place;
        for piece in pieces(&logical.text) {
            let at = |from: usize| {
                let further = if logical.verbatim { u32::try_from(from).unwrap_or(0) } else { 0 };
                Place { column: logical.place.column.saturating_add(further), ..logical.place }
            };
            match piece {
                Piece::Word { text, from, .. } => {
                    if words.is_empty() {
                        place = at(from);
                    }
                    words.push(text.to_owned());
                }
                Piece::Open(from) => {
                    builder.statement(&mut words, place, logical.verbatim);
                    builder.open(at(from));
                }
                Piece::Close(from) => {
                    builder.statement(&mut words, place, logical.verbatim);
                    builder.close(at(from));
                }
            }
        }
        builder.statement(&mut words, place, logical.verbatim);
    }
    let statements = builder.finish();
    expansion.problems.append(&mut builder.problems);
    statements
}

struct Builder {
    open: Vec<Vec<Statement>>,
    /// Where each open block was opened; those that are read as if they were not there, too.
    opened: Vec<(Place, bool)>,
    problems: Vec<Problem>,
}

impl Builder {
    fn statement(&mut self, words: &mut Vec<String>, place: Place, verbatim: bool) {
        if words.is_empty() {
            return;
        }
        let words = std::mem::take(words);
        if let Some(block) = self.open.last_mut() {
            block.push(Statement { words, place, block: None, verbatim });
        }
    }

    fn open(&mut self, place: Place) {
        let is_deep = self.open.len() > DEEPEST_BLOCK;
        let owner = self.open.last().and_then(|block| block.last());
        if is_deep {
            self.problems.push(Problem { place, trap: Trap::TooDeep });
        } else if owner.is_none_or(|owner| owner.block.is_some()) {
            self.problems.push(Problem { place, trap: Trap::StrayOpen });
        }
        if !is_deep {
            self.open.push(Vec::new());
        }
        self.opened.push((place, !is_deep));
    }

    fn close(&mut self, place: Place) {
        match self.opened.pop() {
            None => self.problems.push(Problem { place, trap: Trap::StrayClose }),
            Some((_, false)) => {}
            Some((_, true)) => self.give(),
        }
    }

    /// Gives the innermost block to the statement before it.
    fn give(&mut self) {
        let Some(block) = self.open.pop() else { return };
        let Some(outer) = self.open.last_mut() else { return };
        match outer.last_mut() {
            Some(owner) => owner.block.get_or_insert_default().extend(block),
            None => outer.push(Statement { block: Some(block), ..Statement::default() }),
        }
    }

    fn finish(&mut self) -> Vec<Statement> {
        while let Some((place, is_kept)) = self.opened.pop() {
            self.problems.push(Problem { place, trap: Trap::Unclosed });
            if is_kept {
                self.give();
            }
        }
        self.open.pop().unwrap_or_default()
    }
}

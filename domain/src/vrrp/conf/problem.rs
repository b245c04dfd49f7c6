//! What is written in a way that keepalived, or the console, does not take, and where.

/// Where something was written. Lines and columns count from 1, columns in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// Its number in [`Configuration::files`](super::Configuration::files).
    pub file: u32,
    pub line: u32,
    pub column: u32,
}

/// What keepalived, or the console, does not take as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trap {
    /// No file is meant by an `include`.
    MissingInclude { pattern: String },
    /// The path of an `include` is in quotes, which belong to the path.
    QuotedInclude,
    /// A file includes itself, by others or directly.
    Cycle { path: String },
    /// A `"` without its partner.
    UnclosedQuote,
    /// Longer than keepalived keeps together: it reads the rest as another line.
    LongLine { bytes: usize },
    /// A definition that names itself.
    Endless,
    /// Definitions make the line longer than keepalived keeps together.
    Grown,
    /// A `~SEQ` or `~LST` that keepalived refuses.
    Repetition,
    /// A definition puts in the condition of its line, which 2.2.7 misreads.
    DefinedCondition,
    /// `\` at the end of a line that defines nothing.
    Backslash,
    /// A comment begins within a word.
    CutWord { word: String },
    /// What only the running daemon knows.
    Unknown { text: String },
    /// The files mean more lines than are read here.
    TooMuch,
    /// `{` with nothing before it.
    StrayOpen,
    /// `}` without a `{`.
    StrayClose,
    /// `{` without a `}`.
    Unclosed,
    /// More blocks within each other than any configuration has.
    TooDeep,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    pub trap: Trap,
}

//! One line of keepalived.conf: its comment, its words and braces (keepalived's `lib/parser.c`,
//! `decomment`, `read_line` and `alloc_strvec`, measured against 2.2.7).
//!
//! `#` and `!` begin a comment anywhere but between `"`; `\#` and `\!` stand for themselves.
//! A single quote is a letter like others. `"` begins a word even within another, and nothing
//! escapes it.

use std::borrow::Cow;

/// A line without its end and its comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// What counts, without the blanks around it, a trailing `\` and the `\` of `\#`.
    pub(super) content: Cow<'a, str>,
    /// Byte of the raw line at which the content begins.
    start: usize,
    /// Places in the content before which a `\` was taken out.
    taken_out: Vec<usize>,
    /// Byte of the raw line at which its comment begins.
    pub(super) comment: Option<usize>,
    /// It ends in `\`: a definition goes on in the next line.
    pub(super) continues: bool,
    /// A `"` is not closed.
    pub(super) unclosed: bool,
}

impl Line<'_> {
    /// The byte of the raw line at which a byte of the content stands.
    pub(super) fn raw(&self, at: usize) -> usize {
        self.start + at + self.taken_out.iter().filter(|place| **place <= at).count()
    }
}

/// Reads a line that is given without its end.
pub(super) fn read(raw: &str) -> Line<'_> {
    let body = raw.trim_start_matches([' ', '\t']);
    let start = raw.len() - body.len();
    let mut line = Line {
        content: Cow::Borrowed(""),
        start,
        taken_out: Vec::new(),
        comment: None,
        continues: false,
        unclosed: false,
    };
    let mut escapes: Vec<usize> = Vec::new();
    let mut end = body.len();
    let mut bytes = body.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' if line.comment.is_none() => line.unclosed = !line.unclosed,
            b'\\' => match bytes.next() {
                Some((_, b'#' | b'!')) if !line.unclosed && line.comment.is_none() => {
                    escapes.push(at);
                }
                Some(_) => {}
                None => {
                    line.continues = true;
                    end = end.min(at);
                }
            },
            b'#' | b'!' if !line.unclosed && line.comment.is_none() => {
                line.comment = Some(start + at);
                end = at;
            }
            _ => {}
        }
    }
    let kept = body.get(..end).unwrap_or_default().trim_end_matches([' ', '\t']);
    line.content = match escapes.is_empty() {
        true => Cow::Borrowed(kept),
        false => {
            let mut content = String::with_capacity(kept.len());
            let mut from = 0;
            for at in escapes {
                content.push_str(kept.get(from..at).unwrap_or_default());
                line.taken_out.push(content.len());
                from = at + 1;
            }
            content.push_str(kept.get(from..).unwrap_or_default());
            Cow::Owned(content)
        }
    };
    line
}

/// A word or a brace, by its bytes in the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// `from` and `to` include its quotes.
    Word {
        text: &'a str,
        from: usize,
        to: usize,
    },
    Open(usize),
    Close(usize),
}

/// Splits a content. What follows a quote that is not closed is lost, as it is to keepalived.
pub(super) fn pieces(content: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::with_capacity(4);
    let mut at = 0;
    while let Some(byte) = content.as_bytes().get(at) {
        match byte {
            byte if is_blank(*byte) => at += 1,
            b'{' => {
                found.push(Piece::Open(at));
                at += 1;
            }
            b'}' => {
                found.push(Piece::Close(at));
                at += 1;
            }
            b'"' => {
                let inside = content.get(at + 1..).unwrap_or_default();
                let Some(length) = inside.find('"') else { break };
                let text = inside.get(..length).unwrap_or_default();
                found.push(Piece::Word { text, from: at, to: at + length + 2 });
                at += length + 2;
            }
            _ => {
                let rest = content.get(at..).unwrap_or_default();
                let ends = |byte: u8| is_blank(byte) || matches!(byte, b'{' | b'}' | b'"');
                let length = rest.bytes().position(ends).unwrap_or(rest.len());
                let text = rest.get(..length).unwrap_or_default();
                found.push(Piece::Word { text, from: at, to: at + length });
                at += length.max(1);
            }
        }
    }
    found
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\x0b' | b'\x0c' | b'\n')
}

/// How a word is to be written so that it reads back as it is; `None`: it cannot be, because
/// nothing escapes a `"` and a `\` at the end of a quoted word hides the quote.
pub(super) fn written(word: &str) -> Option<Cow<'_, str>> {
    let has = |marks: &[char]| word.contains(marks);
    if has(&['"', '\n', '\r', '\0']) || (word.ends_with('\\') && !word.is_empty()) {
        return None;
    }
    let quote = word.is_empty()
        || has(&[' ', '\t', '\x0b', '\x0c', '#', '!', '{', '}', '\''])
        || word.starts_with(['@', '~']);
    Some(if quote { Cow::Owned(format!("\"{word}\"")) } else { Cow::Borrowed(word) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(raw: &str) -> Vec<String> {
        let line = read(raw);
        pieces(&line.content)
            .into_iter()
            .map(|piece| match piece {
                Piece::Word { text, .. } => text.to_owned(),
                Piece::Open(_) => "{".to_owned(),
                Piece::Close(_) => "}".to_owned(),
            })
            .collect()
    }

    /// Each as `keepalived -t` 2.2.7 told of it.
    #[test]
    fn lines_are_split_as_the_daemon_does() {
        for (line, expected) in [
            ("auth_pass ab!cd", &["auth_pass", "ab"][..]),
            ("auth_pass \"ab!cd\"", &["auth_pass", "ab!cd"]),
            ("auth_pass 'ab!cd'", &["auth_pass", "'ab"]),
            ("x a\\#b", &["x", "a#b"]),
            ("x \"a b\"z", &["x", "a b", "z"]),
            ("x a\\\"b", &["x", "a\\"]),
            ("\"k w\"x y", &["k w", "x", "y"]),
            ("a{b", &["a", "{", "b"]),
            ("c}d}}", &["c", "}", "d", "}", "}"]),
            ("x \"a{b}\"", &["x", "a{b}"]),
            ("x \"a\\x41\\tb\"", &["x", "a\\x41\\tb"]),
            ("x \"ab", &["x"]),
            (" \t# nothing", &[]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }

    #[test]
    fn a_backslash_at_the_end_goes_on() {
        for (line, content, continues) in
            [("$A=x \\", "$A=x", true), ("$A=x # \\", "$A=x", true), ("$A=x \\ ", "$A=x \\", false)]
        {
            let read = read(line);
            assert_eq!((read.content.as_ref(), read.continues), (content, continues), "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(word in "[^\n\r\0]{0,20}") {
            if let Some(text) = written(&word) {
                prop_assert_eq!(words(&format!("auth_pass {text} # x")), ["auth_pass", &word]);
            }
        }

        #[test]
        fn bytes_are_found_in_the_raw_line(raw in "[ \\\\#!\"a{}]{0,20}") {
            let line = read(&raw);
            for piece in pieces(&line.content) {
                if let Piece::Word { text, from, .. } = piece && !text.contains(['#', '!']) {
                    let at = line.raw(from + usize::from(line.content[from..].starts_with('"')));
                    prop_assert!(raw[at..].starts_with(text), "{raw:?} {text:?}");
                }
            }
        }
    }
}

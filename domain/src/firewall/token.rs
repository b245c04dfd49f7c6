//! Words of a rule, as `add_param_to_argv` of iptables 1.8 splits them: parted by spaces and tabs;
//! only `"` quotes, the closing quote ends the word; `\` escapes inside quotes alone.

use std::borrow::Cow;

/// One word and where it begins, counted in characters from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) column: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unclosed {
    pub(super) column: usize,
}

/// Splits a line; `first_column` is where it stands in its file's line.
pub(super) fn tokens(line: &str, first_column: usize) -> Result<Vec<Token<'_>>, Unclosed> {
    let mut found = Vec::with_capacity(16);
    let mut rest = line;
    let mut column = first_column;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t']);
        column += rest.len() - trimmed.len();
        if trimmed.is_empty() {
            return Ok(found);
        }
        let (text, after) = match trimmed.strip_prefix('"') {
            Some(quoted) => unquote(quoted).ok_or(Unclosed { column })?,
            None => {
                let end = trimmed.find([' ', '\t', '"']).unwrap_or(trimmed.len());
                let (word, after) = trimmed.split_at(end);
                (Cow::Borrowed(word), after)
            }
        };
        let taken = trimmed.get(..trimmed.len() - after.len()).unwrap_or_default();
        found.push(Token { text, column });
        column += taken.chars().count();
        rest = after;
    }
}

/// What stands before the closing quote, and what comes after it.
fn unquote(quoted: &str) -> Option<(Cow<'_, str>, &str)> {
    if let Some((plain, rest)) = quoted.split_once('"')
        && !plain.contains('\\')
    {
        return Some((Cow::Borrowed(plain), rest));
    }
    let mut text = String::with_capacity(quoted.len());
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((Cow::Owned(text), quoted.get(at + 1..)?)),
            '\\' => text.push(characters.next()?.1),
            other => text.push(other),
        }
    }
    None
}

/// As `xtables_save_string` writes a word: quoted when it is empty or holds anything but letters,
/// digits, `_` and `-`.
#[cfg(test)]
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let mut text = String::with_capacity(word.len() + 2);
    text.push('"');
    for character in word.chars() {
        if matches!(character, '"' | '\\' | '\'') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(line: &str) -> Vec<String> {
        tokens(line, 1).unwrap().into_iter().map(|token| token.text.into_owned()).collect()
    }

    #[test]
    fn quotes_hold_a_word_together() {
        assert_eq!(
            words(r#"-A INPUT  -m comment --comment "it's \"so\" \\ x" -j ACCEPT"#),
            ["-A", "INPUT", "-m", "comment", "--comment", r#"it's "so" \ x"#, "-j", "ACCEPT"]
        );
        assert_eq!(words(r#""""#), [""]);
        assert_eq!(words("it's"), ["it's"]);
    }

    #[test]
    fn a_quote_left_open_is_placed() {
        assert_eq!(tokens(r#"--comment "so"#, 5), Err(Unclosed { column: 15 }));
    }

    proptest! {
        #[test]
        fn what_is_quoted_reads_back(word in "[^\n\r\0]{0,40}") {
            prop_assert_eq!(words(&quoted(&word)), [word]);
        }

        #[test]
        fn no_line_makes_it_panic(line in ".{0,80}") {
            let _ = tokens(&line, 1);
        }
    }
}

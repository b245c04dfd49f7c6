//! Passwords leave the node's text before anybody sees it: each is replaced by a word that stands
//! for it, and that goes back to the node as it is.

use std::collections::BTreeSet;

use super::Files;
use super::definitions::defined;
use super::line::{self, Piece, pieces};
use super::read::SECRET;

/// Words that stand for a password begin so.
pub(super) const KEPT: &str = "kept-";

/// A password's place in a node's file, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSecret {
    /// What stands for it.
    pub word: String,
    pub path: String,
    pub offset: usize,
    pub len: usize,
}

/// Replaces each password by what `name` makes of it, which says nothing of it but whether two are
/// the same.
pub fn keep_secrets(files: &Files, name: &dyn Fn(&str) -> String) -> (Files, Vec<KeptSecret>) {
    let definitions: BTreeSet<&str> =
        files.values().flat_map(|text| named_by_secrets(text)).collect();
    let mut kept = Vec::new();
    let masked = files.iter().map(|(path, text)| {
        let mut masked = String::with_capacity(text.len());
        let mut from = 0;
        for (offset, len) in places(text, &definitions) {
            let secret = text.get(offset..offset + len).unwrap_or_default();
            let word = format!("{KEPT}{}", name(secret));
            masked.push_str(text.get(from..offset).unwrap_or_default());
            masked.push_str(&word);
            from = offset + len;
            kept.push(KeptSecret { word, path: path.clone(), offset, len });
        }
        masked.push_str(text.get(from..).unwrap_or_default());
        (path.clone(), masked)
    });
    let masked = masked.collect();
    (masked, kept)
}

/// The words of a text that stand for passwords.
pub fn kept_words(text: &str) -> BTreeSet<&str> {
    let begins = text.match_indices(KEPT).map(|(at, _)| at);
    let word = |at: usize| {
        let rest = text.get(at..)?;
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        rest.get(..rest.bytes().position(|byte| !is_part(byte)).unwrap_or(rest.len()))
    };
    begins.filter_map(word).collect()
}

/// Passwords that are written in a text, and do not come from the node.
pub fn written_secrets(text: &str) -> usize {
    let definitions = named_by_secrets(text).collect();
    let is_new = |(offset, len): &(usize, usize)| {
        text.get(*offset..offset + len).is_some_and(|secret| !secret.starts_with(KEPT))
    };
    places(text, &definitions).iter().filter(|place| is_new(place)).count()
}

/// The definitions that stand where a password does.
fn named_by_secrets(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(secret_words).filter_map(|(_, word)| {
        let name = word.strip_prefix('$')?;
        Some(name.trim_start_matches('{').trim_end_matches('}'))
    })
}

/// The words behind a keyword of a password, with their bytes in the line.
fn secret_words(raw: &str) -> Vec<(usize, &str)> {
    if !SECRET.iter().any(|keyword| raw.contains(keyword)) {
        return Vec::new();
    }
    let read = line::read(raw);
    let all = pieces(&read.content);
    let mut found = Vec::new();
    for pair in all.windows(2) {
        if let [Piece::Word { text, .. }, Piece::Word { text: value, from, to }] = pair
            && SECRET.contains(text)
        {
            let start = read.raw(*from);
            // `${NAME}` is split at its braces.
            if *value == "$" && raw.get(start + 1..).is_some_and(|rest| rest.starts_with('{')) {
                let end = raw
                    .get(start..)
                    .and_then(|rest| rest.find('}'))
                    .map_or(raw.len(), |at| start + at + 1);
                found.extend(raw.get(start..end).map(|word| (start, word)));
                continue;
            }
            // What a comment cuts off is a part of the password that somebody meant.
            let end = match read.comment {
                Some(comment) if read.raw(to.saturating_sub(1)) + 1 == comment => raw
                    .get(comment..)
                    .and_then(|rest| rest.find([' ', '\t']))
                    .map_or(raw.len(), |length| comment + length),
                _ => read.raw(to.saturating_sub(1)) + 1,
            };
            if let Some(word) = raw.get(start..end) {
                found.push((start, word));
            }
        }
    }
    found
}

/// Where the passwords of a text are, and how long, in bytes.
fn places(text: &str, definitions: &BTreeSet<&str>) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    for raw in text.split_inclusive('\n') {
        let body = raw.trim_end_matches(['\n', '\r']);
        for (at, word) in secret_words(body).into_iter().filter(|(_, word)| !word.starts_with('$'))
        {
            found.push((start + at, word.len()));
        }
        if let Some((name, value)) = defined(body.trim_start())
            && definitions.contains(name)
            && !value.is_empty()
        {
            let value = value.trim();
            if let Some(at) = body.rfind(value) {
                found.push((start + at, value.len()));
            }
        }
        start += raw.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keep(text: &str) -> (String, Vec<KeptSecret>) {
        let files = Files::from([("k".to_owned(), text.to_owned())]);
        let (masked, kept) = keep_secrets(&files, &|secret| format!("{}", secret.len()));
        (masked["k"].clone(), kept)
    }

    #[test]
    fn a_password_goes_wherever_it_is_written() {
        for (text, masked) in [
            ("auth_pass secret\n", "auth_pass kept-6\n"),
            (
                "authentication { auth_type PASS auth_pass \"a b\" }\n",
                "authentication { auth_type PASS auth_pass kept-5 }\n",
            ),
            ("auth_pass ab!cd # why\r\n", "auth_pass kept-5 # why\r\n"),
            ("$PW=secret\nauth_pass $PW\n", "$PW=kept-6\nauth_pass $PW\n"),
            ("$PW=secret\nauth_pass ${PW}\n", "$PW=kept-6\nauth_pass ${PW}\n"),
            ("$OTHER=plain\nauth_type PASS\n", "$OTHER=plain\nauth_type PASS\n"),
            ("SMTP_CHECK {\n}\npassword\tx\n", "SMTP_CHECK {\n}\npassword\tkept-1\n"),
        ] {
            assert_eq!(keep(text).0, masked);
        }
    }

    #[test]
    fn what_a_person_writes_anew_is_told_apart() {
        assert_eq!(written_secrets("auth_pass kept-9f\n"), 0);
        assert_eq!(written_secrets("auth_pass kept-9f\nauth_pass new\n"), 1);
        let text = "auth_pass kept-9f\n$A=kept-01\n";
        assert_eq!(kept_words(text).into_iter().collect::<Vec<_>>(), ["kept-01", "kept-9f"]);
    }

    proptest! {
        /// What stands for a password is put back where it was, byte for byte.
        #[test]
        fn the_file_comes_back_whole(text in "((auth_pass|auth_type|\\$A=|x) [a-z!#\"{}$ A]{0,9}\r?\n){0,6}") {
            let (masked, kept) = keep(&text);
            let mut back = masked;
            for secret in kept.iter().rev() {
                let at = back.rfind(&secret.word).unwrap();
                let raw = &text[secret.offset..secret.offset + secret.len];
                back.replace_range(at..at + secret.word.len(), raw);
            }
            prop_assert_eq!(back, text);
        }
    }
}

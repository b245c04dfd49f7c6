//! Files by their paths, and which of them an `include` means. The domain reads no files: whoever
//! has them gives them.

use std::collections::BTreeMap;

/// Text by path. Paths are absolute, or all relative to the same folder.
pub type Files = BTreeMap<String, String>;

/// Braces in one pattern stand for at most as many.
const MOST_ALTERNATIVES: usize = 256;

/// The files that a pattern means, in keepalived's order: brace by brace, each sorted.
pub(super) fn matching<'a>(files: &'a Files, pattern: &str) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for alternative in alternatives(pattern) {
        if !is_wildcard(&alternative) {
            found.extend(files.get_key_value(&alternative).map(|(path, _)| path.as_str()));
            continue;
        }
        let matches = files.keys().map(String::as_str).filter(|path| is_match(&alternative, path));
        found.extend(matches);
    }
    found
}

/// Whether a path component of an alternative stands for several names.
pub fn is_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// What the braces of a pattern stand for, without them: `{a,b}.conf` is `a.conf` and `b.conf`.
pub fn alternatives(pattern: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(pattern) = open.pop() {
        let Some((before, choices, after)) = first_braces(&pattern) else {
            done.push(pattern);
            continue;
        };
        if done.len() + open.len() + choices.len() > MOST_ALTERNATIVES {
            break;
        }
        open.extend(choices.iter().rev().map(|choice| format!("{before}{choice}{after}")));
    }
    done
}

/// The text before the first braces, what they choose from, and the text after them.
fn first_braces(pattern: &str) -> Option<(&str, Vec<&str>, &str)> {
    let open = pattern.find('{')?;
    let mut choices = Vec::new();
    let (mut depth, mut from) = (0_usize, open + 1);
    for (at, byte) in pattern.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b',' if depth == 1 => {
                choices.push(pattern.get(from..at)?);
                from = at + 1;
            }
            b'}' if depth == 1 => {
                choices.push(pattern.get(from..at)?);
                return Some((pattern.get(..open)?, choices, pattern.get(at + 1..)?));
            }
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// As glob(3) without braces: `*`, `?` and `[…]` within one component; a leading dot is literal.
pub fn is_match(pattern: &str, path: &str) -> bool {
    let (patterns, names) = (pattern.split('/'), path.split('/'));
    patterns.clone().count() == names.clone().count()
        && patterns.zip(names).all(|(pattern, name)| {
            let hidden = name.starts_with('.') && !pattern.starts_with('.');
            !hidden && is_name(pattern, name)
        })
}

/// Goes back to the last `*` only, so it takes at most pattern × name steps.
fn is_name(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match one(&pattern, p, &name, n) {
            Some(length) => (p, n) = (p + length, n + 1),
            None if pattern.get(p) == Some(&'*') => {
                star = Some((p + 1, n));
                p += 1;
            }
            None => {
                let Some((after, taken)) = star else { return false };
                star = Some((after, taken + 1));
                (p, n) = (after, taken + 1);
            }
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

/// How much of the pattern takes one character of the name.
fn one(pattern: &[char], p: usize, name: &[char], n: usize) -> Option<usize> {
    let c = name.get(n)?;
    match pattern.get(p)? {
        '*' => None,
        '?' => Some(1),
        '[' => {
            let rest = pattern.get(p + 1..)?;
            let length = 1 + rest.iter().skip(1).position(|c| *c == ']')?;
            let set = rest.get(..length)?;
            let (set, negated) = match set {
                ['!' | '^', set @ ..] => (set, true),
                set => (set, false),
            };
            (is_in(set, *c) != negated).then_some(length + 2)
        }
        other => (other == c).then_some(1),
    }
}

fn is_in(mut set: &[char], c: char) -> bool {
    loop {
        set = match set {
            [from, '-', to, rest @ ..] => {
                if (*from..=*to).contains(&c) {
                    return true;
                }
                rest
            }
            [one, rest @ ..] => {
                if *one == c {
                    return true;
                }
                rest
            }
            [] => return false,
        };
    }
}

/// The folder of a file, `.` for a bare name.
pub(super) fn folder(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => ".",
    }
}

/// A path as it is meant in a folder, without `.` and `..`.
pub(super) fn joined(folder: &str, path: &str) -> String {
    let whole = match path.starts_with('/') || folder == "." {
        true => path.to_owned(),
        false => format!("{folder}/{path}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if whole.starts_with('/') => {}
            part => parts.push(part),
        }
    }
    let root = if whole.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_stand_for_each_of_their_words() {
        assert_eq!(alternatives("a{b,c{d,e}}f"), ["abf", "acdf", "acef"]);
        assert_eq!(alternatives("a{b"), ["a{b"]);
        assert!(alternatives(&"{a,b}".repeat(40)).len() <= MOST_ALTERNATIVES);
    }

    #[test]
    fn wildcards_are_the_shells() {
        for (pattern, path, expected) in [
            ("/e/*.conf", "/e/a.conf", true),
            ("/e/*.conf", "/e/.a.conf", false),
            ("/e/*.conf", "/e/d/a.conf", false),
            ("*a*b*", "xxaxxbxx", true),
            ("[a-c]?[!x]", "bzy", true),
            ("[a-c]?[!x]", "bzx", false),
            ("[", "[", false),
        ] {
            assert_eq!(is_match(pattern, path), expected, "{pattern} {path}");
        }
        assert!(!is_name(&"*a".repeat(400), &"a".repeat(399)));
    }

    #[test]
    fn includes_are_relative_to_their_file() {
        assert_eq!(
            joined(folder("/etc/keepalived/keepalived.conf"), "d/../x.conf"),
            "/etc/keepalived/x.conf"
        );
        assert_eq!(joined(folder("/etc/k.conf"), "/a/./b"), "/a/b");
        assert_eq!(joined(folder("k.conf"), "../b"), "../b");
    }
}

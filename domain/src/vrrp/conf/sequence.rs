//! `~SEQ(NAME, …)` and `~LST(NAME, …)`: the rest of the line once for each value (keepalived's
//! `add_seq` and `add_lst`).

/// What a line is repeated for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repetition {
    pub(super) names: Vec<String>,
    values: Values,
    /// What is repeated.
    pub(super) text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Values {
    Numbers {
        next: i64,
        step: i64,
        last: i64,
        hex: bool,
    },
    /// Backwards, as they are taken from its end.
    Words(Vec<Vec<String>>),
    None,
}

impl Repetition {
    /// The values of its names for the next time; `None`: it is over.
    pub(super) fn next(&mut self) -> Option<Vec<String>> {
        match &mut self.values {
            Values::Numbers { next, step, last, hex } => {
                let value = if *hex { format!("{next:x}") } else { next.to_string() };
                let following = next.checked_add(*step);
                let over = following.is_none_or(|following| {
                    if *step > 0 { following > *last } else { following < *last }
                });
                *next = following.unwrap_or(*next);
                if over {
                    self.values = Values::None;
                }
                Some(vec![value])
            }
            Values::Words(words) => words.pop(),
            Values::None => None,
        }
    }
}

/// Whether the line asks for a repetition; `Err`: it does, and keepalived refuses it.
/// `substitute` puts in the definitions that the bounds of a sequence name.
pub(super) fn repetition(
    line: &str,
    substitute: impl Fn(&str) -> String,
) -> Option<Result<Repetition, ()>> {
    let read = if let Some(rest) = line.strip_prefix("~SEQ") {
        let (rest, hex) = rest.strip_prefix('x').map_or((rest, false), |rest| (rest, true));
        sequence(rest, hex, substitute)
    } else {
        list(line.strip_prefix("~LST")?)
    };
    Some(read.ok_or(()))
}

fn sequence(rest: &str, hex: bool, substitute: impl Fn(&str) -> String) -> Option<Repetition> {
    let (inside, text) = blank(rest).strip_prefix('(')?.split_once(')')?;
    let (name, bounds) = inside.split_once(',')?;
    let name = name.trim_matches([' ', '\t']);
    let bounds: Option<Vec<i64>> = substitute(bounds).split(',').map(number).collect();
    let (next, step, last) = match *bounds?.as_slice() {
        [last] => (if last < 0 { -1 } else { 1 }, if last < 1 { -1 } else { 1 }, last),
        [first, last] => (first, if first <= last { 1 } else { -1 }, last),
        [first, step, last] => (first, step, last),
        _ => return None,
    };
    let turns_away = step == 0 || (next < last && step < 0) || (next > last && step > 0);
    if name.is_empty() || turns_away || (hex && (next < 0 || last < 0)) {
        return None;
    }
    let values = Values::Numbers { next, step, last, hex };
    Some(Repetition { names: vec![name.to_owned()], values, text: blank(text).to_owned() })
}

/// As `strtol` with base 0 reads it: `0x` hexadecimal, `0` octal.
fn number(text: &str) -> Option<i64> {
    let text = text.trim_matches([' ', '\t']);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let read = if let Some(hex) = digits.strip_prefix("0x") {
        i64::from_str_radix(hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8)
    } else {
        digits.parse()
    };
    // A number that begins twice with a sign is none.
    read.ok().filter(|_| digits.starts_with(|c: char| c.is_ascii_digit())).map(|n| sign * n)
}

fn list(rest: &str) -> Option<Repetition> {
    let inside = blank(rest).strip_prefix('(')?;
    let mut items = Vec::new();
    let mut rest = inside;
    let text = loop {
        let (item, after) = item(rest)?;
        items.push(item);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => break after.strip_prefix(')')?,
        }
    };
    let mut items = items.into_iter();
    let names = items.next().filter(|names| names.iter().all(|name| !name.is_empty()))?;
    let mut words: Vec<Vec<String>> = items.collect();
    if words.is_empty() || words.iter().any(|word| word.len() > names.len()) {
        return None;
    }
    for word in &mut words {
        word.resize(names.len(), String::new());
    }
    words.reverse();
    Some(Repetition { names, values: Values::Words(words), text: blank(text).to_owned() })
}

/// `word` or `{word, word}`, and what comes after it. keepalived 2.2.7 takes no quotes here.
fn item(text: &str) -> Option<(Vec<String>, &str)> {
    let text = blank(text);
    let trimmed = |word: &str| word.trim_matches([' ', '\t']).to_owned();
    match text.strip_prefix('{') {
        Some(inside) => {
            let (words, after) = inside.split_once('}')?;
            Some((words.split(',').map(trimmed).collect(), blank(after)))
        }
        None => {
            let end = text.find([',', ')'])?;
            let word = text.get(..end)?;
            let is_word = !word.trim_matches([' ', '\t']).contains(['"', ' ', '\t']);
            is_word.then(|| (vec![trimmed(word)], text.get(end..).unwrap_or_default()))
        }
    }
}

fn blank(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(line: &str) -> Option<Vec<String>> {
        let substitute = |text: &str| text.replace("$N", "2");
        let mut repetition = repetition(line, substitute)?.ok()?;
        let mut all = Vec::new();
        while let Some(values) = repetition.next() {
            all.push(values.join("-"));
            assert!(all.len() < 100);
        }
        Some(all)
    }

    /// Each as `keepalived -t` 2.2.7 told of it.
    #[test]
    fn values_are_the_daemons() {
        for (line, expected) in [
            ("~SEQ(v, 1, 3) w", Some("1 2 3")),
            ("~SEQx(v, 8, 4, 20) w", Some("8 c 10 14")),
            ("~SEQ(v,3) w", Some("1 2 3")),
            ("~SEQ(v,-2) w", Some("-1 -2")),
            ("~SEQ(v,3,1) w", Some("3 2 1")),
            ("~SEQ(a,1,$N) w", Some("1 2")),
            ("~SEQ (a, 0x10, 0x11) w", Some("16 17")),
            ("~SEQ(a,1,0,2) w", None),
            ("~SEQ(a,2,1,1) w", None),
            ("~SEQ(a,x) w", None),
            ("~LST(v, a, b, c) w", Some("a b c")),
            ("~LST(a,\"x y\",z) w", None),
            ("~LST(a) q", None),
            ("~LST({a,b},{1,2},{3}) q", Some("1-2 3-")),
            ("~LST({IP, IP1}, {10,1},{20,4}) q", Some("10-1 20-4")),
            ("~LST(a,{1,2}) q", None),
        ] {
            assert_eq!(values(line).map(|all| all.join(" ")).as_deref(), expected, "{line}");
        }
        assert_eq!(repetition("~FOO(a,1) x", str::to_owned), None);
    }

    #[test]
    fn the_largest_number_is_the_last() {
        let line = format!("~SEQ(a,{0},{0}) x", i64::MAX);
        assert_eq!(values(&line), Some(vec![i64::MAX.to_string()]));
    }
}

//! Keyword by keyword: what keepalived does not know, and values that it does not take.

use super::super::keywords::{Keywords, ROOT, Takes};
use super::super::read::as_milliseconds;
use super::super::tree::Statement;
use super::super::version::{AFTER_2_2_7, SINCE, Version};
use super::{Code, Findings, Severity};

pub(super) fn keywords(
    statements: &[Statement],
    version: Option<Version>,
    found: &mut Findings<'_>,
) {
    block(statements, &ROOT, version, found);
}

/// Blocks are at most 32 deep, so this ends.
fn block(
    statements: &[Statement],
    known: &Keywords,
    version: Option<Version>,
    found: &mut Findings<'_>,
) {
    let mut seen: Vec<&str> = Vec::new();
    for statement in statements {
        let keyword = statement.keyword();
        let Some(takes) = known.get(keyword) else {
            unknown(statement, known, found);
            continue;
        };
        since(statement, known, version, found);
        let is_single = !matches!(takes, Takes::Several | Takes::List | Takes::Block(_));
        if is_single && seen.contains(&keyword) {
            found.add(
                Code::Repeated,
                Severity::Warning,
                statement.place,
                format!(
                    "{keyword} stands twice in this {}, and the last one counts: keep one",
                    known.name
                ),
                format!("{keyword} 在此 {} 中出现了两次，只有最后一个有效：请保留一个", known.name),
            );
        }
        if is_single {
            seen.push(keyword);
        }
        value(statement, takes, found);
        if let Takes::Block(inner) = takes {
            block(statement.statements(), inner, version, found);
        }
    }
}

fn unknown(statement: &Statement, known: &Keywords, found: &mut Findings<'_>) {
    // In there it may be a password that went astray.
    let keyword = match known.name {
        "authentication" | "SSL" => "a keyword",
        _ => statement.keyword(),
    };
    let name = known.name;
    if statement.block.is_some() {
        found.add(
            Code::UnknownBlock,
            Severity::Error,
            statement.place,
            format!("keepalived knows no {keyword} in {name}; the }} of its block closes {name}, and what follows is misread: mend the word, or take the block out"),
            format!("keepalived 在 {name} 中不认识 {keyword}；其块的 }} 会闭合 {name}，后面的内容都会被误读：请更正或删除该块"),
        );
    } else {
        found.add(
            Code::UnknownKeyword,
            Severity::Error,
            statement.place,
            format!(
                "keepalived knows no {keyword} in {name} and leaves the line out: mend the word"
            ),
            format!("keepalived 在 {name} 中不认识 {keyword}，会忽略该行：请更正"),
        );
    }
}

fn since(
    statement: &Statement,
    known: &Keywords,
    version: Option<Version>,
    found: &mut Findings<'_>,
) {
    let Some(version) = version else { return };
    let keyword = statement.keyword();
    let gate = SINCE.iter().find(|(name, since)| *name == keyword && *since > version);
    if let Some((_, since)) = gate {
        found.add(
            Code::NewerKeyword,
            Severity::Error,
            statement.place,
            format!("{keyword} is known from keepalived {since} on, and this is {version}: take it out, or upgrade"),
            format!("{keyword} 需要 keepalived {since} 以上，而此处为 {version}：请删除或升级"),
        );
    } else if version <= Version(2, 2, 7) && AFTER_2_2_7.contains(&(known.name, keyword)) {
        found.add(
            Code::NewerKeyword,
            Severity::Error,
            statement.place,
            format!("{keyword} is not known to keepalived 2.2.7 and older, and this is {version}: take it out, or upgrade"),
            format!("keepalived 2.2.7 及更早版本不认识 {keyword}，而此处为 {version}：请删除或升级"),
        );
    }
}

fn value(statement: &Statement, takes: Takes, found: &mut Findings<'_>) {
    let (keyword, word) = (statement.keyword(), statement.word(1));
    if matches!(takes, Takes::Block(_) | Takes::List) {
        if statement.block.is_none() {
            found.add(
                Code::MissingBlock,
                Severity::Error,
                statement.place,
                format!("{keyword} has no {{ … }} behind it: add it"),
                format!("{keyword} 后面没有 {{ … }}：请补上"),
            );
        }
        return;
    }
    if matches!(takes, Takes::Text | Takes::Several) || is_unknown(word) {
        return;
    }
    if word.is_empty() {
        // The one that may stand alone: it stands for 360 s.
        if keyword != "persistence_timeout" {
            found.add(
                Code::MissingArgument,
                Severity::Error,
                statement.place,
                format!("{keyword} has no value, and the daemon ends on it: add one"),
                format!("{keyword} 没有取值，守护进程会因此退出：请补上"),
            );
        }
        return;
    }
    match takes {
        Takes::Number(least, most) => match word.parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => {}
            Ok(_) => out_of_range(statement, &least.to_string(), &most.to_string(), found),
            Err(_) => not_a_number(statement, found),
        },
        Takes::Seconds(least, most) => match as_milliseconds(word) {
            Some(ms) if (least..=most).contains(&ms) => {}
            None if word.parse::<f64>().is_err() => not_a_number(statement, found),
            _ => out_of_range(statement, &seconds(least), &seconds(most), found),
        },
        Takes::OneOf(words) if !words.contains(&word) => found.add(
            Code::NotOneOf,
            Severity::Error,
            statement.place,
            format!("{keyword} is {word}; keepalived takes {}", words.join(", ")),
            format!("{keyword} 为 {word}；keepalived 只接受 {}", words.join("、")),
        ),
        _ => {}
    }
}

fn seconds(ms: u64) -> String {
    format!("{}", ms as f64 / 1_000.0)
}

/// A `${_RANDOM}` is there still: what it will be is not known.
fn is_unknown(word: &str) -> bool {
    word.contains('$')
}

fn out_of_range(statement: &Statement, least: &str, most: &str, found: &mut Findings<'_>) {
    let (keyword, word) = (statement.keyword(), statement.word(1));
    let most = if most == i64::MAX.to_string() { "…" } else { most };
    found.add(
        Code::OutOfRange,
        Severity::Error,
        statement.place,
        format!("{keyword} is {word}, which keepalived does not take: give {least} to {most}"),
        format!("{keyword} 为 {word}，keepalived 不接受：请取 {least} 到 {most}"),
    );
}

fn not_a_number(statement: &Statement, found: &mut Findings<'_>) {
    let (keyword, word) = (statement.keyword(), statement.word(1));
    found.add(
        Code::NotANumber,
        Severity::Error,
        statement.place,
        format!("{keyword} is {word}, which is no number: mend it"),
        format!("{keyword} 为 {word}，不是数字：请更正"),
    );
}

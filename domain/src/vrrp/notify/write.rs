//! The settings in the text of a keepalived.conf.

use super::{HOOK_PATH, Notification};
use crate::vrrp::conf::{Document, NewStatement, Place, Statement};
use crate::vrrp::protect::{WriteError, read, verbatim};

const GLOBALS: [&str; 3] = ["notification_email", "notification_email_from", "smtp_server"];
/// More edits than any file needs.
const MOST_EDITS: usize = 1000;

pub(super) fn put_into(
    text: &str,
    wanted: &Notification,
    router_id: &str,
) -> Result<String, WriteError> {
    let mut text = with_globals(text)?;
    for _ in 0..MOST_EDITS {
        let statements = read(&text);
        let Some(edit) = next(&statements, wanted, router_id)? else { return Ok(text) };
        let mut document = Document::parse(&text);
        match edit {
            Edit::Remove(at) => document.remove(at.line, at.column)?,
            Edit::Set(at, value) => document.set_argument(at.line, at.column, 1, &value)?,
            Edit::Add(at, new) => document.add_to_block(at.line, at.column, &new)?,
        }
        text = document.render().to_owned();
    }
    Ok(text)
}

enum Edit {
    Remove(Place),
    Set(Place, String),
    Add(Place, NewStatement),
}

fn with_globals(text: &str) -> Result<String, WriteError> {
    let statements = read(text);
    if statements.iter().any(|statement| statement.keyword() == "global_defs") {
        return Ok(text.to_owned());
    }
    let Some(first) = statements.first() else { return Err(WriteError::NoInstance) };
    let place = verbatim(first)?.place;
    let mut document = Document::parse(text);
    let globals = NewStatement { words: vec!["global_defs".to_owned()], block: Some(Vec::new()) };
    document.add_section_before(place.line, place.column, &globals)?;
    Ok(document.render().to_owned())
}

/// The first thing that is not as it shall be.
fn next(
    statements: &[Statement],
    wanted: &Notification,
    router_id: &str,
) -> Result<Option<Edit>, WriteError> {
    let globals = statements.iter().find(|statement| statement.keyword() == "global_defs");
    let Some(globals) = globals else { return Ok(None) };
    match globals.last(&["router_id"]) {
        None => return Ok(Some(Edit::Add(globals.place, line(&["router_id", router_id])))),
        Some(found) if found.word(1) != router_id => {
            return Ok(Some(Edit::Set(verbatim(found)?.place, router_id.to_owned())));
        }
        Some(_) => {}
    }
    for (keyword, wanted) in GLOBALS.into_iter().zip(globals_of(wanted)) {
        let found: Vec<&Statement> =
            globals.statements().iter().filter(|found| found.keyword() == keyword).collect();
        match (found.as_slice(), wanted) {
            ([], None) => {}
            ([], Some(new)) => return Ok(Some(Edit::Add(globals.place, new))),
            ([one], Some(new)) if is_same(one, &new) => {}
            ([first, ..], _) => return Ok(Some(Edit::Remove(verbatim(first)?.place))),
        }
    }
    let instances = statements.iter().filter(|statement| statement.keyword() == "vrrp_instance");
    for instance in instances {
        if let Some(edit) = of_instance(instance, wanted)? {
            return Ok(Some(edit));
        }
    }
    Ok(None)
}

fn globals_of(wanted: &Notification) -> [Option<NewStatement>; 3] {
    let Some(mail) = &wanted.mail else { return [None, None, None] };
    let to = mail.to.iter().map(|to| line(&[to])).collect();
    let server: Vec<&str> =
        std::iter::once(GLOBALS[2]).chain(mail.server.iter().map(String::as_str)).collect();
    [
        Some(NewStatement { words: vec![GLOBALS[0].to_owned()], block: Some(to) }),
        Some(line(&[GLOBALS[1], &mail.from])),
        Some(line(&server)),
    ]
}

fn of_instance(instance: &Statement, wanted: &Notification) -> Result<Option<Edit>, WriteError> {
    let alert = instance.last(&["smtp_alert"]);
    match (alert, wanted.transitions) {
        (None, true) => {
            return Ok(Some(Edit::Add(verbatim(instance)?.place, line(&["smtp_alert"]))));
        }
        (Some(found), false) => return Ok(Some(Edit::Remove(verbatim(found)?.place))),
        _ => {}
    }
    let hooks: Vec<&Statement> = instance.all(&["notify"]).collect();
    let own = hooks.iter().find(|hook| hook.word(1).contains(HOOK_PATH));
    match (own, wanted.journal) {
        (Some(found), false) => Ok(Some(Edit::Remove(verbatim(found)?.place))),
        (None, true) if !hooks.is_empty() => {
            Err(WriteError::OtherHook { instance: instance.word(1).to_owned() })
        }
        (None, true) => {
            let hook = line(&["notify", &format!("/bin/sh {HOOK_PATH}"), "root"]);
            Ok(Some(Edit::Add(verbatim(instance)?.place, hook)))
        }
        _ => Ok(None),
    }
}

fn is_same(found: &Statement, wanted: &NewStatement) -> bool {
    let inside = |block: &Option<Vec<NewStatement>>| {
        block.iter().flatten().map(|line| line.words.clone()).collect::<Vec<_>>()
    };
    let lines: Vec<Vec<String>> =
        found.statements().iter().map(|line| line.words.clone()).collect();
    found.words == wanted.words && lines == inside(&wanted.block)
}

fn line(words: &[&str]) -> NewStatement {
    NewStatement { words: words.iter().map(|word| (*word).to_owned()).collect(), block: None }
}

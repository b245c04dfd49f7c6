//! The protection in the text of a keepalived.conf.

use super::NAME;
use crate::vrrp::conf::{Configuration, Document, EditError, Files, NewStatement, Statement};

const PATH: &str = "/etc/keepalived/keepalived.conf";
/// More edits than any file needs.
const MOST_EDITS: usize = 1000;

/// Why the text is not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("expected a vrrp_instance in this file; found none")]
    NoInstance,
    #[error(
        "line {line}: expected the statement as it stands; a definition or a repetition makes it. Edit it by hand"
    )]
    NotVerbatim { line: u32 },
    #[error("{instance} has another notify script: keepalived runs one only. Take it out first")]
    OtherHook { instance: String },
}

/// Taken out first where it is there already.
pub(super) fn put_into(text: &str, script: &NewStatement) -> Result<String, WriteError> {
    let mut text = taken_out_of(text)?;
    for _ in 0..MOST_EDITS {
        let statements = read(&text);
        let mut instances =
            statements.iter().filter(|statement| statement.keyword() == "vrrp_instance");
        let Some(first) = instances.clone().next() else { return Err(WriteError::NoInstance) };
        let Some(next) = instances.find(|instance| !tracks(instance)) else {
            // keepalived takes a script only where it is defined before it is tracked.
            let mut document = Document::parse(&text);
            let place = verbatim(first)?.place;
            document.add_section_before(place.line, place.column, script)?;
            return Ok(document.render().to_owned());
        };
        text = tracked(&text, next)?;
    }
    Ok(text)
}

pub(super) fn taken_out_of(text: &str) -> Result<String, WriteError> {
    let mut text = text.to_owned();
    for _ in 0..MOST_EDITS {
        let statements = read(&text);
        let Some(statement) = written(&statements) else { break };
        let place = verbatim(statement)?.place;
        let mut document = Document::parse(&text);
        if statement.keyword() == "vrrp_script" {
            document.remove_section(place.line, place.column)?;
        } else {
            document.remove(place.line, place.column)?;
        }
        text = document.render().to_owned();
    }
    Ok(text)
}

pub(in crate::vrrp) fn read(text: &str) -> Vec<Statement> {
    let files = Files::from([(PATH.to_owned(), text.to_owned())]);
    Configuration::read(&files, PATH, "").statements
}

fn tracks(instance: &Statement) -> bool {
    instance.all(&["track_script"]).any(|list| list.last(&[NAME]).is_some())
}

fn tracked(text: &str, instance: &Statement) -> Result<String, WriteError> {
    let line = NewStatement { words: vec![NAME.to_owned()], block: None };
    let mut document = Document::parse(text);
    match instance.last(&["track_script"]) {
        Some(list) => {
            let place = verbatim(list)?.place;
            document.add_to_block(place.line, place.column, &line)?;
        }
        None => {
            let place = verbatim(instance)?.place;
            let words = vec!["track_script".to_owned()];
            let list = NewStatement { words, block: Some(vec![line]) };
            document.add_to_block(place.line, place.column, &list)?;
        }
    }
    Ok(document.render().to_owned())
}

/// A statement of ours: the script, its line in a list, or a list that has nothing else.
fn written(statements: &[Statement]) -> Option<&Statement> {
    let is_script =
        |statement: &&Statement| statement.keyword() == "vrrp_script" && statement.word(1) == NAME;
    let lists = statements
        .iter()
        .filter(|statement| statement.keyword() == "vrrp_instance")
        .flat_map(|instance| instance.statements())
        .filter(|statement| statement.keyword() == "track_script");
    let of_list = lists.filter_map(|list| {
        let own = list.last(&[NAME])?;
        Some(if list.statements().len() == 1 { list } else { own })
    });
    of_list.into_iter().next().or_else(|| statements.iter().find(is_script))
}

pub(in crate::vrrp) fn verbatim(statement: &Statement) -> Result<&Statement, WriteError> {
    match statement.verbatim {
        true => Ok(statement),
        false => Err(WriteError::NotVerbatim { line: statement.place.line }),
    }
}

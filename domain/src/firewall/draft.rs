//! Editing rules without a node: each edit gives new rules or says why it cannot be made.

use serde::{Deserialize, Serialize};

use super::canonical::CountersByChain;
use super::interlock::is_anothers;
use super::model::{Chain, Policy, Rule, Ruleset, Table, TableName};
use super::parse::{ParseError, parse};
use super::target::Target;
use super::token::tokens;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub table: TableName,
    pub chain: String,
    pub change: Change,
}

/// Places count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The rule gets this place; one behind the last is the end.
    Insert {
        at: usize,
        text: String,
    },
    Replace {
        at: usize,
        text: String,
    },
    Remove {
        at: usize,
    },
    Move {
        from: usize,
        to: usize,
    },
    Policy(Policy),
    NewChain,
    /// Takes all rules out of the chain.
    Flush,
    /// The rules that jump there follow.
    Rename {
        to: String,
    },
    /// Only of a chain that is empty and that no rule refers to.
    RemoveChain,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("column {}: expected {}; found {}", .0.column, .0.expected, .0.found)]
    Rule(ParseError),
    #[error("{table} has no chain {chain}")]
    NoChain { table: TableName, chain: String },
    #[error("{chain} has no rule {at}")]
    NoRule { chain: String, at: usize },
    #[error("{table} has a chain {chain} already")]
    ChainExists { table: TableName, chain: String },
    #[error("{chain} has {rules} rules: take them out first")]
    NotEmpty { chain: String, rules: usize },
    #[error("{by} refers to {chain}: take that rule out first")]
    Referred { chain: String, by: String },
    #[error("{chain} is built in")]
    BuiltIn { chain: String },
    #[error("{chain} belongs to another program, which would not know of the change")]
    Anothers { chain: String },
}

/// The rules after an edit.
pub fn edit(rules: &Ruleset, edit: &Edit) -> Result<Ruleset, EditError> {
    let Edit { table, chain, change } = edit;
    if is_anothers(chain) {
        return Err(EditError::Anothers { chain: chain.clone() });
    }
    let mut rules = with_table(rules, *table);
    let family = rules.family;
    let Some(own) = rules.tables.iter_mut().find(|own| own.name == *table) else {
        return Err(EditError::NoChain { table: *table, chain: chain.clone() });
    };
    match change {
        Change::NewChain => new_chain(own, chain, family)?,
        Change::RemoveChain => remove_chain(own, chain)?,
        Change::Rename { to } => rename_chain(own, chain, to, family)?,
        _ => {
            let Some(own) = own.chains.iter_mut().find(|own| own.name == *chain) else {
                return Err(EditError::NoChain { table: *table, chain: chain.clone() });
            };
            in_chain(own, change, family)?;
        }
    }
    Ok(rules)
}

/// One rule, all behind `-A CHAIN `.
pub fn parse_rule(text: &str, family: super::Family) -> Result<Rule, ParseError> {
    const BEFORE: &str = "-A x ";
    let line = text.replace(['\n', '\r'], " ");
    let file = format!("*filter\n:x -\n{BEFORE}{}\nCOMMIT\n", line.trim());
    let read = parse(&file, family).map_err(|error| ParseError {
        line: 1,
        column: error.column.saturating_sub(BEFORE.len()).max(1),
        ..error
    })?;
    let rule = read.rules().next().map(|(_, _, rule)| rule.clone());
    rule.map(|rule| Rule { line: 0, ..rule }).ok_or_else(|| ParseError {
        line: 1,
        column: 1,
        expected: "a rule".to_owned(),
        found: "nothing".to_owned(),
    })
}

/// With the table, its built-in chains open, where the text left it out because it does nothing.
pub fn with_table(rules: &Ruleset, name: TableName) -> Ruleset {
    let mut rules = rules.clone();
    if rules.table(name).is_none() {
        let chains = name.built_in_chains().iter().map(|chain| Chain {
            name: (*chain).to_owned(),
            policy: Some(Policy::Accept),
            counters: None,
            rules: Vec::new(),
        });
        rules.tables.push(Table { name, preamble: Vec::new(), chains: chains.collect() });
        rules.tables.sort_by_key(|table| table.name.as_str());
    }
    rules
}

/// Where rules jump to a chain of their table: the chain's name and the rule's place.
pub fn referrers<'a>(table: &'a Table, chain: &str) -> Vec<(&'a str, usize)> {
    let places = table.chains.iter().flat_map(|from| {
        from.rules.iter().enumerate().map(move |(at, rule)| (from.name.as_str(), at + 1, rule))
    });
    places.filter(|(_, _, rule)| aims_at(rule, chain)).map(|(from, at, _)| (from, at)).collect()
}

/// The rules with the counters that [`counters`](super::counters) took off.
#[must_use]
pub fn counted(mut rules: Ruleset, counters: &CountersByChain) -> Ruleset {
    for table in &mut rules.tables {
        for chain in &mut table.chains {
            let Some(counters) = counters.get(&format!("{}/{}", table.name, chain.name)) else {
                continue;
            };
            chain.counters = counters.get(&0).copied();
            for (at, rule) in chain.rules.iter_mut().enumerate() {
                rule.counters = counters.get(&(at + 1)).copied();
            }
        }
    }
    rules
}

fn new_chain(table: &mut Table, name: &str, family: super::Family) -> Result<(), EditError> {
    if table.chain(name).is_some() {
        return Err(EditError::ChainExists { table: table.name, chain: name.to_owned() });
    }
    let file = format!("*{}\n-N {name}\nCOMMIT\n", table.name);
    let read = parse(&file, family)
        .map_err(|error| EditError::Rule(ParseError { line: 1, column: 1, ..error }))?;
    // What stands behind a space is no part of the name; `-N` refuses what looks like an option.
    let mut chains = read.tables.into_iter().flat_map(|table| table.chains);
    let chain = chains.find(|chain| chain.name == name && !name.starts_with(['-', '!']));
    table.chains.push(chain.ok_or_else(|| {
        EditError::Rule(ParseError {
            line: 1,
            column: 1,
            expected: "a name of one word that begins with neither - nor !".to_owned(),
            found: name.to_owned(),
        })
    })?);
    Ok(())
}

fn remove_chain(table: &mut Table, name: &str) -> Result<(), EditError> {
    let Some(chain) = table.chain(name) else {
        return Err(EditError::NoChain { table: table.name, chain: name.to_owned() });
    };
    if chain.is_built_in() {
        return Err(EditError::BuiltIn { chain: name.to_owned() });
    }
    if !chain.rules.is_empty() {
        let rules = chain.rules.len();
        return Err(EditError::NotEmpty { chain: name.to_owned(), rules });
    }
    if let Some((from, at)) = referrers(table, name).first() {
        let by = format!("{from} {at}");
        return Err(EditError::Referred { chain: name.to_owned(), by });
    }
    table.chains.retain(|chain| chain.name != name);
    Ok(())
}

fn rename_chain(
    table: &mut Table,
    name: &str,
    to: &str,
    family: super::Family,
) -> Result<(), EditError> {
    let Some(chain) = table.chain(name) else {
        return Err(EditError::NoChain { table: table.name, chain: name.to_owned() });
    };
    if chain.is_built_in() {
        return Err(EditError::BuiltIn { chain: name.to_owned() });
    }
    new_chain(table, to, family)?;
    table.chains.pop();
    for chain in &mut table.chains {
        if chain.name == name {
            to.clone_into(&mut chain.name);
        }
        for rule in &mut chain.rules {
            if aims_at(rule, name) {
                let text = aimed_at(&rule.text, name, to);
                *rule = parse_rule(&text, family).map_err(EditError::Rule)?;
            }
        }
    }
    Ok(())
}

fn aims_at(rule: &Rule, chain: &str) -> bool {
    match &rule.target {
        Target::Jump(name) | Target::Goto(name) => name == chain,
        _ => false,
    }
}

/// The rule's text with another chain behind its `-j` or `-g`.
fn aimed_at(text: &str, from: &str, to: &str) -> String {
    let words = tokens(text, 0).unwrap_or_default();
    let mut pairs = words.iter().zip(words.iter().skip(1));
    let aim = pairs.find(|(option, chain)| {
        matches!(option.text.as_ref(), "-j" | "-g" | "--jump" | "--goto") && chain.text == from
    });
    let Some((_, aim)) = aim else { return text.to_owned() };
    let before = text.chars().take(aim.column);
    let behind = text.chars().skip(aim.column + from.chars().count());
    before.chain(to.chars()).chain(behind).collect()
}

fn in_chain(chain: &mut Chain, change: &Change, family: super::Family) -> Result<(), EditError> {
    let read = |text: &str| parse_rule(text, family).map_err(EditError::Rule);
    let no_rule = |at: usize| EditError::NoRule { chain: chain.name.clone(), at };
    let count = chain.rules.len();
    let place = |at: usize, within: usize| {
        at.checked_sub(1).filter(|place| *place < within).ok_or_else(|| no_rule(at))
    };
    match change {
        Change::Insert { at, text } => {
            let place = place(*at, count + 1)?;
            chain.rules.insert(place, read(text)?);
        }
        Change::Replace { at, text } => {
            let (place, rule) = (place(*at, count)?, read(text)?);
            if let Some(old) = chain.rules.get_mut(place) {
                *old = rule;
            }
        }
        Change::Remove { at } => {
            let place = place(*at, count)?;
            chain.rules.remove(place);
        }
        Change::Move { from, to } => {
            let (from, to) = (place(*from, count)?, place(*to, count)?);
            let rule = chain.rules.remove(from);
            chain.rules.insert(to, rule);
        }
        Change::Policy(policy) => match &mut chain.policy {
            Some(old) => *old = *policy,
            None => return Err(EditError::BuiltIn { chain: chain.name.clone() }),
        },
        Change::Flush => chain.rules.clear(),
        Change::NewChain | Change::RemoveChain | Change::Rename { .. } => {}
    }
    Ok(())
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;

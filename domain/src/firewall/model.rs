use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::target::Target;
use super::test::{Condition, Test};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    V4,
    V6,
}

/// Which part of the kernel evaluates the rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    Nft,
    #[default]
    Legacy,
}

/// The tables in the order in which a hook passes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableName {
    Raw,
    Mangle,
    Nat,
    Filter,
    Security,
}

/// Everything that one `iptables-save` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruleset {
    pub family: Family,
    pub backend: Backend,
    /// In the order of the text.
    pub tables: Vec<Table>,
    /// Comments and blank lines after the last table.
    pub trailer: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: TableName,
    /// Comments and blank lines before it.
    pub preamble: Vec<String>,
    /// In the order of their declaration.
    pub chains: Vec<Chain>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    pub name: String,
    /// Of a built-in chain; people's own chains have none.
    pub policy: Option<Policy>,
    /// Of the policy.
    pub counters: Option<Counters>,
    pub rules: Vec<Rule>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    Accept,
    Drop,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counters {
    pub packets: u64,
    pub bytes: u64,
}

/// One rule: its text, and what is understood of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// All behind `-A CHAIN `, as it was written.
    pub text: String,
    /// Line of the file it was read from, from 1.
    pub line: usize,
    pub counters: Option<Counters>,
    /// All of them must hold.
    pub conditions: Vec<Condition>,
    pub target: Target,
}

impl Ruleset {
    pub fn table(&self, name: TableName) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    pub fn rules(&self) -> impl Iterator<Item = (&Table, &Chain, &Rule)> {
        self.tables.iter().flat_map(|table| {
            table
                .chains
                .iter()
                .flat_map(move |chain| chain.rules.iter().map(move |rule| (table, chain, rule)))
        })
    }
}

impl Table {
    pub fn chain(&self, name: &str) -> Option<&Chain> {
        self.chains.iter().find(|chain| chain.name == name)
    }
}

impl Chain {
    pub fn is_built_in(&self) -> bool {
        self.policy.is_some()
    }
}

impl TableName {
    pub const ALL: [TableName; 5] =
        [TableName::Raw, TableName::Mangle, TableName::Nat, TableName::Filter, TableName::Security];

    pub fn as_str(self) -> &'static str {
        match self {
            TableName::Raw => "raw",
            TableName::Mangle => "mangle",
            TableName::Nat => "nat",
            TableName::Filter => "filter",
            TableName::Security => "security",
        }
    }

    /// Chains that the kernel calls by itself.
    pub fn built_in_chains(self) -> &'static [&'static str] {
        match self {
            TableName::Raw => &["PREROUTING", "OUTPUT"],
            TableName::Mangle => &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
            TableName::Nat => &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
            TableName::Filter | TableName::Security => &["INPUT", "FORWARD", "OUTPUT"],
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl FromStr for TableName {
    type Err = ();

    fn from_str(text: &str) -> Result<TableName, ()> {
        TableName::ALL.into_iter().find(|name| name.as_str() == text).ok_or(())
    }
}

impl Policy {
    pub fn as_str(self) -> &'static str {
        match self {
            Policy::Accept => "ACCEPT",
            Policy::Drop => "DROP",
        }
    }
}

impl Rule {
    /// The sets that it asks for or changes.
    pub fn named_sets(&self) -> impl Iterator<Item = &str> {
        let asked = self.conditions.iter().filter_map(|condition| match &condition.test {
            Test::Set(set) => Some(set.name.as_str()),
            _ => None,
        });
        asked.chain(self.target.named_sets())
    }
}

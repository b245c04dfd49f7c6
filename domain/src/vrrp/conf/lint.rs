//! What is wrong with a configuration, beyond what `keepalived -t` says: its exit status is 0 for
//! a missing include, and 5 for a missing interface and for a duplicate VRID alike.

use serde::Serialize;

pub use self::pair::lint_pair;
use super::problem::{Place, Problem};
use super::version::Version;
use super::{Configuration, Effective};
pub use crate::firewall::Severity;
use crate::phrase::Phrase;

mod instances;
mod keywords;
mod pair;
mod services;
mod traps;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub code: Code,
    pub severity: Severity,
    pub file: String,
    /// From 1; 0 where it is about the whole file.
    pub line: u32,
    /// In bytes, from 1.
    pub column: u32,
    /// What was found, and what to do. Never a password.
    pub says: Phrase,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal),* $(,)?) => {
        /// What kind of finding it is; its name does not change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[$doc])* $code,)*
        }

        impl Code {
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$code => $name,)*
                }
            }
        }
    };
}

codes! {
    MissingInclude = "missing_include",
    QuotedInclude = "quoted_include",
    IncludeCycle = "include_cycle",
    UnclosedQuote = "unclosed_quote",
    LongLine = "long_line",
    EndlessDefinition = "endless_definition",
    LongDefinition = "long_definition",
    BadRepetition = "bad_repetition",
    DefinedCondition = "defined_condition",
    Backslash = "backslash",
    /// A comment begins within a word, of a password for example.
    CutWord = "cut_word",
    /// It depends on what only the running daemon knows.
    Unknowable = "unknowable",
    TooMuch = "too_much",
    StrayBrace = "stray_brace",
    UnclosedBlock = "unclosed_block",
    TooDeep = "too_deep",
    UnknownKeyword = "unknown_keyword",
    /// Its `}` closes the block around it.
    UnknownBlock = "unknown_block",
    NewerKeyword = "newer_keyword",
    MissingArgument = "missing_argument",
    MissingBlock = "missing_block",
    NotANumber = "not_a_number",
    OutOfRange = "out_of_range",
    NotOneOf = "not_one_of",
    /// The last one counts.
    Repeated = "repeated",
    Unread = "unread",
    MissingVrid = "missing_vrid",
    DuplicateVrid = "duplicate_vrid",
    MissingInterface = "missing_interface",
    NoAddress = "no_address",
    MixedFamilies = "mixed_families",
    SubSecondAdvert = "sub_second_advert",
    LongAdvert = "long_advert",
    MasterWithoutPriority = "master_without_priority",
    NopreemptAsMaster = "nopreempt_as_master",
    PreemptDelayAsMaster = "preempt_delay_as_master",
    NoPassword = "no_password",
    LongPassword = "long_password",
    PasswordIgnored = "password_ignored",
    AuthenticationHeader = "authentication_header",
    Strict = "strict",
    UndefinedTrack = "undefined_track",
    UndefinedInstance = "undefined_instance",
    NoReloadCheck = "no_reload_check",
    NoScriptSecurity = "no_script_security",
    NoProtocol = "no_protocol",
    NoScheduler = "no_scheduler",
    NoMethod = "no_method",
    NoRealServers = "no_real_servers",
    PortDiffers = "port_differs",
    DuplicateService = "duplicate_service",
    DuplicateServer = "duplicate_server",
    UndefinedGroup = "undefined_group",
    PairAlone = "pair_alone",
    PairVrid = "pair_vrid",
    PairVersion = "pair_version",
    PairAdvert = "pair_advert",
    PairAuthentication = "pair_authentication",
    PairAddresses = "pair_addresses",
    PairUnicast = "pair_unicast",
    PairPeers = "pair_peers",
    PairPriority = "pair_priority",
    PairNopreempt = "pair_nopreempt",
    PairWeight = "pair_weight",
    PairServices = "pair_services",
}

/// Findings of one node, worst first, then by their place. `version`: of its keepalived, where
/// known.
pub fn lint(
    configuration: &Configuration,
    effective: &Effective,
    version: Option<Version>,
) -> Vec<Finding> {
    let mut found = Findings { configuration, found: Vec::new() };
    for Problem { place, trap } in &configuration.problems {
        traps::trap(*place, trap, &mut found);
    }
    keywords::keywords(&configuration.statements, version, &mut found);
    instances::instances(effective, &mut found);
    services::services(effective, &mut found);
    for unread in &effective.unread {
        found.add(
            Code::Unread,
            Severity::Error,
            unread.place,
            format!("{}: keepalived leaves it out; mend it", unread.why),
            format!("{}：keepalived 会忽略它，请更正", unread.why),
        );
    }
    sorted(found.found)
}

fn sorted(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by(|a, b| {
        (a.severity, &a.file, a.line, a.column, a.code)
            .cmp(&(b.severity, &b.file, b.line, b.column, b.code))
    });
    found
}

struct Findings<'a> {
    configuration: &'a Configuration,
    found: Vec<Finding>,
}

impl Findings<'_> {
    fn add(
        &mut self,
        code: Code,
        severity: Severity,
        place: Place,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) {
        let file = self.configuration.files.get(place.file as usize);
        self.found.push(Finding {
            code,
            severity,
            file: file.cloned().unwrap_or_default(),
            line: place.line,
            column: place.column,
            says: Phrase::new(en, zh),
        });
    }

    /// About the file as a whole.
    fn of_file(&mut self, code: Code, severity: Severity, en: &str, zh: &str) {
        self.add(code, severity, Place::default(), en, zh);
    }
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::model::{Backend, Family, Ruleset};
use super::parse::{ParseError, parse};

/// One of the four iptables that a node may have. Each sees only its own rules; a packet passes
/// those of both backends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    IptablesNft,
    IptablesLegacy,
    Ip6tablesNft,
    Ip6tablesLegacy,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected iptables-nft, iptables-legacy, ip6tables-nft or ip6tables-legacy; found {found:?}"
)]
pub struct UnknownTool {
    pub found: String,
}

impl Tool {
    pub const ALL: [Tool; 4] =
        [Tool::IptablesNft, Tool::IptablesLegacy, Tool::Ip6tablesNft, Tool::Ip6tablesLegacy];

    /// The program's name; `-save` and `-restore` follow it.
    pub fn as_str(self) -> &'static str {
        match self {
            Tool::IptablesNft => "iptables-nft",
            Tool::IptablesLegacy => "iptables-legacy",
            Tool::Ip6tablesNft => "ip6tables-nft",
            Tool::Ip6tablesLegacy => "ip6tables-legacy",
        }
    }

    pub fn family(self) -> Family {
        match self {
            Tool::IptablesNft | Tool::IptablesLegacy => Family::V4,
            Tool::Ip6tablesNft | Tool::Ip6tablesLegacy => Family::V6,
        }
    }

    pub fn backend(self) -> Backend {
        match self {
            Tool::IptablesNft | Tool::Ip6tablesNft => Backend::Nft,
            Tool::IptablesLegacy | Tool::Ip6tablesLegacy => Backend::Legacy,
        }
    }

    /// Reads rules that this tool printed or shall load; a canonical text does not name its backend.
    pub fn parse(self, text: &str) -> Result<Ruleset, ParseError> {
        Ok(Ruleset { backend: self.backend(), ..parse(text, self.family())? })
    }

    /// That of the same backend for the other of IPv4 and IPv6.
    #[must_use]
    pub fn of_other_family(self) -> Tool {
        match self {
            Tool::IptablesNft => Tool::Ip6tablesNft,
            Tool::IptablesLegacy => Tool::Ip6tablesLegacy,
            Tool::Ip6tablesNft => Tool::IptablesNft,
            Tool::Ip6tablesLegacy => Tool::IptablesLegacy,
        }
    }

    /// The other backend's, of the same family.
    pub fn beside(self) -> Tool {
        match self {
            Tool::IptablesNft => Tool::IptablesLegacy,
            Tool::IptablesLegacy => Tool::IptablesNft,
            Tool::Ip6tablesNft => Tool::Ip6tablesLegacy,
            Tool::Ip6tablesLegacy => Tool::Ip6tablesNft,
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl FromStr for Tool {
    type Err = UnknownTool;

    fn from_str(text: &str) -> Result<Tool, UnknownTool> {
        Tool::ALL
            .into_iter()
            .find(|tool| tool.as_str() == text)
            .ok_or_else(|| UnknownTool { found: text.chars().take(40).collect() })
    }
}

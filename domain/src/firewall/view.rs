use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::canonical::CountersByChain;
use super::history::SinceByChain;
use super::reading::{ConsoleLine, Reading};
use super::set::SetsView;
use super::tool::Tool;
use crate::ids::NodeId;
use crate::time::Timestamp;

/// Live topic `firewall/<id>`, `GET /api/v1/firewall/{id}`: all that decides on packets on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FirewallView {
    pub node: NodeId,
    pub name: String,
    pub observed_at: Timestamp,
    pub rulesets: BTreeMap<Tool, RulesetView>,
    /// nft tables that no iptables shows; they decide besides.
    pub others: Vec<Other>,
    /// The sets that rules match by their names.
    pub sets: SetsView,
    /// The node's own addresses, and the interfaces that have them.
    pub addresses: Vec<OwnAddress>,
    pub line: Option<ConsoleLine>,
    /// IPVS takes packets to these addresses at LOCAL_IN, after the filter's INPUT.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub virtual_services: Vec<IpAddr>,
    pub loads_at_boot: bool,
}

/// The rules of one iptables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RulesetView {
    /// See [`canonical`](super::canonical::canonical).
    pub text: String,
    /// Of `text`.
    pub digest: String,
    /// By chain, `filter/INPUT`, and the rule's number from 1; 0 is the policy's. Of a text with
    /// many rules only those that changed travel.
    pub counters: CountersByChain,
    /// When these rules were first seen, and none other since; none until they are in the history,
    /// which rules that a job is about to keep or to take back are not.
    pub since: Option<Timestamp>,
    /// Since when rules that counted no packet have been there, where that is longer than `since`.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = BTreeMap<String, BTreeMap<usize, Timestamp>>)
    )]
    pub unchanged_since: SinceByChain,
    /// Why the rules could not be read.
    pub unreadable: Option<String>,
}

/// Something else that decides on packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Other {
    /// Family and name, `inet filter`.
    pub name: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnAddress {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub address: IpAddr,
    pub prefix_len: u8,
    pub interface: String,
}

impl RulesetView {
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl FirewallView {
    pub fn new(
        node: NodeId,
        name: String,
        observed_at: Timestamp,
        reading: Reading,
        addresses: Vec<OwnAddress>,
        virtual_services: Vec<IpAddr>,
    ) -> FirewallView {
        FirewallView {
            node,
            name,
            observed_at,
            rulesets: reading.rulesets,
            others: reading.others,
            sets: reading.sets,
            addresses,
            line: reading.line,
            virtual_services,
            loads_at_boot: reading.loads_at_boot,
        }
    }

    /// The iptables whose rules a person means: the one that has some, else the one that has
    /// tables.
    pub fn main_tool(&self) -> Option<Tool> {
        let readable = |tool: &Tool| {
            self.rulesets.get(tool).is_some_and(|ruleset| ruleset.unreadable.is_none())
        };
        let has_rules = |tool: &Tool| self.rulesets.get(tool).is_some_and(|r| !r.is_empty());
        let has_tables =
            |tool: &Tool| self.rulesets.get(tool).is_some_and(|r| !r.counters.is_empty());
        let first = |fits: &dyn Fn(&Tool) -> bool| {
            Tool::ALL.into_iter().find(|tool| readable(tool) && fits(tool))
        };
        first(&has_rules).or_else(|| first(&has_tables)).or_else(|| first(&|_| true))
    }
}

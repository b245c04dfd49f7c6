//! What `scripts/read.sh` prints.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::canonical::{canonical, counters, digest};
use super::kernel_trace::without_trace_rules;
use super::set::SetsView;
use super::tool::Tool;
use super::view::{Other, RulesetView};

/// Everything on a node that decides on packets, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub rulesets: BTreeMap<Tool, RulesetView>,
    pub others: Vec<Other>,
    pub sets: SetsView,
    /// Rules that are kept are loaded again at boot.
    pub loads_at_boot: bool,
    /// The sets, too, before the rules that name them.
    pub loads_sets_at_boot: bool,
    pub has_timer: bool,
    pub has_scratch: bool,
    pub line: Option<ConsoleLine>,
}

/// How the console's SSH connection reaches the node, as the node sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsoleLine {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub from: IpAddr,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub to: IpAddr,
    pub port: u16,
}

impl Reading {
    pub fn parse(text: &str) -> Reading {
        let sections = sections(text);
        let section = |name: &str| sections.get(name).map_or("", String::as_str);
        let rulesets =
            Tool::ALL.into_iter().map(|tool| (tool, ruleset(tool, section(tool.as_str()))));
        Reading {
            rulesets: rulesets.collect(),
            others: native_tables(section("nft")),
            sets: SetsView::parse(section("ipset")),
            loads_at_boot: section("loads at boot").contains("tables"),
            loads_sets_at_boot: section("loads at boot").contains("ipset"),
            has_timer: section("timer").contains("systemd-run"),
            has_scratch: section("scratch").contains("unshare"),
            line: line(section("line")),
        }
    }
}

fn sections(text: &str) -> BTreeMap<&str, String> {
    let mut sections: BTreeMap<&str, String> = BTreeMap::new();
    let mut name = "";
    for line in text.lines() {
        match line.strip_prefix("== ") {
            Some(next) => name = next,
            None => {
                let section = sections.entry(name).or_default();
                section.push_str(line);
                section.push('\n');
            }
        }
    }
    sections
}

fn ruleset(tool: Tool, text: &str) -> RulesetView {
    let unreadable = |why: String| RulesetView { unreadable: Some(why), ..RulesetView::default() };
    if text.is_empty() {
        return unreadable("it was not read".to_owned());
    }
    if let Some(why) = text.strip_prefix("!! ") {
        return unreadable(why.trim().to_owned());
    }
    match tool.parse(text) {
        Ok(rules) => {
            let rules = without_trace_rules(rules);
            let text = canonical(&rules);
            RulesetView {
                digest: digest(&text),
                text,
                counters: counters(&rules),
                ..RulesetView::default()
            }
        }
        Err(error) => unreadable(error.to_string()),
    }
}

/// Tables of nft that no iptables shows. keepalived's own, of `vrrp_strict` and `no_accept`, are
/// told, too: they decide.
fn native_tables(ruleset: &str) -> Vec<Other> {
    let mut tables: Vec<Other> = Vec::new();
    let (mut managed, mut inside) = (false, false);
    for line in ruleset.lines() {
        if line.starts_with("# Warning: table") && line.contains("managed by iptables") {
            managed = true;
        } else if let Some(name) = line.strip_prefix("table ") {
            inside = !std::mem::take(&mut managed);
            if inside {
                let name = name.trim_end_matches([' ', '{']).to_owned();
                tables.push(Other { name, text: String::new() });
            }
        } else if let Some(table) = tables.last_mut().filter(|_| inside && line != "}") {
            table.text.push_str(line.strip_prefix('\t').unwrap_or(line));
            table.text.push('\n');
        }
    }
    tables
}

fn line(text: &str) -> Option<ConsoleLine> {
    let mut words = text.split_whitespace();
    let from = words.next()?.parse().ok()?;
    let to = words.nth(1)?.parse().ok()?;
    let port = words.next()?.parse().ok()?;
    Some(ConsoleLine { from, to, port })
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;

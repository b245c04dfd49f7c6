//! Whether a director's packet filter lets adverts through: a blunt reading that says so when it
//! cannot tell. It follows one packet, a multicast or unicast advert, through `iptables-save`.

use serde::{Deserialize, Serialize};

use super::{Auth, InstanceConf};

/// What the rules do to an advert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FilterFinding {
    Passes,
    /// This rule, or a chain's policy, drops it for certain.
    Drops {
        rule: String,
    },
    /// This rule may drop it; whether it matches could not be told.
    Unsure {
        rule: String,
    },
}

/// The IP protocol that adverts come in: 112, or with `auth_type AH` 51 around it.
pub fn advert_protocol(conf: &InstanceConf) -> u8 {
    if matches!(conf.auth, Auth::Ah { .. }) { 51 } else { 112 }
}

/// Chains that a received or sent advert passes, with table, in the kernel's order.
const PATH: [(&str, &str); 7] = [
    ("raw", "PREROUTING"),
    ("mangle", "PREROUTING"),
    ("mangle", "INPUT"),
    ("filter", "INPUT"),
    ("raw", "OUTPUT"),
    ("mangle", "OUTPUT"),
    ("filter", "OUTPUT"),
];

/// Reads what `iptables-save` or `ip6tables-save` printed.
pub fn read_iptables(saved: &str, protocol: u8) -> FilterFinding {
    let worst = PATH.iter().map(|(table, chain)| {
        let rules = Rules::of_table(saved, table);
        match rules.walk(chain, protocol, 0) {
            Outcome::Ends(finding) => finding,
            Outcome::Returns { doubt: Some(rule) } => FilterFinding::Unsure { rule },
            Outcome::Returns { doubt: None } => FilterFinding::Passes,
        }
    });
    worst.max_by_key(severity).unwrap_or(FilterFinding::Passes)
}

/// Reads what `nft list ruleset` printed. Tables that iptables manages are read through
/// `iptables-save`; in others a base chain that drops anything is a doubt.
pub fn read_nftables(ruleset: &str) -> FilterFinding {
    let (mut table, mut ours, mut relevant) = ("", true, false);
    let mut managed_by_iptables = false;
    for line in ruleset.lines().map(str::trim) {
        if line.starts_with("# Warning: table") && line.contains("managed by iptables") {
            managed_by_iptables = true;
        } else if let Some(name) = line.strip_prefix("table ") {
            table = name.trim_end_matches([' ', '{']);
            // vrrp_strict and no_accept: keepalived's own rules are about the virtual addresses.
            ours = !managed_by_iptables && !table.ends_with(" keepalived");
            managed_by_iptables = false;
            relevant = false;
        } else if line.starts_with("type filter hook ") {
            relevant = !line.contains("hook forward");
        } else if line.starts_with("chain ") {
            // A chain without a hook may be jumped to from one that has it.
            relevant = true;
        }
        let drops = line.contains("policy drop")
            || line.split([' ', ',', ';']).any(|word| word == "drop" || word == "reject");
        if ours && relevant && drops {
            return FilterFinding::Unsure { rule: format!("table {table}: {line}") };
        }
    }
    FilterFinding::Passes
}

fn severity(finding: &FilterFinding) -> u8 {
    match finding {
        FilterFinding::Passes => 0,
        FilterFinding::Unsure { .. } => 1,
        FilterFinding::Drops { .. } => 2,
    }
}

impl FilterFinding {
    pub fn worse(self, other: FilterFinding) -> FilterFinding {
        if severity(&other) > severity(&self) { other } else { self }
    }
}

/// One table's lines, as saved.
struct Rules<'a> {
    lines: Vec<&'a str>,
}

enum Outcome {
    Ends(FilterFinding),
    /// Fell off the end of a chain; `doubt` is the first rule that may have dropped it.
    Returns {
        doubt: Option<String>,
    },
}

#[derive(Clone, Copy, PartialEq)]
enum Matches {
    Yes,
    No,
    Maybe,
}

impl<'a> Rules<'a> {
    fn of_table(saved: &'a str, table: &str) -> Rules<'a> {
        let lines = saved
            .lines()
            .skip_while(|line| line.strip_prefix('*') != Some(table))
            .skip(1)
            .take_while(|line| *line != "COMMIT")
            .collect();
        Rules { lines }
    }

    fn walk(&self, chain: &str, protocol: u8, depth: u8) -> Outcome {
        let mut doubt = None;
        for line in &self.lines {
            let words = words(line);
            let (["-A", name], rule) = words.split_at(words.len().min(2)) else { continue };
            if *name != chain || depth > 16 {
                continue;
            }
            let matches = rule_matches(rule, protocol);
            let target = value_after(rule, &["-j", "-g"]).unwrap_or("");
            match (matches, target) {
                (Matches::No, _) => {}
                (Matches::Yes, "ACCEPT") => return Outcome::passes_unless(doubt),
                (Matches::Yes, "DROP" | "REJECT") if doubt.is_none() => {
                    return Outcome::Ends(FilterFinding::Drops { rule: (*line).to_owned() });
                }
                (_, "DROP" | "REJECT") => doubt = doubt.or(Some((*line).to_owned())),
                (Matches::Yes, "RETURN") => return Outcome::Returns { doubt },
                (_, "ACCEPT" | "RETURN" | "LOG" | "MARK" | "CONNMARK" | "NOTRACK" | "CT" | "") => {}
                (certain, jump) => match self.walk(jump, protocol, depth + 1) {
                    Outcome::Ends(finding) if certain == Matches::Yes && doubt.is_none() => {
                        return Outcome::Ends(finding);
                    }
                    Outcome::Ends(FilterFinding::Passes) if certain == Matches::Yes => {
                        return Outcome::passes_unless(doubt);
                    }
                    Outcome::Ends(FilterFinding::Passes) => {}
                    Outcome::Ends(
                        FilterFinding::Drops { rule } | FilterFinding::Unsure { rule },
                    ) => doubt = doubt.or(Some(rule)),
                    Outcome::Returns { doubt: inner } => doubt = doubt.or(inner),
                },
            }
        }
        let policy = format!(":{chain} DROP");
        match self.lines.iter().find(|line| line.starts_with(&policy)) {
            Some(_) if doubt.is_none() => {
                Outcome::Ends(FilterFinding::Drops { rule: format!("-P {chain} DROP") })
            }
            _ => Outcome::Returns { doubt },
        }
    }
}

impl Outcome {
    fn passes_unless(doubt: Option<String>) -> Outcome {
        Outcome::Ends(match doubt {
            Some(rule) => FilterFinding::Unsure { rule },
            None => FilterFinding::Passes,
        })
    }
}

/// Whether the rule's matches hold for an advert. Only the protocol is worked out; a rule that
/// asks for anything more of this protocol may or may not match.
fn rule_matches(words: &[&str], protocol: u8) -> Matches {
    let mut verdict = Matches::Yes;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match *word {
            "-j" | "-g" => break,
            "-p" => {
                let named = rest.next().copied().unwrap_or("");
                if !names_protocol(named, protocol) {
                    return Matches::No;
                }
            }
            "!" if rest.clone().next() == Some(&"-p") => {
                rest.next();
                let named = rest.next().copied().unwrap_or("");
                if names_protocol(named, protocol) {
                    return Matches::No;
                }
            }
            // Adverts come by the wire, never by the loopback.
            "-i" | "-o" if rest.clone().next() == Some(&"lo") => return Matches::No,
            "-m" if matches!(rest.clone().next(), Some(&"comment")) => {
                rest.next();
            }
            "--comment" => {
                rest.next();
            }
            _ => verdict = Matches::Maybe,
        }
    }
    verdict
}

/// A saved rule's words; what stands in quotes, such as a comment, is one.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let end = match rest.strip_prefix('"') {
            Some(quoted) => closing_quote(quoted).map_or(rest.len(), |at| at + 2),
            None => rest.find(' ').unwrap_or(rest.len()),
        };
        let (word, tail) = rest.split_at(end);
        words.push(word);
        rest = tail.trim_start();
    }
    words
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

fn names_protocol(name: &str, protocol: u8) -> bool {
    match name {
        "all" => true,
        "vrrp" => protocol == 112,
        "ah" => protocol == 51,
        number => number.parse() == Ok(protocol),
    }
}

fn value_after<'a>(words: &[&'a str], keys: &[&str]) -> Option<&'a str> {
    let at = words.iter().position(|word| keys.contains(word))?;
    words.get(at + 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(rules: &str) -> String {
        format!("*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}\nCOMMIT\n")
    }

    #[test]
    fn a_plain_drop_of_protocol_112_is_certain() {
        for rule in ["-A INPUT -p vrrp -j DROP", "-A OUTPUT -p 112 -j REJECT --reject-with x"] {
            let finding = read_iptables(&saved(rule), 112);
            assert_eq!(finding, FilterFinding::Drops { rule: rule.into() });
            assert_eq!(read_iptables(&saved(rule), 51), FilterFinding::Passes, "AH is not 112");
        }
    }

    #[test]
    fn an_accept_before_the_drop_lets_it_pass() {
        let rules = "-A INPUT -i lo -j ACCEPT\n-A INPUT -p vrrp -m comment --comment \"let -j DROP be\" -j ACCEPT\n-A INPUT -j DROP";
        assert_eq!(read_iptables(&saved(rules), 112), FilterFinding::Passes);
        assert!(matches!(read_iptables(&saved(rules), 51), FilterFinding::Drops { .. }));
    }

    #[test]
    fn a_policy_of_drop_drops_what_nothing_accepts() {
        let rules = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n";
        let finding = read_iptables(rules, 112);
        assert_eq!(finding, FilterFinding::Drops { rule: "-P INPUT DROP".into() });
    }

    #[test]
    fn a_rule_that_asks_for_more_is_a_doubt() {
        for rule in [
            "-A INPUT -s 192.168.1.101/32 -j DROP",
            "-A INPUT -p vrrp -m limit --limit 1/sec -j DROP",
        ] {
            assert_eq!(
                read_iptables(&saved(rule), 112),
                FilterFinding::Unsure { rule: rule.into() }
            );
        }
    }

    #[test]
    fn jumps_are_followed() {
        let rules =
            ":KEEP - [0:0]\n-A INPUT -j KEEP\n-A KEEP -p udp -j RETURN\n-A KEEP -p vrrp -j DROP";
        assert!(matches!(read_iptables(&saved(rules), 112), FilterFinding::Drops { .. }));
    }

    #[test]
    fn nftables_that_drop_something_are_a_doubt() {
        let own = "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n";
        assert!(matches!(read_nftables(own), FilterFinding::Unsure { .. }));
        let managed =
            format!("# Warning: table ip filter is managed by iptables-nft, do not touch!\n{own}");
        assert_eq!(read_nftables(&managed), FilterFinding::Passes);
        assert_eq!(
            read_nftables(&own.replace("inet filter", "ip keepalived")),
            FilterFinding::Passes
        );
    }
}

//! What a rule does with a packet that it matches.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::ports::PortRange;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The rule only counts.
    None,
    Accept,
    Drop,
    Return,
    Reject {
        with: Option<String>,
    },
    Jump(String),
    /// As a jump that is not returned from: the chain's end leads to the last jump's caller.
    Goto(String),
    Snat(NatRange),
    Dnat(NatRange),
    Masquerade,
    Redirect {
        ports: Option<PortRange>,
    },
    /// The mark becomes `(mark & !mask) ^ value`.
    Mark {
        value: u32,
        mask: u32,
    },
    /// `NOTRACK`, or `CT --notrack`.
    NoTrack,
    /// One that is known to let the packet go on: LOG, TCPMSS and others, with its words.
    Continue {
        name: String,
        words: Vec<String>,
    },
    /// An extension that the model does not know.
    Other {
        name: String,
        words: Vec<String>,
    },
}

/// Where an address translation leads; what is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatRange {
    pub addresses: Option<(IpAddr, IpAddr)>,
    pub ports: Option<PortRange>,
}

/// Extensions after which the next rule is looked at (iptables-extensions(8)).
pub(super) const CONTINUE: [&str; 23] = [
    "AUDIT",
    "CHECKSUM",
    "CLASSIFY",
    "CONNMARK",
    "CONNSECMARK",
    "CT",
    "DSCP",
    "ECN",
    "HL",
    "HMARK",
    "IDLETIMER",
    "LED",
    "LOG",
    "NFLOG",
    "RATEEST",
    "SECMARK",
    "SET",
    "TCPMSS",
    "TCPOPTSTRIP",
    "TEE",
    "TOS",
    "TRACE",
    "TTL",
];

impl Target {
    /// The sets that `-j SET` puts something into or takes it out of.
    pub(super) fn changed_sets(&self) -> impl Iterator<Item = &str> {
        self.sets_behind(&["--add-set", "--del-set"])
    }

    /// The sets that `-j SET` names.
    pub fn named_sets(&self) -> impl Iterator<Item = &str> {
        self.sets_behind(&["--add-set", "--del-set", "--map-set"])
    }

    fn sets_behind<'a>(
        &'a self,
        options: &'static [&'static str],
    ) -> impl Iterator<Item = &'a str> {
        let words = match self {
            Target::Continue { name, words } if name == "SET" => words.as_slice(),
            _ => &[],
        };
        let pairs = words.iter().zip(words.iter().skip(1));
        pairs.filter(|(option, _)| options.contains(&option.as_str())).map(|(_, set)| set.as_str())
    }
}

impl NatRange {
    /// Reads `192.0.2.1`, `192.0.2.1-192.0.2.9:80-90`, `:80` and `[2001:db8::1]:80`.
    pub fn parse(text: &str) -> Option<NatRange> {
        let (addresses, ports) = match text.strip_prefix('[') {
            Some(rest) => {
                let (addresses, rest) = rest.split_once(']')?;
                (addresses, rest.strip_prefix(':'))
            }
            None if text.matches(':').count() > 1 => (text, None),
            None => text.split_once(':').map_or((text, None), |(a, p)| (a, Some(p))),
        };
        let addresses = match addresses.split_once('-') {
            _ if addresses.is_empty() => None,
            Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
            None => {
                let one: IpAddr = addresses.parse().ok()?;
                Some((one, one))
            }
        };
        let ports = match ports {
            Some(ports) => Some(dashed_ports(ports)?),
            None => None,
        };
        Some(NatRange { addresses, ports })
    }
}

/// Ports as translations write them: `80`, `80-90`.
pub(super) fn dashed_ports(text: &str) -> Option<PortRange> {
    // Behind a slash stands the base port of a shifted range.
    let text = text.split_once('/').map_or(text, |(range, _)| range);
    PortRange::parse(&text.replacen('-', ":", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translations_name_addresses_ports_or_both() {
        let read = |text| {
            NatRange::parse(text)
                .map(|r| (r.addresses.map(|a| a.0.to_string()), r.ports.map(|p| p.to_string())))
        };
        assert_eq!(read("192.0.2.1"), Some((Some("192.0.2.1".into()), None)));
        assert_eq!(
            read("192.0.2.1-192.0.2.9:80-90"),
            Some((Some("192.0.2.1".into()), Some("80:90".into())))
        );
        assert_eq!(read(":8080"), Some((None, Some("8080".into()))));
        assert_eq!(read("[2001:db8::1]:80"), Some((Some("2001:db8::1".into()), Some("80".into()))));
        assert_eq!(read("2001:db8::1"), Some((Some("2001:db8::1".into()), None)));
        assert_eq!(read("web.example.org"), None);
    }
}

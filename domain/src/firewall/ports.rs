//! Ranges of ports and other small numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PortRange {
    pub first: u16,
    pub last: u16,
}

impl PortRange {
    /// Reads `80`, `1024:65535`, `:1023` and `1024:`; services by name as `/etc/services` has the
    /// common ones, which is how people write rules that `iptables-restore` then numbers.
    pub fn parse(text: &str) -> Option<PortRange> {
        let range = match text.split_once(':') {
            Some((first, last)) => PortRange {
                first: if first.is_empty() { 0 } else { port(first)? },
                last: if last.is_empty() { u16::MAX } else { port(last)? },
            },
            None => {
                let port = port(text)?;
                PortRange { first: port, last: port }
            }
        };
        (range.first <= range.last).then_some(range)
    }

    pub fn contains(&self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    /// No port is in both.
    pub fn is_apart_from(&self, other: &PortRange) -> bool {
        self.last < other.first || other.last < self.first
    }

    pub fn covers(&self, other: &PortRange) -> bool {
        self.first <= other.first && other.last <= self.last
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(out, "{}", self.first)
        } else {
            write!(out, "{}:{}", self.first, self.last)
        }
    }
}

fn port(text: &str) -> Option<u16> {
    text.parse()
        .ok()
        .or_else(|| SERVICES.iter().find(|(name, _)| *name == text).map(|(_, port)| *port))
}

const SERVICES: [(&str, u16); 20] = [
    ("ftp-data", 20),
    ("ftp", 21),
    ("ssh", 22),
    ("telnet", 23),
    ("smtp", 25),
    ("domain", 53),
    ("bootps", 67),
    ("bootpc", 68),
    ("tftp", 69),
    ("http", 80),
    ("pop3", 110),
    ("sunrpc", 111),
    ("ntp", 123),
    ("imap2", 143),
    ("snmp", 161),
    ("ldap", 389),
    ("https", 443),
    ("syslog", 514),
    ("mysql", 3306),
    ("postgresql", 5432),
];

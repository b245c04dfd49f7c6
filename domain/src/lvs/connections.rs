//! The connection table, counted and filtered on the node; only a sample of it travels.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::{Protocol, Target};

/// Which connections are asked for. What is `None` is not asked about.
///
/// A connection by a firewall mark has the address that its client asked for; only its persistence
/// template tells the mark.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionFilter {
    pub target: Option<Target>,
    pub server: Option<SocketAddr>,
    pub client: Option<IpAddr>,
    pub state: Option<ConnectionState>,
}

/// As the kernel names it, e.g. `ESTABLISHED`, `SYN_RECV`, `UDP`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionState(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a state such as ESTABLISHED; found {found:?}")]
pub struct UnknownState {
    pub found: String,
}

impl std::str::FromStr for ConnectionState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<ConnectionState, UnknownState> {
        let is_word = |c: char| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit();
        if (1..=20).contains(&text.len()) && text.chars().all(is_word) {
            Ok(ConnectionState(text.to_owned()))
        } else {
            Err(UnknownState { found: text.chars().take(40).collect() })
        }
    }
}

impl crate::values::Argument for ConnectionState {
    fn as_argument(&self) -> String {
        self.0.clone()
    }
}

/// `GET /api/v1/lvs/{node}/connections`: what the table held in the moment that it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Connections {
    /// All entries, whatever was asked for.
    pub total: u64,
    /// Of these, what persistence remembers of a client: no connection itself.
    pub templates: u64,
    /// Of all, those that another director made and told by its sync daemon.
    pub synced: u64,
    /// Entries that were asked for, with their templates.
    pub matched: u64,
    pub matched_templates: u64,
    /// The table was so large that only its beginning was read: each count is at least so many.
    pub cut: bool,
    /// How many of the connections asked for are in each state.
    pub states: BTreeMap<String, u64>,
    /// A fair sample of what was asked for; all of it when it is no longer than was asked for.
    pub rows: Vec<Connection>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Connection {
    /// `None` for the template of a service by firewall mark.
    pub protocol: Option<Protocol>,
    /// Port 0: a persistence template.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub client: SocketAddr,
    /// The address that was asked for, or the firewall mark of a template, in hex.
    pub virtual_address: String,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub server: SocketAddr,
    pub state: String,
    /// Another director made it.
    pub synced: bool,
    pub expires_s: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the connection table: expected {expected}; found {found:?}")]
pub struct ConnectionsError {
    pub expected: &'static str,
    pub found: String,
}

impl Connections {
    /// What [`super::scripts::connections`] prints.
    pub fn parse(text: &str) -> Result<Connections, ConnectionsError> {
        let wrong = |expected, line: &str| ConnectionsError {
            expected,
            found: line.chars().take(120).collect(),
        };
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let mut all = counts(first).ok_or_else(|| wrong("the counts first", first))?;
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["state", state, count] => {
                    let count = count.parse().map_err(|_| wrong("a count", line))?;
                    all.states.insert((*state).to_owned(), count);
                }
                ["row", row @ ..] => {
                    all.rows.push(connection(row).ok_or_else(|| wrong("a connection", line))?);
                }
                _ => return Err(wrong("a state or a connection", line)),
            }
        }
        all.rows.sort_by_key(|row| (row.client, row.server));
        Ok(all)
    }
}

fn counts(line: &str) -> Option<Connections> {
    let numbers: Option<Vec<u64>> =
        line.strip_prefix("counted ")?.split(' ').map(|word| word.parse().ok()).collect();
    let [total, templates, synced, matched, matched_templates, cut] = *numbers?.as_slice() else {
        return None;
    };
    Some(Connections {
        total,
        templates,
        synced,
        matched,
        matched_templates,
        cut: cut != 0,
        ..Connections::default()
    })
}

fn connection(row: &[&str]) -> Option<Connection> {
    let [protocol, client, client_port, target, port, server, server_port, state, origin, expires] =
        row
    else {
        return None;
    };
    let protocol = match *protocol {
        "TCP" => Some(Protocol::Tcp),
        "UDP" => Some(Protocol::Udp),
        "SCTP" => Some(Protocol::Sctp),
        _ => None,
    };
    let virtual_address = match protocol {
        Some(_) => socket(target, port)?.to_string(),
        None => (*target).to_owned(),
    };
    Some(Connection {
        protocol,
        client: socket(client, client_port)?,
        virtual_address,
        server: socket(server, server_port)?,
        state: (*state).to_owned(),
        synced: *origin == "SYNC",
        expires_s: expires.parse().ok()?,
    })
}

/// `C0A80166` or `fd00:0000:…:0014`, and a port in hex.
fn socket(address: &str, port: &str) -> Option<SocketAddr> {
    let address = match address.contains(':') {
        true => IpAddr::V6(address.parse::<Ipv6Addr>().ok()?),
        false => IpAddr::V4(Ipv4Addr::from(u32::from_str_radix(address, 16).ok()?)),
    };
    Some(SocketAddr::new(address, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_real_tables_counts_and_rows() {
        let all = Connections::parse(include_str!("fixtures/connections")).unwrap();
        assert_eq!((all.total, all.templates, all.matched, all.cut), (7, 1, 7, false));
        assert_eq!(all.states["SYN_RECV"], 4);
        let template = &all.rows[0];
        assert_eq!(template.client.to_string(), "10.0.0.12:0");
        assert_eq!(template.virtual_address, "192.168.1.100:8081");
        assert_eq!(all.rows[1].server.to_string(), "192.168.1.102:80");
        assert_eq!(all.rows[1].expires_s, 114);
    }

    #[test]
    fn a_template_by_mark_and_ipv6_are_read() {
        let text = "counted 2 1 0 2 1 0\n\
            row IP 0A00000C 0000 0000004D 0000 C0A80166 0000 NONE LOCAL 54\n\
            row TCP fd00:0000:0000:0000:0000:0000:0000:0001 C001 fd00:0000:0000:0000:0000:0000:0000:0200 0050 fd00:0000:0000:0000:0000:0000:0000:0014 0050 ESTABLISHED SYNC 899\n";
        let all = Connections::parse(text).unwrap();
        assert_eq!(
            (all.rows[0].protocol, all.rows[0].virtual_address.as_str()),
            (None, "0000004D")
        );
        assert_eq!(all.rows[1].virtual_address, "[fd00::200]:80");
        assert!(all.rows[1].synced);
    }

    #[test]
    fn a_state_is_one_word_of_the_kernels() {
        assert!("SYN_RECV".parse::<ConnectionState>().is_ok());
        for text in ["", "-x", "A B", "established", "A;B"] {
            assert!(text.parse::<ConnectionState>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(counted 1 2 3 4 5 6\n)?(row |state |TCP |[0-9A-F: ]{0,9}|\n){0,40}") {
            let _ = Connections::parse(&text);
        }
    }
}

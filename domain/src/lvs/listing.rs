//! Reads what `ipvsadm` prints (1.31): the table with `-Ln`, with `--stats`, `--rate`,
//! `--thresholds`, `--persistent-conn` or `--tun-info`, and the rules of `-Sn`; `/proc/net/ip_vs`,
//! too.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::parse::parse as parse_proc;
use super::{Forwarding, Target};

/// A table as it was printed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// What is told of real servers, and of services with `--stats` and `--rate`.
    pub columns: Vec<String>,
    pub services: Vec<ListedService>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedService {
    /// `TCP`, `UDP`, `SCTP` or `FWM`.
    pub protocol: String,
    /// `ADDRESS:PORT` as printed, or the firewall mark, with `IPv6` where it is of that.
    pub address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<String>,
    /// `persistent 300 mask 255.255.255.0`, `ops` and flags of the scheduler.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Cell>,
    pub real_servers: Vec<ListedServer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedServer {
    pub address: String,
    pub values: BTreeMap<String, Cell>,
}

/// A number, or a word. Without `--exact`, ipvsadm cuts large numbers to `115M`, which stays a
/// word: the number is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    Number(u64),
    Word(String),
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected {expected}; found {found:?}")]
pub struct ListingError {
    pub line: usize,
    pub expected: &'static str,
    pub found: String,
}

const PROTOCOLS: [&str; 4] = ["TCP", "UDP", "SCTP", "FWM"];

/// Reads any of the forms.
pub fn listing(text: &str) -> Result<Listing, ListingError> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    // Only the kernel leaves one blank between its headings.
    let of_kernel = text
        .lines()
        .any(|line| line == "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn");
    if of_kernel {
        return proc(text);
    }
    match lines.next() {
        Some(first) if first.starts_with("-A") => rules(text),
        _ => table(text),
    }
}

fn wrong(line: usize, expected: &'static str, found: &str) -> ListingError {
    ListingError { line: line + 1, expected, found: found.chars().take(120).collect() }
}

fn table(text: &str) -> Result<Listing, ListingError> {
    let mut listing = Listing::default();
    let mut counts_services = false;
    let mut headed = false;
    for (at, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] | ["IP", "Virtual", "Server", ..] => {}
            ["Prot", _, rest @ ..] => {
                headed = true;
                counts_services = matches!(rest, ["Conns" | "CPS", ..]);
                if !matches!(rest, ["Scheduler", ..]) {
                    listing.columns = rest.iter().map(|word| (*word).to_owned()).collect();
                }
            }
            ["->", "RemoteAddress:Port", rest @ ..] => {
                if !rest.is_empty() {
                    listing.columns = rest.iter().map(|word| (*word).to_owned()).collect();
                }
            }
            ["->", address, rest @ ..] if headed => {
                let values = cells(&listing.columns, rest)
                    .ok_or_else(|| wrong(at, "as many values as columns", line))?;
                let service = listing.services.last_mut();
                let service = service.ok_or_else(|| wrong(at, "a virtual service first", line))?;
                service.real_servers.push(ListedServer { address: (*address).to_owned(), values });
            }
            [protocol, rest @ ..] if headed && PROTOCOLS.contains(protocol) => {
                let columns = counts_services.then_some(listing.columns.as_slice());
                let service = service(protocol, rest, columns);
                let service = service.ok_or_else(|| wrong(at, "a virtual service", line))?;
                listing.services.push(service);
            }
            _ if headed => return Err(wrong(at, "a virtual service or a real server", line)),
            _ => {
                return Err(wrong(
                    at,
                    "what ipvsadm -Ln, ipvsadm -Sn or /proc/net/ip_vs print",
                    line,
                ));
            }
        }
    }
    match headed {
        true => Ok(listing),
        false => Err(wrong(0, "what ipvsadm -Ln, ipvsadm -Sn or /proc/net/ip_vs print", "nothing")),
    }
}

fn service(protocol: &str, words: &[&str], columns: Option<&[String]>) -> Option<ListedService> {
    let (address, mut rest) = words.split_first()?;
    let mut address = (*address).to_owned();
    if let ["IPv6", after @ ..] = rest
        && protocol == "FWM"
    {
        address.push_str(" IPv6");
        rest = after;
    }
    let is_address = if protocol == "FWM" {
        address.starts_with(|c: char| c.is_ascii_digit())
    } else {
        address.contains(':')
    };
    if !is_address {
        return None;
    }
    let (scheduler, flags, values) = match columns {
        Some(columns) => (None, &[][..], cells(columns, rest)?),
        None => {
            let (scheduler, flags) = rest.split_first()?;
            (Some((*scheduler).to_owned()), flags, BTreeMap::new())
        }
    };
    Some(ListedService {
        protocol: protocol.to_owned(),
        address,
        scheduler,
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        values,
        real_servers: Vec::new(),
    })
}

fn cells(columns: &[String], words: &[&str]) -> Option<BTreeMap<String, Cell>> {
    let cell =
        |word: &&str| word.parse().map_or_else(|_| Cell::Word((*word).to_owned()), Cell::Number);
    (columns.len() == words.len())
        .then(|| columns.iter().cloned().zip(words.iter().map(cell)).collect())
}

/// `-A -t ADDRESS:PORT -s SCHEDULER …` and `-a … -r ADDRESS:PORT -g -w WEIGHT`.
fn rules(text: &str) -> Result<Listing, ListingError> {
    let columns = ["Forward", "Weight"].map(str::to_owned).to_vec();
    let mut listing = Listing { columns, services: Vec::new() };
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (command, words) = words.split_first().unwrap_or((&"", &[]));
        let after = |option: &str| {
            let place = words.iter().position(|word| *word == option)?;
            words.get(place + 1).map(|word| (*word).to_owned())
        };
        let has = |option: &str| words.contains(&option);
        let kinds = [("-t", "TCP"), ("-u", "UDP"), ("--sctp-service", "SCTP"), ("-f", "FWM")];
        let named = kinds.iter().find_map(|(option, name)| Some((*name, after(option)?)));
        let (protocol, mut address) = named.ok_or_else(|| wrong(at, "a virtual service", line))?;
        if protocol == "FWM" && has("-6") {
            address.push_str(" IPv6");
        }
        match *command {
            "-A" => {
                let mut flags = Vec::new();
                if let Some(seconds) = after("-p") {
                    flags.extend(["persistent".to_owned(), seconds]);
                }
                if let Some(mask) = after("-M") {
                    flags.extend(["mask".to_owned(), mask]);
                }
                flags.extend(after("-b").map(|flags| format!("({flags})")));
                flags.extend(has("-o").then(|| "ops".to_owned()));
                listing.services.push(ListedService {
                    protocol: protocol.to_owned(),
                    address,
                    scheduler: after("-s"),
                    flags,
                    values: BTreeMap::new(),
                    real_servers: Vec::new(),
                });
            }
            "-a" => {
                let server = after("-r").ok_or_else(|| wrong(at, "-r and a real server", line))?;
                let forward = [("-g", "Route"), ("-i", "Tunnel"), ("-m", "Masq")];
                let forward =
                    forward.iter().find(|(option, _)| has(option)).map_or("Route", |f| f.1);
                let weight = after("-w").and_then(|weight| weight.parse().ok()).unwrap_or(1);
                let values = BTreeMap::from([
                    ("Forward".to_owned(), Cell::Word(forward.to_owned())),
                    ("Weight".to_owned(), Cell::Number(weight)),
                ]);
                let is_own = |service: &&mut ListedService| {
                    service.protocol == protocol && service.address == address
                };
                let service = listing.services.iter_mut().rev().find(is_own);
                let service = service.ok_or_else(|| wrong(at, "its -A before it", line))?;
                service.real_servers.push(ListedServer { address: server, values });
            }
            _ => return Err(wrong(at, "-A or -a", line)),
        }
    }
    Ok(listing)
}

/// The kernel's own table, whose addresses are hexadecimal.
fn proc(text: &str) -> Result<Listing, ListingError> {
    let table = parse_proc(text).map_err(|error| ListingError {
        line: error.line,
        expected: error.expected,
        found: error.found,
    })?;
    let columns = ["Forward", "Weight", "ActiveConn", "InActConn"].map(str::to_owned).to_vec();
    let services = table.services.into_iter().map(|service| {
        let (protocol, address) = match service.target {
            Target::Address { protocol, address } => {
                (format!("{protocol:?}").to_uppercase(), address.to_string())
            }
            Target::FirewallMark { mark, ipv6: false } => ("FWM".to_owned(), mark.to_string()),
            Target::FirewallMark { mark, ipv6: true } => ("FWM".to_owned(), format!("{mark} IPv6")),
        };
        let real_servers = service.real_servers.into_iter().map(|server| {
            let forward = match server.forwarding {
                Forwarding::Nat => "Masq",
                Forwarding::Dr => "Route",
                Forwarding::Tun => "Tunnel",
                Forwarding::Local => "Local",
            };
            let numbers =
                [u64::from(server.weight), server.active_connections, server.inactive_connections];
            let cells = std::iter::once(Cell::Word(forward.to_owned()))
                .chain(numbers.into_iter().map(Cell::Number));
            ListedServer {
                address: std::net::SocketAddr::new(server.address, server.port).to_string(),
                values: columns.iter().cloned().zip(cells).collect(),
            }
        });
        ListedService {
            protocol,
            address,
            scheduler: Some(service.scheduler),
            // How long is told in the kernel's ticks, whose length the text does not tell.
            flags: service.persistent_s.map(|_| "persistent".to_owned()).into_iter().collect(),
            values: BTreeMap::new(),
            real_servers: real_servers.collect(),
        }
    });
    let services: Vec<ListedService> = services.collect();
    Ok(Listing { columns, services })
}

impl Listing {
    /// A line for each service and each of its real servers, in columns.
    pub fn to_text(&self) -> String {
        let cell = |values: &BTreeMap<String, Cell>, column: &String| match values.get(column) {
            Some(Cell::Number(number)) => number.to_string(),
            Some(Cell::Word(word)) => word.clone(),
            None => String::new(),
        };
        let mut rows =
            vec![[vec!["SERVICE".to_owned(), String::new()], self.columns.clone()].concat()];
        for service in &self.services {
            let about = service.scheduler.iter().chain(&service.flags).cloned().collect::<Vec<_>>();
            let mut row =
                vec![format!("{} {}", service.protocol, service.address), about.join(" ")];
            row.extend(self.columns.iter().map(|column| cell(&service.values, column)));
            rows.push(row);
            for server in &service.real_servers {
                let mut row = vec![format!("  {}", server.address), String::new()];
                row.extend(self.columns.iter().map(|column| cell(&server.values, column)));
                rows.push(row);
            }
        }
        aligned(&rows)
    }
}

fn aligned(rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row).filter(|(width, _)| **width > 0) {
            // Writing to a String cannot fail.
            let _ = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: &str = include_str!("fixtures/ipvsadm");

    #[test]
    fn every_form_has_the_same_services() {
        let plain = listing(PLAIN).unwrap();
        let names = |listing: &Listing| {
            let mut all: Vec<(String, Vec<String>)> = listing
                .services
                .iter()
                .map(|service| {
                    let mut servers: Vec<String> =
                        service.real_servers.iter().map(|server| server.address.clone()).collect();
                    servers.sort();
                    (format!("{} {}", service.protocol, service.address), servers)
                })
                .collect();
            all.sort();
            all
        };
        assert_eq!(plain.services.len(), 6);
        for text in [
            include_str!("fixtures/ipvsadm.stats"),
            include_str!("fixtures/ipvsadm.thresholds"),
            include_str!("fixtures/ipvsadm.persistent"),
            include_str!("fixtures/ipvsadm.tunnels"),
            include_str!("fixtures/ipvsadm.rules"),
            include_str!("fixtures/ipvsadm.proc"),
        ] {
            assert_eq!(names(&listing(text).unwrap()), names(&plain), "{text}");
        }
    }

    #[test]
    fn a_table_is_printed_in_columns() {
        insta::assert_snapshot!(listing(PLAIN).unwrap().to_text());
        insta::assert_snapshot!(listing(include_str!("fixtures/ipvsadm.stats")).unwrap().to_text());
    }

    #[test]
    fn numbers_that_ipvsadm_cut_stay_words() {
        let listing = listing(include_str!("fixtures/ipvsadm.stats")).unwrap();
        let values = &listing.services[0].values;
        assert_eq!(values["Conns"], Cell::Number(123_456));
        assert_eq!(values["InPkts"], Cell::Word("115M".to_owned()));
    }

    #[test]
    fn an_error_says_where() {
        for (text, line) in [
            ("", 1),
            ("hello", 1),
            ("Prot LocalAddress:Port Scheduler Flags\nICMP x:1 rr", 2),
            ("Prot LocalAddress:Port Scheduler Flags\nTCP x rr", 2),
            (
                "Prot LocalAddress:Port Scheduler Flags\n -> RemoteAddress:Port Forward\n -> a:1 Masq",
                3,
            ),
            ("-A -t 1.2.3.4:1 -s rr\n-a -t 1.2.3.4:2 -r 1.1.1.1:1", 2),
        ] {
            assert_eq!(listing(text).unwrap_err().line, line, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(Prot LocalAddress:Port|Scheduler|Conns|TCP|FWM| IPv6|  ->|-A|-a|-t|-r|[^\n]{0,10}|\n| |1.2.3.4:5){0,40}") {
            let _ = listing(&text).map(|listing| listing.to_text());
        }
    }
}

//! Reads what the probe sends of the machine itself (see `domain/src/probe/*.pl`).

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Disk, InterfaceAddress, Listener, Platform, Service};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}; found {found:?}")]
pub struct ParseError {
    pub expected: &'static str,
    pub found: String,
}

impl ParseError {
    pub(super) fn new(expected: &'static str, found: &str) -> ParseError {
        ParseError { expected, found: found.chars().take(120).collect() }
    }
}

/// Lines `eth0 up 192.168.1.100/24`.
pub fn addresses(text: &str) -> Result<Vec<InterfaceAddress>, ParseError> {
    text.lines().map(|line| address(line).ok_or_else(|| wrong("an address", line))).collect()
}

fn address(line: &str) -> Option<InterfaceAddress> {
    let (link, address) = line.rsplit_once(' ')?;
    let (interface, state) = link.rsplit_once(' ')?;
    let (address, prefix_len) = address.split_once('/')?;
    Some(InterfaceAddress {
        interface: interface.parse().ok()?,
        address: address.parse().ok()?,
        prefix_len: prefix_len.parse().ok()?,
        up: state == "up",
    })
}

/// Lines `0100007F:0CEA` of /proc/net/tcp and tcp6: each 32-bit word in the node's byte order, which
/// is little-endian on every machine that Debian supports but s390x.
pub fn listeners(text: &str) -> Result<Vec<Listener>, ParseError> {
    let mut found = text
        .lines()
        .map(|line| listener(line).ok_or_else(|| wrong("a listening socket", line)))
        .collect::<Result<Vec<_>, _>>()?;
    found.sort();
    found.dedup();
    Ok(found)
}

fn listener(line: &str) -> Option<Listener> {
    let (address, port) = line.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words: Vec<[u8; 4]> = (0..address.len())
        .step_by(8)
        .map(|at| address.get(at..at + 8).and_then(|word| u32::from_str_radix(word, 16).ok()))
        .map(|word| word.map(u32::to_le_bytes))
        .collect::<Option<_>>()?;
    let address = match words.as_slice() {
        [word] => IpAddr::V4(Ipv4Addr::from(*word)),
        [a, b, c, d] => {
            let bytes: [u8; 16] = [*a, *b, *c, *d].concat().try_into().ok()?;
            IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical()
        }
        _ => return None,
    };
    Some(Listener { address, port })
}

/// Lines `total free mount`, in bytes.
pub fn disks(text: &str) -> Result<Vec<Disk>, ParseError> {
    text.lines().map(|line| disk(line).ok_or_else(|| wrong("a file system", line))).collect()
}

fn disk(line: &str) -> Option<Disk> {
    let mut words = line.splitn(3, ' ');
    Some(Disk {
        total_bytes: words.next()?.parse().ok()?,
        free_bytes: words.next()?.parse().ok()?,
        mount: words.next()?.to_owned(),
    })
}

/// `boot_ms N` and `systemctl show` of the units that matter; those not installed are left out, and
/// of two names for one unit the first. The node's clock, by which N is, was `clock_ahead_ms` ahead
/// of ours.
pub fn services(text: &str, clock_ahead_ms: i64) -> Result<Vec<Service>, ParseError> {
    let (head, units) = text.split_once('\n').unwrap_or((text, ""));
    let boot_ms: i64 = head
        .strip_prefix("boot_ms ")
        .and_then(|number| number.parse().ok())
        .map(|boot_ms: i64| boot_ms.saturating_sub(clock_ahead_ms))
        .ok_or_else(|| wrong("boot_ms and a number", head))?;
    let mut found: Vec<Service> = Vec::new();
    for unit in units.split("\n\n") {
        let property =
            |name: &str| unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        let (Some(id), Some(state)) = (property("Id"), property("ActiveState")) else { continue };
        let name = id.strip_suffix(".service").unwrap_or(id);
        if property("LoadState") != Some("loaded") || found.iter().any(|known| known.name == name) {
            continue;
        }
        let since_us: Option<i64> = property("ActiveEnterTimestampMonotonic")
            .and_then(|microseconds| microseconds.parse().ok())
            .filter(|microseconds| *microseconds > 0);
        found.push(Service {
            name: name.to_owned(),
            state: state.to_owned(),
            since: since_us.map(|us| Timestamp(boot_ms.saturating_add(us / 1_000))),
        });
    }
    Ok(found)
}

/// `hostname`, `os`, `kernel`, `cpus`, and a line `software NAME VERSION` each.
pub fn platform(text: &str, clock_ahead_ms: i64) -> Result<Platform, ParseError> {
    let field =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let cpus = field("cpus").unwrap_or_default();
    let software: BTreeMap<String, String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("software ")?.split_once(' '))
        .map(|(name, version)| (name.to_owned(), version.to_owned()))
        .collect();
    Ok(Platform {
        hostname: field("hostname").ok_or_else(|| wrong("a host name", text))?.to_owned(),
        os: field("os").unwrap_or("unknown").to_owned(),
        kernel: field("kernel").unwrap_or("unknown").to_owned(),
        cpus: cpus.parse().map_err(|_| wrong("a number of CPUs", cpus))?,
        software,
        clock_ahead_ms,
    })
}

fn wrong(expected: &'static str, found: &str) -> ParseError {
    ParseError::new(expected, found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_real_node() {
        insta::assert_json_snapshot!(addresses(include_str!("fixtures/addresses")).unwrap());
        insta::assert_json_snapshot!(listeners(include_str!("fixtures/listeners")).unwrap());
        insta::assert_json_snapshot!(disks(include_str!("fixtures/disks")).unwrap());
        insta::assert_json_snapshot!(services(include_str!("fixtures/services"), 0).unwrap());
        insta::assert_json_snapshot!(platform(include_str!("fixtures/platform"), -12).unwrap());
    }

    #[test]
    fn addresses_of_sockets_are_read_in_the_nodes_byte_order() {
        let found = listeners("0100007F:0CEA\n0000000000000000FFFF00006E01A8C0:0050\n").unwrap();
        let text: Vec<_> = found.iter().map(|l| format!("{} {}", l.address, l.port)).collect();
        assert_eq!(text, ["127.0.0.1 3306", "192.168.1.110 80"]);
    }

    #[test]
    fn a_mount_point_may_hold_spaces() {
        assert_eq!(disks("8 4 /srv/my disk").unwrap()[0].mount, "/srv/my disk");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([^\n]{0,30}|[0-9A-F]{0,33}:[0-9A-F]{4}|\n| |é){0,20}") {
            let _ = (addresses(&text), listeners(&text), disks(&text), services(&text, 0), platform(&text, 0));
        }
    }
}

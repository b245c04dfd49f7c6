//! Words that options take: states, flags, marks, types of ICMP.

use super::packet::{ACK, ConnectionState, FIN, PSH, RST, SYN, URG};

/// Type and, where it is said, code.
pub(super) type IcmpType = (u8, Option<u8>);

pub(super) fn state(text: &str) -> Option<ConnectionState> {
    Some(match text.to_ascii_uppercase().as_str() {
        "NEW" => ConnectionState::New,
        "ESTABLISHED" => ConnectionState::Established,
        "RELATED" => ConnectionState::Related,
        "INVALID" => ConnectionState::Invalid,
        "UNTRACKED" => ConnectionState::Untracked,
        _ => return None,
    })
}

pub(super) fn flags(text: &str) -> Option<u8> {
    text.split(',').try_fold(0, |all, name| {
        Some(
            all | match name {
                "FIN" => FIN,
                "SYN" => SYN,
                "RST" => RST,
                "PSH" => PSH,
                "ACK" => ACK,
                "URG" => URG,
                "ALL" => FIN | SYN | RST | PSH | ACK | URG,
                "NONE" => 0,
                _ => return None,
            },
        )
    })
}

/// `value` or `value/mask`, decimal, octal or hexadecimal as strtoul(3) reads them.
pub(super) fn mark(text: &str) -> Option<(u32, u32)> {
    match text.split_once('/') {
        Some((value, mask)) => Some((number(value)?, number(mask)?)),
        None => Some((number(text)?, u32::MAX)),
    }
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None if text.len() > 1 && text.starts_with('0') => u32::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    }
}

pub(super) fn icmp_v4(name: &str) -> Option<IcmpType> {
    Some(match name {
        "echo-reply" | "pong" => (0, None),
        "destination-unreachable" => (3, None),
        "network-unreachable" => (3, Some(0)),
        "host-unreachable" => (3, Some(1)),
        "port-unreachable" => (3, Some(3)),
        "fragmentation-needed" => (3, Some(4)),
        "source-quench" => (4, None),
        "redirect" => (5, None),
        "echo-request" | "ping" => (8, None),
        "router-advertisement" => (9, None),
        "router-solicitation" => (10, None),
        "time-exceeded" | "ttl-exceeded" => (11, None),
        "parameter-problem" => (12, None),
        "timestamp-request" => (13, None),
        "timestamp-reply" => (14, None),
        _ => return None,
    })
}

pub(super) fn icmp_v6(name: &str) -> Option<IcmpType> {
    Some(match name {
        "destination-unreachable" => (1, None),
        "packet-too-big" => (2, None),
        "time-exceeded" | "ttl-exceeded" => (3, None),
        "parameter-problem" => (4, None),
        "echo-request" | "ping" => (128, None),
        "echo-reply" | "pong" => (129, None),
        "router-solicitation" => (133, None),
        "router-advertisement" => (134, None),
        "neighbour-solicitation" | "neighbor-solicitation" => (135, None),
        "neighbour-advertisement" | "neighbor-advertisement" => (136, None),
        "redirect" => (137, None),
        _ => return None,
    })
}

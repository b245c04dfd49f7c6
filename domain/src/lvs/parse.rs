//! Reads `/proc/net/ip_vs` (Linux `ip_vs_ctl.c`, `ip_vs_info_seq_show`): addresses and ports are hex.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Forwarding, Protocol, RealServer, Table, Target, VirtualService};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("/proc/net/ip_vs line {line}: expected {expected}; found {found:?}")]
pub struct ParseError {
    pub line: usize,
    pub expected: &'static str,
    pub found: String,
}

/// The probe puts a line `hz N` before the kernel's text, because persistence is told in jiffies; 0
/// when their length is not known yet. Services and servers come out sorted, as the kernel's order
/// is that of its hash table and differs between directors.
pub fn parse(text: &str) -> Result<Table, ParseError> {
    let mut services: Vec<VirtualService> = Vec::new();
    let mut hz = 0;
    for (index, line) in text.lines().enumerate() {
        let wrong = |expected| ParseError {
            line: index + 1,
            expected,
            found: line.chars().take(120).collect(),
        };
        if let Some(rest) = line.strip_prefix("  -> ") {
            // The third line of the kernel's own heading.
            if rest.starts_with("RemoteAddress") {
                continue;
            }
            let service = services.last_mut().ok_or_else(|| wrong("a service first"))?;
            let server = real_server(rest).ok_or_else(|| wrong("a real server"))?;
            if let Target::FirewallMark { ipv6, .. } = &mut service.target {
                *ipv6 = server.address.is_ipv6();
            }
            service.real_servers.push(server);
        } else if let Some(number) = line.strip_prefix("hz ") {
            hz = number.parse().map_err(|_| wrong("a number"))?;
        } else if !line.starts_with("IP Virtual Server") && !line.starts_with("Prot ") {
            services.push(service(line, hz).ok_or_else(|| wrong("a virtual service"))?);
        }
    }
    services.sort_by(|a, b| a.target.cmp(&b.target));
    for service in &mut services {
        service.real_servers.sort_by_key(|server| (server.address, server.port));
    }
    Ok(Table { services })
}

fn service(line: &str, hz: u32) -> Option<VirtualService> {
    let mut words = line.split_whitespace();
    let (kind, address) = (words.next()?, words.next()?);
    let target = match kind {
        "FWM" => Target::FirewallMark {
            mark: u32::from_str_radix(address, 16).ok()?,
            // The kernel tells the family only through the real servers.
            ipv6: false,
        },
        protocol => Target::Address { protocol: protocol_of(protocol)?, address: socket(address)? },
    };
    let scheduler = words.next()?.to_owned();
    let rest: Vec<&str> = words.collect();
    let jiffies = rest
        .iter()
        .position(|word| *word == "persistent")
        .and_then(|at| rest.get(at + 1))
        .and_then(|jiffies| jiffies.parse::<u32>().ok());
    let persistent_s = jiffies.map(|jiffies| jiffies.checked_div(hz).unwrap_or(0));
    Some(VirtualService { target, scheduler, persistent_s, real_servers: Vec::new() })
}

fn real_server(line: &str) -> Option<RealServer> {
    let mut words = line.split_whitespace();
    let address = socket(words.next()?)?;
    let forwarding = match words.next()? {
        "Masq" => Forwarding::Nat,
        "Route" => Forwarding::Dr,
        "Tunnel" => Forwarding::Tun,
        "Local" => Forwarding::Local,
        _ => return None,
    };
    Some(RealServer {
        address: address.ip(),
        port: address.port(),
        forwarding,
        weight: words.next()?.parse().ok()?,
        active_connections: words.next()?.parse().ok()?,
        inactive_connections: words.next()?.parse().ok()?,
    })
}

fn protocol_of(word: &str) -> Option<Protocol> {
    match word {
        "TCP" => Some(Protocol::Tcp),
        "UDP" => Some(Protocol::Udp),
        "SCTP" => Some(Protocol::Sctp),
        _ => None,
    }
}

/// `C0A80001:0050` or `[fd00:…:0014]:0050`.
fn socket(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.rsplit_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let address = match address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(v6) => IpAddr::V6(v6.parse::<Ipv6Addr>().ok()?),
        None if address.len() == 8 => {
            IpAddr::V4(Ipv4Addr::from(u32::from_str_radix(address, 16).ok()?))
        }
        None => return None,
    };
    Some(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_real_table_with_every_form() {
        insta::assert_json_snapshot!(parse(include_str!("fixtures/ip_vs")).unwrap());
    }

    #[test]
    fn an_empty_table_is_empty() {
        let heading = include_str!("fixtures/ip_vs").lines().take(4).collect::<Vec<_>>().join("\n");
        assert_eq!(parse(&heading).unwrap(), Table::default());
    }

    #[test]
    fn an_error_says_where() {
        let error = parse("TCP  C0A801C8:0050 wrr\n  -> C0A80167:0050 Pigeon 1 0 0").unwrap_err();
        insta::assert_snapshot!(error, @r#"/proc/net/ip_vs line 2: expected a real server; found "  -> C0A80167:0050 Pigeon 1 0 0""#);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(TCP|FWM|  ->|hz|[^\n]{0,40}|\n| |[0-9A-F:\\[\\]]{0,12}){0,40}") {
            let _ = parse(&text);
        }
    }
}

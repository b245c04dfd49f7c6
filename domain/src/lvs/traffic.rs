//! What each service and real server takes, from the counters that IPVS keeps, and what the table in
//! `/proc` does not tell of them.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Protocol, Target};

/// From so far back connections are counted for the shares that real servers have.
const WINDOW_MS: u64 = 60_000;

/// Bits of a service's flags (linux/ip_vs.h).
const ONE_PACKET: u32 = 0x4;
const SCHEDULER_FLAGS: [(u32, u8); 3] = [(0x8, 1), (0x10, 2), (0x20, 3)];

/// A virtual service's options and traffic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceTraffic {
    pub target: Target,
    /// Each packet is scheduled by itself (`ops`), for UDP.
    pub one_packet: bool,
    /// Which of the scheduler's three flags are set; `mh-port` is the second, for instance.
    pub scheduler_flags: Vec<u8>,
    /// How much of a client's address persistence goes by: a netmask, for IPv6 a prefix length.
    pub netmask: String,
    /// By what persistence knows a client besides, e.g. `sip`.
    pub persistence_engine: Option<String>,
    pub counted: Counted,
    /// `None` until there are two readings.
    pub rates: Option<Rates>,
    pub servers: Vec<ServerTraffic>,
}

/// A real server's thresholds and traffic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerTraffic {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub address: IpAddr,
    pub port: u16,
    /// With so many connections it gets no new ones; 0: no limit.
    pub upper_threshold: u32,
    /// Below so many it gets new ones again; 0: below three quarters of the upper one.
    pub lower_threshold: u32,
    /// Persistence templates that point to it.
    pub persistent_connections: u32,
    pub counted: Counted,
    pub rates: Option<Rates>,
    /// New connections in the last minute, or since the probe began.
    pub connections_in_minute: Option<u64>,
}

/// Since the service or server was added, or its counters were zeroed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counted {
    pub connections: u64,
    pub in_packets: u64,
    pub out_packets: u64,
    pub in_bytes: u64,
    pub out_bytes: u64,
}

/// Between the last two readings. What real servers answer is only seen where it passes the director,
/// as with NAT.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rates {
    pub connections_per_s: f64,
    pub in_packets_per_s: f64,
    pub out_packets_per_s: f64,
    pub in_bytes_per_s: f64,
    pub out_bytes_per_s: f64,
}

impl std::ops::Add for Rates {
    type Output = Rates;

    fn add(self, other: Rates) -> Rates {
        Rates {
            connections_per_s: self.connections_per_s + other.connections_per_s,
            in_packets_per_s: self.in_packets_per_s + other.in_packets_per_s,
            out_packets_per_s: self.out_packets_per_s + other.out_packets_per_s,
            in_bytes_per_s: self.in_bytes_per_s + other.in_bytes_per_s,
            out_bytes_per_s: self.out_bytes_per_s + other.out_bytes_per_s,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("IPVS counters: expected {expected}; found {found:?}")]
pub struct CountersError {
    pub expected: &'static str,
    pub found: String,
}

/// The readings of one connection to a node's probe, over the last minute.
#[derive(Debug, Clone, Default)]
pub struct Readings {
    /// Oldest first.
    kept: VecDeque<Reading>,
}

#[derive(Debug, Clone, PartialEq)]
struct Reading {
    /// By a clock of the node's that never goes back, ms.
    at_ms: u64,
    services: Vec<ServiceTraffic>,
}

impl Readings {
    /// Takes one more: `at MS`, then for each service a line `service PROTOCOL ADDRESS PORT …`, with
    /// the protocol's number (RFC 790), or `service mark MARK v4|v6 …`, and for each of its real
    /// servers a line `server ADDRESS PORT …`.
    pub fn take(&mut self, text: &str) -> Result<Vec<ServiceTraffic>, CountersError> {
        let mut newest = parse(text)?;
        let at_ms = newest.at_ms;
        self.kept.retain(|old| old.at_ms <= at_ms && at_ms - old.at_ms <= WINDOW_MS);
        for service in &mut newest.services {
            let earlier = |reading: Option<&Reading>| {
                let found = reading?.services.iter().find(|old| old.target == service.target)?;
                Some((at_ms.saturating_sub(reading?.at_ms), found.clone()))
            };
            let (last, first) = (earlier(self.kept.back()), earlier(self.kept.front()));
            if let Some((elapsed_ms, old)) = &last {
                service.rates = rates(service.counted, old.counted, *elapsed_ms);
            }
            for server in &mut service.servers {
                let same =
                    |old: &&ServerTraffic| (old.address, old.port) == (server.address, server.port);
                if let Some((elapsed_ms, old)) = &last
                    && let Some(old) = old.servers.iter().find(same)
                {
                    server.rates = rates(server.counted, old.counted, *elapsed_ms);
                }
                if let Some((_, old)) = &first
                    && let Some(old) = old.servers.iter().find(same)
                {
                    let (now, then) = (server.counted.connections, old.counted.connections);
                    server.connections_in_minute = now.checked_sub(then);
                }
            }
        }
        let services = newest.services.clone();
        self.kept.push_back(newest);
        Ok(services)
    }
}

/// A counter that began anew has no rate.
fn rates(now: Counted, then: Counted, elapsed_ms: u64) -> Option<Rates> {
    if elapsed_ms == 0 {
        return None;
    }
    let per_s = |now: u64, then: u64| {
        let tenths = now.checked_sub(then)? as f64 * 1e4 / elapsed_ms as f64;
        Some(tenths.round() / 10.0)
    };
    Some(Rates {
        connections_per_s: per_s(now.connections, then.connections)?,
        in_packets_per_s: per_s(now.in_packets, then.in_packets)?,
        out_packets_per_s: per_s(now.out_packets, then.out_packets)?,
        in_bytes_per_s: per_s(now.in_bytes, then.in_bytes)?,
        out_bytes_per_s: per_s(now.out_bytes, then.out_bytes)?,
    })
}

fn parse(text: &str) -> Result<Reading, CountersError> {
    let wrong =
        |expected, line: &str| CountersError { expected, found: line.chars().take(120).collect() };
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let at_ms = first.strip_prefix("at ").and_then(|ms| ms.parse().ok());
    let mut reading =
        Reading { at_ms: at_ms.ok_or_else(|| wrong("a time first", first))?, services: Vec::new() };
    for line in rest.lines() {
        let mut words = line.split(' ');
        match words.next() {
            Some("service") => {
                let service = service(&mut words).ok_or_else(|| wrong("a service", line))?;
                reading.services.push(service);
            }
            Some("server") => {
                let server = server(&mut words).ok_or_else(|| wrong("a real server", line))?;
                let service = reading.services.last_mut();
                service.ok_or_else(|| wrong("a service first", line))?.servers.push(server);
            }
            _ => return Err(wrong("a service or a real server", line)),
        }
    }
    Ok(reading)
}

fn service<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<ServiceTraffic> {
    let protocol = match words.next()? {
        "mark" => None,
        "6" => Some(Protocol::Tcp),
        "17" => Some(Protocol::Udp),
        "132" => Some(Protocol::Sctp),
        _ => return None,
    };
    let target = match protocol {
        Some(protocol) => {
            Target::Address { protocol, address: SocketAddr::new(read(words)?, read(words)?) }
        }
        None => Target::FirewallMark { mark: read(words)?, ipv6: words.next()? == "v6" },
    };
    let flags: u32 = read(words)?;
    let set = |(bit, number): (u32, u8)| (flags & bit != 0).then_some(number);
    Some(ServiceTraffic {
        target,
        one_packet: flags & ONE_PACKET != 0,
        scheduler_flags: SCHEDULER_FLAGS.into_iter().filter_map(set).collect(),
        netmask: words.next()?.to_owned(),
        persistence_engine: Some(words.next()?).filter(|name| *name != "-").map(str::to_owned),
        counted: counted(words)?,
        rates: None,
        servers: Vec::new(),
    })
}

fn server<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<ServerTraffic> {
    Some(ServerTraffic {
        address: read(words)?,
        port: read(words)?,
        upper_threshold: read(words)?,
        lower_threshold: read(words)?,
        persistent_connections: read(words)?,
        counted: counted(words)?,
        rates: None,
        connections_in_minute: None,
    })
}

fn counted<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Counted> {
    Some(Counted {
        connections: read(words)?,
        in_packets: read(words)?,
        out_packets: read(words)?,
        in_bytes: read(words)?,
        out_bytes: read(words)?,
    })
}

fn read<'a, T: FromStr>(words: &mut impl Iterator<Item = &'a str>) -> Option<T> {
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REAL: &str = include_str!("fixtures/counters");

    fn of(at_ms: u64, connections: u64, bytes: u64) -> String {
        format!(
            "at {at_ms}\nservice 6 192.168.1.200 80 2 255.255.255.255 - {connections} 0 0 {bytes} 0\n\
             server 192.168.1.102 80 0 0 0 {connections} 0 0 {bytes} 0\n"
        )
    }

    #[test]
    fn a_real_kernels_services_of_every_kind() {
        insta::assert_json_snapshot!(Readings::default().take(REAL).unwrap());
    }

    #[test]
    fn a_rate_is_of_the_time_between_two_readings_and_a_share_of_a_minute() {
        let mut readings = Readings::default();
        assert_eq!(readings.take(&of(1_000, 40, 0)).unwrap()[0].rates, None);
        readings.take(&of(31_000, 100, 0)).unwrap();
        let service = readings.take(&of(33_000, 105, 3_000)).unwrap().remove(0);
        let rates = service.rates.unwrap();
        assert_eq!((rates.connections_per_s, rates.in_bytes_per_s), (2.5, 1_500.0));
        assert_eq!(service.servers[0].connections_in_minute, Some(65));
        let later = readings.take(&of(93_000, 106, 3_000)).unwrap().remove(0);
        assert_eq!(later.servers[0].connections_in_minute, Some(1), "the first two are forgotten");
    }

    #[test]
    fn a_counter_that_began_anew_has_no_rate() {
        let mut readings = Readings::default();
        readings.take(&of(0, 40, 0)).unwrap();
        let service = readings.take(&of(2_000, 3, 0)).unwrap().remove(0);
        assert_eq!((service.rates, service.servers[0].connections_in_minute), (None, None));
        assert!(readings.take(&of(2_000, 3, 0)).unwrap()[0].rates.is_none(), "no time went by");
    }

    #[test]
    fn another_text_is_refused() {
        for text in [
            "",
            "service 6 10.0.0.1 80",
            "at x\n",
            "at 1\nservice 6 10.0.0.1 80\n",
            "at 1\nserver a\n",
        ] {
            assert!(Readings::default().take(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "at 1\n(service |server |mark |6 |v6 |[0-9.: ]{0,9}|\n){0,40}") {
            let _ = Readings::default().take(&text);
        }
    }
}

use std::net::IpAddr;

use super::super::model::{Checker, CheckerKind, RealServer, Target, VirtualServer};
use super::super::tree::Statement;
use super::{as_milliseconds, milliseconds, number, others};
use crate::lvs::{Forwarding, Protocol};

const METHODS: [&str; 2] = ["lvs_method", "lb_kind"];
const DELAY_LOOP_MS: u64 = 60_000;

/// `Err`: the part that cannot be read.
pub(super) fn virtual_server(block: &Statement) -> Result<VirtualServer, String> {
    let forwarding = forwarding(block).unwrap_or(Forwarding::Nat);
    let delay_loop_ms = milliseconds(block, "delay_loop").filter(|ms| *ms > 0);
    let delay_loop_ms = delay_loop_ms.unwrap_or(DELAY_LOOP_MS);
    let mut real_servers = Vec::new();
    let mut rest = Vec::new();
    for statement in block.statements() {
        match statement.keyword() {
            "real_server" => real_servers.push(
                real_server(statement, block, forwarding, delay_loop_ms)
                    .ok_or_else(|| format!("real_server {}", statement.arguments().join(" ")))?,
            ),
            "protocol"
            | "lvs_sched"
            | "lb_algo"
            | "lvs_method"
            | "lb_kind"
            | "delay_loop"
            | "persistence_timeout"
            | "quorum"
            | "sorry_server" => {}
            _ => rest.push(super::setting(statement)),
        }
    }
    let scheduler = block.last(&["lvs_sched", "lb_algo"]).map_or("wlc", |line| line.word(1));
    Ok(VirtualServer {
        target: target(block, &real_servers).ok_or("its address")?,
        scheduler: scheduler.to_owned(),
        forwarding,
        persistence_s: block
            .last(&["persistence_timeout"])
            .map(|line| line.word(1).parse().ok().filter(|s| *s > 0).unwrap_or(360)),
        delay_loop_ms,
        quorum: number(block, "quorum", 1, u64::from(u32::MAX)).unwrap_or(1),
        sorry_server: block.last(&["sorry_server"]).map(|line| line.arguments().join(" ")),
        real_servers,
        others: rest,
        place: block.place,
    })
}

fn target(block: &Statement, real_servers: &[RealServer]) -> Option<Target> {
    let protocol = match block.argument("protocol") {
        Some("TCP") => Protocol::Tcp,
        Some("SCTP") => Protocol::Sctp,
        _ => Protocol::Udp,
    };
    match block.word(1) {
        "fwmark" => {
            let family = block.argument("ip_family");
            let first = real_servers.first().is_some_and(|server| server.address.is_ipv6());
            let ipv6 = family.map_or(first, |family| family == "inet6");
            Some(Target::FirewallMark { mark: block.word(2).parse().ok()?, ipv6 })
        }
        "group" if !block.word(2).is_empty() => {
            Some(Target::Group { group: block.word(2).to_owned(), protocol })
        }
        address => {
            Some(Target::Address { protocol, address: address.parse().ok()?, port: port(block)? })
        }
    }
}

/// 0, which stands for all ports, where none is given.
fn port(block: &Statement) -> Option<u16> {
    if block.word(2).is_empty() { Some(0) } else { block.word(2).parse().ok() }
}

fn forwarding(block: &Statement) -> Option<Forwarding> {
    match block.last(&METHODS)?.word(1) {
        "NAT" => Some(Forwarding::Nat),
        "DR" => Some(Forwarding::Dr),
        "TUN" => Some(Forwarding::Tun),
        _ => None,
    }
}

fn real_server(
    block: &Statement,
    service: &Statement,
    forwarding_of_service: Forwarding,
    delay_loop_ms: u64,
) -> Option<RealServer> {
    let address: IpAddr = block.word(1).parse().ok()?;
    let port = port(block)?;
    let weight = number(block, "weight", 0, i32::MAX.unsigned_abs());
    let weight = weight.or_else(|| number(service, "weight", 0, i32::MAX.unsigned_abs()));
    let checkers: Vec<Checker> = block
        .statements()
        .iter()
        .filter_map(|check| {
            let kind = CheckerKind::of(check.keyword())?;
            Some(checker(kind, check, block, service, delay_loop_ms))
        })
        .collect();
    let mut rest = others(block, &["weight", "lvs_method", "lb_kind"]);
    rest.retain(|setting| CheckerKind::of(&setting.keyword).is_none());
    Some(RealServer {
        address,
        port,
        weight: weight.unwrap_or(1),
        forwarding: forwarding(block).unwrap_or(forwarding_of_service),
        checkers,
        others: rest,
        place: block.place,
    })
}

/// What a checker does not say, its real server or its service may.
fn checker(
    kind: CheckerKind,
    check: &Statement,
    server: &Statement,
    service: &Statement,
    delay_loop_ms: u64,
) -> Checker {
    let outer = [check, server, service];
    let given_ms = |keyword| outer.iter().find_map(|block| milliseconds(block, keyword));
    let connects =
        !matches!(kind, CheckerKind::MiscCheck | CheckerKind::FileCheck | CheckerKind::BfdCheck);
    let retry = outer.iter().find_map(|block| number(block, "retry", 0, u32::MAX));
    let of_http = check.last(&["nb_get_retry"]).and_then(|line| line.word(1).parse().ok());
    Checker {
        kind,
        connect_timeout_ms: connects.then(|| given_ms("connect_timeout").unwrap_or(5_000)),
        retry: retry.or(of_http).unwrap_or(match kind {
            CheckerKind::DnsCheck => 3,
            CheckerKind::MiscCheck => 0,
            _ => 1,
        }),
        delay_before_retry_ms: given_ms("delay_before_retry").unwrap_or(match kind {
            CheckerKind::HttpGet | CheckerKind::SslGet => 3_000,
            CheckerKind::DnsCheck => {
                check.argument("delay_loop").and_then(as_milliseconds).unwrap_or(delay_loop_ms)
            }
            _ => 1_000,
        }),
        others: others(check, &["connect_timeout", "retry", "nb_get_retry", "delay_before_retry"]),
    }
}

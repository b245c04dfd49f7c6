//! What keepalived.conf means for VRRP and IPVS on one node.

use std::net::{IpAddr, SocketAddr};

use super::tree::{self, Statement};
use super::{Auth, InstanceConf, TrackFile, VirtualAddress};
use crate::lvs::{Forwarding, Protocol, RealServer, Table, Target, VirtualService};

/// What was understood, and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effective {
    pub instances: Vec<InstanceConf>,
    /// What the IPVS table would hold were every real server healthy.
    pub table: Table,
    /// One sentence for each instance or service that could not be read.
    pub problems: Vec<String>,
}

/// Reads the probe's text: a line `id NAME`, then the configuration with its includes in place and
/// its passwords replaced by digests. Blocks that are of no concern here are passed over.
pub fn parse(text: &str) -> Effective {
    let (head, conf) = text.split_once('\n').unwrap_or((text, ""));
    let statements = tree::parse(conf, head.strip_prefix("id ").unwrap_or_default());
    let defaults = Defaults::of(&statements);
    let mut effective = Effective::default();
    for statement in &statements {
        match statement.keyword() {
            "vrrp_instance" => match instance(statement, &defaults) {
                Ok(instance) => effective.instances.push(instance),
                Err(problem) => effective.problems.push(problem),
            },
            "virtual_server" => match service(statement) {
                Some(service) => effective.table.services.push(service),
                None => effective
                    .problems
                    .push(format!("virtual_server {}: cannot be read", statement.word(1))),
            },
            _ => {}
        }
    }
    effective
}

/// What instances take from outside of themselves.
struct Defaults {
    version: Option<u8>,
    track_files: Vec<TrackFile>,
}

impl Defaults {
    fn of(statements: &[Statement]) -> Defaults {
        let global = statements.iter().rev().filter(|s| s.keyword() == "global_defs");
        Defaults {
            version: global
                .filter_map(|block| block.argument("vrrp_version"))
                .find_map(|version| version.parse().ok()),
            track_files: statements
                .iter()
                .filter(|s| matches!(s.keyword(), "track_file" | "vrrp_track_file"))
                .filter_map(track_file)
                .collect(),
        }
    }
}

fn track_file(statement: &Statement) -> Option<TrackFile> {
    Some(TrackFile {
        name: statement.word(1).to_owned(),
        path: statement.argument("file")?.parse().ok()?,
        weight: number(statement, "weight").unwrap_or(1),
    })
}

fn instance(block: &Statement, defaults: &Defaults) -> Result<InstanceConf, String> {
    let name = block.word(1).to_owned();
    let missing = |what: &str| format!("vrrp_instance {name}: {what} is missing or not readable");
    let virtual_addresses = virtual_addresses(block);
    let v6 = virtual_addresses.first().is_some_and(|first| first.address.is_ipv6());
    let starts_as_master = block.argument("state") == Some("MASTER");
    let version = number(block, "version").or(defaults.version).unwrap_or(if v6 { 3 } else { 2 });
    Ok(InstanceConf {
        interface: block
            .argument("interface")
            .and_then(|interface| interface.parse().ok())
            .ok_or_else(|| missing("interface"))?,
        vrid: number(block, "virtual_router_id").ok_or_else(|| missing("virtual_router_id"))?,
        priority: number(block, "priority").unwrap_or(if starts_as_master { 255 } else { 100 }),
        starts_as_master,
        advert_ms: seconds_as_ms(block, "advert_int").unwrap_or(1_000),
        version,
        down_timer_adverts: number(block, "down_timer_adverts").unwrap_or(3),
        nopreempt: block.last("nopreempt").is_some(),
        preempt_delay_ms: seconds_as_ms(block, "preempt_delay").unwrap_or(0),
        // Version 3 knows no authentication; keepalived ignores what is written (RFC 5798).
        auth: if version == 3 { Auth::None } else { auth(block) },
        unicast_peers: unicast_peers(block),
        virtual_addresses,
        track_files: tracked(block, defaults),
        name,
    })
}

fn auth(block: &Statement) -> Auth {
    let Some(block) = block.last("authentication") else { return Auth::None };
    let digest = block.argument("auth_pass").unwrap_or_default().to_owned();
    match block.argument("auth_type") {
        Some("AH") => Auth::Ah { digest },
        Some("PASS") => Auth::Pass { digest },
        _ => Auth::None,
    }
}

fn virtual_addresses(block: &Statement) -> Vec<VirtualAddress> {
    let lists = block.block.iter().filter(|s| s.keyword() == "virtual_ipaddress");
    lists.flat_map(|list| &list.block).filter_map(virtual_address).collect()
}

/// `ADDRESS[/PREFIX] [dev NAME] …`
fn virtual_address(line: &Statement) -> Option<VirtualAddress> {
    let (address, prefix) = match line.keyword().split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (line.keyword(), None),
    };
    let address: IpAddr = address.parse().ok()?;
    let whole = if address.is_ipv6() { 128 } else { 32 };
    let dev = line.words.iter().position(|word| word == "dev");
    Some(VirtualAddress {
        address,
        prefix_len: prefix.map_or(Some(whole), |prefix| prefix.parse().ok())?,
        interface: dev.and_then(|at| line.word(at + 1).parse().ok()),
    })
}

fn unicast_peers(block: &Statement) -> Vec<IpAddr> {
    let peers = block.last("unicast_peer").map(|list| list.block.as_slice()).unwrap_or_default();
    peers.iter().flat_map(|line| line.words.iter().map_while(|word| word.parse().ok())).collect()
}

/// `track_file { NAME [weight N] }` in an instance; the file itself is defined outside.
fn tracked(block: &Statement, defaults: &Defaults) -> Vec<TrackFile> {
    let lists = block.block.iter().filter(|s| s.keyword() == "track_file");
    lists
        .flat_map(|list| &list.block)
        .filter_map(|line| {
            let defined = defaults.track_files.iter().find(|file| file.name == line.keyword())?;
            let weight = line.words.iter().position(|word| word == "weight");
            let weight = weight.and_then(|at| line.word(at + 1).parse().ok());
            Some(TrackFile { weight: weight.unwrap_or(defined.weight), ..defined.clone() })
        })
        .collect()
}

/// `virtual_server ADDRESS PORT` or `virtual_server fwmark N`. Groups stand for addresses that are
/// listed elsewhere and are not followed.
fn service(block: &Statement) -> Option<VirtualService> {
    let forwarding = match block.argument("lb_kind").or(block.argument("lvs_method")) {
        Some("DR") => Forwarding::Dr,
        Some("TUN") => Forwarding::Tun,
        _ => Forwarding::Nat,
    };
    let servers: Option<Vec<RealServer>> = block
        .block
        .iter()
        .filter(|statement| statement.keyword() == "real_server")
        .map(|server| {
            Some(RealServer {
                address: server.word(1).parse().ok()?,
                port: server.word(2).parse().unwrap_or(0),
                forwarding,
                weight: number(server, "weight").unwrap_or(1),
                active_connections: 0,
                inactive_connections: 0,
            })
        })
        .collect();
    let real_servers = servers?;
    let target = if block.word(1) == "fwmark" {
        let ipv6 = real_servers.first().is_some_and(|server| server.address.is_ipv6());
        Target::FirewallMark { mark: block.word(2).parse().ok()?, ipv6 }
    } else {
        let protocol = match block.argument("protocol") {
            Some("UDP") => Protocol::Udp,
            Some("SCTP") => Protocol::Sctp,
            _ => Protocol::Tcp,
        };
        let port = block.word(2).parse().unwrap_or(0);
        Target::Address { protocol, address: SocketAddr::new(block.word(1).parse().ok()?, port) }
    };
    let scheduler = block.argument("lb_algo").or(block.argument("lvs_sched")).unwrap_or("wlc");
    let persistent =
        block.last("persistence_timeout").map(|line| line.word(1).parse().unwrap_or(360));
    let scheduler = scheduler.to_owned();
    Some(VirtualService { target, scheduler, persistent_s: persistent, real_servers })
}

fn number<N: std::str::FromStr>(block: &Statement, keyword: &str) -> Option<N> {
    block.argument(keyword)?.parse().ok()
}

fn seconds_as_ms(block: &Statement, keyword: &str) -> Option<u64> {
    let seconds: f64 = number(block, keyword)?;
    (0.0..=100_000.0).contains(&seconds).then_some((seconds * 1_000.0).round() as u64)
}

#[cfg(test)]
mod tests;

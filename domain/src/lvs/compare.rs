//! Whether two directors would send the same clients to the same servers.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::{Forwarding, Protocol, RealServer, ServiceTraffic, Table, Target, VirtualService};
use crate::phrase::Phrase;

impl Table {
    /// The services on these addresses. A service by firewall mark belongs to all addresses: which
    /// packets carry the mark is not in this table.
    pub fn on(&self, addresses: &[IpAddr]) -> Table {
        let belongs = |service: &&VirtualService| match service.target {
            Target::Address { address, .. } => addresses.contains(&address.ip()),
            Target::FirewallMark { .. } => true,
        };
        Table { services: self.services.iter().filter(belongs).cloned().collect() }
    }

    /// Real servers that new TCP connections may go to. A service for all ports (port 0) names no
    /// port that one could try, and is left out.
    pub fn tcp_servers_in_use(&self) -> Vec<SocketAddr> {
        let is_tcp = |service: &&VirtualService| {
            !matches!(
                service.target,
                Target::Address { protocol: Protocol::Udp | Protocol::Sctp, .. }
            )
        };
        let mut servers: Vec<SocketAddr> = self
            .services
            .iter()
            .filter(is_tcp)
            .flat_map(|service| &service.real_servers)
            .filter(|server| server.weight > 0 && server.port != 0)
            .map(|server| SocketAddr::new(server.address, server.port))
            .collect();
        servers.sort();
        servers.dedup();
        servers
    }

    /// The first scheduler that would send a connection, seen in its middle, to another real
    /// server than a director with the same table sent it. Hashing ones would not.
    pub fn first_that_forgets(&self) -> Option<&str> {
        let has_choice = |service: &&VirtualService| service.real_servers.len() > 1;
        let schedulers = self.services.iter().filter(has_choice).map(|s| s.scheduler.as_str());
        schedulers.into_iter().find(|scheduler| !matches!(*scheduler, "mh" | "sh" | "dh"))
    }

    /// Each difference that changes where a client is sent. Connection counts are no difference,
    /// nor is `Local`: the kernel chooses it where the server's address is the director's own.
    pub fn differences(&self, other: &Table) -> Vec<Phrase> {
        let (ours, theirs) = (self.by_target(), other.by_target());
        let mut found = Vec::new();
        for (target, service) in &ours {
            match theirs.get(target) {
                Some(twin) => found.extend(service_differences(target, service, twin)),
                None => found.push(only_on_one(&describe(target))),
            }
        }
        found.extend(
            theirs
                .keys()
                .filter(|target| !ours.contains_key(*target))
                .map(|target| only_on_one(&describe(target))),
        );
        found
    }

    fn by_target(&self) -> BTreeMap<&Target, &VirtualService> {
        self.services.iter().map(|service| (&service.target, service)).collect()
    }
}

impl ServiceTraffic {
    /// The same of the options that are not in [`Table`].
    pub fn differences(&self, other: &ServiceTraffic) -> Vec<Phrase> {
        let name = describe(&self.target);
        let options = |traffic: &ServiceTraffic| {
            let flags = traffic.scheduler_flags.iter().map(|number| format!("flag-{number}"));
            let one_packet = traffic.one_packet.then(|| "ops".to_owned());
            let engine = traffic.persistence_engine.iter().map(|engine| format!("pe {engine}"));
            let mask = std::iter::once(format!("mask {}", traffic.netmask));
            flags.chain(one_packet).chain(engine).chain(mask).collect::<Vec<_>>().join(" ")
        };
        let (ours, theirs) = (options(self), options(other));
        let mut found = Vec::new();
        if ours != theirs {
            found.push(differs(&name, "options", "选项", &ours, &theirs));
        }
        for server in &self.servers {
            let Some(twin) = other.server(server.address, server.port) else { continue };
            let limits = |server: &super::ServerTraffic| {
                format!("{}/{}", server.upper_threshold, server.lower_threshold)
            };
            if limits(server) != limits(twin) {
                let address = SocketAddr::new(server.address, server.port);
                let name = format!("{name} → {address}");
                let (ours, theirs) = (limits(server), limits(twin));
                found.push(differs(&name, "thresholds", "阈值", &ours, &theirs));
            }
        }
        found
    }
}

fn service_differences(target: &Target, a: &VirtualService, b: &VirtualService) -> Vec<Phrase> {
    let name = describe(target);
    let mut found = Vec::new();
    if a.scheduler != b.scheduler {
        found.push(differs(&name, "scheduler", "调度算法", &a.scheduler, &b.scheduler));
    }
    if a.persistent_s != b.persistent_s {
        let seconds = |s: Option<u32>| s.map_or("off".to_owned(), |s| format!("{s} s"));
        found.push(differs(
            &name,
            "persistence",
            "会话保持",
            &seconds(a.persistent_s),
            &seconds(b.persistent_s),
        ));
    }
    let (ours, theirs) = (by_address(a), by_address(b));
    for (address, server) in &ours {
        match theirs.get(address) {
            Some(twin) => found.extend(server_differences(&name, address, server, twin)),
            None => found.push(only_on_one(&format!("{name} → {address}"))),
        }
    }
    found.extend(
        theirs
            .keys()
            .filter(|address| !ours.contains_key(*address))
            .map(|address| only_on_one(&format!("{name} → {address}"))),
    );
    found
}

fn server_differences(
    service: &str,
    address: &SocketAddr,
    a: &RealServer,
    b: &RealServer,
) -> Vec<Phrase> {
    let name = format!("{service} → {address}");
    let mut found = Vec::new();
    if a.weight != b.weight {
        found.push(differs(&name, "weight", "权重", &a.weight.to_string(), &b.weight.to_string()));
    }
    let local = a.forwarding == Forwarding::Local || b.forwarding == Forwarding::Local;
    if a.forwarding != b.forwarding && !local {
        let (ours, theirs) = (format!("{:?}", a.forwarding), format!("{:?}", b.forwarding));
        found.push(differs(&name, "forwarding", "转发方式", &ours, &theirs));
    }
    found
}

fn by_address(service: &VirtualService) -> BTreeMap<SocketAddr, &RealServer> {
    service.real_servers.iter().map(|r| (SocketAddr::new(r.address, r.port), r)).collect()
}

pub(crate) fn describe(target: &Target) -> String {
    match target {
        Target::Address { protocol, address } => {
            format!("{} {address}", format!("{protocol:?}").to_uppercase())
        }
        Target::FirewallMark { mark, .. } => format!("FWM {mark}"),
    }
}

fn only_on_one(name: &str) -> Phrase {
    Phrase::new(format!("{name} is on one director only"), format!("{name} 只在一台调度器上"))
}

fn differs(name: &str, en: &str, zh: &str, ours: &str, theirs: &str) -> Phrase {
    Phrase::new(
        format!("{name}: {en} {ours} against {theirs}"),
        format!("{name}：{zh} {ours} 对 {theirs}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(weight: u32, forwarding: Forwarding) -> Table {
        let server = |last: u8, weight| RealServer {
            address: IpAddr::from([192, 168, 1, last]),
            port: 80,
            forwarding,
            weight,
            active_connections: u64::from(last),
            inactive_connections: 0,
        };
        Table {
            services: vec![VirtualService {
                target: Target::Address {
                    protocol: Protocol::Tcp,
                    address: SocketAddr::from(([192, 168, 1, 200], 80)),
                },
                scheduler: "wrr".into(),
                persistent_s: None,
                real_servers: vec![server(102, weight), server(103, 1)],
            }],
        }
    }

    #[test]
    fn counters_and_the_kernels_local_are_no_difference() {
        let mut busy = table(2, Forwarding::Local);
        busy.services[0].real_servers[0].active_connections = 900;
        assert_eq!(table(2, Forwarding::Dr).differences(&busy), []);
    }

    #[test]
    fn a_weight_or_a_missing_server_is_a_difference() {
        let mut other = table(1, Forwarding::Dr);
        other.services[0].real_servers.pop();
        let found: Vec<String> =
            table(2, Forwarding::Dr).differences(&other).into_iter().map(|p| p.en).collect();
        assert_eq!(
            found,
            [
                "TCP 192.168.1.200:80 → 192.168.1.102:80: weight 2 against 1",
                "TCP 192.168.1.200:80 → 192.168.1.103:80 is on one director only",
            ]
        );
    }

    #[test]
    fn only_the_services_on_the_addresses_count() {
        assert_eq!(table(1, Forwarding::Dr).on(&["10.0.0.1".parse().unwrap()]).services, []);
        assert_eq!(
            table(0, Forwarding::Dr).tcp_servers_in_use(),
            [SocketAddr::from(([192, 168, 1, 103], 80))]
        );
    }
}

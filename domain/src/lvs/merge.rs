//! Makes the view of what every director was seen to have.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::view::*;
use super::{
    Expectation, RealServer, ServerTraffic, ServiceTraffic, Table, Target, VirtualService,
};
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::nodes::{NodeRecord, Observed};
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;

type Nodes = BTreeMap<NodeId, (NodeRecord, Observed)>;

/// What all directors say, service by service.
pub fn view(nodes: &Nodes, now: Timestamp) -> LvsView {
    let seen: Vec<Seen> = nodes.values().map(|node| Seen::new(node, now)).collect();
    let all = seen.iter().flat_map(|seen| seen.table().chain(seen.configured()));
    let targets: BTreeSet<&Target> = all.map(|service| &service.target).collect();
    let mut services: Vec<ServiceView> =
        targets.into_iter().filter_map(|target| service(target, &seen)).collect();
    services.sort_by(|a, b| a.target.cmp(&b.target));
    let has_services = |seen: &&Seen| seen.table().chain(seen.configured()).next().is_some();
    let mut directors: Vec<DirectorView> =
        seen.iter().filter(has_services).map(Seen::director).collect();
    directors.sort_by(|a, b| a.name.cmp(&b.name));
    LvsView { directors, services }
}

#[derive(Clone, Copy)]
struct Seen<'a> {
    record: &'a NodeRecord,
    observed: &'a Observed,
    stale: bool,
}

impl<'a> Seen<'a> {
    fn new((record, observed): &'a (NodeRecord, Observed), now: Timestamp) -> Seen<'a> {
        Seen { record, observed, stale: !observed.is_current(now) }
    }

    fn table(&self) -> impl Iterator<Item = &'a VirtualService> + use<'a> {
        services(&self.observed.lvs)
    }

    fn configured(&self) -> impl Iterator<Item = &'a VirtualService> + use<'a> {
        services(&self.observed.lvs_conf)
    }

    fn director(&self) -> DirectorView {
        DirectorView { node: self.record.id, name: self.record.name.to_string(), stale: self.stale }
    }

    fn virtual_addresses(&self) -> impl Iterator<Item = IpAddr> + use<'a> {
        let instances = self.observed.vrrp_conf.iter().flat_map(|fact| &fact.value);
        instances.flat_map(|instance| &instance.virtual_addresses).map(|address| address.address)
    }
}

fn services(fact: &Option<Fact<Table>>) -> impl Iterator<Item = &VirtualService> {
    fact.iter().flat_map(|fact| &fact.value.services)
}

/// A director and what it has of one service.
struct Word<'a> {
    seen: Seen<'a>,
    service: Option<&'a VirtualService>,
    configured: Option<&'a VirtualService>,
    traffic: Option<&'a ServiceTraffic>,
}

impl<'a> Word<'a> {
    fn of(seen: Seen<'a>, target: &Target) -> Word<'a> {
        let traffic = seen.observed.lvs_traffic.iter().flat_map(|fact| &fact.value);
        Word {
            seen,
            service: seen.table().find(|service| service.target == *target),
            configured: seen.configured().find(|service| service.target == *target),
            traffic: traffic.into_iter().find(|service| service.target == *target),
        }
    }

    fn knows(&self) -> bool {
        self.service.is_some() || self.configured.is_some()
    }

    fn server(&self, socket: SocketAddr) -> Option<&'a RealServer> {
        find(self.service, socket)
    }

    fn traffic_of(&self, socket: SocketAddr) -> Option<&'a ServerTraffic> {
        self.traffic?.server(socket.ip(), socket.port())
    }

    fn options(&self) -> Option<ServiceOptions> {
        let service = self.service?;
        Some(ServiceOptions {
            scheduler: service.scheduler.clone(),
            scheduler_flags: self.traffic.map(|t| t.scheduler_flags.clone()).unwrap_or_default(),
            persistent_s: service.persistent_s,
            netmask: self.traffic.map(|traffic| traffic.netmask.clone()),
            persistence_engine: self.traffic.and_then(|t| t.persistence_engine.clone()),
            one_packet: self.traffic.is_some_and(|traffic| traffic.one_packet),
        })
    }
}

fn find(service: Option<&VirtualService>, socket: SocketAddr) -> Option<&RealServer> {
    let is_it = |server: &&RealServer| SocketAddr::new(server.address, server.port) == socket;
    service?.real_servers.iter().find(is_it)
}

/// `None` where no director has the service any more.
fn service(target: &Target, all: &[Seen]) -> Option<ServiceView> {
    let mut words: Vec<Word> = all.iter().map(|seen| Word::of(*seen, target)).collect();
    let concerned = concerned(target, &words);
    words.retain(|word| concerned.contains(&word.seen.record.id));
    words.sort_by(|a, b| a.seen.record.name.cmp(&b.seen.record.name));
    let holder = holder(target, &words);
    let shown = shown(&words, holder)?;
    let differences = differences(&words);
    let sockets: BTreeSet<SocketAddr> = words
        .iter()
        .flat_map(|word| word.service.into_iter().chain(word.configured))
        .flat_map(|service| &service.real_servers)
        .map(|server| SocketAddr::new(server.address, server.port))
        .collect();
    let new_in_minute = |socket: SocketAddr| -> u64 {
        let current = words.iter().filter(|word| !word.seen.stale);
        current.filter_map(|word| word.traffic_of(socket)?.connections_in_minute).sum()
    };
    let all_in_minute = sockets.iter().map(|socket| new_in_minute(*socket)).sum::<u64>();
    let servers: Vec<ServerView> = sockets
        .iter()
        .map(|socket| server(*socket, &words, shown, all, (new_in_minute(*socket), all_in_minute)))
        .collect();
    let (signal, fault) = judge(&words, &servers, &differences);
    let current = words.iter().filter(|word| !word.seen.stale);
    Some(ServiceView {
        id: ServiceId::of(target),
        target: target.clone(),
        owner: owner(&words),
        holder,
        shown: shown.seen.record.id,
        options: shown.options(),
        expectation: expectation(shown),
        rates: current.filter_map(|word| word.traffic?.rates).reduce(|a, b| a + b),
        on: words.iter().map(on_director).collect(),
        servers,
        differences,
        commands: shown.service.map_or(Vec::new(), |s| super::commands(s, shown.traffic)),
        signal,
        fault,
    })
}

/// Directors that have the service, and those that should as they share its address by VRRP. A mark
/// is on packets to any address: it concerns all that share one.
fn concerned(target: &Target, words: &[Word]) -> BTreeSet<NodeId> {
    let knowing: Vec<&Word> = words.iter().filter(|word| word.knows()).collect();
    let shared: BTreeSet<IpAddr> = match target {
        Target::Address { address, .. } => BTreeSet::from([address.ip()]),
        Target::FirewallMark { .. } => {
            knowing.iter().flat_map(|word| word.seen.virtual_addresses()).collect()
        }
    };
    let shares = |word: &&Word| {
        let sees_ipvs = word.seen.observed.lvs.is_some();
        sees_ipvs && word.seen.virtual_addresses().any(|address| shared.contains(&address))
    };
    let sharing = words.iter().filter(shares);
    knowing.into_iter().chain(sharing).map(|word| word.seen.record.id).collect()
}

fn holder(target: &Target, words: &[Word]) -> Option<NodeId> {
    let Target::Address { address, .. } = target else { return None };
    let mut holders = words
        .iter()
        .filter(|word| !word.seen.stale && word.seen.observed.answers_for(address.ip()));
    let first = holders.next()?;
    holders.next().is_none().then_some(first.seen.record.id)
}

fn shown<'w, 'a>(words: &'w [Word<'a>], holder: Option<NodeId>) -> Option<&'w Word<'a>> {
    let rank = |word: &&Word| {
        let id = word.seen.record.id;
        (word.service.is_none(), word.seen.stale, holder != Some(id))
    };
    words.iter().filter(|word| word.knows()).min_by_key(rank)
}

fn expectation(shown: &Word) -> Expectation {
    let service = shown.service.or(shown.configured);
    service.map_or(Expectation::Unknown, |service| Expectation::of(&service.scheduler))
}

fn owner(words: &[Word]) -> Owner {
    if words.iter().any(|word| word.configured.is_some()) {
        Owner::Keepalived
    } else if words.iter().any(|word| word.seen.observed.unreadable.contains_key("vrrp_conf")) {
        Owner::Unknown
    } else {
        Owner::Direct
    }
}

fn on_director(word: &Word) -> ServiceOnDirector {
    let servers = || word.service.iter().flat_map(|service| &service.real_servers);
    ServiceOnDirector {
        node: word.seen.record.id,
        name: word.seen.record.name.to_string(),
        stale: word.seen.stale,
        options: word.options(),
        configured: word.configured.is_some(),
        active_connections: servers().map(|server| server.active_connections).sum(),
        inactive_connections: servers().map(|server| server.inactive_connections).sum(),
        rates: word.traffic.and_then(|traffic| traffic.rates),
    }
}

fn server(
    socket: SocketAddr,
    words: &[Word],
    shown: &Word,
    all: &[Seen],
    (in_minute, all_in_minute): (u64, u64),
) -> ServerView {
    let own = shown.server(socket);
    let told = own.or_else(|| words.iter().find_map(|word| word.server(socket)));
    let told = told.or_else(|| words.iter().find_map(|word| find(word.configured, socket)));
    let traffic = shown.traffic_of(socket);
    let on: Vec<ServerOnDirector> =
        words.iter().map(|word| server_on_director(socket, word)).collect();
    let node = all.iter().find(|seen| seen.observed.answers_for(socket.ip()));
    let name = node.map_or_else(|| socket.ip().to_string(), |node| node.record.name.to_string());
    let (signal, fault) = judge_server(&name, &on);
    let current = words.iter().filter(|word| !word.seen.stale);
    let expectation = expectation(shown);
    ServerView {
        address: socket.ip(),
        port: socket.port(),
        node: node.map(|node| node.record.id),
        name,
        weight: told.map_or(0, |server| server.weight),
        forwarding: told.map_or(super::Forwarding::Dr, |server| server.forwarding),
        active_connections: own.map_or(0, |server| server.active_connections),
        inactive_connections: own.map_or(0, |server| server.inactive_connections),
        upper_threshold: traffic.map_or(0, |traffic| traffic.upper_threshold),
        lower_threshold: traffic.map_or(0, |traffic| traffic.lower_threshold),
        persistent_connections: traffic.map_or(0, |traffic| traffic.persistent_connections),
        rates: current.filter_map(|word| word.traffic_of(socket)?.rates).reduce(|a, b| a + b),
        expected_share: shown.service.and_then(|service| expectation.share(service, socket)),
        observed_share: (all_in_minute > 0).then(|| in_minute as f64 / all_in_minute as f64),
        connections_in_minute: in_minute,
        on,
        signal,
        fault,
    }
}

fn server_on_director(socket: SocketAddr, word: &Word) -> ServerOnDirector {
    let server = word.server(socket);
    ServerOnDirector {
        node: word.seen.record.id,
        name: word.seen.record.name.to_string(),
        stale: word.seen.stale,
        in_table: server.is_some(),
        configured: find(word.configured, socket).is_some(),
        weight: server.map(|server| server.weight),
        forwarding: server.map(|server| server.forwarding),
        active_connections: server.map_or(0, |server| server.active_connections),
        inactive_connections: server.map_or(0, |server| server.inactive_connections),
    }
}

fn judge_server(name: &str, on: &[ServerOnDirector]) -> (Signal, Option<Phrase>) {
    let current: Vec<&ServerOnDirector> = on.iter().filter(|on| !on.stale).collect();
    if current.is_empty() {
        return (Signal::Unknown, None);
    }
    let failed: Vec<&str> = current
        .iter()
        .filter(|on| on.configured && !on.in_table)
        .map(|on| on.name.as_str())
        .collect();
    if !failed.is_empty() {
        let by = failed.join(", ");
        let fault = Phrase::new(
            format!("{name} failed its check on {by}"),
            format!("{name} 在 {by} 上未通过检查"),
        );
        return (Signal::Danger, Some(fault));
    }
    if current.iter().any(|on| on.weight == Some(0)) {
        let fault = Phrase::new(
            format!("{name} has weight 0 and gets no new connections"),
            format!("{name} 权重为 0，不接收新连接"),
        );
        return (Signal::Caution, Some(fault));
    }
    (Signal::Clear, None)
}

fn judge(
    words: &[Word],
    servers: &[ServerView],
    differences: &[Phrase],
) -> (Signal, Option<Phrase>) {
    let current: Vec<&Word> = words.iter().filter(|word| !word.seen.stale).collect();
    if current.is_empty() {
        return (Signal::Unknown, None);
    }
    if let Some(first) = differences.first() {
        return (Signal::Danger, Some(first.clone()));
    }
    let takes_new = |server: &RealServer| server.weight > 0;
    let serves = current
        .iter()
        .any(|word| word.service.is_some_and(|service| service.real_servers.iter().any(takes_new)));
    if !serves {
        let fault = Phrase::new("No real server takes new connections", "没有真实服务器接收新连接");
        return (Signal::Danger, Some(fault));
    }
    match servers.iter().min_by_key(|server| server.signal) {
        Some(worst) if worst.signal != Signal::Clear => {
            // One of several that fails is what the others are for.
            (worst.signal.max(Signal::Caution), worst.fault.clone())
        }
        _ => (Signal::Clear, None),
    }
}

/// Between the first director and each other one that can be seen.
fn differences(words: &[Word]) -> Vec<Phrase> {
    let mut current =
        words.iter().filter(|word| !word.seen.stale && word.seen.observed.lvs.is_some());
    let Some(first) = current.next() else { return Vec::new() };
    let table = |word: &Word| Table { services: word.service.into_iter().cloned().collect() };
    let of_pair = |other: &Word| {
        let names = (first.seen.record.name.as_str(), other.seen.record.name.as_str());
        let mut found = table(first).differences(&table(other));
        if let (Some(a), Some(b)) = (first.traffic, other.traffic) {
            found.extend(a.differences(b));
        }
        let named = |phrase: Phrase| {
            let (a, b) = names;
            Phrase::new(format!("{a} and {b}: {}", phrase.en), format!("{a} 与 {b}：{}", phrase.zh))
        };
        found.into_iter().map(named).collect::<Vec<_>>()
    };
    current.flat_map(of_pair).collect()
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;

//! Why a service does not work: everything on its path, read at once.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use futures::future::{join, join_all, join3, join4};
use signalbox_domain::fact::Fact;
use signalbox_domain::firewall::Reading;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::explain::{
    ClientScene, DirectorScene, Explanation, PathSettings, Read, Scene, ServerScene, ServerSeen,
    VrrpScene, WitnessScene, explain, scripts,
};
use signalbox_domain::lvs::sharing::{Asked as Connections, scripts as sharing};
use signalbox_domain::lvs::{
    Protocol, RealServer, ServiceId, ServiceTraffic, Table, Target, VirtualService,
};
use signalbox_domain::nodes::{NodeRecord, Observed};
use signalbox_domain::vrrp::InstanceView;
use signalbox_domain::vrrp::client::MYSQL_PORTS;
use signalbox_domain::vrrp::facts::Reach;
use signalbox_domain::vrrp::split::candidates;

use super::asked::Asked;
use super::firewall;
use super::lvs_sharing::names;
use super::vrrp::{Nodes, clients};
use super::vrrp_split::ask_arp;
use crate::clock;
use crate::state::App;

/// Enough to meet each of a few servers.
const CONNECTIONS: u32 = 12;
/// No connection is begun after this.
const ASK_FOR_S: u32 = 3;
/// Third nodes that are asked, in turn, until one can answer.
const WITNESSES_TRIED: usize = 3;

#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    #[error("no director has the service {0}, in its table or its keepalived.conf")]
    NoSuchService(ServiceId),
    #[error("{0} is by firewall mark: it has no address whose path could be walked")]
    ByMark(ServiceId),
    #[error("node {0} does not exist")]
    NoSuchNode(NodeId),
}

/// Walks the path of the service, for requests from one node, or from the best that plays a client.
pub async fn walk(
    app: &App,
    service: &ServiceId,
    from: Option<NodeId>,
) -> Result<Explanation, ExplainError> {
    Ok(explain(&scene(app, service, from, true).await?))
}

/// Everything on the path. `asks`: directors are asked, too, and nodes to ask by ARP and by a request.
pub(super) async fn scene(
    app: &App,
    service: &ServiceId,
    from: Option<NodeId>,
    asks: bool,
) -> Result<Scene, ExplainError> {
    let missing = || ExplainError::NoSuchService(service.clone());
    let target = service.target().ok_or_else(missing)?;
    let Target::Address { protocol, address } = target else {
        return Err(ExplainError::ByMark(service.clone()));
    };
    let nodes = app.fleet.nodes();
    if let Some(from) = from.filter(|from| !nodes.contains_key(from)) {
        return Err(ExplainError::NoSuchNode(from));
    }
    let path = Path { app, nodes: &nodes, target, protocol, address };
    let directors = path.directors();
    let servers = path.servers(&directors);
    if servers.is_empty() && directors.is_empty() {
        return Err(missing());
    }
    let client = from.or_else(|| path.best_client(&servers));
    let to = match client {
        Some(client) => path.own_address(client).await,
        None => None,
    };
    let (directors, servers, witness, client) = join4(
        join_all(directors.iter().map(|id| path.director(*id, &servers, asks))),
        join_all(servers.iter().map(|(server, in_table)| path.server(server, *in_table, to))),
        async { if asks { path.witness(&directors, &servers).await } else { None } },
        async { path.client(client?, to, asks).await },
    )
    .await;
    let directors = directors.into_iter().flatten().collect();
    let (service, at, vrrp) = (service.clone(), clock::now(), path.vrrp());
    Ok(Scene { service, protocol, address, at, directors, servers, vrrp, witness, client })
}

struct Path<'a> {
    app: &'a App,
    nodes: &'a Nodes,
    target: Target,
    protocol: Protocol,
    address: SocketAddr,
}

impl Path<'_> {
    fn find<'t>(&self, table: &'t Option<Fact<Table>>) -> Option<&'t VirtualService> {
        table.as_ref()?.value.services.iter().find(|service| service.target == self.target)
    }

    fn traffic(&self, observed: &Observed) -> Option<ServiceTraffic> {
        let known = observed.lvs_traffic.iter().flat_map(|fact| &fact.value);
        known.into_iter().find(|traffic| traffic.target == self.target).cloned()
    }

    /// The instance that carries the address.
    fn vrrp(&self) -> Option<VrrpScene> {
        let carries = |view: &InstanceView| {
            view.virtual_addresses.iter().any(|carried| carried.address == self.address.ip())
        };
        let view = self.app.fleet.vrrp().instances.into_iter().find(carries)?;
        let out = view.members.iter().find(|member| member.is_out).map(|member| member.node);
        let demote = view.split.as_ref().and_then(|split| split.demote);
        Some(VrrpScene { instance: view.id, demote, out })
    }

    /// Those that have the service, or the address in keepalived.conf; the holder first.
    fn directors(&self) -> Vec<NodeId> {
        let carries = |observed: &Observed| {
            let instances = observed.vrrp_conf.iter().flat_map(|fact| &fact.value);
            let mut addresses = instances.flat_map(|instance| &instance.virtual_addresses);
            addresses.any(|carried| carried.address == self.address.ip())
        };
        let has = |observed: &Observed| {
            let known = self.find(&observed.lvs).or(self.find(&observed.lvs_conf));
            known.is_some() || carries(observed)
        };
        let known = self.nodes.values().any(|(_, observed)| {
            self.find(&observed.lvs).or(self.find(&observed.lvs_conf)).is_some()
        });
        let mut found: Vec<_> =
            self.nodes.iter().filter(|(_, (_, observed))| known && has(observed)).collect();
        found.sort_by_key(|(id, (_, observed))| (!observed.answers_for(self.address.ip()), **id));
        found.into_iter().map(|(id, _)| *id).collect()
    }

    /// Of the first director that has any, in its table or its configuration.
    fn servers(&self, directors: &[NodeId]) -> Vec<(RealServer, bool)> {
        let of = |id: &NodeId| {
            let (_, observed) = self.nodes.get(id)?;
            let mut servers: BTreeMap<(IpAddr, u16), (RealServer, bool)> = BTreeMap::new();
            for (table, in_table) in [(&observed.lvs, true), (&observed.lvs_conf, false)] {
                for server in self.find(table).iter().flat_map(|service| &service.real_servers) {
                    let key = (server.address, server.port);
                    servers.entry(key).or_insert_with(|| (server.clone(), in_table));
                }
            }
            (!servers.is_empty()).then(|| servers.into_values().collect())
        };
        directors.iter().find_map(of).unwrap_or_default()
    }

    /// Its rules and settings only if it is asked, which takes seconds on a slow one.
    async fn director(
        &self,
        id: NodeId,
        servers: &[(RealServer, bool)],
        asks: bool,
    ) -> Option<DirectorScene> {
        let (record, observed) = self.nodes.get(&id)?;
        let asked = Asked { app: self.app, node: id };
        let routes: Vec<(IpAddr, Option<IpAddr>)> =
            servers.iter().map(|(server, _)| (server.address, None)).collect();
        let sockets: Vec<SocketAddr> = servers
            .iter()
            .map(|(server, _)| SocketAddr::new(server.address, server.port))
            .collect();
        let reach = async {
            if self.protocol != Protocol::Tcp {
                return Err("only TCP is asked".to_owned());
            }
            let reach = asked.reach(&sockets).await;
            reach.ok_or_else(|| "the director could not ask".to_owned())
        };
        let not_asked = || "it was not asked".to_owned();
        let (settings, filter, reach): (_, _, Read<Vec<Reach>>) = if asks {
            join3(self.settings(id, &routes), self.filter(id), reach).await
        } else {
            (Err(not_asked()), Err(not_asked()), Err(not_asked()))
        };
        let table = match current(record, observed, &observed.lvs) {
            Ok(fact) => {
                let service = self.find(&Some(fact.clone())).cloned();
                Ok(Fact::new(service, fact.observed_at, fact.source))
            }
            // A kernel without IPVS has no table to read.
            Err(_) if observed.lvs.is_none() && observed.is_current(clock::now()) => {
                Ok(Fact::new(None, clock::now(), "no /proc/net/ip_vs"))
            }
            Err(why) => Err(why),
        };
        Some(DirectorScene {
            node: id,
            name: record.name.to_string(),
            addresses: current(record, observed, &observed.addresses),
            table,
            traffic: self.traffic(observed),
            configured: self.find(&observed.lvs_conf).cloned(),
            settings,
            filter,
            reach,
        })
    }

    async fn server(
        &self,
        server: &RealServer,
        in_table: bool,
        client: Option<IpAddr>,
    ) -> ServerScene {
        let name = names(self.nodes).remove(&server.address);
        let scene = |seen| ServerScene {
            server: server.clone(),
            in_table,
            name: name.clone().unwrap_or_else(|| server.address.to_string()),
            seen,
        };
        let mut has = self.nodes.iter().filter(|(_, (_, o))| o.answers_for(server.address));
        let Some((id, (record, observed))) = has.next() else { return scene(None) };
        let routes: Vec<(IpAddr, Option<IpAddr>)> =
            client.map(|client| (client, None)).into_iter().collect();
        let (settings, filter) = join(self.settings(*id, &routes), self.filter(*id)).await;
        scene(Some(ServerSeen {
            node: *id,
            addresses: current(record, observed, &observed.addresses),
            listeners: current(record, observed, &observed.listeners),
            settings,
            filter,
        }))
    }

    async fn settings(
        &self,
        node: NodeId,
        routes: &[(IpAddr, Option<IpAddr>)],
    ) -> Read<PathSettings> {
        let printed = Asked { app: self.app, node }.stdout(scripts::path(routes)).await?;
        let settings = PathSettings::parse(&printed.value);
        Ok(Fact::new(settings, printed.observed_at, "/proc/sys/net/ipv4, ip route get"))
    }

    async fn filter(&self, node: NodeId) -> Read<Reading> {
        let reading = firewall::read(self.app, node).await.map_err(|error| error.to_string())?;
        Ok(Fact::new(reading.value, reading.observed_at, "iptables-save"))
    }

    /// A third node that is no real server: one cannot hear itself.
    async fn witness(
        &self,
        directors: &[NodeId],
        servers: &[(RealServer, bool)],
    ) -> Option<WitnessScene> {
        let serves = |id: &NodeId| {
            self.nodes.get(id).is_some_and(|(_, observed)| {
                servers.iter().any(|(server, _)| observed.answers_for(server.address))
            })
        };
        let own = directors.iter().filter_map(|id| self.nodes.get(id)).flat_map(|(_, observed)| {
            let own = observed.addresses.iter().flat_map(|fact| &fact.value);
            own.filter(|own| own.interface.as_str() != "lo").map(|own| own.address)
        });
        let asked = own.chain(servers.iter().map(|(server, _)| server.address));
        let mut asked: Vec<IpAddr> =
            asked.chain([self.address.ip()]).filter(IpAddr::is_ipv4).collect();
        asked.sort_unstable();
        asked.dedup();
        let near = candidates(self.nodes, directors, self.address.ip(), clock::now());
        let third = near.into_iter().filter(|(id, ..)| !serves(id)).take(WITNESSES_TRIED);
        for (node, interface, from) in third {
            if let Some(answers) = ask_arp(self.app, node, &interface, from, &asked).await {
                let name = self.nodes.get(&node)?.0.name.to_string();
                return Some(WitnessScene { node, name, answers });
            }
        }
        None
    }

    /// The best that plays a client.
    fn best_client(&self, servers: &[(RealServer, bool)]) -> Option<NodeId> {
        let table = Table {
            services: vec![VirtualService {
                target: self.target.clone(),
                scheduler: String::new(),
                persistent_s: None,
                real_servers: servers.iter().map(|(server, _)| server.clone()).collect(),
            }],
        };
        clients(self.nodes, &[table]).first().map(|record| record.id)
    }

    /// Whence a node's packets to the service come.
    async fn own_address(&self, node: NodeId) -> Option<IpAddr> {
        let settings = self.settings(node, &[(self.address.ip(), None)]).await.ok()?;
        settings.value.route(self.address.ip())?.from
    }

    async fn client(
        &self,
        node: NodeId,
        address: Option<IpAddr>,
        asks: bool,
    ) -> Option<ClientScene> {
        let name = self.nodes.get(&node)?.0.name.to_string();
        let asked =
            if asks { self.request(node).await } else { Err("it was not asked".to_owned()) };
        Some(ClientScene { node, name, address, asked })
    }

    async fn request(&self, node: NodeId) -> Read<Connections> {
        if self.protocol != Protocol::Tcp {
            return Err("only TCP is asked".to_owned());
        }
        if MYSQL_PORTS.contains(&self.address.port()) {
            return Err("a MySQL server counts connections that do not sign in".to_owned());
        }
        let ask = sharing::ask(self.address, CONNECTIONS, ASK_FOR_S);
        let printed = Asked { app: self.app, node }.stdout(ask).await?;
        let told = Connections::parse(&printed.value).map_err(|error| error.to_string())?;
        Ok(Fact::new(told, printed.observed_at, "lvs-ask"))
    }
}

/// What the probe told, where the node is seen now.
fn current<T: Clone>(record: &NodeRecord, observed: &Observed, fact: &Option<Fact<T>>) -> Read<T> {
    if !observed.is_current(clock::now()) {
        let why = observed.link.reason.as_deref().unwrap_or("no answer");
        return Err(format!("{} is not seen now: {why}", record.name));
    }
    fact.clone().ok_or_else(|| format!("{} has not told it yet", record.name))
}

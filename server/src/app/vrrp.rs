//! Moving virtual addresses: reads what the planner needs and the probes do not tell.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use futures::future::{join, join_all, join3, join5};
use signalbox_domain::fact::Fact;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::Table;
use signalbox_domain::nodes::{InterfaceAddress, LinkState, NodeRecord, Observed};
use signalbox_domain::plan::Draft;
use signalbox_domain::remote::RemoteCommand;
use signalbox_domain::values::{ConfName, InvalidValue};
use signalbox_domain::vrrp::client::Question;
use signalbox_domain::vrrp::deploy::ChangeError;
use signalbox_domain::vrrp::election::{own_track_file, track_file_to_install};
use signalbox_domain::vrrp::facts::{
    AdvertCount, ClientFacts, DirectorFacts, HandOverInput, KernelSettings, Reach, RunningJob,
};
use signalbox_domain::vrrp::packet_filter::{
    FilterFinding, advert_protocol, read_iptables, read_nftables,
};
use signalbox_domain::vrrp::plan::{self, PlanError};
use signalbox_domain::vrrp::split::own_address;
use signalbox_domain::vrrp::{InstanceConf, InstanceName, InstanceView, TrackFile, scripts};

use crate::clock;
use crate::ssh::SshError;
use crate::state::App;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum VrrpError {
    #[error("no VRRP instance {0} was seen on any node")]
    NoSuchInstance(String),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("node {0} does not exist")]
    NoSuchNode(NodeId),
    #[error("keepalived's files on {node} cannot be read: {why}")]
    Unreadable { node: String, why: String },
    #[error("the change: {0}")]
    Change(#[from] ChangeError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(super) type Nodes = BTreeMap<NodeId, (NodeRecord, Observed)>;

/// Nodes tried as the client that measures, best first.
const CLIENTS_TRIED: usize = 3;
/// A reading of the advert counter each quarter of a second; at most this many.
const MAX_READINGS: u64 = 60;

/// Plans a hand-over from what is seen now.
pub async fn draft(app: &App, instance: &InstanceName, to: NodeId) -> Result<Draft, VrrpError> {
    let view = seen(app, instance)?;
    let nodes = app.fleet.nodes();
    let members = members(&view, &nodes);
    let directors = join_all(members.iter().map(|member| member.read(app, *member.id == to)));
    let (directors, client) = join(directors, client_of(app, &nodes, &members)).await;
    let running = running(app).await?;
    let input = HandOverInput { instance: instance.clone(), to, directors, client, running };
    Ok(plan::hand_over(&input, clock::now())?)
}

/// The instance as it is seen now.
pub(super) fn seen(app: &App, instance: &InstanceName) -> Result<InstanceView, VrrpError> {
    let instances = app.fleet.vrrp().instances.into_iter();
    let mut named = instances.filter(|view| view.id == *instance);
    named.next().ok_or_else(|| VrrpError::NoSuchInstance(instance.0.clone()))
}

pub(super) async fn running(app: &App) -> Result<Vec<RunningJob>, StoreError> {
    let held = app.store.held_locks().await?;
    Ok(held.into_iter().map(|held| RunningJob { id: held.job, locks: held.objects }).collect())
}

/// A node that has the instance in its keepalived.conf.
pub(super) struct Member<'a> {
    pub(super) id: &'a NodeId,
    record: &'a NodeRecord,
    observed: &'a Observed,
    conf: Fact<InstanceConf>,
    other_instances: Vec<String>,
}

/// The instance's directors as the fleet's view has them, and every other node that would carry
/// one of its addresses: the view joins by VRID, and one that differs is what must be found.
pub(super) fn members<'a>(view: &InstanceView, nodes: &'a Nodes) -> Vec<Member<'a>> {
    nodes
        .iter()
        .filter_map(|(id, (record, observed))| {
            let confs = observed.vrrp_conf.as_ref()?;
            let in_view = view.members.iter().find(|member| member.node == *id);
            let conf = confs.value.iter().find(|conf| match in_view {
                Some(member) => conf.name == member.conf.name,
                None => shares_an_address(conf, view),
            })?;
            let others = confs.value.iter().filter(|other| other.name != conf.name);
            Some(Member {
                id,
                record,
                observed,
                other_instances: others.map(|other| other.name.clone()).collect(),
                conf: Fact::new(conf.clone(), confs.observed_at, confs.source.clone()),
            })
        })
        .collect()
}

fn shares_an_address(conf: &InstanceConf, view: &InstanceView) -> bool {
    let carried = |address: IpAddr| view.virtual_addresses.iter().any(|v| v.address == address);
    conf.virtual_addresses.iter().any(|v| carried(v.address))
}

impl Member<'_> {
    pub(super) async fn read(&self, app: &App, takes_over: bool) -> DirectorFacts {
        let observed = self.observed;
        let conf = &self.conf.value;
        let node = Asked { app, node: *self.id };
        let signal = async {
            let signal = node.json_signal().await;
            let adverts = match (&signal, takes_over) {
                (Some(signal), true) => node.adverts(conf, signal.value).await,
                _ => None,
            };
            (signal, adverts)
        };
        let reach =
            async { if takes_over { node.reach(&self.servers_in_use()).await } else { None } };
        let ((json_signal, adverts), (number, to_install), filter, reach, kernel) =
            join5(signal, node.lever(conf), node.filter(conf), reach, node.kernel_settings()).await;
        DirectorFacts {
            node: *self.id,
            name: self.record.name.to_string(),
            link: observed.link.clone(),
            heard_at: observed.heard_at,
            conf: self.conf.clone(),
            other_instances: self.other_instances.clone(),
            said: observed.vrrp_state.as_ref().and_then(|fact| {
                let said = fact.value.iter().find(|state| state.name == conf.name)?;
                Some(Fact::new(said.clone(), fact.observed_at, fact.source.clone()))
            }),
            addresses: observed.addresses.clone(),
            services: observed.services.clone(),
            ipvs: ipvs(observed),
            json_signal,
            clock_ahead_ms: observed.platform.as_ref().map(|fact| {
                Fact::new(fact.value.clock_ahead_ms, fact.observed_at, fact.source.clone())
            }),
            number,
            to_install,
            filter,
            reach,
            kernel,
            daemon: observed.vrrp_daemon.clone(),
            own_address: own_address(observed, conf),
            held: self.held(),
            adverts,
        }
    }

    /// Virtual addresses of all its instances that are on its interfaces.
    fn held(&self) -> Vec<InterfaceAddress> {
        let confs = self.observed.vrrp_conf.iter().flat_map(|fact| &fact.value);
        let carried: Vec<IpAddr> =
            confs.flat_map(|conf| &conf.virtual_addresses).map(|v| v.address).collect();
        let present = self.observed.addresses.iter().flat_map(|fact| &fact.value);
        let is_held = |own: &&InterfaceAddress| {
            carried.contains(&own.address) && own.interface.as_str() != "lo"
        };
        present.filter(is_held).cloned().collect()
    }

    fn servers_in_use(&self) -> Vec<SocketAddr> {
        let addresses: Vec<IpAddr> =
            self.conf.value.virtual_addresses.iter().map(|v| v.address).collect();
        ipvs(self.observed)
            .map_or(Vec::new(), |table| table.value.on(&addresses).tcp_servers_in_use())
    }
}

/// The node's table. A kernel without IPVS has no file to read, and so an empty table.
pub(super) fn ipvs(observed: &Observed) -> Option<Fact<Table>> {
    let without_ipvs = || {
        let heard = observed.heard_at.filter(|_| observed.vitals.is_some())?;
        let readable = !observed.unreadable.contains_key("lvs");
        readable.then(|| Fact::new(Table::default(), heard, "no /proc/net/ip_vs"))
    };
    observed.lvs.clone().or_else(without_ipvs)
}

/// Direct questions to a node.
pub(super) struct Asked<'a> {
    pub(super) app: &'a App,
    pub(super) node: NodeId,
}

impl Asked<'_> {
    /// What the command printed, where it ended well.
    pub(super) async fn stdout(&self, command: RemoteCommand) -> Result<Fact<String>, String> {
        let source = command.readable();
        let output =
            self.app.remote.run(self.node, &command).await.map_err(|e: SshError| e.to_string())?;
        if output.exit_status == 0 {
            Ok(Fact::new(output.stdout, clock::now(), source))
        } else {
            let stderr = output.stderr.trim();
            Err(format!("{source}: exit status {}. {stderr}", output.exit_status))
        }
    }

    pub(super) async fn json_signal(&self) -> Option<Fact<u8>> {
        let printed = self.stdout(scripts::json_signal()).await.ok()?;
        let signal = printed.value.trim().parse().ok()?;
        Some(Fact::new(signal, printed.observed_at, printed.source))
    }

    async fn kernel_settings(&self) -> Option<Fact<KernelSettings>> {
        let printed = self.stdout(scripts::kernel_settings()).await.ok()?;
        let settings = KernelSettings::read(&printed.value);
        Some(Fact::new(settings, printed.observed_at, printed.source))
    }

    async fn adverts(&self, conf: &InstanceConf, signal: u8) -> Option<Fact<AdvertCount>> {
        let name: ConfName = conf.name.parse().ok()?;
        let readings = (3 * conf.advert_ms / 250 + 2).min(MAX_READINGS);
        let readings = u32::try_from(readings).ok()?;
        let printed = self.stdout(scripts::heard(&name, signal, readings)).await.ok()?;
        let (before, after) = printed.value.trim().split_once(' ')?;
        let count = AdvertCount { before: before.parse().ok()?, after: after.parse().ok()? };
        Some(Fact::new(count, printed.observed_at, printed.source))
    }

    /// The number in the generated track file or, where there is none, whether one can be installed.
    async fn lever(
        &self,
        conf: &InstanceConf,
    ) -> (Option<Fact<i32>>, Option<Result<Fact<TrackFile>, String>>) {
        match own_track_file(conf) {
            Some(_) => (self.number(conf).await, None),
            None => (None, Some(self.to_install(conf).await)),
        }
    }

    async fn to_install(&self, conf: &InstanceConf) -> Result<Fact<TrackFile>, String> {
        let name: ConfName = conf.name.parse().map_err(|e: InvalidValue| e.to_string())?;
        let file = track_file_to_install(conf).map_err(|e| e.to_string())?;
        let tried = self.stdout(scripts::try_track_file(&name)).await?;
        Ok(Fact::new(file, tried.observed_at, tried.source))
    }

    async fn number(&self, conf: &InstanceConf) -> Option<Fact<i32>> {
        let file = own_track_file(conf)?;
        let printed = self.stdout(scripts::read_priority(&file.path)).await.ok()?;
        let number = printed.value.trim().parse().ok()?;
        Some(Fact::new(number, printed.observed_at, printed.source))
    }

    pub(super) async fn reach(&self, servers: &[SocketAddr]) -> Option<Fact<Vec<Reach>>> {
        if servers.is_empty() {
            return Some(Fact::new(Vec::new(), clock::now(), "no real server in use"));
        }
        let asked: Vec<(IpAddr, u16)> = servers.iter().map(|s| (s.ip(), s.port())).collect();
        let printed = self.stdout(scripts::reach(&asked)).await.ok()?;
        let reached = |server: &SocketAddr| {
            let line = format!("{} {} reached", server.ip(), server.port());
            printed.value.lines().any(|printed| printed == line)
        };
        let reach = servers.iter().map(|s| Reach { server: *s, reached: reached(s) }).collect();
        Some(Fact::new(reach, printed.observed_at, printed.source))
    }

    /// What the packet filters do to adverts. A node may have rules of both kinds of iptables and
    /// of nft, and neither iptables shows the other's; a tool that is not there has no rules.
    async fn filter(&self, conf: &InstanceConf) -> Result<Fact<FilterFinding>, String> {
        let v6 = conf.virtual_addresses.first().is_some_and(|v| v.address.is_ipv6());
        let (save, legacy) = match v6 {
            false => ("iptables-save", "iptables-legacy-save"),
            true => ("ip6tables-save", "ip6tables-legacy-save"),
        };
        let (saved, legacy, listed) = join3(
            self.stdout(RemoteCommand::new(save)),
            self.stdout(RemoteCommand::new(legacy)),
            self.stdout(RemoteCommand::new("nft").words(&["list", "ruleset"])),
        )
        .await;
        let protocol = advert_protocol(conf);
        let iptables = |text: Fact<String>| {
            Fact::new(read_iptables(&text.value, protocol), text.observed_at, text.source)
        };
        let nftables = |text: Fact<String>| {
            Fact::new(read_nftables(&text.value), text.observed_at, text.source)
        };
        let read = [saved.map(iptables), legacy.map(iptables), listed.map(nftables)];
        let why = read.iter().filter_map(|read| read.as_ref().err().cloned()).collect::<Vec<_>>();
        read.into_iter()
            .flatten()
            .reduce(|a, b| Fact::new(a.value.worse(b.value), b.observed_at, b.source))
            .ok_or_else(|| why.join("; "))
    }
}

/// The best node that is neither director nor real server and now gets an answer through the
/// address.
pub(super) async fn client_of(
    app: &App,
    nodes: &Nodes,
    members: &[Member<'_>],
) -> Option<ClientFacts> {
    let tables: Vec<Table> =
        members.iter().filter_map(|m| ipvs(m.observed)).map(|table| table.value).collect();
    let question = members.iter().find_map(|member| {
        let table = ipvs(member.observed)?.value;
        Question::choose(&member.conf.value, &table)
    })?;
    client(app, nodes, question, &tables).await
}

/// The best node that is neither director nor real server of these tables and now gets an answer.
pub(super) async fn client(
    app: &App,
    nodes: &Nodes,
    question: Question,
    tables: &[Table],
) -> Option<ClientFacts> {
    let candidates = clients(nodes, tables);
    let tried = candidates.iter().take(CLIENTS_TRIED).map(|record| async {
        let answered = Asked { app, node: record.id }.stdout(question.once()).await.ok()?;
        let name = record.name.to_string();
        Some(ClientFacts { node: record.id, name, answered_at: answered.observed_at })
    });
    join_all(tried).await.into_iter().flatten().next()
}

/// Nodes that are neither director nor real server of these tables, best first.
pub(super) fn clients<'a>(nodes: &'a Nodes, tables: &[Table]) -> Vec<&'a NodeRecord> {
    let mut candidates: Vec<_> =
        nodes.values().filter(|(_, observed)| may_measure(observed, tables)).collect();
    candidates.sort_by_key(|(record, observed)| reluctance(record, observed));
    candidates.into_iter().map(|(record, _)| record).collect()
}

fn may_measure(observed: &Observed, tables: &[Table]) -> bool {
    let has_instances = observed.vrrp_conf.as_ref().is_some_and(|fact| !fact.value.is_empty());
    let has_services = observed.lvs.as_ref().is_some_and(|fact| !fact.value.services.is_empty());
    let serves = |address: IpAddr| {
        let mut servers = tables.iter().flat_map(|t| &t.services).flat_map(|s| &s.real_servers);
        servers.any(|server| server.address == address)
    };
    let addresses = observed.addresses.as_ref().map_or(&[][..], |fact| &fact.value);
    let is_server = addresses.iter().any(|address| serves(address.address));
    observed.link.state == LinkState::Up && !has_instances && !has_services && !is_server
}

/// Who is asked first: a node tagged `client`, then one that serves nothing; a router has more
/// addresses than a client.
fn reluctance(record: &NodeRecord, observed: &Observed) -> (bool, bool, usize, NodeId) {
    let tagged = record.tags.iter().any(|tag| tag.as_str() == "client");
    let addresses = observed.addresses.as_ref().map_or(usize::MAX, |fact| fact.value.len());
    (!tagged, observed.engine.is_some(), addresses, record.id)
}

//! Moving virtual addresses: reads what the planner needs and the probes do not tell.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use futures::future::{join, join_all};
use signalbox_domain::fact::Fact;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::Table;
use signalbox_domain::nodes::{InterfaceAddress, LinkState, NodeRecord, Observed};
use signalbox_domain::plan::Draft;
use signalbox_domain::vrrp::client::Question;
use signalbox_domain::vrrp::deploy::ChangeError;
use signalbox_domain::vrrp::facts::{ClientFacts, DirectorFacts, HandOverInput, RunningJob};
use signalbox_domain::vrrp::plan::{self, PlanError};
use signalbox_domain::vrrp::split::own_address;
use signalbox_domain::vrrp::{InstanceConf, InstanceName, InstanceView};

use super::asked::{Answers, Asked};
use crate::clock;
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

/// Plans a hand-over from what is seen now.
pub async fn draft(app: &App, instance: &InstanceName, to: NodeId) -> Result<Draft, VrrpError> {
    Ok(plan::hand_over(&hand_over_input(app, instance, to).await?, clock::now())?)
}

/// What a hand-over is decided from, as it is seen now.
pub(super) async fn hand_over_input(
    app: &App,
    instance: &InstanceName,
    to: NodeId,
) -> Result<HandOverInput, VrrpError> {
    let (view, nodes) = (seen(app, instance)?, app.fleet.nodes());
    let members = members(&view, &nodes);
    let asked = ask(app, &members, Some(to));
    let (answers, client) = join(asked, client_of(app, &nodes, &members)).await;
    let directors = directors(app, instance, answers)?;
    let running = running(app).await?;
    Ok(HandOverInput { instance: instance.clone(), to, directors, client, running })
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

/// What each member says when it is asked.
pub(super) async fn ask(
    app: &App,
    members: &[Member<'_>],
    takes_over: Option<NodeId>,
) -> BTreeMap<NodeId, Answers> {
    let of = |member: &Member<'_>| {
        let (node, conf) = (*member.id, member.conf.value.clone());
        let servers = (takes_over == Some(node)).then(|| member.servers_in_use());
        async move { (node, Asked { app, node }.answers(&conf, servers.as_deref()).await) }
    };
    let asked: Vec<_> = members.iter().map(of).collect();
    join_all(asked).await.into_iter().collect()
}

/// The instance's directors with what they answered, as they are seen now: answers take seconds on
/// a slow node, in which the probes told more.
pub(super) fn directors(
    app: &App,
    instance: &InstanceName,
    mut answers: BTreeMap<NodeId, Answers>,
) -> Result<Vec<DirectorFacts>, VrrpError> {
    let (view, nodes) = (seen(app, instance)?, app.fleet.nodes());
    let members = members(&view, &nodes);
    let with_answers =
        |member: &Member<'_>| member.facts(answers.remove(member.id).unwrap_or_default());
    Ok(members.iter().map(with_answers).collect())
}

impl Member<'_> {
    fn facts(&self, answers: Answers) -> DirectorFacts {
        let observed = self.observed;
        let conf = &self.conf.value;
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
            json_signal: answers.json_signal,
            clock_ahead_ms: observed.platform.as_ref().map(|fact| {
                Fact::new(fact.value.clock_ahead_ms, fact.observed_at, fact.source.clone())
            }),
            number: answers.number,
            is_out: answers.is_out,
            to_install: answers.to_install,
            filter: answers.filter,
            reach: answers.reach,
            kernel: answers.kernel,
            daemon: observed.vrrp_daemon.clone(),
            own_address: own_address(observed, conf),
            held: self.held(),
            adverts: answers.adverts,
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

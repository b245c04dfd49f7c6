//! Virtual services and their real servers: added, edited and deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use futures::future::{join, join_all};
use signalbox_domain::fact::Fact;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::edit::{
    Director, EditError, EditInput, ServiceChange, Wish, edit, rewritten, sets_mark, shown, target,
};
use signalbox_domain::lvs::{Owner, ServiceView, Target};
use signalbox_domain::nodes::{NodeRecord, Observed};
use signalbox_domain::plan::Draft;
use signalbox_domain::vrrp::deploy::{DeployInput, NodeChange};
use signalbox_domain::vrrp::facts::KernelSettings;
use signalbox_domain::vrrp::scripts::kernel_settings;

use super::asked::Asked;
use super::vrrp::{Nodes, VrrpError, ipvs, running};
use super::vrrp_conf;
use super::{firewall, lvs_mode};
use crate::clock;
use crate::state::App;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum LvsEditError {
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("node {0} does not exist")]
    NoSuchNode(NodeId),
    #[error(transparent)]
    Vrrp(#[from] VrrpError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a director says when it is asked.
struct Answer {
    shown: Result<Fact<String>, String>,
    forwards: Result<Fact<bool>, String>,
    sets_mark: Result<Fact<bool>, String>,
}

/// Plans the edit from what is seen now.
pub async fn draft(app: &App, wish: &Wish) -> Result<Draft, LvsEditError> {
    let mut draft = edit(&input(app, wish).await?, wish, clock::now())?;
    lvs_mode::clean_up(app, wish, &mut draft).await;
    Ok(draft)
}

pub(super) async fn input(app: &App, wish: &Wish) -> Result<EditInput, LvsEditError> {
    let target = target(&wish.service).map_err(EditError::from)?;
    wish.change.check(&target).map_err(EditError::from)?;
    let members = members(app, wish)?;
    let deploy = deployment(app, wish).await?;
    let ask = |node: &NodeId| {
        let (node, target, is_new) = (*node, &target, is_new(&wish.change));
        async move { (node, answer(app, node, target, is_new).await) }
    };
    let asked: Vec<_> = members.iter().map(ask).collect();
    let mut answers: BTreeMap<NodeId, Answer> = join_all(asked).await.into_iter().collect();
    // That took seconds on a slow node, in which the probes told more.
    let (service, nodes) = (seen(app, wish), app.fleet.nodes());
    let directors = members.iter().filter_map(|id| {
        let (record, observed) = nodes.get(id)?;
        Some(director(record, observed, &target, answers.remove(id)?))
    });
    let directors = directors.collect();
    let others = others(&nodes, &members, &target);
    Ok(EditInput { service, directors, others, deploy, running: running(app).await? })
}

fn is_new(change: &ServiceChange) -> bool {
    matches!(change, ServiceChange::AddService { .. })
}

fn seen(app: &App, wish: &Wish) -> Option<ServiceView> {
    app.fleet.lvs().services.into_iter().find(|service| service.id == wish.service)
}

/// The edited files of each director, where keepalived owns the service.
async fn deployment(app: &App, wish: &Wish) -> Result<Option<DeployInput>, LvsEditError> {
    let Some(service) = seen(app, wish).filter(|s| s.owner == Owner::Keepalived) else {
        return Ok(None);
    };
    if is_new(&wish.change) {
        return Ok(None);
    }
    let (nodes, mut changes) = (app.fleet.nodes(), Vec::new());
    for on in service.on.iter().filter(|on| on.configured) {
        let Some((record, _)) = nodes.get(&on.node) else { continue };
        let reading = vrrp_conf::read(app, record).await?;
        let edited = rewritten(&reading.value, &service.target, &wish.change);
        let edited = edited.map_err(|source| EditError::Conf { node: on.name.clone(), source })?;
        changes.extend(edited.map(|file| NodeChange { node: on.node, files: vec![file] }));
    }
    match changes.as_slice() {
        [] => Ok(None),
        changes => Ok(Some(vrrp_conf::input(app, changes).await?)),
    }
}

/// The directors that the edit is about.
fn members(app: &App, wish: &Wish) -> Result<BTreeSet<NodeId>, LvsEditError> {
    let nodes = app.fleet.nodes();
    match &wish.change {
        ServiceChange::AddService { directors, .. } => {
            let unknown = directors.iter().find(|node| !nodes.contains_key(node));
            match unknown {
                Some(node) => Err(LvsEditError::NoSuchNode(*node)),
                None => Ok(directors.iter().copied().collect()),
            }
        }
        _ => {
            let service =
                seen(app, wish).ok_or(EditError::NoSuchService(wish.service.0.clone()))?;
            Ok(service.on.iter().map(|on| on.node).collect())
        }
    }
}

/// Rules are read only for a new service by firewall mark.
async fn answer(app: &App, node: NodeId, target: &Target, is_new: bool) -> Answer {
    let asked = Asked { app, node };
    let (shown, printed) = join(asked.stdout(shown(target)), asked.stdout(kernel_settings())).await;
    let forwards = printed.map(|printed| {
        let forwards = KernelSettings::read(&printed.value).ip_forward;
        Fact::new(forwards, printed.observed_at, printed.source)
    });
    let sets_mark = match target {
        Target::FirewallMark { mark, ipv6 } if is_new => gives(app, node, *mark, *ipv6).await,
        _ => Err("it was not asked".to_owned()),
    };
    Answer { shown, forwards, sets_mark }
}

async fn gives(app: &App, node: NodeId, mark: u32, ipv6: bool) -> Result<Fact<bool>, String> {
    let reading = firewall::read(app, node).await.map_err(|error| error.to_string())?;
    let gives = sets_mark(&reading.value, mark, ipv6)?;
    Ok(Fact::new(gives, reading.observed_at, reading.source))
}

fn director(record: &NodeRecord, observed: &Observed, target: &Target, answer: Answer) -> Director {
    let configured = || {
        let services = observed.lvs_conf.iter().flat_map(|fact| &fact.value.services);
        services.into_iter().any(|service| service.target == *target)
    };
    let is_read = !observed.unreadable.contains_key("vrrp_conf");
    Director {
        node: record.id,
        name: record.name.to_string(),
        link: observed.link.clone(),
        heard_at: observed.heard_at,
        table: ipvs(observed),
        traffic: observed.lvs_traffic.clone(),
        is_configured: is_read.then(configured),
        has_address: address(target).is_some_and(|ip| observed.answers_for(ip)),
        carries_address: address(target).is_some_and(|ip| carries(observed, ip)),
        shown: answer.shown,
        forwards: answer.forwards,
        sets_mark: answer.sets_mark,
    }
}

fn address(target: &Target) -> Option<IpAddr> {
    match target {
        Target::Address { address, .. } => Some(address.ip()),
        Target::FirewallMark { .. } => None,
    }
}

fn carries(observed: &Observed, ip: IpAddr) -> bool {
    let instances = observed.vrrp_conf.iter().flat_map(|fact| &fact.value);
    instances.flat_map(|instance| &instance.virtual_addresses).any(|v| v.address == ip)
}

/// Nodes that carry the address by VRRP and are no members.
fn others(nodes: &Nodes, members: &BTreeSet<NodeId>, target: &Target) -> Vec<String> {
    let Some(ip) = address(target) else { return Vec::new() };
    let others = nodes.values().filter(|(record, _)| !members.contains(&record.id));
    let carrying = others.filter(|(_, observed)| carries(observed, ip));
    carrying.map(|(record, _)| record.name.to_string()).collect()
}

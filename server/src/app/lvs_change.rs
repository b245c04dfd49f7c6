//! Another weight for a real server, and draining one.

use std::collections::BTreeMap;

use futures::future::join_all;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::change::{ChangeInput, Director, PlanError, Wish, change, reweighed};
use signalbox_domain::lvs::{Owner, ServiceId, ServiceOnDirector, ServiceView};
use signalbox_domain::plan::Draft;
use signalbox_domain::vrrp::deploy::{DeployInput, NodeChange};

use super::lvs::settings;
use super::vrrp::{Nodes, VrrpError, ipvs, running};
use super::vrrp_conf;
use crate::clock;
use crate::state::App;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum LvsChangeError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Vrrp(#[from] VrrpError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Plans the change from what is seen now.
pub async fn draft(app: &App, wish: &Wish) -> Result<Draft, LvsChangeError> {
    let service = seen(app, &wish.service)?;
    let deploy = match service.owner {
        Owner::Keepalived => deployment(app, &app.fleet.nodes(), &service, wish).await?,
        Owner::Direct | Owner::Unknown => None,
    };
    Ok(change(&input(app, &wish.service, deploy).await?, wish, clock::now())?)
}

/// What a change of one of the service's real servers is decided from, as it is seen now.
pub(super) async fn input(
    app: &App,
    id: &ServiceId,
    deploy: Option<DeployInput>,
) -> Result<ChangeInput, LvsChangeError> {
    let service = seen(app, id)?;
    let ask = |on: &ServiceOnDirector| {
        let node = on.node;
        async move { (node, settings(app, node).await.map_err(|error| error.to_string())) }
    };
    let asked: Vec<_> = service.on.iter().map(ask).collect();
    let mut answers: BTreeMap<NodeId, _> = join_all(asked).await.into_iter().collect();
    // That took seconds on a slow node, in which the probes told more.
    let (service, nodes) = (seen(app, id)?, app.fleet.nodes());
    let own = service.on.iter().filter_map(|on| nodes.get(&on.node));
    let not_asked = || Err("it was not asked yet".to_owned());
    let directors = own.map(|(record, observed)| Director {
        node: record.id,
        name: record.name.to_string(),
        link: observed.link.clone(),
        heard_at: observed.heard_at,
        table: ipvs(observed),
        traffic: observed.lvs_traffic.clone(),
        settings: answers.remove(&record.id).unwrap_or_else(not_asked),
    });
    let directors = directors.collect();
    Ok(ChangeInput { service, directors, deploy, running: running(app).await? })
}

pub(super) fn seen(app: &App, id: &ServiceId) -> Result<ServiceView, PlanError> {
    let mut services = app.fleet.lvs().services.into_iter();
    let service = services.find(|service| service.id == *id);
    service.ok_or_else(|| PlanError::NoSuchService(id.0.clone()))
}

/// The edited files of each director that has the service in its keepalived.conf.
async fn deployment(
    app: &App,
    nodes: &Nodes,
    service: &ServiceView,
    wish: &Wish,
) -> Result<Option<DeployInput>, LvsChangeError> {
    let mut changes = Vec::new();
    for on in service.on.iter().filter(|on| on.configured) {
        let Some((record, _)) = nodes.get(&on.node) else { continue };
        let reading = vrrp_conf::read(app, record).await?;
        let edited = reweighed(&reading.value, &service.target, wish.server, wish.weight);
        let edited = edited.map_err(|source| PlanError::Conf { node: on.name.clone(), source })?;
        changes.extend(edited.map(|file| NodeChange { node: on.node, files: vec![file] }));
    }
    match changes.as_slice() {
        [] => Ok(None),
        changes => Ok(Some(vrrp_conf::input(app, changes).await?)),
    }
}

//! Another weight for a real server, and draining one.

use futures::future::join_all;
use signalbox_domain::lvs::change::{ChangeInput, Director, PlanError, Wish, change, reweighed};
use signalbox_domain::lvs::{Owner, ServiceView};
use signalbox_domain::nodes::{NodeRecord, Observed};
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
    let mut services = app.fleet.lvs().services.into_iter();
    let service = services.find(|service| service.id == wish.service);
    let service = service.ok_or_else(|| PlanError::NoSuchService(wish.service.0.clone()))?;
    let nodes = app.fleet.nodes();
    let own = service.on.iter().filter_map(|on| nodes.get(&on.node));
    let directors = join_all(own.map(|(record, observed)| director(app, record, observed))).await;
    let deploy = match service.owner {
        Owner::Keepalived => deployment(app, &nodes, &service, wish).await?,
        Owner::Direct | Owner::Unknown => None,
    };
    let input = ChangeInput { service, directors, deploy, running: running(app).await? };
    Ok(change(&input, wish, clock::now())?)
}

async fn director(app: &App, record: &NodeRecord, observed: &Observed) -> Director {
    Director {
        node: record.id,
        name: record.name.to_string(),
        link: observed.link.clone(),
        heard_at: observed.heard_at,
        table: ipvs(observed),
        traffic: observed.lvs_traffic.clone(),
        settings: settings(app, record.id).await.map_err(|error| error.to_string()),
    }
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

//! IPVS' sync daemons, started and stopped.

use std::net::SocketAddr;

use futures::future::{join_all, join3};
use signalbox_domain::fact::Fact;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::sync::{
    Asks, Director, Heard, SyncError, SyncInput, WantedSync, Wish, configured, heard, rewritten,
    sync,
};
use signalbox_domain::lvs::{Protocol, ServiceView, Target};
use signalbox_domain::nodes::{NodeRecord, Observed};
use signalbox_domain::plan::Draft;
use signalbox_domain::vrrp::client::MYSQL_PORTS;
use signalbox_domain::vrrp::deploy::{ConfReading, DeployInput, NodeChange};

use super::asked::Asked;
use super::lvs::settings;
use super::vrrp::{Nodes, VrrpError, clients, ipvs, running};
use super::vrrp_conf;
use crate::clock;
use crate::state::App;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum LvsSyncError {
    #[error(transparent)]
    Sync(#[from] SyncError),
    #[error("node {0} does not exist")]
    NoSuchNode(NodeId),
    #[error(transparent)]
    Vrrp(#[from] VrrpError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A director with its files, where it changes.
type Read = (Director, Option<ConfReading>);

/// Plans the change from what is seen now.
pub async fn draft(app: &App, wish: &Wish) -> Result<Draft, LvsSyncError> {
    wish.check().map_err(SyncError::from)?;
    let nodes = app.fleet.nodes();
    if let Some(unknown) = wish.directors.iter().find(|node| !nodes.contains_key(node)) {
        return Err(LvsSyncError::NoSuchNode(*unknown));
    }
    let others = app.fleet.lvs().directors.into_iter().map(|director| director.node);
    let mut all: Vec<NodeId> = others.chain(wish.directors.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    let read = |node: &NodeId| {
        let entry = nodes.get(node);
        async move { Some(director(app, entry?, wish).await) }
    };
    let reads: Vec<_> = all.iter().map(read).collect();
    let reads: Vec<Read> = join_all(reads).await.into_iter().flatten().collect();
    let deploy = deployment(app, &reads, wish).await?;
    let directors = reads.into_iter().map(|(director, _)| director).collect();
    let asks = asks(app, &nodes);
    let input = SyncInput { directors, deploy, asks, running: running(app).await? };
    Ok(sync(&input, wish, clock::now())?)
}

/// Its files, and what it hears, only where it changes.
async fn director(app: &App, entry: &(NodeRecord, Observed), wish: &Wish) -> Read {
    let (record, observed) = entry;
    let changes = wish.directors.contains(&record.id);
    let listens = wish.daemon.as_ref().filter(|_| changes);
    let (settings, heard, reading) =
        join3(settings(app, record.id), others_heard(app, record.id, listens), async {
            if changes { Some(vrrp_conf::read(app, record).await) } else { None }
        })
        .await;
    let (configured, reading) = match reading {
        None => (Ok(None), None),
        Some(Err(why)) => (Err(why.to_string()), None),
        Some(Ok(fact)) => (Ok(configured(&fact.value)), Some(fact.value)),
    };
    let servers = ipvs(observed).into_iter().flat_map(|table| table.value.services);
    let servers = servers.flat_map(|service| service.real_servers);
    let director = Director {
        node: record.id,
        name: record.name.to_string(),
        link: observed.link.clone(),
        heard_at: observed.heard_at,
        addresses: observed.addresses.clone(),
        settings: settings.map_err(|error| error.to_string()),
        configured,
        heard,
        active_connections: servers.map(|server| server.active_connections).sum(),
    };
    (director, reading)
}

async fn others_heard(
    app: &App,
    node: NodeId,
    wanted: Option<&WantedSync>,
) -> Result<Fact<Vec<Heard>>, String> {
    let Some(wanted) = wanted else { return Err("it was not asked".to_owned()) };
    let listen = heard(&wanted.interface, wanted.group, wanted.port);
    let printed = Asked { app, node }.stdout(listen).await?;
    Ok(Fact::new(Heard::parse(&printed.value), printed.observed_at, printed.source))
}

/// The edited files of those whose daemons keepalived starts.
async fn deployment(
    app: &App,
    reads: &[Read],
    wish: &Wish,
) -> Result<Option<DeployInput>, LvsSyncError> {
    let mut changes = Vec::new();
    for (director, reading) in reads {
        let Some(reading) = reading else { continue };
        if !wish.is_by_conf(configured(reading).as_ref()) {
            continue;
        }
        let edited = rewritten(reading, wish.daemon.as_ref())
            .map_err(|source| SyncError::Conf { director: director.name.clone(), source })?;
        changes.extend(edited.map(|file| NodeChange { node: director.node, files: vec![file] }));
    }
    match changes.as_slice() {
        [] => Ok(None),
        changes => Ok(Some(vrrp_conf::input(app, changes).await?)),
    }
}

/// The first TCP service whose address one director holds, and a client that can ask it.
fn asks(app: &App, nodes: &Nodes) -> Option<Asks> {
    let askable = |service: &ServiceView| -> Option<(NodeId, SocketAddr)> {
        let Target::Address { protocol: Protocol::Tcp, address } = service.target else {
            return None;
        };
        let serves = service.servers.iter().any(|server| server.weight > 0);
        let can = address.is_ipv4() && serves && !MYSQL_PORTS.contains(&address.port());
        Some((service.holder.filter(|_| can)?, address))
    };
    let (holder, service) = app.fleet.lvs().services.iter().find_map(askable)?;
    let table = ipvs(&nodes.get(&holder)?.1)?.value;
    let client = clients(nodes, &[table]).into_iter().next()?;
    Some(Asks { client: client.id, name: client.name.to_string(), service, holder })
}

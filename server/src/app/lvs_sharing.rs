//! How a service is shared among its real servers: proved by connections that are made for it.

use std::collections::BTreeMap;

use signalbox_domain::fact::Fact;
use signalbox_domain::lvs::sharing::plan::{Director, ProveError, ProveInput, prove};
use signalbox_domain::lvs::sharing::{Against, Proof};
use signalbox_domain::lvs::{Protocol, ServiceId, Table, Target};
use signalbox_domain::nodes::{NodeRecord, Observed};
use signalbox_domain::plan::Draft;
use signalbox_domain::vrrp::client::{Ask, MYSQL_PORTS, Question};

use super::vrrp::{Nodes, client, running};
use crate::clock;
use crate::state::App;
use crate::store::StoreError;

/// Proofs of a service that are told.
const PROOFS: u32 = 10;

#[derive(Debug, thiserror::Error)]
pub enum SharingError {
    #[error(transparent)]
    Prove(#[from] ProveError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Plans a proof from what is seen now.
pub async fn draft(
    app: &App,
    service: &ServiceId,
    requests: u32,
    against: Against,
) -> Result<Draft, SharingError> {
    let nodes = app.fleet.nodes();
    let directors = directors(&nodes, service);
    let tables: Vec<Table> = directors.iter().map(|d| d.table.value.clone()).collect();
    let client = match question(service) {
        Some(question) => client(app, &nodes, question, &tables).await,
        None => None,
    };
    let input = ProveInput {
        service: service.clone(),
        requests,
        against,
        directors,
        names: names(&nodes),
        client,
        running: running(app).await?,
    };
    Ok(prove(&input, clock::now())?)
}

/// The service's proofs that ended, newest first.
pub async fn proofs(app: &App, service: &ServiceId) -> Result<Vec<Proof>, StoreError> {
    app.store.proofs_of_sharing(service, PROOFS).await
}

/// What a client asks to see that the service answers; nothing of a MySQL server, which counts that.
pub(super) fn question(service: &ServiceId) -> Option<Question> {
    match service.target()? {
        Target::Address { protocol: Protocol::Tcp, address }
            if !MYSQL_PORTS.contains(&address.port()) =>
        {
            Some(Question { address: address.ip(), ask: Ask::Tcp { port: address.port() } })
        }
        _ => None,
    }
}

/// Those that have the service in their table.
fn directors(nodes: &Nodes, service: &ServiceId) -> Vec<Director> {
    let Some(target) = service.target() else { return Vec::new() };
    let of = |(record, observed): &(NodeRecord, Observed)| {
        let table = observed.lvs.clone()?;
        table.value.services.iter().find(|service| service.target == target)?;
        let address = match target {
            Target::Address { address, .. } => Some(address.ip()),
            Target::FirewallMark { .. } => None,
        };
        let addresses = observed.addresses.as_ref()?;
        let holds = address.is_some_and(|address| observed.answers_for(address));
        Some(Director {
            node: record.id,
            name: record.name.to_string(),
            holds: Fact::new(holds, addresses.observed_at, addresses.source.clone()),
            table,
            traffic: observed.lvs_traffic.clone(),
            configured: observed.lvs_conf.clone(),
        })
    };
    nodes.values().filter_map(of).collect()
}

/// Addresses of the fleet by the names of their nodes. A virtual one is on several.
pub(super) fn names(nodes: &Nodes) -> BTreeMap<std::net::IpAddr, String> {
    let mut names = BTreeMap::new();
    for (record, observed) in nodes.values() {
        for own in observed.addresses.iter().flat_map(|fact| &fact.value) {
            if own.interface.as_str() != "lo" {
                names.entry(own.address).or_insert_with(|| record.name.to_string());
            }
        }
    }
    names
}

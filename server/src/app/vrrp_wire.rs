//! Listens on a director's interfaces for who sends adverts.

use std::net::IpAddr;

use signalbox_domain::fact::Fact;
use signalbox_domain::ids::NodeId;
use signalbox_domain::vrrp::scripts;
use signalbox_domain::vrrp::wire::Wire;

use crate::app::asked::Asked;
use crate::state::App;

#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error("node {0} does not exist")]
    NoSuchNode(NodeId),
    #[error("{node} cannot listen for adverts: {why}")]
    Deaf { node: String, why: String },
}

/// What comes and goes in the next seconds.
pub async fn listen(app: &App, node: NodeId, seconds: u32) -> Result<Fact<Wire>, ListenError> {
    let nodes = app.fleet.nodes();
    let (record, _) = nodes.get(&node).ok_or(ListenError::NoSuchNode(node))?;
    let deaf = |why: String| ListenError::Deaf { node: record.name.to_string(), why };
    let asked = Asked { app, node };
    let printed = asked.stdout(scripts::wire(seconds)).await.map_err(deaf)?;
    let named = |address: IpAddr| {
        let (record, _) = nodes.values().find(|(_, observed)| observed.answers_for(address))?;
        Some((record.id, record.name.to_string()))
    };
    let wire = Wire::parse(&printed.value, named).map_err(|error| deaf(error.to_string()))?;
    Ok(Fact::new(wire, printed.observed_at, printed.source))
}

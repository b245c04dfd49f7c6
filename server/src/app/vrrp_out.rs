//! Taking a director out of service, and bringing it back.

use std::collections::BTreeMap;

use futures::future::{join, join_all};
use signalbox_domain::ids::NodeId;
use signalbox_domain::plan::Draft;
use signalbox_domain::vrrp::demote::RestoreInput;
use signalbox_domain::vrrp::out::{
    BringBackInput, Part, TakeOutInput, bring_back, other_director, take_out,
};
use signalbox_domain::vrrp::plan::PlanError;
use signalbox_domain::vrrp::split::{Scene, causes, doubts};
use signalbox_domain::vrrp::{InstanceName, InstanceView};

use super::vrrp::{Nodes, VrrpError, ask, client_of, directors, members, running, seen};
use super::vrrp_split::gather;
use crate::clock;
use crate::state::App;

/// An instance of the director, and the director that has it or would take it.
type Own = (InstanceView, NodeId);

/// Plans to take a director out of service from what is seen now.
pub async fn draft(app: &App, node: NodeId) -> Result<Draft, VrrpError> {
    let nodes = app.fleet.nodes();
    let (name, own) = (name(&nodes, node)?, own(app, &nodes, node)?);
    let part = |(view, other): &Own| {
        let (view, other, nodes) = (view.clone(), *other, &nodes);
        async move {
            let answers = ask(app, &members(&view, nodes), Some(other)).await;
            let directors = directors(app, &view.id, answers)?;
            Ok::<_, VrrpError>(Part { instance: view.id, other, directors })
        }
    };
    let asked: Vec<_> = own.iter().map(part).collect();
    let (parts, client) = join(join_all(asked), client(app, &nodes, &own)).await;
    let parts = parts.into_iter().collect::<Result<_, _>>()?;
    let input = TakeOutInput { node, name, parts, client, running: running(app).await? };
    Ok(take_out(&input, clock::now())?)
}

/// Plans to bring it back, from what would split the directors as it is seen now.
pub async fn draft_back(app: &App, node: NodeId) -> Result<Draft, VrrpError> {
    let nodes = app.fleet.nodes();
    let (name, own) = (name(&nodes, node)?, own(app, &nodes, node)?);
    let part = |(view, other): &Own| {
        let (view, other, nodes) = (view.clone(), *other, &nodes);
        async move { returning(app, &view, nodes, node).await.map(|input| (input, other)) }
    };
    let asked: Vec<_> = own.iter().map(part).collect();
    let (parts, client) = join(join_all(asked), client(app, &nodes, &own)).await;
    let parts = parts.into_iter().collect::<Result<_, _>>()?;
    Ok(bring_back(&BringBackInput { node, name, parts, client }, clock::now())?)
}

async fn returning(
    app: &App,
    view: &InstanceView,
    nodes: &Nodes,
    node: NodeId,
) -> Result<RestoreInput, VrrpError> {
    let members = members(view, nodes);
    let (answers, gathered) = join(ask(app, &members, Some(node)), gather(app, view)).await;
    let directors = directors(app, &view.id, answers)?;
    let (view, nodes) = (seen(app, &view.id)?, app.fleet.nodes());
    let (now, before) = (clock::now(), BTreeMap::new());
    let scene = Scene::of(view.members.iter(), &nodes, Some(&gathered), &before, now);
    let heard = other_director(&view, node).and_then(|holder| scene.heard(node, holder));
    Ok(RestoreInput {
        instance: InstanceName(view.id.0.clone()),
        node,
        directors,
        causes: causes(&scene),
        doubts: doubts(&scene),
        gathered_at: gathered.at,
        heard,
        running: running(app).await?,
    })
}

fn name(nodes: &Nodes, node: NodeId) -> Result<String, VrrpError> {
    let (record, _) = nodes.get(&node).ok_or(VrrpError::NoSuchNode(node))?;
    Ok(record.name.to_string())
}

fn own(app: &App, nodes: &Nodes, node: NodeId) -> Result<Vec<Own>, VrrpError> {
    let instances = app.fleet.vrrp().instances.into_iter();
    let mut carried: Vec<InstanceView> =
        instances.filter(|view| view.member(node).is_some()).collect();
    // Through the first the client asks, which shall be one that moves.
    let moves = |view: &InstanceView| {
        let (own, holder) = (view.member(node), view.holder.known().unwrap_or_default());
        let priority = own.map_or(0, |member| member.conf.priority);
        (holder == [node], priority)
    };
    carried.sort_by_key(|view| (std::cmp::Reverse(moves(view)), view.id.clone()));
    if carried.is_empty() {
        return Err(PlanError::NoDirector { director: name(nodes, node)? }.into());
    }
    let with_other = carried.into_iter().map(|view| {
        let alone = || PlanError::OneDirector { instance: view.id.0.clone() };
        let other = other_director(&view, node).ok_or_else(alone)?;
        Ok((view, other))
    });
    with_other.collect()
}

/// It asks through the first of the instances.
async fn client(
    app: &App,
    nodes: &Nodes,
    own: &[Own],
) -> Option<signalbox_domain::vrrp::facts::ClientFacts> {
    let (view, _) = own.first()?;
    client_of(app, nodes, &members(view, nodes)).await
}

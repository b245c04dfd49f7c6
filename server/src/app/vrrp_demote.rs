//! Ending a split brain, and letting the demoted director take part again.

use std::collections::BTreeMap;

use futures::future::{join, join3};
use signalbox_domain::ids::NodeId;
use signalbox_domain::plan::Draft;
use signalbox_domain::vrrp::demote::{DemoteInput, RestoreInput, demote, restore};
use signalbox_domain::vrrp::split::{Scene, causes, doubts};
use signalbox_domain::vrrp::{Holder, InstanceName};

use super::vrrp::{VrrpError, ask, client_of, directors, members, running, seen};
use super::vrrp_split::{gather, witness};
use crate::clock;
use crate::state::App;

/// Plans to end a split from what is seen now.
pub async fn draft(app: &App, instance: &InstanceName, node: NodeId) -> Result<Draft, VrrpError> {
    let (view, nodes) = (seen(app, instance)?, app.fleet.nodes());
    let members = members(&view, &nodes);
    let asked = ask(app, &members, None);
    let (answers, witness, client) =
        join3(asked, witness(app, &nodes, &view), client_of(app, &nodes, &members)).await;
    let directors = directors(app, instance, answers)?;
    let (instance, running) = (instance.clone(), running(app).await?);
    let input = DemoteInput { instance, node, directors, witness, client, running };
    Ok(demote(&input, clock::now())?)
}

/// Plans to let a demoted director back, from what would split them again as it is seen now.
pub async fn draft_restore(
    app: &App,
    instance: &InstanceName,
    node: NodeId,
) -> Result<Draft, VrrpError> {
    let (view, nodes) = (seen(app, instance)?, app.fleet.nodes());
    let members = members(&view, &nodes);
    let (answers, gathered) = join(ask(app, &members, None), gather(app, &view)).await;
    let directors = directors(app, instance, answers)?;
    let (view, nodes) = (seen(app, instance)?, app.fleet.nodes());
    let (now, before) = (clock::now(), BTreeMap::new());
    let scene = Scene::of(view.members.iter(), &nodes, Some(&gathered), &before, now);
    let heard = match view.holder {
        Holder::One { node: holder } => scene.heard(node, holder),
        _ => None,
    };
    let input = RestoreInput {
        instance: instance.clone(),
        node,
        directors,
        causes: causes(&scene),
        doubts: doubts(&scene),
        gathered_at: gathered.at,
        heard,
        running: running(app).await?,
    };
    Ok(restore(&input, now)?)
}

//! Packets that are sent for real, so that a node's kernel tells how they went.

use futures::future::join3;
use signalbox_domain::fact::Fact;
use signalbox_domain::firewall::kernel_trace::plan::{TraceInput, trace_for_real};
use signalbox_domain::firewall::kernel_trace::{Sender, SentPacket, TraceFacts, scripts, sender};
use signalbox_domain::firewall::plan::RunningJob;
use signalbox_domain::firewall::{Tool, needs};
use signalbox_domain::ids::NodeId;
use signalbox_domain::plan::Draft;

use super::firewall::{self, FirewallError};
use crate::clock;
use crate::state::App;

/// Plans a trace from what is seen now.
pub async fn draft(
    app: &App,
    node: NodeId,
    tool: Tool,
    packet: &SentPacket,
) -> Result<Draft, FirewallError> {
    let nodes = app.fleet.nodes();
    let (record, observed) = nodes.get(&node).ok_or(FirewallError::NoSuchNode(node))?;
    let from = sender(packet, node, &nodes, clock::now());
    let (reading, facts, can_send) =
        join3(firewall::read(app, node), ask(app, node, tool, packet), can_send(app, from)).await;
    let named = from.and_then(|id| Some((id, nodes.get(&id)?.0.name.to_string())));
    let held = app.store.held_locks().await?;
    let running = held.into_iter().map(|held| RunningJob { id: held.job, locks: held.objects });
    let input = TraceInput {
        node,
        name: record.name.to_string(),
        tool,
        packet: packet.clone(),
        reading: reading?,
        addresses: needs::own_addresses(observed),
        facts,
        sender: named.map(|(node, name)| Sender { node, name, can_send }),
        running: running.collect(),
    };
    Ok(trace_for_real(&input, clock::now())?)
}

/// What the node has that a trace takes, or why it could not be asked.
async fn ask(
    app: &App,
    node: NodeId,
    tool: Tool,
    packet: &SentPacket,
) -> Result<Fact<TraceFacts>, String> {
    let command = scripts::ask(tool, packet);
    let output = app.remote.run(node, &command).await.map_err(|error| error.to_string())?;
    if output.exit_status == 0 {
        let facts = TraceFacts::parse(&output.stdout);
        Ok(Fact::new(facts, clock::now(), command.readable()))
    } else {
        Err(firewall::shortened(&output.stderr))
    }
}

async fn can_send(app: &App, sender: Option<NodeId>) -> Result<(), String> {
    let Some(sender) = sender else { return Ok(()) };
    let answer = app.remote.run(sender, &scripts::can_send()).await;
    let output = answer.map_err(|error| error.to_string())?;
    match output.exit_status {
        0 => Ok(()),
        _ => Err(firewall::shortened(&output.stderr)),
    }
}

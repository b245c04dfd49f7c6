//! Packet filters: read while somebody looks, and changed so that they come back by themselves.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use futures::future::{join, join_all, try_join_all};
use signalbox_domain::fact::Fact;
use signalbox_domain::firewall::kernel_trace::plan::TracePlanError;
use signalbox_domain::firewall::needs::{self, Need, Nodes, Proof};
use signalbox_domain::firewall::plan::{
    self, ApplyInput, NodeRules, PlanError, RunningJob, SetsInput, Site, Standing, TriedSets,
};
use signalbox_domain::firewall::{FirewallView, Reading, Tool, scripts, set};
use signalbox_domain::ids::{NodeId, RulesetId};
use signalbox_domain::live::Topic;
use signalbox_domain::lvs::Target;
use signalbox_domain::nodes::Observed;
use signalbox_domain::plan::Draft;
use signalbox_domain::remote::RemoteCommand;
use signalbox_domain::values::{ConfName, Sha256Hex};
use signalbox_domain::vrrp::{self, InstanceConf};
use tokio::time::{MissedTickBehavior, interval};

use crate::app::firewall_history;
use crate::clock;
use crate::ssh::SshError;
use crate::state::App;
use crate::store::StoreError;

/// How often rules are read that somebody looks at.
const READ_EVERY: Duration = Duration::from_secs(2);

/// What a node says of a draft that it refuses.
const REFUSAL_CHARS: usize = 300;

#[derive(Debug, thiserror::Error)]
pub enum FirewallError {
    #[error("node {0} does not exist")]
    NoSuchNode(NodeId),
    #[error("the history of node {node} has no ruleset {id}")]
    NoSuchRuleset { node: NodeId, id: RulesetId },
    #[error("the rules of node {node} cannot be read: {source}")]
    Unreachable {
        node: NodeId,
        #[source]
        source: SshError,
    },
    #[error("the rules of node {node} cannot be read: exit status {exit_status}. {stderr}")]
    Refused { node: NodeId, exit_status: u32, stderr: String },
    #[error("node {0} has more rules than are read")]
    TooMany(NodeId),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Trace(#[from] TracePlanError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a person asks to be applied.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    pub node: NodeId,
    pub tool: Tool,
    pub rules: &'a str,
    pub base: Option<&'a Sha256Hex>,
}

/// Everything that decides on packets on a node, read now.
pub async fn view(app: &App, node: NodeId) -> Result<FirewallView, FirewallError> {
    let reading = read_and_record(app, node).await?;
    let nodes = app.fleet.nodes();
    let (record, observed) = nodes.get(&node).ok_or(FirewallError::NoSuchNode(node))?;
    Ok(FirewallView::new(
        node,
        record.name.to_string(),
        reading.observed_at,
        reading.value,
        needs::own_addresses(observed),
        virtual_services(observed),
    ))
}

/// Reads the rules and enters them in the node's history.
pub async fn read_and_record(app: &App, node: NodeId) -> Result<Fact<Reading>, FirewallError> {
    let asked = firewall_history::Asked::now(node);
    let mut reading = read(app, node).await?;
    firewall_history::record(app, asked, &mut reading).await;
    Ok(reading)
}

/// Publishes the rules of the nodes that somebody looks at, and forgets those of the others.
pub async fn keep_current(app: App) {
    let mut tick = interval(READ_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let nodes = app.fleet.nodes().into_keys().map(|node| (node, Topic::Firewall(node)));
        let (watched, others): (Vec<_>, Vec<_>) =
            nodes.partition(|(_, topic)| app.hub.listeners(*topic) > 0);
        for (_, topic) in others.into_iter().filter(|(_, topic)| app.hub.has(*topic)) {
            app.hub.retire(topic);
        }
        join_all(watched.into_iter().map(|(node, _)| publish(&app, node))).await;
    }
}

/// Publishes the rules of one node, for somebody who begins to look.
pub async fn publish(app: &App, node: NodeId) {
    match view(app, node).await {
        Ok(view) => app.hub.publish(Topic::Firewall(node), &view),
        // The page shows how old its rules are.
        Err(error) => tracing::debug!(%node, %error, "rules could not be read"),
    }
}

/// Plans a change of rules from what is seen now.
pub async fn draft(app: &App, wish: Wish<'_>, within_s: u32) -> Result<Draft, FirewallError> {
    Ok(plan::apply(gather(app, wish).await?, within_s, clock::now())?)
}

/// Plans the same for several nodes, which are all asked at once.
pub async fn draft_group(
    app: &App,
    waves: &[Vec<NodeRules>],
    within_s: u32,
) -> Result<Draft, FirewallError> {
    let of_wave = |wave: &[NodeRules]| {
        let wave: Vec<NodeRules> = wave.to_vec();
        async move {
            let members = wave.iter().map(|wanted| {
                let NodeRules { node, tool, rules, base } = wanted;
                let wish = Wish { node: *node, tool: *tool, rules, base: base.as_ref() };
                gather(app, wish)
            });
            try_join_all(members).await
        }
    };
    let inputs = try_join_all(waves.iter().map(|wave| of_wave(wave))).await?;
    Ok(plan::apply_group(inputs, within_s, clock::now())?)
}

/// Plans edits of a node's sets.
pub async fn draft_sets(
    app: &App,
    node: NodeId,
    edits: &str,
    within_s: u32,
) -> Result<Draft, FirewallError> {
    let site = site(app, node).await?;
    // What the node is told must be edits and nothing else.
    let lines = set::edits(edits, &site.reading.value.sets).map_err(PlanError::from)?;
    let lines: String = lines.iter().map(|edit| format!("{edit}\n")).collect();
    let tried = match try_command(app, node, &scripts::sets::try_out(&lines)).await {
        Ok(printed) => Ok(TriedSets::parse(&printed.value)?),
        Err(why) => Err(why),
    };
    let input = SetsInput { site, edits: lines, tried };
    Ok(plan::change_sets(input, within_s, clock::now())?)
}

async fn gather(app: &App, wish: Wish<'_>) -> Result<ApplyInput, FirewallError> {
    let Wish { node, tool, rules, base } = wish;
    let trial = scripts::try_out(tool, rules);
    let (site, tried) = join(site(app, node), try_command(app, node, &trial)).await;
    let (rules, base) = (rules.to_owned(), base.cloned());
    Ok(ApplyInput { site: site?, tool, rules, base, tried })
}

/// What is seen of the node, and of what the fleet needs of it.
async fn site(app: &App, node: NodeId) -> Result<Site, FirewallError> {
    let nodes = app.fleet.nodes();
    let (record, observed) = nodes.get(&node).ok_or(FirewallError::NoSuchNode(node))?;
    let reading = read(app, node).await?;
    let needs = needs::of(node, &nodes, reading.value.line);
    let (proved, standing) = join(prove(app, &needs), standing(app, node, &nodes)).await;
    let held = app.store.held_locks().await?;
    let running = held.into_iter().map(|held| RunningJob { id: held.job, locks: held.objects });
    Ok(Site {
        node,
        name: record.name.to_string(),
        reading,
        addresses: needs::own_addresses(observed),
        needs,
        proved,
        standing,
        running: running.collect(),
    })
}

pub(super) async fn read(app: &App, node: NodeId) -> Result<Fact<Reading>, FirewallError> {
    let command = scripts::read();
    let output = app
        .remote
        .run(node, &command)
        .await
        .map_err(|source| FirewallError::Unreachable { node, source })?;
    if output.truncated {
        return Err(FirewallError::TooMany(node));
    }
    if output.exit_status != 0 {
        let stderr = shortened(&output.stderr);
        return Err(FirewallError::Refused { node, exit_status: output.exit_status, stderr });
    }
    Ok(Fact::new(Reading::parse(&output.stdout), clock::now(), command.readable()))
}

/// What the node makes of a draft in a network namespace of its own, or why it refuses it.
async fn try_command(
    app: &App,
    node: NodeId,
    command: &RemoteCommand,
) -> Result<Fact<String>, String> {
    let output = app.remote.run(node, command).await.map_err(|error| error.to_string())?;
    if output.exit_status == 0 {
        Ok(Fact::new(output.stdout, clock::now(), command.readable()))
    } else {
        Err(shortened(&output.stderr))
    }
}

pub(super) fn shortened(stderr: &str) -> String {
    stderr.trim().chars().take(REFUSAL_CHARS).collect()
}

/// Makes the connections that the needs' proofs are, each node's at once.
async fn prove(app: &App, needs: &[Need]) -> Vec<(Proof, bool)> {
    let mut by_node: BTreeMap<NodeId, Vec<Proof>> = BTreeMap::new();
    for proof in needs.iter().filter_map(|need| need.proof) {
        by_node.entry(proof.from).or_default().push(proof);
    }
    let asked = by_node.into_iter().map(|(node, proofs)| async move {
        let targets: Vec<(IpAddr, u16)> = proofs.iter().map(|proof| proof.to).collect();
        let answer = app.remote.run(node, &vrrp::scripts::reach(&targets)).await;
        let printed = answer.map_or(String::new(), |output| output.stdout);
        let reached = move |proof: Proof| {
            let line = format!("{} {} reached", proof.to.0, proof.to.1);
            (proof, printed.lines().any(|printed| printed == line))
        };
        proofs.into_iter().map(reached).collect::<Vec<_>>()
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Where every director of the node's VRRP instances stands.
async fn standing(app: &App, node: NodeId, nodes: &Nodes) -> Vec<Standing> {
    let confs = nodes.get(&node).and_then(|(_, observed)| observed.vrrp_conf.as_ref());
    let own: Vec<&InstanceConf> = confs.iter().flat_map(|fact| &fact.value).collect();
    let directors = nodes.iter().flat_map(|(id, (record, observed))| {
        let confs = observed.vrrp_conf.iter().flat_map(|fact| &fact.value);
        let shared = confs.filter(|conf| own.iter().any(|own| same_instance(own, conf)));
        shared.map(|conf| (*id, record.name.to_string(), conf))
    });
    let asked = directors.map(|(id, name, conf)| stands(app, id, name, conf));
    join_all(asked).await.into_iter().flatten().collect()
}

fn same_instance(a: &InstanceConf, b: &InstanceConf) -> bool {
    let of_a = |address: IpAddr| a.virtual_addresses.iter().any(|v| v.address == address);
    a.vrid == b.vrid && b.virtual_addresses.iter().any(|v| of_a(v.address))
}

async fn stands(app: &App, node: NodeId, name: String, conf: &InstanceConf) -> Option<Standing> {
    let instance: ConfName = conf.name.parse().ok()?;
    let said = stdout(app, node, &vrrp::scripts::json_signal()).await?;
    let addresses: Vec<IpAddr> = conf.virtual_addresses.iter().map(|v| v.address).collect();
    let command = vrrp::scripts::state(&instance, said.trim().parse().ok()?, &addresses);
    let printed = stdout(app, node, &command).await?;
    let line = printed.lines().next()?.to_owned();
    let elected = line.starts_with("MASTER,") || line.starts_with("BACKUP,");
    elected.then(|| Standing { node, name, instance: conf.name.clone(), command, line })
}

async fn stdout(app: &App, node: NodeId, command: &RemoteCommand) -> Option<String> {
    let output = app.remote.run(node, command).await.ok()?;
    (output.exit_status == 0).then_some(output.stdout)
}

/// The addresses that IPVS takes packets to.
fn virtual_services(observed: &Observed) -> Vec<IpAddr> {
    let services = observed.lvs.iter().flat_map(|fact| &fact.value.services);
    let mut addresses: Vec<IpAddr> = services
        .filter_map(|service| match service.target {
            Target::Address { address, .. } => Some(address.ip()),
            Target::FirewallMark { .. } => None,
        })
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

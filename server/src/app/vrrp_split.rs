//! Split brain: what cannot be read all the time is read once, when it is seen.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use futures::future::{join, join_all};
use signalbox_domain::access::Permission;
use signalbox_domain::audit::{AuditPhase, Deed};
use signalbox_domain::fact::Fact;
use signalbox_domain::firewall::adverts::passage;
use signalbox_domain::firewall::needs;
use signalbox_domain::ids::NodeId;
use signalbox_domain::nodes::{NodeRecord, Observed};
use signalbox_domain::operation::Operation;
use signalbox_domain::plan::{Plan, Verdict};
use signalbox_domain::values::InterfaceName;
use signalbox_domain::vrrp::split::{
    AdvertTrace, ArpAnswer, Gathered, GatheredSide, PolicyView, Settled, SplitPolicy, Witness,
    adverts_between, candidates, own_address, parse_arp, refusals,
};
use signalbox_domain::vrrp::{InstanceConf, InstanceName, InstanceView, MemberView, scripts};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::access::Actor;
use super::jobs::{Submission, SubmitError};
use super::{audit, firewall, jobs, plans};
use crate::clock;
use crate::state::App;
use crate::store::StoreError;

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Facts on a node in trouble come a moment later.
const PLANS_TRIED: u32 = 20;
const PLAN_EVERY: Duration = Duration::from_millis(500);

/// Between two splits of an instance of which the console ends each by itself. A survivor that does
/// not answer has the demotion taken back, which splits them anew.
const REST: Duration = Duration::from_secs(600);

/// Third nodes that are asked, in turn, until one can answer.
const WITNESSES_TRIED: usize = 3;

type Nodes = BTreeMap<NodeId, (NodeRecord, Observed)>;

/// A split that is looked into.
struct Followed {
    split: Settled,
    /// Whether it lasted until it was written down.
    told: JoinHandle<bool>,
}

/// What ends a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EndedBy {
    /// It is left to what the policy says.
    Policy,
    /// It split again soon after the console ended it.
    Person,
    /// A drill made it, and mends it.
    Drill,
}

/// Follows the fleet for as long as the console runs.
pub async fn keep_current(app: App) {
    let mut tick = interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut followed: Vec<Followed> = Vec::new();
    let mut last: BTreeMap<InstanceName, Instant> = BTreeMap::new();
    loop {
        tick.tick().await;
        let seen = app.fleet.splits();
        for split in &seen {
            if followed.iter().all(|known| known.split != *split) {
                let drilled = is_drilled(&app, &split.instance).await;
                if drilled {
                    let told = tokio::spawn(look_into(app.clone(), split.clone(), EndedBy::Drill));
                    followed.push(Followed { split: split.clone(), told });
                    continue;
                }
                let before = last.insert(split.instance.clone(), Instant::now());
                let rested = before.is_none_or(|before| before.elapsed() >= REST);
                let ends = if rested { EndedBy::Policy } else { EndedBy::Person };
                let told = tokio::spawn(look_into(app.clone(), split.clone(), ends));
                followed.push(Followed { split: split.clone(), told });
            }
        }
        let (over, lasting): (Vec<_>, Vec<_>) =
            followed.into_iter().partition(|known| is_over(&app, &seen, &known.split));
        followed = lasting;
        for Followed { split, told } in over {
            let app = app.clone();
            tokio::spawn(async move {
                if told.await.unwrap_or(false) {
                    tell_end(&app, &split).await;
                }
            });
        }
    }
}

/// Whether a drill works on the instance. Where the store does not tell, it is taken for a real split.
async fn is_drilled(app: &App, instance: &InstanceName) -> bool {
    let view = app.fleet.vrrp();
    let members = view.instances.iter().filter(|view| view.id == *instance);
    let nodes = members.flat_map(|view| &view.members);
    // A fault of the daemon splits every instance that it has.
    let mut locks: Vec<String> =
        nodes.map(|member| format!("node/{}/keepalived", member.node)).collect();
    locks.push(format!("vrrp/{}", instance.0));
    let Ok(Some((_, job))) = app.store.lock_holder(&locks).await else { return false };
    let record = app.store.job(job).await;
    record.is_ok_and(|record| record.is_some_and(|record| record.draft.is_drill()))
}

/// A split of which it cannot be told whether it lasts is not over.
fn is_over(app: &App, seen: &[Settled], split: &Settled) -> bool {
    if seen.iter().any(|now| now.instance == split.instance) {
        return !seen.contains(split);
    }
    let view = app.fleet.vrrp();
    let now = view.instances.iter().find(|instance| instance.id == split.instance);
    now.is_none_or(|instance| instance.holder.known().is_some_and(|holders| holders.len() < 2))
}

/// Reads what the probes do not tell, writes down what was found, and does what the policy says.
async fn look_into(app: App, split: Settled, ends: EndedBy) -> bool {
    let view = app.fleet.vrrp();
    let Some(instance) = view.instances.iter().find(|i| i.id == split.instance) else {
        return false;
    };
    let gathered = gather(&app, instance).await;
    app.fleet.gathered(&split.instance, split.found_at, gathered.clone());
    let told = tell_begin(&app, &split).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a split brain is not written down");
        true
    });
    let ended = async {
        if let Err(error) = end_by_policy(&app, &split, ends).await {
            tracing::error!(%error, "a split brain is not ended as the policy says");
        }
    };
    // Slow to read on a small machine, and decides nothing.
    let with_logs = async {
        let gathered = with_logs(&app, instance, gathered).await;
        app.fleet.gathered(&split.instance, split.found_at, gathered);
    };
    join(ended, with_logs).await;
    told
}

/// Demotes one, where that is the policy, as soon as a plan may run; once in a split, and not again
/// soon after.
async fn end_by_policy(app: &App, split: &Settled, ends: EndedBy) -> Result<(), SubmitError> {
    let actor = Actor::console(Permission::VrrpHandOver);
    let mut why = String::new();
    if ends == EndedBy::Drill {
        return Ok(());
    }
    if ends == EndedBy::Person {
        if app.store.split_policy().await?.split_brain == SplitPolicy::Automatic {
            let why = format!("it split again within {} s: a person decides", REST.as_secs());
            let deed = Deed::by_console("vrrp.demote", split.instance.0.clone());
            audit::record(&app.store, &deed, AuditPhase::Refused, &why).await?;
        }
        return Ok(());
    }
    for _ in 0..PLANS_TRIED {
        if app.store.split_policy().await?.split_brain != SplitPolicy::Automatic {
            return Ok(());
        }
        let Some(node) = to_demote(app, split) else { return Ok(()) };
        let operation = Operation::VrrpDemote { instance: split.instance.clone(), node };
        match plans::make(app, &actor, &operation).await {
            Ok(plan) => match stands_against(&plan) {
                None => {
                    let approved = Submission::Approved { plan: plan.id, hash: plan.hash };
                    match jobs::submit(app, &actor, &approved, None).await {
                        // What changed in between is looked at anew.
                        Err(SubmitError::Changed(_) | SubmitError::Locked { .. }) => {}
                        submitted => return submitted.map(drop),
                    }
                }
                Some(found) => why = found,
            },
            Err(error) => why = error.to_string(),
        }
        sleep(PLAN_EVERY).await;
    }
    let deed = Deed::by_console("vrrp.demote", split.instance.0.clone());
    audit::record(&app.store, &deed, AuditPhase::Refused, &why).await?;
    Ok(())
}

/// Who should give the addresses up, while it is still the same split.
fn to_demote(app: &App, split: &Settled) -> Option<NodeId> {
    let still = app
        .fleet
        .splits()
        .into_iter()
        .any(|now| now.instance == split.instance && now.found_at == split.found_at);
    let view = app.fleet.vrrp();
    let instance = view.instances.iter().find(|instance| instance.id == split.instance)?;
    instance.split.as_ref()?.demote.filter(|_| still)
}

/// Why nobody but a person may run it: what a person would be asked about, the console leaves.
fn stands_against(plan: &Plan) -> Option<String> {
    let against = plan.draft.interlocks.iter().find(|i| i.verdict != Verdict::Pass);
    against.map(|interlock| format!("{}: {}", interlock.id, interlock.detail.en))
}

/// Sets what the console does by itself.
pub async fn set_policy(
    app: &App,
    actor: &Actor,
    policy: SplitPolicy,
) -> Result<PolicyView, StoreError> {
    let word = match policy {
        SplitPolicy::Off => "off",
        SplitPolicy::Ask => "ask",
        SplitPolicy::Automatic => "automatic",
    };
    let deed = audit::deed(actor, "vrrp.set_policy", format!("split brain: {word}"));
    audit::attempt(&app.store, &deed, async {
        app.store.set_split_policy(policy, &actor.name, clock::now()).await
    })
    .await?;
    app.store.split_policy().await
}

/// What decides on adverts between the instance's directors, and what a third node sees.
pub async fn gather(app: &App, instance: &InstanceView) -> Gathered {
    let nodes = app.fleet.nodes();
    let sides = instance.members.iter().map(|member| side(app, &nodes, instance, member));
    let (sides, witness) = join(join_all(sides), witness(app, &nodes, instance)).await;
    Gathered { at: clock::now(), sides: sides.into_iter().flatten().collect(), witness }
}

async fn side(
    app: &App,
    nodes: &Nodes,
    instance: &InstanceView,
    member: &MemberView,
) -> Option<GatheredSide> {
    let (_, observed) = nodes.get(&member.node)?;
    let own = (observed, &member.conf);
    let peers: Vec<(NodeId, (&Observed, &InstanceConf))> = instance
        .members
        .iter()
        .filter(|peer| peer.node != member.node)
        .filter_map(|peer| Some((peer.node, (&nodes.get(&peer.node)?.1, &peer.conf))))
        .collect();
    let asked: Vec<IpAddr> =
        peers.iter().filter_map(|(_, (observed, conf))| own_address(observed, conf)).collect();
    let arp = async {
        let from = own_address(observed, &member.conf)?;
        ask_arp(app, member.node, &member.conf.interface, from, &asked).await
    };
    let (filter, arp) = join(filter(app, member.node, own, &peers), arp).await;
    Some(GatheredSide { node: member.node, filter, arp, log: None })
}

/// What each keepalived logged besides.
async fn with_logs(app: &App, instance: &InstanceView, mut gathered: Gathered) -> Gathered {
    let logs = join_all(instance.members.iter().map(|member| log(app, member))).await;
    for (member, log) in instance.members.iter().zip(logs) {
        let own = gathered.sides.iter_mut().filter(|side| side.node == member.node);
        own.for_each(|side| side.log.clone_from(&log));
    }
    gathered
}

/// How the node's rules treat adverts from and to each peer.
async fn filter(
    app: &App,
    node: NodeId,
    own: (&Observed, &InstanceConf),
    peers: &[(NodeId, (&Observed, &InstanceConf))],
) -> Result<Fact<Vec<AdvertTrace>>, String> {
    let reading = firewall::read(app, node).await.map_err(|error| error.to_string())?;
    let addresses = needs::own_addresses(own.0);
    let of_peer = |(peer, theirs): &(NodeId, (&Observed, &InstanceConf))| {
        let packets = adverts_between(own, *theirs).into_iter().flatten();
        let trace = |(way, packet)| {
            let passage = passage(&reading.value, &addresses, &packet);
            AdvertTrace { peer: *peer, way, passage }
        };
        packets.map(trace).collect::<Vec<_>>()
    };
    let traces = peers.iter().flat_map(of_peer).collect();
    Ok(Fact::new(traces, reading.observed_at, reading.source.clone()))
}

async fn log(app: &App, member: &MemberView) -> Option<Fact<Vec<String>>> {
    let command = scripts::log();
    let output = app.remote.run(member.node, &command).await.ok()?;
    let lines = refusals(&output.stdout, &member.conf.name);
    (output.exit_status == 0).then(|| Fact::new(lines, clock::now(), command.readable()))
}

/// The first third node that can ask, with who answered for the virtual address and for the
/// directors' own.
pub async fn witness(app: &App, nodes: &Nodes, instance: &InstanceView) -> Option<Witness> {
    let address = instance.virtual_addresses.first()?.address;
    let directors: Vec<NodeId> = instance.members.iter().map(|member| member.node).collect();
    let own = instance.members.iter().filter_map(|member| {
        let (_, observed) = nodes.get(&member.node)?;
        own_address(observed, &member.conf)
    });
    let virtual_addresses = instance.virtual_addresses.iter().map(|v| v.address);
    let asked: BTreeSet<IpAddr> = own.chain(virtual_addresses).collect();
    let asked: Vec<IpAddr> = asked.into_iter().collect();
    for (node, interface, from) in
        candidates(nodes, &directors, address, clock::now()).into_iter().take(WITNESSES_TRIED)
    {
        if let Some(answers) = ask_arp(app, node, &interface, from, &asked).await {
            let name = nodes.get(&node).map(|(record, _)| record.name.to_string())?;
            return Some(Witness { node, name, answers });
        }
    }
    None
}

pub(super) async fn ask_arp(
    app: &App,
    node: NodeId,
    interface: &InterfaceName,
    from: IpAddr,
    asked: &[IpAddr],
) -> Option<Fact<Vec<ArpAnswer>>> {
    // IPv6 has no ARP.
    if from.is_ipv6() || asked.iter().any(IpAddr::is_ipv6) {
        return None;
    }
    let command = scripts::arp(interface, from, asked);
    let output = app.remote.run(node, &command).await.ok()?;
    let answers = parse_arp(&output.stdout);
    (output.exit_status == 0).then(|| Fact::new(answers, clock::now(), "vrrp-arp"))
}

/// Whether it lasts; one that was the moment of a move is not written down.
async fn tell_begin(app: &App, split: &Settled) -> Result<bool, StoreError> {
    let view = app.fleet.vrrp();
    let instance = view.instances.iter().find(|instance| instance.id == split.instance);
    let Some(found) = instance.and_then(|instance| instance.split.as_ref()) else {
        return Ok(false);
    };
    let cause = found.causes.first().map_or("no cause seen", |cause| cause.title.en.as_str());
    let names = holders(app, split);
    let detail = format!("{names} hold it; found after {} ms; {cause}", found.found_ms);
    let deed = Deed::by_console("vrrp.split_brain", split.instance.0.clone());
    audit::record(&app.store, &deed, AuditPhase::Failed, &detail).await.map(|_| true)
}

async fn tell_end(app: &App, split: &Settled) {
    let lasted = split.found_at.age(clock::now());
    let detail = format!("over after {:.1} s", lasted.as_secs_f64());
    let deed = Deed::by_console("vrrp.split_brain", split.instance.0.clone());
    if let Err(error) = audit::record(&app.store, &deed, AuditPhase::Done, &detail).await {
        tracing::error!(%error, "the end of a split brain is not written down");
    }
}

fn holders(app: &App, split: &Settled) -> String {
    let nodes = app.fleet.nodes();
    let name = |node: &NodeId| {
        nodes.get(node).map_or_else(|| node.to_string(), |(record, _)| record.name.to_string())
    };
    split.holders.iter().map(name).collect::<Vec<_>>().join(" and ")
}

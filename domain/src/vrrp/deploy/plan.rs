//! The steps of a deployment.

use std::net::IpAddr;
use std::time::Duration;

use super::change::{
    ChangeError, FileChange, NodeChange, Trial, check_changes, instruction, texts,
};
use super::checks::{as_then, gates, gates_before, given_up, rolled_back};
use super::interlock;
use super::reading::{ConfReading, Daemon};
use super::scripts;
use super::sequel::{Holds, Sequel, sequels};
use super::services::service_checks;
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::lvs::Table;
use crate::nodes::{InterfaceAddress, Link};
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Draft, Expect, Step};
use crate::remote::RemoteCommand;
use crate::time::Timestamp;
use crate::values::Sha256Hex;
use crate::vrrp::client::Question;
use crate::vrrp::conf::{Configuration, Effective, Probed, probed};
use crate::vrrp::facts::{ClientFacts, RunningJob};
use crate::vrrp::plan::{SLACK, systemctl, until};
use crate::vrrp::{InstanceState, measuring, timers};

/// Everything that a deployment is decided from.
#[derive(Debug, Clone)]
pub struct DeployInput {
    /// The nodes that change, and the other directors of their instances.
    pub directors: Vec<Director>,
    /// Directors of the same instances that cannot be asked now.
    pub unseen: Vec<String>,
    /// Addresses of all other nodes, with whose they are, but for those that answer nobody.
    pub taken: Vec<(String, IpAddr)>,
    /// A node that got an answer through an address of theirs.
    pub client: Option<(ClientFacts, Question)>,
    pub running: Vec<RunningJob>,
}

#[derive(Debug, Clone)]
pub struct Director {
    pub node: NodeId,
    pub name: String,
    pub link: Link,
    pub reading: Fact<ConfReading>,
    /// None where it stays as it is.
    pub files: Vec<FileChange>,
    /// What its keepalived says of the new files; `Err`: why it was not asked. Only of those that
    /// change.
    pub trial: Option<Result<Fact<Trial>, String>>,
    pub said: Option<Fact<Vec<InstanceState>>>,
    pub addresses: Option<Fact<Vec<InterfaceAddress>>>,
    pub ipvs: Option<Fact<Table>>,
    pub json_signal: Option<Fact<u8>>,
}

/// What a director does before and after.
pub(super) struct Sides<'a> {
    pub(super) director: &'a Director,
    pub(super) old: (Configuration, Effective),
    pub(super) new: (Configuration, Effective),
    pub(super) before: Probed,
    pub(super) after: Probed,
}

/// A node that changes, with what it is told.
pub(super) struct Target<'a> {
    pub(super) side: &'a Sides<'a>,
    change: Sha256Hex,
    instruction: String,
}

pub fn deploy(input: &DeployInput, now: Timestamp) -> Result<Draft, ChangeError> {
    let changed: Vec<&Director> = input.directors.iter().filter(|d| !d.files.is_empty()).collect();
    if changed.is_empty() {
        return Err(ChangeError::Empty);
    }
    for director in &changed {
        check_changes(&director.name, &director.reading.value, &director.files)?;
    }
    let sides: Vec<Sides<'_>> = input.directors.iter().map(Sides::of).collect();
    let sequels = sequels(&sides, now);
    let targets = targets(&sides, &sequels);
    let names: Vec<&str> = targets.iter().map(|target| target.name()).collect();
    let names = names.join(", ");
    let mut locks: Vec<String> =
        sequels.iter().map(|sequel| format!("vrrp/{}", sequel.name)).collect();
    locks.extend(targets.iter().map(|target| format!("node/{}/keepalived", target.node())));
    let nodes = changed.iter().map(|d| NodeChange { node: d.node, files: d.files.clone() });
    Ok(Draft {
        operation: Operation::VrrpDeploy { nodes: nodes.collect() },
        title: Phrase::new(
            format!("Deploy keepalived.conf to {names}"),
            format!("将 keepalived.conf 部署到 {names}"),
        ),
        run_label: Phrase::new(format!("Deploy to {names}"), format!("部署到 {names}")),
        interlocks: interlock::all(input, &sides, &sequels, &locks, now),
        steps: steps(input, &targets, &sequels),
        verification: verification(input, &targets, &sequels),
        rolled_back: rolled_back(&targets, &sequels),
        prediction: None,
        way_back: way_back(&targets),
        locks,
    })
}

impl<'a> Sides<'a> {
    fn of(director: &'a Director) -> Sides<'a> {
        let reading = &director.reading.value;
        let old = reading.with(&Default::default());
        let new = reading.with(&texts(&director.files));
        let (before, after) = (probed(old.1.clone()), probed(new.1.clone()));
        Sides { director, old, new, before, after }
    }
}

impl Target<'_> {
    pub(super) fn node(&self) -> NodeId {
        self.side.director.node
    }

    pub(super) fn name(&self) -> &str {
        &self.side.director.name
    }

    fn run(&self, command: RemoteCommand) -> Action {
        Action::Run { node: self.node(), command, expect: Expect::Success }
    }

    fn swap(&self) -> Action {
        self.run(scripts::swap(&self.change, &self.instruction))
    }

    fn restore(&self) -> Action {
        self.run(scripts::restore(&self.change))
    }

    /// One that is started here shall be there after the node's next boot, too.
    fn take_up(&self) -> Action {
        let reading = &self.side.director.reading.value;
        let how: &[&str] = match reading.daemon {
            Daemon::Running => &["reload", "keepalived.service"],
            Daemon::Stopped | Daemon::Missing => &["enable", "--now", "keepalived.service"],
        };
        systemctl(self.node(), how)
    }

    /// A daemon that died of the new files has left its addresses behind: it finds them again.
    fn take_back(&self) -> Action {
        let reading = &self.side.director.reading.value;
        let how: &[&str] = match (reading.daemon, reading.starts_at_boot) {
            (Daemon::Running, _) => &["reload-or-restart", "keepalived.service"],
            (_, true) => &["stop", "keepalived.service"],
            (_, false) => &["disable", "--now", "keepalived.service"],
        };
        systemctl(self.node(), how)
    }
}

/// The nodes that change, in their order: those that hold least of what changes
/// first.
fn targets<'a>(sides: &'a [Sides<'a>], sequels: &[Sequel<'_>]) -> Vec<Target<'a>> {
    let changed = sides.iter().filter(|side| !side.director.files.is_empty());
    let mut targets: Vec<Target<'a>> = changed
        .map(|side| {
            let (change, instruction) =
                instruction(&side.director.reading.value, &side.director.files);
            Target { side, change, instruction }
        })
        .collect();
    targets.sort_by_key(|target| {
        let held = sequels.iter().filter(|s| s.holder_now == Holds::One(target.node()));
        let (touched, others): (Vec<_>, Vec<_>) = held.partition(|sequel| sequel.is_touched);
        (touched.len(), others.len(), target.node())
    });
    targets
}

fn steps(input: &DeployInput, targets: &[Target<'_>], sequels: &[Sequel<'_>]) -> Vec<Step> {
    let Some(first) = targets.first() else { return Vec::new() };
    let mut steps = vec![try_again(targets)];
    let client = input.client.as_ref();
    if let Some((client, question)) = client {
        let bound = patience(sequels) * 4 + Duration::from_secs(120);
        steps.push(measuring::begin(client, *question, bound, first.node()));
    }
    match targets {
        several if several.len() > 1 && sequels.iter().any(|sequel| sequel.adverts_change) => {
            steps.push(together(several, sequels));
        }
        one_by_one => steps.extend(one_by_one.iter().map(|target| one(target, sequels))),
    }
    let settled: Vec<Action> = sequels
        .iter()
        .flat_map(|sequel| as_then(sequel))
        .map(|check| until(check, patience(sequels)))
        .collect();
    if !settled.is_empty() {
        steps.push(Step {
            id: "settle".to_owned(),
            title: Phrase::new("See who holds what", "确认各地址的持有者"),
            actions: settled,
            undo: Vec::new(),
            estimate_ms: 1_000,
            cancellable: true,
        });
    }
    if client.is_some() {
        steps.push(measuring::end(first.node()));
    }
    steps
}

/// What was tried for the plan must still be so.
fn try_again(targets: &[Target<'_>]) -> Step {
    let trial = |target: &Target<'_>| {
        let trial = target.side.director.trial.as_ref().and_then(|trial| trial.as_ref().ok());
        let line = format!("then-exit {}", trial.map_or(0, |trial| trial.value.exit_status));
        Action::Run {
            node: target.node(),
            command: scripts::try_out(&target.change, &target.instruction),
            expect: Expect::Line { line },
        }
    };
    Step {
        id: "try".to_owned(),
        title: Phrase::new(
            "Have each keepalived test the new files beside the old",
            "由各节点的 keepalived 在旁测试新文件",
        ),
        actions: targets.iter().map(trial).collect(),
        undo: Vec::new(),
        estimate_ms: 600,
        cancellable: true,
    }
}

/// One node by itself: the others go on understanding its adverts.
fn one(target: &Target<'_>, sequels: &[Sequel<'_>]) -> Step {
    let name = target.name();
    let gates = gates(target, sequels);
    let mut actions = vec![target.swap(), target.take_up()];
    actions.extend(gates.into_iter().map(|check| until(check, patience(sequels))));
    let mut undo = vec![target.restore(), target.take_back()];
    undo.extend(
        gates_before(target, sequels).into_iter().map(|check| until(check, patience(sequels))),
    );
    Step {
        id: format!("deploy_{}", target.node()),
        title: Phrase::new(
            format!("Put the new files in place on {name}, and see it well"),
            format!("在 {name} 上启用新文件并确认其正常"),
        ),
        actions,
        undo,
        estimate_ms: 1_500,
        cancellable: true,
    }
}

/// All nodes at once: between the first reload and the last, which must be shorter than a backup
/// waits for adverts, none understands the other.
fn together(targets: &[Target<'_>], sequels: &[Sequel<'_>]) -> Step {
    let mut actions: Vec<Action> = targets.iter().map(Target::swap).collect();
    actions.extend(targets.iter().map(Target::take_up));
    let mut undo: Vec<Action> = targets.iter().map(Target::restore).collect();
    undo.extend(targets.iter().map(Target::take_back));
    for target in targets {
        actions.extend(gates(target, sequels).into_iter().map(|c| until(c, patience(sequels))));
        undo.extend(gates_before(target, sequels).into_iter().map(|c| until(c, patience(sequels))));
    }
    Step {
        id: "deploy_together".to_owned(),
        title: Phrase::new(
            "Put the new files in place on all, and reload them one right after the other",
            "在所有节点上放置新文件，并紧接着依次重新加载",
        ),
        actions,
        undo,
        estimate_ms: 2_500,
        cancellable: false,
    }
}

fn verification(input: &DeployInput, targets: &[Target<'_>], sequels: &[Sequel<'_>]) -> Vec<Check> {
    let mut checks: Vec<Check> = sequels.iter().flat_map(|sequel| as_then(sequel)).collect();
    for target in targets {
        checks.extend(given_up(target, sequels));
        checks.extend(service_checks(target.side));
    }
    if let Some((client, question)) = &input.client {
        checks.push(measuring::answered(client, *question));
    }
    checks
}

/// The longest that any election takes.
fn patience(sequels: &[Sequel<'_>]) -> Duration {
    let confs = sequels.iter().flat_map(|sequel| &sequel.seats).flat_map(|s| [s.before, s.after]);
    let longest = confs.flatten().map(|conf| timers::preemption(conf, 1) * 2).max();
    longest.unwrap_or_default() + SLACK
}

fn way_back(targets: &[Target<'_>]) -> Phrase {
    let saved = targets.iter().map(|target| {
        let change = target.change.as_str();
        format!("{}: /var/lib/signalbox/keepalived/{change}", target.name())
    });
    let saved = saved.collect::<Vec<_>>().join("; ");
    Phrase::new(
        format!("Deploy the old text again. The old files are kept on the nodes: {saved}"),
        format!("重新部署旧文本。旧文件保存在各节点上：{saved}"),
    )
}

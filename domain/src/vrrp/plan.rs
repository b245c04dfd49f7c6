//! `vrrp.hand_over`: moves an instance's addresses to the other director.

use std::net::IpAddr;
use std::time::Duration;

use super::client::Question;
use super::course::{Course, Way, Write};
use super::election::Outcome;
use super::facts::{DirectorFacts, HandOverInput, Holding};
use super::{VrrpState, interlock, measuring, prediction, scripts, timers};
use crate::ids::NodeId;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Draft, Expect, Step};
use crate::remote::RemoteCommand;
use crate::time::Timestamp;
use crate::values::{ConfName, RemotePath};

/// Why no plan can be made. What only makes a hand-over unsafe is an interlock of the plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("node {to} is no director of {instance}")]
    NotADirector { instance: String, to: NodeId },
    #[error("{instance} has one director only; there is none to hand over from")]
    OneDirector { instance: String },
    #[error("{director} already holds {instance}")]
    AlreadyThere { instance: String, director: String },
    #[error("{director} does not hold {instance}: there is nothing to demote")]
    NotAHolder { instance: String, director: String },
    #[error("nobody but {director} holds {instance}")]
    OnlyHolder { instance: String, director: String },
    #[error("{director} is not held back from {instance}")]
    NotHeldBack { instance: String, director: String },
    #[error("{director} is out of service already")]
    OutAlready { director: String },
    #[error("{director} is out of service: bring it back as a whole")]
    Out { director: String },
    #[error("{director} is not out of service: there is nothing to bring back")]
    NotOut { director: String },
    #[error("{director} carries no VRRP instance")]
    NoDirector { director: String },
    #[error("nobody holds {instance} alone: there is nothing to drill")]
    NoHolder { instance: String },
    #[error(
        "{director} sends its adverts from no IPv4 address: they cannot be filtered for a drill"
    )]
    NoAdvertAddress { director: String },
    #[error("{name:?} cannot be given to a script: {reason}")]
    Name { name: String, reason: String },
}

/// The two directors of a hand-over, and the rest.
pub(super) struct Pair<'a> {
    pub(super) from: &'a DirectorFacts,
    pub(super) to: &'a DirectorFacts,
    pub(super) others: Vec<&'a DirectorFacts>,
}

const CHECK_EVERY_MS: u64 = 250;
/// Forking on a busy node, and the network.
pub(super) const SLACK: Duration = Duration::from_secs(10);

pub fn hand_over(input: &HandOverInput, now: Timestamp) -> Result<Draft, PlanError> {
    let pair = Pair::of(input, now)?;
    let course = Course::choose(pair.from, pair.to);
    let locks = locks(input, &pair);
    let stand = Stand::new(&pair)?;
    let (from, to) = (&pair.from.name, &pair.to.name);
    let instance = &pair.from.conf.value.name;
    Ok(Draft {
        operation: Operation::VrrpHandOver { instance: input.instance.clone(), to: input.to },
        title: Phrase::new(
            format!("Hand {instance} over from {from} to {to}"),
            format!("将 {instance} 从 {from} 切换到 {to}"),
        ),
        run_label: Phrase::new(format!("Hand over to {to}"), format!("切换到 {to}")),
        interlocks: interlock::all(input, &pair, &course, &locks, now),
        steps: steps(input, &pair, &course, &stand),
        verification: verification(input, &pair, &course, &stand),
        rolled_back: vec![stand.holds(pair.from), stand.stands_back(pair.to, pair.to_before())],
        prediction: Some(prediction::of(&pair, &course)),
        way_back: way_back(&pair, &course),
        locks,
    })
}

impl<'a> Pair<'a> {
    pub(super) fn of(input: &'a HandOverInput, now: Timestamp) -> Result<Pair<'a>, PlanError> {
        let instance = || input.instance.0.clone();
        let to = input
            .directors
            .iter()
            .find(|director| director.node == input.to)
            .ok_or_else(|| PlanError::NotADirector { instance: instance(), to: input.to })?;
        let mut others: Vec<_> = input.directors.iter().filter(|d| d.node != input.to).collect();
        others.sort_by_key(|d| {
            (!interlock::claims(d, now), std::cmp::Reverse(d.conf.value.priority), d.node)
        });
        let Some((from, others)) = others.split_first() else {
            return Err(PlanError::OneDirector { instance: instance() });
        };
        let pair = Pair { from, to, others: others.to_vec() };
        let nobody_else =
            input.directors.iter().all(|d| d.node == to.node || !interlock::claims(d, now));
        let holds = to.holding(now).is_ok_and(|(holding, _)| holding == Holding::All);
        let says_so = to.said.as_ref().is_some_and(|fact| fact.value.state == VrrpState::Master);
        if holds && says_so && nobody_else {
            return Err(PlanError::AlreadyThere {
                instance: instance(),
                director: to.name.clone(),
            });
        }
        Ok(pair)
    }

    pub(super) fn addresses(&self) -> String {
        let all: Vec<String> =
            self.from.addresses_of_instance().iter().map(ToString::to_string).collect();
        all.join(", ")
    }

    /// The target stands in FAULT because of a number that a hand-over left there.
    pub(super) fn to_is_held_in_fault(&self) -> bool {
        self.to.candidate().lever.is_some_and(|lever| lever.is_fault(lever.number))
    }

    fn to_before(&self) -> &'static str {
        if self.to_is_held_in_fault() { "FAULT" } else { "BACKUP" }
    }
}

pub(super) fn locks(input: &HandOverInput, pair: &Pair<'_>) -> Vec<String> {
    let mut locks = vec![format!("vrrp/{}", input.instance.0)];
    let mut nodes = [pair.from.node, pair.to.node];
    nodes.sort();
    locks.extend(nodes.iter().map(|node| format!("node/{node}/keepalived")));
    locks
}

/// Asks a director where it stands.
pub(super) struct Stand {
    name: ConfName,
    addresses: String,
    asked: Vec<IpAddr>,
}

impl Stand {
    pub(super) fn new(pair: &Pair<'_>) -> Result<Stand, PlanError> {
        let stand = Stand::of(pair.to)?;
        Ok(Stand { addresses: pair.addresses(), ..stand })
    }

    /// For a director whose addresses need not be the others'.
    pub(super) fn of(director: &DirectorFacts) -> Result<Stand, PlanError> {
        let name = &director.conf.value.name;
        let name: ConfName = name
            .parse()
            .map_err(|e| PlanError::Name { name: name.clone(), reason: format!("{e}") })?;
        let asked = director.addresses_of_instance();
        let addresses = asked.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Ok(Stand { name, addresses, asked })
    }

    fn check(&self, director: &DirectorFacts, title: Phrase, line: String) -> Check {
        // Where the signal is not known an interlock blocks; signal 0 does nothing.
        let signal = director.json_signal.as_ref().map_or(0, |fact| fact.value);
        let command = scripts::state(&self.name, signal, &self.asked);
        Check { title, node: director.node, command, expect: Expect::Line { line } }
    }

    pub(super) fn holds(&self, director: &DirectorFacts) -> Check {
        let (name, addresses) = (&director.name, &self.addresses);
        let title = Phrase::new(
            format!("{name} is MASTER and holds {addresses}"),
            format!("{name} 为 MASTER 并持有 {addresses}"),
        );
        self.check(director, title, "MASTER, holds all".to_owned())
    }

    pub(super) fn stands_back(&self, director: &DirectorFacts, state: &str) -> Check {
        let (name, addresses) = (&director.name, &self.addresses);
        let title = Phrase::new(
            format!("{name} is {state} and does not hold {addresses}"),
            format!("{name} 为 {state}，不持有 {addresses}"),
        );
        self.check(director, title, format!("{state}, holds none"))
    }

    pub(super) fn in_election(&self, director: &DirectorFacts) -> Check {
        let name = &director.name;
        let title = Phrase::new(
            format!("{name} takes part in the election of {}", self.name),
            format!("{name} 参与 {} 的选举", self.name),
        );
        self.check(director, title, "in the election".to_owned())
    }
}

fn steps(input: &HandOverInput, pair: &Pair<'_>, course: &Course, stand: &Stand) -> Vec<Step> {
    let question = question(pair);
    let client = input.client.as_ref().zip(question);
    let mut steps = Vec::new();
    if let Some((client, question)) = client {
        let bound = take_over_time(pair.to) * 4 + Duration::from_secs(120);
        steps.push(measuring::begin(client, question, bound, pair.to.node));
    }
    if course.install {
        steps.push(install_track_file(pair, stand));
    }
    steps.push(give_up(pair, course, stand));
    steps.push(take_over(pair, course, stand));
    steps.push(stand_by(pair, course, stand));
    if client.is_some() {
        steps.push(measuring::end(pair.to.node));
    }
    steps
}

/// A reload with one more tracked file keeps the addresses where they are.
pub(super) fn install_track_file(pair: &Pair<'_>, stand: &Stand) -> Step {
    let (node, name) = (pair.from.node, &pair.from.name);
    let run = |command| Action::Run { node, command, expect: Expect::Success };
    Step {
        id: "install_track_file".to_owned(),
        title: Phrase::new(
            format!("Give {} a track file in keepalived.conf on {name}", stand.name),
            format!("在 {name} 的 keepalived.conf 中为 {} 加入 track_file", stand.name),
        ),
        actions: vec![
            run(scripts::install_track_file(&stand.name)),
            until(stand.holds(pair.from), SLACK),
        ],
        undo: vec![run(scripts::remove_track_file(&stand.name))],
        estimate_ms: 1000,
        cancellable: true,
    }
}

/// The step that makes the old holder yield, with an undo for this and every later step.
pub(super) fn give_up(pair: &Pair<'_>, course: &Course, stand: &Stand) -> Step {
    let mut actions: Vec<Action> = course.release.iter().map(write).collect();
    if pair.to_is_held_in_fault() {
        actions.push(until(stand.in_election(pair.to), SLACK));
    }
    let from = &pair.from.name;
    let (id, title) = match &course.way {
        Way::Outrank { lower: Some(lower) } => {
            actions.push(write(lower));
            let priority = match pair.from.candidate().with_number(lower.to) {
                Outcome::Priority(priority) => priority,
                Outcome::Fault => 0,
            };
            (
                "lower_priority",
                Phrase::new(
                    format!("Lower {from} to priority {priority}"),
                    format!("将 {from} 的优先级降为 {priority}"),
                ),
            )
        }
        Way::Outrank { lower: None } => (
            "restore_priority",
            Phrase::new(
                format!("Give {} its own priority back", pair.to.name),
                format!("恢复 {} 自己的优先级", pair.to.name),
            ),
        ),
        Way::Fault { enter, .. } => {
            actions.push(write(enter));
            (
                "enter_fault",
                Phrase::new(format!("Put {from} into FAULT"), format!("使 {from} 进入 FAULT")),
            )
        }
        Way::Stop { .. } => {
            actions.push(systemctl(pair.from.node, &["stop", "keepalived.service"]));
            (
                "stop_keepalived",
                Phrase::new(
                    format!("Stop keepalived on {from}"),
                    format!("停止 {from} 上的 keepalived"),
                ),
            )
        }
    };
    Step {
        id: id.to_owned(),
        title,
        actions,
        undo: undo(pair, course, stand),
        estimate_ms: 300,
        cancellable: true,
    }
}

pub(super) fn take_over(pair: &Pair<'_>, course: &Course, stand: &Stand) -> Step {
    Step {
        id: "take_over".to_owned(),
        title: Phrase::new(
            format!("Wait until {} holds {}", pair.to.name, stand.addresses),
            format!("等待 {} 持有 {}", pair.to.name, stand.addresses),
        ),
        actions: vec![until(stand.holds(pair.to), take_over_time(pair.to))],
        undo: Vec::new(),
        estimate_ms: millis(expected_take_over(pair, course)),
        cancellable: true,
    }
}

/// The old holder's place after the move.
fn stand_by(pair: &Pair<'_>, course: &Course, stand: &Stand) -> Step {
    let mut actions = Vec::new();
    match &course.way {
        Way::Fault { leave: Some(leave), .. } => actions.push(write(leave)),
        Way::Stop { start_again: true } => {
            actions.push(systemctl(pair.from.node, &["start", "keepalived.service"]));
        }
        _ => {}
    }
    let state = course.old_holder_after();
    actions.push(until(stand.stands_back(pair.from, state), take_over_time(pair.from)));
    Step {
        id: "stand_by".to_owned(),
        title: Phrase::new(
            format!("See {} stand back as {state}", pair.from.name),
            format!("确认 {} 退为 {state}", pair.from.name),
        ),
        actions,
        undo: Vec::new(),
        estimate_ms: 500,
        cancellable: true,
    }
}

/// Puts every number back and sees the old holder hold the addresses again. It may run at any
/// point: each action is right whether or not the one that it takes back ever ran.
fn undo(pair: &Pair<'_>, course: &Course, stand: &Stand) -> Vec<Action> {
    let put_back = |write: &Write| set(write.node, &write.file, write.from);
    let mut undo = Vec::new();
    match &course.way {
        Way::Outrank { lower } => undo.extend(lower.iter().map(put_back)),
        Way::Fault { enter, .. } => undo.push(put_back(enter)),
        Way::Stop { .. } => undo.push(systemctl(pair.from.node, &["start", "keepalived.service"])),
    }
    undo.extend(course.release.iter().map(put_back));
    undo.push(until(stand.in_election(pair.from), SLACK));
    if !course.returns_by_itself && !pair.to_is_held_in_fault() {
        undo.extend(step_aside(pair, stand));
    }
    undo.push(until(stand.holds(pair.from), take_over_time(pair.from)));
    undo.push(until(stand.stands_back(pair.to, pair.to_before()), SLACK));
    undo
}

/// Makes the new holder yield for as long as the old one needs to take over: a director that does
/// not preempt, or is outranked, would otherwise wait for ever.
fn step_aside(pair: &Pair<'_>, stand: &Stand) -> Vec<Action> {
    let to = pair.to;
    let wait = until(stand.holds(pair.from), take_over_time(pair.from));
    let candidate = to.candidate();
    match candidate.lever.zip(candidate.fault_number()) {
        Some((lever, fault)) => vec![
            set(to.node, &lever.file.path, fault),
            wait,
            set(to.node, &lever.file.path, lever.number),
        ],
        None => vec![
            systemctl(to.node, &["stop", "keepalived.service"]),
            wait,
            systemctl(to.node, &["start", "keepalived.service"]),
        ],
    }
}

fn verification(
    input: &HandOverInput,
    pair: &Pair<'_>,
    course: &Course,
    stand: &Stand,
) -> Vec<Check> {
    let mut checks =
        vec![stand.holds(pair.to), stand.stands_back(pair.from, course.old_holder_after())];
    if let Some((client, question)) = input.client.as_ref().zip(question(pair)) {
        checks.push(measuring::answered(client, question));
    }
    checks
}

pub(super) fn question(pair: &Pair<'_>) -> Option<Question> {
    let nothing = crate::lvs::Table::default();
    let services = pair.from.ipvs.as_ref().map_or(&nothing, |fact| &fact.value);
    Question::choose(&pair.from.conf.value, services)
}

fn way_back(pair: &Pair<'_>, course: &Course) -> Phrase {
    let (from, to) = (&pair.from.name, &pair.to.name);
    match &course.way {
        Way::Outrank { lower: Some(lower) } => Phrase::new(
            format!(
                "Hand over to {from}: its {:+} is taken back, and it outranks {to} again. Until then it stays lowered, across restarts too",
                lower.to
            ),
            format!(
                "切换回 {from}：取消它的 {:+}，它的优先级重新高于 {to}。在此之前一直保持降低，重启后也如此",
                lower.to
            ),
        ),
        Way::Outrank { lower: None } => Phrase::new(
            format!("Hand over to {from} again: {to} is then lowered below it"),
            format!("再次切换到 {from}：届时 {to} 的优先级会降到它之下"),
        ),
        Way::Fault { leave: Some(_), .. } => {
            Phrase::new(format!("Hand over to {from} again"), format!("再次切换到 {from}"))
        }
        Way::Fault { leave: None, .. } => Phrase::new(
            format!("Hand over to {from}: its FAULT is cleared first"),
            format!("切换回 {from}：先清除它的 FAULT"),
        ),
        Way::Stop { start_again: true } => Phrase::new(
            format!("Hand over to {from} again: keepalived is then stopped on {to}"),
            format!("再次切换到 {from}：届时停止 {to} 上的 keepalived"),
        ),
        Way::Stop { start_again: false } => Phrase::new(
            format!("Start keepalived on {from}: it takes the addresses back by itself"),
            format!("启动 {from} 上的 keepalived：它会自行取回地址"),
        ),
    }
}

/// The longest that a healthy director needs to become MASTER.
pub(super) fn take_over_time(director: &DirectorFacts) -> Duration {
    let conf = &director.conf.value;
    timers::preemption(conf, 1) * 2 + SLACK
}

fn expected_take_over(pair: &Pair<'_>, course: &Course) -> Duration {
    let conf = &pair.to.conf.value;
    let priority =
        pair.to.said.as_ref().map_or(conf.priority, |fact| fact.value.effective_priority);
    match course.way {
        Way::Outrank { .. } => timers::preemption(conf, priority),
        Way::Fault { .. } | Way::Stop { .. } => timers::skew(conf, priority),
    }
}

fn write(write: &Write) -> Action {
    set(write.node, &write.file, write.to)
}

pub(super) fn set(node: NodeId, file: &RemotePath, number: i32) -> Action {
    Action::Run { node, command: scripts::set_priority(file, number), expect: Expect::Success }
}

pub(super) fn systemctl(node: NodeId, words: &[&'static str]) -> Action {
    let command = RemoteCommand::new("systemctl").words(words).timeout_ms(30_000);
    Action::Run { node, command, expect: Expect::Success }
}

pub(super) fn until(check: Check, timeout: Duration) -> Action {
    Action::Await { check, every_ms: CHECK_EVERY_MS, timeout_ms: millis(timeout) }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;

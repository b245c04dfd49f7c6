//! The latest state of every node, and the views made of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signalbox_domain::backups::Freshness;
use signalbox_domain::engines::EngineState;
use signalbox_domain::fact::Fact;
use signalbox_domain::fleet::{Fleet as Derivation, FleetView};
use signalbox_domain::ids::NodeId;
use signalbox_domain::jobs::JobSummary;
use signalbox_domain::live::Topic;
use signalbox_domain::lvs::history::{TrafficCurves, TrafficHistory};
use signalbox_domain::lvs::standing::{ServerStretch, Standings};
use signalbox_domain::lvs::{self, LvsView, ServiceId};
use signalbox_domain::nodes::{
    Change, Link, LinkState, NodeHistory, NodeRecord, NodeView, Observed, SILENT_AFTER, Sections,
};
use signalbox_domain::probe::Frame;
use signalbox_domain::time::Timestamp;
use signalbox_domain::vrrp::split::{Gathered, Settled, SplitBook, SplitView};
use signalbox_domain::vrrp::{self, InstanceName, VrrpView};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::watch::{Watch, WatchError};
use crate::clock;
use crate::live::Hub;
use crate::ssh::Lines;

/// The views are derived at once after a quiet time, and in a busy fleet at most this often.
const DERIVE_EVERY: Duration = Duration::from_millis(50);

/// How long [`Fleet::refresh`] waits for a node; keepalived alone may take a second to answer.
const REFRESH_LIMIT: Duration = Duration::from_secs(4);

pub struct Fleet {
    hub: Arc<Hub>,
    lines: Arc<Lines>,
    /// Of the digests that stand for keepalived's passwords: new with each start of the console, as
    /// they are only ever compared with each other.
    salt: String,
    state: Mutex<State>,
    dirty: Notify,
}

#[derive(Default)]
struct State {
    nodes: BTreeMap<NodeId, (NodeRecord, Observed)>,
    watches: BTreeMap<NodeId, Watch>,
    histories: BTreeMap<NodeId, NodeHistory>,
    traffic: BTreeMap<NodeId, TrafficHistory>,
    standings: BTreeMap<NodeId, Standings>,
    derivation: Derivation,
    splits: SplitBook,
    running: Vec<JobSummary>,
    freshness: Vec<Freshness>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    #[error("no node {0}")]
    NoSuchNode(NodeId),
    #[error("the probe on the node does not run: {0}")]
    NotUp(String),
    #[error("the probe on the node gave no answer within {0:?}")]
    NoAnswer(Duration),
}

impl Fleet {
    /// Begins to publish; nodes are added one by one.
    pub fn new(hub: Arc<Hub>, lines: Arc<Lines>) -> Arc<Fleet> {
        let salt = format!("{:032x}", rand::random::<u128>());
        let (state, dirty) = (Mutex::default(), Notify::new());
        let fleet = Arc::new(Fleet { hub, lines, salt, state, dirty });
        tokio::spawn(keep_published(Arc::downgrade(&fleet)));
        fleet
    }

    /// What was last seen of a node.
    pub fn observed(&self, node: NodeId) -> Option<Observed> {
        self.lock().nodes.get(&node).map(|(_, observed)| observed.clone())
    }

    pub fn nodes(&self) -> BTreeMap<NodeId, (NodeRecord, Observed)> {
        self.lock().nodes.clone()
    }

    /// The last minutes of a node, as far as this console has seen them.
    pub fn history(&self, node: NodeId) -> Option<NodeHistory> {
        let state = self.lock();
        let known = state.nodes.contains_key(&node);
        known.then(|| state.histories.get(&node).cloned().unwrap_or_default())
    }

    /// The fleet as it is at this moment.
    pub fn view(&self) -> FleetView {
        self.lock().derive().0
    }

    pub fn vrrp(&self) -> VrrpView {
        self.lock().vrrp()
    }

    /// Instances that several directors hold, and not only for the moment of a move.
    pub fn splits(&self) -> Vec<Settled> {
        let mut state = self.lock();
        if state.splits.is_empty() {
            return Vec::new();
        }
        // Looking is what tells the book.
        drop(state.vrrp());
        state.splits.settled(clock::now())
    }

    /// What was read of the directors of a split.
    pub fn gathered(&self, instance: &InstanceName, found_at: Timestamp, gathered: Gathered) {
        self.lock().splits.gathered(instance, found_at, gathered);
        self.dirty.notify_one();
    }

    /// What is seen of an instance that several directors hold.
    pub fn split(&self, instance: &InstanceName) -> Option<SplitView> {
        let instances = self.vrrp().instances.into_iter();
        instances.filter(|view| view.id == *instance).find_map(|view| view.split)
    }

    pub fn lvs(&self) -> LvsView {
        lvs::view(&self.lock().nodes, clock::now())
    }

    /// New connections over the last quarter of an hour, and those of one service's real servers.
    pub fn lvs_curves(&self, service: Option<&ServiceId>) -> TrafficCurves {
        lvs::history::curves(self.lock().traffic.values(), service)
    }

    /// What changed since this was last asked in how directors treat real servers.
    pub fn standing_changes(&self) -> Vec<ServerStretch> {
        self.lock().standings.values_mut().flat_map(Standings::take_changes).collect()
    }

    /// Until when each director's table was seen that can be seen now.
    pub fn standing_seen(&self) -> Vec<(NodeId, Timestamp)> {
        let state = self.lock();
        let seen = state.standings.iter();
        seen.filter_map(|(node, standings)| Some((*node, standings.seen_until()?))).collect()
    }

    /// Begins to observe a node. Called for every stored node at start, too.
    pub fn node_added(self: &Arc<Self>, record: NodeRecord) {
        let id = record.id;
        let mut state = self.lock();
        state.nodes.insert(id, (record.clone(), Observed::nothing(clock::now())));
        state.watches.insert(id, Watch::start(self, record));
        drop(state);
        self.changed(id);
    }

    /// The node was edited: it is observed anew, with what is known of it kept until then.
    pub fn node_changed(self: &Arc<Self>, record: NodeRecord) {
        let id = record.id;
        let mut state = self.lock();
        let Some((old, observed)) = state.nodes.get_mut(&id) else { return };
        let reached_differently = !same_way(old, &record);
        *old = record.clone();
        if reached_differently {
            observed.link =
                Link { state: LinkState::Connecting, since: clock::now(), reason: None };
            state.watches.insert(id, Watch::start(self, record));
        }
        drop(state);
        self.changed(id);
    }

    pub fn node_removed(&self, node: NodeId) {
        let mut state = self.lock();
        state.nodes.remove(&node);
        state.watches.remove(&node);
        state.histories.remove(&node);
        state.traffic.remove(&node);
        if let Some(standings) = state.standings.get_mut(&node) {
            standings.lose_sight(node);
        }
        drop(state);
        self.hub.retire(Topic::Node(node));
        self.dirty.notify_one();
    }

    /// Asks the probe to read everything now and waits until it has.
    pub async fn refresh(&self, node: NodeId) -> Result<Observed, RefreshError> {
        let (answer, answered) = oneshot::channel();
        {
            let state = self.lock();
            let watch = state.watches.get(&node).ok_or(RefreshError::NoSuchNode(node))?;
            watch
                .refresh(answer)
                .map_err(|WatchError::Busy| RefreshError::NoAnswer(REFRESH_LIMIT))?;
        }
        match timeout(REFRESH_LIMIT, answered).await {
            Ok(Ok(())) => self.observed(node).ok_or(RefreshError::NoSuchNode(node)),
            Ok(Err(_)) => {
                let link = self.observed(node).and_then(|observed| observed.link.reason);
                Err(RefreshError::NotUp(link.unwrap_or_else(|| "the line is not up".to_owned())))
            }
            Err(_) => Err(RefreshError::NoAnswer(REFRESH_LIMIT)),
        }
    }

    /// The jobs that run now, newest first; the overview shows them.
    pub fn jobs_changed(&self, running: Vec<JobSummary>) {
        self.lock().running = running;
        self.dirty.notify_one();
    }

    pub fn running_jobs(&self) -> Vec<JobSummary> {
        self.lock().running.clone()
    }

    /// How fresh each engine's backups are; the overview shows it.
    pub fn backups_changed(&self, freshness: Vec<Freshness>) {
        self.lock().freshness = freshness;
        self.dirty.notify_one();
    }

    /// Publishes the node's topic, for somebody who begins to listen.
    pub fn publish_node(&self, node: NodeId) {
        // Under the lock, so that no older state is published after a newer one.
        let state = self.lock();
        if let Some((record, observed)) = state.nodes.get(&node).cloned() {
            self.hub.publish(Topic::Node(node), &NodeView { record, observed });
        }
    }

    /// Publishes a view, for somebody who begins to listen. One that nobody listens to is not kept
    /// true: to write and compare it twenty times a second is what a large fleet costs most.
    pub fn publish_view(&self, topic: Topic) {
        if self.hub.listeners(topic) == 0 {
            self.publish(|wanted| wanted == topic);
        }
    }

    pub(super) fn lines(&self) -> &Arc<Lines> {
        &self.lines
    }

    pub(super) fn salt(&self) -> &str {
        &self.salt
    }

    /// Frames of the node's probe that came together; they are shown together, too.
    pub(super) fn heard(&self, node: NodeId, sections: &mut Sections, frames: &[Frame]) {
        let now = clock::now();
        let change = self.edit(node, |observed| {
            let change = frames.iter().map(|frame| sections.apply(observed, frame, now)).max();
            if change.is_some() && observed.link.state == LinkState::Silent {
                observed.link = Link { state: LinkState::Up, since: now, reason: None };
                return Some(Change::Content);
            }
            change
        });
        match change.flatten() {
            Some(Change::Content) => self.changed(node),
            Some(Change::Age) if self.hub.listeners(Topic::Node(node)) > 0 => {
                self.publish_node(node);
            }
            _ => {}
        }
    }

    pub(super) fn link(&self, node: NodeId, link: Link) {
        let changed = self.edit(node, |observed| {
            let changed = observed.link != link;
            observed.link = link;
            changed
        });
        if changed == Some(true) {
            self.changed(node);
        }
    }

    /// A section that cannot be read, or, with no reason, can.
    pub(super) fn unreadable(&self, node: NodeId, section: &str, why: Option<String>) {
        let changed = self.edit(node, |observed| match why {
            Some(why) => observed.unreadable.insert(section.to_owned(), why.clone()) != Some(why),
            None => observed.unreadable.remove(section).is_some(),
        });
        if changed == Some(true) {
            self.changed(node);
        }
    }

    pub(super) fn engine(&self, node: NodeId, state: EngineState) {
        let changed = self.edit(node, |observed| {
            let changed = observed.engine.as_ref().is_none_or(|fact| fact.value != state)
                | observed.unreadable.remove("engine").is_some();
            observed.engine = Some(Fact::new(state, clock::now(), "SQL through the node's socket"));
            changed
        });
        if changed == Some(true) {
            self.changed(node);
        }
    }

    /// Whether the probe has been silent for so long that the node counts as such.
    pub(super) fn check_silence(&self, node: NodeId) {
        let now = clock::now();
        let changed = self.edit(node, |observed| {
            let silent = observed.link.state == LinkState::Up
                && observed.link.since.age(now) > SILENT_AFTER
                && observed.heard_at.is_none_or(|heard| heard.age(now) > SILENT_AFTER);
            if silent {
                observed.link = Link { state: LinkState::Silent, since: now, reason: None };
            }
            silent
        });
        if changed == Some(true) {
            self.changed(node);
        }
    }

    fn edit<T>(&self, node: NodeId, edit: impl FnOnce(&mut Observed) -> T) -> Option<T> {
        let State { nodes, histories, traffic, standings, .. } = &mut *self.lock();
        let (_, observed) = nodes.get_mut(&node)?;
        let edited = edit(observed);
        histories.entry(node).or_default().note(observed);
        if let Some(counted) = &observed.lvs_traffic {
            traffic.entry(node).or_default().note(counted);
        }
        if observed.lvs.is_some() {
            standings.entry(node).or_default().note(node, observed);
        }
        Some(edited)
    }

    fn changed(&self, node: NodeId) {
        if self.hub.listeners(Topic::Node(node)) > 0 {
            self.publish_node(node);
        }
        self.dirty.notify_one();
    }

    /// Derives the views, which also notes what has happened, and publishes those that are wanted.
    fn publish(&self, wanted: impl Fn(Topic) -> bool) {
        // Under the lock, so that no older state is published after a newer one.
        let mut state = self.lock();
        let (fleet, vrrp) = state.derive();
        if wanted(Topic::Fleet) {
            self.hub.publish(Topic::Fleet, &fleet);
        }
        if wanted(Topic::Vrrp) {
            self.hub.publish(Topic::Vrrp, &vrrp);
        }
        if wanted(Topic::Lvs) {
            self.hub.publish(Topic::Lvs, &lvs::view(&state.nodes, clock::now()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn derive(&mut self) -> (FleetView, VrrpView) {
        let State { nodes, derivation, splits, running, freshness, .. } = self;
        let now = clock::now();
        let (fleet, mut vrrp) = derivation.derive(nodes, running, freshness, now);
        splits.see(&mut vrrp, nodes, now);
        (fleet, vrrp)
    }

    fn vrrp(&mut self) -> VrrpView {
        let now = clock::now();
        let mut view = vrrp::view(&self.nodes, now);
        self.splits.see(&mut view, &self.nodes, now);
        view
    }
}

/// Publishes after each change, and once a second for what only time changes.
async fn keep_published(fleet: std::sync::Weak<Fleet>) {
    let mut tick = interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let Some(this) = fleet.upgrade() else { return };
        tokio::select! {
            () = this.dirty.notified() => {}
            _ = tick.tick() => {}
        }
        let began = Instant::now();
        this.publish(|topic| this.hub.listeners(topic) > 0);
        drop(this);
        sleep_until(began + DERIVE_EVERY).await;
    }
}

/// Whether an edit leaves the line to the node as it is.
fn same_way(old: &NodeRecord, new: &NodeRecord) -> bool {
    let way = |record: &NodeRecord| {
        (
            record.host.clone(),
            record.port,
            record.user.clone(),
            record.elevation,
            record.credential,
            record.jump,
            record.host_key.clone(),
        )
    };
    way(old) == way(new)
}

//! Keeps which rules each node had, and tells since when it has those that it has now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signalbox_domain::fact::Fact;
use signalbox_domain::firewall::history::{
    PastRules, PastRuleset, RuleAges, SinceByChain, never_hit,
};
use signalbox_domain::firewall::{Reading, RulesetView, Tool};
use signalbox_domain::ids::{NodeId, RulesetId};
use signalbox_domain::live::Topic;
use signalbox_domain::nodes::LinkState;
use signalbox_domain::time::Timestamp;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::firewall::{self, FirewallError};
use crate::clock;
use crate::state::App;
use crate::store::{SeenRules, StoreError};

/// How often it is written that rules are as they were. They are read every 2 s, and each write waits
/// for the disk.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// How often the rules of a node are read that nobody looks at, so that a change made on the node is
/// seen: often enough to ask people what they did, seldom enough not to be noticed on the node.
const READ_UNSEEN_EVERY: Duration = Duration::from_secs(15 * 60);

/// One node at a time, so that no fleet is asked at once. Beyond 450 nodes it takes longer than
/// [`READ_UNSEEN_EVERY`] to ask each.
const STEP: Duration = Duration::from_secs(2);

/// The newest entry of each history, with what was worked out of those before it.
#[derive(Debug, Default)]
pub struct NewestRules(Mutex<BTreeMap<(NodeId, Tool), Newest>>);

#[derive(Debug, Clone)]
struct Newest {
    id: RulesetId,
    digest: String,
    since: Timestamp,
    ages: Arc<SinceByChain>,
    seen_at: Timestamp,
    written_at: Timestamp,
    /// An answer to a question from before this moment may be older than the entry.
    entered: Instant,
}

/// When a node was asked for its rules.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    node: NodeId,
    at: Timestamp,
    moment: Instant,
}

impl Asked {
    pub fn now(node: NodeId) -> Asked {
        Asked { node, at: clock::now(), moment: Instant::now() }
    }
}

impl NewestRules {
    fn get(&self, key: (NodeId, Tool)) -> Option<Newest> {
        self.lock().get(&key).cloned()
    }

    fn seen(&self, key: (NodeId, Tool), id: RulesetId, at: Timestamp, written: bool) {
        if let Some(newest) = self.lock().get_mut(&key).filter(|newest| newest.id == id) {
            newest.seen_at = at;
            if written {
                newest.written_at = at;
            }
        }
    }

    /// Of two that enter at the same time the newer one stays.
    fn put(&self, key: (NodeId, Tool), newest: Newest) {
        let mut all = self.lock();
        if all.get(&key).is_none_or(|other| other.id <= newest.id) {
            all.insert(key, newest);
        }
    }

    fn retain(&self, is_there: impl Fn(NodeId) -> bool) {
        self.lock().retain(|(node, _), _| is_there(*node));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(NodeId, Tool), Newest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Enters what was read in the history, and tells since when it is so.
pub async fn record(app: &App, asked: Asked, reading: &mut Fact<Reading>) {
    let seen_at = reading.observed_at;
    let rulesets = reading.value.rulesets.iter_mut();
    for (tool, ruleset) in rulesets.filter(|(_, ruleset)| ruleset.unreadable.is_none()) {
        match newest(app, asked, *tool, ruleset, seen_at).await {
            Ok(Some(newest)) => {
                ruleset.since = Some(newest.since);
                ruleset.unchanged_since = never_hit(&newest.ages, &ruleset.counters, newest.since);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(node = %asked.node, %tool, %error, "rules are not written down");
            }
        }
    }
}

/// The entry of the rules that were read; `None` while they have none.
async fn newest(
    app: &App,
    asked: Asked,
    tool: Tool,
    ruleset: &RulesetView,
    seen_at: Timestamp,
) -> Result<Option<Newest>, StoreError> {
    let key = (asked.node, tool);
    let known = app.newest_rules.get(key);
    if let Some(known) = known.as_ref().filter(|known| known.digest == ruleset.digest) {
        let is_due = known.written_at.age(seen_at) >= WRITE_EVERY;
        if is_due {
            app.store.rules_seen_again(known.id, seen_at).await?;
        }
        app.newest_rules.seen(key, known.id, seen_at, is_due);
        return Ok(Some(known.clone()));
    }
    if known.as_ref().is_some_and(|known| asked.moment < known.entered) {
        return Ok(None);
    }
    let seen = SeenRules {
        node: asked.node,
        tool,
        digest: &ruleset.digest,
        text: &ruleset.text,
        asked_at: asked.at,
        seen_at,
        before: known.map(|known| (known.id, known.seen_at)),
    };
    let Some(entered) = app.store.record_rules(&seen).await? else { return Ok(None) };
    let newest = Newest {
        id: entered.id,
        since: entered.first_seen_at,
        ages: Arc::new(ages(app, asked.node, &entered, &ruleset.text).await?),
        digest: entered.digest,
        seen_at,
        written_at: seen_at,
        entered: Instant::now(),
    };
    app.newest_rules.put(key, newest.clone());
    Ok(Some(newest))
}

/// Since when each rule has been there, by walking the history back as far as one of them goes.
async fn ages(
    app: &App,
    node: NodeId,
    newest: &PastRuleset,
    text: &str,
) -> Result<SinceByChain, StoreError> {
    let mut ages = RuleAges::new(text, newest.first_seen_at);
    let mut id = newest.id;
    while !ages.is_settled() {
        let before = app.store.rules_before(node, newest.tool, id).await?;
        let Some(before) = before else { break };
        ages.before(&before.text, before.ruleset.first_seen_at);
        id = before.ruleset.id;
    }
    Ok(ages.into_since())
}

/// Reads the rules that nobody looks at, for as long as the console runs.
pub async fn keep_current(app: App) {
    let mut tick = interval(STEP);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut asked: BTreeMap<NodeId, Instant> = BTreeMap::new();
    let mut changing = BTreeSet::new();
    loop {
        tick.tick().await;
        let nodes = app.fleet.nodes();
        app.newest_rules.retain(|node| nodes.contains_key(&node));
        asked.retain(|node, _| nodes.contains_key(node));
        let before = std::mem::replace(&mut changing, being_changed(&app));
        for ended in before.difference(&changing) {
            asked.remove(ended);
        }
        let due = nodes.iter().filter(|(node, (_, observed))| {
            matches!(observed.link.state, LinkState::Up | LinkState::Silent)
                && app.hub.listeners(Topic::Firewall(**node)) == 0
                && asked.get(node).is_none_or(|at| at.elapsed() >= READ_UNSEEN_EVERY)
        });
        let Some(node) = due.map(|(node, _)| *node).min_by_key(|node| asked.get(node)) else {
            continue;
        };
        asked.insert(node, Instant::now());
        if let Err(error) = firewall::read_and_record(&app, node).await {
            tracing::debug!(%node, %error, "rules could not be read for their history");
        }
    }
}

/// The nodes whose rules a job changes. When it ends they are read, so that its rules are in the
/// history however soon others follow.
fn being_changed(app: &App) -> BTreeSet<NodeId> {
    let running = app.fleet.running_jobs().into_iter();
    running.flat_map(|job| job.operation.filters()).collect()
}

/// What each iptables of a node had, newest first.
pub async fn of(app: &App, node: NodeId) -> Result<Vec<PastRuleset>, FirewallError> {
    known(app, node)?;
    Ok(app.store.past_rulesets(node).await?)
}

pub async fn rules(app: &App, node: NodeId, id: RulesetId) -> Result<PastRules, FirewallError> {
    known(app, node)?;
    let rules = app.store.past_rules(node, id).await?;
    rules.ok_or(FirewallError::NoSuchRuleset { node, id })
}

fn known(app: &App, node: NodeId) -> Result<(), FirewallError> {
    app.fleet.observed(node).map(|_| ()).ok_or(FirewallError::NoSuchNode(node))
}

//! The history of rules, over a node that prints what it is told to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use bytes::Bytes;
use futures::stream;
use russh::keys::HashAlg;
use serde_json::{Value, json};
use signalbox_domain::access::Role;
use signalbox_domain::firewall::history::{Changes, PastRules, PastRuleset};
use signalbox_domain::firewall::{RulesetView, Tool, canonical};
use signalbox_domain::ids::{JobId, NodeId, PlanId};
use signalbox_domain::jobs::JobState;
use signalbox_domain::nodes::{CredentialKind, LinkState, NodeRecord};
use signalbox_domain::remote::Elevation;
use signalbox_domain::time::Timestamp;
use signalbox_server::app::firewall_history;
use signalbox_server::clock;
use signalbox_server::store::{
    CredentialEntry, KEPT_RULESETS, SeenRules, Store, StoreError, StoredNode,
};

use crate::console::{Console, Who};
use crate::sshd::{Answer, Behaviour, Sshd};

const TOOL: Tool = Tool::IptablesLegacy;
const LOOPBACK: &str = "-i lo -j ACCEPT";
const HTTPS: &str = "-p tcp -m tcp --dport 443 -j ACCEPT";
const LIMIT: Duration = Duration::from_secs(20);

/// Rules as `iptables-save -c` prints them: how often each matched, and what it says.
fn filter(rules: &[(u64, &str)]) -> String {
    let rule = |(packets, rule): &(u64, &str)| format!("[{packets}:0] -A INPUT {rule}\n");
    let rules: String = rules.iter().map(rule).collect();
    format!("*filter\n:INPUT ACCEPT [7:420]\n{rules}COMMIT\n")
}

#[derive(Default)]
struct Rules {
    live: String,
    /// What a draft becomes on the node.
    tried: String,
}

struct Fixture {
    console: Console,
    admin: Who,
    node: NodeId,
    rules: Arc<Mutex<Rules>>,
    _sshd: Sshd,
}

impl Fixture {
    async fn new() -> Fixture {
        let console = Console::start().await;
        let admin = console.script(Role::Admin).await;
        let rules = Arc::new(Mutex::new(Rules::default()));
        let told = Arc::clone(&rules);
        let behaviour = Behaviour::answering(move |line| {
            let rules = told.lock().unwrap();
            match line {
                _ if line.contains("signalbox-probe") => Answer::Play(Box::pin(beats())),
                _ if line.contains("firewall-rules try") => Answer::prints(&rules.tried),
                _ if line.contains("firewall-read") => {
                    Answer::prints(&format!("== {TOOL}\n{}", rules.live))
                }
                _ => Answer::prints(""),
            }
        });
        let host_key = behaviour.host_keys[0].public_key().fingerprint(HashAlg::Sha256);
        let sshd = Sshd::start(behaviour).await;
        let node = json!({
            "name": "web-1",
            "host": sshd.address.ip().to_string(),
            "port": sshd.address.port(),
            "user": "root",
            "credential": { "password": "right" },
            "host_key": host_key.to_string(),
        });
        let added = console.post(&admin, "/api/v1/nodes", node).await;
        let id = added.body["record"]["id"].as_i64().unwrap_or_else(|| panic!("{added:?}"));
        Fixture { console, admin, node: NodeId(id), rules, _sshd: sshd }
    }

    fn has(&self, rules: &[(u64, &str)]) {
        self.rules.lock().unwrap().live = filter(rules);
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.console.get(&self.admin, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.body
    }

    /// Reads the rules, as a page that shows them does.
    async fn look(&self) -> RulesetView {
        // Moments that follow each other are to differ.
        tokio::time::sleep(Duration::from_millis(3)).await;
        let view = self.get(&format!("/api/v1/firewall/{}", self.node)).await;
        serde_json::from_value(view["rulesets"][TOOL.as_str()].clone()).unwrap()
    }

    async fn history(&self) -> Vec<PastRuleset> {
        let history = self.get(&format!("/api/v1/firewall/{}/history", self.node)).await;
        serde_json::from_value(history).unwrap()
    }

    async fn until(&self, what: &str, holds: impl Fn(&[PastRuleset]) -> bool) {
        let looking = async {
            while !holds(&self.history().await) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(LIMIT, looking).await.is_err() {
            panic!("not {what}: {:#?}", self.history().await);
        }
    }

    /// A job that is to apply these rules, as it is before anything runs.
    async fn job(&self, rules: &[(u64, &str)]) -> JobId {
        let operation = json!({
            "operation": "firewall.apply", "node": self.node, "tool": TOOL, "rules": filter(rules),
        });
        self.job_of(rules, operation).await
    }

    async fn job_of(&self, rules: &[(u64, &str)], operation: Value) -> JobId {
        self.rules.lock().unwrap().tried = filter(rules);
        let path = "/api/v1/plans";
        let plan = self.console.post(&self.admin, path, json!({ "operation": operation })).await;
        let id = plan.body["id"].as_i64().unwrap_or_else(|| panic!("{plan:?}"));
        let plan = self.console.app.store.plan(PlanId(id)).await.unwrap().unwrap();
        self.console.admit(&plan).await
    }

    async fn end(&self, job: JobId, state: JobState) {
        let store = &self.console.app.store;
        let mut view = store.job(job).await.unwrap().unwrap().view;
        view.summary.state = state;
        view.summary.finished_at = Some(clock::now());
        store.save_job(&view).await.unwrap();
    }
}

/// A probe that has nothing to tell but that it runs.
fn beats() -> impl futures::Stream<Item = Bytes> + Send {
    stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        Some((Bytes::from(format!(". beat {} 0\n", clock::now().0)), ()))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_somebody_changed_on_the_node_are_told_newest_first() {
    let fixture = Fixture::new().await;
    fixture.has(&[(0, LOOPBACK)]);
    let first = fixture.look().await;
    // Counters are no change.
    fixture.has(&[(3, LOOPBACK)]);
    assert_eq!(fixture.look().await.since, first.since);
    fixture.has(&[(3, LOOPBACK), (0, HTTPS)]);
    let second = fixture.look().await;

    let history = fixture.history().await;
    let digests: Vec<&str> = history.iter().map(|past| past.digest.as_str()).collect();
    assert_eq!(digests, [second.digest.as_str(), first.digest.as_str()]);
    assert_eq!(history[0].changes, Some(Changes { added: 1, removed: 0 }));
    assert_eq!((history[1].changes, history[1].job, history[0].job), (None, None, None));
    assert_eq!(second.since, Some(history[0].first_seen_at));
    assert_eq!(first.since, Some(history[1].first_seen_at));
    // The second reading is the last that saw them, though less than a minute after the first.
    assert!(history[1].last_seen_at > history[1].first_seen_at, "{history:?}");

    let path = format!("/api/v1/firewall/{}/history/{}", fixture.node, history[1].id);
    let past: PastRules = serde_json::from_value(fixture.get(&path).await).unwrap();
    assert_eq!(past.text, canonical(&TOOL.parse(&filter(&[(0, LOOPBACK)])).unwrap()));
    assert_eq!(past.ruleset, history[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_cannot_be_read_are_no_part_of_the_history() {
    let fixture = Fixture::new().await;
    fixture.has(&[(0, LOOPBACK)]);
    fixture.look().await;
    fixture.rules.lock().unwrap().live = "*filter\n:INPUT\n".to_owned();
    let unreadable = fixture.look().await;
    assert!(unreadable.unreadable.is_some() && unreadable.since.is_none(), "{unreadable:?}");
    assert_eq!(fixture.history().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_rule_is_as_old_as_the_first_ruleset_that_had_it() {
    let fixture = Fixture::new().await;
    fixture.has(&[(0, LOOPBACK)]);
    let first = fixture.look().await.since.unwrap();
    fixture.has(&[(0, HTTPS), (0, LOOPBACK)]);
    let told = fixture.look().await;
    // The other is as old as the ruleset, which `since` tells.
    assert_eq!(told.unchanged_since, [("filter/INPUT".to_owned(), [(2, first)].into())].into());
    fixture.has(&[(0, HTTPS), (1, LOOPBACK)]);
    let hit = fixture.look().await;
    assert_eq!((hit.since, hit.unchanged_since), (told.since, [].into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_has_its_job_once_it_is_kept_and_is_no_part_of_the_history_before() {
    let fixture = Fixture::new().await;
    let (old, new) = ([(0, LOOPBACK)], [(0, HTTPS)]);
    fixture.has(&old);
    fixture.look().await;
    let given_up = fixture.job(&new).await;
    fixture.has(&new);
    assert_eq!(fixture.look().await.since, None, "a job may take them back");
    fixture.has(&old);
    fixture.end(given_up, JobState::RolledBack).await;
    assert!(fixture.look().await.since.is_some());
    assert_eq!(fixture.history().await.len(), 1);

    let kept = fixture.job(&new).await;
    fixture.has(&new);
    fixture.look().await;
    fixture.end(kept, JobState::Done).await;
    fixture.look().await;
    // From now on by hand: there and back.
    for rules in [&old, &new] {
        fixture.has(rules);
        fixture.look().await;
    }
    let history = fixture.history().await;
    let jobs: Vec<Option<JobId>> = history.iter().map(|past| past.job).collect();
    assert_eq!(jobs, [None, None, Some(kept), None]);
    assert_eq!(history[0].digest, history[2].digest);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_on_a_group_of_nodes_is_that_of_each() {
    let fixture = Fixture::new().await;
    fixture.has(&[(0, LOOPBACK)]);
    fixture.look().await;
    let new = [(0, HTTPS)];
    let member = json!({ "node": fixture.node, "tool": TOOL, "rules": filter(&new) });
    let operation = json!({ "operation": "firewall.apply_group", "waves": [[member]] });
    let job = fixture.job_of(&new, operation).await;
    fixture.has(&new);
    assert_eq!(fixture.look().await.since, None, "a job may take them back");
    fixture.end(job, JobState::Done).await;
    fixture.look().await;
    assert_eq!(fixture.history().await[0].job, Some(job));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_read_rules_may_read_their_history_and_nothing_is_told_of_what_is_not_there() {
    let fixture = Fixture::new().await;
    fixture.has(&[(0, LOOPBACK)]);
    fixture.look().await;
    let id = fixture.history().await[0].id;
    let viewer = fixture.console.script(Role::Viewer).await;
    let list = format!("/api/v1/firewall/{}/history", fixture.node);
    for path in [list.clone(), format!("{list}/{id}")] {
        assert_eq!(fixture.console.get(&viewer, &path).await.status, StatusCode::OK, "{path}");
        let nobody = fixture.console.get(&Who::Nobody, &path).await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let other = NodeId(fixture.node.0 + 1);
    let others = format!("/api/v1/firewall/{other}/history");
    for path in [others.clone(), format!("{others}/{id}"), format!("{list}/999999")] {
        let answer = fixture.console.get(&viewer, &path).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::NOT_FOUND, "not_found"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_nobody_looks_at_is_read_by_itself_and_anew_after_a_job() {
    let fixture = Fixture::new().await;
    let app = fixture.console.app.clone();
    fixture.has(&[(0, LOOPBACK)]);
    let recording = tokio::spawn(firewall_history::keep_current(app.clone()));
    fixture.until("read", |history| history.len() == 1).await;
    assert_eq!(app.fleet.observed(fixture.node).unwrap().link.state, LinkState::Up);

    let job = fixture.job(&[(0, HTTPS)]).await;
    app.fleet.jobs_changed(vec![app.store.job(job).await.unwrap().unwrap().view.summary]);
    fixture.has(&[(0, HTTPS)]);
    // Longer than it takes to look for jobs once.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(fixture.history().await.len(), 1);
    fixture.end(job, JobState::Done).await;
    app.fleet.jobs_changed(Vec::new());
    fixture.until("read again", |history| history[0].job == Some(job)).await;
    recording.abort();
}

async fn store_with_a_node() -> (tempfile::TempDir, Store, NodeId) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("signalbox.db")).await.unwrap();
    let entry = CredentialEntry {
        name: "all".to_owned(),
        kind: CredentialKind::Password,
        fingerprint: None,
        shared: true,
        created_at: Timestamp(0),
    };
    let credential = store.add_credential(&entry, |_| Ok::<_, StoreError>(vec![0])).await.unwrap();
    let record = NodeRecord {
        id: NodeId(0),
        name: "web-1".parse().unwrap(),
        host: "192.0.2.1".parse().unwrap(),
        port: 22,
        user: "root".parse().unwrap(),
        elevation: Elevation::None,
        credential: credential.id,
        jump: None,
        tags: Vec::new(),
        host_key: String::new(),
        added_at: Timestamp(0),
        version: 1,
    };
    let node = StoredNode { record, host_key_algorithm: String::new() };
    let node = store.add_node(&node).await.unwrap().id;
    (directory, store, node)
}

fn seen(node: NodeId, tool: Tool, digest: &str, at: i64) -> SeenRules<'_> {
    let (asked_at, seen_at) = (Timestamp(at), Timestamp(at));
    SeenRules { node, tool, digest, text: "", asked_at, seen_at, before: None }
}

#[tokio::test]
async fn the_newest_rulesets_of_each_iptables_are_kept_and_go_with_their_node() {
    let (_directory, store, node) = store_with_a_node().await;
    let other = Tool::Ip6tablesLegacy;
    let first = store.record_rules(&seen(node, other, "of the other", 0)).await.unwrap().unwrap();
    for at in 0..=i64::from(KEPT_RULESETS) {
        let digest = at.to_string();
        assert!(store.record_rules(&seen(node, TOOL, &digest, at)).await.unwrap().is_some());
    }
    let kept = store.past_rulesets(node).await.unwrap();
    let (of_tool, others): (Vec<PastRuleset>, Vec<PastRuleset>) =
        kept.into_iter().partition(|past| past.tool == TOOL);
    assert_eq!(others.as_slice(), std::slice::from_ref(&first));
    let digests: Vec<String> = of_tool.iter().map(|past| past.digest.clone()).collect();
    let newest: Vec<String> = (1..=KEPT_RULESETS).rev().map(|at| at.to_string()).collect();
    assert_eq!(digests, newest);

    store.remove_node(node).await.unwrap();
    assert_eq!(store.past_rulesets(node).await.unwrap(), []);
    assert_eq!(store.past_rules(node, first.id).await.unwrap(), None);
}

#[tokio::test]
async fn the_same_rules_again_move_the_end_and_after_others_begin_anew() {
    let (_directory, store, node) = store_with_a_node().await;
    for (digest, at) in [("a", 10), ("a", 20), ("b", 30), ("a", 40), ("a", 35)] {
        store.record_rules(&seen(node, TOOL, digest, at)).await.unwrap();
    }
    let history = store.past_rulesets(node).await.unwrap();
    let told: Vec<(&str, i64, i64)> = history
        .iter()
        .map(|past| (past.digest.as_str(), past.first_seen_at.0, past.last_seen_at.0))
        .collect();
    assert_eq!(told, [("a", 40, 40), ("b", 30, 30), ("a", 10, 20)]);
    let [_, between, oldest] = &history[..] else { panic!("{history:?}") };
    store.rules_seen_again(between.id, Timestamp(38)).await.unwrap();
    let before = store.rules_before(node, TOOL, history[0].id).await.unwrap().unwrap().ruleset;
    assert_eq!((before.id, before.last_seen_at), (between.id, Timestamp(38)));
    let before = store.rules_before(node, TOOL, between.id).await.unwrap().unwrap().ruleset;
    assert_eq!(before.id, oldest.id);
    assert!(store.rules_before(node, TOOL, oldest.id).await.unwrap().is_none());
}

//! New text for keepalived.conf, deployed to the lab's directors.

use serde_json::{Value, json};
use signalbox_domain::jobs::{JobState, JobView};
use signalbox_domain::plan::{Plan, Verdict};
use signalbox_domain::vrrp::deploy::ConfView;

use crate::console::Console;
use crate::directors::Directors;

const MAIN: &str = "/etc/keepalived/keepalived.conf";
const PAIR: [&str; 2] = ["dir-a", "dir-b"];
const ADDED: &str = "192.168.1.210";
const SAVED: &str = "/var/lib/signalbox/keepalived";
/// A script that fails puts the instance into FAULT, which no test of the file foretells.
const FAULTY: (&str, &str) = (
    "vrrp_instance VI_WEB {",
    "vrrp_script broken {\n    script /bin/false\n    interval 1\n    fall 1\n}\n\n\
     vrrp_instance VI_WEB {\n    track_script {\n        broken\n    }",
);

struct Pair {
    directors: Directors,
    console: Console,
    before: [String; 2],
}

/// With `client` among the nodes, jobs measure what it loses, which takes them seconds.
fn pair(nodes: &[&str]) -> Option<Pair> {
    let directors = Directors::of_the_lab()?;
    let console = Console::over(&directors.lab, nodes);
    for node in PAIR {
        console.await_observed(node);
        // The same text without a change: `put_in_order` brings it back and reloads.
        directors.edit_conf(node, "", false);
    }
    let before = PAIR.map(|node| directors.sh(node, &format!("cat {MAIN}")));
    Some(Pair { directors, console, before })
}

impl Pair {
    fn conf(&self, node: &str) -> ConfView {
        let view = self.console.get(&format!("/vrrp/conf/{}", self.console.nodes[node])).unwrap();
        serde_json::from_value(view).unwrap()
    }

    /// Deploys each node's text with the first of the two replaced by the second.
    fn change(&self, nodes: &[&str], edits: &[(&str, &str)]) -> Value {
        let nodes = nodes.iter().map(|node| {
            let view = self.conf(node);
            let file = &view.files[MAIN];
            let text = edits.iter().fold(file.text.clone(), |text, (old, new)| {
                assert!(text.contains(old), "{old} in {text}");
                text.replace(old, new)
            });
            let files = [json!({ "path": MAIN, "base": file.digest, "text": text })];
            json!({ "node": self.console.nodes[*node], "files": files })
        });
        json!({ "operation": "vrrp.deploy", "nodes": nodes.collect::<Vec<_>>() })
    }

    fn plan(&self, nodes: &[&str], edits: &[(&str, &str)]) -> Plan {
        self.console.plan_of_that_may_run(&self.change(nodes, edits))
    }

    fn deploy(&self, nodes: &[&str], edits: &[(&str, &str)]) -> JobView {
        let job = self.console.run(&self.plan(nodes, edits));
        self.console.finish(job)
    }

    fn text(&self, node: &str) -> String {
        self.directors.sh(node, &format!("cat {MAIN}"))
    }

    fn assert_as_before(&self) {
        for (node, before) in PAIR.iter().zip(&self.before) {
            assert_eq!(self.text(node), *before, "{node}");
        }
        assert_eq!(self.directors.holders(), ["dir-a"]);
    }

    fn log(&self, job: &JobView) -> String {
        self.console.log(job.summary.id.0)
    }
}

fn measured(job: &JobView) {
    let measured = job.measurement.as_ref().unwrap();
    eprintln!("{} asked, {} lost, {} ms", measured.asked, measured.lost, measured.outage_ms);
    assert!(measured.asked > 100, "{} asked", measured.asked);
    assert_eq!(measured.lost, 0);
}

#[test]
fn a_change_goes_to_both_without_a_lost_answer_and_passwords_stay() {
    let Some(pair) = pair(&["dir-a", "dir-b", "client"]) else { return };
    let view = pair.conf("dir-a");
    let shown = serde_json::to_string(&view).unwrap();
    assert!(!shown.contains("lab-51"), "a password is shown");
    let mode = pair.directors.sh("dir-a", &format!("stat -c '%a %U' {MAIN}"));

    let weight = ("192.168.1.103 80 {\n        weight 1", "192.168.1.103 80 {\n        weight 3");
    let plan = pair.plan(&PAIR, &[weight]);
    assert_eq!(plan.draft.verdict(), Verdict::Pass, "{:#?}", plan.draft.interlocks);
    let steps: Vec<&str> = plan.draft.steps.iter().map(|step| step.id.as_str()).collect();
    let standby_first = ["try", "measure", "deploy_2", "deploy_1", "settle", "keep_measuring"];
    assert_eq!(steps, standby_first, "dir-a holds the address");
    let job = pair.console.finish_well(pair.console.run(&plan));
    measured(&job);
    for (node, before) in PAIR.iter().zip(&pair.before) {
        assert_eq!(pair.text(node), before.replace(weight.0, weight.1), "{node}");
        let table = pair.directors.sh(node, "ipvsadm -Ln");
        assert!(table.contains("192.168.1.103:80             Route   3"), "{table}");
    }
    assert_eq!(pair.directors.sh("dir-a", &format!("stat -c '%a %U' {MAIN}")), mode);
    let saved = pair.directors.sh("dir-a", &format!("cat {SAVED}/*/files{MAIN}"));
    assert_eq!(saved, pair.before[0], "the old file is kept");

    // With another list of addresses neither director accepts the other's adverts.
    let address = (
        "192.168.1.200/24 dev eth0",
        "192.168.1.200/24 dev eth0\n        192.168.1.210/24 dev eth0",
    );
    let plan = pair.plan(&PAIR, &[address]);
    assert!(plan.draft.steps.iter().any(|step| step.id == "deploy_together"), "{plan:#?}");
    let job = pair.console.finish_well(pair.console.run(&plan));
    measured(&job);
    assert_eq!(pair.directors.holders(), ["dir-a"]);
    let has = |node| !pair.directors.sh(node, &format!("ip -o addr show to {ADDED}")).is_empty();
    assert_eq!((has("dir-a"), has("dir-b")), (true, false));
    pair.console.finish_well(pair.console.run(&pair.plan(&PAIR, &[(address.1, address.0)])));
    assert_eq!((has("dir-a"), has("dir-b")), (false, false), "no orphan");
}

#[test]
fn what_would_break_the_pair_is_refused() {
    let Some(pair) = pair(&PAIR) else { return };
    let blocks = |nodes: &[&str], edit: (&str, &str), id: &str| {
        let operation = pair.change(nodes, &[edit]);
        let plan = pair.console.plan_of(&operation).unwrap();
        let found = plan.draft.interlocks.iter().find(|interlock| interlock.id == id).unwrap();
        assert_eq!(found.verdict, Verdict::Block, "{id}: {:#?}", plan.draft.interlocks);
        found.detail.en.clone()
    };
    let said = blocks(&PAIR, ("virtual_router_id 51", "virtual_router_id 300"), "daemon_accepts");
    assert!(said.contains("number '300' outside range [1, 255]"), "{said}");
    blocks(&PAIR, ("    reload_check_config\n", ""), "reload_checked");
    blocks(&["dir-b"], ("virtual_router_id 51", "virtual_router_id 53"), "directors_agree");
    blocks(
        &["dir-b"],
        ("auth_type PASS\n        auth_pass", "auth_type AH\n        auth_pass"),
        "directors_agree",
    );

    let stale = pair.change(&["dir-b"], &[("priority 90", "priority 91")]);
    pair.directors.edit_conf("dir-b", "$ a # somebody was here", false);
    let plan = pair.console.plan_of(&stale).unwrap();
    let unchanged = plan.draft.interlocks.iter().find(|i| i.id == "files_unchanged").unwrap();
    assert_eq!(unchanged.verdict, Verdict::Block);

    let mut foreign = pair.change(&["dir-b"], &[]);
    foreign["nodes"][0]["files"][0]["text"] = json!("auth_pass kept-00ff\n");
    let refused = pair.console.plan_of(&foreign).unwrap_err();
    assert!(refused.contains("stands for no password of dir-b"), "{refused}");
    foreign["nodes"][0]["files"][0]["path"] = json!("/etc/passwd");
    let refused = pair.console.plan_of(&foreign).unwrap_err();
    assert!(refused.contains("below /etc/keepalived/"), "{refused}");
}

#[test]
fn a_director_that_does_not_run_well_takes_all_back() {
    let Some(pair) = pair(&PAIR) else { return };
    let job = pair.deploy(&PAIR, &[FAULTY]);
    assert_eq!(job.summary.state, JobState::RolledBack, "{}", pair.log(&job));
    pair.assert_as_before();
}

#[test]
fn a_console_that_dies_leaves_all_files_old_or_all_new() {
    let Some(mut pair) = pair(&PAIR) else { return };
    let mut edit = ("192.168.1.104 80 {\n        weight 1", "192.168.1.104 80 {\n        weight 4");
    for step in ["deploy_2", "deploy_1"] {
        let job = pair.console.run(&pair.plan(&PAIR, &[edit]));
        pair.console.await_step(job, step);
        pair.console.kill();
        pair.console.start_again();
        let ended = pair.console.finish(job);
        eprintln!("killed in {step}: {:?}", ended.summary.state);
        let is_new = PAIR.map(|node| pair.text(node).contains(edit.1));
        match ended.summary.state {
            JobState::Done => {
                assert_eq!(is_new, [true, true]);
                edit = (edit.1, edit.0);
            }
            JobState::RolledBack | JobState::Failed => assert_eq!(is_new, [false, false]),
            other => panic!("{other:?}: {}", pair.console.log(job)),
        }
        assert_eq!(pair.directors.holders(), ["dir-a"]);
        for node in PAIR {
            pair.console.await_observed(node);
        }
    }
}

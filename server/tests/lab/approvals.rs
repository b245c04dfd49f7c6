//! What was approved is what runs: a page that is out of date starts nothing.

use serde_json::{Value, json};
use signalbox_domain::plan::{Interlock, Plan, Verdict};

use crate::backups::{catalogue, lab, operation, plan};
use crate::console::Console;

/// The refusal's code, and the plan as it would be made now.
fn refused(console: &Console, submission: &Value) -> (String, Plan) {
    let answer = console.post("/jobs", submission).unwrap_err();
    let (status, problem) = answer.split_once(": ").unwrap();
    assert!(status.starts_with("409"), "{answer}");
    let problem: Value = serde_json::from_str(problem).unwrap();
    let plan = serde_json::from_value(problem["plan"].clone());
    (problem["code"].as_str().unwrap().to_owned(), plan.unwrap_or_else(|_| panic!("{problem}")))
}

fn approval(plan: &Plan) -> Value {
    json!({ "plan": plan.id, "hash": plan.hash })
}

fn verdict(plan: &Plan, id: &str) -> Option<Verdict> {
    plan.draft
        .interlocks
        .iter()
        .find(|interlock: &&Interlock| interlock.id == id)
        .map(|i| i.verdict)
}

#[test]
fn a_plan_that_was_approved_before_replication_stopped_does_not_run() {
    let Some((directors, console)) = lab() else { return };
    let stale = plan(&console);
    assert_eq!(verdict(&stale, "source_follows"), Some(Verdict::Pass));
    // The leaf is asked for by name: the planner by itself would go round the stopped one.
    let mut of_db_3 = operation(&console);
    of_db_3["source"] = json!(console.nodes["db-3"]);
    let approved = console.plan_of_that_may_run(&of_db_3);
    let _started = directors.afterwards("db-3", "mariadb -e 'START SLAVE SQL_THREAD'");
    directors.sh("db-3", "mariadb -e 'STOP SLAVE SQL_THREAD'");
    directors.until("the stopped thread is seen", || {
        let now = console.plan_of(&of_db_3);
        now.is_ok_and(|now| verdict(&now, "source_follows") == Some(Verdict::Block))
    });
    let (code, now) = refused(&console, &approval(&approved));
    assert_eq!(code, "plan_changed");
    assert_eq!(verdict(&now, "source_follows"), Some(Verdict::Block));
    // Nothing approves a block, and the plan that chose the source itself is another one by now.
    assert_eq!(refused(&console, &approval(&now)).0, "interlocked");
    assert_eq!(refused(&console, &json!({ "operation": of_db_3 })).0, "interlocked");
    assert_eq!(refused(&console, &approval(&stale)).0, "plan_changed");
    assert_eq!(console.get("/jobs").unwrap()["jobs"], json!([]));
    assert_eq!(catalogue(&console), []);
}

#[test]
fn a_warning_must_be_seen_before_it_is_accepted() {
    const TABLE: &str = "orders.not_transactional";
    let Some((directors, console)) = lab() else { return };
    plan(&console);
    directors.sh("db-1", &format!("mariadb -e 'CREATE TABLE {TABLE} (id INT) ENGINE=MyISAM'"));
    directors.until("the table is on db-3", || {
        directors.lab.ssh_ok("db-3", &["mariadb", "-e", &format!("DESC {TABLE}")]).is_ok()
    });
    let dropped =
        directors.afterwards("db-1", format!("mariadb -e 'DROP TABLE IF EXISTS {TABLE}'"));
    let (code, warned) = refused(&console, &json!({ "operation": operation(&console) }));
    assert_eq!(code, "needs_approval");
    assert_eq!(verdict(&warned, "one_snapshot"), Some(Verdict::Warn));
    assert_eq!(console.get("/jobs").unwrap()["jobs"], json!([]));
    drop(dropped);
    directors.until("the table is gone from db-3", || {
        directors.lab.ssh_ok("db-3", &["mariadb", "-e", &format!("DESC {TABLE}")]).is_err()
    });
    // The warning that was accepted is no longer what there is to accept.
    assert_eq!(refused(&console, &approval(&warned)).0, "plan_changed");
    let job = console.run(&plan(&console));
    console.finish_well(job);
}

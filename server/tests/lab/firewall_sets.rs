//! A node's sets: shown, followed by the tracer's facts, and named by drafts.

use serde_json::{Value, json};
use signalbox_domain::firewall::{FirewallView, Tool};
use signalbox_domain::plan::{Plan, Verdict};

use crate::console::Console;
use crate::directors::Directors;

const NODE: &str = "web-3";
const TOOL: Tool = Tool::IptablesLegacy;
const CLEAN: &str = "systemctl stop signalbox-firewall-iptables-legacy.timer 2> /dev/null; \
    rm -rf /var/lib/signalbox/firewall; iptables-legacy -P INPUT ACCEPT; iptables-legacy -F; \
    iptables-legacy -X; ipset destroy; true";
const MAKE: &str = "ipset create guests hash:net comment && \
    ipset add guests 203.0.113.0/24 comment \"a scanner\" && \
    ipset add guests 203.0.113.7 nomatch && ipset create open bitmap:port range 0-1024";
const BEFORE: &str = "-A INPUT -m set --match-set guests src -j DROP";
const AFTER: &str =
    "-A INPUT -p tcp -m set --match-set open dst -m set --match-set guests src -j DROP";

fn view(console: &Console) -> FirewallView {
    let view = console.get(&format!("/firewall/{}", console.nodes[NODE])).unwrap();
    serde_json::from_value(view).unwrap()
}

fn operation(console: &Console, rules: &[&str]) -> Value {
    let rules = rules.join("\n");
    let rules =
        format!("*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n{rules}\nCOMMIT\n");
    json!({
        "operation": "firewall.apply", "node": console.nodes[NODE], "tool": TOOL,
        "rules": rules, "base": view(console).rulesets[&TOOL].digest, "within_s": 10,
    })
}

fn blocks(plan: &Plan) -> Vec<(&str, &str)> {
    let blocks = plan.draft.interlocks.iter().filter(|i| i.verdict == Verdict::Block);
    blocks.map(|interlock| (interlock.id.as_str(), interlock.detail.en.as_str())).collect()
}

#[test]
fn a_draft_may_name_the_nodes_sets_and_no_others() {
    let Some(directors) = Directors::of_the_lab() else { return };
    directors.sh(NODE, &format!("{CLEAN}; {MAKE} && iptables-legacy {BEFORE}"));
    let _clean = directors.afterwards(NODE, CLEAN);
    let console = Console::over(&directors.lab, &[NODE]);
    console.await_observed(NODE);

    let sets = view(&console).sets;
    assert_eq!(sets.unreadable, None);
    let guests = &sets.sets["guests"];
    assert_eq!((guests.kind.as_str(), guests.count), ("hash:net", 2));
    assert_eq!(
        guests.entries.as_deref().unwrap(),
        ["203.0.113.0/24 comment \"a scanner\"", "203.0.113.7 nomatch"]
    );

    let nowhere = "-A INPUT -m set --match-set nowhere src -j DROP";
    let plan = console.plan_of(&operation(&console, &[BEFORE, nowhere])).unwrap();
    let blocks = blocks(&plan);
    let ids: Vec<&str> = blocks.iter().map(|(id, _)| *id).collect();
    assert!(ids.contains(&"no_errors") && ids.contains(&"node_takes_it"), "{blocks:?}");
    let advice = "make it first with ipset create nowhere hash:net";
    assert!(blocks.iter().any(|(_, detail)| detail.contains(advice)), "{blocks:?}");

    let plan = console.plan_of_that_may_run(&operation(&console, &[BEFORE, AFTER]));
    let job = console.run(&plan);
    assert!(console.await_step(job, "confirm"), "{}", console.log(job));
    while console.job(job).confirm_until.is_none() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    console.post(&format!("/jobs/{job}/confirm"), &json!({})).unwrap();
    console.finish_well(job);
    let saved = directors.sh(NODE, "iptables-legacy-save");
    assert!(saved.lines().any(|line| line == AFTER), "{saved}");
}

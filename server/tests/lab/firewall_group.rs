//! One draft on several real nodes: wave after wave, and all of them or none.

use std::time::Duration;

use serde_json::{Value, json};
use signalbox_domain::firewall::{FirewallView, Tool};
use signalbox_domain::jobs::JobState;
use signalbox_domain::plan::Verdict;
use std::thread::sleep;

use crate::console::Console;
use crate::directors::{Afterwards, Directors};

const FIRST: &str = "web-3";
const SECOND: &str = "web-2";
const TOOL: Tool = Tool::IptablesLegacy;
const PLUGIN: &str = "/usr/share/netfilter-persistent/plugins.d/15-ip4tables";
const BOOT: &str = "/etc/iptables/rules.v4";
const CLEAN: &str = "systemctl stop signalbox-firewall-iptables-legacy.timer 2> /dev/null; \
    rm -rf /var/lib/signalbox/firewall /etc/iptables /usr/share/netfilter-persistent; \
    iptables-legacy -P INPUT ACCEPT; iptables-legacy -F; iptables-legacy -X; true";
const BEFORE: &str = "-A INPUT -p tcp -m tcp --dport 9998 -j DROP";
const AFTER: &str = "-A INPUT -p tcp -m tcp --dport 9999 -j DROP";
/// What the second node has loaded at boot.
const OLD_FILE: &str = "# by hand";

struct Group<'a> {
    directors: &'a Directors,
    console: Console,
    _clean: [Afterwards<'a>; 2],
}

/// Two nodes with one rule each; the second loads rules at boot.
fn group(directors: &Directors) -> Group<'_> {
    let clean = [FIRST, SECOND].map(|node| {
        directors.sh(node, &format!("{CLEAN}; iptables-legacy {BEFORE}"));
        directors.afterwards(node, CLEAN)
    });
    let boot = format!(
        "mkdir -p /etc/iptables {}; : > {PLUGIN}; echo '{OLD_FILE}' > {BOOT}",
        PLUGIN.rsplit_once('/').unwrap().0
    );
    directors.sh(SECOND, &boot);
    let console = Console::over(&directors.lab, &[FIRST, SECOND]);
    for node in [FIRST, SECOND] {
        console.await_observed(node);
    }
    Group { directors, console, _clean: clean }
}

impl Group<'_> {
    fn rules(&self, node: &str) -> Value {
        let id = self.console.nodes[node];
        let view = self.console.get(&format!("/firewall/{id}")).unwrap();
        let view: FirewallView = serde_json::from_value(view).unwrap();
        let open = ":INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT";
        let rules = format!("*filter\n{open}\n{AFTER}\nCOMMIT\n");
        json!({ "node": id, "tool": TOOL, "rules": rules, "base": view.rulesets[&TOOL].digest })
    }

    fn run(&self) -> i64 {
        let operation = json!({
            "operation": "firewall.apply_group", "within_s": 10,
            "waves": [[self.rules(FIRST)], [self.rules(SECOND)]],
        });
        self.console.run(&self.console.plan_of_that_may_run(&operation))
    }

    fn await_confirm(&self, job: i64, step: &str) {
        assert!(self.console.await_step(job, step), "{}", self.console.log(job));
        while self.console.job(job).confirm_until.is_none() {
            sleep(Duration::from_millis(50));
        }
    }

    fn confirm(&self, job: i64) {
        self.console.post(&format!("/jobs/{job}/confirm"), &json!({})).unwrap();
    }

    fn has(&self, node: &str, rule: &str) -> bool {
        let saved = self.directors.sh(node, "iptables-legacy-save");
        saved.lines().any(|line| line == rule)
    }

    fn boot_file(&self) -> String {
        self.directors.sh(SECOND, &format!("cat {BOOT}"))
    }

    fn assert_old(&self) {
        for node in [FIRST, SECOND] {
            assert!(self.has(node, BEFORE) && !self.has(node, AFTER), "{node}");
        }
        assert_eq!(self.boot_file().trim(), OLD_FILE);
    }
}

#[test]
fn the_second_wave_waits_for_the_first_and_both_are_kept() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let group = group(&directors);
    let job = group.run();
    group.await_confirm(job, "confirm_1");
    assert!(group.has(FIRST, AFTER), "the first wave is live");
    assert!(!group.has(SECOND, AFTER), "the second waits");
    group.confirm(job);
    group.await_confirm(job, "confirm_2");
    assert!(group.has(SECOND, AFTER));
    assert_eq!(group.boot_file().trim(), OLD_FILE, "what is not kept is not loaded at boot");
    group.confirm(job);
    group.console.finish_well(job);
    for node in [FIRST, SECOND] {
        assert!(group.has(node, AFTER) && !group.has(node, BEFORE), "{node}");
        let timers = directors.sh(node, "systemctl list-units --all --plain 'signalbox-*'");
        assert!(!timers.contains("signalbox-firewall"), "{timers}");
    }
    assert!(group.boot_file().contains(AFTER), "{}", group.boot_file());
}

#[test]
fn a_wave_that_nobody_confirms_takes_the_waves_before_it_back() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let mut group = group(&directors);
    let job = group.run();
    group.await_confirm(job, "confirm_1");
    group.confirm(job);
    let ended = group.console.finish(job);
    assert_eq!(ended.summary.state, JobState::RolledBack, "{}", group.console.log(job));
    group.assert_old();
    for step in ["confirm_1", "confirm_2", "keep"] {
        let job = group.run();
        group.await_confirm(job, "confirm_1");
        if step != "confirm_1" {
            group.confirm(job);
            group.await_confirm(job, "confirm_2");
        }
        if step == "keep" {
            group.confirm(job);
            group.console.await_step(job, "keep");
        }
        group.console.kill();
        group.console.start_again();
        let ended = group.console.finish(job);
        eprintln!("killed in {step}: {:?}", ended.summary.state);
        if ended.summary.state == JobState::Done {
            assert_eq!(step, "keep");
            assert!(group.has(FIRST, AFTER) && group.has(SECOND, AFTER));
        } else {
            assert_eq!(ended.summary.state, JobState::RolledBack, "{}", group.console.log(job));
            group.assert_old();
        }
    }
}

#[test]
fn a_node_that_refuses_its_rules_keeps_the_whole_group_from_changing() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let group = group(&directors);
    let mut second = group.rules(SECOND);
    second["rules"] =
        json!("*filter\n:INPUT ACCEPT\n-A INPUT -m owner --uid-owner 0 -j DROP\nCOMMIT\n");
    let operation = json!({
        "operation": "firewall.apply_group",
        "waves": [[group.rules(FIRST)], [second]],
    });
    let plan = group.console.plan_of(&operation).unwrap();
    let blocks = plan.draft.interlocks.iter().filter(|i| i.verdict == Verdict::Block);
    let ids: Vec<&str> = blocks.map(|interlock| interlock.id.as_str()).collect();
    assert!(
        ids.contains(&format!("{}_node_takes_it", group.console.nodes[SECOND]).as_str()),
        "{ids:?}"
    );
    let approval = json!({ "plan": plan.id, "hash": plan.hash });
    let refused = group.console.post("/jobs", &approval).unwrap_err();
    assert!(refused.contains("interlocked"), "{refused}");
    group.assert_old();
}

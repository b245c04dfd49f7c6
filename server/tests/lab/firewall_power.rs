//! A node that goes down while its rules change, and loads at boot what was kept there.

use std::thread::sleep;
use std::time::Duration;

use serde_json::json;
use signalbox_domain::firewall::{FirewallView, Tool};
use signalbox_domain::jobs::JobState;

use crate::console::Console;
use crate::directors::Directors;

const NODE: &str = "web-3";
const TOOL: Tool = Tool::IptablesLegacy;
const BEFORE: &str = "-A INPUT -p tcp -m tcp --dport 9998 -j DROP";
const AFTER: &str = "-A INPUT -p tcp -m tcp --dport 9999 -j DROP";
/// What iptables-persistent does.
const LOADER: &str = "mkdir -p /usr/share/netfilter-persistent/plugins.d /etc/iptables && \
    touch /usr/share/netfilter-persistent/plugins.d/15-ip4tables && \
    printf '%s\\n' '[Service]' Type=oneshot \
    \"ExecStart=/bin/sh -c 'iptables-legacy-restore < /etc/iptables/rules.v4'\" \
    > /etc/systemd/system/rules-at-boot.service && \
    mkdir -p /etc/systemd/system/sysinit.target.wants && \
    ln -sf ../rules-at-boot.service /etc/systemd/system/sysinit.target.wants/ && \
    iptables-legacy-save > /etc/iptables/rules.v4";
const NO_LOADER: &str = "rm -rf /usr/share/netfilter-persistent/plugins.d/15-ip4tables \
    /etc/systemd/system/rules-at-boot.service /etc/iptables/rules.v4 \
    /etc/systemd/system/sysinit.target.wants/rules-at-boot.service";
const CLEAN: &str = "systemctl stop signalbox-firewall-iptables-legacy.timer 2> /dev/null; \
    rm -rf /var/lib/signalbox/firewall; iptables-legacy -F; true";

fn has(directors: &Directors, rule: &str) -> bool {
    directors.sh(NODE, "iptables-legacy-save").lines().any(|line| line == rule)
}

#[test]
fn a_node_that_goes_down_at_a_step_comes_back_with_the_old_rules_or_the_kept_ones() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let _clean = directors.afterwards(NODE, format!("{CLEAN}; {NO_LOADER}"));
    let console = Console::over(&directors.lab, &[NODE]);
    for step in ["arm", "load", "keep"] {
        directors.sh(NODE, &format!("{CLEAN}; iptables-legacy {BEFORE}; {LOADER}"));
        console.await_observed(NODE);
        let view = console.get(&format!("/firewall/{}", console.nodes[NODE])).unwrap();
        let view: FirewallView = serde_json::from_value(view).unwrap();
        let rules =
            format!("*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n{AFTER}\nCOMMIT\n");
        let operation = json!({
            "operation": "firewall.apply", "node": console.nodes[NODE], "tool": TOOL,
            "rules": rules, "base": view.rulesets[&TOOL].digest, "within_s": 10,
        });
        let job = console.run(&console.plan_of_that_may_run(&operation));
        if step == "keep" {
            assert!(console.await_step(job, "confirm"), "{}", console.log(job));
            while console.job(job).confirm_until.is_none() {
                sleep(Duration::from_millis(50));
            }
            console.post(&format!("/jobs/{job}/confirm"), &json!({})).unwrap();
        }
        console.await_step(job, step);
        directors.lab.kill(NODE).unwrap();
        directors.lab.boot(NODE).unwrap();
        directors
            .until("the rules are loaded", || has(&directors, BEFORE) || has(&directors, AFTER));
        let ended = console.finish(job);
        let kept = has(&directors, AFTER);
        eprintln!("down in {step}: {:?}, kept {kept}", ended.summary.state);
        assert_ne!(kept, has(&directors, BEFORE), "never in between");
        match ended.summary.state {
            JobState::Done => assert!(kept),
            JobState::RolledBack => assert!(!kept),
            // What it could not see it does not say.
            JobState::Failed => assert!(step == "keep" || !kept),
            other => panic!("{other:?}: {}", console.log(job)),
        }
    }
}

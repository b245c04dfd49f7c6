//! Rules of real kernels, changed: kept, given up, and cut off at every step.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signalbox_domain::firewall::history::PastRuleset;
use signalbox_domain::firewall::{FirewallView, Tool, scripts};
use signalbox_domain::jobs::JobState;
use signalbox_domain::plan::{Plan, Verdict};
use signalbox_domain::remote::Elevation;

use crate::console::Console;
use crate::directors::{Afterwards, Directors};

const NODE: &str = "web-3";
/// With what depends on the node.
const FLEET: [&str; 4] = ["dir-a", "dir-b", "web-1", NODE];
const TOOL: Tool = Tool::IptablesLegacy;
/// The kernel of the lab's nodes has no nft.
const SAVE: &str = "iptables-legacy-save | sed '/^#/d'";
const CLEAN: &str = "systemctl stop signalbox-firewall-iptables-legacy.timer 2> /dev/null; \
    rm -rf /var/lib/signalbox/firewall; iptables-legacy -P INPUT ACCEPT; iptables-legacy -F; \
    iptables-legacy -X; iptables-legacy -t nat -F 2> /dev/null; true";
const BEFORE: &str = "-A INPUT -p tcp -m tcp --dport 9998 -j DROP";
const AFTER: &str = "-A INPUT -p tcp -m tcp --dport 9999 -j DROP";

/// The lab with a console, and the node with one rule that counts.
fn lab<'a>(directors: &'a Directors, nodes: &[&str]) -> (Console, Afterwards<'a>) {
    directors.sh(NODE, &format!("{CLEAN}; iptables-legacy {BEFORE}"));
    let clean = directors.afterwards(NODE, CLEAN);
    let console = Console::over(&directors.lab, nodes);
    for node in nodes {
        console.await_observed(node);
    }
    (console, clean)
}

fn view(console: &Console, node: &str) -> FirewallView {
    let view = console.get(&format!("/firewall/{}", console.nodes[node])).unwrap();
    serde_json::from_value(view).unwrap()
}

fn operation(console: &Console, node: &str, rules: &str, within_s: u32) -> Value {
    let base = &view(console, node).rulesets[&TOOL].digest;
    json!({
        "operation": "firewall.apply", "node": console.nodes[node], "tool": TOOL,
        "rules": rules, "base": base, "within_s": within_s,
    })
}

fn filter(rules: &[&str]) -> String {
    let rules = rules.join("\n");
    format!("*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n{rules}\nCOMMIT\n")
}

fn has(directors: &Directors, rule: &str) -> bool {
    directors.sh(NODE, SAVE).lines().any(|line| line == rule)
}

fn blocks(plan: &Plan) -> Vec<&str> {
    let blocks = plan.draft.interlocks.iter().filter(|i| i.verdict == Verdict::Block);
    blocks.map(|interlock| interlock.id.as_str()).collect()
}

#[test]
fn a_draft_that_is_kept_stays_and_the_rules_that_stay_keep_their_counters() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (console, _clean) = lab(&directors, &FLEET);
    directors.sh("web-1", "for n in 1 2 3; do timeout 1 sh -c '< /dev/tcp/192.168.1.104/9998' 2> /dev/null; timeout 1 bash -c '< /dev/tcp/192.168.1.104/9998' 2> /dev/null; done; true");
    let dropped = view(&console, NODE).rulesets[&TOOL].counters["filter/INPUT"][&1].packets;
    assert!(dropped > 0, "the rule counts what it drops");
    // As a person writes it: the node's own words for it are what is compared.
    let written = filter(&[
        BEFORE,
        "-A INPUT -p tcp --dport 9999:9999 -j DROP",
        "-A INPUT -s 203.0.113.9 -j DROP",
    ]);
    let plan = console.plan_of_that_may_run(&operation(&console, NODE, &written, 10));
    let job = console.run(&plan);
    console.await_confirm(job, "confirm");
    assert!(has(&directors, AFTER), "the draft is live before it is kept");
    console.post(&format!("/jobs/{job}/confirm"), &json!({})).unwrap();
    console.finish_well(job);
    let counted = view(&console, NODE).rulesets[&TOOL].counters["filter/INPUT"][&1].packets;
    assert!(counted >= dropped, "{dropped} packets before, {counted} after");
    let timers = directors.sh(NODE, "systemctl list-units --all --plain 'signalbox-*'");
    assert!(!timers.contains("signalbox-firewall"), "{timers}");
    for rule in [BEFORE, AFTER, "-A INPUT -s 203.0.113.9/32 -j DROP"] {
        assert!(has(&directors, rule), "{rule}: {}", directors.sh(NODE, SAVE));
    }
    let refused = console.post(&format!("/jobs/{job}/confirm"), &json!({})).unwrap_err();
    assert!(refused.contains("not_running"), "{refused}");
}

#[test]
fn what_nobody_keeps_or_somebody_gives_up_is_rolled_back() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (console, _clean) = lab(&directors, &[NODE]);
    let before = directors.sh(NODE, SAVE);
    // The table nat is not among the old rules: it must not stay behind.
    let draft = format!(
        "{}*nat\n:PREROUTING ACCEPT\n-A PREROUTING -p tcp -m tcp --dport 9997 -j REDIRECT --to-ports 80\nCOMMIT\n",
        filter(&[AFTER])
    );
    for given_up in [true, false] {
        let plan = console.plan_of_that_may_run(&operation(&console, NODE, &draft, 10));
        let job = console.run(&plan);
        console.await_confirm(job, "confirm");
        assert!(has(&directors, AFTER) && !has(&directors, BEFORE));
        if given_up {
            console.post(&format!("/jobs/{job}/cancel"), &json!({})).unwrap();
        }
        let ended = console.finish(job);
        assert_eq!(ended.summary.state, JobState::RolledBack, "{}", console.log(job));
        let now = directors.sh(NODE, SAVE);
        assert!(!now.contains("REDIRECT") && !has(&directors, AFTER), "{now}");
        assert!(has(&directors, BEFORE), "{before} became {now}");
    }
}

#[test]
fn a_draft_that_would_do_harm_is_blocked_and_says_why() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (console, _clean) = lab(&directors, &FLEET);
    let planned =
        |node: &str, draft: &str| console.plan_of(&operation(&console, node, draft, 60)).unwrap();
    let blocked = |node: &str, draft: &str| {
        let plan = planned(node, draft);
        let refused =
            console.post("/jobs", &json!({ "plan": plan.id, "hash": plan.hash })).unwrap_err();
        assert!(refused.contains("interlocked"), "{refused}");
        blocks(&plan).join(" ")
    };
    assert_eq!(
        blocked(NODE, &filter(&[BEFORE, "-A INPUT -p tcp -m tcp --dport 22 -j DROP"])),
        "console_1"
    );
    let old_connections_only = filter(&[
        "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A INPUT -j DROP",
    ]);
    assert!(blocked(NODE, &old_connections_only).contains("console_1"));
    assert!(
        blocked(NODE, &filter(&["-A INPUT -m owner --uid-owner 0 -j DROP"]))
            .contains("node_takes_it")
    );
    assert!(blocked(NODE, &filter(&["-A INPUT -j nowhere"])).contains("node_takes_it"));
    let adverts = filter(&["-A INPUT -m addrtype --dst-type MULTICAST -j DROP"]);
    assert!(planned("dir-b", &adverts).draft.interlocks.iter().any(|i| i.id.starts_with("vrrp")));
    assert!(blocked("dir-b", &filter(&["-A INPUT -p vrrp -j DROP"])).contains("vrrp_"));
    assert!(blocked("dir-b", &filter(&["-A OUTPUT -p vrrp -j DROP"])).contains("vrrp_"));
    let unreadable = console
        .plan_of(&operation(&console, NODE, "*filter\n-A INPUT --dport\nCOMMIT\n", 60))
        .unwrap_err();
    assert!(unreadable.contains("line 2"), "{unreadable}");
    assert!(has(&directors, BEFORE));
}

#[test]
fn what_somebody_else_changed_is_not_overwritten() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (console, _clean) = lab(&directors, &[NODE]);
    let approved = operation(&console, NODE, &filter(&[BEFORE, AFTER]), 60);
    let plan = console.plan_of_that_may_run(&approved);
    directors.sh(NODE, "iptables-legacy -A INPUT -s 203.0.113.7 -j DROP");
    let refused =
        console.post("/jobs", &json!({ "plan": plan.id, "hash": plan.hash })).unwrap_err();
    assert!(refused.contains("plan_changed"), "{refused}");
    assert_eq!(blocks(&console.plan_of(&approved).unwrap()), ["rules_are_the_base"]);
    assert!(has(&directors, "-A INPUT -s 203.0.113.7/32 -j DROP"));
}

#[test]
fn a_console_killed_at_each_step_leaves_the_old_rules_or_the_kept_ones() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (mut console, _clean) = lab(&directors, &[NODE]);
    let draft = filter(&[AFTER]);
    for step in ["try", "arm", "load", "confirm", "keep"] {
        let plan = console.plan_of_that_may_run(&operation(&console, NODE, &draft, 10));
        let job = console.run(&plan);
        if step == "keep" {
            console.await_confirm(job, "confirm");
            console.post(&format!("/jobs/{job}/confirm"), &json!({})).unwrap();
        }
        console.await_step(job, step);
        console.kill();
        console.start_again();
        let ended = console.finish(job);
        eprintln!("killed in {step}: {:?}: {}", ended.summary.state, ended.summary.status.en);
        let kept = has(&directors, AFTER);
        assert_ne!(kept, has(&directors, BEFORE), "never in between");
        match ended.summary.state {
            JobState::Done => assert!(kept),
            JobState::RolledBack | JobState::Failed => assert!(!kept),
            other => panic!("{other:?}: {}", console.log(job)),
        }
        if kept {
            directors.sh(NODE, &format!("{CLEAN}; iptables-legacy {BEFORE}"));
        }
    }
}

/// The node by itself: the console is gone, and nothing asks it to.
#[test]
fn a_node_that_hears_nothing_restores_the_old_rules() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (mut console, _clean) = lab(&directors, &[NODE]);
    let plan = console.plan_of_that_may_run(&operation(&console, NODE, &filter(&[AFTER]), 10));
    let job = console.run(&plan);
    console.await_confirm(job, "confirm");
    console.kill();
    assert!(has(&directors, AFTER));
    directors.until("the timer has fired", || has(&directors, BEFORE));
    assert!(!has(&directors, AFTER));
    console.start_again();
    let ended = console.finish(job);
    assert_eq!(ended.summary.state, JobState::RolledBack, "{}", console.log(job));
    // And where the node itself goes down, what was not kept is not loaded again.
    let plan = console.plan_of_that_may_run(&operation(&console, NODE, &filter(&[AFTER]), 10));
    let job = console.run(&plan);
    console.await_confirm(job, "confirm");
    directors.lab.kill(NODE).unwrap();
    directors.lab.boot(NODE).unwrap();
    assert!(!has(&directors, AFTER));
    let ended = console.finish(job);
    eprintln!("restarted: {:?}: {}", ended.summary.state, ended.summary.status.en);
    assert_ne!(ended.summary.state, JobState::Done);
    // A kernel that has had no rules since it came up takes its first ones like any others.
    directors.lab.kill(NODE).unwrap();
    directors.lab.boot(NODE).unwrap();
    console.await_observed(NODE);
    assert_eq!(directors.sh(NODE, SAVE), "");
    let plan = console.plan_of_that_may_run(&operation(&console, NODE, &filter(&[AFTER]), 10));
    let job = console.run(&plan);
    console.await_confirm(job, "confirm");
    assert!(has(&directors, AFTER), "{}", console.log(job));
    console.post(&format!("/jobs/{job}/cancel"), &json!({})).unwrap();
    assert_eq!(console.finish(job).summary.state, JobState::RolledBack);
    assert!(!has(&directors, AFTER));
}

#[test]
fn a_line_cut_while_the_draft_is_live_ends_with_the_old_rules() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (console, _clean) = lab(&directors, &[NODE]);
    let plan = console.plan_of_that_may_run(&operation(&console, NODE, &filter(&[AFTER]), 10));
    let job = console.run(&plan);
    assert!(console.await_step(job, "sign_in"), "{}", console.log(job));
    // Longer than the timer on the node.
    let cut = "ip link set mgmt0 down; sleep 30; ip link set mgmt0 up";
    directors.sh(NODE, &format!("nohup sh -c '{cut}' > /dev/null 2>&1 &"));
    let ended = console.finish(job);
    directors.until("the line is back", || directors.lab.ssh_ok(NODE, &["true"]).is_ok());
    eprintln!("cut: {:?}: {}", ended.summary.state, ended.summary.status.en);
    assert_eq!(ended.summary.state, JobState::RolledBack, "{}", console.log(job));
    assert!(has(&directors, BEFORE) && !has(&directors, AFTER));
}

#[test]
fn a_lock_that_another_program_holds_is_waited_for_and_then_told() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (console, _clean) = lab(&directors, &[NODE]);
    let hold = |seconds: u32| {
        let hold = format!("flock /run/xtables.lock sleep {seconds}");
        directors.sh(NODE, &format!("nohup {hold} > /dev/null 2>&1 & sleep 0.3"));
    };
    let wanted = operation(&console, NODE, &filter(&[AFTER]), 10);
    hold(3);
    let began = Instant::now();
    let plan = console.plan_of(&wanted).unwrap();
    assert_eq!(blocks(&plan), Vec::<&str>::new());
    assert!(began.elapsed() > Duration::from_secs(2), "it waited: {:?}", began.elapsed());
    hold(13);
    let plan = console.plan_of(&wanted).unwrap();
    let refused = plan.draft.interlocks.iter().find(|i| i.id == "node_takes_it").unwrap();
    assert_eq!(refused.verdict, Verdict::Block);
    assert!(refused.detail.en.contains("holding the xtables lock"), "{}", refused.detail.en);
}

/// The scripts, where no plan would come: a table that the kernel refuses behind one that it takes.
#[test]
fn a_second_table_that_is_refused_leaves_the_first_as_it_was() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (console, _clean) = lab(&directors, &[NODE]);
    let run = |command: signalbox_domain::remote::RemoteCommand| {
        let line = command.line(Elevation::None);
        let fed = format!("{line} <<'RULES'\n{}RULES\n", command.stdin.unwrap_or_default());
        directors.lab.ssh(NODE, &["sh", "-c", &fed]).unwrap()
    };
    let digest = view(&console, NODE).rulesets[&TOOL].digest.parse().unwrap();
    assert!(run(scripts::arm(TOOL, 300, &digest)).status.success());
    let second = "*nat\n:POSTROUTING ACCEPT\n-A PREROUTING -j MASQUERADE\nCOMMIT\n";
    let loaded = run(scripts::load(TOOL, &format!("{}{second}", filter(&[AFTER]))));
    assert!(!loaded.status.success(), "{loaded:?}");
    assert!(has(&directors, BEFORE) && !has(&directors, AFTER), "{}", directors.sh(NODE, SAVE));
    let state = run(scripts::state(TOOL));
    let state = String::from_utf8(state.stdout).unwrap();
    assert_eq!(state, format!("rules {digest}\nstate rolled-back\n"));
    let wrong = "0".repeat(64).parse().unwrap();
    let refused = run(scripts::arm(TOOL, 300, &wrong));
    assert_eq!(refused.status.code(), Some(6), "{refused:?}");
}

/// A job may be undone that never came as far as saving the rules: those that an earlier one kept stay.
#[test]
fn an_undo_restores_only_what_its_own_job_saved() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (console, _clean) = lab(&directors, &[NODE]);
    let run = |command: signalbox_domain::remote::RemoteCommand| {
        let line = command.line(Elevation::None);
        let fed = format!("{line} <<'RULES'\n{}RULES\n", command.stdin.unwrap_or_default());
        let done = directors.lab.ssh(NODE, &["sh", "-c", &fed]).unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    let digest = || view(&console, NODE).rulesets[&TOOL].digest.parse().unwrap();
    let before = digest();
    run(scripts::arm(TOOL, 300, &before));
    run(scripts::load(TOOL, &filter(&[AFTER])));
    run(scripts::keep(TOOL));
    run(scripts::undo(TOOL, &digest()));
    assert!(has(&directors, AFTER) && !has(&directors, BEFORE), "{}", directors.sh(NODE, SAVE));
    run(scripts::undo(TOOL, &before));
    assert!(has(&directors, BEFORE) && !has(&directors, AFTER), "{}", directors.sh(NODE, SAVE));
}

#[test]
fn chains_of_other_programs_stay_byte_for_byte() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (console, _clean) = lab(&directors, &[NODE]);
    directors.sh(
        NODE,
        "iptables-legacy -N DOCKER; iptables-legacy -A FORWARD -j DOCKER; \
         iptables-legacy -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT",
    );
    let of_docker = |directors: &Directors| directors.sh(NODE, &format!("{SAVE} | grep DOCKER"));
    let before = of_docker(&directors);
    let text = view(&console, NODE).rulesets[&TOOL].text.clone();
    let changed = text.replace("--dport 80 -j ACCEPT", "--dport 81 -j ACCEPT");
    let plan = console.plan_of(&operation(&console, NODE, &changed, 60)).unwrap();
    assert_eq!(blocks(&plan), ["others_untouched"]);
    let beside = text.replace("COMMIT", &format!("{AFTER}\nCOMMIT"));
    let plan = console.plan_of_that_may_run(&operation(&console, NODE, &beside, 60));
    let job = console.run(&plan);
    console.await_confirm(job, "confirm");
    console.post(&format!("/jobs/{job}/confirm"), &json!({})).unwrap();
    console.finish_well(job);
    assert!(has(&directors, AFTER));
    assert_eq!(of_docker(&directors), before);
}

/// The rules as the node has them, without what changes by itself.
fn bare(directors: &Directors) -> String {
    directors.sh(NODE, &format!("{SAVE} | sed 's/ \\[.*//'"))
}

fn keep(console: &Console, rules: &str) -> i64 {
    let plan = console.plan_of_that_may_run(&operation(console, NODE, rules, 30));
    let job = console.run(&plan);
    console.await_confirm(job, "confirm");
    console.post(&format!("/jobs/{job}/confirm"), &json!({})).unwrap();
    console.finish_well(job);
    job
}

#[test]
fn the_history_tells_who_changed_the_rules_and_has_the_way_back() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (console, _clean) = lab(&directors, &[NODE]);
    let path = format!("/firewall/{}/history", console.nodes[NODE]);
    let history = || {
        let all: Vec<PastRuleset> = serde_json::from_value(console.get(&path).unwrap()).unwrap();
        all.into_iter().filter(|past| past.tool == TOOL).collect::<Vec<_>>()
    };
    let before = bare(&directors);
    let first = view(&console, NODE).rulesets[&TOOL].clone();
    directors.sh(NODE, &format!("iptables-legacy {AFTER}"));
    let by_hand = view(&console, NODE).rulesets[&TOOL].clone();
    assert_eq!(by_hand.since, Some(history()[0].first_seen_at));
    // Idle since the ruleset before, while the new rule is as old as its own.
    let idle = [("filter/INPUT".to_owned(), [(1, first.since.unwrap())].into())].into();
    assert_eq!(by_hand.unchanged_since, idle);
    let applied = keep(&console, &filter(&[AFTER]));
    let by_job = view(&console, NODE).rulesets[&TOOL].digest.clone();

    let told = history();
    let digests: Vec<&str> = told.iter().map(|past| past.digest.as_str()).collect();
    assert_eq!(digests, [by_job.as_str(), by_hand.digest.as_str(), first.digest.as_str()]);
    let jobs: Vec<Option<i64>> = told.iter().map(|past| past.job.map(|job| job.0)).collect();
    assert_eq!(jobs, [Some(applied), None, None]);

    let past = console.get(&format!("{path}/{}", told[2].id)).unwrap();
    let restored = keep(&console, past["text"].as_str().unwrap());
    assert_eq!(bare(&directors), before);
    let now = view(&console, NODE).rulesets[&TOOL].clone();
    assert_eq!((&now.text, &now.digest), (&first.text, &first.digest));
    assert_eq!(history()[0].job.map(|job| job.0), Some(restored));
}

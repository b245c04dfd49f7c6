//! Sets of real kernels, edited: kept, given up, and cut off.

use serde_json::{Value, json};
use signalbox_domain::firewall::scripts;
use signalbox_domain::jobs::JobState;
use signalbox_domain::plan::{Plan, Verdict};
use signalbox_domain::remote::{Elevation, RemoteCommand};

use crate::console::Console;
use crate::directors::{Afterwards, Directors};

const NODE: &str = "web-3";
const BOOT: &str = "/etc/iptables/ipsets";
const CLEAN: &str = "systemctl stop signalbox-firewall-sets.timer 2> /dev/null; \
    rm -rf /var/lib/signalbox/firewall; iptables-legacy -P INPUT ACCEPT; iptables-legacy -F; \
    ipset destroy; true";
/// As ipset-persistent leaves it.
const BOOT_FILE: &str = "mkdir -p /usr/share/netfilter-persistent/plugins.d /etc/iptables; \
    touch /usr/share/netfilter-persistent/plugins.d/10-ipset; echo '# old' > /etc/iptables/ipsets";
const NO_BOOT_FILE: &str =
    "rm -f /usr/share/netfilter-persistent/plugins.d/10-ipset /etc/iptables/ipsets";
const MAKE: &str = "ipset create guests hash:net comment && \
    ipset add guests 203.0.113.0/24 comment \"a scanner\" && \
    ipset add guests 198.51.100.7 nomatch && \
    iptables-legacy -A INPUT -m set --match-set guests src -j DROP";
const EDITS: &str = "create web hash:ip,port\nadd web 203.0.113.9,tcp:80\n\
    add guests 192.0.2.9/24 comment \"tonight\"\ndel guests 203.0.113.0/24\n\
    del guests 198.51.100.7\n";
const OLD: [&str; 2] =
    ["add guests 198.51.100.7 nomatch", "add guests 203.0.113.0/24 comment \"a scanner\""];
const NEW: [&str; 2] =
    ["add guests 192.0.2.0/24 comment \"tonight\"", "add web 203.0.113.9,tcp:80"];

fn lab(directors: &Directors) -> (Console, Afterwards<'_>) {
    directors.sh(NODE, &format!("{CLEAN}; {BOOT_FILE}; {MAKE}"));
    let clean = directors.afterwards(NODE, format!("{CLEAN}; {NO_BOOT_FILE}"));
    let console = Console::over(&directors.lab, &[NODE]);
    console.await_observed(NODE);
    (console, clean)
}

fn operation(console: &Console, edits: &str) -> Value {
    json!({
        "operation": "firewall.change_sets", "node": console.nodes[NODE], "edits": edits,
        "within_s": 10,
    })
}

/// The entries of all sets, sorted.
fn entries(directors: &Directors) -> Vec<String> {
    let saved = directors.sh(NODE, "ipset save");
    let mut entries: Vec<String> =
        saved.lines().filter(|line| line.starts_with("add ")).map(str::to_owned).collect();
    entries.sort();
    entries
}

fn blocks(plan: &Plan) -> Vec<(&str, &str)> {
    let blocks = plan.draft.interlocks.iter().filter(|i| i.verdict == Verdict::Block);
    blocks.map(|interlock| (interlock.id.as_str(), interlock.detail.en.as_str())).collect()
}

#[test]
fn edits_that_are_kept_stay_and_are_made_at_boot() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (console, _clean) = lab(&directors);
    let job = console.run(&console.plan_of_that_may_run(&operation(&console, EDITS)));
    console.await_confirm(job, "confirm");
    assert_eq!(entries(&directors), NEW);
    assert_eq!(directors.sh(NODE, &format!("cat {BOOT}")).trim(), "# old");
    console.post(&format!("/jobs/{job}/confirm"), &json!({})).unwrap();
    console.finish_well(job);
    assert_eq!(entries(&directors), NEW);
    assert!(directors.sh(NODE, &format!("cat {BOOT}")).contains(NEW[1]));
    let timers = directors.sh(NODE, "systemctl list-units --all --plain 'signalbox-*'");
    assert!(!timers.contains("signalbox-firewall"), "{timers}");
}

#[test]
fn edits_that_nobody_keeps_are_taken_back_and_nothing_else_is() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (console, _clean) = lab(&directors);
    let job = console.run(&console.plan_of_that_may_run(&operation(&console, EDITS)));
    console.await_confirm(job, "confirm");
    // Somebody else goes on meanwhile, who is not to lose anything.
    directors.sh(NODE, "ipset add guests 192.0.2.200/29");
    let ended = console.finish(job);
    assert_eq!(ended.summary.state, JobState::RolledBack, "{}", console.log(job));
    assert_eq!(entries(&directors), [&["add guests 192.0.2.200/29"], &OLD[..]].concat());
    assert!(!directors.sh(NODE, "ipset list -n").contains("web"));
    assert_eq!(directors.sh(NODE, &format!("cat {BOOT}")).trim(), "# old");
}

#[test]
fn an_edit_that_would_lock_the_console_out_or_that_cannot_be_is_told() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (console, _clean) = lab(&directors);
    let view = console.get(&format!("/firewall/{}", console.nodes[NODE])).unwrap();
    let from = view["line"]["from"].as_str().unwrap();
    let plan = console.plan_of(&operation(&console, &format!("add guests {from}"))).unwrap();
    let found = blocks(&plan);
    let [(id, detail)] = found[..] else { panic!("{found:?}") };
    assert!(id.starts_with("iptables-legacy_console"), "{id}");
    assert!(detail.contains("would be dropped"), "{detail}");

    let plan = console.plan_of(&operation(&console, "destroy guests")).unwrap();
    let found = blocks(&plan);
    let detail = found.iter().find(|(id, _)| *id == "not_asked_for").map(|(_, detail)| *detail);
    let advice = "INPUT -m set --match-set guests src -j DROP names guests: take it out first";
    assert!(detail.is_some_and(|detail| detail.contains(advice)), "{found:?}");

    let refused = |edits: &str| console.plan_of(&operation(&console, edits)).unwrap_err();
    let there = refused("add guests 203.0.113.77/24");
    assert!(there.contains("guests has 203.0.113.77/24 already"), "{there}");
    let unknown = refused("create x hash:ip nonsense");
    assert!(unknown.contains("web-3 refuses the draft"), "{unknown}");
    assert_eq!(entries(&directors), OLD);
}

#[test]
fn a_console_killed_while_it_loads_or_keeps_leaves_the_old_entries_or_the_kept_ones() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (mut console, _clean) = lab(&directors);
    for step in ["load", "keep"] {
        let job = console.run(&console.plan_of_that_may_run(&operation(&console, EDITS)));
        if step == "keep" {
            console.await_confirm(job, "confirm");
            console.post(&format!("/jobs/{job}/confirm"), &json!({})).unwrap();
        }
        console.await_step(job, step);
        console.kill();
        console.start_again();
        let ended = console.finish(job);
        eprintln!("killed in {step}: {:?}: {}", ended.summary.state, ended.summary.status.en);
        let found = entries(&directors);
        match ended.summary.state {
            JobState::Done => assert_eq!(found, NEW),
            JobState::RolledBack | JobState::Failed => assert_eq!(found, OLD),
            other => panic!("{other:?}: {}", console.log(job)),
        }
        if found == NEW {
            directors.sh(NODE, &format!("{CLEAN}; {MAKE}"));
        }
    }
}

/// The scripts, where no plan would come: an edit that the kernel refuses behind some that it takes.
#[test]
fn edits_of_which_one_is_refused_leave_the_sets_as_they_were() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let (_console, _clean) = lab(&directors);
    let run = |command: RemoteCommand| {
        let line = command.line(Elevation::None);
        let fed = format!("{line} <<'EDITS'\n{}EDITS\n", command.stdin.unwrap_or_default());
        directors.lab.ssh(NODE, &["sh", "-c", &fed]).unwrap()
    };
    let edits = "create web hash:ip\nadd web 203.0.113.9\ndel guests 198.51.100.7\n\
                 add guests 192.0.2.0/24\n";
    let tried = run(scripts::sets::try_out(edits));
    let printed = String::from_utf8(tried.stdout).unwrap();
    let change = printed.lines().next().unwrap().strip_prefix("change ").unwrap();
    let change = change.parse().unwrap();
    assert!(run(scripts::sets::arm(300, &change, edits)).status.success());
    // Somebody was faster.
    directors.sh(NODE, "ipset del guests 198.51.100.7");
    let loaded = run(scripts::sets::load());
    assert_eq!(loaded.status.code(), Some(1), "{loaded:?}");
    let state = String::from_utf8(run(scripts::sets::state(&change)).stdout).unwrap();
    assert_eq!(state, "sets old\nstate rolled-back\n");
    assert!(!directors.sh(NODE, "ipset list -n").contains("web"));
    assert_eq!(entries(&directors), OLD);
    // Where somebody was faster before, not even the timer is set.
    directors.sh(NODE, "ipset del guests 198.51.100.7");
    let again = run(scripts::sets::arm(300, &change, edits));
    assert_eq!(again.status.code(), Some(6), "{again:?}");
}

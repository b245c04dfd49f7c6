//! A real server's weight on the lab's directors: on both alike or on none, by whoever owns the service.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signalbox_domain::jobs::{JobState, JobView, StepState};
use signalbox_domain::plan::Verdict;

use crate::console::Console;
use crate::directors::{Directors, VIP};

const PAIR: [&str; 2] = ["dir-a", "dir-b"];
const CONF: &str = "/etc/keepalived/keepalived.conf";
/// By keepalived.
const OWNED: &str = "tcp/192.168.1.200:80";
/// By ipvsadm alone.
const DIRECT: &str = "tcp/192.168.1.200:8081";
const ADD: &str = "\
    ipvsadm -A -t 192.168.1.200:8081 -s rr -p 60
    ipvsadm -a -t 192.168.1.200:8081 -r 192.168.1.102:80 -m -w 2 -x 500 -y 100
    ipvsadm -a -t 192.168.1.200:8081 -r 192.168.1.103:80 -m -w 2";
const REMOVE: &str = "\
    umount $(command -v ipvsadm) 2> /dev/null
    ipvsadm -D -t 192.168.1.200:8081
    echo 0 > /proc/sys/net/ipv4/vs/expire_nodest_conn";
/// An ipvsadm that refuses one weight.
const REFUSE: &str = r#"real=$(command -v ipvsadm); cp "$real" /run/ipvsadm.real
    cat > /run/ipvsadm.refuses <<'END'
#!/bin/sh
case "$*" in *"-w 7"*) echo "Memory allocation problem" >&2; exit 1;; esac
exec /run/ipvsadm.real "$@"
END
    chmod 755 /run/ipvsadm.refuses; mount --bind /run/ipvsadm.refuses "$real""#;
/// Connections that are open for a while and say nothing.
fn hold_open(seconds: u32) -> String {
    format!(
        "for i in $(seq 30); do
            setsid bash -c 'exec 3<>/dev/tcp/{VIP}/80; sleep {seconds} 3>&-; :' > /dev/null 2>&1 < /dev/null &
        done; sleep 1"
    )
}
const LET_GO: &str = "pkill -f '[e]xec 3<>/dev/tcp'; true";

/// Weight, persistence templates, active connections of a real server in a director's own table.
fn row(directors: &Directors, node: &str, service: &str, server: &str) -> [u32; 3] {
    let printed = directors.sh(node, &format!("ipvsadm -Ln --persistent-conn -t {service}"));
    let line = printed.lines().find(|line| line.contains(&format!("-> {server} "))).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    [2, 3, 4].map(|at| words[at].parse().unwrap())
}

fn weights(directors: &Directors, port: u16, server: &str) -> [u32; 2] {
    let service = format!("{VIP}:{port}");
    PAIR.map(|node| row(directors, node, &service, server)[0])
}

fn set_weight(service: &str, server: &str, weight: u32) -> Value {
    json!({ "operation": "lvs.set_weight", "service": service, "server": server, "weight": weight })
}

fn drain(service: &str, server: &str, was: u32, within_s: u32, at_limit: &str) -> Value {
    json!({
        "operation": "lvs.drain", "service": service, "server": server, "was": was,
        "within_s": within_s, "at_limit": at_limit,
    })
}

fn run(console: &Console, operation: &Value) -> i64 {
    console.run(&console.plan_of_that_may_run(operation))
}

#[test]
fn weights_set_by_ipvsadm_change_on_both_or_on_none_and_a_drain_ends_what_is_left() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let console = Console::over(&directors.lab, &["dir-a", "dir-b"]);
    let _a = directors.afterwards("dir-a", REMOVE);
    let _b = directors.afterwards("dir-b", REMOVE);
    for node in PAIR {
        directors.sh(node, ADD);
        console.await_observed(node);
    }
    let first = "192.168.1.102:80";
    console.finish_well(run(&console, &set_weight(DIRECT, first, 5)));
    assert_eq!(weights(&directors, 8081, first), [5, 5]);

    // dir-a has the address and comes last: what dir-b has by then is taken back.
    directors.sh("dir-a", REFUSE);
    let job = console.finish(run(&console, &set_weight(DIRECT, first, 7)));
    assert_eq!(job.summary.state, JobState::RolledBack, "{}", console.log(job.summary.id.0));
    assert_eq!(weights(&directors, 8081, first), [5, 5]);
    directors.sh("dir-a", "umount $(command -v ipvsadm)");

    // A table that differs is not changed.
    directors.sh("dir-b", "ipvsadm -e -t 192.168.1.200:8081 -r 192.168.1.103:80 -m -w 9");
    directors.until("the difference is seen", || {
        let plan = console.plan_of(&set_weight(DIRECT, first, 6)).unwrap();
        plan.draft.verdict() == Verdict::Block
    });
    directors.sh("dir-b", "ipvsadm -e -t 192.168.1.200:8081 -r 192.168.1.103:80 -m -w 2");

    ends_what_is_left(&directors, &console);
}

fn ends_what_is_left(directors: &Directors, console: &Console) {
    // No answer comes back through the director's NAT, but the client is remembered.
    directors.sh("client", &format!("curl -s -m 1 -o /dev/null http://{VIP}:8081/; true"));
    let service = format!("{VIP}:8081");
    let has_template = |server: &str| row(directors, "dir-a", &service, server)[1] > 0;
    let servers = [("192.168.1.102:80", 5), ("192.168.1.103:80", 2)];
    let (server, was) = servers.into_iter().find(|(server, _)| has_template(server)).unwrap();
    let job = console.finish_well(run(console, &drain(DIRECT, server, was, 3, "end")));
    let wait = job.steps.iter().find(|step| step.id == "wait").unwrap();
    assert!(wait.progress.as_ref().unwrap().en.contains("persistent 1, after 3"), "{wait:#?}");
    assert_eq!(row(directors, "dir-a", &service, server), [0, 0, 0]);
    assert_eq!(weights(directors, 8081, server), [0, 0]);
    for node in PAIR {
        let setting = directors.sh(node, "cat /proc/sys/net/ipv4/vs/expire_nodest_conn");
        assert_eq!(setting.trim(), "0");
        let limits = directors.sh(node, "ipvsadm -Ln --thresholds -t 192.168.1.200:8081");
        let limited = limits.lines().find(|line| line.contains("192.168.1.102:80")).unwrap();
        let words: Vec<&str> = limited.split_whitespace().collect();
        assert_eq!(words[2..4], ["500", "100"], "the thresholds stay: {limits}");
    }
}

/// What keepalived asks of its real servers is refused, and nothing else.
const FAILS_CHECK: &str = "for director in 192.168.1.100 192.168.1.101; do
        iptables-legacy -A INPUT -p tcp --dport 80 -s $director -j REJECT --reject-with tcp-reset
    done";

#[test]
fn a_drain_whose_server_fails_its_check_has_nothing_left_to_wait_for() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let console = Console::over(&directors.lab, &["dir-a", "dir-b"]);
    for node in PAIR {
        console.await_observed(node);
        directors.edit_conf(node, "", false);
    }
    let _rules = directors.afterwards("web-1", "iptables-legacy -F INPUT");
    let _connections = directors.afterwards("client", LET_GO);
    let server = "192.168.1.102:80";
    let plan = console.plan_of_that_may_run(&drain(OWNED, server, 2, 240, "leave"));
    directors.sh("client", &hold_open(200));
    let opened = Instant::now();
    let job = console.run(&plan);
    assert!(console.await_step(job, "wait"), "{}", console.log(job));
    directors.sh("web-1", FAILS_CHECK);
    let ended = console.finish_well(job);
    assert!(opened.elapsed() < Duration::from_secs(190), "it waited: {:?}", opened.elapsed());
    eprintln!("ended {:?} after the connections began: {:#?}", opened.elapsed(), ended.steps);
    let listed = |node| directors.sh(node, &format!("ipvsadm -Ln -t {VIP}:80")).contains(server);
    assert_eq!(PAIR.map(listed), [false; 2], "keepalived took it out");
    directors.sh("web-1", "iptables-legacy -F INPUT");
    directors.until("keepalived put it back", || PAIR.map(listed) == [true; 2]);
}

struct Owned {
    directors: Directors,
    console: Console,
    before: [String; 2],
}

impl Owned {
    fn confs(&self) -> [String; 2] {
        PAIR.map(|node| self.directors.sh(node, &format!("cat {CONF}")))
    }

    /// The director that clients meet still has so many.
    fn active(&self, server: &str) -> u32 {
        row(&self.directors, "dir-a", &format!("{VIP}:80"), server)[2]
    }

    fn progress(&self, job: &JobView) -> String {
        let wait = job.steps.iter().find(|step| step.id == "wait").unwrap();
        wait.progress.as_ref().map_or_else(String::new, |progress| progress.en.clone())
    }
}

#[test]
fn keepalived_is_told_of_its_services_and_a_drain_waits_for_a_slow_connection() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let console = Console::over(&directors.lab, &["dir-a", "dir-b"]);
    for node in PAIR {
        console.await_observed(node);
        // The same text without a change: `put_in_order` brings it back and reloads.
        directors.edit_conf(node, "", false);
    }
    let before = PAIR.map(|node| directors.sh(node, &format!("cat {CONF}")));
    let mut owned = Owned { directors, console, before };
    cut_off_while_it_deploys(&mut owned);
    waits_for_a_slow_connection(&mut owned);
}

fn cut_off_while_it_deploys(owned: &mut Owned) {
    let server = "192.168.1.103:80";
    let job = run(&owned.console, &set_weight(OWNED, server, 3));
    owned.console.await_step(job, "deploy_2");
    owned.console.kill();
    owned.console.start_again();
    let ended = owned.console.finish(job);
    eprintln!("killed in deploy_2: {:?}", ended.summary.state);
    let seen = weights(&owned.directors, 80, server);
    match ended.summary.state {
        JobState::Done => assert_eq!(seen, [3, 3]),
        JobState::RolledBack | JobState::Failed => {
            assert_eq!((seen, owned.confs()), ([1, 1], owned.before.clone()));
            for node in PAIR {
                owned.console.await_observed(node);
            }
            owned.console.finish_well(run(&owned.console, &set_weight(OWNED, server, 3)));
        }
        other => panic!("{other:?}: {}", owned.console.log(job)),
    }
    let line = ("192.168.1.103 80 {\n        weight 1", "192.168.1.103 80 {\n        weight 3");
    assert_eq!(owned.confs(), owned.before.clone().map(|text| text.replace(line.0, line.1)));
    assert_eq!(weights(&owned.directors, 80, server), [3, 3]);
    for node in PAIR {
        owned.console.await_observed(node);
    }
    owned.before = owned.confs();
}

fn waits_for_a_slow_connection(owned: &mut Owned) {
    let server = "192.168.1.102:80";
    let plan = owned.console.plan_of_that_may_run(&drain(OWNED, server, 2, 120, "leave"));
    owned.directors.sh("client", &hold_open(45));
    let opened = Instant::now();
    assert!(
        owned.active(server) > 0,
        "none of thirty connections came to a server of a third of the weight"
    );
    let job = owned.console.run(&plan);
    assert!(owned.console.await_step(job, "wait"), "{}", owned.console.log(job));
    let told = |owned: &Owned| owned.progress(&owned.console.job(job)).starts_with("active ");
    while !told(owned) {
        assert!(!owned.console.job(job).summary.state.is_final(), "{}", owned.console.log(job));
        sleep(Duration::from_millis(100));
    }
    let waiting = owned.console.job(job);
    let wait = waiting.steps.iter().find(|step| step.id == "wait").unwrap();
    assert_eq!(wait.state, StepState::Running, "after {:?}: {wait:#?}", opened.elapsed());
    assert_eq!(weights(&owned.directors, 80, server), [0, 0]);

    // The wait goes on in the next console.
    owned.console.kill();
    owned.console.start_again();
    let ended = owned.console.finish_well(job);
    assert!(owned.progress(&ended).starts_with("active 0, persistent 0"), "{ended:#?}");
    assert!(opened.elapsed() > Duration::from_secs(45), "it did not wait for the connections");
    assert_eq!(owned.active(server), 0);
    assert_eq!(weights(&owned.directors, 80, server), [0, 0]);
    for node in PAIR {
        owned.console.await_observed(node);
    }
    owned.console.finish_well(run(&owned.console, &set_weight(OWNED, server, 2)));
    assert_eq!(weights(&owned.directors, 80, server), [2, 2]);
    assert_eq!(owned.confs(), owned.before, "each byte as it was");
}

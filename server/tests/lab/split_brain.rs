//! Both directors hold the address: seen, explained and mended on real machines.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signalbox_domain::jobs::JobState;
use signalbox_domain::plan::Verdict;
use signalbox_domain::signal::Signal;
use signalbox_domain::vrrp::split::{CauseKind, SplitView};
use signalbox_domain::vrrp::{InstanceView, VrrpView};

use crate::console::Console;
use crate::directors::{Directors, VIP};

fn lab() -> Option<(Directors, Console)> {
    let directors = Directors::of_the_lab()?;
    let console = Console::over(&directors.lab, &["dir-a", "dir-b", "web-1", "client"]);
    Some((directors, console))
}

/// How a split comes about, and how it must be called.
enum Made {
    /// What sed makes of dir-b's VI_WEB and VI_DB in keepalived.conf, at once, to spare time.
    Conf([(&'static str, CauseKind); 2]),
    /// What a shell does on a director.
    Run(&'static str, &'static str, CauseKind),
    /// The lab's link from dir-a to dir-b, or both ways.
    Cut { one_way: bool, kind: CauseKind },
}

/// The table of causes that gave two MASTERs.
const TABLE: [Made; 10] = [
    Made::Conf([
        ("s/auth_pass lab-51/auth_pass other/", CauseKind::AuthPassDiffers),
        ("/authentication {/,/}/d", CauseKind::AuthMissing),
    ]),
    Made::Conf([
        ("s/auth_type PASS/auth_type AH/", CauseKind::AuthTypeDiffers),
        ("s/advert_int 1/advert_int 2/", CauseKind::AdvertIntervalDiffers),
    ]),
    // One address more, and another one instead.
    Made::Conf([
        ("/192.168.1.200/a 192.168.1.204/24 dev eth0", CauseKind::AddressesDiffer),
        ("s/virtual_router_id 52/virtual_router_id 62/", CauseKind::VridDiffers),
    ]),
    Made::Conf([
        // Of version 3 with a password keepalived says that it leaves it out, and so does not load it.
        ("s/advert_int 1/&\\n    version 3/\n/authentication {/,/}/d", CauseKind::VersionDiffers),
        (
            "s/advert_int 1/&\\n    unicast_peer {\\n        192.168.1.100\\n    }/",
            CauseKind::UnicastDiffers,
        ),
    ]),
    Made::Run(
        "dir-b",
        "for c in INPUT OUTPUT; do iptables-legacy -A $c -p 112 -j DROP; done",
        CauseKind::FilteredBothWays,
    ),
    Made::Run(
        "dir-b",
        "iptables-legacy -A INPUT -p 112 -s 192.168.1.100 -j DROP",
        CauseKind::FilteredOneWay,
    ),
    Made::Run("dir-a", FREEZE, CauseKind::DaemonFrozen),
    // It is gone, and what it held is not.
    Made::Run(
        "dir-a",
        "systemctl kill --signal=KILL keepalived; ip addr replace 192.168.1.200/24 dev eth0",
        CauseKind::DaemonGone,
    ),
    Made::Cut { one_way: false, kind: CauseKind::LinkCut },
    Made::Cut { one_way: true, kind: CauseKind::LinkCutOneWay },
];

const FREEZE: &str = "kill -STOP $(cat /run/vrrp.pid)";

/// Of VI_WEB and of VI_DB.
const ADDRESSES: [&str; 2] = [VIP, "192.168.1.201"];

impl Made {
    /// Makes it, and says what each instance's split must be called.
    fn on(&self, directors: &Directors) -> Vec<CauseKind> {
        match self {
            Made::Conf(edits) => {
                let sed: String = ["VI_WEB", "VI_DB"]
                    .into_iter()
                    .zip(edits)
                    .map(|(name, (sed, _))| format!("/^vrrp_instance {name}/,/^}}/{{\n{sed}\n}}\n"))
                    .collect();
                directors.edit_conf("dir-b", &sed, true);
                edits.iter().map(|(_, kind)| *kind).collect()
            }
            Made::Run(director, script, kind) => {
                directors.sh(director, script);
                vec![*kind]
            }
            Made::Cut { one_way, kind } => {
                directors.lab.cut("dir-a", "dir-b", *one_way).unwrap();
                vec![*kind]
            }
        }
    }
}

fn instance(console: &Console, address: &str) -> InstanceView {
    let view: VrrpView = serde_json::from_value(console.get("/vrrp").unwrap()).unwrap();
    let mut instances = view.instances.into_iter();
    let carries =
        |i: &InstanceView| i.virtual_addresses.iter().any(|v| v.address.to_string() == address);
    instances.find(carries).unwrap()
}

/// The split, once what must be read for it has been read and this is its first cause.
fn await_split(console: &Console, address: &str, kind: CauseKind) -> SplitView {
    let deadline = Instant::now() + Duration::from_secs(40);
    loop {
        let instance = instance(console, address);
        if let Some(split) = &instance.split
            && split.gathered_at.is_some()
            && split.causes.first().is_some_and(|cause| cause.kind == kind)
        {
            return split.clone();
        }
        assert!(Instant::now() < deadline, "no split by {kind:?}: {instance:#?}");
        sleep(Duration::from_millis(50));
    }
}

fn await_whole(console: &Console) {
    let deadline = Instant::now() + Duration::from_secs(60);
    for address in ADDRESSES {
        while instance(console, address).signal != Signal::Clear {
            let instance = instance(console, address);
            assert!(Instant::now() < deadline, "it is not mended: {instance:#?}");
            sleep(Duration::from_millis(200));
        }
    }
}

/// Follows by a node's own clock when addresses come to it.
const FOLLOW: &str =
    "nohup ip -ts -o monitor address > /run/moves 2> /dev/null & echo $! > /run/moves.pid";
const UNFOLLOW: &str = "kill $(cat /run/moves.pid)";

/// When an address came last to a director, by the console's clock.
fn moved_at(directors: &Directors, console: &Console, address: &str) -> i64 {
    let last = format!("grep -v Deleted /run/moves | grep ' inet {address}/' | tail -n 1");
    let stamp = format!("$({last} | sed 's/^\\[\\([^]]*\\)\\].*/\\1/')");
    let script = format!("at=\"{stamp}\"; [ -z \"$at\" ] || date -d \"$at\" +%s%3N");
    let came = ["dir-a", "dir-b"].into_iter().filter_map(|director| {
        let at: i64 = directors.sh(director, &script).trim().parse().ok()?;
        Some(at - console.node(director).observed.platform.unwrap().value.clock_ahead_ms)
    });
    came.max().unwrap()
}

#[test]
fn every_cause_is_found_within_two_seconds_and_named() {
    let Some((directors, console)) = lab() else { return };
    let _unfollow = ["dir-a", "dir-b"].map(|director| {
        directors.sh(director, FOLLOW);
        directors.afterwards(director, UNFOLLOW)
    });
    for name in ["dir-a", "dir-b", "web-1"] {
        console.await_observed(name);
    }
    await_whole(&console);
    for made in &TABLE {
        let kinds = made.on(&directors);
        for (kind, address) in kinds.into_iter().zip(ADDRESSES) {
            let split = await_split(&console, address, kind);
            let found_at = split.since.0 + i64::try_from(split.found_ms).unwrap();
            let moved_at = moved_at(&directors, &console, address);
            eprintln!(
                "{kind:?}: seen {} ms after both held, all read after {} ms",
                found_at - moved_at,
                split.gathered_at.unwrap().0 - moved_at
            );
            tell(&split);
            assert!(found_at - moved_at <= 2_000, "found after {} ms", found_at - moved_at);
            assert_eq!(instance(&console, address).signal, Signal::Danger);
        }
        directors.put_in_order();
        await_whole(&console);
    }
}

fn tell(split: &SplitView) {
    for cause in &split.causes {
        eprintln!("  {}", cause.title.en);
        cause.evidence.iter().for_each(|e| eprintln!("    {:?} {}", e.signal, e.fact.en));
    }
    split.looked_at.iter().for_each(|e| eprintln!("  looked: {:?} {}", e.signal, e.fact.en));
}

fn operation(console: &Console, name: &str, director: &str) -> Value {
    json!({ "operation": name, "instance": "VI_WEB", "node": console.nodes[director] })
}

fn verdict(console: &Console, operation: &Value, id: &str) -> Option<Verdict> {
    let plan = console.plan_of(operation).ok()?;
    plan.draft.interlocks.iter().find(|interlock| interlock.id == id).map(|i| i.verdict)
}

fn put_back(directors: &Directors, console: &Console, director: &str) {
    let restore = operation(console, "vrrp.restore", director);
    let job = console.run(&console.plan_of_that_may_run(&restore));
    console.finish_well(job);
    assert_eq!(directors.holders(), ["dir-a"]);
    assert_eq!(directors.number(director), 0);
}

const ONE_WAY: &str = "iptables-legacy -A INPUT -p 112 -s 192.168.1.100 -j DROP";
const MENDED: &str = "iptables-legacy -F INPUT";

#[test]
fn a_split_is_ended_by_demoting_one_which_is_put_back_when_its_cause_is_mended() {
    let Some((directors, mut console)) = lab() else { return };
    console.await_observed("web-1");
    directors.sh("dir-b", ONE_WAY);
    await_split(&console, VIP, CauseKind::FilteredOneWay);
    let demote = operation(&console, "vrrp.demote", "dir-b");
    let job = console.run(&console.plan_of_that_may_run(&demote));
    console.await_step(job, "enter_fault");
    console.kill();
    console.start_again();
    let ended = console.finish(job);
    eprintln!("killed in enter_fault: {:?}", ended.summary.state);
    if ended.summary.state == JobState::RolledBack {
        await_split(&console, VIP, CauseKind::FilteredOneWay);
        let job = console.run(&console.plan_of_that_may_run(&demote));
        console.finish_well(job);
    }
    assert_eq!(directors.holders(), ["dir-a"]);
    assert_eq!(directors.number("dir-b"), -254);
    let restore = operation(&console, "vrrp.restore", "dir-b");
    assert_eq!(verdict(&console, &restore, "cause_mended"), Some(Verdict::Block));
    directors.sh("dir-b", MENDED);
    put_back(&directors, &console, "dir-b");

    directors.sh("dir-a", FREEZE);
    await_split(&console, VIP, CauseKind::DaemonFrozen);
    let kept = operation(&console, "vrrp.demote", "dir-b");
    assert_eq!(verdict(&console, &kept, "survivor_holds"), Some(Verdict::Block));
    let demote = operation(&console, "vrrp.demote", "dir-a");
    let job = console.run(&console.plan_of_that_may_run(&demote));
    console.finish_well(job);
    assert_eq!(directors.holders(), ["dir-b"]);
    put_back(&directors, &console, "dir-a");
}

#[test]
fn the_console_ends_a_split_by_itself_where_that_is_the_policy_and_a_third_node_sees_the_other() {
    let Some((directors, console)) = lab() else { return };
    console.await_observed("web-1");
    let policy = json!({ "split_brain": "automatic" });
    assert_eq!(console.put("/vrrp/policy", &policy).unwrap()["set_by"], "lab");
    directors.sh("dir-b", ONE_WAY);
    let began = Instant::now();
    directors.until("dir-b is demoted", || directors.number("dir-b") == -254);
    directors.until("dir-a alone holds the address", || directors.holders() == ["dir-a"]);
    eprintln!("ended by itself {:.1} s after the rule came", began.elapsed().as_secs_f64());
    await_one_holder(&console);
    let jobs = console.get("/jobs").unwrap();
    let demotions = jobs["jobs"].as_array().unwrap();
    assert_eq!(demotions.len(), 1, "{jobs:#}");
    let job = console.finish_well(demotions[0]["id"].as_i64().unwrap());
    assert_eq!(job.summary.started_by, "console");
    directors.sh("dir-b", MENDED);
    put_back(&directors, &console, "dir-b");
}

fn await_one_holder(console: &Console) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while instance(console, VIP).split.is_some() {
        assert!(Instant::now() < deadline, "the split goes on");
        sleep(Duration::from_millis(100));
    }
}

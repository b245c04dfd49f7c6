//! Hand-overs by a real console between the lab's real directors.

use std::thread::sleep;
use std::time::Duration;

use serde_json::json;
use signalbox_domain::jobs::{JobState, JobView};
use signalbox_domain::plan::{Plan, Verdict};
use signalbox_domain::vrrp::wire::{Wire, WireSender};

use crate::console::Console;
use crate::directors::Directors;

fn lab() -> Option<(Directors, Console)> {
    let directors = Directors::of_the_lab()?;
    let console = Console::over(&directors.lab, &["dir-a", "dir-b", "web-1", "client"]);
    for director in ["dir-a", "dir-b"] {
        console.await_observed(director);
    }
    Some((directors, console))
}

fn hand_over(console: &Console, to: &str) -> (Plan, JobView) {
    let plan = console.plan_that_may_run(to);
    let job = console.run(&plan);
    let done = console.finish_well(job);
    (plan, done)
}

#[test]
fn the_default_instance_moves_there_and_back_and_the_client_loses_nothing() {
    let Some((directors, console)) = lab() else { return };
    for (to, number_on_a) in [("dir-b", -11), ("dir-a", 0)] {
        let (plan, job) = hand_over(&console, to);
        assert_eq!(plan.draft.verdict(), Verdict::Pass, "{:#?}", plan.draft.interlocks);
        assert_eq!(directors.holders(), [to]);
        assert_eq!(directors.number("dir-a"), number_on_a);
        let measured = job.measurement.unwrap();
        eprintln!(
            "to {to}: {} asked, {} lost, outage {} ms",
            measured.asked, measured.lost, measured.outage_ms
        );
        assert!(measured.asked >= 250, "asked {} times only", measured.asked);
        assert_eq!((measured.lost, measured.outage_ms), (0, 0));
    }
}

/// What is wrong on dir-b, and the interlock that must say so. Those of a line are there together.
const UNSAFE: [&[(&str, &str)]; 2] = [
    &[("systemctl stop keepalived", "keepalived_runs")],
    &[
        ("ipvsadm -e -t 192.168.1.200:80 -r 192.168.1.102:80 -g -w 9", "ipvs_equal"),
        ("iptables-legacy -A OUTPUT -p 112 -j DROP", "vrrp_not_filtered"),
        (
            "iptables-legacy -A OUTPUT -p tcp -d 192.168.1.103 --dport 80 -j DROP",
            "real_servers_reachable",
        ),
    ],
];

/// What differs in dir-b's keepalived.conf, as sed makes it.
const DIFFERENT: [&[(&str, &str)]; 2] = [
    &[("s/virtual_router_id 51/virtual_router_id 61/", "same_vrid")],
    &[
        ("/interface eth0/,/authentication/s/advert_int 1/advert_int 2/", "same_advert_interval"),
        ("s/auth_pass lab-51/auth_pass other/", "same_auth"),
    ],
];

fn await_blocks(console: &Console, faults: &[(&str, &str)]) {
    for _ in 0..20 {
        let plan = console.plan("dir-b");
        let blocks = |id: &str| {
            plan.as_ref().is_ok_and(|plan| {
                plan.draft.interlocks.iter().any(|i| i.id == id && i.verdict == Verdict::Block)
            })
        };
        if faults.iter().all(|(_, id)| blocks(id)) {
            let refused = console
                .post("/jobs", &json!({ "operation": console.hand_over("dir-b") }))
                .unwrap_err();
            assert!(refused.starts_with("409") && refused.contains("interlocked"), "{refused}");
            return;
        }
        sleep(Duration::from_millis(500));
    }
    panic!(
        "not all of {faults:?} block: {:#?}",
        console.plan("dir-b").map(|plan| plan.draft.interlocks)
    );
}

#[test]
fn an_unsafe_peer_blocks() {
    let Some((directors, console)) = lab() else { return };
    for faults in UNSAFE {
        console.plan_that_may_run("dir-b");
        for (fault, _) in faults {
            directors.sh("dir-b", fault);
        }
        await_blocks(&console, faults);
        assert_eq!(directors.holders(), ["dir-a"]);
        directors.put_in_order();
    }
}

#[test]
fn a_peer_configured_otherwise_blocks() {
    let Some((directors, console)) = lab() else { return };
    for differences in DIFFERENT {
        console.plan_that_may_run("dir-b");
        for (sed, _) in differences {
            directors.edit_conf("dir-b", sed, false);
        }
        await_blocks(&console, differences);
        directors.put_in_order();
    }
}

#[test]
fn a_killed_console_finds_its_job_and_tells_the_truth_about_it() {
    let Some((directors, mut console)) = lab() else { return };
    let plan = console.plan_that_may_run("dir-b");
    let steps: Vec<String> = plan.draft.steps.iter().map(|step| step.id.clone()).collect();
    assert_eq!(steps, ["measure", "lower_priority", "take_over", "stand_by", "keep_measuring"]);
    for step in steps {
        let to = if directors.holders() == ["dir-a"] { "dir-b" } else { "dir-a" };
        let from = if to == "dir-b" { "dir-a" } else { "dir-b" };
        let plan = console.plan_that_may_run(to);
        let step = if to == "dir-a" { step.replace("lower", "restore") } else { step };
        let job = console.run(&plan);
        console.await_step(job, &step);
        console.kill();
        console.start_again();
        let job = console.finish(job);
        let truth = directors.holders();
        eprintln!("killed in {step}: {:?}, held by {truth:?}", job.summary.state);
        match job.summary.state {
            JobState::Done => assert_eq!(truth, [to]),
            JobState::RolledBack => assert_eq!(truth, [from]),
            other => panic!("{other:?}: {}", console.log(job.summary.id.0)),
        }
        assert!(
            job.verification.iter().all(|check| check.held != Some(false))
                || job.summary.state == JobState::RolledBack
        );
    }
}

#[test]
fn a_line_cut_in_mid_step_ends_in_a_state_that_is_true() {
    let Some((directors, console)) = lab() else { return };
    let plan = console.plan_that_may_run("dir-b");
    let job = console.run(&plan);
    console.await_step(job, "take_over");
    let cut = "iptables-legacy -I INPUT -p tcp --dport 22 -j DROP; sleep 15; iptables-legacy -F";
    directors.sh("dir-b", &format!("nohup sh -c '{cut}' > /dev/null 2>&1 &"));
    let job = console.finish(job);
    directors.until("the line is back", || directors.lab.ssh_ok("dir-b", &["true"]).is_ok());
    let truth = directors.holders();
    eprintln!("cut in take_over: {:?}, held by {truth:?}", job.summary.state);
    match job.summary.state {
        JobState::Done => assert_eq!(truth, ["dir-b"]),
        JobState::RolledBack => assert_eq!(truth, ["dir-a"]),
        other => panic!("{other:?}: {}", console.log(job.summary.id.0)),
    }
}

/// The client's longest silence lies where the plan said, give or take one question's distance and
/// what a busy machine adds.
fn assert_predicted(plan: &Plan, job: &JobView) {
    let predicted = plan.draft.prediction.as_ref().unwrap();
    let measured = job.measurement.as_ref().unwrap();
    eprintln!(
        "predicted {}–{} ms, measured {} ms, {} of {} lost",
        predicted.low_ms, predicted.high_ms, measured.outage_ms, measured.lost, measured.asked
    );
    assert!(measured.outage_ms + 40 >= predicted.low_ms, "{measured:?}");
    assert!(measured.outage_ms <= predicted.high_ms + 400, "{measured:?}");
}

#[test]
fn without_preemption_the_instance_moves_through_fault() {
    let Some((directors, console)) = lab() else { return };
    for director in ["dir-a", "dir-b"] {
        let sed = "/vrrp_instance VI_WEB/,/interface/s/state .*/state BACKUP\\n    nopreempt/";
        directors.edit_conf(director, sed, true);
    }
    directors.until("dir-a alone holds the address", || directors.holders() == ["dir-a"]);
    sleep(Duration::from_secs(4));
    for to in ["dir-b", "dir-a"] {
        let (plan, job) = hand_over(&console, to);
        assert!(plan.draft.steps.iter().any(|step| step.id == "enter_fault"));
        assert_eq!(directors.holders(), [to]);
        assert_eq!((directors.number("dir-a"), directors.number("dir-b")), (0, 0));
        assert_predicted(&plan, &job);
    }
}

#[test]
fn without_a_track_file_keepalived_is_stopped() {
    let Some((directors, console)) = lab() else { return };
    for director in ["dir-a", "dir-b"] {
        directors.edit_conf(director, "/signalbox_VI_WEB weight/d", true);
    }
    sleep(Duration::from_secs(4));
    let (plan, job) = hand_over(&console, "dir-b");
    assert_eq!(plan.draft.verdict(), Verdict::Warn);
    assert!(plan.draft.steps.iter().any(|step| step.id == "stop_keepalived"));
    assert_eq!(directors.holders(), ["dir-b"]);
    assert_predicted(&plan, &job);
}

#[test]
fn a_track_file_is_installed_where_keepalived_has_none() {
    let Some((directors, console)) = lab() else { return };
    let without = "/^track_file signalbox_VI_WEB {/,/^}/d; /^    track_file {/{N;/VI_WEB/{N;d}}";
    directors.edit_conf("dir-a", without, true);
    sleep(Duration::from_secs(4));
    let (plan, job) = hand_over(&console, "dir-b");
    assert_eq!(plan.draft.verdict(), Verdict::Warn, "{:#?}", plan.draft.interlocks);
    assert!(plan.draft.steps.iter().any(|step| step.id == "install_track_file"));
    assert_eq!(directors.holders(), ["dir-b"]);
    assert_eq!(directors.number("dir-a"), -11);
    // keepalived's reload goes through its IPVS services, too.
    let measured = job.measurement.unwrap();
    eprintln!(
        "installed: {} of {} lost, outage {} ms",
        measured.lost, measured.asked, measured.outage_ms
    );
    assert!(measured.outage_ms <= 200, "{measured:?}");
    let (_, back) = hand_over(&console, "dir-a");
    assert_eq!(directors.holders(), ["dir-a"]);
    assert_eq!(back.measurement.unwrap().lost, 0);
}

/// Sends adverts as a router that nobody knows of does, by a TTL that says that it came from afar. Not with
/// VRID 51: keepalived 2.2.7 refuses such a packet, and its next advert is late for it.
const STRANGER: &str = r#"perl -e '
    my $text = pack("C8 a4", 0x21, 77, 50, 1, 0, 1, 0, 0, "\xc0\xa8\x01\xc8");
    my $sum = 0;
    $sum += $_ for unpack "n*", $text;
    $sum = ($sum & 0xffff) + ($sum >> 16);
    substr($text, 6, 2) = pack "n", ~$sum & 0xffff;
    socket(my $wire, 2, 3, 112) or die;
    setsockopt($wire, 0, 32, "\xc0\xa8\x01\x66") or die;
    setsockopt($wire, 0, 33, pack("i", 64)) or die;
    for (1 .. 40) {
        send($wire, $text, 0, pack("S n a4 x8", 2, 0, "\xe0\x00\x00\x12")) or die;
        select undef, undef, undef, 0.2;
    }
' > /dev/null 2>&1 &"#;

#[test]
fn a_stranger_that_sends_adverts_is_heard_on_the_wire() {
    let Some((directors, console)) = lab() else { return };
    console.await_observed("web-1");
    directors.sh("web-1", STRANGER);
    let node = console.nodes["dir-a"];
    let heard = console.get(&format!("/vrrp/wire/{node}?seconds=4")).unwrap();
    let wire: Wire = serde_json::from_value(heard["value"].clone()).unwrap();
    let told = |vrid, name| {
        let is_it = |s: &&WireSender| (s.vrid, s.name.as_str()) == (vrid, name);
        wire.senders.iter().find(is_it).unwrap_or_else(|| panic!("{name}: {wire:#?}"))
    };
    let (own, peer, stranger) = (told(51, "dir-a"), told(52, "dir-b"), told(77, "web-1"));
    assert_eq!((own.outgoing, own.priority, own.interval_ms), (true, 100, 1000));
    assert!((3..=5).contains(&own.adverts), "{own:?}");
    assert_eq!((peer.outgoing, peer.addresses.len(), &peer.faults[..]), (false, 1, &[][..]));
    assert_eq!((stranger.outgoing, stranger.priority), (false, 50));
    let faults: Vec<&str> = stranger.faults.iter().map(|fault| fault.en.as_str()).collect();
    assert!(faults.len() == 1 && faults[0].starts_with("TTL 64 instead of 255"), "{faults:?}");
    let refused = console.get("/vrrp/wire/999").unwrap_err();
    assert!(refused.starts_with("404"), "{refused}");
}

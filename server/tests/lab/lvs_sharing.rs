//! How a service is shared, proved by connections through the lab's real directors.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};
use signalbox_domain::jobs::JobView;
use signalbox_domain::lvs::sharing::{Proof, Sharing, SharingVerdict};
use signalbox_domain::plan::{Plan, Verdict};

use crate::console::Console;
use crate::directors::{Directors, VIP};

const SERVICE: &str = "tcp/192.168.1.200:80";
/// As the lab set it up: by a hash of the client's address and port.
const BY_HASH: &str = "ipvsadm -E -t 192.168.1.200:80 -s mh -b mh-port";

/// The kernel adds its counters up every two seconds.
const SETTLES: Duration = Duration::from_secs(3);

fn schedule(scheduler: &str) -> String {
    format!("ipvsadm -E -t {VIP}:80 -s {scheduler}")
}

fn weigh(server: &str, weight: u32) -> String {
    format!("ipvsadm -e -t {VIP}:80 -r {server}:80 -g -w {weight}")
}

fn operation(requests: u32, against: &str) -> Value {
    let service = SERVICE;
    json!({ "operation": "lvs.prove_sharing", "service": service, "requests": requests, "against": against })
}

fn prove(console: &Console, requests: u32, against: &str) -> (JobView, Sharing) {
    let plan = console.plan_of_that_may_run(&operation(requests, against));
    let job = console.finish_well(console.run(&plan));
    let sharing = job.sharing.clone().unwrap();
    eprintln!("{} {}", sharing.scheduler, job.summary.status.en);
    (job, sharing)
}

fn observed(sharing: &Sharing) -> Vec<u64> {
    sharing.servers.iter().map(|server| server.observed).collect()
}

fn block(plan: &Plan) -> Option<&str> {
    let mut blocks = plan.draft.interlocks.iter().filter(|i| i.verdict == Verdict::Block);
    blocks.next().map(|interlock| interlock.id.as_str())
}

/// What the kernel says that each real server has taken.
fn conns(directors: &Directors) -> Vec<u64> {
    let printed = directors.sh("dir-a", &format!("ipvsadm -Ln --stats --exact -t {VIP}:80"));
    let servers = printed.lines().filter(|line| line.trim_start().starts_with("->"));
    let counted = servers.filter_map(|line| line.split_whitespace().nth(2)?.parse().ok());
    counted.collect()
}

/// Until the console has seen what was changed on the director.
fn until_seen(console: &Console, scheduler: &str, weights: [u32; 3]) {
    console.await_node("dir-a", "the table as it was changed", |node| {
        let tables = node.observed.lvs.iter().flat_map(|fact| &fact.value.services);
        let mut web = tables.filter(|service| service.real_servers.len() == 3);
        let traffic = node.observed.lvs_traffic.iter().flat_map(|fact| &fact.value);
        let by_port = traffic.filter(|t| t.servers.len() == 3).any(|t| t.scheduler_flags == [2]);
        web.any(|service| {
            let seen: Vec<u32> = service.real_servers.iter().map(|s| s.weight).collect();
            let mut wanted = weights.to_vec();
            let mut seen = seen;
            wanted.sort_unstable();
            seen.sort_unstable();
            service.scheduler == scheduler && seen == wanted
        }) && by_port == (scheduler == "mh")
    });
}

#[test]
fn a_service_is_proved_to_be_shared_as_meant_and_found_out_where_it_is_not() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let console =
        Console::over(&directors.lab, &["dir-a", "dir-b", "web-1", "web-2", "web-3", "client"]);
    for name in ["dir-a", "dir-b", "web-1", "client"] {
        console.await_observed(name);
    }
    let _scheduler = directors.afterwards("dir-a", BY_HASH);
    let _rules = directors.afterwards("web-2", "iptables-legacy -F INPUT");

    // As the lab has it, by a hash of address and port: as good as chance.
    let (_, by_hash) = prove(&console, 1_000, "configuration");
    assert_eq!(by_hash.verdict, SharingVerdict::AsExpected, "{by_hash:#?}");
    assert!(by_hash.test.unwrap().degrees_of_freedom == 2);

    // In turns, and by weight 2:1:1; what the console tells is what ipvsadm counts.
    directors.sh("dir-a", &schedule("rr"));
    until_seen(&console, "rr", [2, 1, 1]);
    let (_, equal) = prove(&console, 300, "table");
    assert_eq!((equal.verdict, observed(&equal)), (SharingVerdict::AsExpected, vec![100; 3]));
    directors.sh("dir-a", &schedule("wrr"));
    until_seen(&console, "wrr", [2, 1, 1]);
    sleep(SETTLES);
    let before = conns(&directors);
    let (job, weighed) = prove(&console, 301, "configuration");
    let grown: Vec<u64> = conns(&directors).iter().zip(before).map(|(a, b)| a - b).collect();
    assert_eq!((weighed.verdict, weighed.asked.answered), (SharingVerdict::AsExpected, 301));
    assert_eq!(observed(&weighed).iter().sum::<u64>(), 301, "{weighed:#?}");
    // Each plan asks once whether the client is answered.
    assert!((301..=309).contains(&grown.iter().sum::<u64>()), "{grown:?} {weighed:#?}");
    let proofs = proofs(&console);
    assert_eq!((proofs[0].job, proofs[0].by.as_str()), (job.summary.id, "lab"));
    assert_eq!((proofs.len(), &proofs[0].sharing), (3, &weighed));

    changed_behind_and_refused(&directors, &console);

    // One client cannot prove a hash of clients.
    directors.sh("dir-a", &format!("ipvsadm -E -t {VIP}:80 -s sh"));
    console.await_node("dir-a", "sh", |node| format!("{:?}", node.observed.lvs).contains("\"sh\""));
    let plan = console.plan_of(&operation(300, "table")).unwrap();
    assert_eq!(block(&plan), Some("scheduler"), "{plan:#?}");
}

/// Weights that are not those of keepalived.conf, and a server that refuses.
fn changed_behind_and_refused(directors: &Directors, console: &Console) {
    directors.sh("dir-a", &weigh("192.168.1.102", 1));
    until_seen(console, "wrr", [1, 1, 1]);
    let (_, behind) = prove(console, 300, "configuration");
    assert_eq!(behind.verdict, SharingVerdict::NotAsExpected, "{behind:#?}");
    assert!(behind.test.unwrap().p < 1e-6, "{behind:#?}");
    assert_eq!(observed(&behind), vec![100; 3]);
    directors.sh("dir-a", &weigh("192.168.1.102", 2));
    until_seen(console, "wrr", [2, 1, 1]);

    // The director's own check is let through, so that the server stays in the table.
    directors.sh(
        "web-2",
        "iptables-legacy -A INPUT -p tcp --dport 80 --syn -s 10.0.0.0/24 -m statistic --mode nth --every 2 --packet 0 -j REJECT --reject-with tcp-reset",
    );
    let (_, refused) = prove(console, 300, "configuration");
    assert_eq!(refused.verdict, SharingVerdict::NotAsExpected, "{refused:#?}");
    assert!((30..=45).contains(&refused.asked.refused), "{refused:#?}");
    directors.sh("web-2", "iptables-legacy -F INPUT");
}

fn proofs(console: &Console) -> Vec<Proof> {
    let answer = console.get(&format!("/lvs/proofs?service={SERVICE}")).unwrap();
    serde_json::from_value(answer).unwrap()
}

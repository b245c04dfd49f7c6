//! Faults that are made on the path of the lab's service, one after the other: each is named.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use signalbox_domain::lvs::explain::{Explanation, WalkStep};

use crate::console::Console;
use crate::directors::{Directors, VIP};

const WEB: &str = "tcp/192.168.1.200:80";
const NAT: &str = "tcp/192.168.1.200:8081";
const FLEET: [&str; 7] = ["dir-a", "dir-b", "web-1", "web-2", "web-3", "router", "client"];

/// A fault: what makes it on which node, what takes it back, and where the walk shall break.
struct Fault {
    node: &'static str,
    make: &'static str,
    mend: &'static str,
    service: &'static str,
    step: &'static str,
    /// In the fact that is told.
    fact: &'static str,
}

const fn fault(
    node: &'static str,
    [make, mend]: [&'static str; 2],
    step: &'static str,
    fact: &'static str,
) -> Fault {
    Fault { node, make, mend, service: WEB, step, fact }
}

const FAULTS: [Fault; 10] = [
    fault(
        "web-2",
        ["ip addr del 192.168.1.200/32 dev lo", "ip addr replace 192.168.1.200/32 dev lo"],
        "virtual_address",
        "does not have 192.168.1.200",
    ),
    fault(
        "web-1",
        [
            "sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.eth0.arp_ignore=0",
            "sysctl -qw net.ipv4.conf.eth0.arp_ignore=1 net.ipv4.conf.all.arp_ignore=1",
        ],
        "arp",
        "the real server web-1 answers ARP",
    ),
    fault(
        "web-1",
        [
            "sysctl -qw net.ipv4.conf.all.arp_announce=0 net.ipv4.conf.eth0.arp_announce=0",
            "sysctl -qw net.ipv4.conf.eth0.arp_announce=2 net.ipv4.conf.all.arp_announce=2",
        ],
        "arp_settings",
        "arp_announce 0 on eth0",
    ),
    fault(
        "dir-a",
        [
            "iptables-legacy -A INPUT -s 10.0.0.0/24 -p tcp --dport 80 -j DROP",
            "iptables-legacy -D INPUT -s 10.0.0.0/24 -p tcp --dport 80 -j DROP",
        ],
        "director_filter",
        "filter INPUT 1 DROP ends a request from 10.0.0.12",
    ),
    fault(
        "web-3",
        [
            "iptables-legacy -A INPUT -s 10.0.0.0/24 -p tcp --dport 80 -j DROP",
            "iptables-legacy -D INPUT -s 10.0.0.0/24 -p tcp --dport 80 -j DROP",
        ],
        "server_filter",
        "DROP ends a request from 10.0.0.12",
    ),
    fault(
        "web-2",
        ["systemctl stop nginx", "systemctl start nginx"],
        "listener",
        "nothing listens",
    ),
    fault(
        "web-2",
        ["ip route add unreachable 10.0.0.12/32", "ip route del unreachable 10.0.0.12/32"],
        "way_back",
        "no route to 10.0.0.12",
    ),
    fault(
        "dir-a",
        [
            "for s in 2 3 4; do ipvsadm -e -t 192.168.1.200:80 -r 192.168.1.10$s:80 -g -w 0; done",
            "w=2; for s in 2 3 4; do ipvsadm -e -t 192.168.1.200:80 -r 192.168.1.10$s:80 -g -w $w; w=1; done",
        ],
        "weights",
        "all 3 have weight 0",
    ),
    fault(
        "dir-a",
        [
            "ipvsadm -D -t 192.168.1.200:80",
            "ipvsadm -A -t 192.168.1.200:80 -s mh -b mh-port; w=2; for s in 2 3 4; do \
             ipvsadm -a -t 192.168.1.200:80 -r 192.168.1.10$s:80 -g -w $w; w=1; done",
        ],
        "service",
        "not in the table",
    ),
    Fault {
        node: "dir-a",
        make: "sysctl -qw net.ipv4.ip_forward=0; ipvsadm -A -t 192.168.1.200:8081 -s rr; \
               ipvsadm -a -t 192.168.1.200:8081 -r 192.168.1.102:80 -m",
        mend: "ipvsadm -D -t 192.168.1.200:8081 2> /dev/null; sysctl -qw net.ipv4.ip_forward=1",
        service: NAT,
        step: "ip_forward",
        fact: "ip_forward is 0",
    },
];

fn walk(console: &Console, service: &str) -> Result<Explanation, String> {
    let answer = console.get(&format!("/lvs/explain?service={service}"))?;
    Ok(serde_json::from_value(answer).unwrap())
}

/// Walks until it comes to what is expected: what the probe tells comes within seconds.
fn until(console: &Console, service: &str, what: &str, is_it: impl Fn(Option<&WalkStep>) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(40);
    loop {
        let walked = walk(console, service);
        if walked.as_ref().is_ok_and(|told| is_it(told.first_break())) {
            return;
        }
        let first = walked.map(|told| told.first_break().cloned());
        assert!(Instant::now() < deadline, "{what}: {first:#?}");
        sleep(Duration::from_millis(300));
    }
}

#[test]
fn each_fault_on_a_services_path_is_named_first() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let console = Console::over(&directors.lab, &FLEET);
    FLEET.iter().for_each(|name| drop(console.await_observed(name)));
    let forwards = directors.sh("dir-a", "cat /proc/sys/net/ipv4/ip_forward");
    let _forwards = directors
        .afterwards("dir-a", format!("sysctl -qw net.ipv4.ip_forward={}", forwards.trim()));

    until(&console, WEB, "the lab's own service has no break", |first| first.is_none());
    for fault in &FAULTS {
        let began = Instant::now();
        let made = directors.afterwards(fault.node, fault.mend);
        directors.sh(fault.node, fault.make);
        let what = format!("{} is named after: {}", fault.step, fault.make);
        until(&console, fault.service, &what, |first| {
            first.is_some_and(|step| step.id == fault.step && step.fact.en.contains(fault.fact))
        });
        drop(made);
        eprintln!("{:16} named after {:.1} s", fault.step, began.elapsed().as_secs_f64());
        let told = |first: Option<&WalkStep>| first.is_none();
        until(&console, WEB, &format!("mended: {}", fault.step), told);
    }
    told_with_its_evidence(&directors, &console);
}

const NUMBER: &str = "/etc/keepalived/signalbox/VI_WEB.priority";
/// Not by keepalived, on a port on which one web server answers.
const DIRECT: &str = "tcp/192.168.1.200:8085";
const ADD: &str = "ipvsadm -A -t 192.168.1.200:8085 -s rr
    ipvsadm -a -t 192.168.1.200:8085 -r 192.168.1.102:8085 -g -w 3";
const REMOVE: &str = "ipvsadm -D -t 192.168.1.200:8085 2> /dev/null; true";
const ANSWER: &str =
    "systemctl is-active -q lvs-answers || systemd-run -q --unit=lvs-answers perl -e '
    use IO::Socket::INET;
    my $s = IO::Socket::INET->new(LocalPort => 8085, Listen => 64, ReuseAddr => 1) or die;
    while (my $c = $s->accept) { print $c qq(here\\n); close $c }'";
/// What was prepared goes, and the address comes back as the lab set it.
const BARE: &str = "systemctl stop lvs-answers 2> /dev/null
    for unit in /etc/systemd/system/signalbox-lvs-*.service; do
        [ ! -e \"$unit\" ] || systemctl -q disable --now \"${unit##*/}\"; rm -f \"$unit\"
    done
    systemctl daemon-reload; ip addr replace 192.168.1.200/32 dev lo";

#[test]
fn what_breaks_is_mended_by_the_operation_that_is_offered() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let console = Console::over(&directors.lab, &FLEET);
    FLEET.iter().for_each(|name| drop(console.await_observed(name)));
    let _bare = ["web-1", "web-2"].map(|node| directors.afterwards(node, BARE));
    let _removed = ["dir-a", "dir-b"].map(|node| directors.afterwards(node, REMOVE));
    directors.sh("web-1", ANSWER);
    ["dir-a", "dir-b"].iter().for_each(|node| drop(directors.sh(node, ADD)));
    for service in [WEB, DIRECT] {
        until(&console, service, "it has no break", |first| first.is_none());
    }

    directors.sh("web-2", "ip addr del 192.168.1.200/32 dev lo");
    mends(&console, WEB, "virtual_address", "lvs.move_mode");
    let on_lo = directors.sh("web-2", &format!("ip -o addr show dev lo to {VIP}"));
    assert!(on_lo.contains("/32"), "{on_lo}");

    // dir-b still has it.
    directors.sh("dir-a", "ipvsadm -D -t 192.168.1.200:8085");
    mends(&console, DIRECT, "service", "lvs.change_service");
    let table = directors.sh("dir-a", "ipvsadm -Ln -t 192.168.1.200:8085");
    assert!(table.contains("192.168.1.102:8085"), "{table}");

    // dir-a is out of service for it when keepalived ends on dir-b, which has it then.
    let _out = directors.afterwards("dir-a", format!("echo 0 > {NUMBER}"));
    let _stopped = directors.afterwards("dir-b", "systemctl start keepalived");
    directors.sh("dir-a", &format!("echo '-254 out' > {NUMBER}"));
    directors.until("dir-b has it", || directors.holders() == ["dir-b"]);
    directors.sh("dir-b", "systemctl stop keepalived");
    mends(&console, WEB, "holder", "vrrp.bring_back");
    assert_eq!(directors.holders(), ["dir-a"]);
}

/// The break at this step comes with this operation; it runs, and clients are answered again.
fn mends(console: &Console, service: &str, step: &str, operation: &str) {
    until(console, service, step, |first| {
        first.is_some_and(|first| first.id == step && offered(first).is_some())
    });
    let told = walk(console, service).unwrap();
    let offered = offered(told.first_break().unwrap()).unwrap();
    assert_eq!(offered["operation"], operation);
    let plan = console.plan_of_that_may_run(&offered);
    console.finish_well(console.run(&plan));
    until(console, service, &format!("mended by {operation}"), |first| first.is_none());
}

fn offered(step: &WalkStep) -> Option<Value> {
    let operation = step.mend.as_ref()?.operation.as_ref()?;
    Some(serde_json::to_value(operation).unwrap())
}

/// The whole of one walk: facts with their ages, and what mends it.
fn told_with_its_evidence(directors: &Directors, console: &Console) {
    let mended = "ip addr replace 192.168.1.200/32 dev lo";
    let _lo = directors.afterwards("web-1", mended);
    directors.sh("web-1", "ip addr del 192.168.1.200/32 dev lo");
    until(console, WEB, "seen", |first| first.is_some_and(|step| step.id == "virtual_address"));
    let told = walk(console, WEB).unwrap();
    let step = told.first_break().unwrap();
    assert_eq!(step.node, Some(console.nodes["web-1"]));
    assert!(step.observed_at.is_some() && !step.source.is_empty(), "{step:#?}");
    let command = step.mend.as_ref().unwrap().command.clone().unwrap();
    // The command that is told is the one that mends it.
    directors.sh("web-1", &command);
    until(console, WEB, "mended by the command", |first| first.is_none());
    let here = directors.sh("web-1", &format!("ip -o addr show dev lo to {VIP}"));
    assert!(here.contains("/32"), "{here}");
    let unknown = console.get("/lvs/explain?service=tcp/203.0.113.1:80").unwrap_err();
    assert!(unknown.starts_with("404"), "{unknown}");
}

//! What a client that asks every two milliseconds loses while an address moves, planned or not.

use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signalbox_domain::jobs::{Sample, Tally};
use signalbox_domain::plan::ClientProbe;
use signalbox_domain::remote::Elevation;
use signalbox_domain::vrrp::client::{Ask, Question};

use crate::console::Console;
use crate::directors::{Directors, VIP};

const ROUNDS: usize = 10;
const INTERVAL_MS: u64 = 2;
/// The client asks so long before something happens, and after.
const BEFORE: Duration = Duration::from_secs(2);
const AFTER: Duration = Duration::from_secs(3);
/// Ten adverts a second, which only version 3 has; it has no passwords.
const FAST: &str = "s/advert_int 1/advert_int 0.1\\n    version 3/; /authentication {/,/}/d";
/// One failed check takes a real server out.
const NO_RETRY: &str = "s/retry 1/retry 0/";

const CONF: &str = "/etc/keepalived/keepalived.conf";
/// A power cut forgets what is under /run.
const SAVED: &str = "/etc/keepalived/keepalived.conf.saved";

/// What a client lost: requests, and the longest time without an answer.
struct Lost {
    requests: u64,
    outage_ms: f64,
}

/// Asks for as long as it takes, and lets it happen in between.
fn while_asking(directors: &Directors, within: Duration, happens: impl FnOnce()) -> Lost {
    let question = Question { address: VIP.parse().unwrap(), ask: Ask::Tcp { port: 80 } };
    let command = question.repeated(INTERVAL_MS, BEFORE + within + AFTER);
    let line = command.line(Elevation::None);
    let printed = scope(|scope| {
        let client = scope.spawn(|| {
            let (lab, stdin) = (&directors.lab, command.stdin.as_deref());
            lab.ssh_with_input("client", &["sh", "-c", &line], stdin).unwrap()
        });
        sleep(BEFORE);
        happens();
        client.join().unwrap()
    });
    let mut tally = Tally::default();
    for line in String::from_utf8(printed.stdout).unwrap().lines() {
        tally.add(line.parse::<Sample>().unwrap());
    }
    let node = signalbox_domain::ids::NodeId(0);
    let target = VIP.to_owned();
    let probe = ClientProbe { node, target, command, interval_ms: INTERVAL_MS };
    let measured = tally.measurement(&probe);
    assert!(measured.asked > 500, "the client asked {} times only", measured.asked);
    let outage_ms = u32::try_from(measured.outage_ms).unwrap();
    Lost { requests: measured.lost, outage_ms: outage_ms.into() }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn summary(all: &[Lost]) -> Value {
    let outages: Vec<f64> = all.iter().map(|lost| lost.outage_ms).collect();
    let requests: Vec<u64> = all.iter().map(|lost| lost.requests).collect();
    json!({ "median_outage_ms": median(outages.clone()), "outage_ms": outages, "lost": requests })
}

fn hand_overs(directors: &Directors) -> Value {
    let console = Console::over(&directors.lab, &["dir-a", "dir-b", "client"]);
    let mut all = Vec::new();
    for round in 0..ROUNDS {
        let to = ["dir-b", "dir-a"][round % 2];
        let plan = console.plan_that_may_run(to);
        all.push(while_asking(directors, Duration::from_secs(6), || {
            console.run(&plan);
        }));
        directors.until("it is there", || directors.holders() == [to]);
        let jobs = console.get("/jobs").unwrap();
        console.finish_well(jobs["jobs"][0]["id"].as_i64().unwrap());
    }
    summary(&all)
}

/// Something happens to the holder; `mend` undoes it.
fn faults(directors: &Directors, fault: &dyn Fn(), mend: &dyn Fn()) -> Value {
    let mut all = Vec::new();
    for _ in 0..ROUNDS {
        all.push(while_asking(directors, Duration::from_secs(2), fault));
        mend();
        directors.until("dir-a alone holds the address", || directors.holders() == ["dir-a"]);
        sleep(Duration::from_secs(2));
    }
    summary(&all)
}

/// From a real server's failure until neither director sends it connections, in milliseconds.
fn real_server(directors: &Directors) -> Value {
    const GONE: &str = "perl -e 'while (1) { open(my $t, q(<), q(/proc/net/ip_vs)); \
        exit if !grep { /C0A80168:0050/ } <$t>; select(undef, undef, undef, 0.02) }'";
    const FAIL: &str =
        "iptables-legacy -I INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset";
    let took_ms = (0..ROUNDS).map(|round| {
        // Anywhere between two checks.
        let apart = u64::try_from(round).unwrap() * 200;
        let took = scope(|scope| {
            let gone = ["dir-a", "dir-b"].map(|node| {
                scope.spawn(move || {
                    directors.sh(node, GONE);
                    Instant::now()
                })
            });
            sleep(BEFORE + Duration::from_millis(apart));
            directors.sh("web-3", FAIL);
            let failed = Instant::now();
            gone.map(|gone| gone.join().unwrap()).into_iter().max().unwrap() - failed
        });
        directors.sh("web-3", "iptables-legacy -F INPUT");
        let listed = |node| directors.sh(node, "cat /proc/net/ip_vs").contains("C0A80168:0050");
        directors.until("it is back", || listed("dir-a") && listed("dir-b"));
        took.as_secs_f64() * 1_000.0
    });
    let took_ms: Vec<f64> = took_ms.collect();
    json!({ "median_ms": median(took_ms.clone()), "took_ms": took_ms, "check_interval_ms": 2_000 })
}

#[test]
#[ignore = "a measurement: cargo xtask bench vrrp-outage"]
fn measure_what_clients_lose() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let _rules = directors.afterwards("web-3", "iptables-legacy -F INPUT");
    let hand_over = hand_overs(&directors);
    let edit = format!(
        "cp -p {CONF} {SAVED}; sed -i '{FAST}; {NO_RETRY}' {CONF}; systemctl restart keepalived"
    );
    let put_back = format!("mv {SAVED} {CONF}; systemctl restart keepalived");
    let _confs = ["dir-a", "dir-b"].map(|node| directors.afterwards(node, put_back.as_str()));
    scope(|scope| {
        for node in ["dir-a", "dir-b"] {
            let (directors, edit) = (&directors, &edit);
            scope.spawn(move || directors.sh(node, edit));
        }
    });
    directors.until("dir-a alone holds the address", || directors.holders() == ["dir-a"]);
    sleep(Duration::from_secs(3));
    let start = || {
        directors.sh("dir-a", "systemctl start keepalived");
    };
    let killed = faults(
        &directors,
        &|| {
            directors.sh("dir-a", "systemctl kill --signal=KILL keepalived");
        },
        &start,
    );
    let power_cut = faults(&directors, &|| directors.lab.kill("dir-a").unwrap(), &|| {
        directors.lab.boot("dir-a").unwrap()
    });
    let real_server = real_server(&directors);
    println!(
        "\n{}",
        json!({
            "bench": "vrrp-outage", "rounds": ROUNDS, "asked_every_ms": INTERVAL_MS,
            "hand_over": { "measured": hand_over, "at_most_ms": 0 },
            "daemon_killed": { "measured": killed, "at_most_ms": 350 },
            "power_cut": { "measured": power_cut, "at_most_ms": 350 },
            "real_server_fails": { "measured": real_server, "at_most_ms": 2_200 },
        })
    );
}

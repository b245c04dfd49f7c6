//! The `ha` lab does what it promises. Runs against the lab that is up when `SIGNALBOX_LAB=1` is
//! set, and disturbs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "no async runtime waits for this"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::time::{Duration, Instant};

use signalbox_lab::load::LoadOptions;
use signalbox_lab::{Lab, NodeState};

const WEB: &str = "192.168.1.200";
const DATABASE: &str = "192.168.1.201";

/// The lab, whole, for one test at a time; None where the tests that need it were not asked for.
struct Turn {
    lab: Lab,
    _lock: File,
}

fn turn() -> Option<Turn> {
    if std::env::var("SIGNALBOX_LAB").as_deref() != Ok("1") {
        eprintln!("skipped: set SIGNALBOX_LAB=1 to run this against the lab");
        return None;
    }
    let lab = Lab::attach().unwrap();
    assert_eq!(lab.topology(), "ha");
    let turn = Turn { _lock: lab.take_turn().unwrap(), lab };
    turn.mend();
    Some(turn)
}

impl Turn {
    fn mend(&self) {
        self.lab.mend().unwrap();
        self.until("each director carries its own", || self.carried() == ["web", "db"]);
    }

    /// What dir-a and dir-b carry: `web`, `db`, both or nothing.
    fn carried(&self) -> [String; 2] {
        let carried = |director: &str| {
            // The subnet that is just the two virtual addresses.
            let show = ["ip", "-4", "-o", "addr", "show", "to", "192.168.1.200/31"];
            let output =
                self.lab.ssh(director, &show).map(|output| output.stdout).unwrap_or_default();
            let shown = String::from_utf8_lossy(&output).into_owned();
            let names = [(WEB, "web"), (DATABASE, "db")];
            let names = names.iter().filter(|(address, _)| shown.contains(address));
            names.map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
        };
        std::thread::scope(|scope| {
            let asked = ["dir-a", "dir-b"].map(|director| scope.spawn(move || carried(director)));
            asked.map(|answer| answer.join().unwrap())
        })
    }

    fn state(&self, node: &str) -> NodeState {
        self.lab.status().into_iter().find(|status| status.name == node).unwrap().state
    }

    fn sql(&self, node: &str, statement: &str) -> String {
        self.lab.ssh_ok(node, &["mariadb", "-BN", "-e", statement]).unwrap()
    }

    fn sql_by_vip(&self, statement: &str) -> String {
        let arguments = ["-h", DATABASE, "-uapp", "-papp-password", "-BN", "-e", statement];
        self.lab.ssh_ok("client", &[&["mariadb"], &arguments[..]].concat()).unwrap()
    }

    fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !holds() {
            assert!(Instant::now() < deadline, "not within 30 s: {what}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

#[test]
fn pages_come_from_the_vip_in_proportion_to_the_weights() {
    let Some(turn) = turn() else { return };
    let ask = format!(
        "for i in $(seq 400); do curl -sf -m 2 http://{WEB}/ | grep -o '<h1>[a-z0-9-]*'; done"
    );
    let pages = turn.lab.ssh_ok("client", &["sh", "-c", &ask]).unwrap();
    let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
    for page in pages.lines() {
        *counts.entry(page.trim_start_matches("<h1>")).or_default() += 1;
    }
    assert_eq!(counts.values().sum::<i32>(), 400, "{counts:?}");
    // The scheduler hashes: within five standard deviations of the binomial distribution.
    for (server, expected, within) in [("web-1", 200, 50), ("web-2", 100, 44), ("web-3", 100, 44)] {
        assert!((counts[server] - expected).abs() <= within, "{counts:?}");
    }
}

#[test]
fn a_row_written_through_the_vip_reaches_the_end_of_the_chain() {
    let Some(turn) = turn() else { return };
    assert_eq!(turn.sql_by_vip("SELECT @@hostname"), "db-1");
    let marker = turn.sql_by_vip("SELECT UUID()");
    turn.sql_by_vip(&format!("INSERT INTO orders.cart (id, content) VALUES ('{marker}', '[]')"));
    let count = format!("SELECT COUNT(*) FROM orders.cart WHERE id = '{marker}'");
    turn.until("the marker is on db-2 and db-3", || {
        turn.sql("db-2", &count) == "1" && turn.sql("db-3", &count) == "1"
    });
    assert_eq!(
        turn.sql("db-1", "SHOW STATUS LIKE 'Rpl_semi_sync_master_status'"),
        "Rpl_semi_sync_master_status\tON"
    );
    turn.sql_by_vip(&format!("DELETE FROM orders.cart WHERE id = '{marker}'"));
}

#[test]
fn a_cut_between_the_directors_makes_two_masters_and_healing_makes_one() {
    let Some(turn) = turn() else { return };
    turn.lab.cut("dir-a", "dir-b", false).unwrap();
    turn.until("both carry both", || turn.carried() == ["web db", "web db"]);
    turn.lab.heal().unwrap();
    turn.until("each carries its own", || turn.carried() == ["web", "db"]);

    // dir-b no longer hears dir-a, and dir-a still hears dir-b.
    turn.lab.cut("dir-a", "dir-b", true).unwrap();
    turn.until("dir-b takes the web's", || turn.carried() == ["web", "web db"]);
    turn.lab.heal().unwrap();
}

#[test]
fn a_cut_where_there_is_no_wire_is_refused_with_what_is_there() {
    let Some(turn) = turn() else { return };
    let error = turn.lab.cut("client", "web-1", false).unwrap_err().to_string();
    assert!(error.contains("share no network segment"), "{error}");
    assert!(error.contains("client is on outside"), "{error}");
    assert!(turn.lab.cuts().unwrap().is_empty());
}

#[test]
fn a_frozen_director_is_silent_and_goes_on_when_thawed() {
    let Some(turn) = turn() else { return };
    turn.lab.freeze("dir-b").unwrap();
    assert_eq!(turn.state("dir-b"), NodeState::Frozen);
    let show = ["ip", "-o", "addr", "show", "to", DATABASE];
    turn.until("dir-a takes the database's address", || {
        turn.lab.ssh_ok("dir-a", &show).is_ok_and(|shown| !shown.is_empty())
    });
    assert_eq!(turn.sql_by_vip("SELECT @@hostname"), "db-1");
    turn.lab.thaw("dir-b").unwrap();
    turn.until("dir-b has it back", || turn.carried() == ["web", "db"]);
    assert_eq!(turn.state("dir-b"), NodeState::Running);
}

#[test]
fn a_frozen_container_is_silent_and_goes_on_when_thawed() {
    let Some(turn) = turn() else { return };
    turn.lab.freeze("web-3").unwrap();
    assert_eq!(turn.state("web-3"), NodeState::Frozen);
    turn.lab.thaw("web-3").unwrap();
    turn.until("web-3 answers", || turn.state("web-3") == NodeState::Running);
}

#[test]
fn a_priority_written_on_the_master_moves_the_vip_and_costs_the_client_nothing() {
    let Some(turn) = turn() else { return };
    let write = |priority: &str| {
        let script = "echo \"$1\" > /etc/keepalived/signalbox/VI_WEB.priority";
        turn.lab.ssh_ok("dir-a", &["sh", "-c", script, "write", priority]).unwrap();
    };
    let load = std::thread::scope(|scope| {
        let options = LoadOptions { duration: Duration::from_secs(10), ..LoadOptions::default() };
        let load = scope.spawn(move || Lab::attach().unwrap().load(&options, &mut |_| ()).unwrap());
        std::thread::sleep(Duration::from_secs(2));
        write("-20");
        turn.until("dir-b carries both", || turn.carried() == ["", "web db"]);
        load.join().unwrap()
    });
    write("0");
    assert_eq!(load.pages.failed, 0, "{load:?}");
    assert!(load.pages.ok > 300, "{load:?}");
    turn.until("dir-a has it back", || turn.carried() == ["web", "db"]);
}

#[test]
fn a_power_cut_of_the_master_moves_the_vip_and_booting_moves_it_back() {
    let Some(turn) = turn() else { return };
    let load = std::thread::scope(|scope| {
        let options = LoadOptions { duration: Duration::from_secs(12), ..LoadOptions::default() };
        let load = scope.spawn(move || Lab::attach().unwrap().load(&options, &mut |_| ()).unwrap());
        std::thread::sleep(Duration::from_secs(2));
        turn.lab.kill("dir-a").unwrap();
        assert_eq!(turn.state("dir-a"), NodeState::Off);
        load.join().unwrap()
    });
    assert!(turn.lab.ssh_ok("dir-b", &["ip", "addr"]).unwrap().contains(WEB));
    // Three adverts of 1 s and the backup's skew, and what the client needs to try again.
    assert!(
        load.pages.failed > 0 && load.pages.longest_gap_ms > 1000.0,
        "the client noticed: {load:?}"
    );
    assert!(load.pages.longest_gap_ms < 6000.0, "{load:?}");
    assert_eq!(load.ledger.lost, [0_u64; 0], "{load:?}");
    assert!(load.ledger.acknowledged > 100, "{load:?}");

    turn.lab.boot("dir-a").unwrap();
    turn.until("dir-a has it back", || turn.carried() == ["web", "db"]);
}

#[test]
fn what_a_database_wrote_survives_a_power_cut() {
    let Some(turn) = turn() else { return };
    let marker = turn.sql_by_vip("SELECT UUID()");
    turn.sql_by_vip(&format!("INSERT INTO orders.cart (id, content) VALUES ('{marker}', '[]')"));
    let count = format!("SELECT COUNT(*) FROM orders.cart WHERE id = '{marker}'");
    turn.until("the marker is on db-3", || turn.sql("db-3", &count) == "1");
    turn.lab.kill("db-3").unwrap();
    turn.lab.boot("db-3").unwrap();
    turn.until("db-3 serves again", || {
        turn.lab.ssh("db-3", &["mariadb-admin", "ping"]).is_ok_and(|output| output.status.success())
    });
    assert_eq!(turn.sql("db-3", &count), "1");
    turn.sql_by_vip(&format!("DELETE FROM orders.cart WHERE id = '{marker}'"));
    turn.until("db-3 replicates again", || turn.sql("db-3", &count) == "0");
}

#[test]
fn a_full_disk_takes_no_byte_until_it_is_freed() {
    let Some(turn) = turn() else { return };
    let write = ["dd", "if=/dev/zero", "of=/var/tmp/some", "bs=64k", "count=1"];
    for node in ["web-2", "dir-a"] {
        turn.lab.fill_disk(node).unwrap();
        let output = turn.lab.ssh(node, &write).unwrap();
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("No space left on device"),
            "{node}: {output:?}"
        );
        turn.lab.free_disk(node).unwrap();
        turn.lab.ssh_ok(node, &write).unwrap();
        turn.lab.ssh_ok(node, &["rm", "/var/tmp/some"]).unwrap();
    }
}

#[test]
fn a_slow_node_answers_late_until_it_is_made_fast_again() {
    let Some(turn) = turn() else { return };
    let answer_ms = || {
        let started = Instant::now();
        turn.lab.ssh_ok("web-3", &["true"]).unwrap();
        started.elapsed().as_millis()
    };
    let usual = answer_ms();
    turn.lab.slow("web-3", 100).unwrap();
    let slow = answer_ms();
    turn.lab.slow("web-3", 0).unwrap();
    let again = answer_ms();
    assert!(slow > usual + 100, "usually {usual} ms, slowed {slow} ms");
    assert!(again < slow - 100, "slowed {slow} ms, then {again} ms");
}

#[test]
fn users_sign_in_as_the_lab_promises() {
    let Some(turn) = turn() else { return };
    let sudo = |user: &str| {
        let become_root = ["runuser", "-u", user, "--", "sudo", "-n", "id", "-u"];
        turn.lab.ssh("web-1", &become_root).unwrap()
    };
    assert_eq!(String::from_utf8_lossy(&sudo("ops").stdout).trim(), "0");
    assert!(!sudo("plain").status.success());
    let settings = turn.lab.ssh_ok("web-1", &["sshd", "-T"]).unwrap();
    assert!(settings.contains("passwordauthentication yes"));
    assert!(settings.contains("permitrootlogin without-password"));
}

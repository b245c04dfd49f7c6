//! A virtual service on the lab's directors, added, edited and deleted: on both or on none.

use serde_json::{Value, json};
use signalbox_domain::jobs::JobState;

use crate::console::Console;
use crate::directors::Directors;

const PAIR: [&str; 2] = ["dir-a", "dir-b"];
const SERVICE: &str = "tcp/192.168.1.200:8082";
/// By keepalived.
const OWNED: &str = "tcp/192.168.1.200:80";
const REMOVE: &str = "\
    umount $(command -v ipvsadm) 2> /dev/null
    ipvsadm -D -t 192.168.1.200:8082 2> /dev/null
    ipvsadm -D -f 82 2> /dev/null
    iptables-legacy -t mangle -D PREROUTING -p tcp --dport 8082 -j MARK --set-mark 82 2> /dev/null; true";
/// An ipvsadm that refuses one weight, and to delete the service.
const REFUSE: &str = r#"real=$(command -v ipvsadm); cp "$real" /run/ipvsadm.real
    cat > /run/ipvsadm.refuses <<'END'
#!/bin/sh
case "$*" in *"-w 7"*|-D*) echo "Memory allocation problem" >&2; exit 1;; esac
exec /run/ipvsadm.real "$@"
END
    chmod 755 /run/ipvsadm.refuses; mount --bind /run/ipvsadm.refuses "$real""#;
const ACCEPT: &str = "umount $(command -v ipvsadm)";

/// The service as ipvsadm itself lists it, with weights and thresholds: a row each.
fn listed(directors: &Directors, node: &str, service: &str) -> Vec<String> {
    let rows = |option: &str| {
        let printed = directors.sh(node, &format!("ipvsadm -Ln {option} {service} 2>&1 || true"));
        let is_row = |line: &&str| line.contains("192.168.1.") || line.starts_with("FWM");
        let columns = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let end = if words[0] == "->" { 4 } else { words.len() };
            words[..end].join(" ")
        };
        printed.lines().filter(is_row).map(columns).collect::<Vec<_>>()
    };
    let mut all = rows("");
    all.extend(rows("--thresholds").into_iter().filter(|row| row.starts_with("->")));
    all.sort();
    all
}

struct Scene {
    directors: Directors,
    console: Console,
}

impl Scene {
    fn has(&self, expected: &[&str]) {
        for node in PAIR {
            assert_eq!(listed(&self.directors, node, "-t 192.168.1.200:8082"), expected, "{node}");
        }
    }

    fn plan(&self, change: &Value) -> Value {
        json!({ "operation": "lvs.change_service", "service": SERVICE, "change": change })
    }

    fn does(&self, change: &Value) {
        let plan = self.console.plan_of_that_may_run(&self.plan(change));
        self.console.finish_well(self.console.run(&plan));
    }

    /// One director refuses: what the other has by then is taken back.
    fn is_taken_back(&self, change: &Value) {
        let plan = self.console.plan_of_that_may_run(&self.plan(change));
        self.directors.sh("dir-a", REFUSE);
        let job = self.console.finish(self.console.run(&plan));
        self.directors.sh("dir-a", ACCEPT);
        let log = self.console.log(job.summary.id.0);
        assert_eq!(job.summary.state, JobState::RolledBack, "{log}");
        assert!(log.contains("Memory allocation problem"), "{log}");
    }

    fn refuses(&self, service: &str, change: &Value, says: &str) {
        let operation =
            json!({ "operation": "lvs.change_service", "service": service, "change": change });
        let error = self.console.plan_of(&operation).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_service_is_added_edited_and_deleted_on_both_directors_or_on_none() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let console = Console::over(&directors.lab, &PAIR);
    let scene = Scene { directors, console };
    let _a = scene.directors.afterwards("dir-a", REMOVE);
    let _b = scene.directors.afterwards("dir-b", REMOVE);
    for node in PAIR {
        scene.console.await_observed(node);
    }

    adds_and_edits(&scene);
    changes_its_real_servers(&scene);
    deletes(&scene);
    goes_by_mark(&scene);
}

#[test]
fn keepalived_is_told_of_its_services_by_its_configuration() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let console = Console::over(&directors.lab, &PAIR);
    for node in PAIR {
        console.await_observed(node);
        // The same text without a change: `put_in_order` brings it back and reloads.
        directors.edit_conf(node, "", false);
    }
    let scene = Scene { directors, console };
    let conf = |node: &str| scene.directors.sh(node, "cat /etc/keepalived/keepalived.conf");
    let before = PAIR.map(conf);
    let does = |change: Value| {
        let operation =
            json!({ "operation": "lvs.change_service", "service": OWNED, "change": change });
        let plan = scene.console.plan_of_that_may_run(&operation);
        scene.console.finish_well(scene.console.run(&plan));
    };
    let has = |expected: bool| {
        scene.directors.until("the third real server", || {
            PAIR.iter().all(|node| {
                let rows = listed(&scene.directors, node, "-t 192.168.1.200:80");
                rows.iter().any(|row| row == "-> 192.168.1.104:80 Route 1") == expected
            })
        });
    };
    does(json!({ "do": "delete_server", "server": "192.168.1.104:80" }));
    has(false);
    assert!(PAIR.map(conf).iter().all(|text| !text.contains("192.168.1.104 80")));
    PAIR.iter().for_each(|node| drop(scene.console.await_observed(node)));

    let server = json!({ "server": "192.168.1.104:80", "forwarding": "DR", "weight": 1 });
    does(json!({ "do": "add_server", "server": server }));
    has(true);
    // With the check that its siblings have, in the files as they were but for their order.
    let lines = |text: &String| {
        let mut lines: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
        lines.sort();
        lines
    };
    assert_eq!(PAIR.map(conf).each_ref().map(lines), before.each_ref().map(lines));
}

fn adds_and_edits(scene: &Scene) {
    let nodes = PAIR.map(|node| scene.console.nodes[node]);
    let add = json!({
        "do": "add_service", "directors": nodes, "options": { "scheduler": "rr" },
        "servers": [
            { "server": "192.168.1.102:80", "forwarding": "NAT", "weight": 2, "upper_threshold": 500, "lower_threshold": 100 },
            { "server": "192.168.1.103:8082", "forwarding": "DR", "weight": 1 },
        ],
    });
    scene.does(&add);
    let servers = [
        "-> 192.168.1.102:80 500 100",
        "-> 192.168.1.102:80 Masq 2",
        "-> 192.168.1.103:8082 0 0",
        "-> 192.168.1.103:8082 Route 1",
    ];
    let with = |head: &'static str| [&servers[..], &[head]].concat();
    scene.has(&with("TCP 192.168.1.200:8082 rr"));
    scene.refuses(SERVICE, &add, "is there already");

    let edit = json!({
        "do": "edit_service",
        "options": {
            "scheduler": "mh", "flags": ["fallback", "port"],
            "persistence": { "timeout_s": 120, "netmask": "255.255.255.0" },
        },
    });
    scene.does(&edit);
    let edited =
        with("TCP 192.168.1.200:8082 mh (mh-fallback,mh-port) persistent 120 mask 255.255.255.0");
    scene.has(&edited);

    // A scheduler that the kernel lacks on one of them would be refused just so.
    let nothing = scene.plan(&edit);
    scene.directors.until("the edit is seen", || {
        let planned = scene.console.plan_of(&nothing);
        planned.is_err_and(|error| error.contains("already"))
    });
}

fn changes_its_real_servers(scene: &Scene) {
    let head = "TCP 192.168.1.200:8082 mh (mh-fallback,mh-port) persistent 120 mask 255.255.255.0";
    scene.does(&json!({
        "do": "add_server",
        "server": { "server": "192.168.1.104:8082", "forwarding": "TUN", "weight": 0 },
    }));
    let weight =
        |weight| json!({ "do": "edit_server", "server": "192.168.1.102:80", "weight": weight });
    scene.is_taken_back(&weight(7));
    let has = |first: &str| {
        scene.has(&[
            "-> 192.168.1.102:80 500 100",
            first,
            "-> 192.168.1.103:8082 0 0",
            "-> 192.168.1.103:8082 Route 1",
            "-> 192.168.1.104:8082 0 0",
            "-> 192.168.1.104:8082 Tunnel 0",
            head,
        ]);
    };
    has("-> 192.168.1.102:80 Masq 2");
    scene.does(&weight(5));
    has("-> 192.168.1.102:80 Masq 5");

    scene.does(&json!({ "do": "delete_server", "server": "192.168.1.104:8082" }));
    scene.does(&json!({
        "do": "edit_server", "server": "192.168.1.103:8082", "weight": 3, "upper_threshold": 40,
    }));
    scene.has(&[
        "-> 192.168.1.102:80 500 100",
        "-> 192.168.1.102:80 Masq 5",
        "-> 192.168.1.103:8082 40 0",
        "-> 192.168.1.103:8082 Route 3",
        head,
    ]);
}

fn deletes(scene: &Scene) {
    let delete = json!({ "do": "delete_service" });
    let before = listed(&scene.directors, "dir-b", "-t 192.168.1.200:8082");
    // dir-a has the address and comes last: dir-b makes the service anew, with all that it had.
    scene.is_taken_back(&delete);
    scene.has(&before.iter().map(String::as_str).collect::<Vec<_>>());
    scene.does(&delete);
    scene.has(&[]);
}

fn goes_by_mark(scene: &Scene) {
    let nodes = PAIR.map(|node| scene.console.nodes[node]);
    let operation = json!({
        "operation": "lvs.change_service", "service": "mark/82",
        "change": {
            "do": "add_service", "directors": nodes, "options": { "scheduler": "wlc" },
            "servers": [{ "server": "192.168.1.102:0", "forwarding": "DR", "weight": 1 }],
        },
    });
    let warned = |console: &Console| {
        let plan = console.plan_of_that_may_run(&operation);
        let mark = plan.draft.interlocks.iter().find(|i| i.id == "mark_given").unwrap().clone();
        (plan, mark.verdict)
    };
    let (_, verdict) = warned(&scene.console);
    assert_eq!(verdict, signalbox_domain::plan::Verdict::Warn);
    for node in PAIR {
        let rule =
            "iptables-legacy -t mangle -A PREROUTING -p tcp --dport 8082 -j MARK --set-mark 82";
        scene.directors.sh(node, rule);
    }
    let (plan, verdict) = warned(&scene.console);
    assert_eq!(verdict, signalbox_domain::plan::Verdict::Pass);
    scene.console.finish_well(scene.console.run(&plan));
    for node in PAIR {
        let rows = listed(&scene.directors, node, "-f 82");
        assert_eq!(rows, ["-> 192.168.1.102:0 0 0", "-> 192.168.1.102:0 Route 1", "FWM 82 wlc"]);
    }
    let delete = json!({
        "operation": "lvs.change_service", "service": "mark/82", "change": { "do": "delete_service" },
    });
    scene.console.finish_well(scene.console.run(&scene.console.plan_of_that_may_run(&delete)));
    for node in PAIR {
        assert_eq!(listed(&scene.directors, node, "-f 82"), [""; 0]);
    }
}

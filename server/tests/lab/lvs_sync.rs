//! IPVS' sync daemons on the lab's directors: started, seen to work, and stopped.

use serde_json::{Value, json};
use signalbox_domain::lvs::DirectorSettings;
use signalbox_domain::plan::{Plan, Verdict};

use crate::console::Console;
use crate::directors::Directors;

const PAIR: [&str; 2] = ["dir-a", "dir-b"];
const SAVE: &str = "cp -p /etc/keepalived/keepalived.conf /run/sync.saved";
const RESTORE: &str = "cd /etc/keepalived
    [ ! -e /run/sync.saved ] || cmp -s /run/sync.saved keepalived.conf || { cp -p /run/sync.saved keepalived.conf; systemctl reload keepalived; sleep 3; }
    ipvsadm --stop-daemon master 2> /dev/null; ipvsadm --stop-daemon backup 2> /dev/null
    rm -f /run/sync.saved";
const NAME: &str = r"sed -i 's/^global_defs {/&\n    lvs_sync_daemon eth0 id 77/' /etc/keepalived/keepalived.conf; systemctl reload keepalived";
/// Somebody who is no director and sends by sync id 77.
const STRANGER: &str = r#"systemd-run -q --unit=sync-stranger perl -e '
    use Socket;
    socket(my $s, AF_INET, SOCK_DGRAM, 0);
    setsockopt($s, 0, 32, pack("a4", inet_aton("192.168.1.1")));
    for (1 .. 300) {
        send($s, pack("CCn", 0, 77, 4), 0, pack_sockaddr_in(8848, inet_aton("224.0.0.81")));
        select(undef, undef, undef, 0.2);
    }'"#;
const STRANGER_GOES: &str = "systemctl stop sync-stranger 2> /dev/null; true";

struct Scene {
    directors: Directors,
    console: Console,
}

impl Scene {
    fn operation(&self, daemon: Option<Value>) -> Value {
        let directors = PAIR.map(|node| self.console.nodes[node]);
        let mut operation = json!({ "operation": "lvs.sync_daemon", "directors": directors });
        if let Some(daemon) = daemon {
            operation["daemon"] = daemon;
        }
        operation
    }

    fn does(&self, daemon: Option<Value>) -> Plan {
        let plan = self.console.plan_of_that_may_run(&self.operation(daemon));
        self.console.finish_well(self.console.run(&plan));
        plan
    }

    /// By ipvsadm's own word, on both.
    fn runs(&self, sync_id: Option<u8>) {
        let expected = sync_id.map_or_else(Vec::new, |id| {
            ["master", "backup"].map(|role| format!("{role} eth0 {id}")).to_vec()
        });
        for node in PAIR {
            let listed = self.directors.sh(node, "ipvsadm -l --daemon");
            let told: Vec<String> = listed
                .lines()
                .map(|line| {
                    let role = line.split(' ').next().unwrap();
                    let after = |name: &str| {
                        line.split(name).nth(1).unwrap().split([',', ')']).next().unwrap()
                    };
                    format!("{role} {} {}", after("mcast="), after("syncid="))
                })
                .collect();
            assert_eq!(told, expected, "{node}: {listed}");
        }
    }

    fn refuses(&self, daemon: Value, interlock: &str, says: &str) {
        let plan = self.console.plan_of(&self.operation(Some(daemon))).unwrap();
        let row = plan.draft.interlocks.iter().find(|row| row.id == interlock).unwrap();
        assert_eq!(row.verdict, Verdict::Block, "{row:?}");
        assert!(row.detail.en.contains(says), "{row:?}");
    }
}

fn daemon(interface: &str, sync_id: u8) -> Value {
    json!({ "interface": interface, "sync_id": sync_id })
}

#[test]
fn directors_tell_each_other_of_connections_while_they_are_asked_to() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let console = Console::over(&directors.lab, &["dir-a", "dir-b", "router", "client"]);
    directors.sh("dir-b", SAVE);
    let scene = Scene { directors, console };
    let _restored = PAIR.map(|node| scene.directors.afterwards(node, RESTORE));
    let _gone = scene.directors.afterwards("router", STRANGER_GOES);
    ["dir-a", "dir-b", "client"].iter().for_each(|node| drop(scene.console.await_observed(node)));
    scene.runs(None);

    scene.refuses(daemon("eth9", 77), "interface_up", "no address on eth9");
    scene.directors.sh("router", STRANGER);
    scene.refuses(daemon("eth0", 77), "no_stranger", "192.168.1.1");
    scene.directors.sh("router", STRANGER_GOES);

    // keepalived starts those of dir-b; ipvsadm sets dir-a's.
    let conf = || scene.directors.sh("dir-b", "cat /etc/keepalived/keepalived.conf");
    let before = conf();
    scene.directors.sh("dir-b", NAME);
    scene.directors.until("keepalived has started both on dir-b", || {
        scene.directors.sh("dir-b", "ipvsadm -l --daemon").lines().count() == 2
    });
    let plan = scene.does(Some(daemon("eth0", 77)));
    let owner = plan.draft.interlocks.iter().find(|row| row.id == "owner_known").unwrap();
    assert!(owner.detail.en.starts_with("dir-b: keepalived"), "{owner:?}");
    scene.runs(Some(77));
    tells(&scene);
    let again = scene.operation(Some(daemon("eth0", 77)));
    assert!(scene.console.plan_of(&again).unwrap_err().contains("so already"));

    scene.does(None);
    scene.runs(None);
    assert_eq!(conf(), before, "the line went, and what it started");
}

/// dir-a holds the address, and dir-b knows its connections.
fn tells(scene: &Scene) {
    let synced = scene.directors.sh("dir-b", "grep -c ' SYNC ' /proc/net/ip_vs_conn_sync || true");
    assert_ne!(synced.trim(), "0");
    let path = format!("/lvs/{}/settings", scene.console.nodes["dir-b"]);
    let told: DirectorSettings = serde_json::from_value(scene.console.get(&path).unwrap()).unwrap();
    assert!(told.read.value.origins.is_some_and(|origins| origins.synced > 0), "{told:#?}");
}

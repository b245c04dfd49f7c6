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
    fn operation(&self, nodes: &[&str], daemon: Option<Value>, in_conf: bool) -> Value {
        let directors: Vec<_> = nodes.iter().map(|node| self.console.nodes[*node]).collect();
        let mut operation = json!({
            "operation": "lvs.sync_daemon", "directors": directors, "in_conf": in_conf,
        });
        if let Some(daemon) = daemon {
            operation["daemon"] = daemon;
        }
        operation
    }

    fn does(&self, nodes: &[&str], daemon: Option<Value>, in_conf: bool) -> Plan {
        let plan = self.console.plan_of_that_may_run(&self.operation(nodes, daemon, in_conf));
        self.console.finish_well(self.console.run(&plan));
        plan
    }

    /// By ipvsadm's own word.
    fn runs(&self, nodes: &[&str], sync_id: Option<u8>) {
        let expected = sync_id.map_or_else(Vec::new, |id| {
            ["master", "backup"].map(|role| format!("{role} eth0 {id}")).to_vec()
        });
        for node in nodes {
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
        let plan = self.console.plan_of(&self.operation(&PAIR, Some(daemon), false)).unwrap();
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
    scene.runs(&PAIR, None);

    scene.refuses(daemon("eth9", 77), "interface_up", "no address on eth9");
    scene.directors.sh("router", STRANGER);
    scene.refuses(daemon("eth0", 77), "no_stranger", "192.168.1.1");
    scene.directors.sh("router", STRANGER_GOES);

    let conf = || scene.directors.sh("dir-b", "cat /etc/keepalived/keepalived.conf");
    let before = conf();
    scene.does(&["dir-b"], Some(daemon("eth0", 77)), true);
    assert!(conf().contains("lvs_sync_daemon eth0 id 77"), "{}", conf());
    scene.runs(&["dir-b"], Some(77));

    // keepalived owns those of dir-b now; ipvsadm sets dir-a's.
    let plan = scene.does(&PAIR, Some(daemon("eth0", 77)), false);
    let owner = plan.draft.interlocks.iter().find(|row| row.id == "owner_known").unwrap();
    assert!(owner.detail.en.starts_with("dir-b: keepalived"), "{owner:?}");
    scene.runs(&PAIR, Some(77));
    tells(&scene);
    let again = scene.operation(&PAIR, Some(daemon("eth0", 77)), false);
    assert!(scene.console.plan_of(&again).unwrap_err().contains("so already"));

    scene.does(&PAIR, None, false);
    scene.runs(&PAIR, None);
    assert_eq!(conf(), before);
}

/// dir-a holds the address, and dir-b knows its connections.
fn tells(scene: &Scene) {
    let synced = scene.directors.sh("dir-b", "grep -c ' SYNC ' /proc/net/ip_vs_conn_sync || true");
    assert_ne!(synced.trim(), "0");
    let path = format!("/lvs/{}/settings", scene.console.nodes["dir-b"]);
    let told: DirectorSettings = serde_json::from_value(scene.console.get(&path).unwrap()).unwrap();
    assert!(told.read.value.origins.is_some_and(|origins| origins.synced > 0), "{told:#?}");
}

//! Services of the lab moved from one forwarding method to another, with their real servers.

use serde_json::{Value, json};
use signalbox_domain::jobs::JobState;
use signalbox_domain::plan::{Interlock, Verdict};

use crate::console::Console;
use crate::directors::Directors;

const PAIR: [&str; 2] = ["dir-a", "dir-b"];
const SERVERS: [&str; 2] = ["db-2", "db-3"];
const FLEET: [&str; 6] = ["dir-a", "dir-b", "db-2", "db-3", "router", "client"];
const SERVICE: &str = "tcp/192.168.1.200:8085";
/// By keepalived.
const OWNED: &str = "tcp/192.168.1.200:80";
const WEB: [&str; 3] = ["web-1", "web-2", "web-3"];

const ADD: &str = "ipvsadm -A -t 192.168.1.200:8085 -s wrr
    ipvsadm -a -t 192.168.1.200:8085 -r 192.168.1.112:8085 -m -w 2
    ipvsadm -a -t 192.168.1.200:8085 -r 192.168.1.113:8085 -m -w 1";
/// An address besides the service's that goes with it, as NAT needs for a gateway.
const GATEWAY: &str = "/192.168.1.200\\/24 dev eth0/a 192.168.1.210/24 dev eth0";
const REMOVE: &str = "umount $(command -v ipvsadm) 2> /dev/null
    ipvsadm -D -t 192.168.1.200:8085 2> /dev/null; true";
/// A program that says its node's name to whoever connects.
const ANSWER: &str = r#"systemctl is-active -q lvs-answers || systemd-run -q --unit=lvs-answers perl -e '
    use IO::Socket::INET;
    my $s = IO::Socket::INET->new(LocalPort => 8085, Listen => 64, ReuseAddr => 1) or die;
    while (my $c = $s->accept) { print $c "$ARGV[0]\n"; close $c }' "$(hostname)""#;
const SILENCE: &str = "systemctl stop lvs-answers 2> /dev/null
    for unit in /etc/systemd/system/signalbox-lvs-*.service; do
        [ ! -e \"$unit\" ] || systemctl -q disable --now \"${unit##*/}\"; rm -f \"$unit\"
    done
    systemctl daemon-reload; true";
/// Who answered each of twelve connections, counted.
const ASK: &str = r#"perl -e '
    use IO::Socket::INET;
    my %by;
    for (1 .. 12) {
        my $s = IO::Socket::INET->new(PeerAddr => "192.168.1.200:8085", Timeout => 2);
        my $line = $s ? <$s> : undef;
        chomp($line //= "nobody");
        ++$by{$line};
    }
    print join(" ", map { "$_ $by{$_}" } sort keys %by), "\n"'"#;
/// An ipvsadm that does not masquerade.
const REFUSE: &str = r#"real=$(command -v ipvsadm); cp "$real" /run/ipvsadm.real
    cat > /run/ipvsadm.refuses <<'END'
#!/bin/sh
case "$*" in *" -m "*) echo "Memory allocation problem" >&2; exit 1;; esac
exec /run/ipvsadm.real "$@"
END
    chmod 755 /run/ipvsadm.refuses; mount --bind /run/ipvsadm.refuses "$real""#;
const ACCEPT: &str = "umount $(command -v ipvsadm)";
/// What a real server has of any method, in words.
const STATE: &str = "ip -o -4 address show dev lo to 192.168.1.200/32 | grep -q . && echo address
    [ $(cat /proc/sys/net/ipv4/conf/all/arp_ignore) = 0 ] || echo still
    ip rule show | grep -q 'sport 8085' && echo rule
    [ -z \"$(ip route show table 108085 2> /dev/null)\" ] || echo table
    [ $(cat /proc/sys/net/ipv4/conf/all/accept_redirects) = 1 ] || echo unredirected
    cd /etc/systemd/system/multi-user.target.wants && ls signalbox-lvs-* 2> /dev/null; true";
const BARE: &str = "";
const FOR_NAT: &str = "rule table unredirected";
const FOR_DR: &str = "address still signalbox-lvs-dr-192.168.1.200.service";

struct Scene {
    directors: Directors,
    console: Console,
}

impl Scene {
    fn plan(forwarding: &str) -> Value {
        json!({ "operation": "lvs.move_mode", "service": SERVICE, "forwarding": forwarding })
    }

    fn moves(&self, forwarding: &str) -> Vec<Interlock> {
        let plan = self.console.plan_of_that_may_run(&Scene::plan(forwarding));
        self.console.finish_well(self.console.run(&plan));
        plan.draft.interlocks
    }

    /// A client gets what the weights promise.
    fn is_shared(&self) {
        assert_eq!(self.directors.sh("client", ASK).trim(), "db-2 8 db-3 4");
    }

    /// Each real server has this and nothing else.
    fn servers_have(&self, expected: &str) {
        for node in SERVERS {
            let state = self.directors.sh(node, STATE);
            let mut words: Vec<&str> = state.split_whitespace().collect();
            // Its own unit is named by its own address.
            words.retain(|word| !word.starts_with("signalbox-lvs-nat-"));
            assert_eq!(words.join(" "), expected, "{node}");
        }
    }

    fn directors_have(&self, method: &str) {
        for node in PAIR {
            let table = self.directors.sh(node, "ipvsadm -Ln -t 192.168.1.200:8085");
            let rows: Vec<&str> = table.lines().filter(|line| line.contains(":8085 ")).collect();
            let by_it = rows.iter().filter(|row| row.contains(method)).count();
            assert_eq!(by_it, SERVERS.len(), "{node}: {table}");
        }
    }
}

fn carry_a_gateway(directors: &Directors) {
    std::thread::scope(|scope| {
        for node in PAIR {
            scope.spawn(move || directors.edit_conf(node, GATEWAY, true));
        }
    });
    directors.until("dir-a has the gateway", || {
        directors.holders() == ["dir-a"]
            && directors.sh("dir-a", "ip -4 -o address show to 192.168.1.210; true").contains("210")
    });
}

fn of<'i>(interlocks: &'i [Interlock], id: &str) -> &'i Interlock {
    interlocks.iter().find(|interlock| interlock.id == id).unwrap()
}

#[test]
fn a_service_moves_with_its_real_servers_or_stays() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let console = Console::over(&directors.lab, &FLEET);
    carry_a_gateway(&directors);
    let scene = Scene { directors, console };
    let [_a, _b] = PAIR.map(|node| scene.directors.afterwards(node, REMOVE));
    let [_c, _d] = SERVERS.map(|node| scene.directors.afterwards(node, SILENCE));
    PAIR.iter().for_each(|node| drop(scene.directors.sh(node, ADD)));
    SERVERS.iter().for_each(|node| drop(scene.directors.sh(node, ANSWER)));
    FLEET.iter().for_each(|node| drop(scene.console.await_observed(node)));

    // Its real servers answer past the director, which is what NAT cannot have.
    assert_eq!(scene.directors.sh("client", ASK).trim(), "nobody 12");
    scene.servers_have(BARE);
    let interlocks = scene.moves("NAT");
    assert_eq!(of(&interlocks, "same_network").verdict, Verdict::Warn);
    scene.is_shared();
    scene.servers_have(FOR_NAT);

    scene.moves("DR");
    scene.is_shared();
    scene.directors_have("Route");
    scene.servers_have(FOR_DR);
    outlasts_a_boot(&scene);

    is_taken_back(&scene);
    scene.moves("NAT");
    scene.is_shared();
    scene.directors_have("Masq");
    scene.servers_have(FOR_NAT);

    // Containers have the machine's kernel, which lacks it.
    let refused = scene.console.plan_of(&Scene::plan("TUN")).unwrap();
    let can = of(&refused.draft.interlocks, "can_be_prepared");
    assert_eq!(can.verdict, Verdict::Block, "{can:?}");
    assert!(can.detail.en.contains("module ipip"), "{can:?}");

    // What was prepared for it goes with it.
    let delete = json!({
        "operation": "lvs.change_service", "service": SERVICE, "change": { "do": "delete_service" },
    });
    let plan = scene.console.plan_of_that_may_run(&delete);
    scene.console.finish_well(scene.console.run(&plan));
    scene.servers_have(BARE);
}

fn outlasts_a_boot(scene: &Scene) {
    scene.directors.lab.kill("db-3").unwrap();
    scene.directors.lab.boot("db-3").unwrap();
    scene.directors.sh("db-3", ANSWER);
    scene
        .directors
        .until("it is prepared again", || scene.directors.sh("db-3", STATE).contains("address"));
    scene.servers_have(FOR_DR);
    scene.is_shared();
    scene.console.await_observed("db-3");
}

/// dir-a, which has the address, comes last and refuses.
fn is_taken_back(scene: &Scene) {
    let plan = scene.console.plan_of_that_may_run(&Scene::plan("NAT"));
    scene.directors.sh("dir-a", REFUSE);
    let job = scene.console.finish(scene.console.run(&plan));
    scene.directors.sh("dir-a", ACCEPT);
    let log = scene.console.log(job.summary.id.0);
    assert_eq!(job.summary.state, JobState::RolledBack, "{log}");
    assert!(log.contains("Memory allocation problem"), "{log}");
    scene.directors_have("Route");
    scene.servers_have(FOR_DR);
    scene.is_shared();
}

#[test]
fn keepalived_moves_its_services_by_its_configuration() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let fleet = [&PAIR[..], &WEB, &["router", "client"]].concat();
    let console = Console::over(&directors.lab, &fleet);
    let _afterwards = WEB.map(|node| directors.afterwards(node, SILENCE));
    carry_a_gateway(&directors);
    fleet.iter().for_each(|node| drop(console.await_observed(node)));
    let method = |node: &str| {
        let conf = directors.sh(node, "cat /etc/keepalived/keepalived.conf");
        let of_web = conf.split("virtual_server 192.168.1.200 80").nth(1).unwrap().to_owned();
        let line =
            of_web.lines().find(|line| line.contains("lb_kind") || line.contains("lvs_method"));
        line.unwrap().split_whitespace().nth(1).unwrap().to_owned()
    };
    let has = |expected: &str| {
        for node in PAIR {
            let rows = directors.sh(node, "ipvsadm -Ln -t 192.168.1.200:80");
            let by_it = rows.lines().filter(|row| row.contains(expected)).count();
            assert_eq!(by_it, 3, "{node}: {rows}");
        }
    };
    let moves = |forwarding: &str| {
        let operation =
            json!({ "operation": "lvs.move_mode", "service": OWNED, "forwarding": forwarding });
        let plan = console.plan_of_that_may_run(&operation);
        console.finish_well(console.run(&plan));
        plan
    };
    let plan = moves("NAT");
    assert!(plan.draft.title.en.contains("by keepalived.conf"), "{}", plan.draft.title.en);
    let cleaned = of(&plan.draft.interlocks, "cleaned").detail.en.clone();
    assert!(cleaned.contains("192.168.1.200 on lo of web-1: /etc/network"), "{cleaned}");
    assert_eq!(PAIR.map(method), ["NAT", "NAT"]);
    has("Masq");
}

/// A director, whose kernel can take packets out of a tunnel, plays the real server.
#[test]
fn a_tunnel_is_made_and_goes_with_its_service() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let console = Console::over(&directors.lab, &["dir-a", "dir-b", "router", "client"]);
    let _a = directors.afterwards(
        "dir-a",
        "ipvsadm -D -t 192.168.1.211:8085 2> /dev/null; ip address del 192.168.1.211/32 dev eth0",
    );
    let _b = directors.afterwards("dir-b", SILENCE);
    let add = "ip address add 192.168.1.211/32 dev eth0; ipvsadm -A -t 192.168.1.211:8085 -s rr
        ipvsadm -a -t 192.168.1.211:8085 -r 192.168.1.101:8085 -i -w 1";
    directors.sh("dir-a", add);
    directors.sh("dir-b", ANSWER);
    ["dir-a", "dir-b", "client"].iter().for_each(|node| drop(console.await_observed(node)));
    let ask = ASK.replace(".200", ".211");
    let tunnel = "ip -o address show dev tunl0 up; cat /proc/sys/net/ipv4/conf/all/arp_announce";
    let before = directors.sh("dir-b", tunnel);
    assert_eq!(directors.sh("client", &ask).trim(), "nobody 12");

    let service = "tcp/192.168.1.211:8085";
    let operation =
        json!({ "operation": "lvs.move_mode", "service": service, "forwarding": "TUN" });
    let plan = console.plan_of_that_may_run(&operation);
    assert_eq!(of(&plan.draft.interlocks, "tunnel_fits").verdict, Verdict::Warn);
    console.finish_well(console.run(&plan));
    assert_eq!(directors.sh("client", &ask).trim(), "dir-b 12");
    assert!(directors.sh("dir-b", tunnel).contains("192.168.1.211/32"));

    let delete = json!({
        "operation": "lvs.change_service", "service": service, "change": { "do": "delete_service" },
    });
    let plan = console.plan_of_that_may_run(&delete);
    console.finish_well(console.run(&plan));
    assert_eq!(directors.sh("dir-b", tunnel), before);
}

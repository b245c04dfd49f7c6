//! A pair made by a form, on nodes that had no keepalived.conf.

use serde_json::{Value, json};
use signalbox_domain::jobs::JobState;
use signalbox_domain::vrrp::create::{Created, InstanceForm, SeatForm};
use signalbox_domain::vrrp::deploy::{ConfView, Daemon};

use crate::console::Console;
use crate::directors::Directors;

const MAIN: &str = "/etc/keepalived/keepalived.conf";
const PAIR: [&str; 2] = ["db-2", "db-3"];
const ADDRESS: &str = "192.168.1.215";
/// It puts the instance into FAULT, which no test of the file foretells.
const BROKEN: &str =
    "vrrp_script broken {\n    script /bin/false\n    interval 1\n    fall 1\n}\n\n";
const CLEAN: &str = "systemctl disable -q --now keepalived; \
    rm -rf /etc/keepalived/keepalived.conf /etc/keepalived/signalbox /var/lib/signalbox/keepalived";

fn form() -> InstanceForm {
    let seat = |name: &str, own: &str, priority: &str| SeatForm {
        router_id: name.to_owned(),
        interface: "eth0".to_owned(),
        own_address: Some(own.parse().unwrap()),
        priority: priority.to_owned(),
    };
    InstanceForm {
        name: "VI_NEW".to_owned(),
        vrid: "61".to_owned(),
        version: 3,
        advert_ms: "200".to_owned(),
        unicast: true,
        addresses: format!("{ADDRESS}/24"),
        seats: vec![seat("db-2", "192.168.1.112", "150"), seat("db-3", "192.168.1.113", "100")],
        ..InstanceForm::default()
    }
}

/// The deployment that the page asks for when the form was put into both files and these edited.
fn operation(console: &Console, edit: impl Fn(String) -> String) -> Value {
    let created = Created::of(&form()).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    let nodes = PAIR.iter().enumerate().map(|(at, node)| {
        let node = console.nodes[*node];
        let view = console.get(&format!("/vrrp/conf/{node}")).unwrap();
        let view: ConfView = serde_json::from_value(view).unwrap();
        assert_eq!((view.daemon, view.files.len(), view.main.as_str()), (Daemon::Stopped, 0, MAIN));
        let text = created.append(at, "", false).unwrap();
        let files = [
            json!({ "path": MAIN, "text": edit(text) }),
            json!({ "path": created.priority_file(), "text": "0\n" }),
        ];
        json!({ "node": node, "files": files })
    });
    json!({ "operation": "vrrp.deploy", "nodes": nodes.collect::<Vec<_>>() })
}

fn holders(directors: &Directors) -> Vec<&'static str> {
    let holds = |node: &&str| directors.sh(node, "ip -o address").contains(&format!("{ADDRESS}/"));
    PAIR.into_iter().filter(holds).collect()
}

#[test]
fn a_pair_is_created_where_there_was_none_and_an_instance_that_does_not_run_leaves_nothing() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let _clean = PAIR.map(|node| directors.afterwards(node, CLEAN));
    let console = Console::over(&directors.lab, &PAIR);
    for node in PAIR {
        directors.sh(node, CLEAN);
        console.await_observed(node);
    }

    let faulty = |text: String| {
        let tracked = "    track_script {\n        broken\n    }\n    track_file {";
        text.replace("vrrp_instance", &format!("{BROKEN}vrrp_instance"))
            .replace("    track_file {", tracked)
    };
    let faulty = operation(&console, faulty);
    let job = console.finish(console.run(&console.plan_of_that_may_run(&faulty)));
    assert_eq!(job.summary.state, JobState::RolledBack, "{}", console.log(job.summary.id.0));
    for node in PAIR {
        let left = "ls /etc/keepalived/keepalived.conf /etc/keepalived/signalbox/VI_NEW.priority \
             2> /dev/null; systemctl is-active keepalived; systemctl is-enabled keepalived; true";
        assert_eq!(directors.sh(node, left), "inactive\ndisabled", "{node}");
    }

    let plan = console.plan_of_that_may_run(&operation(&console, |text| text));
    console.finish_well(console.run(&plan));
    assert_eq!(holders(&directors), ["db-2"]);
    for node in PAIR {
        assert_eq!(directors.sh(node, "systemctl is-enabled keepalived"), "enabled");
    }

    let to = console.nodes["db-3"];
    let over = json!({ "operation": "vrrp.hand_over", "instance": "VI_NEW", "to": to });
    console.finish_well(console.run(&console.plan_of_that_may_run(&over)));
    assert_eq!(holders(&directors), ["db-3"]);
}

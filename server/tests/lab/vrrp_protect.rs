//! Load protection on the lab's directors: one that runs out of memory gives its address up.

use serde_json::{Value, json};
use signalbox_domain::vrrp::conf::{Configuration, Effective, Files};
use signalbox_domain::vrrp::deploy::ConfView;
use signalbox_domain::vrrp::protect::{LimitForm, ProtectForm, Protection, SCRIPT, SCRIPT_PATH};

use crate::console::Console;
use crate::directors::Directors;

const MAIN: &str = "/etc/keepalived/keepalived.conf";
const PAIR: [&str; 2] = ["dir-a", "dir-b"];
const CLEAR: &str =
    "rm -f /etc/keepalived/signalbox/load.sh /run/signalbox-load /run/try-load /run/full";
/// Ends by itself, whatever becomes of the test.
const EAT_MEMORY: &str = "nohup timeout 60 perl -e '$x = \"a\" x (1 << 20); push @y, \"$x$_\" for 1 .. 90; sleep 60' \
    > /dev/null 2>&1 & echo $!";

fn conf(console: &Console, node: &str) -> ConfView {
    let view = console.get(&format!("/vrrp/conf/{}", console.nodes[node])).unwrap();
    serde_json::from_value(view).unwrap()
}

fn effective(view: &ConfView) -> Effective {
    let files: Files = view.files.iter().map(|(p, f)| (p.clone(), f.text.clone())).collect();
    Configuration::read(&files, MAIN, &view.host).effective()
}

/// Both directors with this done to their files, and the script there or gone.
fn deploy(console: &Console, edit: impl Fn(&str) -> String, is_there: bool) {
    let nodes = PAIR.map(|node| {
        let view = conf(console, node);
        let main = &view.files[MAIN];
        let mut script = match view.files.get(SCRIPT_PATH) {
            Some(file) => json!({ "path": SCRIPT_PATH, "base": file.digest }),
            None => json!({ "path": SCRIPT_PATH }),
        };
        match is_there {
            true => script["text"] = SCRIPT.into(),
            false => script["remove"] = true.into(),
        }
        let main = json!({ "path": MAIN, "base": main.digest, "text": edit(&main.text) });
        json!({ "node": console.nodes[node], "files": [main, script] })
    });
    let operation: Value = json!({ "operation": "vrrp.deploy", "nodes": nodes });
    console.finish_well(console.run(&console.plan_of_that_may_run(&operation)));
}

#[test]
fn a_director_that_runs_out_of_memory_gives_its_address_up_and_takes_it_back() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let _clear = PAIR.map(|director| directors.afterwards(director, CLEAR));
    let console = Console::over(&directors.lab, &PAIR);
    let before = PAIR.map(|node| {
        console.await_observed(node);
        // The same text without a change: it comes back when the test ends.
        directors.edit_conf(node, "", false);
        directors.sh(node, &format!("cat {MAIN}"))
    });
    let limit = |enter: &str, leave: &str| LimitForm { enter: enter.into(), leave: leave.into() };
    let form = ProtectForm {
        cpu: LimitForm::default(),
        memory: limit("45", "35"),
        disk: limit("99", "98"),
        fall: "2".into(),
        rise: "2".into(),
        ..ProtectForm::default()
    };
    let [a, b] = PAIR.map(|node| effective(&conf(&console, node)));
    let protection = Protection::of(&form, &[&a, &b]).unwrap();
    protection.outcomes().iter().for_each(|outcome| eprintln!("{}", outcome.en));
    deploy(&console, |text| protection.put_into(text).unwrap(), true);
    assert_eq!(directors.holders(), ["dir-a"]);

    let eater = directors.sh("dir-a", EAT_MEMORY);
    let began = std::time::Instant::now();
    directors.until("dir-b has taken over", || directors.holders() == ["dir-b"]);
    eprintln!("moved {:.1} s after the memory went", began.elapsed().as_secs_f64());
    assert!(directors.sh("dir-a", "cat /run/signalbox-load").contains("memory"));
    directors.sh("dir-a", &format!("kill {}", eater.trim()));
    directors.until("dir-a has it again", || directors.holders() == ["dir-a"]);

    // Each of the others, as the script sees it.
    let run = |watched: &str| {
        let script = format!("sh {SCRIPT_PATH} /run/try-load {watched} && echo well || echo over");
        directors.sh("dir-a", &script).trim().to_owned()
    };
    let full = "disk /run 60 40";
    assert_eq!(run(full), "well");
    directors.sh("dir-a", "dd if=/dev/zero of=/run/full bs=1M count=32 2> /dev/null");
    assert_eq!(run(full), "over");
    directors.sh("dir-a", "dd if=/dev/zero of=/run/full bs=1M count=20 2> /dev/null");
    assert_eq!(run(full), "over", "between both limits it stays over");
    directors.sh("dir-a", "rm /run/full");
    assert_eq!(run(full), "well");
    assert_eq!(run("cpu 90 50"), "well", "the first time nothing is known");
    directors.sh("dir-a", "timeout 3 sh -c 'while :; do :; done' || true");
    assert_eq!(run("cpu 90 50"), "over");

    deploy(&console, |text| Protection::taken_out_of(text).unwrap(), false);
    for (node, before) in PAIR.iter().zip(before) {
        assert_eq!(directors.sh(node, &format!("cat {MAIN}")), before, "{node}");
        let left = directors.sh(node, &format!("ls {SCRIPT_PATH} 2> /dev/null || true"));
        assert_eq!(left, "", "{node}");
    }
    assert_eq!(directors.holders(), ["dir-a"]);
}

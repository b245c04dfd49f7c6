//! A director of the lab that is taken out of service, and brought back.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signalbox_domain::plan::{Plan, Verdict};
use signalbox_domain::vrrp::{VrrpState, VrrpView};

use crate::console::Console;
use crate::directors::Directors;

const PAIR: [&str; 2] = ["dir-a", "dir-b"];
const CLEAR: &str = "for f in /etc/keepalived/signalbox/*.priority; do echo 0 > $f; done";
/// Both of the lab's addresses on one director, then keepalived's word on one of its instances.
const HELD: &str = "ip -4 -o addr show dev eth0 | grep -c 'inet 192.168.1.20[01]/' || true";

fn operation(console: &Console, name: &str, director: &str) -> Value {
    json!({ "operation": name, "node": console.nodes[director] })
}

fn run(console: &Console, plan: &Plan) -> (u64, u64) {
    let job = console.finish_well(console.run(plan));
    let measured = job.measurement.unwrap();
    let foretold = plan.draft.prediction.as_ref().unwrap();
    eprintln!(
        "{}: foretold {}-{} ms, {} asked, {} lost, {} ms",
        plan.draft.title.en,
        foretold.low_ms,
        foretold.high_ms,
        measured.asked,
        measured.lost,
        measured.outage_ms
    );
    assert!(measured.asked > 100, "{} asked", measured.asked);
    (measured.lost, measured.outage_ms)
}

/// Whether the page says of every instance that the director is out, and in FAULT.
fn await_said(console: &Console, director: &str, out: bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let view: VrrpView = serde_json::from_value(console.get("/vrrp").unwrap()).unwrap();
        let members = view.instances.iter().filter_map(|i| i.member(console.nodes[director]));
        let is_so = |said: Option<VrrpState>| (said == Some(VrrpState::Fault)) == out;
        let told: Vec<bool> =
            members.map(|m| m.is_out == out && is_so(m.state().map(|state| state.state))).collect();
        if told == [true, true] {
            return;
        }
        assert!(Instant::now() < deadline, "the page does not say it: {view:#?}");
        sleep(Duration::from_millis(200));
    }
}

fn held(directors: &Directors) -> [String; 2] {
    PAIR.map(|director| directors.sh(director, HELD).trim().to_owned())
}

#[test]
fn a_director_leaves_service_without_a_lost_answer_and_stays_out_until_it_is_brought_back() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let _clear = PAIR.map(|director| directors.afterwards(director, CLEAR));
    let console = Console::over(&directors.lab, &["dir-a", "dir-b", "client"]);
    for node in ["dir-a", "dir-b", "client"] {
        console.await_observed(node);
    }

    let out = operation(&console, "vrrp.take_out", "dir-a");
    let plan = console.plan_of_that_may_run(&out);
    let warned: Vec<&str> = plan
        .draft
        .interlocks
        .iter()
        .filter(|row| row.verdict == Verdict::Warn && row.id != "clocks_agree")
        .map(|row| row.id.as_str())
        .collect();
    assert_eq!(warned, ["standby_remains"], "{:#?}", plan.draft.interlocks);
    assert_eq!(run(&console, &plan), (0, 0), "the client lost something");
    assert_eq!(held(&directors), ["0", "2"]);
    await_said(&console, "dir-a", true);

    // keepalived reads everything anew, then begins anew, and takes nothing.
    directors.sh("dir-a", "systemctl reload keepalived && sleep 5");
    assert_eq!(held(&directors), ["0", "2"]);
    directors.sh("dir-a", "systemctl restart keepalived && sleep 5");
    assert_eq!(held(&directors), ["0", "2"]);
    await_said(&console, "dir-a", true);

    // The only director that is left stays.
    let refused = console.plan_of(&operation(&console, "vrrp.take_out", "dir-b")).unwrap();
    let none_out = refused.draft.interlocks.iter().find(|row| row.id == "none_out").unwrap();
    assert_eq!(none_out.verdict, Verdict::Block, "{:#?}", refused.draft.interlocks);

    let back = operation(&console, "vrrp.bring_back", "dir-a");
    let plan = console.plan_of_that_may_run(&back);
    let after = plan.draft.interlocks.iter().find(|row| row.id == "holder_after").unwrap();
    eprintln!("{}", after.detail.en);
    assert!(after.detail.en.contains("VI_WEB moves to dir-a"), "{}", after.detail.en);
    assert!(after.detail.en.contains("VI_DB stays on dir-b"), "{}", after.detail.en);
    assert_eq!(run(&console, &plan), (0, 0), "the client lost something");
    assert_eq!(held(&directors), ["1", "1"]);
    assert_eq!(directors.holders(), ["dir-a"]);
    await_said(&console, "dir-a", false);
}

//! What a change of ten thousand rules costs the node, against a bare iptables-restore of the same.

use std::fmt::Write as _;

use serde_json::json;
use signalbox_domain::firewall::{Tool, canonical, digest, scripts};
use signalbox_domain::remote::{Elevation, RemoteCommand};

use crate::directors::Directors;

const NODE: &str = "web-3";
const TOOL: Tool = Tool::IptablesLegacy;
const RULES: usize = 10_000;
const ROUNDS: usize = 5;
const CLEAN: &str = "systemctl stop signalbox-firewall-iptables-legacy.timer 2> /dev/null; \
    rm -rf /var/lib/signalbox/firewall /tmp/measured; iptables-legacy -F; iptables-legacy -X; true";

/// `number` is the one customer that differs.
fn rules(number: usize) -> String {
    let mut text =
        String::from("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n");
    for chain in 0..RULES / 50 {
        // Writing to a String cannot fail.
        let _ = writeln!(text, ":service-{chain:03} - [0:0]");
    }
    for chain in 0..RULES / 50 {
        let port = 1000 + chain;
        let _ = writeln!(text, "-A INPUT -p tcp -m tcp --dport {port} -j service-{chain:03}");
    }
    for rule in 0..RULES - RULES / 50 {
        let who = if rule == number { "nobody" } else { "customer" };
        let _ = writeln!(
            text,
            "-A service-{:03} -s 10.{}.{}.0/24 -p tcp -m conntrack --ctstate NEW -m multiport \
             --dports 80,443,8000:8100 -m comment --comment \"{who} {rule}\" -j ACCEPT",
            rule / 50,
            rule / 250,
            rule % 250
        );
    }
    text.push_str("COMMIT\n");
    canonical(&TOOL.parse(&text).unwrap())
}

fn median(mut took_ms: Vec<f64>) -> f64 {
    took_ms.sort_by(f64::total_cmp);
    took_ms[took_ms.len() / 2]
}

#[test]
#[ignore = "a measurement: cargo xtask bench firewall"]
fn measure_an_apply_of_ten_thousand_rules() {
    let Some(directors) = Directors::of_the_lab() else { return };
    directors.sh(NODE, CLEAN);
    let _clean = directors.afterwards(NODE, CLEAN);
    let timed = |command: &str, stdin: &str| -> f64 {
        let fed = format!(
            "mkdir -p /tmp/measured && cat > /tmp/measured/in <<'END'\n{stdin}END\n\
             began=$(date +%s%N); {command} < /tmp/measured/in > /tmp/measured/out || exit; \
             echo $(($(date +%s%N) - began))"
        );
        let done = directors.lab.ssh_with_input(NODE, &["sh"], Some(&fed)).unwrap();
        assert!(done.status.success(), "{command}: {done:?}");
        let printed = String::from_utf8(done.stdout).unwrap();
        printed.trim().parse::<f64>().unwrap() / 1_000_000.0
    };
    let run = |command: RemoteCommand| {
        timed(&command.line(Elevation::None), command.stdin.as_deref().unwrap_or_default())
    };
    let bare = |rules: &str| timed("iptables-legacy-restore -w 10 -c", rules);
    bare(&rules(0));
    let [mut bare_ms, mut try_ms, mut arm_ms, mut load_ms, mut keep_ms] = [const { Vec::new() }; 5];
    for round in 0..ROUNDS {
        let (live, wanted) = (rules(2 * round), rules(2 * round + 1));
        bare_ms.push(bare(&live));
        try_ms.push(run(scripts::try_out(TOOL, &wanted)));
        arm_ms.push(run(scripts::arm(TOOL, 300, &digest(&live).parse().unwrap())));
        load_ms.push(run(scripts::load(TOOL, &wanted)));
        keep_ms.push(run(scripts::keep(TOOL)));
    }
    let [bare_ms, try_ms, arm_ms, load_ms, keep_ms] =
        [bare_ms, try_ms, arm_ms, load_ms, keep_ms].map(median);
    let whole_ms = arm_ms + load_ms + keep_ms;
    println!(
        "\n{}",
        json!({
            "rules": RULES, "rounds": ROUNDS, "bare_restore_ms": bare_ms, "try_ms": try_ms,
            "arm_ms": arm_ms, "load_ms": load_ms, "keep_ms": keep_ms,
            "load_ratio": load_ms / bare_ms, "whole_ratio": whole_ms / bare_ms,
            "at_most": 1.5,
        })
    );
}

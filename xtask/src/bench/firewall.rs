//! How long 10,000 rules take to read, to walk and to judge; what a change of them costs a node; and
//! how a browser copes with them. The last two need a demo: `cargo xtask demo --release --detach`.

use std::{fmt::Write as _, process::Command};

use serde_json::{Value, json};
use signalbox_lab::Lab;

use super::live;
use crate::{
    demo,
    exec::{cargo, output, step},
    failure::Failure,
    places::Places,
};

/// What each may take at most, in milliseconds.
const BARS_MS: [(&str, f64); 3] = [("parse", 25.0), ("trace", 2.0), ("lint", 300.0)];
const ADVICE: &str = "see what the build or the program says above";
const NODE: &str = "web-3";
const RULES: usize = 10_000;

pub(super) fn measure(places: &Places) -> Result<Value, Failure> {
    step("read, walk and judge 10,000 rules");
    let mut command = cargo(places);
    let package = "--package=signalbox-domain";
    command.args(["run", "--release", "--quiet", package, "--example", "firewall"]);
    let figures = last_json(&output(&mut command, ADVICE)?)?;
    let bars = BARS_MS.map(|(name, bar_ms)| {
        let worst_ms = super::worst_median_ms(&figures, name);
        let ratio = worst_ms.map(|worst_ms| worst_ms / bar_ms);
        (
            name.to_owned(),
            json!({ "worst_median_ms": worst_ms, "at_most_ms": bar_ms, "ratio": ratio }),
        )
    });
    let has_demo = demo::is_running(places)?;
    let apply = if has_demo { Some(live::measure_apply(places)?) } else { None };
    let browser = if has_demo { Some(browser(places)?) } else { None };
    Ok(json!({
        "bench": "firewall",
        "bars": serde_json::Map::from_iter(bars),
        "figures": figures,
        "apply": apply,
        "browser": browser,
    }))
}

/// The page with 10,000 rules in one chain.
fn browser(places: &Places) -> Result<Value, Failure> {
    step("trace and scroll 10,000 rules in a browser");
    let lab = Lab::attach()?;
    lab.ssh_with_input(NODE, &["iptables-legacy-restore"], Some(&rules()))?;
    let mut command = Command::new("npx");
    command
        .args(["playwright", "test", "--config=bench.config.ts"])
        .current_dir(places.playwright());
    let printed = output(&mut command, ADVICE);
    lab.ssh_ok(NODE, &["iptables-legacy", "-F", "INPUT"])?;
    last_json(&printed?)
}

fn rules() -> String {
    let mut text = String::from("*filter\n:INPUT ACCEPT [0:0]\n");
    for number in 0..RULES {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "-A INPUT -s 203.0.113.{}/32 -p udp -m udp --dport {number} -j DROP",
            number % 250
        );
    }
    text.push_str("COMMIT\n");
    text
}

fn last_json(printed: &str) -> Result<Value, Failure> {
    let lines = printed.lines().rev();
    let found = lines.filter(|line| line.trim().starts_with('{'));
    let mut read = found.filter_map(|line| serde_json::from_str(line.trim()).ok());
    read.next().ok_or_else(|| Failure::Missing {
        what: "the program printed no figures".into(),
        advice: ADVICE.into(),
    })
}

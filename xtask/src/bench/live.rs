//! From a change on a node of the lab to its message on the websocket, and what the probe costs a
//! node. Both are ignored tests of the server, which have a console and a socket at hand.

use serde_json::Value;

use crate::{
    exec::{cargo, output, step},
    failure::Failure,
    places::Places,
};

pub(super) fn measure_latency(places: &Places) -> Result<Value, Failure> {
    step("change weights and addresses on the lab's nodes, and listen");
    measure(places, "measure_from_a_change_to_its_message")
}

pub(super) fn measure_probe(places: &Places) -> Result<Value, Failure> {
    step("watch the probe on three of the lab's nodes for a minute");
    measure(places, "measure_what_the_probe_costs_a_node")
}

/// Runs an ignored test and takes the JSON that it prints on a line of its own.
fn measure(places: &Places, test: &str) -> Result<Value, Failure> {
    let mut command = cargo(places);
    command
        .args(["test", "--package", "signalbox-server", "--test", "it", test])
        .args(["--", "--ignored", "--nocapture"])
        .env("SIGNALBOX_LAB", "1");
    let printed = output(&mut command, "is the lab up? `cargo xtask lab status`")?;
    let figures = printed.lines().find_map(|line| serde_json::from_str(line.trim()).ok());
    figures.ok_or_else(|| Failure::Missing {
        what: format!("{test} printed no figures"),
        advice: "is the lab up? `cargo xtask lab status`".into(),
    })
}

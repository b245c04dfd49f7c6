//! From a change on a node of the lab to its message on the websocket, what the probe costs a node,
//! and how fast the Overview is served. They are ignored tests of the server, which have a console
//! and a socket at hand.

use std::process::Command;

use serde_json::Value;

use crate::{
    exec::{cargo, output, step},
    failure::Failure,
    places::Places,
};

pub(super) fn measure_latency(places: &Places) -> Result<Value, Failure> {
    step("change weights and addresses on the lab's nodes, and listen");
    measure(places, "it", "measure_from_a_change_to_its_message")
}

pub(super) fn measure_probe(places: &Places) -> Result<Value, Failure> {
    step("watch the probe on three of the lab's nodes for a minute");
    measure(places, "it", "measure_what_the_probe_costs_a_node")
}

pub(super) fn measure_apply(places: &Places) -> Result<Value, Failure> {
    step("change 10,000 rules on a node of the lab");
    measure(places, "lab", "measure_an_apply_of_ten_thousand_rules")
}

pub(super) fn measure_outage(places: &Places) -> Result<Value, Failure> {
    step("move addresses on the lab's directors, by plan and by fault, and ask all the while");
    measure(places, "lab", "measure_what_clients_lose")
}

/// Needs no lab: its hundred nodes are simulated.
pub(super) fn measure_overview(places: &Places) -> Result<Value, Failure> {
    step("serve the Overview of a hundred nodes");
    let mut command = cargo(places);
    command
        // As `build --release` does, so that both share what is built.
        .args(["test", "--release", "--workspace", "--test", "it"])
        .args(["measure_how_fast_the_overview_is_served", "--", "--ignored", "--nocapture"]);
    figures(&mut command, "read the test's message above")
}

/// Runs an ignored test over the lab.
fn measure(places: &Places, suite: &str, test: &str) -> Result<Value, Failure> {
    let mut command = cargo(places);
    command
        .args(["test", "--workspace", "--test", suite, test])
        .args(["--", "--ignored", "--nocapture"])
        .env("SIGNALBOX_LAB", "1");
    figures(&mut command, "is the lab up? `cargo xtask lab status`")
}

/// Takes the JSON that a test prints on a line of its own.
fn figures(command: &mut Command, advice: &'static str) -> Result<Value, Failure> {
    let printed = output(command, advice)?;
    let figures = printed.lines().find_map(|line| serde_json::from_str(line.trim()).ok());
    figures.ok_or_else(|| Failure::Missing {
        what: "the measurement printed no figures".into(),
        advice: advice.into(),
    })
}

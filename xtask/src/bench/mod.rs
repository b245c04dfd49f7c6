//! `cargo xtask bench NAME`: measurements, as JSON on standard output. They are not tests: a figure
//! of a shared machine proves nothing, so each says what it was compared with.

mod exec;
mod firewall;
mod fleet;
mod live;
mod page;
mod vrrp;

use crate::{failure::Failure, places::Places};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to measure.
    #[arg(value_enum)]
    name: Name,
}

#[derive(clap::ValueEnum, Clone, Copy)]
enum Name {
    /// One command on all nodes of the lab at once, against ansible.
    Exec,
    /// Reading, tracing and judging 10,000 rules.
    Firewall,
    /// Hundreds of nodes that change each second, a hundred clients, and a console on one core.
    Fleet,
    /// From a change on a node of the lab to its message on the websocket.
    Live,
    /// The bytes that a browser fetches for the first page, and how fast the console serves it.
    Page,
    /// The processor time that the probe takes of a node.
    Probe,
    /// Reading, judging and comparing 2,000 services with 40,000 real servers.
    Vrrp,
    /// What a client loses of the lab's service when its address moves, planned or not; some fifteen
    /// minutes.
    VrrpOutage,
}

pub(crate) fn bench(places: &Places, args: &Args) -> Result<(), Failure> {
    let figures = match args.name {
        Name::Exec => exec::measure(places)?,
        Name::Firewall => firewall::measure(places)?,
        Name::Fleet => fleet::measure(places)?,
        Name::Live => live::measure_latency(places)?,
        Name::Page => page::measure(places)?,
        Name::Probe => live::measure_probe(places)?,
        Name::Vrrp => vrrp::measure(places)?,
        Name::VrrpOutage => live::measure_outage(places)?,
    };
    println!("{figures:#}");
    Ok(())
}

/// The worst median of all the shapes that were measured.
fn worst_median_ms(figures: &serde_json::Value, name: &str) -> Option<f64> {
    let shapes = figures.get("shapes")?.as_object()?.values();
    shapes.filter_map(|shape| shape.get(name)?.get("median_ms")?.as_f64()).reduce(f64::max)
}

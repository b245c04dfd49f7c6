//! How long 10,000 rules take to read, to walk and to judge. Needs no nodes.

use serde_json::{Value, json};

use crate::{
    exec::{cargo, output, step},
    failure::Failure,
    places::Places,
};

/// What each may take at most, in milliseconds.
const BARS_MS: [(&str, f64); 3] = [("parse", 25.0), ("trace", 2.0), ("lint", 300.0)];
const ADVICE: &str = "see what the build or the program says above";

pub(super) fn measure(places: &Places) -> Result<Value, Failure> {
    step("read, walk and judge 10,000 rules");
    let mut command = cargo(places);
    let package = "--package=signalbox-domain";
    command.args(["run", "--release", "--quiet", package, "--example", "firewall"]);
    let printed = output(&mut command, ADVICE)?;
    let figures: Value = serde_json::from_str(&printed).map_err(|_| Failure::Missing {
        what: "the program printed no figures".into(),
        advice: ADVICE.into(),
    })?;
    let bars = BARS_MS.map(|(name, bar_ms)| {
        let worst_ms = worst_median_ms(&figures, name);
        let ratio = worst_ms.map(|worst_ms| worst_ms / bar_ms);
        (
            name.to_owned(),
            json!({ "worst_median_ms": worst_ms, "at_most_ms": bar_ms, "ratio": ratio }),
        )
    });
    Ok(json!({
        "bench": "firewall",
        "bars": serde_json::Map::from_iter(bars),
        "figures": figures,
    }))
}

/// Of all the shapes that rules come in.
fn worst_median_ms(figures: &Value, name: &str) -> Option<f64> {
    let shapes = figures.get("shapes")?.as_object()?.values();
    shapes.filter_map(|shape| shape.get(name)?.get("median_ms")?.as_f64()).reduce(f64::max)
}

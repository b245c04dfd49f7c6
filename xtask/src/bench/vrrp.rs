//! How long a keepalived.conf of 2,000 services with 40,000 real servers takes to read, to judge
//! and to compare. Needs no nodes.

use serde_json::{Value, json};

use crate::{
    exec::{cargo, output, step},
    failure::Failure,
    places::Places,
};

/// What each may take at most, in milliseconds.
const BARS_MS: [(&str, f64); 4] =
    [("parse", 1_000.0), ("probed", 1_000.0), ("lint", 1_000.0), ("differences", 1_000.0)];
const ADVICE: &str = "see what the build or the program says above";

pub(super) fn measure(places: &Places) -> Result<Value, Failure> {
    step("read, judge and compare 2,000 services with 20 real servers each");
    let mut command = cargo(places);
    let package = "--package=signalbox-domain";
    command.args(["run", "--release", "--quiet", package, "--example", "vrrp"]);
    let printed = output(&mut command, ADVICE)?;
    let figures: Value = serde_json::from_str(&printed).map_err(|_| Failure::Missing {
        what: "the program printed no figures".into(),
        advice: ADVICE.into(),
    })?;
    let bars = BARS_MS.map(|(name, bar_ms)| {
        let worst_ms = super::worst_median_ms(&figures, name);
        let ratio = worst_ms.map(|worst_ms| worst_ms / bar_ms);
        (
            name.to_owned(),
            json!({ "worst_median_ms": worst_ms, "at_most_ms": bar_ms, "ratio": ratio }),
        )
    });
    Ok(json!({
        "bench": "vrrp",
        "bars": serde_json::Map::from_iter(bars),
        "figures": figures,
    }))
}

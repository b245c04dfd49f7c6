//! Split brain: several directors hold the same addresses. Why, and what speaks for it.
//!
//! A split loses no request at first, so nothing but looking finds it; the causes are those that gave
//! two MASTERs with keepalived 2.2.7 on real machines.

mod book;
mod configuration;
mod gathered;
mod path;
mod policy;
mod scene;
mod witness;

#[cfg(test)]
mod tests;

pub use book::{Settled, SplitBook};
pub use gathered::{AdvertTrace, Gathered, GatheredSide, Way, adverts_between, refusals};
pub use policy::{PolicyView, SplitPolicy};
pub use scene::{Scene, Side};
pub use witness::{ArpAnswer, Witness, candidates, own_address, parse_arp};

use serde::{Deserialize, Serialize};

use crate::ids::NodeId;
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;

/// A split that lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SplitView {
    /// When the second director took the addresses, by the console's clock.
    pub since: Timestamp,
    /// How much later the console saw it.
    pub found_ms: u64,
    /// Likeliest first. Empty: none was seen; `looked_at` says where.
    pub causes: Vec<Cause>,
    pub looked_at: Vec<Evidence>,
    /// When packet filters, ARP and the journals were read, which is once in a split.
    pub gathered_at: Option<Timestamp>,
    /// Who should give the addresses up: one that does nothing any more, else the lower priority.
    pub demote: Option<NodeId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cause {
    pub kind: CauseKind,
    pub title: Phrase,
    pub evidence: Vec<Evidence>,
    /// What mends it.
    pub remedy: Phrase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    VridDiffers,
    VersionDiffers,
    /// PASS with no authentication.
    AuthMissing,
    /// PASS with AH.
    AuthTypeDiffers,
    AuthPassDiffers,
    AddressesDiffer,
    AdvertIntervalDiffers,
    UnicastDiffers,
    /// Rules drop the adverts of both.
    FilteredBothWays,
    FilteredOneWay,
    /// keepalived is stopped by a signal and keeps its addresses.
    DaemonFrozen,
    /// keepalived is gone and left its addresses behind.
    DaemonGone,
    LinkCut,
    LinkCutOneWay,
}

impl CauseKind {
    /// keepalived itself, rather than what lies between two of them.
    pub fn is_of_the_daemon(self) -> bool {
        matches!(self, CauseKind::DaemonFrozen | CauseKind::DaemonGone)
    }
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    pub signal: Signal,
    pub fact: Phrase,
    /// What was read.
    pub source: String,
    pub observed_at: Option<Timestamp>,
}

/// The causes that are seen between any two of the directors, likeliest first: what is configured
/// differently is a fact, rules are one where they can be followed to the end, and a line is judged
/// by what does not come through.
pub fn causes(scene: &Scene<'_>) -> Vec<Cause> {
    let mut found: Vec<Cause> = Vec::new();
    let rows = configuration::ROWS.iter().chain(path::ROWS);
    for row in rows {
        let of_pairs = scene.pairs().into_iter().find_map(|(a, b)| row(scene, a, b));
        found.extend(of_pairs);
    }
    found
}

/// What was looked at, whether or not it says anything.
pub fn looked_at(scene: &Scene<'_>) -> Vec<Evidence> {
    let mut all = witness::told(scene);
    all.extend(configuration::told(scene));
    all.extend(path::told(scene));
    all
}

/// Packet filters that could not be read, or may drop adverts: a cause may lie there unseen.
pub fn doubts(scene: &Scene<'_>) -> Vec<Evidence> {
    path::doubts(scene)
}

type Row = fn(&Scene<'_>, &Side<'_>, &Side<'_>) -> Option<Cause>;

impl Evidence {
    fn new(
        signal: Signal,
        fact: Phrase,
        source: impl Into<String>,
        observed_at: impl Into<Option<Timestamp>>,
    ) -> Evidence {
        Evidence { signal, fact, source: source.into(), observed_at: observed_at.into() }
    }
}

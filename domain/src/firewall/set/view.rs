use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::model::{Kind, Set, Sets};
use super::parse::parse_entry;

/// Of all sets of a node together, at most so many entries are read and shown. Of a set that does
/// not fit, the name and the number of its entries are told; whether a packet is in it is unknown.
pub const MAX_ENTRIES: u32 = 4096;

/// All sets of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetsView {
    pub sets: BTreeMap<String, SetView>,
    /// Why the sets, or what is in them, could not be read.
    pub unreadable: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetView {
    /// `hash:net`.
    pub kind: String,
    /// What it was made with, `family inet hashsize 1024 maxelem 65536`.
    pub header: String,
    /// How many entries it has.
    pub count: u64,
    /// As `ipset save` prints them, sorted, without their counters and the time that they have
    /// left. Absent where they are too many: of all sets together at most 4096 are shown.
    pub entries: Option<Vec<String>>,
}

impl SetsView {
    /// What the tracer takes; `None` where the sets of the node are not known.
    pub fn sets(&self) -> Option<Sets> {
        if self.unreadable.is_some() {
            return None;
        }
        let sets = self.sets.iter().map(|(name, view)| (name.clone(), view.set(name)));
        Some(sets.collect())
    }
}

impl SetView {
    /// How the set was made, without what is in it.
    pub(super) fn empty(&self, name: &str) -> Set {
        Set {
            name: name.to_owned(),
            kind: Kind::of(&self.kind),
            header: self.header.split_ascii_whitespace().map(str::to_owned).collect(),
            entries: Vec::new(),
        }
    }

    /// The set with its entries, where they are known.
    pub(super) fn set(&self, name: &str) -> Option<Set> {
        let mut set = self.empty(name);
        let entries = self.entries.as_ref()?;
        set.entries =
            entries.iter().map(|entry| parse_entry(&set, entry).ok()).collect::<Option<_>>()?;
        Some(set)
    }
}

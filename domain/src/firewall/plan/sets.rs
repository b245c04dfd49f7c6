//! `firewall.change_sets`: edits the sets that rules match by their names.

use std::collections::BTreeSet;

use super::super::set::{self, Act, Edit, Set, Sets};
use super::super::tool::Tool;
use super::super::{interlock, scripts};
use super::steps::{self, Wave};
use super::{Change, Member, PlanError, Site, within};
use crate::ids::NodeId;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::Draft;
use crate::remote::RemoteCommand;
use crate::time::Timestamp;
use crate::values::Sha256Hex;

/// What the planner is told.
#[derive(Debug, Clone)]
pub struct SetsInput {
    pub site: Site,
    /// As `ipset restore` reads them; see [`edits`](set::edits).
    pub edits: String,
    /// What the node made of them, or why it refused them.
    pub tried: Result<TriedSets, String>,
}

/// What the edits came to in a network namespace of their own.
#[derive(Debug, Clone)]
pub struct TriedSets {
    /// Of the lines that go and come.
    change: Sha256Hex,
    /// Those that the edits name and that are there afterwards, unless they have too many entries.
    sets: Vec<Set>,
}

impl TriedSets {
    /// Reads what `firewall-sets try` prints.
    pub fn parse(printed: &str) -> Result<TriedSets, PlanError> {
        let first = printed.lines().next().unwrap_or_default();
        let change = first.strip_prefix("change ").unwrap_or(first).parse()?;
        let made = printed.lines().skip(1).filter(|line| !line.starts_with(['-', '+']));
        let made: String = made.flat_map(|line| [line, "\n"]).collect();
        Ok(TriedSets { change, sets: set::parse(&made)? })
    }
}

/// The sets before and after.
pub(in super::super) struct SetsChange {
    pub(in super::super) edits: Vec<Edit>,
    change: Sha256Hex,
    pub(in super::super) before: Sets,
    pub(in super::super) after: Sets,
}

impl SetsChange {
    /// The sets that the edits name.
    pub(in super::super) fn names(&self) -> BTreeSet<&str> {
        self.edits.iter().map(|edit| edit.set.as_str()).collect()
    }
}

pub fn change_sets(input: SetsInput, within_s: u32, now: Timestamp) -> Result<Draft, PlanError> {
    within(within_s)?;
    let members = [Member::of_sets(input)?];
    let [member] = &members;
    let Member { site, change } = member;
    // Rules and sets of one node decide together.
    let mut locks: Vec<String> =
        Tool::ALL.iter().map(|tool| format!("node/{}/firewall/{tool}", site.node)).collect();
    locks.push(change.lock(site.node));
    let (node, name) = (site.node, &site.name);
    let names = change.names().into_iter().collect::<Vec<_>>().join(", ");
    let waves = [Wave { number: 1, of: 1, members: &members, within_s }];
    Ok(Draft {
        operation: Operation::FirewallChangeSets { node, edits: change.text(), within_s },
        title: Phrase::new(
            format!("Change the sets {names} on {name}"),
            format!("更改 {name} 上的集合 {names}"),
        ),
        run_label: Phrase::new(format!("Apply on {name}"), format!("在 {name} 上应用")),
        interlocks: interlock::of_sets(site, change, &locks, now),
        steps: steps::all(&waves),
        verification: member.verification().into(),
        rolled_back: vec![member.rolled_back()],
        prediction: None,
        way_back: Phrase::new(
            format!(
                "Until it is kept the change goes by itself: {name} takes the edits back, and nothing else. Once kept, make the opposite edits"
            ),
            format!(
                "保留之前，{name} 会自行撤回这些编辑，不影响其他条目。保留之后，请做相反的编辑"
            ),
        ),
        locks,
    })
}

impl Member<SetsChange> {
    fn of_sets(input: SetsInput) -> Result<Member<SetsChange>, PlanError> {
        let SetsInput { site, edits, tried } = input;
        let edits = set::edits(&edits, &site.reading.value.sets)?;
        let TriedSets { change, sets } =
            tried.map_err(|why| PlanError::Refused { node: site.name.clone(), why })?;
        let before = site.reading.value.sets.sets().unwrap_or_default();
        let mut after = before.clone();
        for edit in &edits {
            match edit.act {
                Act::Destroy => after.remove(&edit.set),
                _ => after.insert(edit.set.clone(), None),
            };
        }
        for set in sets {
            after.insert(set.name.clone(), Some(set));
        }
        Ok(Member { site, change: SetsChange { edits, change, before, after } })
    }
}

impl SetsChange {
    fn text(&self) -> String {
        self.edits.iter().map(|edit| format!("{edit}\n")).collect()
    }
}

impl Change for SetsChange {
    fn noun() -> Phrase {
        Phrase::new("sets", "集合")
    }

    fn try_out(&self) -> RemoteCommand {
        scripts::sets::try_out(&self.text())
    }

    fn arm(&self, within_s: u32) -> RemoteCommand {
        scripts::sets::arm(within_s, &self.change, &self.text())
    }

    fn load(&self) -> RemoteCommand {
        scripts::sets::load()
    }

    fn state(&self) -> RemoteCommand {
        scripts::sets::state(&self.change)
    }

    fn keep(&self) -> RemoteCommand {
        scripts::sets::keep()
    }

    fn undo(&self) -> RemoteCommand {
        scripts::sets::undo(&self.change)
    }

    fn before(&self) -> String {
        "sets old".to_owned()
    }

    fn after(&self) -> String {
        "sets new".to_owned()
    }

    fn lock(&self, node: NodeId) -> String {
        format!("node/{node}/firewall/sets")
    }
}

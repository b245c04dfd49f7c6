//! What the palette finds. Pure: the fleet and the typed text in, the rows out.

use signalbox_domain::backups::BackupKind;
use signalbox_domain::fleet::{FleetView, Points};
use signalbox_domain::operation::Operation;
use signalbox_domain::phrase::Language;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::vrrp::Holder;

use crate::locale::Text;
use crate::locales::{overview, shell as texts};
use crate::shell::PLACES;
use crate::ui::Icon;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Actions,
    Nodes,
    Jobs,
    Pages,
}

impl Group {
    pub(super) fn name(self) -> Text {
        match self {
            Group::Actions => texts::ACTIONS,
            Group::Nodes => texts::NODES,
            Group::Jobs => texts::JOBS,
            Group::Pages => texts::PAGES,
        }
    }

    /// The character that shows this group alone.
    fn prefix(self) -> Option<char> {
        match self {
            Group::Actions => Some('>'),
            Group::Nodes => Some('@'),
            Group::Jobs => Some('#'),
            Group::Pages => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    Page(String),
    Plan(Operation),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub group: Group,
    pub name: String,
    pub about: String,
    pub icon: Icon,
    pub aspect: Option<Aspect>,
    pub target: Target,
}

/// How many rows of a group are shown. Pages all are: on phones the palette is the way to most.
const OF_A_GROUP: usize = 8;

/// What matches the typed text: every word of it occurs in the row. A leading `>`, `@` or `#`
/// keeps to actions, nodes or jobs.
pub(super) fn find(typed: &str, fleet: Option<&FleetView>, language: Language) -> Vec<Found> {
    let typed = typed.trim().to_lowercase();
    let only = typed.chars().next();
    let groups = [Group::Actions, Group::Nodes, Group::Jobs, Group::Pages];
    let only = groups.into_iter().find(|group| group.prefix().is_some() && group.prefix() == only);
    let typed = if only.is_some() { typed.get(1..).unwrap_or_default() } else { &typed };
    let words: Vec<&str> = typed.split_whitespace().collect();

    let mut found = Vec::new();
    for group in groups.into_iter().filter(|group| only.is_none_or(|only| only == *group)) {
        let rows = all(group, fleet, language).into_iter().filter(|row| {
            let text = format!("{} {}", row.name, row.about).to_lowercase();
            words.iter().all(|word| text.contains(word))
        });
        let most = if group == Group::Pages { PLACES.len() } else { OF_A_GROUP };
        found.extend(rows.take(most));
    }
    found
}

fn all(group: Group, fleet: Option<&FleetView>, language: Language) -> Vec<Found> {
    match (group, fleet) {
        (Group::Pages, _) => PLACES
            .iter()
            .map(|place| Found {
                group,
                name: place.name.get(language).to_owned(),
                about: format!("g {}", place.key),
                icon: place.icon,
                aspect: None,
                target: Target::Page(place.href.to_owned()),
            })
            .collect(),
        (_, None) => Vec::new(),
        (Group::Actions, Some(fleet)) => actions(fleet, language),
        (Group::Nodes, Some(fleet)) => fleet
            .nodes
            .values()
            .map(|node| Found {
                group,
                name: node.name.clone(),
                about: node.host.clone(),
                icon: Icon::Server,
                aspect: Some(node.signal),
                target: Target::Page(format!("/nodes/{}", node.id)),
            })
            .collect(),
        (Group::Jobs, Some(fleet)) => fleet
            .running
            .iter()
            .map(|job| Found {
                group,
                name: format!("{} {}", job.id, job.title.get(language)),
                about: job.status.get(language).to_owned(),
                icon: Icon::ListChecks,
                aspect: Some(job.state.signal()),
                target: Target::Page(format!("/jobs/{}", job.id)),
            })
            .collect(),
    }
}

fn actions(fleet: &FleetView, language: Language) -> Vec<Found> {
    let action = |name: String, about: String, operation: Operation| Found {
        group: Group::Actions,
        name,
        about,
        icon: Icon::LockKeyhole,
        aspect: None,
        target: Target::Plan(operation),
    };
    // Two services of one pair of directors move together.
    let mut instances: Vec<&Points> =
        fleet.lines.iter().filter_map(|line| line.points.as_ref()).collect();
    instances.sort_by(|a, b| a.instance.cmp(&b.instance));
    instances.dedup_by(|a, b| a.instance == b.instance);
    let hand_overs = instances.into_iter().flat_map(|points| {
        points.directors.iter().filter(|director| !holds(points, director.node)).map(|director| {
            action(
                overview::HAND_OVER.fill(language, &[&director.name]),
                points.instance.0.clone(),
                Operation::VrrpHandOver { instance: points.instance.clone(), to: director.node },
            )
        })
    });
    let backups = fleet.freshness.iter().map(|freshness| {
        let kind = BackupKind::HotLogicalFull;
        action(
            overview::BACK_UP_NOW.get(language).to_owned(),
            freshness.engine.clone(),
            Operation::BackupsTake { engine: freshness.node, kind, source: None },
        )
    });
    hand_overs.chain(backups).collect()
}

fn holds(points: &Points, node: signalbox_domain::ids::NodeId) -> bool {
    matches!(points.holder, Holder::One { node: holder } if holder == node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::sample;

    fn names(typed: &str) -> Vec<String> {
        find(typed, Some(&sample::fleet()), Language::En)
            .into_iter()
            .map(|found| found.name)
            .collect()
    }

    #[test]
    fn every_word_must_occur() {
        assert_eq!(names("hand dir-b"), ["Hand over to dir-b"]);
        assert!(names("hand nowhere").is_empty());
    }

    #[test]
    fn a_prefix_keeps_to_its_group() {
        assert!(names("@").iter().all(|name| !name.contains("Hand over")));
        assert_eq!(names(">back"), ["Back up now"]);
        assert!(names("over").contains(&"Overview".to_owned()));
        assert!(!names(">over").contains(&"Overview".to_owned()));
    }
}

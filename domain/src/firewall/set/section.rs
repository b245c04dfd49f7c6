//! What `scripts/read.sh` prints of sets: `ipset list -t`, then `ipset save` of those that fit.

use super::canonical::settle;
use super::model::Set;
use super::parse::parse;
use super::view::{MAX_ENTRIES, SetView, SetsView};

impl SetsView {
    pub(in crate::firewall) fn parse(section: &str) -> SetsView {
        let unreadable =
            |why: &str| SetsView { unreadable: Some(why.to_owned()), ..SetsView::default() };
        if section.is_empty() {
            return unreadable("they were not read");
        }
        if let Some(why) = section.strip_prefix("!! ") {
            return unreadable(why.trim());
        }
        let saved_at = section.match_indices("create ").map(|(at, _)| at);
        let begins_line =
            |at: &usize| section.get(..*at).is_some_and(|b| b.is_empty() || b.ends_with('\n'));
        let (heads, saved) =
            section.split_at(saved_at.into_iter().find(begins_line).unwrap_or(section.len()));
        let mut view = heads_of(heads);
        match parse(saved) {
            Ok(sets) => view.fill(sets),
            Err(error) => view.unreadable = Some(error.to_string()),
        }
        view
    }

    fn fill(&mut self, sets: Vec<Set>) {
        let mut room = usize::try_from(MAX_ENTRIES).unwrap_or(usize::MAX);
        for mut set in sets {
            let Some(view) = self.sets.get_mut(&set.name) else { continue };
            // It may have grown while it was read.
            let Some(left) = room.checked_sub(set.entries.len()) else { continue };
            room = left;
            settle(&mut set);
            view.entries = Some(set.entries.iter().map(ToString::to_string).collect());
        }
    }
}

fn heads_of(listed: &str) -> SetsView {
    let mut view = SetsView::default();
    let mut name = String::new();
    for line in listed.lines() {
        let Some((what, value)) = line.split_once(": ") else { continue };
        if what == "Name" {
            value.clone_into(&mut name);
            view.sets.insert(name.clone(), SetView::default());
        }
        let Some(set) = view.sets.get_mut(&name) else { continue };
        match what {
            "Type" => value.clone_into(&mut set.kind),
            "Header" => value.clone_into(&mut set.header),
            "Number of entries" => set.count = value.parse().unwrap_or_default(),
            _ => {}
        }
    }
    view
}

//! The interlocks of several instances as one list.

use crate::phrase::Phrase;
use crate::plan::{Interlock, Verdict};
use crate::vrrp::InstanceName;

/// One row for each condition: where it does not hold everywhere, the worst of them with the
/// instance that it is of.
pub(super) fn merged(parts: Vec<(&InstanceName, Vec<Interlock>)>) -> Vec<Interlock> {
    let mut rows: Vec<(String, Vec<(&InstanceName, Interlock)>)> = Vec::new();
    for (instance, interlocks) in parts {
        for interlock in interlocks {
            match rows.iter_mut().find(|(id, _)| *id == interlock.id) {
                Some((_, row)) => row.push((instance, interlock)),
                None => rows.push((interlock.id.clone(), vec![(instance, interlock)])),
            }
        }
    }
    let mut all: Vec<Interlock> = rows.into_iter().filter_map(|(_, row)| one(&row)).collect();
    all.sort_by_key(|interlock| interlock.verdict);
    all
}

fn one(row: &[(&InstanceName, Interlock)]) -> Option<Interlock> {
    let worst = row.iter().map(|(_, interlock)| interlock.verdict).min()?;
    let (instance, found) = row.iter().find(|(_, interlock)| interlock.verdict == worst)?;
    if worst != Verdict::Pass && row.len() > 1 {
        let Interlock { detail, .. } = found;
        let detail = Phrase::new(
            format!("{}: {}", instance.0, detail.en),
            format!("{}：{}", instance.0, detail.zh),
        );
        return Some(Interlock { detail, ..found.clone() });
    }
    let observed = row.iter().filter_map(|(_, interlock)| interlock.observed_at).min();
    Some(Interlock {
        title: joined(row.iter().map(|(_, interlock)| &interlock.title)),
        detail: joined(row.iter().map(|(_, interlock)| &interlock.detail)),
        observed_at: observed,
        ..found.clone()
    })
}

/// Each once.
fn joined<'a>(phrases: impl Iterator<Item = &'a Phrase>) -> Phrase {
    let mut each: Vec<&Phrase> = Vec::new();
    for phrase in phrases {
        if !each.contains(&phrase) {
            each.push(phrase);
        }
    }
    let (en, zh): (Vec<_>, Vec<_>) =
        each.iter().map(|phrase| (phrase.en.as_str(), phrase.zh.as_str())).unzip();
    Phrase::new(en.join("; "), zh.join("；"))
}

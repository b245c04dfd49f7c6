//! Faults and events over time: what began when, and what is over.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::conditions::Condition;
use super::{Event, Fault};
use crate::keyed::Named;
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;

/// A fault stays this long after it cleared (ui.md §5).
const KEPT_AFTER: Duration = Duration::from_secs(600);
const EVENTS_KEPT: usize = 50;

#[derive(Debug, Default)]
pub struct Book {
    entries: BTreeMap<String, Entry>,
    /// Newest first.
    events: VecDeque<Event>,
}

#[derive(Debug)]
struct Entry {
    fault: Fault,
    /// It lasted long enough to be told.
    raised: bool,
}

impl Book {
    /// Takes what is wrong now; everything that is not among it is over.
    pub fn update(&mut self, conditions: Vec<Condition>, now: Timestamp) {
        let current: BTreeSet<String> = conditions.iter().map(|c| c.id.clone()).collect();
        for condition in conditions {
            self.see(condition, now);
        }
        for (id, entry) in &mut self.entries {
            if !current.contains(id) && entry.raised && entry.fault.cleared_at.is_none() {
                entry.fault.cleared_at = Some(now);
                let (title, href) = (&entry.fault.title, entry.fault.href.clone());
                let text =
                    Phrase::new(format!("Over: {}", title.en), format!("已恢复：{}", title.zh));
                self.events.push_front(Event {
                    at: now,
                    signal: Signal::Clear,
                    text,
                    href: Some(href),
                });
            }
        }
        self.entries.retain(|id, entry| match entry.fault.cleared_at {
            Some(cleared_at) => cleared_at.age(now) < KEPT_AFTER,
            None => current.contains(id),
        });
        self.events.truncate(EVENTS_KEPT);
    }

    fn see(&mut self, condition: Condition, now: Timestamp) {
        let Condition { id, signal, title, detail, href, hold_off } = condition;
        let entry = self.entries.entry(id.clone()).or_insert_with(|| Entry {
            fault: Fault {
                id,
                signal,
                title: title.clone(),
                detail: detail.clone(),
                since: now,
                cleared_at: None,
                href: href.clone(),
            },
            raised: false,
        });
        let fault = &mut entry.fault;
        if fault.cleared_at.take().is_some() {
            fault.since = now;
            entry.raised = false;
        }
        (fault.signal, fault.title, fault.detail, fault.href) = (signal, title, detail, href);
        if !entry.raised && fault.since.age(now) >= hold_off {
            entry.raised = true;
            self.events.push_front(Event {
                at: now,
                signal,
                text: fault.title.clone(),
                href: Some(fault.href.clone()),
            });
        }
    }

    pub fn note(&mut self, event: Event) {
        self.events.push_front(event);
        self.events.truncate(EVENTS_KEPT);
    }

    pub fn faults(&self) -> Vec<Fault> {
        let raised = self.entries.values().filter(|entry| entry.raised);
        let mut faults: Vec<Fault> = raised.map(|entry| entry.fault.clone()).collect();
        faults.sort_by(Fault::compare);
        faults
    }

    pub fn events(&self) -> Vec<Event> {
        self.events.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(id: &str, hold_off_s: u64) -> Condition {
        Condition {
            id: id.to_owned(),
            signal: Signal::Danger,
            title: Phrase::same(id),
            detail: Phrase::same(""),
            href: "/".to_owned(),
            hold_off: Duration::from_secs(hold_off_s),
        }
    }

    #[test]
    fn a_fault_keeps_its_beginning_and_stays_ten_minutes_after_its_end() {
        let mut book = Book::default();
        book.update(vec![condition("a", 0)], Timestamp(1_000));
        book.update(vec![condition("a", 0)], Timestamp(9_000));
        assert_eq!(book.faults()[0].since, Timestamp(1_000));

        book.update(Vec::new(), Timestamp(10_000));
        assert_eq!(book.faults()[0].cleared_at, Some(Timestamp(10_000)));
        book.update(Vec::new(), Timestamp(10_000 + 599_000));
        assert_eq!(book.faults().len(), 1);
        book.update(Vec::new(), Timestamp(10_000 + 600_000));
        assert_eq!(book.faults().len(), 0);
        let events: Vec<_> = book.events().into_iter().map(|event| event.text.en).collect();
        assert_eq!(events, ["Over: a", "a"]);
    }

    #[test]
    fn what_does_not_last_is_never_told() {
        let mut book = Book::default();
        book.update(vec![condition("a", 2)], Timestamp(0));
        book.update(vec![condition("a", 2)], Timestamp(1_900));
        book.update(Vec::new(), Timestamp(1_950));
        assert_eq!((book.faults().len(), book.events().len()), (0, 0));
        book.update(vec![condition("a", 2)], Timestamp(5_000));
        book.update(vec![condition("a", 2)], Timestamp(7_000));
        assert_eq!(book.faults()[0].since, Timestamp(5_000));
    }

    #[test]
    fn a_fault_that_comes_back_begins_anew() {
        let mut book = Book::default();
        book.update(vec![condition("a", 0)], Timestamp(1_000));
        book.update(Vec::new(), Timestamp(2_000));
        book.update(vec![condition("a", 0)], Timestamp(3_000));
        let faults = book.faults();
        assert_eq!((faults[0].since, faults[0].cleared_at), (Timestamp(3_000), None));
        assert_eq!(book.events().len(), 3);
    }
}

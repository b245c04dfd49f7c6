//! Tells readers of the screen what has gone wrong, in one polite region and not too often.

use std::collections::BTreeSet;
use std::time::Duration;

use leptos::prelude::*;
use signalbox_domain::fleet::{Fault, FleetView};
use signalbox_domain::live::Topic;
use signalbox_domain::time::Timestamp;

use crate::live::use_live;
use crate::locale::say;

const AT_MOST_EVERY: Duration = Duration::from_secs(5);

#[component]
pub(super) fn Announcer() -> impl IntoView {
    let live = use_live();
    let fleet = live.watch::<FleetView>(Topic::Fleet);
    let said = RwSignal::new(String::new());
    let mut news = News::default();
    Effect::new(move |_| {
        let now = live.now();
        let told = fleet.with(|fleet| news.since_last(&fleet.as_ref()?.faults, now));
        if let Some(told) = told {
            said.set(told);
        }
    });
    view! {
        <p class="visually-hidden" aria-live="polite">
            {move || said.get()}
        </p>
    }
}

/// Which faults were there when something was last said.
#[derive(Default)]
struct News {
    known: Option<BTreeSet<String>>,
    told_at: Timestamp,
}

impl News {
    /// The faults that have come since, unless something was said just before. What is wrong when
    /// the page opens is on the page.
    fn since_last(&mut self, faults: &[Fault], now: Timestamp) -> Option<String> {
        let standing = || faults.iter().filter(|fault| fault.cleared_at.is_none());
        let ids = || standing().map(|fault| fault.id.clone()).collect::<BTreeSet<_>>();
        let Some(known) = &self.known else {
            self.known = Some(ids());
            return None;
        };
        let is_new = |fault: &&Fault| !known.contains(&fault.id);
        let titles: Vec<String> = standing().filter(is_new).map(|f| say(&f.title)).collect();
        if titles.is_empty() {
            self.known = Some(ids());
            return None;
        }
        if self.told_at.age(now) < AT_MOST_EVERY {
            return None;
        }
        (self.known, self.told_at) = (Some(ids()), now);
        Some(titles.join(". "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signalbox_domain::phrase::Phrase;
    use signalbox_domain::signal::Signal as Aspect;

    fn fault(id: &str) -> Fault {
        Fault {
            id: id.into(),
            signal: Aspect::Danger,
            title: Phrase::same(format!("{id} fails")),
            detail: Phrase::same(""),
            since: Timestamp(0),
            cleared_at: None,
            href: "/".into(),
        }
    }

    #[test]
    fn each_fault_is_told_once_and_none_is_lost_by_waiting() {
        let second = |s: i64| Timestamp(s * 1000);
        let (a, b, c) = (fault("a"), fault("b"), fault("c"));
        let mut news = News::default();
        assert_eq!(
            news.since_last(std::slice::from_ref(&a), second(10)),
            None,
            "it is on the page"
        );
        let two = [a, b];
        assert_eq!(news.since_last(&two, second(11)).as_deref(), Some("b fails"));
        assert_eq!(news.since_last(&two, second(12)), None);
        let three = [two[0].clone(), two[1].clone(), c];
        assert_eq!(news.since_last(&three, second(13)), None, "too soon");
        assert_eq!(news.since_last(&three, second(16)).as_deref(), Some("c fails"));
    }
}

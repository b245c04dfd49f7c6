//! Another weight for a real server, and draining one.

use std::collections::BTreeMap;

use leptos::prelude::*;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::{JobState, JobSummary};
use signalbox_domain::lvs::change::{AtLimit, MOST_WAIT_S, MOST_WEIGHT};
use signalbox_domain::lvs::{ServerView, ServiceId};
use signalbox_domain::operation::Operation;

use crate::locale::{t, t_with};
use crate::locales::lvs as texts;
use crate::plan::OperationButton;
use crate::ui::{Check, Field, Segmented, Size};

/// As a drain waits unless somebody says otherwise, s.
const WAIT_S: u32 = 300;

/// What the buttons of every row mean.
#[derive(Clone, Copy)]
pub(super) struct Wishes {
    weight: RwSignal<String>,
    wait: RwSignal<String>,
    at_limit: RwSignal<AtLimit>,
    may_empty: RwSignal<bool>,
}

impl Wishes {
    pub(super) fn new() -> Wishes {
        Wishes {
            weight: RwSignal::new(String::new()),
            wait: RwSignal::new(WAIT_S.to_string()),
            at_limit: RwSignal::new(AtLimit::Leave),
            may_empty: RwSignal::new(false),
        }
    }
}

#[component]
pub(super) fn Ask(wishes: Wishes) -> impl IntoView {
    let Wishes { weight, wait, at_limit, may_empty } = wishes;
    let wrong_weight = Callback::new(|text: String| {
        let is_wrong = !text.trim().is_empty() && number(&text, 0, MOST_WEIGHT).is_none();
        is_wrong.then(|| t(texts::WEIGHT_WRONG).to_owned())
    });
    let wrong_wait = Callback::new(|text: String| {
        number(&text, 1, MOST_WAIT_S).is_none().then(|| t(texts::WAIT_WRONG).to_owned())
    });
    let options = vec![
        (AtLimit::Leave, t(texts::LEAVE).to_owned()),
        (AtLimit::End, t(texts::END).to_owned()),
    ];
    view! {
        <div class="lvs-ask lvs-change">
            <Field label=t(texts::NEW_WEIGHT) name="lvs-weight" value=weight help=t(texts::WEIGHT_HELP) check=wrong_weight />
            <Field label=t(texts::WAIT) name="lvs-wait" value=wait help=t(texts::WAIT_HELP) check=wrong_wait />
            <div class="field">
                <span class="t12 i2">{t(texts::THEN)}</span>
                <Segmented label=t(texts::THEN) options=options chosen=at_limit />
            </div>
            <Check label=t(texts::MAY_EMPTY) value=may_empty />
        </div>
    }
}

/// The guarded buttons of one real server.
#[component]
pub(super) fn Acts(
    wishes: Wishes,
    jobs: Memo<Option<BTreeMap<JobId, JobSummary>>>,
    service: ServiceId,
    server: Memo<Option<ServerView>>,
) -> impl IntoView {
    let service = StoredValue::new(service);
    let weight = Memo::new(move |_| server.with(|server| server.as_ref().map(|s| s.weight)));
    let socket = server.with_untracked(|server| server.as_ref().map(ServerView::socket));
    let wanted = Memo::new(move |_| number(&wishes.weight.get(), 0, MOST_WEIGHT));
    let set = move |weight: u32| {
        Some(Operation::LvsSetWeight {
            service: service.get_value(),
            server: socket?,
            weight,
            may_empty: wishes.may_empty.get(),
        })
    };
    let drain = move |was: u32| {
        Some(Operation::LvsDrain {
            service: service.get_value(),
            server: socket?,
            was,
            within_s: number(&wishes.wait.get(), 1, MOST_WAIT_S)?,
            at_limit: wishes.at_limit.get(),
            may_empty: wishes.may_empty.get(),
        })
    };
    // While nothing is typed, what the button would do is what is already there.
    let setting = Memo::new(move |_| set(wanted.get().or(weight.get())?));
    let set_label = Signal::derive(move || match wanted.get() {
        Some(weight) => t_with(texts::SET_WEIGHT, &[&weight]),
        None => t(texts::SET_A_WEIGHT).to_owned(),
    });
    let closed = Signal::derive(move || match wanted.get() {
        None => Some(t(texts::WEIGHT_FIRST).to_owned()),
        wanted if wanted == weight.get() => Some(t(texts::WEIGHT_SAME).to_owned()),
        _ => None,
    });
    let other = Memo::new(move |_| match weight.get()? {
        0 => {
            let was =
                jobs.with(|jobs| remembered(jobs.as_ref()?, &service.get_value(), socket?))?;
            Some((set(was)?, t_with(texts::PUT_BACK, &[&was])))
        }
        weight => Some((drain(weight)?, t(texts::DRAIN).to_owned())),
    });
    view! {
        <span class="row g6 lvs-acts">
            {move || {
                setting
                    .get()
                    .map(|operation| view! { <OperationButton operation=operation label=set_label size=Size::Small disabled=closed /> })
            }}
            {move || {
                other
                    .get()
                    .map(|(operation, label)| view! { <OperationButton operation=operation label=label size=Size::Small /> })
            }}
        </span>
    }
}

fn number(text: &str, least: u32, most: u32) -> Option<u32> {
    text.trim().parse().ok().filter(|number| (least..=most).contains(number))
}

/// The weight that the last drain of a real server took from it.
fn remembered(
    jobs: &BTreeMap<JobId, JobSummary>,
    service: &ServiceId,
    server: std::net::SocketAddr,
) -> Option<u32> {
    let drained = |job: &JobSummary| match &job.operation {
        Operation::LvsDrain { service: of, server: drained, was, .. }
            if of == service && *drained == server && *was > 0 && job.state == JobState::Done =>
        {
            Some(*was)
        }
        _ => None,
    };
    jobs.values().rev().find_map(drained)
}

//! Who did what, from where, and how it ended; and whether the log is whole.

mod chain;
mod rows;

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use signalbox_domain::audit::{AuditPage, AuditPhase};

use crate::api;
use crate::document::use_document;
use crate::locale::t;
use crate::locales::audit as texts;
use crate::ui::{Button, Field, Kind, PageHead, Plate, Plates, Segmented, Size, Waiting};

use chain::Chain;
use rows::rows;

const PATH: &str = "/api/v1/audit";

/// What the reader looks for; an empty field takes every row.
#[derive(Clone, Copy)]
struct Filter {
    actor: RwSignal<String>,
    action: RwSignal<String>,
    object: RwSignal<String>,
    job: RwSignal<String>,
    phase: RwSignal<Option<AuditPhase>>,
}

impl Filter {
    fn new() -> Filter {
        let empty = || RwSignal::new(String::new());
        let phase = RwSignal::new(None);
        Filter { actor: empty(), action: empty(), object: empty(), job: empty(), phase }
    }

    /// The address of the rows before `before`, or of the newest.
    fn path(self, before: Option<i64>) -> String {
        let before = before.map(|seq| seq.to_string()).unwrap_or_default();
        let text = |field: RwSignal<String>| field.get_untracked().trim().to_owned();
        api::with_query(
            PATH,
            &[
                ("actor", &text(self.actor)),
                ("action", &text(self.action)),
                ("object", &text(self.object)),
                ("job", &text(self.job)),
                ("phase", self.phase.get_untracked().map_or("", AuditPhase::as_str)),
                ("before", &before),
            ],
        )
    }

    fn clear(self) {
        for field in [self.actor, self.action, self.object, self.job] {
            field.set(String::new());
        }
        self.phase.set(None);
    }
}

#[component]
pub fn Audit() -> impl IntoView {
    let page = use_document::<AuditPage>(PATH);
    let filter = Filter::new();
    let turn_to = Callback::new(move |before: Option<i64>| page.turn_to(filter.path(before)));
    let next = move || page.answer().with(|page| page.as_ref()?.as_ref().ok()?.next_before);
    let paging = move || {
        view! {
            <Button kind=Kind::Quiet size=Size::Small on_click=move |_| turn_to.run(None)>
                {t(texts::NEWEST)}
            </Button>
            {move || {
                next()
                    .map(|before| {
                        view! {
                            <Button size=Size::Small on_click=move |_| turn_to.run(Some(before))>
                                {t(texts::OLDER)}
                            </Button>
                        }
                    })
            }}
        }
    };
    view! {
        <PageHead title=t(texts::AUDIT)>
            <Chain />
        </PageHead>
        <Plates>
            <Plate title=t(texts::LOG) first=true flush=true actions=paging>
                <Asked filter turn_to />
                <Waiting answer=page.answer() what=t(texts::READING) children=Callback::new(rows) />
            </Plate>
        </Plates>
    }
}

/// The filter line.
#[component]
fn Asked(filter: Filter, turn_to: Callback<Option<i64>>) -> impl IntoView {
    let phases: Vec<_> = [(None, t(texts::ALL).to_owned())]
        .into_iter()
        .chain(AuditPhase::ALL.map(|phase| (Some(phase), t(texts::phase(phase)).to_owned())))
        .collect();
    Effect::watch(move || filter.phase.get(), move |_, _, _| turn_to.run(None), false);
    let ask = move |event: SubmitEvent| {
        event.prevent_default();
        turn_to.run(None);
    };
    let clear = move |_| {
        filter.clear();
        turn_to.run(None);
    };
    view! {
        <form class="audit-filter" on:submit=ask>
            <Field label=t(texts::WHO) name="actor" value=filter.actor />
            <Field label=t(texts::ACTION) name="action" value=filter.action help=t(texts::ACTION_HELP) mono=true />
            <Field label=t(texts::OBJECT) name="object" value=filter.object />
            <Field label=t(texts::JOB) name="job" value=filter.job />
            <div class="field">
                <span class="label">{t(texts::PHASE)}</span>
                <Segmented label=t(texts::PHASE) options=phases chosen=filter.phase />
            </div>
            <div class="row">
                <Button submit=true on_click=|_| ()>{t(texts::SHOW)}</Button>
                <Button kind=Kind::Quiet on_click=clear>{t(texts::EVERYTHING)}</Button>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_becomes_the_address_of_its_rows() {
        let owner = Owner::new();
        owner.with(|| {
            let filter = Filter::new();
            assert_eq!(filter.path(None), "/api/v1/audit");
            filter.actor.set(" kim ".into());
            filter.action.set("vrrp.".into());
            filter.phase.set(Some(AuditPhase::Failed));
            let path = filter.path(Some(51));
            assert_eq!(path, "/api/v1/audit?actor=kim&action=vrrp.&phase=failed&before=51");
            filter.clear();
            assert_eq!(filter.path(None), "/api/v1/audit");
        });
    }
}

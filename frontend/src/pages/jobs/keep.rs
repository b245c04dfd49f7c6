//! Keep what a job did, or roll it back, while it waits for that word.

use leptos::prelude::*;
use serde_json::Value;
use signalbox_domain::access::Permission;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::{JobView, StepState};

use crate::api;
use crate::boot::may;
use crate::locale::t;
use crate::locales::firewall as texts;
use crate::ui::{Button, Icon, Kind, Size, ToastList, use_toasts};

/// The answer to a job that waits, sent once.
#[derive(Clone, Copy)]
pub struct Keeping {
    id: JobId,
    sent: RwSignal<bool>,
    toasts: ToastList,
}

impl Keeping {
    pub fn new(id: JobId) -> Keeping {
        Keeping { id, sent: RwSignal::new(false), toasts: use_toasts() }
    }

    pub fn keep(self) {
        self.send("confirm");
    }

    pub fn roll_back(self) {
        self.send("cancel");
    }

    fn send(self, what: &'static str) {
        if self.sent.get_untracked() || !may(Permission::JobsControl) {
            return;
        }
        self.sent.set(true);
        leptos::task::spawn_local(async move {
            let path = format!("/api/v1/jobs/{}/{what}", self.id);
            let answer = api::post::<Value>(&path, &serde_json::json!({})).await;
            if let Err(problem) = answer {
                // It may be tried again: the node waits as long as its timer runs.
                let _ = self.sent.try_set(false);
                self.toasts.show(problem.detail);
            }
        });
    }
}

#[component]
pub fn KeepButtons(
    keeping: Keeping,
    job: Memo<Option<JobView>>,
    #[prop(optional)] large: bool,
) -> impl IntoView {
    let label = move || {
        let more = job.with(|job| job.as_ref().is_some_and(has_another_wave));
        if more { t(texts::NEXT_WAVE) } else { t(texts::KEEP) }
    };
    let size = if large { Size::Large } else { Size::Normal };
    let no_role = (!may(Permission::JobsControl)).then(|| t(texts::NO_KEEP_ROLE).to_owned());
    let closed = Signal::stored(no_role);
    view! {
        <Button size icon=Icon::Undo2 disabled=closed busy=keeping.sent on_click=move |_| keeping.roll_back()>
            {t(texts::ROLL_BACK_NOW)}
        </Button>
        <Button kind=Kind::Primary size icon=Icon::Check disabled=closed busy=keeping.sent on_click=move |_| keeping.keep()>
            {label}
        </Button>
    }
}

/// Another word is waited for after this one.
fn has_another_wave(job: &JobView) -> bool {
    let mut pending = job.steps.iter().filter(|step| step.state == StepState::Planned);
    pending.any(|step| step.id.starts_with("confirm"))
}

/// There while the job waits.
#[component]
pub(super) fn KeepOrNot(id: JobId, job: Memo<Option<JobView>>) -> impl IntoView {
    let waits = Memo::new(move |_| job.with(|job| job.as_ref()?.confirm_until).is_some());
    // Each wait is answered by itself.
    move || waits.get().then(|| view! { <KeepButtons keeping=Keeping::new(id) job /> })
}

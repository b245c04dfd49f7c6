//! Every change goes through here: an operation is asked for, its plan is made and shown, and run.
//!
//! [`OperationButton`] is the button; [`Desk`] is where an operation is put from anywhere else.

mod desk;
mod dialog;
mod prediction;
mod steps;

use leptos::prelude::*;
use signalbox_domain::operation::Operation;

pub use desk::Desk;
pub use dialog::PlanDesk;
pub(crate) use dialog::PlanDialog;
pub use prediction::PredictionBar;
pub use steps::NodeNames;

use crate::boot::session;
use crate::live::use_live;
use crate::locale::{t, t_with};
use crate::locales::{access, plan as texts, states};
use crate::ui::{Icon, IconView, Kind, Lamp, Size, button_classes};
use signalbox_domain::signal::Signal as Aspect;

/// A guarded button, in two parts: the lock shows the plan; the label makes the plan and, when
/// every interlock passes, runs it at once. Closed while the page is stale or the role is too low.
#[component]
pub fn OperationButton(
    #[prop(into)] operation: Signal<Operation>,
    #[prop(into)] label: Signal<String>,
    #[prop(optional)] kind: Kind,
    #[prop(optional)] size: Size,
    /// A reason of the page's own why it cannot be used now.
    #[prop(optional, into)]
    disabled: Signal<Option<String>>,
) -> impl IntoView {
    let (desk, live) = (Desk::get(), use_live());
    let session = session();
    let closed = Memo::new(move |_| {
        let needs = operation.with(Operation::permission);
        match &session {
            Some(session) if !session.permissions.contains(&needs) => {
                Some(t_with(states::NO_ROLE, &[&t(access::role(session.role))]))
            }
            _ if !live.is_fresh() => Some(t(states::NOT_FRESH).to_owned()),
            _ => disabled.get(),
        }
    });
    let busy = Memo::new(move |_| operation.with(|operation| desk.is_running(operation)));
    let act = move |one_click: bool| {
        if closed.get_untracked().is_some() || busy.get_untracked() {
            return;
        }
        let operation = operation.get_untracked();
        if one_click { desk.run(operation) } else { desk.show(operation) }
    };
    let is_closed = move || closed.get().map(|_| "true");
    let why = move || closed.get().unwrap_or_else(|| t(texts::RUNS_WHEN_CLEAR).to_owned());
    let plan_name = move || t_with(texts::SHOW, &[&label.get()]);
    view! {
        <span class="guard">
            <button
                type="button"
                class=format!("{} lock", button_classes(kind, size))
                aria-disabled=is_closed
                aria-label=plan_name
                title=plan_name
                on:click=move |_| act(false)
            >
                <IconView icon=Icon::LockKeyhole small=true />
            </button>
            <button
                type="button"
                class=format!("{} act", button_classes(kind, size))
                aria-disabled=is_closed
                title=why
                on:click=move |_| act(true)
            >
                {move || busy.get().then(|| view! { <Lamp aspect=Aspect::Transit size=8 /> })}
                {move || label.get()}
            </button>
        </span>
    }
}

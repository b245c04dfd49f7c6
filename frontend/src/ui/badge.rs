//! Words in a box: a state's, or a name's.

use leptos::prelude::*;
use signalbox_domain::jobs::JobState;
use signalbox_domain::signal::Signal as Aspect;

use super::lamp::{Lamp, class};
use crate::locale::t;
use crate::locales::jobs;

/// A state with its lamp and word; without an aspect an outline around a word.
#[component]
pub fn Badge(#[prop(optional, into)] aspect: Option<Aspect>, children: Children) -> impl IntoView {
    let style = aspect.map_or("badge".to_owned(), |aspect| format!("badge {}", class(aspect)));
    view! {
        <span class=style>
            {aspect.map(|aspect| view! { <Lamp aspect=aspect size=8 /> })} {children()}
        </span>
    }
}

/// The state of a job.
#[component]
pub fn StateBadge(state: JobState) -> impl IntoView {
    view! { <Badge aspect=state.signal()>{t(jobs::state(state))}</Badge> }
}

/// A name from a system: a tag, an interface, a mode.
#[component]
pub fn Tag(#[prop(into)] text: String) -> impl IntoView {
    view! { <span class="tag">{text}</span> }
}

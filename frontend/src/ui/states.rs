//! What a region shows when it has nothing, not yet anything, or an error.

use leptos::prelude::*;
use signalbox_domain::signal::Signal as Aspect;

use super::lamp::Lamp;
use crate::api::Problem;
use crate::document::Answer;
use crate::locale::t;
use crate::locales::states;

/// Names what belongs here and offers it.
#[component]
pub fn Empty(
    #[prop(into)] title: String,
    #[prop(optional, into)] text: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <svg width="290" height="44" aria-hidden="true">
                <path class="tk-bed" d="M0 22H104M186 22H290" />
                <path class="tk-core" d="M105 14V30M185 14V30" />
                <rect class="tk-box" x="114.5" y="4.5" width="61" height="35" rx="4" stroke-dasharray="4 3" />
            </svg>
            <h3>{title}</h3>
            <p>{text}</p>
            <div class="row">{children.map(|children| children())}</div>
        </div>
    }
}

/// Rows of the final height while `what` is being read.
#[component]
pub fn SkeletonRows(#[prop(default = 6)] rows: usize, #[prop(into)] what: String) -> impl IntoView {
    let row = |index: usize| {
        let width = format!("{}px", 60 + index * 37 % 60);
        view! {
            <div class="skel-row">
                <span class="skel" style:width="10px"></span>
                <span class="skel" style:width=width></span>
                <span class="skel" style:width="84px"></span>
                <span class="sp"></span>
                <span class="skel" style:width="52px"></span>
            </div>
        }
    };
    view! {
        <div aria-busy="true">
            {(0..rows).map(row).collect_view()}
            <p class="row t12 i3" style:padding="10px 24px">
                <Lamp aspect=Aspect::Transit size=8 />
                {what}
            </p>
        </div>
    }
}

/// An error within its own region: what, why, and what finds it in the log.
#[component]
pub fn Failed(problem: Problem, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    let id = problem.correlation_id;
    view! {
        <div class="failed" role="alert">
            <Lamp aspect=Aspect::Danger />
            <div>
                <b>{if problem.status == 0 { t(states::NO_ANSWER) } else { t(states::REFUSED) }}</b>
                <p>{problem.detail}</p>
                {(!id.is_empty()).then(|| view! { <p class="m11 i3">{id}</p> })}
                <div class="row">{children.map(|children| children())}</div>
            </div>
        </div>
    }
}

/// The three states of a document: on the way, refused, here.
#[component]
pub fn Waiting<T: Clone + Send + Sync + 'static>(
    #[prop(into)] answer: Signal<Answer<T>>,
    #[prop(default = 6)] rows: usize,
    /// What is being read, e.g. "Reading the audit log".
    #[prop(into)]
    what: String,
    #[prop(into)] children: Callback<T, AnyView>,
) -> impl IntoView {
    move || match answer.get() {
        None => view! { <SkeletonRows rows=rows what=what.clone() /> }.into_any(),
        Some(Err(problem)) => view! { <Failed problem=problem /> }.into_any(),
        Some(Ok(value)) => children.run(value),
    }
}

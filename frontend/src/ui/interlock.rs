//! Interlocks: the conditions of a plan, worst first.

use leptos::prelude::*;
use signalbox_domain::plan::{Interlock, Verdict};
use signalbox_domain::signal::Signal as Aspect;

use super::lamp::Lamp;
use super::time::Age;
use crate::locale::{say, t, t_with};
use crate::locales::plan;

/// The rows, blocks first. Each tells how old its oldest fact is.
#[component]
pub fn Interlocks(#[prop(into)] interlocks: Signal<Vec<Interlock>>) -> impl IntoView {
    view! {
        <ul class="interlocks">
            {move || {
                let mut sorted = interlocks.get();
                sorted.sort_by_key(|interlock| interlock.verdict);
                sorted.iter().map(row).collect_view()
            }}
        </ul>
    }
}

fn row(interlock: &Interlock) -> impl IntoView + use<> {
    let (aspect, class, word) = match interlock.verdict {
        Verdict::Block => (Aspect::Danger, "block", t(plan::BLOCKS)),
        Verdict::Warn => (Aspect::Caution, "warn", t(plan::WARNS)),
        Verdict::Pass => (Aspect::Clear, "pass", ""),
    };
    let unseen = interlock.observed_at.is_none();
    let passes = interlock.verdict == Verdict::Pass;
    let detail = say(&interlock.detail);
    let ink = match interlock.verdict {
        Verdict::Block => "t12 danger",
        Verdict::Warn => "t12 caution",
        Verdict::Pass => "t12 i3",
    };
    view! {
        <li class=class>
            <Lamp aspect=if unseen && !passes { Aspect::Unknown } else { aspect } />
            <div>
                <div class=if passes { "" } else { "b" }>{say(&interlock.title)}</div>
                {(!passes).then(|| view! { <div class="t12 i2">{detail.clone()}</div> })}
            </div>
            <div class=ink>
                {if passes { detail } else { word.to_owned() }}
                {interlock
                    .observed_at
                    .map(|at| {
                        view! { <span class="i3">" · "<Age of=at /></span> }
                    })}
            </div>
        </li>
    }
}

/// "7 pass, 2 warn, 1 blocks".
pub fn tally(interlocks: &[Interlock]) -> String {
    let count = |verdict| interlocks.iter().filter(|i| i.verdict == verdict).count();
    t_with(plan::TALLY, &[&count(Verdict::Pass), &count(Verdict::Warn), &count(Verdict::Block)])
}

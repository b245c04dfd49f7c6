//! Times, told against the console's clock and shown on the reader's.

use leptos::prelude::*;
use signalbox_domain::time::Timestamp;

use crate::format;
use crate::live::use_live;
use crate::locale::{Text, language, t};
use crate::shell::use_chosen;

/// How long ago: `7 m 17 s`.
#[component]
pub fn Age(#[prop(into)] of: Signal<Timestamp>) -> impl IntoView {
    let (live, language) = (use_live(), language());
    view! {
        <time class="nw" datetime=move || format::iso(of.get())>
            {move || format::age(of.get().age(live.now()), language)}
        </time>
    }
}

/// A sentence with something live in it at `{0}`, whose place differs by language.
#[component]
pub fn Sentence(text: Text, children: Children) -> impl IntoView {
    let text = t(text);
    let (before, after) = text.split_once("{0}").unwrap_or((text, ""));
    view! { {before} {children()} {after} }
}

/// When: `03:12:08`, or with the date when that is not today.
#[component]
pub fn Moment(#[prop(into)] at: Signal<Timestamp>) -> impl IntoView {
    let (live, language, chosen) = (use_live(), language(), use_chosen());
    // Which day it is now decides, not which second.
    let today = Memo::new(move |_| live.now().0.div_euclid(60_000) * 60_000);
    view! {
        <time class="nw" datetime=move || format::iso(at.get())>
            {move || {
                format::moment(at.get(), Timestamp(today.get()), chosen.utc_offset_min.get(), language)
            }}
        </time>
    }
}

/// The console's clock.
#[component]
pub fn Clock() -> impl IntoView {
    let (live, chosen) = (use_live(), use_chosen());
    move || format::Local::at(live.now(), chosen.utc_offset_min.get()).clock()
}

//! Whether the page is live, and the band that says when it is not.

use leptos::prelude::*;
use signalbox_domain::signal::Signal as Aspect;

use crate::format::Local;
use crate::live::{LineState, use_live};
use crate::locale::{t, t_with};
use crate::locales::{shell as texts, states};
use crate::shell::use_chosen;
use crate::ui::{Button, Clock, Lamp, Size};

#[component]
pub(super) fn LiveIndicator() -> impl IntoView {
    let live = use_live();
    let aspect = Memo::new(move |_| match live.line() {
        LineState::Live => Aspect::Clear,
        LineState::Connecting | LineState::Reconnecting => Aspect::Transit,
        LineState::Stale { .. } => Aspect::Unknown,
    });
    let word = move || match live.line() {
        LineState::Live => t(texts::LIVE).to_owned(),
        LineState::Connecting => t(texts::CONNECTING).to_owned(),
        LineState::Reconnecting => t(texts::RECONNECTING).to_owned(),
        LineState::Stale { .. } => stale_since(live.line()).unwrap_or_default(),
    };
    view! {
        <span class="live" data-live=move || word_of(live.line())>
            <Lamp aspect=aspect size=8 />
            <span role="status">{word}</span>
            <span class="i3 tn">
                <Clock />
            </span>
        </span>
    }
}

#[component]
pub(super) fn StaleBand() -> impl IntoView {
    let live = use_live();
    let since = Memo::new(move |_| stale_since(live.line()));
    move || {
        since.get().map(|since| {
            view! {
                <div class="stale-band" role="alert">
                    <Lamp aspect=Aspect::Unknown size=12 />
                    <b>{since}</b>
                    <span class="i2">{t(states::STALE_HELP)}</span>
                    <span class="sp"></span>
                    <Button size=Size::Small on_click=move |_| live.try_now()>
                        {t(states::TRY_NOW)}
                    </Button>
                </div>
            }
        })
    }
}

fn stale_since(line: LineState) -> Option<String> {
    let LineState::Stale { since } = line else { return None };
    let clock = Local::at(since, use_chosen().utc_offset_min.get()).clock();
    Some(t_with(states::STALE_SINCE, &[&clock]))
}

/// For tests and styles: the state in one word.
fn word_of(line: LineState) -> &'static str {
    match line {
        LineState::Connecting => "connecting",
        LineState::Live => "live",
        LineState::Reconnecting => "reconnecting",
        LineState::Stale { .. } => "stale",
    }
}

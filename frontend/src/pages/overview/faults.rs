//! What is wrong now; a fault that cleared stays a while, struck through.

use leptos::prelude::*;
use signalbox_domain::fleet::{Fault, FleetView};
use signalbox_domain::signal::Signal as Aspect;

use crate::live::use_live;
use crate::locale::{say, t};
use crate::locales::overview as texts;
use crate::ui::{Age, Lamp, Plate, aspect_word};

#[component]
pub(super) fn Faults(fleet: Memo<Option<FleetView>>) -> impl IntoView {
    let faults = Memo::new(move |_| {
        fleet.with(|fleet| fleet.as_ref().map_or(Vec::new(), |fleet| fleet.faults.clone()))
    });
    let standing = move || {
        let number = faults.with(|f| f.iter().filter(|fault| fault.cleared_at.is_none()).count());
        Some(number.to_string())
    };
    view! {
        <Plate title=t(texts::WRONG_NOW) meta=Signal::derive(standing) first=true class="overview-faults">
            <ul class="list">
                {move || {
                    let faults = faults.get();
                    if faults.is_empty() {
                        return view! {
                            <li class="row nothing">
                                <Lamp aspect=Aspect::Clear />
                                {t(texts::NOTHING_WRONG)}
                            </li>
                        }
                            .into_any();
                    }
                    faults.into_iter().map(row).collect_view().into_any()
                }}
            </ul>
        </Plate>
    }
}

fn row(fault: Fault) -> impl IntoView {
    let cleared = fault.cleared_at;
    let aspect = use_live().shown(if cleared.is_some() { Aspect::Clear } else { fault.signal });
    view! {
        <li class="fault">
            <Lamp aspect=aspect label=aspect_word(aspect).to_owned() />
            <div>
                <div class=if cleared.is_some() { "struck" } else { "b" }>{say(&fault.title)}</div>
                <div class="t12 i2">{say(&fault.detail)}</div>
            </div>
            <div class="when">
                {match cleared {
                    Some(at) => view! { <span class="i3">{t(texts::CLEARED)} " " <Age of=at /></span> }.into_any(),
                    None => view! { <span class="i3"><Age of=fault.since /></span> }.into_any(),
                }}
                <a href=fault.href>{t(texts::OPEN)}</a>
            </div>
        </li>
    }
}

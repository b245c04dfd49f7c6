//! What happened last.

use leptos::prelude::*;
use signalbox_domain::access::Permission;
use signalbox_domain::fleet::{Event, FleetView};

use crate::boot::may;
use crate::locale::{say, t};
use crate::locales::{overview as texts, shell};
use crate::ui::{Lamp, Moment, Plate, aspect_word};

#[component]
pub(super) fn Events(fleet: Memo<Option<FleetView>>) -> impl IntoView {
    let events = Memo::new(move |_| {
        fleet.with(|fleet| fleet.as_ref().map_or(Vec::new(), |fleet| fleet.events.clone()))
    });
    let actions =
        || may(Permission::AuditRead).then(|| view! { <a href="/audit">{t(shell::AUDIT)}</a> });
    view! {
        <Plate title=t(texts::EVENTS) actions=actions class="overview-events">
            <ul class="list">
                {move || {
                    let events = events.get();
                    if events.is_empty() {
                        return view! { <li class="row nothing i2">{t(texts::NO_EVENT)}</li> }.into_any();
                    }
                    events.into_iter().map(row).collect_view().into_any()
                }}
            </ul>
        </Plate>
    }
}

fn row(event: Event) -> impl IntoView {
    let text = say(&event.text);
    view! {
        <li class="event row">
            <span class="i3">
                <Moment at=event.at />
            </span>
            <Lamp aspect=event.signal label=aspect_word(event.signal).to_owned() />
            {match event.href {
                Some(href) => view! { <a class="plain" href=href>{text}</a> }.into_any(),
                None => view! { <span>{text}</span> }.into_any(),
            }}
        </li>
    }
}

//! What the chosen service is, whose it is, and how one would make it by hand.

use leptos::prelude::*;
use signalbox_domain::lvs::ServiceView;

use super::{Page, services::name};
use crate::live::use_live;
use crate::locale::{say, t, t_with};
use crate::locales::lvs as texts;
use crate::ui::{AlarmBand, Button, Code, CopyButton, Icon, Kind, Lamp, Size, Tag, aspect_word};

#[component]
pub(super) fn Head(page: Page) -> impl IntoView {
    let live = use_live();
    let open = RwSignal::new(false);
    let differences = Memo::new(move |_| {
        page.service.with(|service| {
            let differences = service.iter().flat_map(|service| &service.differences);
            differences.map(say).collect::<Vec<_>>()
        })
    });
    let commands = Memo::new(move |_| {
        page.service.with(|service| service.as_ref().map_or_else(Vec::new, |s| s.commands.clone()))
    });
    let text = Signal::derive(move || commands.get().join("\n"));
    let title = move || {
        page.service.get().map(|service| {
            let aspect = live.shown(service.signal);
            let scheduler = service.options.as_ref().map(|options| options.scheduler.clone());
            view! {
                <Lamp aspect=aspect size=12 label=aspect_word(aspect).to_owned() />
                <h2 class="lvs-name">{name(&service.target)}</h2>
                {scheduler.map(|scheduler| view! { <Tag text=scheduler /> })}
                <span class="meta">{about(page, &service)}</span>
            }
        })
    };
    let fault = move || {
        page.service.with(|service| {
            let service = service.as_ref()?;
            let fault = service.fault.as_ref().filter(|_| service.differences.is_empty());
            fault.map(say)
        })
    };
    let owner = move || page.service.with(|service| Some(t(texts::owner(service.as_ref()?.owner))));
    view! {
        <section class="plate lvs-head">
            {move || {
                let found = differences.get();
                (!found.is_empty()).then(|| view! { <AlarmBand title=t(texts::DIFFER) text=found.join("; ") /> })
            }}
            <div class="plh">
                {title}
                <span class="acts">
                    <Button kind=Kind::Quiet size=Size::Small icon=Icon::Pencil on_click=move |_| page.editing.update(|editing| *editing = !*editing)>
                        {t(texts::EDIT)}
                    </Button>
                    <Button kind=Kind::Quiet size=Size::Small icon=Icon::Terminal on_click=move |_| open.update(|open| *open = !*open)>
                        {t(texts::SHOW_COMMANDS)}
                    </Button>
                </span>
            </div>
            <p class="t12 i2 lvs-owner">
                <span data-owner="">{owner}</span>
                {move || fault().map(|fault| view! { <span>" · "{fault}</span> })}
            </p>
            {move || {
                open.get()
                    .then(|| {
                        let shown = page.service.with(|s| s.as_ref().map(|s| page.name_of(s.shown)));
                        view! {
                            <div class="lvs-commands">
                                <div class="row">
                                    <span class="t12 i3">
                                        {t_with(texts::COMMANDS_HELP, &[&shown.unwrap_or_default()])}
                                    </span>
                                    <CopyButton text />
                                </div>
                                <Code text=text.get() />
                            </div>
                        }
                    })
            }}
        </section>
    }
}

fn about(page: Page, service: &ServiceView) -> String {
    let options = service.options.as_ref();
    let persistence = match options.and_then(|options| options.persistent_s) {
        Some(seconds) => {
            let mask = options.and_then(|options| options.netmask.clone()).unwrap_or_default();
            t_with(texts::PERSISTENT, &[&seconds, &mask])
        }
        None => t(texts::NO_PERSISTENCE).to_owned(),
    };
    let one_packet = options.is_some_and(|options| options.one_packet);
    let held = match service.holder {
        Some(holder) => t_with(texts::HELD_BY, &[&page.name_of(holder)]),
        None => t(texts::NO_HOLDER).to_owned(),
    };
    let words =
        [Some(persistence), one_packet.then(|| t(texts::ONE_PACKET).to_owned()), Some(held)];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

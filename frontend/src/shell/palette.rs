//! The command palette: every page, node, job and action by name.

mod found;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::live::Topic;
use wasm_bindgen::JsCast;
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

use found::{Found, Target, find};

use super::{Overlay, overlay};
use crate::live::use_live;
use crate::locale::{language, t, t_with};
use crate::locales::shell as texts;
use crate::plan::Desk;
use crate::ui::{Icon, IconView, Lamp};

/// Opens the palette from anywhere.
#[derive(Clone, Copy)]
pub struct PaletteSwitch(RwSignal<Option<String>>);

impl PaletteSwitch {
    pub(super) fn provide() -> PaletteSwitch {
        let switch = PaletteSwitch(RwSignal::new(None));
        provide_context(switch);
        switch
    }

    pub fn get() -> PaletteSwitch {
        expect_context()
    }

    /// Opens it with a text already typed, e.g. `@` for nodes.
    pub fn open(self, typed: &str) {
        self.0.set(Some(typed.to_owned()));
    }
}

#[component]
pub(super) fn Palette() -> impl IntoView {
    let PaletteSwitch(shown) = PaletteSwitch::get();
    let is_open = Memo::new(move |_| shown.with(Option::is_some));
    let close = Callback::new(move |()| shown.set(None));
    let window = move || Overlay::Palette(shown.get_untracked().unwrap_or_default(), close);
    view! {
        <Show when=move || is_open.get()>{Suspend::new(overlay(window()))}</Show>
    }
}

#[component]
pub(super) fn PaletteWindow(typed: String, #[prop(into)] on_close: Callback<()>) -> impl IntoView {
    let query = RwSignal::new(typed);
    let chosen = RwSignal::new(0_usize);
    let fleet = use_live().watch::<FleetView>(Topic::Fleet);
    let language = language();
    let found = Memo::new(move |_| {
        query.with(|query| fleet.with(|fleet| find(query, fleet.as_ref(), language)))
    });
    let desk = Desk::get();
    let navigate = use_navigate();
    let opener = document().active_element();
    on_cleanup({
        let opener = StoredValue::new_local(opener);
        move || {
            let element = opener.try_get_value().flatten();
            if let Some(element) = element.and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = element.focus();
            }
        }
    });

    let go = Callback::new(move |index: usize| {
        let Some(item) = found.with_untracked(|found| found.get(index).cloned()) else { return };
        on_close.run(());
        match item.target {
            Target::Page(href) => navigate(&href, Default::default()),
            Target::Plan(operation) => desk.show(operation),
        }
    });
    let keydown = move |event: KeyboardEvent| {
        let count = found.with_untracked(Vec::len).max(1);
        match event.key().as_str() {
            "ArrowDown" => chosen.update(|at| *at = (*at + 1) % count),
            "ArrowUp" => chosen.update(|at| *at = (*at + count - 1) % count),
            "Enter" => go.run(chosen.get_untracked()),
            "Escape" => on_close.run(()),
            // The list is walked by arrows: Tab has nowhere to go.
            "Tab" => {}
            _ => return,
        }
        event.prevent_default();
    };
    let input = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            let _ = input.focus();
        }
    });
    Effect::new(move |_| {
        let row = document().get_element_by_id(&format!("palette-{}", chosen.get()));
        if let Some(row) = row {
            let nearest = ScrollIntoViewOptions::new();
            nearest.set_block(ScrollLogicalPosition::Nearest);
            row.scroll_into_view_with_scroll_into_view_options(&nearest);
        }
    });
    view! {
        <div class="scrim high" on:mousedown=move |_| on_close.run(())>
            <div
                class="dialog palette"
                role="dialog"
                aria-modal="true"
                aria-label=t(texts::SEARCH)
                on:mousedown=|event| event.stop_propagation()
            >
                <div class="ask">
                    <IconView icon=Icon::Search />
                    <input
                        node_ref=input
                        type="text"
                        role="combobox"
                        aria-expanded="true"
                        aria-controls="palette-found"
                        aria-activedescendant=move || format!("palette-{}", chosen.get())
                        aria-label=t(texts::SEARCH)
                        autocomplete="off"
                        spellcheck="false"
                        prop:value=move || query.get()
                        on:input=move |event| {
                            query.set(event_target_value(&event));
                            chosen.set(0);
                        }
                        on:keydown=keydown
                    />
                    <span class="kbd">"Esc"</span>
                </div>
                <ul class="found" role="listbox" id="palette-found">
                    {move || {
                        let found = found.get();
                        if found.is_empty() {
                            let nothing = t_with(texts::NOTHING_FOUND, &[&query.get()]);
                            return view! { <li class="empty">{nothing}</li> }.into_any();
                        }
                        rows(found, chosen, go).into_any()
                    }}
                </ul>
                <div class="keys">
                    <span><span class="kbd">"↑"</span>" "<span class="kbd">"↓"</span>" "{t(texts::MOVE)}</span>
                    <span><span class="kbd">"↵"</span>" "{t(texts::OPEN)}</span>
                    <span class="sp"></span>
                    {t(texts::PALETTE_KEYS)}
                </div>
            </div>
        </div>
    }
}

fn rows(found: Vec<Found>, chosen: RwSignal<usize>, go: Callback<usize>) -> impl IntoView {
    let mut group = None;
    let row = move |(index, item): (usize, Found)| {
        let heading = (group.replace(item.group) != Some(item.group)).then_some(item.group);
        let guarded = matches!(item.target, Target::Plan(_));
        view! {
            {heading.map(|heading| view! { <li class="cap" role="presentation">{t(heading.name())}</li> })}
            <li
                id=format!("palette-{index}")
                role="option"
                aria-selected=move || if chosen.get() == index { "true" } else { "false" }
                on:mousemove=move |_| chosen.set(index)
                on:click=move |_| go.run(index)
            >
                {match item.aspect {
                    Some(aspect) => view! { <Lamp aspect=aspect /> }.into_any(),
                    None => view! { <IconView icon=item.icon small=true /> }.into_any(),
                }}
                <span class="what">{item.name}</span>
                <span class="i3 el">{item.about}</span>
                <span class="sp"></span>
                {guarded.then(|| view! { <span class="t12 i3 nw">{t(texts::OPENS_PLAN)}</span> })}
            </li>
        }
    };
    found.into_iter().enumerate().map(row).collect_view()
}

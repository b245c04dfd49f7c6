//! One of several: tabs that are addresses, and a segmented choice.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::field::move_focus;

/// Tabs as links: path and name.
#[component]
pub fn Tabs(tabs: Vec<(String, &'static str)>) -> impl IntoView {
    let here = use_location().pathname;
    let tab = move |(href, name): (String, &'static str)| {
        let target = href.clone();
        let on = move || here.get().trim_end_matches('/') == target;
        let selected = on.clone();
        view! {
            <a
                role="tab"
                href=href
                aria-selected=move || if selected() { "true" } else { "false" }
                tabindex=move || if on() { "0" } else { "-1" }
            >
                {name}
            </a>
        }
    };
    view! {
        <nav class="tabs" role="tablist" on:keydown=move_focus>
            {tabs.into_iter().map(tab).collect_view()}
        </nav>
    }
}

/// A choice among a few, each with its label.
#[component]
pub fn Segmented<T>(
    #[prop(into)] label: String,
    #[prop(into)] options: Signal<Vec<(T, String)>>,
    chosen: RwSignal<T>,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    view! {
        <div class="seg" role="radiogroup" aria-label=label on:keydown=move_focus>
            {move || {
                options
                    .get()
                    .into_iter()
                    .map(|(value, label)| {
                        let mine = value.clone();
                        let on = Memo::new(move |_| chosen.with(|chosen| *chosen == mine));
                        view! {
                            <button
                                type="button"
                                role="radio"
                                aria-checked=move || if on.get() { "true" } else { "false" }
                                tabindex=move || if on.get() { "0" } else { "-1" }
                                on:click=move |_| chosen.set(value.clone())
                            >
                                {label}
                            </button>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
}

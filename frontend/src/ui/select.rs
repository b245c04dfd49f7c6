//! A choice from a list that is too long for [`super::Segmented`].

use leptos::prelude::*;

#[component]
pub fn Select(
    #[prop(into)] label: String,
    /// Unique on the page.
    #[prop(into)]
    name: String,
    /// Each with what is shown of it.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    chosen: RwSignal<String>,
    #[prop(optional, into)] help: String,
) -> impl IntoView {
    let option = move |(value, shown): (String, String)| {
        let mine = value.clone();
        view! {
            <option value=value selected=move || chosen.with(|chosen| *chosen == mine)>
                {shown}
            </option>
        }
    };
    view! {
        <div class="field">
            <label for=name.clone()>{label}</label>
            <select
                class="inp"
                id=name.clone()
                name=name
                on:change=move |event| chosen.set(event_target_value(&event))
            >
                {move || options.get().into_iter().map(option).collect_view()}
            </select>
            <p class="help">{help}</p>
        </div>
    }
}

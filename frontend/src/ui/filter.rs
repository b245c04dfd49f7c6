//! The line that narrows a list; `/` goes to it.

use leptos::prelude::*;

use super::icon::{Icon, IconView};
use crate::locale::t;
use crate::locales::words;

#[component]
pub fn Filter(value: RwSignal<String>) -> impl IntoView {
    view! {
        <label class="filter">
            <IconView icon=Icon::ListFilter small=true />
            <input
                type="text"
                class="inp sm"
                data-filter=""
                aria-label=t(words::FILTER)
                placeholder=t(words::FILTER)
                autocomplete="off"
                spellcheck="false"
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
        </label>
    }
}

/// Whether every word of what was typed occurs in the text.
pub fn matches(typed: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    typed.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_occur() {
        assert!(matches("", "anything"));
        assert!(matches("WEB dir-a", "Hand over VI_WEB to dir-a"));
        assert!(!matches("web dir-b", "Hand over VI_WEB to dir-a"));
    }
}

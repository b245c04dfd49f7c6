//! Rules from a file of this computer, and to one.

use leptos::prelude::*;

use crate::locale::t;
use crate::locales::firewall as texts;
use crate::ui::{Button, Icon, Kind, use_toasts};

/// Reads a file into the text.
#[component]
pub(super) fn FromFile(text: RwSignal<String>) -> impl IntoView {
    let input = NodeRef::<leptos::html::Input>::new();
    let toasts = use_toasts();
    let choose = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let read = move |_| {
        let Some(input) = input.get_untracked() else { return };
        leptos::task::spawn_local(async move {
            match browser::read(&input).await {
                Ok(Some(read)) => drop(text.try_set(read)),
                Ok(None) => {}
                Err(why) => toasts.show(why),
            }
            // The same file may be chosen again.
            input.set_value("");
        });
    };
    view! {
        <input type="file" class="visually-hidden" tabindex="-1" aria-label=t(texts::FROM_FILE) node_ref=input on:change=read />
        <Button kind=Kind::Quiet on_click=choose>{t(texts::FROM_FILE)}</Button>
    }
}

/// Saves the text as a file of this name.
#[component]
pub(super) fn ToFile(#[prop(into)] name: Signal<String>, text: RwSignal<String>) -> impl IntoView {
    let toasts = use_toasts();
    let save = move |_| {
        let saved = text.with_untracked(|text| browser::save(&name.get_untracked(), text));
        if let Err(why) = saved {
            toasts.show(why);
        }
    };
    view! {
        <Button kind=Kind::Quiet icon=Icon::Download on_click=save>{t(texts::TO_FILE)}</Button>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Blob, HtmlAnchorElement, HtmlInputElement, Url};

    use crate::locale::t_with;
    use crate::locales::firewall as texts;

    /// The most that the console takes in one request.
    const MAX_BYTES: f64 = 8.0 * 1024.0 * 1024.0;

    pub(super) async fn read(input: &HtmlInputElement) -> Result<Option<String>, String> {
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return Ok(None) };
        if file.size() > MAX_BYTES {
            return Err(t_with(texts::FILE_TOO_LARGE, &[&file.name()]));
        }
        let text = JsFuture::from(file.text()).await.map_err(|error| reason(&error))?;
        Ok(text.as_string())
    }

    pub(super) fn save(name: &str, text: &str) -> Result<(), String> {
        let parts = js_sys::Array::of1(&JsValue::from_str(text));
        let url = Blob::new_with_str_sequence(&parts)
            .and_then(|blob| Url::create_object_url_with_blob(&blob))
            .map_err(|error| reason(&error))?;
        let anchor = leptos::prelude::document().create_element("a").map_err(|e| reason(&e))?;
        let anchor: HtmlAnchorElement = anchor.unchecked_into();
        anchor.set_href(&url);
        anchor.set_download(name);
        anchor.click();
        Url::revoke_object_url(&url).map_err(|error| reason(&error))
    }

    fn reason(error: &JsValue) -> String {
        let said = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
        said.unwrap_or_default()
    }
}

#[cfg(not(feature = "hydrate"))]
mod browser {
    use web_sys::HtmlInputElement;

    #[expect(clippy::unused_async, reason = "the browser's waits")]
    pub(super) async fn read(_input: &HtmlInputElement) -> Result<Option<String>, String> {
        Ok(None)
    }

    pub(super) fn save(_name: &str, _text: &str) -> Result<(), String> {
        Ok(())
    }
}

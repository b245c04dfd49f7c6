//! Signing in, and making the first account.

mod backdrop;
mod set_up;
mod sign_in;

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

pub use set_up::SetUp;
pub use sign_in::SignIn;

use backdrop::Backdrop;

use crate::shell::{LanguageToggle, Mark, ThemeToggle};

/// The page that one sees before signing in. It tells nothing of the fleet.
#[component]
fn Door(
    #[prop(into)] title: String,
    #[prop(optional, into)] text: String,
    children: Children,
) -> impl IntoView {
    view! {
        <leptos_meta::Title text=format!("{title} · Signalbox") />
        <div class="door">
            <main class="door-panel">
                <div class="row b">
                    <Mark />
                    "Signalbox"
                </div>
                <div class="door-form">
                    <h1>{title}</h1>
                    <p class="i2">{text}</p>
                    {children()}
                </div>
                <div class="row">
                    <span class="i3">{env!("CARGO_PKG_VERSION")}</span>
                    <span class="sp"></span>
                    <LanguageToggle />
                    <ThemeToggle />
                </div>
            </main>
            <Backdrop />
        </div>
    }
}

/// Hands over the secret of a one-time link (`#link=…`), at once or when one is opened later while
/// this page is shown, which then is a change of the fragment alone.
fn on_link(act: impl Fn(String) + Copy + 'static) {
    Effect::new(move |_| {
        take_link().map(act);
        let listener = window_event_listener(ev::hashchange, move |_| {
            take_link().map(act);
        });
        on_cleanup(move || listener.remove());
    });
}

/// The secret stays neither in the address bar nor in the history.
fn take_link() -> Option<String> {
    let location = window().location();
    let hash = location.hash().ok()?;
    let secret = hash.strip_prefix("#link=").filter(|secret| !secret.is_empty())?;
    let page = format!("{}{}", location.pathname().ok()?, location.search().ok()?);
    let history = window().history().ok()?;
    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&page));
    Some(secret.to_owned())
}

//! The console's pages: rendered by the server, then alive in the browser.
//!
//! `pages/<slug>` are the pages, `shell` the frame around them, `ui` the parts that they are made
//! of, `track` the track diagram, `plan` the dialog every change goes through. `api` and `live` are
//! the only ways to the server. docs/FRONTEND.md is the introduction.

// The component macro makes the props of a component public wherever it stands.
#![allow(unreachable_pub)]
// A component and the views that it is made of own what they show.
#![allow(clippy::needless_pass_by_value)]
// A refusal is a document of its own, made at the pace of a person's clicks.
#![allow(clippy::result_large_err)]

pub mod api;
pub mod app;
pub mod boot;
pub mod document;
pub mod format;
pub mod live;
pub mod locale;
pub mod locales;
pub mod pages;
pub mod plan;
pub mod sending;
pub mod shell;
pub mod track;
pub mod ui;

/// Called by the page's script once the module has loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    use leptos::prelude::{ArcRwSignal, Set, provide_context};

    console_error_panic_hook::set_once();
    let hydrated = ArcRwSignal::new(false);
    let mark = app::Hydrated(hydrated.clone());
    wasm_bindgen_futures::spawn_local(async move {
        let app = move || {
            provide_context(mark);
            app::App()
        };
        leptos::mount::hydrate_from_async(leptos::tachys::dom::body(), app).await.forget();
        hydrated.set(true);
    });
}

//! What lies over a page: the modal dialog and the drawer beside it.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::icon::{Icon, IconView};
use crate::locale::t;
use crate::locales::words;

/// Modal: focus goes in, stays in, and returns; Esc closes.
#[component]
pub fn Dialog(
    #[prop(into)] title: Signal<String>,
    /// `small`, `wide` or `plan`: its size.
    #[prop(default = "small")]
    class: &'static str,
    #[prop(into)] on_close: Callback<()>,
    /// Beside the title.
    #[prop(optional, into)]
    head: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Div>::new();
    let opener = StoredValue::new_local(None::<HtmlElement>);
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if opener.with_value(Option::is_none) {
            opener.set_value(focused());
        }
        focus_first(&dialog);
    });
    on_cleanup(move || {
        if let Some(Some(opener)) = opener.try_get_value() {
            let _ = opener.focus();
        }
    });
    let keydown = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            event.stop_propagation();
            on_close.run(());
        }
        "Tab" => {
            if let Some(dialog) = dialog.get_untracked() {
                keep_focus_inside(&dialog, &event);
            }
        }
        _ => {}
    };
    view! {
        <div class="scrim" on:mousedown=move |_| on_close.run(())>
            <div
                class=format!("dialog {class}")
                role="dialog"
                aria-modal="true"
                aria-labelledby="dialog-title"
                tabindex="-1"
                node_ref=dialog
                on:keydown=keydown
                on:mousedown=|event| event.stop_propagation()
            >
                <header>
                    <h2 id="dialog-title">{move || title.get()}</h2>
                    {head.map(|head| head.run())}
                    <span class="sp"></span>
                    <CloseButton on_close />
                </header>
                {children()}
            </div>
        </div>
    }
}

/// Beside the page: not modal, F6 moves in, Esc closes it from anywhere but a dialog or a field.
#[component]
pub fn Drawer(
    #[prop(into)] title: Signal<String>,
    #[prop(into)] on_close: Callback<()>,
    /// Before the title.
    #[prop(optional, into)]
    lamp: Option<ViewFn>,
    /// Between the title and the button that closes.
    #[prop(optional, into)]
    head: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    Effect::new(move |_| {
        let listener = window_event_listener(leptos::ev::keydown, move |event| {
            if event.key() == "Escape" && !is_typing(&event) {
                on_close.run(());
            }
        });
        on_cleanup(move || listener.remove());
    });
    view! {
        <aside class="drawer" data-region="drawer" aria-labelledby="drawer-title" tabindex="-1">
            <header>
                {lamp.map(|lamp| lamp.run())}
                <h2 id="drawer-title">{move || title.get()}</h2>
                <span class="sp"></span>
                {head.map(|head| head.run())}
                <CloseButton on_close />
            </header>
            {children()}
        </aside>
    }
}

/// Whether a key is meant for a field or a dialog rather than for the page.
pub(crate) fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    target.is_some_and(|target| {
        matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || target.closest("[role=dialog]").ok().flatten().is_some()
    })
}

#[component]
fn CloseButton(on_close: Callback<()>) -> impl IntoView {
    view! {
        <button type="button" class="tbtn" aria-label=t(words::CLOSE) on:click=move |_| on_close.run(())>
            <IconView icon=Icon::X />
        </button>
    }
}

const FOCUSABLE: &str = "a[href], button, input, textarea, select, [tabindex]:not([tabindex='-1'])";

/// The elements below `root` that a CSS selector names, in document order. Links of an SVG are none
/// of HTML's, but take focus as those do.
pub(crate) fn elements(root: &Element, selector: &str) -> Vec<HtmlElement> {
    let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|at| Some(found.get(at)?.unchecked_into())).collect()
}

fn focused() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}

/// The element that asks for it, else the dialog itself: not its close button.
fn focus_first(dialog: &HtmlElement) {
    let asks = elements(dialog, "[autofocus], input, textarea").into_iter().next();
    let _ = asks.as_ref().unwrap_or(dialog).focus();
}

fn keep_focus_inside(dialog: &HtmlElement, event: &KeyboardEvent) {
    let inside = elements(dialog, FOCUSABLE);
    let (Some(first), Some(last)) = (inside.first(), inside.last()) else { return };
    let here = focused();
    let outside = here.as_ref().is_none_or(|here| !dialog.contains(Some(here)) || here == dialog);
    let target = match (event.shift_key(), here) {
        (true, here) if outside || here.as_ref() == Some(first) => last,
        (false, here) if here.as_ref() == Some(last) => first,
        _ => return,
    };
    event.prevent_default();
    let _ = target.focus();
}

//! Keyboard shortcuts: Ctrl-K, `g` and a letter, `/`, `?`, F6.

use leptos::ev::{self, KeyboardEvent};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::nav::PLACES;
use super::palette::PaletteSwitch;
use super::preferences::use_chosen;
use crate::boot::may;
use crate::locale::t;
use crate::locales::shell as texts;
use crate::ui::{Dialog, is_typing};

/// Whether the list of shortcuts is shown.
#[derive(Clone, Copy)]
struct HelpSwitch(RwSignal<bool>);

/// Listens on the whole page while the frame is there.
pub(super) fn listen(palette: PaletteSwitch) {
    let help = RwSignal::new(false);
    provide_context(HelpSwitch(help));
    let navigate = use_navigate();
    let after_g = StoredValue::new(false);
    let without = use_chosen().without_shortcuts;
    // Effects run in the browser only, where there is a window to listen on.
    Effect::new(move |_| {
        let navigate = navigate.clone();
        let listener = window_event_listener(ev::keydown, move |event| {
            if without.get_untracked() {
                return;
            }
            if event.key().eq_ignore_ascii_case("k") && (event.ctrl_key() || event.meta_key()) {
                event.prevent_default();
                palette.open("");
                return;
            }
            if event.key() == "F6" {
                event.prevent_default();
                next_region(event.shift_key());
                return;
            }
            if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(&event) {
                return;
            }
            let awaited = after_g.get_value();
            after_g.set_value(event.key() == "g");
            match event.key().as_str() {
                "?" => help.set(true),
                "/" => focus_filter(&event),
                key if awaited => {
                    let place = PLACES.iter().find(|place| key.chars().eq([place.key]));
                    if let Some(place) = place.filter(|place| may(place.needs)) {
                        navigate(place.href, Default::default());
                    }
                }
                _ => {}
            }
        });
        on_cleanup(move || listener.remove());
    });
}

#[component]
pub(super) fn Help() -> impl IntoView {
    let HelpSwitch(shown) = expect_context();
    let keys = [
        ("Ctrl K", texts::KEY_PALETTE),
        ("g  o n b v j a s", texts::KEY_GO),
        ("/", texts::KEY_FILTER),
        ("F6", texts::KEY_REGIONS),
        ("?", texts::KEY_HELP),
    ];
    view! {
        <Show when=move || shown.get()>
            <Dialog title=t(texts::SHORTCUTS) on_close=move |()| shown.set(false)>
                <dl class="body facts">
                    {keys
                        .into_iter()
                        .map(|(key, text)| {
                            view! {
                                <dt>
                                    <span class="kbd">{key}</span>
                                </dt>
                                <dd>{t(text)}</dd>
                            }
                        })
                        .collect_view()}
                </dl>
            </Dialog>
        </Show>
    }
}

fn focus_filter(event: &KeyboardEvent) {
    let filter = document().query_selector("[data-filter]").ok().flatten();
    if let Some(filter) = filter.and_then(|filter| filter.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        let _ = filter.focus();
    }
}

/// Regions are marked with `data-region`; F6 goes round them.
fn next_region(back: bool) {
    let Some(body) = document().body() else { return };
    let regions = crate::ui::elements(&body, "[data-region]");
    let focused = document().active_element();
    let here = regions.iter().position(|region| region.contains(focused.as_deref()));
    let count = regions.len();
    let next = match (here, back) {
        (None, _) => 0,
        (Some(at), false) => (at + 1) % count,
        (Some(at), true) => (at + count - 1) % count,
    };
    if let Some(region) = regions.get(next) {
        let _ = region.focus();
    }
}

//! What the reader chose, while the page lives. Choices are kept in cookies, so that the server
//! renders the next page with them.

use leptos::prelude::*;

use crate::locale::{Preferences, Theme};

#[derive(Clone, Copy)]
pub struct Chosen {
    pub theme: RwSignal<Theme>,
    /// The navigation shows icons only.
    pub narrow: RwSignal<bool>,
    pub without_shortcuts: RwSignal<bool>,
    /// Minutes that the reader's clock is ahead of UTC.
    pub utc_offset_min: RwSignal<i32>,
}

impl Chosen {
    pub fn new(preferences: Preferences) -> Chosen {
        Chosen {
            theme: RwSignal::new(preferences.theme),
            narrow: RwSignal::new(preferences.narrow),
            without_shortcuts: RwSignal::new(preferences.without_shortcuts),
            utc_offset_min: RwSignal::new(preferences.utc_offset_min),
        }
    }

    pub fn set_theme(self, theme: Theme) {
        self.theme.set(theme);
        remember("theme", theme.name());
        if let Some(html) = document().document_element() {
            let _ = html.set_attribute("data-theme", theme.name());
        }
    }

    pub fn set_narrow(self, narrow: bool) {
        self.narrow.set(narrow);
        remember("nav", if narrow { "narrow" } else { "wide" });
    }

    pub fn set_shortcuts(self, on: bool) {
        self.without_shortcuts.set(!on);
        remember("keys", if on { "on" } else { "off" });
    }

    /// Tells the server the reader's time zone for the next page, and this page at once.
    #[cfg(feature = "hydrate")]
    pub fn learn_offset(self) {
        // JavaScript counts the other way: minutes that UTC is ahead.
        let ahead_min = -js_sys::Date::new_0().get_timezone_offset();
        self.utc_offset_min.set(ahead_min as i32);
        remember("offset", &ahead_min.to_string());
    }
}

pub fn use_chosen() -> Chosen {
    use_context::<Chosen>().unwrap_or_else(|| Chosen::new(Preferences::default()))
}

/// Keeps a choice for a year. It says nothing about who chose, so scripts may read it.
pub(super) fn remember(name: &str, value: &str) {
    use wasm_bindgen::JsCast;
    if let Some(document) = document().dyn_ref::<web_sys::HtmlDocument>() {
        let cookie = format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Strict");
        let _ = document.set_cookie(&cookie);
    }
}

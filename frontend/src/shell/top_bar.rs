//! The bar over every page: fleet strip, search, live indicator, language, theme, account.

use leptos::prelude::*;
use signalbox_domain::phrase::Language;

use super::live_line::LiveIndicator;
use super::palette::PaletteSwitch;
use super::preferences::{remember, use_chosen};
use super::strip::Strip;
use crate::api;
use crate::boot::session;
use crate::locale::{Theme, language, t};
use crate::locales::{access, shell as texts};
use crate::ui::{Icon, IconView};

#[component]
pub(super) fn TopBar() -> impl IntoView {
    let palette = PaletteSwitch::get();
    view! {
        <header class="top" data-region="top" tabindex="-1">
            <Strip />
            <span class="sp"></span>
            <button type="button" class="searchb" aria-label=t(texts::SEARCH) on:click=move |_| palette.open("")>
                <IconView icon=Icon::Search small=true />
                <span class="hint">{t(texts::SEARCH)}</span>
                <span class="kbd">"Ctrl K"</span>
            </button>
            <LiveIndicator />
            <span class="row" style:gap="2px">
                <LanguageToggle />
                <ThemeToggle />
            </span>
            <AccountMenu />
        </header>
    }
}

/// Loads the page again in the other language.
#[component]
pub fn LanguageToggle() -> impl IntoView {
    let (shown, other, code) = match language() {
        Language::En => ("EN", "中", "zh"),
        Language::Zh => ("中", "EN", "en"),
    };
    let change = move |_| {
        remember("lang", code);
        let _ = window().location().reload();
    };
    view! {
        <button type="button" class="tbtn" aria-label=t(texts::OTHER_LANGUAGE) on:click=change>
            <b class="i1">{shown}</b>
            <span class="i3">{other}</span>
        </button>
    }
}

#[component]
pub fn ThemeToggle() -> impl IntoView {
    let chosen = use_chosen();
    let name =
        move || t(if chosen.theme.get() == Theme::Dark { texts::TO_LIGHT } else { texts::TO_DARK });
    view! {
        <button
            type="button"
            class="tbtn"
            aria-label=name
            title=name
            on:click=move |_| chosen.set_theme(chosen.theme.get_untracked().other())
        >
            {move || {
                let icon = if chosen.theme.get() == Theme::Dark { Icon::Moon } else { Icon::Sun };
                view! { <IconView icon=icon /> }
            }}
        </button>
    }
}

#[component]
fn AccountMenu() -> impl IntoView {
    let open = RwSignal::new(false);
    let session = session();
    let sign_out = move |_| {
        leptos::task::spawn_local(async {
            // Signed out or unreachable: either way the sign-in page tells what is so.
            let _ = api::delete("/api/v1/session").await;
            let _ = window().location().set_href("/sign-in");
        });
    };
    session.map(|session| {
        let name = session.name.clone();
        view! {
            <button
                type="button"
                class="avatar"
                aria-label=format!("{}: {name}", t(texts::ACCOUNT))
                aria-expanded=move || if open.get() { "true" } else { "false" }
                on:click=move |_| open.update(|open| *open = !*open)
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        open.set(false);
                    }
                }
            >
                {initials(&session.name)}
            </button>
            <Show when=move || open.get()>
                <div class="menu">
                    <div class="who">
                        <b>{name.clone()}</b>
                        <div class="t12 i3">{t(access::role(session.role))}</div>
                    </div>
                    <a href="/settings" on:click=move |_| open.set(false)>
                        {t(texts::SETTINGS)}
                    </a>
                    <button type="button" on:click=sign_out>
                        <IconView icon=Icon::LogOut small=true />
                        {t(texts::SIGN_OUT)}
                    </button>
                </div>
            </Show>
        }
    })
}

/// Two letters of a name.
fn initials(name: &str) -> String {
    let mut words = name.split(['.', '-', '_', ' ']).filter(|word| !word.is_empty());
    let first = words.next().and_then(|word| word.chars().next());
    let second = words.next().and_then(|word| word.chars().next()).or(name.chars().nth(1));
    first.into_iter().chain(second).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_letters_of_a_name() {
        assert_eq!(["lin.lan", "admin", "王", ""].map(initials), ["LL", "AD", "王", ""]);
    }
}

//! Signing in, and making the first account.

mod backdrop;
mod set_up;
mod sign_in;

use leptos::prelude::*;

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

//! The frame around every page.

mod announcer;
mod job_drawer;
mod live_line;
mod nav;
mod overlays;
mod palette;
mod preferences;
mod shortcuts;
mod strip;
mod top_bar;

pub use job_drawer::JobDrawerSwitch;
pub use nav::{Mark, PLACES, Place};
pub(crate) use overlays::{Overlay, overlay};
pub use palette::PaletteSwitch;
pub use preferences::{Chosen, use_chosen};
pub use top_bar::{LanguageToggle, ThemeToggle};

use leptos::prelude::*;
use leptos_router::components::Outlet;
use wasm_bindgen::JsCast;

use crate::locale::t;
use crate::locales::shell as texts;
use crate::plan::{Desk, PlanDesk};
use crate::ui::Toasts;

/// The frame of the pages that one sees signed in.
#[component]
pub fn Frame() -> impl IntoView {
    let chosen = use_chosen();
    let palette = PaletteSwitch::provide();
    Desk::provide(JobDrawerSwitch::provide());
    shortcuts::listen(palette);
    view! {
        <a class="visually-hidden" href="#main" on:click=skip>
            {t(texts::SKIP)}
        </a>
        <div class="app" class:narrow=move || chosen.narrow.get()>
            <nav::Nav />
            <top_bar::TopBar />
            <main class="main" id="main" data-region="main" tabindex="-1">
                <div class="phone-strip">
                    <strip::Strip />
                </div>
                <live_line::StaleBand />
                <Outlet />
            </main>
            <nav::BottomBar />
        </div>
        <job_drawer::JobDrawer />
        <PlanDesk />
        <palette::Palette />
        <shortcuts::Help />
        <announcer::Announcer />
        <Toasts />
    }
}

/// To the page's content; the router would take the link's address for another page's.
fn skip(event: leptos::ev::MouseEvent) {
    event.prevent_default();
    event.stop_propagation();
    let main = document().get_element_by_id("main");
    if let Some(main) = main.and_then(|main| main.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = main.focus();
    }
}

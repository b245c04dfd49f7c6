//! The document, and which page is at which address.

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::path;
use serde::Deserialize;

use crate::boot::{Boot, ELEMENT_ID};
use crate::live::Live;
use crate::locale::html_lang;
use crate::pages::{
    access, audit::Audit, backups::Backups, jobs, nodes, not_found::NotFound, overview::Overview,
    settings::Settings, vrrp::Vrrp,
};
use crate::shell::{Chosen, Frame};
use crate::ui::ToastList;

/// The built files that a page refers to: `site.json`, written by `cargo xtask build`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Site {
    pub style: String,
    #[serde(default)]
    pub fonts: Vec<String>,
    pub icon: String,
    /// The script that starts the page, and the module that it loads.
    pub script: String,
    pub wasm: String,
}

/// Tells the server that the address names no page.
#[derive(Debug, Clone, Default)]
pub struct Missing(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Missing {
    pub fn mark(&self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    pub fn is_marked(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// The whole document, rendered by the server.
pub fn document(site: &Site, boot: &Boot) -> impl IntoView + use<> {
    let nonce = use_nonce();
    let start = format!(
        "import init, {{ hydrate }} from '{}';\nawait init({{ module_or_path: '{}' }});\nhydrate();",
        site.script, site.wasm
    );
    let fonts = site.fonts.clone();
    provide_context(boot.clone());
    view! {
        <!DOCTYPE html>
        <html lang=html_lang(boot.language) data-theme=boot.preferences.theme.name()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <link rel="icon" type="image/svg+xml" href=site.icon.clone() />
                {fonts
                    .into_iter()
                    .map(|font| {
                        view! { <link rel="preload" href=font r#as="font" r#type="font/woff2" crossorigin="anonymous" /> }
                    })
                    .collect_view()}
                <link rel="stylesheet" href=site.style.clone() />
                <link rel="modulepreload" href=site.script.clone() />
                <link rel="preload" href=site.wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
                <MetaTags />
                <script id=ELEMENT_ID type="application/json" nonce=nonce.clone() inner_html=boot.to_html_json()></script>
                <script type="module" nonce=nonce inner_html=start></script>
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let boot = begin();
    let live = Live::new(&boot);
    let chosen = Chosen::new(boot.preferences);
    provide_context(live);
    provide_context(chosen);
    provide_context(ToastList::new());
    #[cfg(feature = "hydrate")]
    {
        let signed_in = boot.session.is_some();
        Effect::new(move |_| {
            chosen.learn_offset();
            if signed_in {
                live.start();
            }
            if let Some(body) = leptos::prelude::document().body() {
                let _ = body.set_attribute("data-hydrated", "");
            }
        });
    }
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/sign-in") view=access::SignIn />
                <Route path=path!("/setup") view=access::SetUp />
                <ParentRoute path=path!("") view=Frame>
                    <Route path=path!("") view=Overview />
                    <Route path=path!("/backups") view=Backups />
                    <Route path=path!("/vrrp") view=Vrrp />
                    <Route path=path!("/nodes") view=nodes::NodeList />
                    <Route path=path!("/nodes/add") view=nodes::AddNode />
                    <Route path=path!("/nodes/:id") view=nodes::NodeDetail />
                    <Route path=path!("/audit") view=Audit />
                    <Route path=path!("/settings") view=Settings />
                    <Route path=path!("/jobs") view=jobs::JobList />
                    <Route path=path!("/jobs/:id") view=jobs::JobRun />
                    <Route path=path!("/*any") view=NotFound />
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// On the server the document is already there; in the browser it is read from the page.
fn begin() -> Boot {
    #[cfg(feature = "hydrate")]
    {
        let boot = Boot::from_page();
        crate::locale::set_language(boot.language);
        provide_context(boot.clone());
        boot
    }
    #[cfg(not(feature = "hydrate"))]
    crate::boot::boot()
}

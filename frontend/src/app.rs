//! The document, and which page is at which address.

use std::collections::HashMap;

use leptos::WasmSplitManifest;
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{Lazy, path};
use serde::Deserialize;

use crate::boot::{Boot, ELEMENT_ID};
use crate::live::Live;
use crate::locale::html_lang;
use crate::pages::{lazy, not_found::NotFound, overview::Overview};
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
    /// Where the modules of lazily loaded pages are, and the script beside them that loads them.
    pub app: String,
    pub split_script: String,
    /// For each lazily loaded function the modules that it needs, without `.wasm`.
    pub lazy: HashMap<String, Vec<String>>,
}

impl Site {
    /// From it the page's head gets a preload of each module that the page needs.
    fn split_manifest(&self) -> WasmSplitManifest {
        let manifest = (self.app.clone(), self.lazy.clone(), self.split_script.clone());
        WasmSplitManifest(ArcStoredValue::new(manifest))
    }
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
    provide_context(site.split_manifest());
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
        let Hydrated(hydrated) = expect_context();
        // What is live may change nothing that hydration still compares.
        Effect::new(move |_| {
            if !hydrated.get() {
                return;
            }
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
                <Route path=path!("/sign-in") view={Lazy::<lazy::SignIn>::new()} />
                <Route path=path!("/setup") view={Lazy::<lazy::SetUp>::new()} />
                <ParentRoute path=path!("") view=Frame>
                    <Route path=path!("") view=Overview />
                    <Route path=path!("/backups") view={Lazy::<lazy::Backups>::new()} />
                    <Route path=path!("/firewall") view={Lazy::<lazy::Firewall>::new()} />
                    <Route path=path!("/firewall/:id") view={Lazy::<lazy::Firewall>::new()} />
                    <Route path=path!("/lvs") view={Lazy::<lazy::Lvs>::new()} />
                    <Route path=path!("/vrrp") view={Lazy::<lazy::Vrrp>::new()} />
                    <Route path=path!("/vrrp/conf") view={Lazy::<lazy::VrrpConf>::new()} />
                    <Route path=path!("/drills") view={Lazy::<lazy::Drills>::new()} />
                    <Route path=path!("/nodes") view={Lazy::<lazy::NodeList>::new()} />
                    <Route path=path!("/nodes/add") view={Lazy::<lazy::AddNode>::new()} />
                    <Route path=path!("/nodes/:id") view={Lazy::<lazy::NodeDetail>::new()} />
                    <Route path=path!("/audit") view={Lazy::<lazy::Audit>::new()} />
                    <Route path=path!("/settings") view={Lazy::<lazy::Settings>::new()} />
                    <Route path=path!("/jobs") view={Lazy::<lazy::JobList>::new()} />
                    <Route path=path!("/jobs/:id") view={Lazy::<lazy::JobRun>::new()} />
                    <Route path=path!("/*any") view=NotFound />
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// Becomes true when the page is alive: a lazily loaded one has to wait for its code.
#[cfg(feature = "hydrate")]
#[derive(Clone)]
pub(crate) struct Hydrated(pub ArcRwSignal<bool>);

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
    use_context::<Boot>().unwrap_or_default()
}

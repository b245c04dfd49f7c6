//! Links in a drawing.

/// Links of an SVG are none of the router's: it would load the page anew.
pub fn follow_link(
    navigate: impl Fn(&str, leptos_router::NavigateOptions) + 'static,
) -> impl Fn(leptos::ev::MouseEvent) + 'static {
    use wasm_bindgen::JsCast;
    move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let link = target.and_then(|target| target.closest("svg a").ok().flatten());
        let href = link.and_then(|link| link.get_attribute("href"));
        if let Some(href) = href.filter(|_| !event.ctrl_key() && !event.meta_key()) {
            event.prevent_default();
            event.stop_propagation();
            navigate(&href, leptos_router::NavigateOptions::default());
        }
    }
}

//! A bar that is filled to a share.

use leptos::prelude::*;
use signalbox_domain::signal::Signal as Aspect;

use super::lamp::class;

#[component]
pub fn Bar(
    /// 0 to 1.
    #[prop(into)]
    share: Signal<f64>,
    /// The text that a reader of the screen gets.
    #[prop(into)]
    label: String,
    #[prop(default = None)] aspect: Option<Aspect>,
    /// Where the limit lies, 0 to 1.
    #[prop(optional, into)]
    tick: Option<f64>,
) -> impl IntoView {
    let percent = move |share: f64| format!("{:.1}%", share.clamp(0.0, 1.0) * 100.0);
    let style = aspect.map_or("bar".to_owned(), |aspect| format!("bar {}", class(aspect)));
    view! {
        <span class=style role="img" aria-label=label>
            <i style:width=move || percent(share.get())></i>
            {tick.map(|tick| view! { <span class="tick" style:left=percent(tick)></span> })}
        </span>
    }
}

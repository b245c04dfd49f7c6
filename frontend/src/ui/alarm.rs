//! The band over a page that stays until its cause is gone.

use leptos::prelude::*;
use signalbox_domain::signal::Signal as Aspect;

use super::lamp::Lamp;

#[component]
pub fn AlarmBand(
    #[prop(into)] title: String,
    #[prop(into)] text: Signal<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <section class="alarm" role="alert">
            <Lamp aspect=Aspect::Danger size=16 />
            <div>
                <h2>{title}</h2>
                <p class="i2">{move || text.get()}</p>
            </div>
            <div class="acts">{children.map(|children| children())}</div>
        </section>
    }
}

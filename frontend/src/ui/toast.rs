//! Short news at the bottom right, gone after 6 s. Never for something that needs a decision.

use std::time::Duration;

use leptos::prelude::*;
use signalbox_domain::signal::Signal as Aspect;

use super::lamp::Lamp;

const SHOWN_FOR: Duration = Duration::from_secs(6);

#[derive(Clone, Copy)]
pub struct ToastList(RwSignal<Vec<(u32, String)>>);

impl ToastList {
    pub fn new() -> ToastList {
        ToastList(RwSignal::new(Vec::new()))
    }

    pub fn show(self, text: impl Into<String>) {
        let text = text.into();
        let Some(id) = self.0.try_update(|shown| {
            let id = shown.last().map_or(0, |(id, _)| id.wrapping_add(1));
            shown.push((id, text));
            id
        }) else {
            return;
        };
        set_timeout(move || self.drop(id), SHOWN_FOR);
    }

    fn drop(self, id: u32) {
        let _ = self.0.try_update(|shown| shown.retain(|(other, _)| *other != id));
    }
}

impl Default for ToastList {
    fn default() -> ToastList {
        ToastList::new()
    }
}

/// For code that outlives the component it began in, as requests do.
pub fn use_toasts() -> ToastList {
    use_context::<ToastList>().unwrap_or_default()
}

#[component]
pub fn Toasts() -> impl IntoView {
    let ToastList(shown) = use_toasts();
    view! {
        <div class="toasts" role="status">
            <For each=move || shown.get() key=|(id, _)| *id let((_, text))>
                <p class="toast">
                    <Lamp aspect=Aspect::Clear />
                    {text}
                </p>
            </For>
        </div>
    }
}

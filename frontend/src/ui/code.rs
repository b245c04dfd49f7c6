//! Commands and logs, as they are.

use leptos::html;
use leptos::prelude::*;
use signalbox_domain::jobs::{LogKind, LogLine};

use super::button::{Button, Kind, Size};
use super::icon::Icon;
use super::toast::use_toasts;
use crate::format::Local;
use crate::locale::t;
use crate::locales::words;
use crate::shell::use_chosen;

#[component]
pub fn Code(#[prop(into)] text: String) -> impl IntoView {
    view! { <pre class="code" tabindex="0">{text}</pre> }
}

/// Puts a text on the clipboard.
#[component]
pub fn CopyButton(
    #[prop(into)] text: Signal<String>,
    #[prop(default = t(words::COPY))] label: &'static str,
) -> impl IntoView {
    let toasts = use_toasts();
    let copy = move |_| {
        let text = text.get_untracked();
        leptos::task::spawn_local(async move {
            let copied = put_on_clipboard(&text).await;
            toasts.show(t(if copied { words::COPIED } else { words::NOT_COPIED }));
        });
    };
    view! {
        <Button kind=Kind::Quiet size=Size::Small icon=Icon::Copy on_click=copy>
            {label}
        </Button>
    }
}

/// Browsers have a clipboard only for pages that come over TLS or from the same machine.
#[cfg(feature = "hydrate")]
async fn put_on_clipboard(text: &str) -> bool {
    use wasm_bindgen::JsValue;

    let clipboard = window().navigator().clipboard();
    if AsRef::<JsValue>::as_ref(&clipboard).is_undefined() {
        return false;
    }
    wasm_bindgen_futures::JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

#[cfg(not(feature = "hydrate"))]
async fn put_on_clipboard(_text: &str) -> bool {
    false
}

/// A job's log. It follows the newest line until one scrolls up, and again once one is back at the
/// end.
#[component]
pub fn Log(
    #[prop(into)] lines: Signal<Vec<LogLine>>,
    /// The name of the node that a line is from.
    #[prop(into)]
    who: Callback<LogLine, String>,
    following: RwSignal<bool>,
) -> impl IntoView {
    let chosen = use_chosen();
    let list = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        lines.track();
        if following.get_untracked()
            && let Some(list) = list.get_untracked()
        {
            // After the new lines have been laid out.
            request_animation_frame(move || list.set_scroll_top(list.scroll_height()));
        }
    });
    let scrolled = move |_| {
        if let Some(list) = list.get_untracked() {
            let to_end = list.scroll_height() - list.scroll_top() - list.client_height();
            following.set(to_end < 24);
        }
    };
    view! {
        <div class="log" role="log" tabindex="0" node_ref=list on:scroll=scrolled>
            <ol>
            <For each=move || lines.get() key=|line| line.seq let:line>
                <li class=kind_class(line.kind)>
                    <span class="at">
                        {
                            let at = line.at;
                            move || Local::at(at, chosen.utc_offset_min.get()).clock_tenths()
                        }
                    </span>
                    <span class="who">{who.run(line.clone())}</span>
                    <span class="text">{line.text}</span>
                </li>
            </For>
            </ol>
        </div>
    }
}

fn kind_class(kind: LogKind) -> &'static str {
    match kind {
        LogKind::Command => "command",
        LogKind::Output => "output",
        LogKind::Error => "error",
        LogKind::Note => "note",
    }
}

//! Inputs with a visible label and the error below.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use signalbox_domain::signal::Signal as Aspect;
use wasm_bindgen::JsCast;

use super::lamp::Lamp;

/// A line of text. `check` runs when the field is left; the error stays until it is right.
#[component]
pub fn Field(
    #[prop(into)] label: String,
    /// Unique on the page.
    #[prop(into)]
    name: String,
    value: RwSignal<String>,
    #[prop(optional, into)] help: String,
    #[prop(default = "text")] kind: &'static str,
    /// For password managers and keyboards, e.g. `username`.
    #[prop(default = "off")]
    autocomplete: &'static str,
    #[prop(optional)] mono: bool,
    #[prop(optional, into)] check: Option<Callback<String, Option<String>>>,
    /// An error from elsewhere, such as the server's.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let own = RwSignal::new(None::<String>);
    let examine = move || {
        if let Some(check) = check {
            own.set(check.run(value.get_untracked()));
        }
    };
    let wrong = move || own.get().or_else(|| error.get());
    let input = move |event| {
        value.set(event_target_value(&event));
        if own.get_untracked().is_some() {
            examine();
        }
    };
    let below = format!("{name}-below");
    view! {
        <div class="field">
            <label for=name.clone()>{label}</label>
            <input
                class=if mono { "inp mono" } else { "inp" }
                id=name.clone()
                name=name
                type=kind
                autocomplete=autocomplete
                autocapitalize="off"
                spellcheck="false"
                prop:value=move || value.get()
                aria-invalid=move || wrong().map(|_| "true")
                aria-describedby=below.clone()
                on:input=input
                on:blur=move |_| examine()
            />
            <div id=below>
                {move || match wrong() {
                    Some(error) => {
                        view! {
                            <p class="error">
                                <Lamp aspect=Aspect::Danger size=8 />
                                {error}
                            </p>
                        }
                            .into_any()
                    }
                    None => view! { <p class="help">{help.clone()}</p> }.into_any(),
                }}
            </div>
        </div>
    }
}

#[component]
pub fn PasswordField(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    value: RwSignal<String>,
    #[prop(default = "current-password")] autocomplete: &'static str,
    #[prop(optional, into)] help: String,
    #[prop(optional, into)] check: Option<Callback<String, Option<String>>>,
    #[prop(optional, into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let check = check.unwrap_or_else(|| Callback::new(|_| None));
    view! {
        <Field label name value help kind="password" autocomplete check error />
    }
}

#[component]
pub fn TextArea(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    value: RwSignal<String>,
    #[prop(optional, into)] help: String,
    #[prop(default = 4)] rows: u32,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=name.clone()>{label}</label>
            <textarea
                class="inp"
                id=name.clone()
                name=name
                rows=rows
                spellcheck="false"
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            ></textarea>
            <p class="help">{help}</p>
        </div>
    }
}

#[component]
pub fn Check(#[prop(into)] label: String, value: RwSignal<bool>) -> impl IntoView {
    view! {
        <label class="chk">
            <input
                type="checkbox"
                prop:checked=move || value.get()
                on:change=move |event| value.set(event_target_checked(&event))
            />
            {label}
        </label>
    }
}

/// Arrow keys, Home and End walk the focusable parts of a group: tabs, radios, toolbars, rows, the
/// stations of a diagram.
pub fn move_focus(event: KeyboardEvent) {
    let key = event.key();
    let step = match key.as_str() {
        "ArrowRight" | "ArrowDown" => 1,
        "ArrowLeft" | "ArrowUp" => -1,
        "Home" | "End" => 0,
        _ => return,
    };
    let Some(group) =
        event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok())
    else {
        return;
    };
    let members = crate::ui::dialog::elements(&group, "a, button, tr[tabindex]");
    let count = i32::try_from(members.len()).unwrap_or(0);
    if count == 0 {
        return;
    }
    let focused = document().active_element();
    let here = members.iter().position(|member| Some(member.as_ref()) == focused.as_ref());
    let here = here.and_then(|at| i32::try_from(at).ok()).unwrap_or(0);
    let next = match key.as_str() {
        "Home" => 0,
        "End" => count - 1,
        _ => (here + step).rem_euclid(count),
    };
    if let Some(member) = usize::try_from(next).ok().and_then(|next| members.get(next)) {
        event.prevent_default();
        let _ = member.focus();
        if member.get_attribute("role").as_deref() == Some("radio") {
            member.click();
        }
    }
}

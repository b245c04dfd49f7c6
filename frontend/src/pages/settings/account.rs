use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use serde::Serialize;
use serde_json::Value;
use signalbox_domain::access::PASSWORD_LEAST_CHARACTERS;

use crate::api;
use crate::boot::session;
use crate::locale::{t, t_with};
use crate::locales::{access, settings as texts, shell, words};
use crate::sending::Sending;
use crate::shell::use_chosen;
use crate::ui::{Button, Icon, Kind, PasswordField, Plate, Size, use_toasts};

#[derive(Serialize)]
struct PasswordChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    new: String,
}

#[component]
pub(super) fn OwnAccount() -> impl IntoView {
    let own = session();
    let facts = own.map(|own| {
        view! {
            <dl class="facts">
                <dt>{t(words::NAME)}</dt>
                <dd class="b">{own.name.clone()}</dd>
                <dt>{t(texts::ROLE)}</dt>
                <dd>{t(access::role(own.role))}</dd>
            </dl>
        }
    });
    view! {
        <Plate
            title=t(texts::OWN_ACCOUNT)
            first=true
            actions=move || view! { <SignOut /> }
        >
            {facts}
            <Shortcuts />
            <ChangePassword />
        </Plate>
    }
}

/// This browser's choice, not the account's.
#[component]
fn Shortcuts() -> impl IntoView {
    let chosen = use_chosen();
    view! {
        <label class="chk settings-form">
            <input
                type="checkbox"
                prop:checked=move || !chosen.without_shortcuts.get()
                checked=!chosen.without_shortcuts.get_untracked()
                on:change=move |event| chosen.set_shortcuts(event_target_checked(&event))
            />
            <span>{t(texts::SHORTCUTS)} <span class="t12 i3">" "{t(texts::SHORTCUTS_HELP)}</span></span>
        </label>
    }
}

#[component]
fn SignOut() -> impl IntoView {
    let sign_out = move |_| {
        leptos::task::spawn_local(async {
            // Signed out or unreachable: either way the sign-in page tells what is so.
            let _ = api::delete("/api/v1/session").await;
            let _ = window().location().set_href("/sign-in");
        });
    };
    view! {
        <Button size=Size::Small icon=Icon::LogOut on_click=sign_out>
            {t(shell::SIGN_OUT)}
        </Button>
    }
}

#[component]
fn ChangePassword() -> impl IntoView {
    let empty = || RwSignal::new(String::new());
    let (current, new, again) = (empty(), empty(), empty());
    let (sending, toasts) = (Sending::new(), use_toasts());
    let long_enough = Callback::new(|text: String| too_short(&text));
    let same = Callback::new(move |text: String| {
        (text != new.get_untracked()).then(|| t(access::DIFFERS).to_owned())
    });
    let change = move |event: SubmitEvent| {
        event.prevent_default();
        let chosen = new.get_untracked();
        if too_short(&chosen).is_some() || chosen != again.get_untracked() {
            return;
        }
        let current_password = Some(current.get_untracked()).filter(|text| !text.is_empty());
        let body = PasswordChange { current: current_password, new: chosen };
        let request = async move { api::put::<Value>("/api/v1/access/password", &body).await };
        sending.send(request, move |_| {
            for field in [current, new, again] {
                field.set(String::new());
            }
            toasts.show(t(texts::PASSWORD_CHANGED));
        });
    };
    view! {
        <form class="col g12 settings-form" on:submit=change>
            <PasswordField
                label=t(texts::CURRENT_PASSWORD)
                name="current-password"
                value=current
                help=t(texts::CURRENT_PASSWORD_HELP)
            />
            <PasswordField
                label=t(access::NEW_PASSWORD)
                name="new-password"
                value=new
                autocomplete="new-password"
                check=long_enough
            />
            <PasswordField
                label=t(access::REPEAT_PASSWORD)
                name="new-password-again"
                value=again
                autocomplete="new-password"
                check=same
            />
            {sending.refusal()}
            <div class="row">
                <Button kind=Kind::Primary submit=true busy=sending.busy() on_click=|_| ()>
                    {t(texts::CHANGE_PASSWORD)}
                </Button>
            </div>
        </form>
    }
}

fn too_short(password: &str) -> Option<String> {
    let length = password.chars().count();
    (length < PASSWORD_LEAST_CHARACTERS).then(|| t_with(access::TOO_SHORT, &[&length]))
}

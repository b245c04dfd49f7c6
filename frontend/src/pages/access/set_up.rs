use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use serde::Serialize;
use serde_json::Value;
use signalbox_domain::access::PASSWORD_LEAST_CHARACTERS;

use super::{Door, on_link};
use crate::api::{self, Problem};
use crate::locale::{t, t_with};
use crate::locales::access as texts;
use crate::ui::{Button, Failed, Field, Kind, PasswordField, Size};

#[derive(Serialize)]
struct FirstAccount {
    link: String,
    name: String,
    password: String,
}

/// The first account, with the token that the console printed (`/setup#link=…`).
#[component]
pub fn SetUp() -> impl IntoView {
    let token = RwSignal::new(String::new());
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let again = RwSignal::new(String::new());
    let (problem, busy) = (RwSignal::new(None::<Problem>), RwSignal::new(false));
    on_link(move |given| token.set(given));
    let needed = Callback::new(|text: String| text.is_empty().then(|| t(texts::NEEDED).to_owned()));
    let long_enough = Callback::new(|text: String| too_short(&text));
    let same = Callback::new(move |text: String| {
        (text != password.get_untracked()).then(|| t(texts::DIFFERS).to_owned())
    });
    let make = move |event: SubmitEvent| {
        event.prevent_default();
        let password = password.get_untracked();
        let ready = too_short(&password).is_none() && password == again.get_untracked();
        if busy.get_untracked() || !ready {
            return;
        }
        busy.set(true);
        problem.set(None);
        let body =
            FirstAccount { link: token.get_untracked(), name: name.get_untracked(), password };
        leptos::task::spawn_local(async move {
            match api::post::<Value>("/api/v1/access/setup", &body).await {
                Ok(_) => {
                    let _ = window().location().set_href("/");
                }
                Err(refused) => {
                    busy.set(false);
                    problem.set(Some(refused));
                }
            }
        });
    };
    view! {
        <Door title=t(texts::SET_UP) text=t(texts::SET_UP_HELP)>
            <form class="col g16" on:submit=make>
                <Field
                    label=t(texts::SET_UP_TOKEN)
                    name="token"
                    value=token
                    help=t(texts::SET_UP_TOKEN_HELP)
                    mono=true
                    check=needed
                />
                <Field label=t(texts::USER) name="user" value=name autocomplete="username" check=needed />
                <PasswordField
                    label=t(texts::NEW_PASSWORD)
                    name="password"
                    value=password
                    autocomplete="new-password"
                    check=long_enough
                />
                <PasswordField
                    label=t(texts::REPEAT_PASSWORD)
                    name="again"
                    value=again
                    autocomplete="new-password"
                    check=same
                />
                {move || problem.get().map(|problem| view! { <Failed problem /> })}
                <Button kind=Kind::Primary size=Size::Large submit=true busy=busy on_click=|_| ()>
                    {t(texts::MAKE_ACCOUNT)}
                </Button>
            </form>
        </Door>
    }
}

fn too_short(password: &str) -> Option<String> {
    let length = password.chars().count();
    (length < PASSWORD_LEAST_CHARACTERS).then(|| t_with(texts::TOO_SHORT, &[&length]))
}

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use serde::Serialize;
use serde_json::Value;

use super::{Door, on_link};
use crate::api::{self, Problem};
use crate::locale::t;
use crate::locales::access as texts;
use crate::ui::{Button, Failed, Field, Kind, PasswordField, Size};

#[derive(Serialize)]
struct Credentials {
    name: String,
    password: String,
}

#[derive(Serialize)]
struct Link {
    link: String,
}

/// By name and password, or by a one-time link (`/sign-in#link=…`), whose secret never leaves the
/// browser but in the body of one request.
#[component]
pub fn SignIn() -> impl IntoView {
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (problem, busy) = (RwSignal::new(None::<Problem>), RwSignal::new(false));
    let next = use_query_map().with_untracked(|query| query.get("next"));
    let next = StoredValue::new(own_page(next));

    let finish = move |answer: Result<Value, Problem>| match answer {
        Ok(_) => {
            let _ = window().location().set_href(&next.get_value());
        }
        Err(refused) => {
            busy.set(false);
            problem.set(Some(refused));
        }
    };
    let sign_in = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        let body = Credentials { name: name.get_untracked(), password: password.get_untracked() };
        leptos::task::spawn_local(async move { finish(api::post("/api/v1/session", &body).await) });
    };
    on_link(move |link| {
        busy.set(true);
        problem.set(None);
        let body = Link { link };
        leptos::task::spawn_local(async move { finish(api::post("/api/v1/session", &body).await) });
    });
    view! {
        <Door title=t(texts::SIGN_IN_TO)>
            <form class="col g16" on:submit=sign_in>
                <Field label=t(texts::USER) name="user" value=name autocomplete="username" />
                <PasswordField label=t(texts::PASSWORD) name="password" value=password />
                {move || problem.get().map(|problem| view! { <Failed problem /> })}
                <Button kind=Kind::Primary size=Size::Large submit=true busy=busy on_click=|_| ()>
                    {move || t(if busy.get() { texts::SIGNING_IN } else { texts::SIGN_IN })}
                </Button>
            </form>
        </Door>
    }
}

/// Where to go after signing in: a page of this console and nothing else, whatever the link says.
fn own_page(next: Option<String>) -> String {
    let own = |next: &String| {
        next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\n', '\r', '\t'])
    };
    next.filter(own).unwrap_or_else(|| "/".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_never_leaves_the_console_by_signing_in() {
        let after = |next: &str| own_page(Some(next.to_owned()));
        assert_eq!(after("/jobs/12"), "/jobs/12");
        for elsewhere in
            ["//evil.example", "https://evil.example", "/\\evil", "/\t/evil", "javascript:x", ""]
        {
            assert_eq!(after(elsewhere), "/", "{elsewhere:?}");
        }
        assert_eq!(own_page(None), "/");
    }
}

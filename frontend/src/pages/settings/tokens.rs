//! API tokens: made once, shown once.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use signalbox_domain::access::{ApiToken, Role};

use super::{ShownOnce, roles};
use crate::api;
use crate::boot::session;
use crate::document::{Document, use_document};
use crate::locale::{t, t_with};
use crate::locales::{access, settings as texts, words};
use crate::sending::Sending;
use crate::ui::{
    Age, Button, Column, Dialog, Empty, Field, Icon, Kind, Moment, Plate, Segmented, Size, Table,
    Waiting, use_toasts,
};

const PATH: &str = "/api/v1/access/tokens";
const USUAL_DAYS: &str = "90";

#[derive(Serialize)]
struct NewToken {
    name: String,
    role: Role,
    expires_days: u32,
}

#[derive(Deserialize)]
struct IssuedToken {
    token: String,
}

/// A token's name and the token itself, until its dialog is closed.
type Issued = RwSignal<Option<(String, String)>>;

#[component]
pub(super) fn Tokens() -> impl IntoView {
    let tokens = use_document::<Vec<ApiToken>>(PATH);
    let (making, issued) = (RwSignal::new(false), Issued::new(None));
    let actions = move || {
        view! {
            <Button size=Size::Small icon=Icon::Plus on_click=move |_| making.set(true)>
                {t(texts::NEW_TOKEN)}
            </Button>
        }
    };
    let close = Callback::new(move |()| issued.set(None));
    let table = move |list: Vec<ApiToken>| {
        if list.is_empty() {
            let help = t(texts::TOKENS_HELP);
            return view! { <Empty title=t(texts::NO_TOKEN) text=help /> }.into_any();
        }
        view! {
            <Table label=t(texts::TOKENS) columns=columns()>
                {list.into_iter().map(|token| view! { <Row token tokens /> }).collect_view()}
            </Table>
        }
        .into_any()
    };
    view! {
        <Plate title=t(texts::TOKENS) meta=t(texts::TOKENS_HELP) first=true flush=true actions=actions>
            <Waiting
                answer=tokens.answer()
                rows=2
                what=t_with(texts::READING, &[&t(texts::TOKENS)])
                children=Callback::new(table)
            />
        </Plate>
        <Show when=move || making.get()>
            <Make tokens making issued />
        </Show>
        {move || {
            issued
                .get()
                .map(|(name, secret)| {
                    let title = t_with(texts::TOKEN_MADE, &[&name]);
                    view! { <ShownOnce title secret help=t(texts::SHOWN_ONCE) on_close=close /> }
                })
        }}
    }
}

#[component]
fn Make(tokens: Document<Vec<ApiToken>>, making: RwSignal<bool>, issued: Issued) -> impl IntoView {
    let own = session().map_or(Role::Viewer, |session| session.role);
    let name = RwSignal::new(String::new());
    let days = RwSignal::new(USUAL_DAYS.to_owned());
    let role = RwSignal::new(Role::Viewer);
    let sending = Sending::new();
    let named = Callback::new(|text: String| {
        let length = text.trim().chars().count();
        (!(1..=64).contains(&length)).then(|| t(texts::PURPOSE_RULE).to_owned())
    });
    let in_range = Callback::new(|text: String| {
        lifetime(&text).is_none().then(|| t(texts::EXPIRES_DAYS).to_owned())
    });
    let make = move |event: SubmitEvent| {
        event.prevent_default();
        let purpose = name.get_untracked().trim().to_owned();
        let Some(expires_days) = lifetime(&days.get_untracked()) else { return };
        if purpose.is_empty() {
            return;
        }
        let body = NewToken { name: purpose.clone(), role: role.get_untracked(), expires_days };
        let request = async move { api::post::<IssuedToken>(PATH, &body).await };
        sending.send(request, move |answer| {
            issued.set(Some((purpose, answer.token)));
            making.set(false);
            tokens.reload();
        });
    };
    view! {
        <Dialog title=t(texts::NEW_TOKEN) on_close=move |()| making.set(false)>
            <form on:submit=make>
                <div class="body col g12">
                    <Field label=t(texts::PURPOSE) name="token-name" value=name check=named />
                    <div class="field">
                        <span class="label">{t(texts::ROLE)}</span>
                        <Segmented label=t(texts::ROLE) options=roles(own) chosen=role />
                    </div>
                    <Field label=t(texts::EXPIRES_DAYS) name="token-days" value=days check=in_range />
                    {sending.refusal()}
                </div>
                <footer>
                    <Button kind=Kind::Quiet on_click=move |_| making.set(false)>
                        {t(words::CANCEL)}
                    </Button>
                    <Button kind=Kind::Primary submit=true busy=sending.busy() on_click=|_| ()>
                        {t(texts::MAKE_TOKEN)}
                    </Button>
                </footer>
            </form>
        </Dialog>
    }
}

fn lifetime(days: &str) -> Option<u32> {
    days.trim().parse().ok().filter(|days| (1..=365).contains(days))
}

fn columns() -> Vec<Column> {
    vec![
        Column::new(t(texts::PURPOSE)),
        Column::new(t(texts::OWNER)).width("160px"),
        Column::new(t(texts::ROLE)).width("100px"),
        Column::new(t(texts::MADE)).width("120px"),
        Column::new(t(texts::EXPIRES)).width("120px"),
        Column::new(t(texts::LAST_USED)).right().width("110px"),
        Column::new("").width("100px"),
    ]
}

#[component]
fn Row(token: ApiToken, tokens: Document<Vec<ApiToken>>) -> impl IntoView {
    let (sending, toasts) = (Sending::new(), use_toasts());
    let (id, name) = (token.id, token.name.clone());
    let revoke = move |_| {
        let name = name.clone();
        let request = async move { api::delete(&format!("{PATH}/{id}")).await };
        sending.send(request, move |()| {
            tokens.reload();
            toasts.show(t_with(texts::REVOKED, &[&name]));
        });
    };
    view! {
        <tr>
            <td class="b">{token.name}</td>
            <td>{token.account_name.to_string()}</td>
            <td>{t(access::role(token.role))}</td>
            <td class="i2 less">
                <Moment at=token.created_at />
            </td>
            <td class="i2">
                <Moment at=token.expires_at />
            </td>
            <td class="r i2">
                {match token.last_used_at {
                    Some(at) => view! { <Age of=at /> }.into_any(),
                    None => t(texts::NEVER).into_any(),
                }}
            </td>
            <td class="r">
                {sending.refusal()}
                <Button size=Size::Small busy=sending.busy() on_click=revoke>
                    {t(texts::REVOKE)}
                </Button>
            </td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lives_from_a_day_to_a_year() {
        assert_eq!(lifetime(" 90 "), Some(90));
        for wrong in ["", "0", "366", "-1", "1.5", "soon"] {
            assert_eq!(lifetime(wrong), None, "{wrong:?}");
        }
    }
}

//! Everybody's accounts, for admins.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use signalbox_domain::access::{Account, AccountKind, AccountName, Role};
use signalbox_domain::ids::AccountId;

use super::{ShownOnce, roles};
use crate::api;
use crate::document::{Document, use_document};
use crate::locale::{t, t_with};
use crate::locales::{access, settings as texts, words};
use crate::sending::Sending;
use crate::ui::{
    Button, Column, Dialog, Field, Icon, Kind, Moment, Plate, Segmented, Size, Table, Waiting,
    use_toasts,
};

const PATH: &str = "/api/v1/access/accounts";

#[derive(Serialize)]
struct NewAccount {
    name: AccountName,
    role: Role,
}

#[derive(Serialize)]
struct RoleChange {
    role: Role,
}

/// An account and the link by which its person signs in once.
#[derive(Clone, Deserialize)]
struct Invitation {
    account: Account,
    link: String,
}

/// What the rows and the dialogs share.
#[derive(Clone, Copy)]
struct Desk {
    accounts: Document<Vec<Account>>,
    making: RwSignal<bool>,
    /// A link that is shown until its dialog is closed.
    invitation: RwSignal<Option<Invitation>>,
    removing: RwSignal<Option<Account>>,
}

#[component]
pub(super) fn Accounts() -> impl IntoView {
    let desk = Desk {
        accounts: use_document(PATH),
        making: RwSignal::new(false),
        invitation: RwSignal::new(None),
        removing: RwSignal::new(None),
    };
    let actions = move || {
        view! {
            <Button size=Size::Small icon=Icon::Plus on_click=move |_| desk.making.set(true)>
                {t(texts::NEW_ACCOUNT)}
            </Button>
        }
    };
    let table = move |accounts: Vec<Account>| {
        view! {
            <Table label=t(texts::ACCOUNTS) columns=columns()>
                {accounts.into_iter().map(|account| view! { <Row account desk /> }).collect_view()}
            </Table>
        }
        .into_any()
    };
    let shown = move || {
        desk.invitation.get().map(|Invitation { account, link }| {
            let title = t_with(texts::LINK_MADE, &[&account.name]);
            let close = Callback::new(move |()| desk.invitation.set(None));
            view! { <ShownOnce title secret=link help=t(texts::LINK_HELP) on_close=close /> }
        })
    };
    view! {
        <Plate title=t(texts::ACCOUNTS) first=true flush=true class="settings-accounts" actions=actions>
            <Waiting
                answer=desk.accounts.answer()
                rows=2
                what=t_with(texts::READING, &[&t(texts::ACCOUNTS)])
                children=Callback::new(table)
            />
        </Plate>
        <Show when=move || desk.making.get()>
            <Make desk />
        </Show>
        {shown}
        {move || desk.removing.get().map(|account| view! { <Remove account desk /> })}
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::new(t(words::NAME)),
        Column::new(t(texts::KIND)).width("90px"),
        Column::new(t(texts::ROLE)).width("260px"),
        Column::new(t(texts::PASSWORD)).width("90px"),
        Column::new(t(texts::MADE)).width("120px"),
        Column::new("").width("320px"),
    ]
}

#[component]
fn Row(account: Account, desk: Desk) -> impl IntoView {
    let (sending, toasts) = (Sending::new(), use_toasts());
    let (id, name) = (account.id, account.name.to_string());
    let person = account.kind == AccountKind::Person;
    let invite = move |_| {
        let path = format!("{PATH}/{id}/link");
        let request = async move { api::post(&path, &serde_json::json!({})).await };
        sending.send(request, move |invitation| desk.invitation.set(Some(invitation)));
    };
    let signed_out = t_with(texts::SIGNED_OUT, &[&name]);
    let sign_out = move |_| {
        let told = signed_out.clone();
        let request = async move { api::delete(&format!("{PATH}/{id}/browsers")).await };
        sending.send(request, move |()| toasts.show(told));
    };
    let removed = account.clone();
    view! {
        <tr>
            <td class="b">{name}</td>
            <td class="i2">{t(texts::kind(account.kind))}</td>
            <td>
                <RoleChoice account=account.clone() />
            </td>
            <td class="i2 less">
                {t(if account.has_password { texts::SET } else { texts::NOT_SET })}
            </td>
            <td class="i2 less">
                <Moment at=account.created_at />
            </td>
            <td class="r">
                {sending.refusal()}
                <span class="row settings-acts">
                    {person
                        .then(|| {
                            view! {
                                <Button size=Size::Small busy=sending.busy() on_click=invite>
                                    {t(texts::NEW_LINK)}
                                </Button>
                                <Button size=Size::Small busy=sending.busy() on_click=sign_out>
                                    {t(texts::SIGN_OUT)}
                                </Button>
                            }
                        })}
                    <Button
                        size=Size::Small
                        kind=Kind::Quiet
                        on_click=move |_| desk.removing.set(Some(removed.clone()))
                    >
                        {t(texts::REMOVE)}
                    </Button>
                </span>
            </td>
        </tr>
    }
}

/// The account has the chosen role from its next request on.
#[component]
fn RoleChoice(account: Account) -> impl IntoView {
    let (sending, toasts) = (Sending::new(), use_toasts());
    // What the account has, and what the reader asks for.
    let (given, chosen) = (RwSignal::new(account.role), RwSignal::new(account.role));
    let (id, name) = (account.id, account.name.to_string());
    Effect::new(move |_| {
        let role = chosen.get();
        if role != given.get_untracked() {
            let told = t_with(texts::ROLE_CHANGED, &[&name, &t(access::role(role))]);
            sending.send(change_role(id, role), move |_| {
                given.set(role);
                toasts.show(told);
            });
        }
    });
    Effect::new(move |_| {
        if sending.is_refused() {
            chosen.set(given.get_untracked());
        }
    });
    view! {
        <Segmented label=t(texts::ROLE) options=roles(Role::Admin) chosen=chosen />
        {sending.refusal()}
    }
}

async fn change_role(id: AccountId, role: Role) -> Result<Account, api::Problem> {
    api::send_with("PATCH", &format!("{PATH}/{id}"), &RoleChange { role }, &[]).await
}

#[component]
fn Make(desk: Desk) -> impl IntoView {
    let (name, role) = (RwSignal::new(String::new()), RwSignal::new(Role::Viewer));
    let sending = Sending::new();
    let close = move || desk.making.set(false);
    let named = Callback::new(|text: String| {
        text.parse::<AccountName>().is_err().then(|| t(texts::NAME_RULE).to_owned())
    });
    let make = move |event: SubmitEvent| {
        event.prevent_default();
        let Ok(name) = name.get_untracked().parse() else { return };
        let body = NewAccount { name, role: role.get_untracked() };
        let request = async move { api::post(PATH, &body).await };
        sending.send(request, move |invitation| {
            desk.invitation.set(Some(invitation));
            desk.accounts.reload();
            close();
        });
    };
    view! {
        <Dialog title=t(texts::NEW_ACCOUNT) on_close=move |()| close()>
            <form on:submit=make>
                <div class="body col g12">
                    <Field label=t(words::NAME) name="account-name" value=name check=named />
                    <div class="field">
                        <span class="label">{t(texts::ROLE)}</span>
                        <Segmented label=t(texts::ROLE) options=roles(Role::Admin) chosen=role />
                    </div>
                    {sending.refusal()}
                </div>
                <footer>
                    <Button kind=Kind::Quiet on_click=move |_| close()>
                        {t(words::CANCEL)}
                    </Button>
                    <Button kind=Kind::Primary submit=true busy=sending.busy() on_click=|_| ()>
                        {t(texts::MAKE_ACCOUNT)}
                    </Button>
                </footer>
            </form>
        </Dialog>
    }
}

#[component]
fn Remove(account: Account, desk: Desk) -> impl IntoView {
    let (sending, toasts) = (Sending::new(), use_toasts());
    let (id, name) = (account.id, account.name.to_string());
    let title = t_with(texts::REMOVE_TITLE, &[&name]);
    let remove = move |_| {
        let told = t_with(texts::REMOVED, &[&name]);
        let request = async move { api::delete(&format!("{PATH}/{id}")).await };
        sending.send(request, move |()| {
            desk.removing.set(None);
            desk.accounts.reload();
            toasts.show(told);
        });
    };
    view! {
        <Dialog title=title on_close=move |()| desk.removing.set(None)>
            <div class="body col g12">
                <p class="i2">{t(texts::REMOVE_HELP)}</p>
                {sending.refusal()}
            </div>
            <footer>
                <Button kind=Kind::Quiet on_click=move |_| desk.removing.set(None)>
                    {t(words::CANCEL)}
                </Button>
                <Button kind=Kind::Primary busy=sending.busy() on_click=remove>
                    {t(texts::REMOVE)}
                </Button>
            </footer>
        </Dialog>
    }
}

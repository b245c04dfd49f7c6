//! One's own account, and for admins everybody's.

mod account;
mod accounts;
mod browsers;
mod tokens;

use leptos::prelude::*;
use signalbox_domain::access::{Permission, Role};

use crate::boot::{may, session};
use crate::locale::{t, t_with};
use crate::locales::{access, settings as texts, words};
use crate::ui::{CopyButton, Dialog, PageHead, Plates};

#[component]
pub fn Settings() -> impl IntoView {
    let session = session();
    let who =
        session.map(|own| t_with(texts::SIGNED_IN_AS, &[&own.name, &t(access::role(own.role))]));
    view! {
        <PageHead title=t(texts::SETTINGS)>
            <span>{who}</span>
        </PageHead>
        <Plates columns="minmax(0, 1fr)">
            <div class="plates settings-own">
                <account::OwnAccount />
                <browsers::Browsers />
            </div>
            <tokens::Tokens />
            {may(Permission::AccessAdmin).then(|| view! { <accounts::Accounts /> })}
        </Plates>
    }
}

/// A secret that the console shows once.
#[component]
fn ShownOnce(
    #[prop(into)] title: String,
    #[prop(into)] secret: String,
    #[prop(into)] help: String,
    on_close: Callback<()>,
) -> impl IntoView {
    let copied = secret.clone();
    view! {
        <Dialog title=title on_close=on_close>
            <div class="body col g12">
                <pre class="code settings-secret" tabindex="0">
                    {secret}
                </pre>
                <p class="i2">{help}</p>
            </div>
            <footer>
                <CopyButton text=copied />
                <button type="button" class="btn" on:click=move |_| on_close.run(())>
                    {t(words::CLOSE)}
                </button>
            </footer>
        </Dialog>
    }
}

/// The roles up to `highest`, for a choice.
fn roles(highest: Role) -> Vec<(Role, String)> {
    let up_to = Role::ALL.into_iter().filter(|role| *role <= highest);
    up_to.map(|role| (role, t(access::role(role)).to_owned())).collect()
}

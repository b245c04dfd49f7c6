//! One node: its address and login, then its key.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use signalbox_domain::nodes::{HostKey, NodeView};
use signalbox_domain::values::{Host, UserName};

use super::super::host_key::{KeyCard, Proof, ProofFields};
use super::super::tags::check_tags;
use super::draft::{Draft, check, check_port};
use super::sign_in::SignInFields;
use crate::api;
use crate::locale::{Text, t, t_with};
use crate::locales::nodes as texts;
use crate::sending::Sending;
use crate::ui::{Button, Field, Icon, Kind, use_toasts};

/// The key that the machine has offered; `None` while its address is being entered.
pub(super) type Offered = RwSignal<Option<HostKey>>;

#[component]
pub(super) fn One(draft: Draft, offered: Offered) -> impl IntoView {
    move || match offered.get() {
        None => view! { <Address draft offered /> }.into_any(),
        Some(key) => view! { <Confirm draft key offered /> }.into_any(),
    }
}

/// What keeps a form from being sent.
#[component]
pub(super) fn Missing(missing: RwSignal<Option<Text>>) -> impl IntoView {
    move || missing.get().map(|text| view! { <p class="danger" role="alert">{t(text)}</p> })
}

#[component]
fn Address(draft: Draft, offered: Offered) -> impl IntoView {
    let (sending, missing) = (Sending::new(), RwSignal::new(None::<Text>));
    let (host, user) = (check::<Host>(texts::HOST_RULE), check::<UserName>(texts::USER_RULE));
    let scan = move |event: SubmitEvent| {
        event.prevent_default();
        let request = draft.scan();
        missing.set(request.as_ref().err().copied());
        let Ok(body) = request else { return };
        let request = async move { api::post("/api/v1/nodes/scan", &body).await };
        sending.send(request, move |key: HostKey| offered.set(Some(key)));
    };
    view! {
        <form class="col g16" on:submit=scan>
            <h2 class="add-title">{t(texts::STEP_ADDRESS)}</h2>
            <div class="add-pair">
                <Field label=t(texts::HOST) name="host" value=draft.host mono=true check=host />
                <Field label=t(texts::PORT) name="port" value=draft.port mono=true check=check_port() />
            </div>
            <div class="add-pair">
                <Field label=t(texts::NAME) name="name" value=draft.name help=t(texts::NAME_HELP) />
                <Field label=t(texts::USER) name="user" value=draft.user mono=true check=user />
            </div>
            <Field
                label=t(texts::TAGS)
                name="tags"
                value=draft.tags
                help=t(texts::TAGS_HELP)
                mono=true
                check=Callback::new(check_tags)
            />
            <SignInFields sign_in=draft.sign_in />
            <Missing missing />
            {sending.refusal()}
            <div class="row">
                <Button kind=Kind::Primary icon=Icon::KeyRound submit=true busy=sending.busy() on_click=|_| ()>
                    {t(texts::READ_KEY)}
                </Button>
            </div>
        </form>
    }
}

#[component]
fn Confirm(draft: Draft, key: HostKey, offered: Offered) -> impl IntoView {
    let (sending, missing) = (Sending::new(), RwSignal::new(None::<Text>));
    let (toasts, navigate) = (use_toasts(), use_navigate());
    let proof = Proof::new();
    let place = draft.place();
    let fingerprint = StoredValue::new(key.fingerprint.clone());
    let closed = Signal::derive(move || fingerprint.with_value(|key| proof.missing(key)));
    let trust = move |_| {
        let host_key = fingerprint.get_value();
        let node = draft.node(&host_key, proof.because(&host_key));
        missing.set(node.as_ref().err().copied());
        let Ok(body) = node else { return };
        let navigate = navigate.clone();
        let request = async move { api::post::<NodeView>("/api/v1/nodes", &body).await };
        sending.send(request, move |node| {
            toasts.show(t_with(texts::ADDED_NODE, &[&node.record.name]));
            navigate(&format!("/nodes/{}", node.record.id), NavigateOptions::default());
        });
    };
    let back = move |_| offered.set(None);
    let told = t_with(texts::STOPPED, &[&place]);
    let stop = move |_| {
        toasts.show(told.clone());
        offered.set(None);
    };
    let host = draft.host.get_untracked();
    view! {
        <div class="col g16">
            <h2 class="add-title">{t_with(texts::IS_THIS, &[&host.trim()])}</h2>
            <p class="i2">{t(texts::IS_THIS_HELP)}</p>
            <KeyCard key offered_by=place />
            <ProofFields proof fingerprint=fingerprint.get_value() />
            <Missing missing />
            {sending.refusal()}
            <div class="row wrap">
                <Button kind=Kind::Quiet on_click=back>{t(texts::BACK)}</Button>
                <span class="sp"></span>
                <Button on_click=stop>{t(texts::STOP)}</Button>
                <Button
                    kind=Kind::Primary
                    icon=Icon::FingerprintPattern
                    disabled=closed
                    busy=sending.busy()
                    on_click=trust
                >
                    {t(texts::TRUST)}
                </Button>
            </div>
        </div>
    }
}
